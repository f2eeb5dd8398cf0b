// SPDX-License-Identifier: GPL-3.0-or-later
//! From the wish to mirror to the running application.
//!
//! ```text
//! asks which applications there are, and what runs
//!    ▼
//! Looking ──status──▶ (our old session there? Clearing ──vanished, 3 s──▶) Waiting ──application in the status──▶ Running
//!    5 s └─(after a loss) our session there? joined at once ─▶ Running        │ LAUNCH_ERROR: the next application, or failed
//!                                                                             │ every 5 s: GET_STATUS, some devices only broadcast
//!                                                                             └ the TV asks its viewer: the 12 s stand still, 120 s
//! ```

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::running::{Running, Stopping};
use super::{
    Client, Event, Loss, MirroringApp, REQUEST_TIMEOUT, StartError, State, VANISH_TIMEOUT,
};
use crate::cast::channel::messages::platform::{LaunchError, LaunchStatus, PlatformAction};
use crate::cast::channel::messages::status::{Application, ReceiverStatus};
use crate::cast::channel::namespace;
use crate::cast::offer::Offer;

/// How long a person at the TV may take (Chromium's cap for a launch).
const CONFIRMATION_LIMIT: Duration = Duration::from_mins(2);
/// How many sessions that ran before are remembered; devices run one or two.
const MAX_KNOWN: usize = 16;

/// A launch under way.
#[derive(Debug)]
pub(super) struct Launching {
    offer: Box<Offer>,
    /// The applications still to try after the current one.
    more: &'static [&'static str],
    wanted: Wanted,
    step: Step,
    /// The question which applications the device has.
    availability: u32,
    /// When the whole negotiation is given up.
    deadline: Instant,
    /// While the viewer is asked: what was left of the 12 s.
    confirming: Option<Duration>,
}

/// What may run on the device before the launch.
#[derive(Debug)]
pub(super) enum Before {
    /// A session of ours that is over, to be stopped first.
    Ours(Option<String>),
    /// The session that is to go on; else nothing else may run.
    Lost { session_id: String, join: bool },
}

/// How to recognise the application when it appears.
#[derive(Debug)]
pub(super) struct Wanted {
    app_id: &'static str,
    /// The sessions that ran before: only a reply to our own request can mean one of them.
    known: Vec<String>,
    /// The requests whose replies are ours.
    requests: [u32; 2],
}

#[derive(Debug)]
enum Step {
    Looking { until: Instant, before: Before },
    Clearing { session_id: String, until: Instant },
    Waiting { ask_at: Instant },
}

impl Wanted {
    /// The application, if this status shows it ready.
    fn find<'a>(&self, status: &'a ReceiverStatus, request_id: u32) -> Option<&'a Application> {
        let replied = request_id != 0 && self.requests.contains(&request_id);
        status.applications.iter().find(|app| {
            app.is(self.app_id)
                && !app.transport_id.is_empty()
                && (app.namespaces.is_empty() || app.speaks(namespace::WEBRTC))
                && (replied || !self.known.contains(&app.session_id))
        })
    }
}

impl Launching {
    pub(super) fn next_timeout(&self) -> Instant {
        let of_step = match &self.step {
            Step::Looking { until, .. } | Step::Clearing { until, .. } => *until,
            Step::Waiting { .. } if self.confirming.is_some() => self.deadline,
            Step::Waiting { ask_at } => *ask_at,
        };
        of_step.min(self.deadline)
    }

    fn is_waiting(&self) -> bool {
        matches!(self.step, Step::Waiting { .. })
    }
}

impl Client {
    pub(super) fn start(
        &mut self,
        now: Instant,
        app: MirroringApp,
        offer: Box<Offer>,
        before: Before,
        within: Duration,
    ) {
        let (State::Idle, [app_id, more @ ..]) = (&self.state, app.ids()) else {
            return self.event(Event::StartFailed(StartError::Busy));
        };
        self.abandoned = None;
        // Both at once, the status last: what is answered in order is known when the launch begins, and who does not
        // answer the first costs no time.
        let ids = app.ids().iter().map(|id| (*id).to_owned()).collect();
        let availability = self.request(PlatformAction::GetAppAvailability(Some(ids)));
        self.request(PlatformAction::GetStatus);
        self.state = State::Launching(Launching {
            offer,
            more,
            availability,
            wanted: Wanted {
                app_id,
                known: Vec::new(),
                requests: [0; 2],
            },
            step: Step::Looking {
                until: now + REQUEST_TIMEOUT,
                before,
            },
            deadline: now + within,
            confirming: None,
        });
    }

