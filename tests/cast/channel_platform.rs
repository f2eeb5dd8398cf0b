// SPDX-License-Identifier: GPL-3.0-or-later
//! The receiver's side of the control channel against scripted senders, on a fake clock.

use std::collections::VecDeque;
use std::num::NonZeroU16;
use std::time::{Duration, Instant};

use prost::Message;
use serde_json::{Value, json};
use telecast::cast::answer::Answer;
use telecast::cast::channel::message::{CastMessage, Payload};
use telecast::cast::channel::messages::discovery::DeviceInfo;
use telecast::cast::channel::namespace::{
    CONNECTION, DEVICE_AUTH, DISCOVERY, HEARTBEAT, RECEIVER, SETUP, WEBRTC,
};
use telecast::cast::channel::platform::{
    AppSpec, Command, ConnectionId, Decline, Event, Input, MAX_CONNECTIONS, Offered, Output,
    Platform, PlatformConfig, StopReason,
};
use telecast::cast::channel::proto::auth::{AuthChallenge, DeviceAuthMessage};
use telecast::cast::codec::{AudioCodec, VideoCodec};
use telecast::cast::error_code::ErrorCode;
use telecast::cast::offer::Abilities;

use crate::support::vectors;

const A: ConnectionId = ConnectionId(1);
const B: ConnectionId = ConnectionId(2);
const SECOND: Duration = Duration::from_secs(1);

/// Something that stops the application of this endpoint.
type Way = fn(&mut Senders, &str);

pub fn a_config() -> PlatformConfig {
    PlatformConfig {
        info: DeviceInfo {
            device_id: "TV-1".into(),
            model: "TV".into(),
            friendly_name: "The TV".into(),
            capabilities: 5,
        },
        version: "1".into(),
        apps: AppSpec::chrome_mirroring(),
        abilities: Abilities {
            video: vec![VideoCodec::Vp9, VideoCodec::Av1, VideoCodec::Vp8],
            audio: vec![AudioCodec::Opus],
        },
        session_prefix: "run".into(),
        ask_before_launch: false,
        authenticates: false,
        level: 1.0,
        muted: false,
    }
}

/// Senders that do what the test says, and the platform.
struct Senders {
    platform: Platform,
    now: Instant,
    sent: VecDeque<(ConnectionId, CastMessage)>,
    events: VecDeque<Event>,
    disconnected: Vec<ConnectionId>,
}

impl Senders {
    /// Both connections are open and connected to the platform as `sender-1`.
    fn with(config: PlatformConfig) -> Senders {
        let mut senders = Senders {
            platform: Platform::new(config),
            now: Instant::now(),
            sent: VecDeque::new(),
            events: VecDeque::new(),
            disconnected: Vec::new(),
        };
        for connection in [A, B] {
            senders.input(Input::Opened(connection));
            senders.connect(connection, "receiver-0");
        }
        senders.expect_nothing();
        senders
    }

    fn new() -> Senders {
        Senders::with(a_config())
    }

    fn input(&mut self, input: Input) {
        self.platform.handle(self.now, input);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.platform.poll(self.now) {
            match output {
                Output::Send(connection, message) => self.sent.push_back((connection, message)),
                Output::Disconnect(connection) => self.disconnected.push(connection),
                Output::Event(event) => self.events.push_back(event),
            }
        }
    }

    fn say_to(&mut self, connection: ConnectionId, to: &str, namespace: &str, payload: &Value) {
        let message = CastMessage::text("sender-1", to, namespace, payload.to_string());
        self.input(Input::Message(connection, message));
    }

    /// A request to the platform.
    fn ask(&mut self, connection: ConnectionId, payload: &Value) {
        self.say_to(connection, "receiver-0", RECEIVER, payload);
    }

    fn connect(&mut self, connection: ConnectionId, endpoint: &str) {
        self.say_to(
            connection,
            endpoint,
            CONNECTION,
            &json!({ "type": "CONNECT" }),
        );
    }

    /// The next message, which must be of this type and go there.
    fn expect(&mut self, connection: ConnectionId, destination: &str, kind: &str) -> Value {
        let (to, message) = self
            .sent
            .pop_front()
            .unwrap_or_else(|| panic!("nothing sent instead of {kind}"));
        let payload: Value = serde_json::from_str(message.as_text().unwrap()).unwrap();
        assert_eq!(
            (to, message.destination.as_str()),
            (connection, destination),
            "{payload}"
        );
        assert_eq!(payload["type"], kind, "{payload}");
        payload
    }

