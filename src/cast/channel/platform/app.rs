// SPDX-License-Identifier: GPL-3.0-or-later
//! The running application: launching it, perhaps after asking the viewer, and stopping it.

use std::time::{Duration, Instant};

use super::offers::{PendingOffer, StreamingPeer};
use super::{AppSpec, ConnectionId, Event, LaunchId, Platform, Requester, StopReason};
use crate::cast::channel::messages::platform::{
    LaunchError, LaunchErrorReason, LaunchStatus, PlatformBody,
};
use crate::cast::channel::messages::status::{Application, Namespace};

/// How long the viewer may take; senders wait no longer (Chromium's cap for a launch).
const PERMISSION_LIMIT: Duration = Duration::from_mins(2);

/// The application that runs.
#[derive(Debug)]
pub(super) struct App {
    spec: AppSpec,
    session_id: String,
    /// The connection whose end stops it.
    pub(super) owner: ConnectionId,
    pub(super) streaming: Option<StreamingPeer>,
    pub(super) offer: Option<PendingOffer>,
}

/// A launch that waits for the viewer.
#[derive(Debug)]
pub(super) struct PendingLaunch {
    id: LaunchId,
    from: Requester,
    app_id: String,
    pub(super) until: Instant,
}

impl App {
    /// The endpoint of the application. Session and transport have the same id, as for Open Screen.
    pub(super) fn transport_id(&self) -> &str {
        &self.session_id
    }

    pub(super) fn to_status(&self) -> Application {
        let namespaces = self
            .spec
            .namespaces
            .iter()
            .map(|name| Namespace { name: name.clone() });
        Application {
            app_id: self.spec.app_id.clone(),
            display_name: self.spec.display_name.clone(),
            is_idle_screen: false,
            launched_from_cloud: false,
            namespaces: namespaces.collect(),
            session_id: self.session_id.clone(),
            status_text: self.spec.display_name.clone(),
            transport_id: self.session_id.clone(),
            universal_app_id: self.spec.app_id.clone(),
        }
    }
}

impl Platform {
    pub(super) fn on_launch(&mut self, now: Instant, from: &Requester, app_id: Option<String>) {
        let Some(app_id) = app_id else {
            return self.refuse_launch(from, LaunchErrorReason::BadParameter);
        };
        let Some(spec) = self.spec(&app_id).cloned() else {
            return self.refuse_launch(from, LaunchErrorReason::NotFound);
        };
        let already_theirs = self
            .app
            .as_ref()
            .is_some_and(|app| app.spec == spec && app.owner == from.connection);
        if !self.config.ask_before_launch || already_theirs {
            return self.launch(from, spec);
        }
        self.withdraw_launch(from.connection);
        let launch = LaunchId(self.count());
        let pending = PendingLaunch {
            id: launch,
            from: from.clone(),
            app_id: app_id.clone(),
            until: now + PERMISSION_LIMIT,
        };
        self.launches.insert(from.connection, pending);
        self.reply(
            from,
            PlatformBody::LaunchStatus(LaunchStatus::PendingAuthorization),
        );
        let user_agent = self
            .connections
            .get(&from.connection)
            .and_then(|connection| connection.user_agent.clone());
        self.event(Event::LaunchRequested {
            launch,
            connection: from.connection,
            app_id,
            user_agent,
        });
    }

    /// The order is Open Screen's: first everybody hears of it, then the sender that it was allowed, then the reply.
    /// An application that runs already is not launched again, and nobody hears of that.
    fn launch(&mut self, from: &Requester, spec: AppSpec) {
        match &mut self.app {
            Some(app) if app.spec == spec => {
                // Its streams stay with their sender until this one's OFFER is taken.
                app.owner = from.connection;
            }
            _ => {
                self.stop_app(StopReason::Replaced);
                let number = self.count();
                let session_id = format!("{}-{number}", self.config.session_prefix);
                let launched = Event::Launched {
                    session_id: session_id.clone(),
                    app_id: spec.app_id.clone(),
                    connection: from.connection,
                };
                self.app = Some(App {
                    spec,
                    session_id,
                    owner: from.connection,
                    streaming: None,
                    offer: None,
                });
                self.event(launched);
                self.broadcast_status();
            }
        }
        self.welcome(from.connection);
        self.reply(from, PlatformBody::LaunchStatus(LaunchStatus::Allowed));
        self.reply_status(from);
    }

