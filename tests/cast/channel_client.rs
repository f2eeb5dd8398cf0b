// SPDX-License-Identifier: GPL-3.0-or-later
//! The sender's side of the control channel against a scripted device, on a fake clock.

mod ending;
mod find;
mod launch;
mod offers;
mod other;
mod resume;
mod secrets;

use std::collections::VecDeque;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use telecast::cast::channel::client::{
    ChannelEnd, Client, ClientConfig, Command, Event, Input, Loss, MirroringApp, OfferFailure,
    Output, StartError, VolumeState,
};
use telecast::cast::channel::framing::{Framer, FramingError};
use telecast::cast::channel::message::CastMessage;
use telecast::cast::channel::messages::connection::CloseReason;
use telecast::cast::channel::messages::streaming::Refusal;
use telecast::cast::channel::namespace::{
    CONNECTION, DEVICE_AUTH, DISCOVERY, HEARTBEAT, RECEIVER, WEBRTC,
};
use telecast::cast::codec::VideoCodec;
use telecast::cast::error_code::ErrorCode;
use telecast::cast::offer::Offer;

use crate::support::vectors;

/// Our endpoint in these tests.
const US: &str = "sender-7";
const SECOND: Duration = Duration::from_secs(1);

/// The first OFFER of the vectors: Opus and VP8.
pub fn an_offer() -> Offer {
    static OFFER: LazyLock<Offer> =
        LazyLock::new(|| Offer::parse(&vectors("offers.json")["offers"][0]["offer"]).unwrap());
    OFFER.clone()
}

/// A device that does what the test says, and the client.
struct Device {
    client: Client,
    now: Instant,
    framer: Framer,
    sent: VecDeque<CastMessage>,
    events: VecDeque<Event>,
    pings: usize,
    /// The client's question which applications there are.
    asked: Value,
}

impl Device {
    fn new() -> Device {
        let now = Instant::now();
        let config = ClientConfig {
            sender_id: 7,
            user_agent: "Test".into(),
            version: "1".into(),
        };
        let mut device = Device {
            client: Client::new(config, now),
            now,
            framer: Framer::default(),
            sent: VecDeque::new(),
            events: VecDeque::new(),
            pings: 0,
            asked: Value::Null,
        };
        device.drain();
        let connect = device.expect("CONNECT");
        assert_eq!(connect["connType"], 0);
        device
    }

    fn drain(&mut self) {
        while let Some(output) = self.client.poll(self.now) {
            match output {
                Output::Transmit(bytes) => self.framer.push(&bytes),
                Output::Event(event) => self.events.push_back(event),
            }
            while let Some(message) = self.framer.next_message().unwrap() {
                if message.namespace == HEARTBEAT && message.as_text() == Some(r#"{"type":"PING"}"#)
                {
                    self.pings += 1;
                } else {
                    self.sent.push_back(message);
                }
            }
        }
    }

    fn command(&mut self, command: Command) {
        self.client.handle(self.now, Input::Command(command));
        self.drain();
    }

    fn mirror(&mut self, app: MirroringApp, leftover: Option<&str>) {
        self.command(Command::Mirror {
            app,
            offer: Box::new(an_offer()),
            leftover: leftover.map(str::to_owned),
            within: telecast::cast::channel::client::NEGOTIATION_LIMIT,
        });
        if self
            .sent
            .front()
            .is_some_and(|message| message.as_text().unwrap().contains("GET_APP_AVAILABILITY"))
        {
            self.asked = self.expect("GET_APP_AVAILABILITY");
        }
    }

    /// The next message that the client sent: its payload, which must be of this type.
    fn expect(&mut self, kind: &str) -> Value {
        let message = self
            .sent
            .pop_front()
            .unwrap_or_else(|| panic!("nothing sent instead of {kind}"));
        let payload: Value = serde_json::from_str(message.as_text().unwrap()).unwrap();
        assert_eq!(payload["type"], kind, "{payload}");
        payload
    }

    fn expect_to(&mut self, destination: &str, kind: &str) -> Value {
        assert_eq!(
            self.sent
                .front()
                .map(|message| message.destination.as_str()),
            Some(destination)
        );
        self.expect(kind)
    }

    fn expect_nothing(&mut self) {
        assert!(self.sent.is_empty(), "{:?}", self.sent);
        assert!(self.events.is_empty(), "{:?}", self.events);
    }

    fn event(&mut self) -> Event {
        self.events.pop_front().expect("an event")
    }

    fn say_from(&mut self, source: &str, destination: &str, namespace: &str, payload: &Value) {
        let message = CastMessage::text(source, destination, namespace, payload.to_string());
        let bytes = message.encode().unwrap();
        self.client.handle(self.now, Input::Received(&bytes));
        self.drain();
    }

    fn say(&mut self, payload: &Value) {
        self.say_from("receiver-0", US, RECEIVER, payload);
    }

    fn broadcast(&mut self, apps: &Value) {
        let status = status(0, apps);
        self.say_from("receiver-0", "*", RECEIVER, &status);
    }

    /// Lets time pass, stopping at each timeout of the client, with a sign of life each second if `alive`.
    fn wait_while(&mut self, time: Duration, alive: bool) {
        let end = self.now + time;
        while self.now < end {
            let next = self
                .client
                .next_timeout()
                .unwrap_or(end)
                .min(self.now + SECOND)
                .min(end);
            assert!(
                next > self.now || next == end,
                "a timeout that does not pass"
            );
            self.now = next;
            if alive {
                self.say_from(
                    "receiver-0",
                    "sender-0",
                    HEARTBEAT,
                    &json!({ "type": "PONG" }),
                );
            }
            self.drain();
        }
    }

    fn wait(&mut self, time: Duration) {
        self.wait_while(time, true);
    }

    /// Up to the running application, its OFFER sent but not answered.
    fn launched() -> Device {
        let mut device = Device::new();
        device.mirror(MirroringApp::AudioVideo, None);
        let request = device.expect("GET_STATUS")["requestId"].clone();
        device.say(&status(request, &json!([])));
        let launch = device.expect("LAUNCH");
        assert_eq!(launch["appId"], "0F5096E8");
        device.say(&status(launch["requestId"].clone(), &app("0F5096E8", "s1")));
        device.expect_to("s1", "CONNECT");
        assert!(matches!(device.event(), Event::Launched { session_id, .. } if session_id == "s1"));
        device
    }

    /// Up to the agreed streams.
    fn streaming() -> Device {
        let mut device = Device::launched();
        let seq = device.expect_to("s1", "OFFER")["seqNum"].clone();
        device.say_from("s1", US, WEBRTC, &answer(&seq));
        assert!(matches!(device.event(), Event::Negotiated(_)));
        device.expect_nothing();
        device
    }
}

fn app(app_id: &str, session: &str) -> Value {
    json!([{ "appId": app_id, "sessionId": session, "transportId": session, "displayName": app_id,
             "namespaces": [{ "name": WEBRTC }] }])
}

fn status(request: impl Into<Value>, apps: &Value) -> Value {
    json!({ "type": "RECEIVER_STATUS", "requestId": request.into(), "status": { "applications": apps } })
}

fn answer(seq: &Value) -> Value {
    json!({ "type": "ANSWER", "seqNum": seq, "result": "ok",
            "answer": { "udpPort": 2344, "sendIndexes": [0, 1], "ssrcs": [1112, 50112] } })
}
