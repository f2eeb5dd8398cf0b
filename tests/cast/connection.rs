// SPDX-License-Identifier: GPL-3.0-or-later
//! Virtual connections: `connection.json`.

use serde_json::Value;
use telecast::cast::channel::messages::connection::{
    CloseReason, Connect, ConnectReply, ConnectionMessage,
};

use crate::support::{cases, vectors};

#[test]
fn every_connect_of_the_vectors_gets_its_reply() {
    for case in cases(&vectors("connection.json"), "connect") {
        let Some(ConnectionMessage::Connect(connect)) =
            ConnectionMessage::parse(&case["connect"].to_string())
        else {
            panic!("{}", case["note"])
        };
        let reply = connect
            .reply()
            .to_json()
            .map_or(Value::Null, |text| serde_json::from_str(&text).unwrap());
        assert_eq!(reply, case["reply"], "{}", case["note"]);
        assert_eq!(
            connect.kind.map(|kind| kind as u64),
            case["conn_type"].as_u64(),
            "{}",
            case["note"]
        );
    }
}

#[test]
fn every_close_of_the_vectors_has_its_reason() {
    for case in cases(&vectors("connection.json"), "close") {
        let Some(ConnectionMessage::Close(reason)) =
            ConnectionMessage::parse(&case["message"].to_string())
        else {
            panic!("{}", case["message"])
        };
        assert_eq!(
            u64::from(reason as u8),
            case["reason"].as_u64().unwrap(),
            "{}",
            case["message"]
        );
    }
}

#[test]
fn our_own_messages_are_read_as_meant() {
    let request = Connect::request("Telecast", "1");
    let info: serde_json::Value = serde_json::from_str(&request).unwrap();
    assert_eq!(info["senderInfo"]["sdkType"], 2);
    assert_eq!(info["senderInfo"].get("skdType"), None);
    let connect = ConnectionMessage::parse(&request);
    let Some(ConnectionMessage::Connect(connect)) = connect else {
        panic!("{connect:?}")
    };
    assert_eq!(connect.reply(), ConnectReply::Silent);
    assert_eq!(connect.user_agent.as_deref(), Some("Telecast"));
    for reason in [
        CloseReason::Unknown,
        CloseReason::TransportTooLongInactive,
        CloseReason::ClosedBySelf,
    ] {
        assert_eq!(
            ConnectionMessage::parse(&reason.to_json()),
            Some(ConnectionMessage::Close(reason))
        );
    }
    let connected = ConnectReply::Connected(3).to_json().unwrap();
    assert_eq!(
        ConnectionMessage::parse(&connected),
        Some(ConnectionMessage::Connected {
            protocol_version: Some(3)
        })
    );
}
