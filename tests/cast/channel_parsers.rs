// SPDX-License-Identifier: GPL-3.0-or-later
//! Property tests of the payload parsers: no text makes them panic, and what is written is read back.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use telecast::cast::channel::messages::connection::ConnectionMessage;
use telecast::cast::channel::messages::heartbeat::Heartbeat;
use telecast::cast::channel::messages::platform::{
    LaunchError, LaunchErrorReason, LaunchStatus, PlatformAction, PlatformBody, PlatformReply,
    PlatformRequest,
};
use telecast::cast::channel::messages::{discovery, setup};

/// Any JSON value, three levels deep, made of the words that the protocol uses and of strange ones.
pub fn any_json() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "",
        "ok",
        "error",
        "OFFER",
        "0F5096E8",
        "1/90000",
        "30",
        "video_source",
        "opus",
        "webtransport",
        "16:9",
        "é\u{0}",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::from),
        (-3..300_i64).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word.prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            prop::collection::vec((key(), inner), 0..8).prop_map(|entries| Value::Object(
                entries
                    .into_iter()
                    .map(|(k, v)| (k.to_owned(), v))
                    .collect()
            )),
        ]
    })
}

fn key() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "type",
        "responseType",
        "requestId",
        "launchRequestId",
        "request_id",
        "status",
        "applications",
        "appId",
        "sessionId",
        "transportId",
        "volume",
        "level",
        "muted",
        "reason",
        "extendedError",
        "availability",
        "connType",
        "protocolVersion",
        "protocolVersionList",
        "reasonCode",
        "namespaces",
        "name",
        "seqNum",
        "result",
        "answer",
    ])
}

/// A message: an object with a type out of the protocol and any other keys.
pub fn any_message() -> impl Strategy<Value = String> {
    let kind = prop::sample::select(vec![
        "CONNECT",
        "CONNECTED",
        "CLOSE",
        "PING",
        "PONG",
        "GET_STATUS",
        "LAUNCH",
        "STOP",
        "SET_VOLUME",
        "GET_APP_AVAILABILITY",
        "RECEIVER_STATUS",
        "LAUNCH_STATUS",
        "LAUNCH_ERROR",
        "INVALID_REQUEST",
        "GET_DEVICE_INFO",
        "eureka_info",
        "X",
    ]);
    (kind, prop::collection::vec((key(), any_json()), 0..6)).prop_map(|(kind, entries)| {
        let mut message: Map<String, Value> = entries
            .into_iter()
            .map(|(k, v)| (k.to_owned(), v))
            .collect();
        message.insert("type".into(), json!(kind));
        Value::Object(message).to_string()
    })
}

fn parse_all(text: &str) {
    let _: Option<ConnectionMessage> = ConnectionMessage::parse(text);
    let _: Option<Heartbeat> = Heartbeat::parse(text);
    let _: Option<PlatformRequest> = PlatformRequest::parse(text);
    let _: Option<PlatformReply> = PlatformReply::parse(text);
    let _: Option<u32> = discovery::parse_request(text);
    let _: Option<u32> = setup::parse_request(text);
}

fn action() -> impl Strategy<Value = PlatformAction> {
    prop_oneof![
        Just(PlatformAction::GetStatus),
        prop::option::of(prop::collection::vec(".{0,8}", 0..4))
            .prop_map(PlatformAction::GetAppAvailability),
        prop::option::of(".{0,8}").prop_map(PlatformAction::Launch),
        prop::option::of(".{0,8}").prop_map(PlatformAction::Stop),
        (
            prop::option::of((0..=64_u8).prop_map(|step| f64::from(step) / 64.0)),
            prop::option::of(any::<bool>())
        )
            .prop_map(|(level, muted)| PlatformAction::SetVolume { level, muted }),
        Just(PlatformAction::Unknown),
    ]
}

fn body() -> impl Strategy<Value = PlatformBody> {
    prop_oneof![
        Just(PlatformBody::LaunchStatus(
            LaunchStatus::PendingAuthorization
        )),
        Just(PlatformBody::LaunchStatus(LaunchStatus::Other(
            "LATER".into()
        ))),
        prop::option::of("[A-Z]{1,8}").prop_map(|extended| {
            PlatformBody::LaunchError(LaunchError {
                reason: LaunchErrorReason::SystemError,
                extended,
            })
        }),
        "[A-Z_]{0,12}".prop_map(PlatformBody::InvalidRequest),
        prop::collection::btree_map("[0-9A-F]{8}", any::<bool>(), 0..4)
            .prop_map(PlatformBody::AppAvailability),
    ]
}

proptest! {
    #[test]
    fn no_text_makes_a_parser_panic(text in ".{0,200}") {
        parse_all(&text);
    }

    #[test]
    fn no_message_of_odd_parts_makes_a_parser_panic(text in any_message()) {
        parse_all(&text);
    }

    #[test]
    fn requests_are_read_as_written(request_id in 0..=2_147_483_647_u32, action in action()) {
        let request = PlatformRequest { request_id, action };
        prop_assert_eq!(PlatformRequest::parse(&request.to_json()), Some(request));
    }

    #[test]
    fn replies_are_read_as_written(request_id in 0..=2_147_483_647_u32, body in body()) {
        let reply = PlatformReply { request_id, body };
        prop_assert_eq!(PlatformReply::parse(&reply.to_json()), Some(reply));
    }
}
