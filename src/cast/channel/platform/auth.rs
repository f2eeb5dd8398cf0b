// SPDX-License-Identifier: GPL-3.0-or-later
//! Challenges of device authentication. The embedder answers them if it can; the rules for what is no proper challenge
//! are here (Open Screen `device_auth_namespace_handler.cc`).

use prost::Message;

use super::{ConnectionId, Event, Output, Platform};
use crate::cast::channel::message::{CastMessage, PLATFORM_RECEIVER, PLATFORM_SENDER};
use crate::cast::channel::namespace;
use crate::cast::channel::proto::auth::{
    AuthChallenge, AuthError, DeviceAuthMessage, HashAlgorithm, SignatureAlgorithm,
    auth_error::ErrorType,
};

impl Platform {
    pub(super) fn on_challenge(
        &mut self,
        connection: ConnectionId,
        message: &CastMessage,
        payload: &[u8],
    ) {
        let Ok(DeviceAuthMessage {
            challenge: Some(challenge),
            response: None,
            error: None,
        }) = DeviceAuthMessage::decode(payload)
        else {
            return;
        };
        let error = if !is_supported(&challenge) {
            ErrorType::SignatureAlgorithmUnavailable
        } else if self.config.authenticates {
            return self.event(Event::Challenge {
                connection,
                challenge,
            });
        } else {
            ErrorType::InternalError
        };
        let reply = DeviceAuthMessage {
            error: Some(AuthError {
                error_type: Some(error.into()),
            }),
            ..DeviceAuthMessage::default()
        };
        self.send_auth(
            connection,
            &message.destination,
            &message.source,
            reply.encode_to_vec(),
        );
    }

    pub(super) fn authenticate(&mut self, connection: ConnectionId, reply: Vec<u8>) {
        if self.connections.contains_key(&connection) {
            self.send_auth(connection, PLATFORM_RECEIVER, PLATFORM_SENDER, reply);
        }
    }

    fn send_auth(
        &mut self,
        connection: ConnectionId,
        source: &str,
        destination: &str,
        bytes: Vec<u8>,
    ) {
        let message = CastMessage::binary(source, destination, namespace::DEVICE_AUTH, bytes);
        self.outputs.push_back(Output::Send(connection, message));
    }
}

fn is_supported(challenge: &AuthChallenge) -> bool {
    let signature = challenge
        .signature_algorithm
        .map(SignatureAlgorithm::try_from);
    let hash = challenge.hash_algorithm.map(HashAlgorithm::try_from);
    matches!(
        signature,
        None | Some(Ok(
            SignatureAlgorithm::Unspecified | SignatureAlgorithm::RsassaPkcs1V15
        ))
    ) && matches!(
        hash,
        None | Some(Ok(HashAlgorithm::Sha1 | HashAlgorithm::Sha256))
    )
}
