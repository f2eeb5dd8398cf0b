// SPDX-License-Identifier: GPL-3.0-or-later
//! The sender's question: a nonce in, the message to send out; and which message is the answer.

use prost::Message as _;

use crate::cast::channel::message::{CastMessage, PLATFORM_RECEIVER, PLATFORM_SENDER, Payload};
use crate::cast::channel::namespace;
use crate::cast::channel::proto::auth::{AuthChallenge, DeviceAuthMessage, HashAlgorithm};

/// Bytes of a nonce (Open Screen `cast_auth_util.cc`).
pub const NONCE_LENGTH: usize = 16;

/// A question for the device of one connection. Never used for another one: that is what makes an answer fresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    nonce: [u8; NONCE_LENGTH],
}

impl Challenge {
    /// With a nonce that nobody can foresee.
    pub fn new(nonce: [u8; NONCE_LENGTH]) -> Challenge {
        Challenge { nonce }
    }

    /// What makes the answer fresh.
    pub fn nonce(&self) -> &[u8; NONCE_LENGTH] {
        &self.nonce
    }

    /// The message that asks; the first one on the connection. The signature algorithm is left at its default, as other
    /// senders do.
    pub fn message(&self) -> CastMessage {
        let question = DeviceAuthMessage {
            challenge: Some(AuthChallenge {
                signature_algorithm: None,
                sender_nonce: Some(self.nonce.to_vec()),
                hash_algorithm: Some(HashAlgorithm::Sha256.into()),
            }),
            ..DeviceAuthMessage::default()
        };
        CastMessage::binary(
            PLATFORM_SENDER,
            PLATFORM_RECEIVER,
            namespace::DEVICE_AUTH,
            question.encode_to_vec(),
        )
    }
}

/// The bytes for [`assess`](super::assess), if this message is an answer. Text there is an answer, too, but no good one.
pub fn is_reply(message: &CastMessage) -> Option<&[u8]> {
    match &message.payload {
        _ if message.namespace != namespace::DEVICE_AUTH => None,
        Payload::Binary(bytes) => Some(bytes),
        Payload::Text(_) | Payload::Unusable => Some(&[]),
    }
}