    /// The next two messages: the same status for everybody.
    fn expect_broadcast(&mut self) -> Value {
        let status = self.expect(A, "*", "RECEIVER_STATUS");
        assert_eq!(self.expect(B, "*", "RECEIVER_STATUS"), status);
        assert_eq!(status["requestId"], 0);
        status["status"].clone()
    }

    fn event(&mut self) -> Event {
        self.events.pop_front().expect("an event")
    }

    fn expect_nothing(&mut self) {
        assert!(self.sent.is_empty(), "{:?}", self.sent);
        assert!(self.events.is_empty(), "{:?}", self.events);
    }

    fn wait(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            let next = self.platform.next_timeout().unwrap_or(end).min(end);
            assert!(next > self.now, "a timeout that does not pass");
            self.now = next;
            self.drain();
        }
    }

    /// Launches the mirroring application and connects to it; the endpoint.
    fn launch(&mut self, connection: ConnectionId) -> String {
        self.ask(
            connection,
            &json!({ "type": "LAUNCH", "requestId": 3, "appId": "0f5096e8" }),
        );
        let transport = self.platform.status().applications[0].transport_id.clone();
        self.connect(connection, &transport);
        self.sent.clear();
        self.events.clear();
        transport
    }

    fn offer(&mut self, connection: ConnectionId, transport: &str, seq: u32) {
        let offer = &vectors("offers.json")["offers"][0]["offer"];
        let message = json!({ "type": "OFFER", "seqNum": seq, "offer": offer });
        self.say_to(connection, transport, WEBRTC, &message);
    }

    fn offered(&mut self) -> Offered {
        let Event::Offered(offered) = self.event() else {
            panic!()
        };
        *offered
    }

    fn take(&mut self, offered: &Offered) {
        let answer = Answer::to(&offered.selection, NonZeroU16::new(2344).unwrap());
        self.input(Input::Command(Command::Answer(
            offered.id,
            Ok(Box::new(answer)),
        )));
    }

    /// A sender that streams.
    fn streaming() -> (Senders, String) {
        let mut senders = Senders::new();
        let transport = senders.launch(A);
        senders.offer(A, &transport, 1);
        let offered = senders.offered();
        senders.take(&offered);
        assert_eq!(senders.expect(A, "sender-1", "ANSWER")["result"], "ok");
        senders.expect_nothing();
        (senders, transport)
    }
}

#[test]
fn a_launch_is_told_to_everybody_then_allowed_then_answered() {
    let mut senders = Senders::new();
    senders.ask(
        A,
        &json!({ "type": "LAUNCH", "requestId": 3, "appId": "0f5096e8" }),
    );
    let status = senders.expect_broadcast();
    assert_eq!(status["applications"][0]["appId"], "0F5096E8");
    assert_eq!(status["applications"][0]["namespaces"][0]["name"], WEBRTC);
    let allowed = senders.expect(A, "sender-1", "LAUNCH_STATUS");
    assert_eq!(
        (&allowed["launchRequestId"], &allowed["status"]),
        (&json!(3), &json!("USER_ALLOWED"))
    );
    assert_eq!(
        senders.expect(A, "sender-1", "RECEIVER_STATUS")["requestId"],
        3
    );
    assert!(matches!(
        senders.event(),
        Event::Launched { connection: A, .. }
    ));
    // The same again: nobody else hears of it.
    senders.ask(
        B,
        &json!({ "type": "LAUNCH", "requestId": 4, "appId": "0F5096E8" }),
    );
    senders.expect(B, "sender-1", "LAUNCH_STATUS");
    senders.expect(B, "sender-1", "RECEIVER_STATUS");
    senders.expect_nothing();
    // Another one replaces it.
    senders.ask(
        B,
        &json!({ "type": "LAUNCH", "requestId": 5, "appId": "85CDB22F" }),
    );
    assert_eq!(
        senders.expect_broadcast()["applications"][0]["appId"],
        "85CDB22F"
    );
    assert!(matches!(
        senders.event(),
        Event::Stopped {
            reason: StopReason::Replaced,
            ..
        }
    ));
    assert!(matches!(
        senders.event(),
        Event::Launched { connection: B, .. }
    ));
}