    fn refuse_launch(&mut self, from: &Requester, reason: LaunchErrorReason) {
        self.reply(
            from,
            PlatformBody::LaunchError(LaunchError {
                reason,
                extended: None,
            }),
        );
    }

    pub(super) fn permit(&mut self, launch: LaunchId, allowed: bool) {
        let asked = self
            .launches
            .iter()
            .find(|(_, pending)| pending.id == launch)
            .map(|(id, _)| *id);
        let Some(pending) = asked.and_then(|connection| self.launches.remove(&connection)) else {
            return;
        };
        match self.spec(&pending.app_id).cloned() {
            Some(spec) if allowed => self.launch(&pending.from, spec),
            _ => self.reply(
                &pending.from,
                PlatformBody::LaunchError(LaunchError {
                    reason: LaunchErrorReason::NotAllowed,
                    extended: Some("USER_NOT_ALLOWED".to_owned()),
                }),
            ),
        }
    }

    /// A request for permission is moot: its sender left or asked anew.
    pub(super) fn withdraw_launch(&mut self, connection: ConnectionId) {
        if let Some(pending) = self.launches.remove(&connection) {
            self.event(Event::LaunchWithdrawn(pending.id));
            if self.connections.contains_key(&connection) {
                self.refuse_launch(&pending.from, LaunchErrorReason::Cancelled);
            }
        }
    }

    /// A sender closed its virtual connection to the platform: it no longer waits for the reply.
    pub(super) fn abandon_launch(&mut self, connection: ConnectionId, peer: &str) {
        let theirs = |pending: &PendingLaunch| pending.from.id == peer;
        if self.launches.get(&connection).is_some_and(theirs)
            && let Some(pending) = self.launches.remove(&connection)
        {
            self.event(Event::LaunchWithdrawn(pending.id));
        }
    }

    pub(super) fn launches_on_time(&mut self, now: Instant) {
        let late = self
            .launches
            .iter()
            .filter(|(_, pending)| now >= pending.until);
        let late: Vec<ConnectionId> = late.map(|(connection, _)| *connection).collect();
        for connection in late {
            self.withdraw_launch(connection);
        }
    }

    pub(super) fn on_stop(&mut self, from: &Requester, session_id: Option<&str>) {
        let wrong = match (session_id, &self.app) {
            (Some(id), Some(app)) => app.session_id != id,
            (Some(_), None) => true,
            (None, _) => false,
        };
        if wrong {
            return self.reply(
                from,
                PlatformBody::InvalidRequest("INVALID_SESSION_ID".to_owned()),
            );
        }
        if self.stop_app(StopReason::Requested) {
            self.broadcast_status();
        }
        self.reply_status(from);
    }

    /// Stops what runs: CLOSE to everybody who is connected to it. The caller tells what runs now.
    pub(super) fn stop_app(&mut self, reason: StopReason) -> bool {
        let Some(app) = self.app.take() else {
            return false;
        };
        if let Some(offer) = app.offer {
            self.event(Event::OfferWithdrawn(offer.id));
        }
        self.see_guests_off();
        self.close_endpoint(&app.session_id);
        self.event(Event::Stopped {
            session_id: app.session_id,
            reason,
        });
        true
    }

    /// A sender left: all of its connection, or only its virtual connection `peer` to the application.
    pub(super) fn leave(
        &mut self,
        connection: ConnectionId,
        peer: Option<&str>,
        reason: StopReason,
    ) {
        let Some(app) = &mut self.app else { return };
        let is_theirs = |other: ConnectionId, id: &str| {
            other == connection && peer.is_none_or(|peer| peer == id)
        };
        let offer = app
            .offer
            .take_if(|offer| is_theirs(offer.connection, &offer.peer));
        let streamed = app
            .streaming
            .take_if(|streaming| is_theirs(streaming.connection, &streaming.peer))
            .is_some();
        let owner_left = app.owner == connection && (peer.is_none() || streamed);
        // Another sender may have launched it too and stream already.
        let heir = app.streaming.as_ref().map(|streaming| streaming.connection);
        if let (true, Some(heir)) = (owner_left, heir) {
            app.owner = heir;
        }
        if let Some(offer) = offer {
            self.event(Event::OfferWithdrawn(offer.id));
        }
        if owner_left && heir.is_none() {
            if self.stop_app(reason) {
                self.broadcast_status();
            }
        } else if streamed {
            self.event(Event::StreamsEnded);
        }
    }
}
