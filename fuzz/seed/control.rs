// SPDX-License-Identifier: GPL-3.0-or-later
//! Seeds of the control channel: framing, JSON, OFFER, ANSWER, and whole conversations for the two sides.

use serde_json::{Value, json};
use telecast::cast::channel::namespace::{CONNECTION, HEARTBEAT, RECEIVER, WEBRTC};
use telecast_fuzz::facts;
use telecast_fuzz::script::Writer;

use crate::{Seeds, hex, recordings, vectors};

/// Steps of the target `client`.
mod client {
    pub const COMMAND: u8 = 0;
    pub const TIME: u8 = 2;
    pub const CONNECTION: u8 = 3;
    pub const HEARTBEAT: u8 = 4;
    pub const STREAMING: u8 = 5;
    pub const CLOSE: u8 = 6;
    pub const PLATFORM: u8 = 7;
}

/// Steps of the target `platform`, of the first connection.
mod platform {
    pub const OPEN: u8 = 0;
    pub const CLOSED: u8 = 1;
    pub const TIME: u8 = 2;
    pub const STOP: u8 = 3;
    pub const CONNECT: u8 = 4;
    pub const CONNECT_TO_APP: u8 = 5;
    pub const HEARTBEAT: u8 = 6;
    pub const DISCOVERY: u8 = 7;
    pub const SETUP: u8 = 8;
    pub const STREAMING: u8 = 9;
    pub const AUTHENTICATION: u8 = 13;
    pub const REQUEST: u8 = 14;
    /// Added to a step: it is the second connection's.
    pub const SECOND: u8 = 16;
}

pub fn write(seeds: &mut Seeds) {
    framing(seeds);
    messages(seeds);
    for case in vectors("offers", "offers") {
        seeds.add("offer", case["offer"].to_string().as_bytes());
    }
    seeds.add("offer", facts::offer().to_json().to_string().as_bytes());
    for case in vectors("answers", "answers") {
        seeds.add("answer", case["answer"].to_string().as_bytes());
    }
    conversations(seeds);
    recorded(seeds);
}

fn framing(seeds: &mut Seeds) {
    let messages: Vec<_> = vectors("cast_message", "messages")
        .iter()
        .map(|case| hex(&case["frame"]))
        .collect();
    for (piece, stream) in [(200, messages.concat()), (0, messages[..2].concat())] {
        seeds.add("cast_message", &[&[piece], &*stream].concat());
    }
    for frame in messages {
        seeds.add("cast_message", &[&[6], &*frame].concat());
    }
    for case in vectors("cast_message", "framing") {
        seeds.add("cast_message", &[&[3], &*hex(&case["input"])].concat());
    }
}

fn messages(seeds: &mut Seeds) {
    let mut add = |value: &Value| seeds.add("messages", value.to_string().as_bytes());
    for (file, list, key) in [
        ("connection", "connect", "connect"),
        ("connection", "close", "message"),
        ("answers", "envelopes", "message"),
    ] {
        vectors(file, list).iter().for_each(|case| add(&case[key]));
    }
    for value in [
        json!({ "type": "PING" }),
        json!({ "type": "PONG" }),
        json!({ "type": "LAUNCH", "requestId": 1, "appId": "0F5096E8", "language": "en" }),
        json!({ "type": "STOP", "requestId": 1, "sessionId": "s" }),
        json!({ "type": "STOP", "requestId": 1, "sessionId": null }),
        json!({ "type": "GET_STATUS", "requestId": 1 }),
        json!({ "type": "SET_VOLUME", "requestId": 1, "volume": { "level": 0.25, "muted": true } }),
        json!({ "type": "GET_APP_AVAILABILITY", "requestId": 1, "appId": ["0F5096E8", "x"] }),
        json!({ "responseType": "GET_APP_AVAILABILITY", "requestId": 1, "availability": { "x": "APP_UNAVAILABLE" } }),
        json!({ "type": "LAUNCH_STATUS", "launchRequestId": 1, "status": "USER_PENDING_AUTHORIZATION" }),
        json!({ "type": "LAUNCH_ERROR", "requestId": 1, "reason": "NOT_FOUND", "extendedError": "x" }),
        json!({ "type": "INVALID_REQUEST", "requestId": 1, "reason": "INVALID_COMMAND" }),
        json!({ "type": "GET_CAPABILITIES", "seqNum": 1 }),
        json!({ "type": "OFFER", "seqNum": 1, "offer": facts::offer().to_json() }),
        json!({ "type": "GET_DEVICE_INFO", "requestId": 1 }),
        json!({ "type": "eureka_info", "request_id": 1, "data": { "params": ["version", "name"] } }),
        status(),
    ] {
        add(&value);
    }
}

