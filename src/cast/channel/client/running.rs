// SPDX-License-Identifier: GPL-3.0-or-later
//! The running application: offers and their answers, its loss, and stopping it.

use std::time::{Duration, Instant};

use super::{Client, Event, Loss, Negotiated, OfferFailure, State, VANISH_TIMEOUT};
use crate::cast::channel::messages::connection::CloseReason;
use crate::cast::channel::messages::platform::PlatformAction;
use crate::cast::channel::messages::status::{Application, ReceiverStatus};
use crate::cast::channel::messages::streaming::{
    ReceiverBody, ReceiverMessage, Refusal, SenderMessage,
};
use crate::cast::channel::{client::ChannelEnd, message::PLATFORM_RECEIVER, namespace};
use crate::cast::offer::Offer;

/// How long a reply of the application may take (Open Screen `session_messenger.cc`).
const REPLY_TIMEOUT: Duration = Duration::from_secs(4);
/// How long after the application's CLOSE the device may take to say what runs instead.
const EXPLANATION_TIMEOUT: Duration = Duration::from_secs(1);

/// An application that we are connected to.
#[derive(Debug)]
pub(super) struct Running {
    session_id: String,
    transport_id: String,
    /// The end of the 12 s, until the first ANSWER.
    negotiation: Option<Instant>,
    offer: Option<Pending<Box<Offer>>>,
    capabilities: Option<Pending<()>>,
    /// It closed the connection to us: why, and until when an explanation is awaited.
    closed: Option<(CloseReason, Instant)>,
}

#[derive(Debug)]
struct Pending<T> {
    seq: u32,
    deadline: Instant,
    what: T,
}

/// An application that is to vanish.
#[derive(Debug)]
pub(super) struct Stopping {
    /// `None` while its launch is given up and it has not appeared.
    pub(super) session_id: Option<String>,
    pub(super) transport_id: Option<String>,
    pub(super) until: Instant,
    pub(super) then_close: bool,
}

impl Running {
    pub(super) fn new(app: &Application, negotiation: Instant) -> Running {
        Running {
            session_id: app.session_id.clone(),
            transport_id: app.transport_id.clone(),
            negotiation: Some(negotiation),
            offer: None,
            capabilities: None,
            closed: None,
        }
    }

    /// An application that we are not connected to.
    pub(super) fn found(session_id: String) -> Running {
        Running {
            session_id,
            transport_id: String::new(),
            negotiation: None,
            offer: None,
            capabilities: None,
            closed: None,
        }
    }

    pub(super) fn next_timeout(&self) -> Option<Instant> {
        let offer = self.offer.as_ref().map(|pending| pending.deadline);
        let capabilities = self.capabilities.as_ref().map(|pending| pending.deadline);
        let closed = self.closed.map(|(_, until)| until);
        [offer, capabilities, closed].into_iter().flatten().min()
    }
}

impl Loss {
    /// How an application was lost that this status does not show.
    pub(super) fn shown_by(status: &ReceiverStatus) -> Loss {
        match status.foreground() {
            Some(other) => Loss::Replaced {
                app_id: other.app_id.clone(),
                display_name: other.display_name.clone(),
            },
            None => Loss::Gone {
                stand_by: status.is_stand_by == Some(true),
            },
        }
    }
}

impl Client {
    /// The application that can be talked to.
    fn connected(&mut self) -> Option<&mut Running> {
        match &mut self.state {
            State::Running(running) if !running.transport_id.is_empty() => Some(running),
            _ => None,
        }
    }

    pub(super) fn offer(&mut self, now: Instant, offer: Box<Offer>) {
        let seq = self.take_seq();
        let Some(running) = self.connected() else {
            return self.event(Event::OfferFailed(OfferFailure::NotRunning));
        };
        let in_time = now + REPLY_TIMEOUT;
        let deadline = running
            .negotiation
            .take()
            .map_or(in_time, |limit| in_time.min(limit));
        let text = SenderMessage::offer(seq, &offer);
        let transport = running.transport_id.clone();
        running.offer = Some(Pending {
            seq,
            deadline,
            what: offer,
        });
        self.send_from_us(&transport, namespace::WEBRTC, text);
    }

    pub(super) fn ask_capabilities(&mut self, now: Instant) {
        let seq = self.take_seq();
        let Some(running) = self.connected() else {
            return self.event(Event::Capabilities(None));
        };
        running.capabilities = Some(Pending {
            seq,
            deadline: now + REPLY_TIMEOUT,
            what: (),
        });
        let transport = running.transport_id.clone();
        self.send_from_us(
            &transport,
            namespace::WEBRTC,
            SenderMessage::get_capabilities(seq),
        );
    }

