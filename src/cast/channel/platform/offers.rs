// SPDX-License-Identifier: GPL-3.0-or-later
//! OFFERs to the running application and their answers.

use super::{ConnectionId, Decline, Event, OfferId, Offered, Platform};
use crate::cast::answer::Answer;
use crate::cast::channel::message::CastMessage;
use crate::cast::channel::messages::streaming::{ReceiverMessage, SenderBody, SenderMessage};
use crate::cast::channel::namespace;
use crate::cast::error_code::ErrorCode;
use crate::cast::offer::{Offer, OfferError};

/// An OFFER that waits for the embedder.
#[derive(Debug)]
pub(super) struct PendingOffer {
    pub(super) id: OfferId,
    pub(super) connection: ConnectionId,
    pub(super) peer: String,
    seq: u32,
}

/// The sender whose streams were agreed on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct StreamingPeer {
    pub(super) connection: ConnectionId,
    pub(super) peer: String,
}

impl Platform {
    /// A message to the application. Without a number it cannot be answered and is ignored.
    pub(super) fn on_streaming(
        &mut self,
        connection: ConnectionId,
        message: &CastMessage,
        text: &str,
    ) {
        let Some(SenderMessage {
            seq: Some(seq),
            body,
        }) = SenderMessage::parse(text)
        else {
            return;
        };
        match body {
            SenderBody::Offer(offer) => self.on_offer(connection, &message.source, seq, offer),
            SenderBody::GetCapabilities => {
                // Capabilities matter for remoting only.
                let refusal = ReceiverMessage::capabilities_error(
                    seq,
                    ErrorCode::RemotingNotSupported,
                    "Remoting is not supported.",
                );
                self.send(
                    connection,
                    &message.destination,
                    &message.source,
                    namespace::WEBRTC,
                    refusal,
                );
            }
            SenderBody::Rpc | SenderBody::Input | SenderBody::Unknown => {}
        }
    }

    fn on_offer(
        &mut self,
        connection: ConnectionId,
        peer: &str,
        seq: u32,
        offer: Result<Offer, OfferError>,
    ) {
        let selected = offer
            .map_err(|error| Decline {
                code: ErrorCode::ParameterInvalid,
                description: error.to_string(),
            })
            .and_then(|offer| match offer.select(&self.config.abilities) {
                Ok(selection) => Ok((offer, selection)),
                Err(code) => Err(Decline {
                    code,
                    description: describe(code).to_owned(),
                }),
            });
        let pending = PendingOffer {
            id: OfferId(self.count()),
            connection,
            peer: peer.to_owned(),
            seq,
        };
        match selected {
            Err(decline) => self.decline(&pending, &decline),
            Ok((offer, selection)) => {
                let id = pending.id;
                let Some(app) = &mut self.app else { return };
                if let Some(older) = app.offer.replace(pending) {
                    let interrupted = Decline {
                        code: ErrorCode::Interrupted,
                        description: describe(ErrorCode::Interrupted).to_owned(),
                    };
                    self.decline(&older, &interrupted);
                    self.event(Event::OfferWithdrawn(older.id));
                }
                self.event(Event::Offered(Box::new(Offered {
                    id,
                    connection,
                    selection,
                    offer,
                })));
            }
        }
    }

    /// Carries [`Command::Answer`](super::Command::Answer) out.
    pub(super) fn answer(&mut self, id: OfferId, answer: Result<Box<Answer>, Decline>) {
        let Some(app) = &mut self.app else { return };
        let Some(pending) = app.offer.take_if(|pending| pending.id == id) else {
            return;
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(decline) => return self.decline(&pending, &decline),
        };
        let transport = app.transport_id().to_owned();
        app.owner = pending.connection;
        let now = StreamingPeer {
            connection: pending.connection,
            peer: pending.peer.clone(),
        };
        let before = app.streaming.replace(now);
        let text = ReceiverMessage::answer(pending.seq, &answer);
        self.send(
            pending.connection,
            &transport,
            &pending.peer,
            namespace::WEBRTC,
            text,
        );
        if let Some(other) = before
            .filter(|before| before.connection != pending.connection || before.peer != pending.peer)
        {
            self.close_peer(other.connection, &transport, &other.peer);
        }
    }

    fn decline(&mut self, pending: &PendingOffer, decline: &Decline) {
        let Some(transport) = self.app.as_ref().map(|app| app.transport_id().to_owned()) else {
            return;
        };
        let text = ReceiverMessage::answer_error(pending.seq, decline.code, &decline.description);
        self.send(
            pending.connection,
            &transport,
            &pending.peer,
            namespace::WEBRTC,
            text,
        );
    }
}

fn describe(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::Interrupted => "A newer OFFER came.",
        ErrorCode::RemotingNotSupported => "Remoting is not supported.",
        ErrorCode::NoStreamSelected => "None of the offered streams can be played.",
        _ => "The OFFER cannot be used.",
    }
}
