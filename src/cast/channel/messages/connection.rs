// SPDX-License-Identifier: GPL-3.0-or-later
//! Virtual connections: CONNECT, CONNECTED and CLOSE, and what a receiver answers to a CONNECT.

use serde_json::{Value, json};

use crate::cast::json;

/// The newest version of the framing that is known here (`CASTV2_1_3`).
const NEWEST_VERSION: u32 = 3;

/// How much of a user agent is kept, in characters; a browser's has some 120.
pub const MAX_USER_AGENT: usize = 256;

/// A message of the connection namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectionMessage {
    /// A sender opens a virtual connection.
    Connect(Connect),
    /// The receiver names the protocol version it chose. Nobody waits for it.
    Connected {
        /// The version, if it is a number.
        protocol_version: Option<u32>,
    },
    /// A virtual connection is over.
    Close(CloseReason),
}

/// How strongly a sender is tied to the endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ConnectionKind {
    /// Keeps the application alive and counts as a sender.
    #[default]
    Strong,
    /// Does not keep it alive.
    Weak,
    /// Is not shown to the application as a sender.
    Invisible,
}

/// The CONNECT request as a receiver reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connect {
    /// The kind of connection; `None` for a number that is no kind, which is refused.
    pub kind: Option<ConnectionKind>,
    /// The greatest known version that the sender named; `None` if it mentioned no version at all.
    pub version: Option<u32>,
    /// What the sender's program calls itself, its first [`MAX_USER_AGENT`] characters. Nothing proves it.
    pub user_agent: Option<String>,
}

/// What a receiver sends back to a CONNECT that its policy allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectReply {
    /// The connection is open; nothing is sent.
    Silent,
    /// The connection is open and the sender hears the version.
    Connected(u32),
    /// The connection is refused with CLOSE.
    Refused,
}

/// Why a virtual connection was closed; the number is the one on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum CloseReason {
    /// Not said.
    Unknown = 0,
    /// The transport was closed.
    TransportClosed = 1,
    /// The transport was aborted.
    TransportAborted = 2,
    /// The transport delivered something invalid.
    TransportInvalidMessage = 3,
    /// The transport was silent for too long.
    TransportTooLongInactive = 4,
    /// The one who sends the CLOSE closed.
    ClosedBySelf = 5,
    /// The other side closed; also what a missing or unknown number means.
    ClosedByPeer = 6,
}

impl ConnectionMessage {
    /// Reads the payload.
    pub fn parse(text: &str) -> Option<ConnectionMessage> {
        let message = json::object(text)?;
        match message["type"].as_str()? {
            "CONNECT" => Some(ConnectionMessage::Connect(Connect {
                kind: kind(&message["connType"]),
                version: version(&message["protocolVersion"], &message["protocolVersionList"]),
                user_agent: json::word(&message["userAgent"])
                    .map(|name| name.chars().take(MAX_USER_AGENT).collect()),
            })),
            "CONNECTED" => Some(ConnectionMessage::Connected {
                protocol_version: json::int(&message["protocolVersion"]),
            }),
            "CLOSE" => Some(ConnectionMessage::Close(CloseReason::from_wire(
                &message["reasonCode"],
            ))),
            _ => None,
        }
    }
}

impl Connect {
    /// What to send back.
    pub fn reply(&self) -> ConnectReply {
        match (self.kind, self.version) {
            (None, _) => ConnectReply::Refused,
            (Some(_), None) => ConnectReply::Silent,
            (Some(_), Some(version)) => ConnectReply::Connected(version),
        }
    }

    /// The payload of our own strong CONNECT: like Chromium's, without a version list, so that no CONNECTED comes back.
    /// `user_agent` names this program and its version.
    pub fn request(user_agent: &str, version: &str) -> String {
        json!({
            "type": "CONNECT",
            "connType": 0,
            "origin": {},
            "userAgent": user_agent,
            "senderInfo": {
                "sdkType": 2,
                "version": version,
                "browserVersion": version,
                "platform": 6,
                "connectionType": 1,
            },
        })
        .to_string()
    }
}

impl ConnectReply {
    /// The payload to send, if any.
    pub fn to_json(self) -> Option<String> {
        match self {
            ConnectReply::Silent => None,
            ConnectReply::Connected(version) => {
                Some(json!({ "type": "CONNECTED", "protocolVersion": version }).to_string())
            }
            ConnectReply::Refused => Some(json!({ "type": "CLOSE" }).to_string()),
        }
    }
}

impl CloseReason {
    fn from_wire(code: &Value) -> CloseReason {
        match json::int(code) {
            Some(0) => CloseReason::Unknown,
            Some(1) => CloseReason::TransportClosed,
            Some(2) => CloseReason::TransportAborted,
            Some(3) => CloseReason::TransportInvalidMessage,
            Some(4) => CloseReason::TransportTooLongInactive,
            Some(5) => CloseReason::ClosedBySelf,
            _ => CloseReason::ClosedByPeer,
        }
    }

    /// The payload of a CLOSE with this reason.
    pub fn to_json(self) -> String {
        json!({ "type": "CLOSE", "reasonCode": self as u8 }).to_string()
    }
}

fn kind(value: &Value) -> Option<ConnectionKind> {
    let number = value.as_i64().or_else(|| {
        value
            .as_f64()
            .filter(|x| x.fract() == 0.0)
            .map(|x| x as i64)
    });
    match number {
        None | Some(0) => Some(ConnectionKind::Strong),
        Some(1) => Some(ConnectionKind::Weak),
        Some(2) => Some(ConnectionKind::Invisible),
        Some(_) => None,
    }
}

fn version(single: &Value, list: &Value) -> Option<u32> {
    if single.is_null() && list.is_null() {
        return None;
    }
    let listed = list.as_array().into_iter().flatten();
    let known = listed
        .chain([single])
        .filter_map(json::int)
        .filter(|version| *version <= NEWEST_VERSION);
    Some(known.max().unwrap_or(0))
}
