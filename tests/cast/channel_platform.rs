// SPDX-License-Identifier: GPL-3.0-or-later
//! The receiver's side of the control channel against scripted senders, on a fake clock.

mod connections;
mod launching;
mod offers;
mod strangers;

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