    /// A message of the application. Replies with unknown numbers are late or not for us.
    pub(super) fn on_streaming(&mut self, from: &str, message: ReceiverMessage) {
        let State::Running(running) = &mut self.state else {
            return;
        };
        if from != running.transport_id {
            return;
        }
        match message.body {
            ReceiverBody::Answer(answer) => {
                let Some(pending) = running
                    .offer
                    .take_if(|pending| Some(pending.seq) == message.seq)
                else {
                    return;
                };
                let negotiated = answer.and_then(|answer| {
                    let agreement = answer.agree(&pending.what).map_err(Refusal::from)?;
                    Ok(Negotiated {
                        offer: *pending.what,
                        answer: *answer,
                        agreement,
                    })
                });
                self.event(match negotiated {
                    Ok(negotiated) => Event::Negotiated(Box::new(negotiated)),
                    Err(refusal) => Event::OfferFailed(refusal.into()),
                });
            }
            ReceiverBody::Capabilities(capabilities) => {
                if running
                    .capabilities
                    .take_if(|pending| Some(pending.seq) == message.seq)
                    .is_some()
                {
                    self.event(Event::Capabilities(Some(capabilities)));
                }
            }
            ReceiverBody::Rpc(_) | ReceiverBody::Input | ReceiverBody::Unknown => {}
        }
    }

    /// A status came while the application runs.
    pub(super) fn run_with(&mut self, status: &ReceiverStatus) {
        let State::Running(running) = &self.state else {
            return;
        };
        if status.session(&running.session_id).is_some() {
            return;
        }
        self.lost(Loss::shown_by(status));
    }

    pub(super) fn on_transport_closed(&mut self, now: Instant, from: &str, reason: CloseReason) {
        let State::Running(running) = &mut self.state else {
            return;
        };
        if from == running.transport_id && running.closed.is_none() {
            running.closed = Some((reason, now + EXPLANATION_TIMEOUT));
            self.request(PlatformAction::GetStatus);
        }
    }

    pub(super) fn run_on_time(&mut self, now: Instant) {
        let State::Running(running) = &mut self.state else {
            return;
        };
        if let Some((reason, until)) = running.closed
            && now >= until
        {
            return self.lost(Loss::Closed(reason));
        }
        let offer = running
            .offer
            .take_if(|pending| now >= pending.deadline)
            .is_some();
        let capabilities = running
            .capabilities
            .take_if(|pending| now >= pending.deadline)
            .is_some();
        if offer {
            self.event(Event::OfferFailed(OfferFailure::Timeout));
        }
        if capabilities {
            self.event(Event::Capabilities(None));
        }
    }

    pub(super) fn lost(&mut self, loss: Loss) {
        self.state = State::Idle;
        self.event(Event::Lost(loss));
    }

    pub(super) fn stop(&mut self, now: Instant, then_close: bool) {
        match &mut self.state {
            State::Idle | State::Finding(_) => {
                self.state = State::Stopping(Stopping {
                    session_id: None,
                    transport_id: None,
                    until: now,
                    then_close,
                });
                self.stopped(false);
            }
            State::Launching(_) => self.cancel_launch(now, then_close),
            State::Running(running) => {
                let session_id = running.session_id.clone();
                self.state = State::Stopping(Stopping {
                    session_id: Some(session_id.clone()),
                    transport_id: Some(running.transport_id.clone()).filter(|id| !id.is_empty()),
                    until: now + VANISH_TIMEOUT,
                    then_close,
                });
                self.request(PlatformAction::Stop(Some(session_id)));
            }
            State::Stopping(stopping) => stopping.then_close |= then_close,
            State::Ended => {}
        }
    }

    /// A status came while the application is to vanish.
    pub(super) fn stop_with(&mut self, status: &ReceiverStatus) {
        if let State::Stopping(Stopping {
            session_id: Some(session_id),
            ..
        }) = &self.state
            && status.session(session_id).is_none()
        {
            self.stopped(true);
        }
    }

    /// It has vanished, or has had its time.
    pub(super) fn stopped(&mut self, vanished: bool) {
        let State::Stopping(stopping) = std::mem::replace(&mut self.state, State::Idle) else {
            return;
        };
        if let Some(transport) = &stopping.transport_id {
            self.disconnect(transport);
        }
        self.event(Event::Stopped { vanished });
        if stopping.then_close {
            self.disconnect(PLATFORM_RECEIVER);
            self.end(ChannelEnd::Closed);
        }
    }
}
