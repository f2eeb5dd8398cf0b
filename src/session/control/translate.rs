// SPDX-License-Identifier: GPL-3.0-or-later
//! What the protocol's client says went wrong, as a session's [`Reason`].

use crate::cast::answer::AnswerError;
use crate::cast::channel::client::{ChannelEnd, Loss, OfferFailure, StartError};
use crate::cast::channel::messages::streaming::Refusal;
use crate::cast::error_code::ErrorCode;
use crate::session::reason::{Layer, Reason, Waiting};

/// The app could not be started.
pub(in crate::session) fn start_failed(error: StartError) -> Reason {
    match error {
        StartError::Refused(code) => Reason::AppRefused { code },
        StartError::Declined | StartError::NotConfirmed => Reason::NotConfirmed,
        StartError::Timeout => Reason::TimedOut(Waiting::Launch),
        StartError::Busy => Reason::System(error.to_string()),
    }
}

/// The OFFER came to nothing.
pub(in crate::session) fn offer_failed(failure: OfferFailure) -> Reason {
    match failure {
        OfferFailure::Timeout => Reason::TimedOut(Waiting::Answer),
        OfferFailure::NotRunning => Reason::DeviceStopped { other: None },
        OfferFailure::Refused(
            Refusal::Error {
                code: ErrorCode::NoStreamSelected | ErrorCode::UnknownCodec,
                ..
            }
            | Refusal::Answer(AnswerError::NothingOffered),
        ) => Reason::NoUsableCodec,
        OfferFailure::Refused(Refusal::Error { code, description }) => Reason::OfferRefused {
            code: code.to_wire(),
            description,
        },
        OfferFailure::Refused(Refusal::Unexplained) => Reason::OfferRefused {
            code: 0,
            description: String::new(),
        },
        OfferFailure::Refused(Refusal::Answer(_) | Refusal::Capabilities) => {
            Reason::Garbage(Layer::Answer)
        }
    }
}

/// The running app is gone.
pub(in crate::session) fn lost(loss: Loss) -> Reason {
    Reason::DeviceStopped {
        other: match loss {
            Loss::Replaced { display_name, .. } if !display_name.is_empty() => Some(display_name),
            Loss::Replaced { app_id, .. } => Some(app_id),
            Loss::Gone { .. } | Loss::Closed(_) => None,
        },
    }
}

impl From<ChannelEnd> for Reason {
    fn from(end: ChannelEnd) -> Reason {
        match end {
            ChannelEnd::Closed | ChannelEnd::ClosedByPeer | ChannelEnd::Refused(_) => {
                Reason::DeviceClosed
            }
            ChannelEnd::Silent(silence) => Reason::DeviceGone(silence),
            ChannelEnd::Unread => Reason::DeviceStuck,
            ChannelEnd::Garbage(_) => Reason::Garbage(Layer::Framing),
        }
    }
}
