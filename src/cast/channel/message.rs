// SPDX-License-Identifier: GPL-3.0-or-later
//! One message of the control channel: who, to whom, about what, and the payload. Reads and writes the protobuf; knows
//! nothing about what a payload means.

use std::fmt;

use prost::Message;

use super::framing::{HEADER, MAX_BODY};
use super::proto::channel as wire;

/// The destination of a message to everybody.
pub const BROADCAST: &str = "*";
/// The id of the sender's platform endpoint.
pub const PLATFORM_SENDER: &str = "sender-0";
/// The id of the receiver's platform endpoint.
pub const PLATFORM_RECEIVER: &str = "receiver-0";

const STRING: i32 = 0;
const BINARY: i32 = 1;

/// A message between two endpoints.
#[derive(Clone, PartialEq, Eq)]
pub struct CastMessage {
    /// The endpoint that sent it.
    pub source: String,
    /// The endpoint it goes to; [`BROADCAST`] for all.
    pub destination: String,
    /// What kind of payload it carries (see [`super::namespace`]).
    pub namespace: String,
    /// The payload.
    pub payload: Payload,
}

/// What a message carries.
#[derive(Clone, PartialEq, Eq)]
pub enum Payload {
    /// Text, nearly always JSON.
    Text(String),
    /// Bytes: device authentication only.
    Binary(Vec<u8>),
    /// A payload type of the future, or text that is not UTF-8: the message is to be ignored.
    Unusable,
}

/// Why a body is no message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MessageError {
    /// The bytes are not protobuf, or an id is not UTF-8.
    #[error("not a protobuf message")]
    Malformed,
    /// A field without which the message means nothing is absent.
    #[error("the field {0} is missing")]
    Missing(&'static str),
    /// Its encoded form would be longer than a peer accepts.
    #[error("a message of {0} bytes is longer than the protocol allows")]
    TooLong(usize),
}

impl CastMessage {
    /// A message that carries text.
    pub fn text(
        source: impl Into<String>,
        destination: impl Into<String>,
        namespace: impl Into<String>,
        text: impl Into<String>,
    ) -> CastMessage {
        CastMessage {
            source: source.into(),
            destination: destination.into(),
            namespace: namespace.into(),
            payload: Payload::Text(text.into()),
        }
    }

    /// A message that carries bytes.
    pub fn binary(
        source: impl Into<String>,
        destination: impl Into<String>,
        namespace: impl Into<String>,
        bytes: Vec<u8>,
    ) -> CastMessage {
        CastMessage {
            source: source.into(),
            destination: destination.into(),
            namespace: namespace.into(),
            payload: Payload::Binary(bytes),
        }
    }

    /// Reads a body (without the length). Any protocol version and unknown fields are accepted. Text may sit in the
    /// binary field (peers of version 3).
    pub fn decode(body: &[u8]) -> Result<CastMessage, MessageError> {
        let raw = wire::CastMessage::decode(body).map_err(|_| MessageError::Malformed)?;
        raw.protocol_version
            .ok_or(MessageError::Missing("protocol_version"))?;
        let payload = match raw
            .payload_type
            .ok_or(MessageError::Missing("payload_type"))?
        {
            STRING => match (raw.payload_utf8.unwrap_or_default(), raw.payload_binary) {
                (text, Some(bytes)) if text.is_empty() => {
                    String::from_utf8(bytes).map_or(Payload::Unusable, Payload::Text)
                }
                (text, _) => Payload::Text(text),
            },
            BINARY => Payload::Binary(raw.payload_binary.unwrap_or_default()),
            _ => Payload::Unusable,
        };
        Ok(CastMessage {
            source: raw.source_id.ok_or(MessageError::Missing("source_id"))?,
            destination: raw
                .destination_id
                .ok_or(MessageError::Missing("destination_id"))?,
            namespace: raw.namespace.ok_or(MessageError::Missing("namespace"))?,
            payload,
        })
    }

    /// The length and the body, as they go onto the connection. Version 0; text goes into the text field.
    pub fn encode(&self) -> Result<Vec<u8>, MessageError> {
        let (payload_type, payload_utf8, payload_binary) = match &self.payload {
            Payload::Text(text) => (STRING, Some(text.clone()), None),
            Payload::Binary(bytes) => (BINARY, None, Some(bytes.clone())),
            Payload::Unusable => return Err(MessageError::Missing("payload")),
        };
        let raw = wire::CastMessage {
            protocol_version: Some(0),
            source_id: Some(self.source.clone()),
            destination_id: Some(self.destination.clone()),
            namespace: Some(self.namespace.clone()),
            payload_type: Some(payload_type),
            payload_utf8,
            payload_binary,
        };
        let length = raw.encoded_len();
        if length > MAX_BODY {
            return Err(MessageError::TooLong(length));
        }
        let mut bytes = Vec::with_capacity(HEADER + length);
        bytes.extend_from_slice(&(length as u32).to_be_bytes());
        bytes.extend(raw.encode_to_vec());
        Ok(bytes)
    }

    /// The text, if it carries text.
    pub fn as_text(&self) -> Option<&str> {
        match &self.payload {
            Payload::Text(text) => Some(text),
            Payload::Binary(_) | Payload::Unusable => None,
        }
    }

    /// Whether it goes to everybody or claims to come from everybody.
    pub fn is_broadcast(&self) -> bool {
        self.destination == BROADCAST || self.source == BROADCAST
    }
}

/// Ids and sizes only: an OFFER holds the keys of the session.
impl fmt::Debug for CastMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "CastMessage({} -> {}, {}, {:?})",
            self.source, self.destination, self.namespace, self.payload
        )
    }
}

/// The size only: an OFFER holds the keys of the session.
impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Payload::Text(text) => write!(f, "text of {} bytes", text.len()),
            Payload::Binary(bytes) => write!(f, "{} bytes", bytes.len()),
            Payload::Unusable => f.write_str("unusable"),
        }
    }
}
