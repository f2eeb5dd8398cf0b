// SPDX-License-Identifier: GPL-3.0-or-later
//! What the hub does about events: of the platform core, of the media. Input: an event; output: state, media, answers.

use super::door::Answered;
use super::{Connection, Hub};
use crate::cast::channel::platform::{Command as PlatformCommand, ConnectionId, Event, Offered};
use crate::cast::channel::proto::auth::AuthChallenge;
use crate::discovery::advertise::Advertiser;
use crate::receiver::media::MediaNews;
use crate::receiver::stats::ReceiverState;
use crate::receiver::streaming::{self, Casting};
use crate::receiver::viewer::Visitor;

/// What the announcement says while a screen is cast. Senders show it as it is; it is not for our own windows.
const STATUS: &str = "Screen mirroring";
/// Challenges that are answered on one connection.
const MAX_CHALLENGES: u32 = 8;

impl Hub {
    pub(super) fn on_news(&mut self, number: u64, news: MediaNews) {
        let Some(casting) = self
            .casting
            .as_ref()
            .filter(|casting| casting.number == number)
        else {
            return;
        };
        match news {
            MediaNews::Started => {
                let sender = casting.ends.peer.ip().to_canonical();
                self.shared
                    .set_state(ReceiverState::Streaming, Some(sender));
                if let Some(screen) = &self.shared.options.screen {
                    screen.started(sender);
                }
            }
            MediaNews::Silent => self.command(PlatformCommand::Stop),
        }
    }

    pub(super) async fn on_event(&mut self, event: Event) {
        match event {
            Event::LaunchRequested {
                launch,
                connection,
                user_agent,
                ..
            } => {
                let Some(connection) = self.connections.get(&connection) else {
                    return;
                };
                let sender = connection.ends.peer.ip().to_canonical();
                let visitor = Visitor {
                    address: sender,
                    user_agent,
                };
                match self.door.knock(launch, visitor) {
                    Some(allowed) => self.command(PlatformCommand::Permit(launch, allowed)),
                    None if self.running.is_none() => {
                        self.shared.set_state(ReceiverState::Asking, Some(sender));
                    }
                    None => {}
                }
            }
            Event::LaunchWithdrawn(launch) => {
                self.door.withdraw(launch);
                self.asked_about();
            }
            Event::Launched {
                app_id, connection, ..
            } => {
                let sender = self
                    .connections
                    .get(&connection)
                    .map(|connection| connection.ends.peer.ip().to_canonical());
                if self.casting.is_none() {
                    self.shared.set_state(ReceiverState::Launched, sender);
                }
                self.running = Some(app_id);
                if let Some(sender) = sender {
                    self.door.welcome(sender);
                }
                self.admit();
            }
            Event::Offered(offered) => self.on_offer(&offered).await,
            Event::StreamsEnded => {
                self.end_media().await;
                self.shared.set_state(ReceiverState::Launched, None);
            }
            Event::Stopped { reason, .. } => {
                tracing::info!(?reason, "the application was stopped");
                self.running = None;
                self.door.see_guests_off();
                self.admit();
                self.end_media().await;
                self.shared.set_state(ReceiverState::Idle, None);
            }
            Event::Volume { level, muted } => {
                self.shared.volume.send_replace((level, muted));
            }
            Event::Challenge {
                connection,
                challenge,
            } => self.on_challenge(connection, &challenge),
            // A refused permission, and what later versions of the core may add.
            _ => {}
        }
    }

    /// A sender asks once; one that asks for ever gets no more signatures, which cost a millisecond each.
    fn on_challenge(&mut self, id: ConnectionId, challenge: &AuthChallenge) {
        let (Some(connection), Some(credentials)) =
            (self.connections.get_mut(&id), &self.credentials)
        else {
            return;
        };
        if connection.challenges < MAX_CHALLENGES {
            connection.challenges += 1;
            let answer = credentials.answer(challenge, &connection.certificate);
            self.command(PlatformCommand::Authenticate(id, answer));
        }
    }

    /// The viewer has decided.
    pub(super) fn on_answer(&mut self, answer: Answered) {
        for launch in answer.launches {
            self.command(PlatformCommand::Permit(launch, answer.allowed));
        }
        if answer.allowed {
            self.admit();
        } else {
            self.asked_about();
        }
    }

    /// Tells the platform what each sender may do now.
    pub(super) fn admit(&mut self) {
        let standing = |connection: &Connection| {
            let sender = connection.ends.peer.ip().to_canonical();
            self.door.standing(sender)
        };
        let all: Vec<_> = (self.connections.iter())
            .map(|(id, connection)| (*id, standing(connection)))
            .collect();
        for (id, standing) in all {
            self.command(PlatformCommand::Admit(id, standing));
        }
    }

    /// A question was settled without a launch: says who is still asked about, if nothing runs.
    fn asked_about(&self) {
        if self.running.is_none() {
            match self.door.next_visitor() {
                Some(sender) => self.shared.set_state(ReceiverState::Asking, Some(sender)),
                None => self.shared.set_state(ReceiverState::Idle, None),
            }
        }
    }

    async fn on_offer(&mut self, offered: &Offered) {
        let Some(connection) = self.connections.get(&offered.connection) else {
            return;
        };
        let ends = connection.ends;
        self.casts += 1;
        let number = self.casts;
        match streaming::prepare(offered, ends, &self.shared, number, self.news.clone()) {
            Ok((answer, media)) => {
                // First the answer, then the old streams end, then the new ones begin.
                self.command(PlatformCommand::Answer(offered.id, Ok(Box::new(answer))));
                self.end_media().await;
                self.casting = Some(Casting::start(number, ends, media));
            }
            Err(decline) => self.command(PlatformCommand::Answer(offered.id, Err(decline))),
        }
    }

    pub(super) async fn end_media(&mut self) {
        if let Some(casting) = self.casting.take() {
            casting.stop().await;
            if let Some(screen) = &self.shared.options.screen {
                screen.stopped();
            }
        }
    }

    /// Keeps the announcement true.
    pub(super) fn announce(&self, advertiser: Option<&Advertiser>) {
        if let Some(advertiser) = advertiser {
            advertiser.update(|advertisement| {
                advertisement.busy = self.running.is_some();
                advertisement.status = if self.running.is_some() {
                    STATUS.to_owned()
                } else {
                    String::new()
                };
            });
        }
    }
}