#[test]
fn requests_get_the_replies_of_the_reaction_table() {
    let mut senders = Senders::new();
    for (request, reply) in [
        (
            json!({ "type": "LAUNCH", "requestId": 1, "appId": "NOPE" }),
            Some(("LAUNCH_ERROR", "NOT_FOUND")),
        ),
        (
            json!({ "type": "LAUNCH", "requestId": 1, "appId": 5 }),
            Some(("LAUNCH_ERROR", "BAD_PARAMETER")),
        ),
        (
            json!({ "type": "LAUNCH", "requestId": 1 }),
            Some(("LAUNCH_ERROR", "BAD_PARAMETER")),
        ),
        (
            json!({ "type": "DANCE", "requestId": 1 }),
            Some(("INVALID_REQUEST", "INVALID_COMMAND")),
        ),
        (
            json!({ "type": "STOP", "requestId": 1, "sessionId": "x" }),
            Some(("INVALID_REQUEST", "INVALID_SESSION_ID")),
        ),
        (
            json!({ "type": "SET_VOLUME", "requestId": 1 }),
            Some(("INVALID_REQUEST", "INVALID_PARAMS")),
        ),
        (json!({ "type": "GET_STATUS" }), None),
        (json!({ "type": "GET_STATUS", "requestId": "1" }), None),
        (json!({ "type": "GET_STATUS", "requestId": -1 }), None),
        (
            json!({ "type": "get_status", "requestId": 1 }),
            Some(("INVALID_REQUEST", "INVALID_COMMAND")),
        ),
        (
            json!({ "type": "GET_APP_AVAILABILITY", "requestId": 1, "appId": "0F5096E8" }),
            None,
        ),
    ] {
        senders.ask(A, &request);
        if let Some((kind, reason)) = reply {
            let reply = senders.expect(A, "sender-1", kind);
            assert_eq!(
                (&reply["requestId"], &reply["reason"]),
                (&json!(1), &json!(reason)),
                "{request}"
            );
        }
        senders.expect_nothing();
    }
    senders.ask(
        A,
        &json!({ "type": "GET_APP_AVAILABILITY", "requestId": 6, "appId": ["0F5096E8", 7, "X"] }),
    );
    let (_, reply) = senders.sent.pop_front().unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(reply.as_text().unwrap()).unwrap(),
        json!({ "responseType": "GET_APP_AVAILABILITY", "requestId": 6,
                "availability": { "0F5096E8": "APP_AVAILABLE", "X": "APP_UNAVAILABLE" } })
    );
}

#[test]
fn device_info_is_told_in_both_namespaces() {
    let mut senders = Senders::new();
    senders.say_to(
        A,
        "receiver-0",
        DISCOVERY,
        &json!({ "type": "GET_DEVICE_INFO", "requestId": 1 }),
    );
    assert_eq!(
        senders.expect(A, "sender-1", "GET_DEVICE_INFO")["friendlyName"],
        "The TV"
    );
    senders.say_to(
        A,
        "receiver-0",
        SETUP,
        &json!({ "type": "eureka_info", "request_id": 2 }),
    );
    assert_eq!(
        senders.expect(A, "sender-1", "eureka_info")["data"]["name"],
        "The TV"
    );
}

#[test]
fn what_comes_without_a_virtual_connection_is_dropped() {
    let mut senders = Senders::new();
    let status = json!({ "type": "GET_STATUS", "requestId": 1 });
    let stranger = |to: &str| CastMessage::text("sender-2", to, RECEIVER, status.to_string());
    senders.input(Input::Message(A, stranger("receiver-0")));
    senders.expect_nothing();
    senders.input(Input::Message(A, stranger("*")));
    senders.expect(A, "sender-2", "RECEIVER_STATUS");
    senders.input(Input::Message(ConnectionId(9), stranger("*")));
    senders.say_to(A, "receiver-0", CONNECTION, &json!({ "type": "CLOSE" }));
    senders.ask(A, &status);
    senders.expect_nothing();
    let transport = senders.launch(B);
    senders.offer(A, &transport, 1);
    senders.expect_nothing();
}