    /// The device told which applications it has: those that it lacks are not tried, unless it claims to lack them all.
    pub(super) fn on_availability(&mut self, request_id: u32, apps: &BTreeMap<String, bool>) {
        let State::Launching(launching) = &mut self.state else {
            return;
        };
        if launching.availability != request_id || launching.is_waiting() {
            return;
        }
        let lacks = |id: &str| apps.get(id) == Some(&false);
        if lacks(launching.wanted.app_id)
            && let Some(skipped) = launching.more.iter().position(|id| !lacks(id))
            && let Some((next, more)) = launching.more[skipped..].split_first()
        {
            launching.wanted.app_id = next;
            launching.more = more;
        }
    }

    /// A status came while launching.
    pub(super) fn launch_with(&mut self, now: Instant, status: &ReceiverStatus, request_id: u32) {
        let State::Launching(launching) = &mut self.state else {
            return;
        };
        match &mut launching.step {
            Step::Looking { .. } => self.look(now, status),
            Step::Clearing { session_id, .. } if status.session(session_id).is_none() => {
                self.launch(now);
            }
            Step::Clearing { .. } => {}
            Step::Waiting { .. } => {
                if let Some(app) = launching.wanted.find(status, request_id) {
                    let app = app.clone();
                    self.launched(now, app);
                }
            }
        }
    }

    /// The device told what runs: what is in the way, what is ours.
    fn look(&mut self, now: Instant, status: &ReceiverStatus) {
        let State::Launching(launching) = &mut self.state else {
            return;
        };
        let Step::Looking { before, .. } = &mut launching.step else {
            return;
        };
        let (session_id, joins) = match before {
            Before::Ours(leftover) => (leftover.take(), false),
            Before::Lost { session_id, join } => {
                let ours = status.session(session_id);
                if let (None, Some(other)) = (ours, status.foreground()) {
                    return self.lost(Loss::Replaced {
                        app_id: other.app_id.clone(),
                        display_name: other.display_name.clone(),
                    });
                }
                (Some(std::mem::take(session_id)), *join)
            }
        };
        let running = status.applications.iter().map(|app| app.session_id.clone());
        launching.wanted.known = running.take(MAX_KNOWN).collect();
        let there = session_id.as_deref().and_then(|id| status.session(id));
        match there.cloned() {
            Some(app) if joins && !app.transport_id.is_empty() => self.launched(now, app),
            Some(app) => {
                launching.step = Step::Clearing {
                    session_id: app.session_id.clone(),
                    until: now + VANISH_TIMEOUT,
                };
                self.request(PlatformAction::Stop(Some(app.session_id)));
            }
            None => self.launch(now),
        }
    }

    fn launch(&mut self, now: Instant) {
        let State::Launching(launching) = &mut self.state else {
            return;
        };
        let app_id = launching.wanted.app_id.to_owned();
        launching.step = Step::Waiting {
            ask_at: now + REQUEST_TIMEOUT,
        };
        let request = self.request(PlatformAction::Launch(Some(app_id)));
        if let State::Launching(launching) = &mut self.state {
            launching.wanted.requests = [request, 0];
        }
    }

    fn launched(&mut self, now: Instant, app: Application) {
        // The application may appear before the device says that its viewer agreed.
        self.confirmed(now);
        let State::Launching(launching) = std::mem::replace(&mut self.state, State::Idle) else {
            return;
        };
        self.connect(&app.transport_id);
        self.state = State::Running(Running::new(&app, launching.deadline));
        self.event(Event::Launched {
            session_id: app.session_id,
            app_id: app.app_id,
            display_name: app.display_name,
        });
        self.offer(now, launching.offer);
    }

    /// The viewer agreed, if there was a question; what was left of the 12 s runs on.
    fn confirmed(&mut self, now: Instant) {
        let State::Launching(launching) = &mut self.state else {
            return;
        };
        if let Some(left) = launching.confirming.take() {
            launching.deadline = now + left;
            launching.step = Step::Waiting {
                ask_at: now + REQUEST_TIMEOUT,
            };
            self.event(Event::Confirmed);
        }
    }

