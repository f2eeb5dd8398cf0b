// SPDX-License-Identifier: GPL-3.0-or-later
//! PING and PONG: the heartbeat namespace.

use serde_json::json;

use crate::cast::json;

/// A heartbeat message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heartbeat {
    /// Asks for a PONG.
    Ping,
    /// Answers a PING.
    Pong,
}

impl Heartbeat {
    /// Reads the payload.
    pub fn parse(text: &str) -> Option<Heartbeat> {
        match json::object(text)?["type"].as_str()? {
            "PING" => Some(Heartbeat::Ping),
            "PONG" => Some(Heartbeat::Pong),
            _ => None,
        }
    }

    /// The payload.
    pub fn to_json(self) -> String {
        let kind = match self {
            Heartbeat::Ping => "PING",
            Heartbeat::Pong => "PONG",
        };
        json!({ "type": kind }).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_case_matters() {
        for message in [Heartbeat::Ping, Heartbeat::Pong] {
            assert_eq!(Heartbeat::parse(&message.to_json()), Some(message));
        }
        assert_eq!(Heartbeat::parse(r#"{"type":"ping"}"#), None);
        assert_eq!(Heartbeat::parse("{'type':'PING'}"), None);
    }
}