#[test]
fn connections_to_unknown_endpoints_of_bad_kind_or_too_many_are_refused() {
    let mut senders = Senders::new();
    senders.connect(A, "nobody");
    senders.expect(A, "sender-1", "CLOSE");
    senders.say_to(
        A,
        "receiver-0",
        CONNECTION,
        &json!({ "type": "CONNECT", "connType": 3 }),
    );
    senders.expect(A, "sender-1", "CLOSE");
    senders.say_to(A, "*", CONNECTION, &json!({ "type": "CONNECT" }));
    senders.say_to(A, "receiver-0", CONNECTION, &json!([]));
    senders.expect_nothing();
    senders.say_to(
        A,
        "receiver-0",
        CONNECTION,
        &json!({ "type": "CONNECT", "protocolVersionList": [1, 3, 8] }),
    );
    assert_eq!(
        senders.expect(A, "sender-1", "CONNECTED")["protocolVersion"],
        3
    );
    let connect =
        |name: &str| CastMessage::text(name, "receiver-0", CONNECTION, r#"{"type":"CONNECT"}"#);
    for number in 0..31 {
        senders.input(Input::Message(A, connect(&format!("more-{number}"))));
    }
    senders.expect_nothing();
    senders.input(Input::Message(A, connect("one-too-many")));
    senders.expect(A, "one-too-many", "CLOSE");
    senders.input(Input::Message(B, connect(&"x".repeat(300))));
    senders.expect(B, &"x".repeat(300), "CLOSE");
}

#[test]
fn more_connections_than_allowed_are_turned_away() {
    let mut senders = Senders::new();
    for number in 3..=MAX_CONNECTIONS as u64 {
        senders.input(Input::Opened(ConnectionId(number)));
    }
    assert!(senders.disconnected.is_empty());
    senders.input(Input::Opened(ConnectionId(99)));
    assert_eq!(senders.disconnected, [ConnectionId(99)]);
}

#[test]
fn an_offer_is_answered_with_the_streams_that_can_be_played() {
    let mut senders = Senders::new();
    let transport = senders.launch(A);
    senders.offer(A, &transport, 41);
    let offered = senders.offered();
    assert_eq!(offered.selection.video.as_ref().unwrap().0, VideoCodec::Vp8);
    senders.take(&offered);
    let answer = senders.expect(A, "sender-1", "ANSWER");
    assert_eq!(answer["seqNum"], 41);
    assert_eq!(answer["answer"]["sendIndexes"], json!([0, 1]));
    assert_eq!(answer["answer"]["ssrcs"], json!([1112, 50112]));
    // Answering twice does nothing.
    senders.take(&offered);
    senders.expect_nothing();
}

#[test]
fn offers_that_cannot_be_used_get_their_error_and_those_without_a_number_none() {
    let (mut senders, transport) = Senders::streaming();
    let good = vectors("offers.json")["offers"][0]["offer"].clone();
    let with = |path: &str, value: Value| {
        let mut offer = good.clone();
        *offer.pointer_mut(path).unwrap() = value;
        offer
    };
    for (offer, code) in [
        (json!(null), 10_092),
        (with("/supportedStreams/0/aesKey", json!("x")), 10_092),
        (with("/castMode", json!("remoting")), 10_106),
        (json!({ "supportedStreams": [] }), 10_107),
    ] {
        senders.say_to(
            A,
            &transport,
            WEBRTC,
            &json!({ "type": "OFFER", "seqNum": 7, "offer": offer }),
        );
        let answer = senders.expect(A, "sender-1", "ANSWER");
        assert_eq!(
            (&answer["seqNum"], &answer["result"]),
            (&json!(7), &json!("error"))
        );
        assert_eq!(answer["error"]["code"], code, "{offer}");
        senders.expect_nothing();
    }
    senders.say_to(
        A,
        &transport,
        WEBRTC,
        &json!({ "type": "OFFER", "offer": good }),
    );
    senders.say_to(
        A,
        &transport,
        WEBRTC,
        &json!({ "type": "OFFER", "seqNum": -1, "offer": good }),
    );
    senders.say_to(
        A,
        &transport,
        WEBRTC,
        &json!({ "type": "PRESENTATION", "seqNum": 1 }),
    );
    senders.say_to(A, &transport, WEBRTC, &json!("no object"));
    senders.expect_nothing();
    senders.say_to(
        A,
        &transport,
        WEBRTC,
        &json!({ "type": "get_capabilities", "seqNum": 8 }),
    );
    let reply = senders.expect(A, "sender-1", "CAPABILITIES_RESPONSE");
    assert_eq!(
        (&reply["seqNum"], &reply["error"]["code"]),
        (&json!(8), &json!(10_106))
    );
}

#[test]
fn a_newer_offer_interrupts_one_that_waits_and_the_embedder_may_decline() {
    let mut senders = Senders::new();
    let transport = senders.launch(A);
    senders.offer(A, &transport, 1);
    let first = senders.offered();
    senders.offer(A, &transport, 2);
    let interrupted = senders.expect(A, "sender-1", "ANSWER");
    assert_eq!(
        (&interrupted["seqNum"], &interrupted["error"]["code"]),
        (&json!(1), &json!(10_101))
    );
    assert_eq!(senders.event(), Event::OfferWithdrawn(first.id));
    let second = senders.offered();
    senders.take(&first);
    senders.expect_nothing();
    let decline = Decline {
        code: ErrorCode::SocketClosed,
        description: "no port".into(),
    };
    senders.input(Input::Command(Command::Answer(second.id, Err(decline))));
    let answer = senders.expect(A, "sender-1", "ANSWER");
    assert_eq!(
        (&answer["seqNum"], &answer["error"]["code"]),
        (&json!(2), &json!(10_023))
    );
    senders.expect_nothing();
}

#[test]
fn a_second_sender_takes_over_when_its_offer_is_taken_and_the_first_hears_close() {
    let (mut senders, transport) = Senders::streaming();
    assert_eq!(senders.launch(B), transport);
    senders.offer(B, &transport, 1);
    let offered = senders.offered();
    assert_eq!(offered.connection, B);
    senders.take(&offered);
    senders.expect(B, "sender-1", "ANSWER");
    senders.expect(A, "sender-1", "CLOSE");
    senders.expect_nothing();
    // The first one's end means nothing any more.
    senders.input(Input::Closed(A));
    senders.expect_nothing();
    senders.input(Input::Closed(B));
    assert!(matches!(
        senders.event(),
        Event::Stopped {
            reason: StopReason::ConnectionLost,
            ..
        }
    ));
}

#[test]
fn an_application_launched_by_a_second_sender_survives_the_first() {
    let (mut senders, transport) = Senders::streaming();
    assert_eq!(senders.launch(B), transport);
    senders.input(Input::Closed(A));
    assert_eq!(senders.event(), Event::StreamsEnded);
    senders.expect_nothing();
    senders.offer(B, &transport, 1);
    senders.input(Input::Closed(B));
    let offered = senders.offered();
    assert_eq!(senders.event(), Event::OfferWithdrawn(offered.id));
    assert!(matches!(senders.event(), Event::Stopped { .. }));
}

#[test]
fn a_sender_that_launched_too_but_left_does_not_stop_the_one_that_streams() {
    let (mut senders, transport) = Senders::streaming();
    assert_eq!(senders.launch(B), transport);
    senders.input(Input::Closed(B));
    senders.expect_nothing();
    senders.input(Input::Closed(A));
    assert!(matches!(senders.event(), Event::Stopped { .. }));
}

#[test]
fn each_way_of_stopping_closes_the_connections_and_tells_everybody() {
    let stop = |senders: &mut Senders, transport: &str| {
        senders.ask(
            B,
            &json!({ "type": "STOP", "requestId": 9, "sessionId": transport }),
        );
    };
    let stop_anything = |senders: &mut Senders, _: &str| {
        senders.ask(
            B,
            &json!({ "type": "STOP", "requestId": 9, "sessionId": null }),
        );
    };
    let viewer = |senders: &mut Senders, _: &str| senders.input(Input::Command(Command::Stop));
    let leave = |senders: &mut Senders, transport: &str| {
        senders.say_to(
            A,
            transport,
            CONNECTION,
            &json!({ "type": "CLOSE", "reasonCode": 5 }),
        );
    };
    let ways: [(Way, StopReason); 4] = [
        (stop, StopReason::Requested),
        (stop_anything, StopReason::Requested),
        (viewer, StopReason::Viewer),
        (leave, StopReason::SenderLeft),
    ];
    for (way, reason) in ways {
        let (mut senders, transport) = Senders::streaming();
        way(&mut senders, &transport);
        if reason != StopReason::SenderLeft {
            let (_, close) = senders.sent.front().unwrap();
            assert_eq!(close.source, transport);
            senders.expect(A, "sender-1", "CLOSE");
        }
        assert_eq!(senders.expect_broadcast()["applications"], Value::Null);
        if reason == StopReason::Requested {
            assert_eq!(
                senders.expect(B, "sender-1", "RECEIVER_STATUS")["requestId"],
                9
            );
        }
        assert_eq!(
            senders.event(),
            Event::Stopped {
                session_id: transport.clone(),
                reason
            }
        );
        senders.expect_nothing();
        senders.connect(A, &transport);
        senders.expect(A, "sender-1", "CLOSE");
    }
}

#[test]
fn the_volume_is_told_to_everybody_when_it_changes() {
    let mut senders = Senders::new();
    senders.ask(
        A,
        &json!({ "type": "SET_VOLUME", "requestId": 4, "volume": { "level": 0.25 } }),
    );
    assert_eq!(senders.expect_broadcast()["volume"]["level"], 0.25);
    assert_eq!(
        senders.expect(A, "sender-1", "RECEIVER_STATUS")["requestId"],
        4
    );
    assert_eq!(
        senders.event(),
        Event::Volume {
            level: 0.25,
            muted: false
        }
    );
    senders.ask(
        A,
        &json!({ "type": "SET_VOLUME", "requestId": 5, "volume": { "level": 0.25 } }),
    );
    senders.expect(A, "sender-1", "RECEIVER_STATUS");
    senders.expect_nothing();
    senders.input(Input::Command(Command::SetMuted(true)));
    assert_eq!(senders.expect_broadcast()["volume"]["muted"], true);
    senders.input(Input::Command(Command::SetLevel(9.0)));
    assert_eq!(senders.expect_broadcast()["volume"]["level"], 1.0);
    senders.expect_nothing();
}

#[test]
fn the_viewer_is_asked_when_so_configured() {
    let mut senders = Senders::with(PlatformConfig {
        ask_before_launch: true,
        ..a_config()
    });
    let request = json!({ "type": "LAUNCH", "requestId": 3, "appId": "0F5096E8" });
    senders.ask(A, &request);
    assert_eq!(
        senders.expect(A, "sender-1", "LAUNCH_STATUS")["status"],
        "USER_PENDING_AUTHORIZATION"
    );
    let Event::LaunchRequested {
        launch,
        connection: A,
        ..
    } = senders.event()
    else {
        panic!()
    };
    senders.expect_nothing();
    senders.input(Input::Command(Command::Permit(launch, false)));
    let refused = senders.expect(A, "sender-1", "LAUNCH_ERROR");
    assert_eq!(
        (&refused["requestId"], &refused["extendedError"]),
        (&json!(3), &json!("USER_NOT_ALLOWED"))
    );

    senders.ask(A, &request);
    senders.expect(A, "sender-1", "LAUNCH_STATUS");
    let Event::LaunchRequested { launch, .. } = senders.event() else {
        panic!()
    };
    senders.input(Input::Command(Command::Permit(launch, true)));
    senders.expect_broadcast();
    assert_eq!(
        senders.expect(A, "sender-1", "LAUNCH_STATUS")["status"],
        "USER_ALLOWED"
    );
    senders.expect(A, "sender-1", "RECEIVER_STATUS");
    assert!(matches!(senders.event(), Event::Launched { .. }));
    // Who runs it already is not asked about again.
    senders.ask(A, &request);
    assert_eq!(
        senders.expect(A, "sender-1", "LAUNCH_STATUS")["status"],
        "USER_ALLOWED"
    );
    senders.expect(A, "sender-1", "RECEIVER_STATUS");

    senders.ask(B, &request);
    senders.expect(B, "sender-1", "LAUNCH_STATUS");
    let Event::LaunchRequested { launch, .. } = senders.event() else {
        panic!()
    };
    senders.wait(120 * SECOND);
    senders
        .sent
        .retain(|(_, message)| message.namespace == RECEIVER);
    assert_eq!(
        senders.expect(B, "sender-1", "LAUNCH_ERROR")["reason"],
        "CANCELLED"
    );
    assert_eq!(senders.event(), Event::LaunchWithdrawn(launch));
    senders.input(Input::Command(Command::Permit(launch, true)));
    senders.expect_nothing();

    senders.ask(B, &request);
    senders.expect(B, "sender-1", "LAUNCH_STATUS");
    let Event::LaunchRequested { launch, .. } = senders.event() else {
        panic!()
    };
    senders.input(Input::Closed(B));
    assert_eq!(senders.event(), Event::LaunchWithdrawn(launch));
    senders.expect_nothing();
}

#[test]
fn pings_are_answered_with_ids_swapped_and_silent_senders_are_pinged() {
    let mut senders = Senders::new();
    let ping = CastMessage::text("anyone", "anything", HEARTBEAT, r#"{"type":"PING"}"#);
    senders.input(Input::Message(A, ping));
    assert_eq!(senders.sent.front().unwrap().1.source, "anything");
    senders.expect(A, "anyone", "PONG");
    senders.wait(5 * SECOND);
    senders.expect(A, "sender-0", "PING");
    senders.expect(B, "sender-0", "PING");
    senders.expect_nothing();
}

#[test]
fn only_a_sender_that_takes_part_in_the_heartbeat_is_given_up_for_its_silence() {
    let mut senders = Senders::new();
    let transport = senders.launch(A);
    let pong = CastMessage::text("sender-0", "receiver-0", HEARTBEAT, r#"{"type":"PONG"}"#);
    senders.input(Input::Message(A, pong));
    senders.wait(Duration::from_millis(19_999));
    assert!(senders.disconnected.is_empty());
    senders.wait(Duration::from_millis(1));
    assert_eq!(senders.disconnected, [A]);
    let lost = Event::Stopped {
        session_id: transport,
        reason: StopReason::ConnectionLost,
    };
    assert_eq!(senders.event(), lost);
    senders.wait(600 * SECOND);
    assert_eq!(senders.disconnected, [A]);
}

fn challenge(challenge: AuthChallenge) -> CastMessage {
    let message = DeviceAuthMessage {
        challenge: Some(challenge),
        response: None,
        error: None,
    };
    CastMessage::binary(
        "sender-0",
        "receiver-0",
        DEVICE_AUTH,
        message.encode_to_vec(),
    )
}

#[test]
fn challenges_go_to_the_embedder_or_are_refused() {
    let error = |senders: &mut Senders| {
        let (_, message) = senders.sent.pop_front().unwrap();
        assert_eq!(
            (message.source.as_str(), message.destination.as_str()),
            ("receiver-0", "sender-0")
        );
        let Payload::Binary(bytes) = message.payload else {
            panic!()
        };
        DeviceAuthMessage::decode(&*bytes)
            .unwrap()
            .error
            .unwrap()
            .error_type
    };
    let plain = AuthChallenge {
        sender_nonce: Some(vec![7; 16]),
        hash_algorithm: Some(1),
        ..AuthChallenge::default()
    };
    let mut senders = Senders::new();
    senders.input(Input::Message(A, challenge(plain.clone())));
    assert_eq!(error(&mut senders), Some(0), "no credentials");
    for strange in [
        AuthChallenge {
            signature_algorithm: Some(2),
            ..AuthChallenge::default()
        },
        AuthChallenge {
            signature_algorithm: Some(9),
            ..AuthChallenge::default()
        },
        AuthChallenge {
            hash_algorithm: Some(2),
            ..AuthChallenge::default()
        },
    ] {
        senders.input(Input::Message(A, challenge(strange)));
        assert_eq!(error(&mut senders), Some(2));
    }
    for ignored in [
        CastMessage::binary("sender-0", "receiver-0", DEVICE_AUTH, vec![0xFF]),
        CastMessage::binary("sender-0", "receiver-0", DEVICE_AUTH, vec![]),
        CastMessage::text("sender-0", "receiver-0", DEVICE_AUTH, "{}"),
    ] {
        senders.input(Input::Message(A, ignored));
    }
    senders.expect_nothing();

    let mut senders = Senders::with(PlatformConfig {
        authenticates: true,
        ..a_config()
    });
    senders.input(Input::Message(A, challenge(plain.clone())));
    assert_eq!(
        senders.event(),
        Event::Challenge {
            connection: A,
            challenge: plain
        }
    );
    senders.input(Input::Command(Command::Authenticate(A, vec![1, 2, 3])));
    assert_eq!(
        senders.sent.pop_front().unwrap().1.payload,
        Payload::Binary(vec![1, 2, 3])
    );
    senders.input(Input::Command(Command::Authenticate(
        ConnectionId(77),
        vec![1],
    )));
    senders.expect_nothing();
}