fn status() -> Value {
    json!({ "type": "RECEIVER_STATUS", "requestId": 1, "status": {
        "applications": [{
            "appId": "0F5096E8", "displayName": "Chrome Mirroring", "isIdleScreen": false,
            "namespaces": [{ "name": WEBRTC }], "sessionId": "s", "statusText": "", "transportId": "s",
        }],
        "isActiveInput": true, "isStandBy": false, "userEq": {},
        "volume": { "controlType": "attenuation", "level": 1.0, "muted": false, "stepInterval": 0.05 },
    } })
}

fn answer() -> Value {
    json!({ "type": "ANSWER", "seqNum": 1, "result": "ok", "answer": {
        "udpPort": 4000, "sendIndexes": [0, 2], "ssrcs": [7, 8],
    } })
}

/// A conversation in steps, each an operation and its payload.
fn script(first: &[u8], steps: &[(u8, String)]) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.raw(first);
    for (step, payload) in steps {
        writer.raw(&[*step]).slice(payload.as_bytes());
    }
    writer.into_bytes()
}

fn conversations(seeds: &mut Seeds) {
    let mirror = [client::COMMAND, 0];
    let start = [
        (client::PLATFORM, status().to_string()),
        (client::STREAMING, answer().to_string()),
    ];
    let connected = json!({ "type": "CONNECTED", "protocolVersion": 3 }).to_string();
    let idle = json!({ "type": "RECEIVER_STATUS", "requestId": 0, "status": {} }).to_string();
    let refused = json!({ "type": "LAUNCH_ERROR", "requestId": 1, "reason": "NOT_ALLOWED" });
    let pending = json!({ "type": "LAUNCH_STATUS", "launchRequestId": 1, "status": "USER_PENDING_AUTHORIZATION" });
    for more in [
        vec![(client::HEARTBEAT, r#"{"type":"PING"}"#.to_owned())],
        vec![(client::PLATFORM, idle)],
        vec![(client::CLOSE, r#"{"type":"CLOSE"}"#.to_owned())],
        vec![(
            client::CONNECTION,
            r#"{"type":"CLOSE","reasonCode":5}"#.to_owned(),
        )],
        vec![
            (client::CONNECTION, connected),
            (client::PLATFORM, refused.to_string()),
        ],
    ] {
        seeds.add("client", &script(&mirror, &[&start[..], &more].concat()));
        seeds.add("client", &script(&mirror, &more));
    }
    let waiting = [(client::PLATFORM, pending.to_string())];
    let mut late = script(&mirror, &waiting);
    late.extend([client::TIME, 0x7f, 0xff, client::TIME, 0x7f, 0xff]);
    seeds.add("client", &late);
    // Volume, capabilities, availability, another OFFER, and the end.
    let mut much = script(&mirror, &start);
    for command in [2, 3, 4, 5, 6, 7] {
        much.extend([client::COMMAND, command, client::TIME, 0x02, 0x00]);
    }
    seeds.add("client", &much);

    let request = |value: Value| (platform::REQUEST, value.to_string());
    let launch = request(json!({ "type": "LAUNCH", "requestId": 1, "appId": "0F5096E8" }));
    let connect = r#"{"type":"CONNECT","protocolVersionList":[3],"userAgent":"x"}"#.to_owned();
    let offer = json!({ "type": "OFFER", "seqNum": 1, "offer": facts::offer().to_json() });
    let usual = [
        (platform::CONNECT, connect.clone()),
        launch.clone(),
        (platform::CONNECT_TO_APP, connect.clone()),
        (platform::STREAMING, offer.to_string()),
    ];
    let ask = |text: &str| text.to_owned();
    for more in [
        vec![(platform::STREAMING, offer.to_string())],
        vec![(
            platform::STREAMING,
            ask(r#"{"type":"GET_CAPABILITIES","seqNum":2}"#),
        )],
        vec![(platform::CONNECT_TO_APP, ask(r#"{"type":"CLOSE"}"#))],
        vec![request(
            json!({ "type": "STOP", "requestId": 2, "sessionId": "run-1" }),
        )],
        vec![request(
            json!({ "type": "LAUNCH", "requestId": 2, "appId": "85CDB22F" }),
        )],
        vec![request(
            json!({ "type": "SET_VOLUME", "requestId": 2, "volume": { "level": 0.5 } }),
        )],
        vec![request(json!({ "type": "GET_STATUS", "requestId": 2 }))],
        vec![
            (platform::HEARTBEAT, ask(r#"{"type":"PING"}"#)),
            (
                platform::DISCOVERY,
                ask(r#"{"type":"GET_DEVICE_INFO","requestId":3}"#),
            ),
            (
                platform::SETUP,
                ask(r#"{"type":"eureka_info","request_id":4}"#),
            ),
        ],
    ] {
        for asks in [0, 1] {
            let steps = [&usual[..], &more].concat();
            seeds.add("platform", &script(&[asks, platform::OPEN], &steps));
        }
    }
    let mut two = script(&[0, platform::OPEN], &usual);
    two.push(platform::SECOND + platform::OPEN);
    for (step, payload) in [&usual[..2], &[launch]].concat() {
        two.extend(script(&[], &[(platform::SECOND + step, payload)]));
    }
    two.extend([platform::CLOSED, platform::TIME, 0x75, 0x30, platform::STOP]);
    seeds.add("platform", &two);
    let question = facts::challenge().message();
    if let telecast::cast::channel::message::Payload::Binary(bytes) = question.payload {
        let mut writer = Writer::default();
        writer
            .raw(&[0, platform::OPEN, platform::AUTHENTICATION])
            .slice(&bytes);
        seeds.add("platform", &writer.into_bytes());
    }
}

/// What the recorded sides said, for the other side each.
fn recorded(seeds: &mut Seeds) {
    for (messages, _) in recordings() {
        let (mut to_client, mut to_platform) = (Vec::new(), Vec::new());
        for message in &messages {
            let Some(payload) = message["payload"].as_str() else {
                continue;
            };
            seeds.add("messages", payload.as_bytes());
            let text = |key: &str| message[key].as_str().unwrap_or_default();
            let from_sender = text("direction").starts_with("sender");
            let of_platform = text("destination") == "receiver-0";
            let step = match (text("namespace"), from_sender) {
                (CONNECTION, true) if of_platform => platform::CONNECT,
                (CONNECTION, true) => platform::CONNECT_TO_APP,
                (HEARTBEAT, true) => platform::HEARTBEAT,
                (WEBRTC, true) => platform::STREAMING,
                (RECEIVER, true) => platform::REQUEST,
                (CONNECTION, false) => client::CONNECTION,
                (HEARTBEAT, false) => client::HEARTBEAT,
                (WEBRTC, false) => client::STREAMING,
                (RECEIVER, false) => client::PLATFORM,
                _ => continue,
            };
            let list = if from_sender {
                &mut to_platform
            } else {
                &mut to_client
            };
            list.push((step, payload.to_owned()));
        }
        seeds.add("client", &script(&[client::COMMAND, 0], &to_client));
        seeds.add("platform", &script(&[0, platform::OPEN], &to_platform));
    }
}