    pub(super) fn on_launch_status(
        &mut self,
        now: Instant,
        request_id: u32,
        status: &LaunchStatus,
    ) {
        let State::Launching(launching) = &mut self.state else {
            return;
        };
        if launching.wanted.requests[0] != request_id || !launching.is_waiting() {
            return;
        }
        match status {
            LaunchStatus::PendingAuthorization if launching.confirming.is_none() => {
                launching.confirming = Some(launching.deadline.saturating_duration_since(now));
                launching.deadline = now + CONFIRMATION_LIMIT;
                self.event(Event::ConfirmationNeeded);
            }
            LaunchStatus::Allowed => self.confirmed(now),
            LaunchStatus::Other(word) if word == "USER_NOT_ALLOWED" => {
                self.start_failed(StartError::Declined);
            }
            LaunchStatus::PendingAuthorization | LaunchStatus::Other(_) => {}
        }
    }

    pub(super) fn on_launch_error(&mut self, now: Instant, request_id: u32, error: &LaunchError) {
        if error.is_refusal() {
            if self.is_our_launch(request_id) {
                self.start_failed(StartError::Declined);
            }
        } else {
            self.on_invalid_request(now, request_id, error.reason.word().to_owned());
        }
    }

    /// The device does not launch this application: try the next one.
    pub(super) fn on_invalid_request(&mut self, now: Instant, request_id: u32, reason: String) {
        if !self.is_our_launch(request_id) {
            return;
        }
        let State::Launching(launching) = &mut self.state else {
            return;
        };
        match launching.more {
            [next, more @ ..] => {
                launching.wanted.app_id = next;
                launching.more = more;
                self.launch(now);
            }
            [] => self.start_failed(StartError::Refused(reason)),
        }
    }

    fn is_our_launch(&self, request_id: u32) -> bool {
        matches!(&self.state, State::Launching(launching)
            if launching.is_waiting() && launching.wanted.requests[0] == request_id)
    }

    pub(super) fn launch_on_time(&mut self, now: Instant) {
        let State::Launching(launching) = &mut self.state else {
            return;
        };
        if now >= launching.deadline {
            let error = match launching.confirming {
                Some(_) => StartError::NotConfirmed,
                None => StartError::Timeout,
            };
            self.abandon();
            return self.start_failed(error);
        }
        match &mut launching.step {
            // Who does not say what runs might be made to replace it.
            Step::Looking {
                until,
                before: Before::Lost { .. },
            } if now >= *until => self.start_failed(StartError::Timeout),
            Step::Looking { until, .. } | Step::Clearing { until, .. } if now >= *until => {
                self.launch(now);
            }
            Step::Waiting { ask_at } if now >= *ask_at && launching.confirming.is_none() => {
                *ask_at = now + REQUEST_TIMEOUT;
                let request = self.request(PlatformAction::GetStatus);
                if let State::Launching(launching) = &mut self.state {
                    launching.wanted.requests[1] = request;
                }
            }
            Step::Looking { .. } | Step::Clearing { .. } | Step::Waiting { .. } => {}
        }
    }

    fn start_failed(&mut self, error: StartError) {
        self.state = State::Idle;
        self.event(Event::StartFailed(error));
    }

    /// Remembers the application of a launch that is given up, to stop it should it appear.
    fn abandon(&mut self) {
        if let State::Launching(launching) = std::mem::replace(&mut self.state, State::Idle)
            && launching.is_waiting()
        {
            self.abandoned = Some(launching.wanted);
        }
    }

    /// Gives a launch up because the session wants to stop.
    pub(super) fn cancel_launch(&mut self, now: Instant, then_close: bool) {
        let State::Launching(launching) = &self.state else {
            return;
        };
        // Nobody knows when the viewer decides, and before the LAUNCH there is nothing to stop.
        let until = if launching.is_waiting() && launching.confirming.is_none() {
            now + VANISH_TIMEOUT
        } else {
            now
        };
        self.abandon();
        self.state = State::Stopping(Stopping {
            session_id: None,
            transport_id: None,
            until,
            then_close,
        });
        if until == now {
            self.stopped(false);
        }
    }

    /// Stops an application that appears although its launch was given up.
    pub(super) fn stop_what_was_abandoned(&mut self, status: &ReceiverStatus) {
        let Some(app) = self
            .abandoned
            .as_ref()
            .and_then(|wanted| wanted.find(status, 0))
        else {
            return;
        };
        let session_id = app.session_id.clone();
        self.abandoned = None;
        self.request(PlatformAction::Stop(Some(session_id.clone())));
        if let State::Stopping(stopping) = &mut self.state {
            stopping.session_id = Some(session_id);
        }
    }
}
