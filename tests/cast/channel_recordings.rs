// SPDX-License-Identifier: GPL-3.0-or-later
//! The control messages of the recorded sessions, replayed: every one is understood, our receiver answers the recorded
//! senders as Open Screen's did, our sender gets to agreed streams with the recorded receiver's answers.

use std::num::NonZeroU16;
use std::time::{Duration, Instant};

use prost::Message;
use serde_json::{Value, json};
use telecast::cast::answer::Answer;
use telecast::cast::channel::client::{
    Client, ClientConfig, Command, Event, Input, MirroringApp, Output,
};
use telecast::cast::channel::framing::Framer;
use telecast::cast::channel::message::{CastMessage, Payload};
use telecast::cast::channel::messages::connection::ConnectionMessage;
use telecast::cast::channel::messages::heartbeat::Heartbeat;
use telecast::cast::channel::messages::platform::{
    PlatformAction, PlatformBody, PlatformReply, PlatformRequest,
};
use telecast::cast::channel::messages::streaming::{
    ReceiverBody, ReceiverMessage, SenderBody, SenderMessage,
};
use telecast::cast::channel::namespace::{CONNECTION, DEVICE_AUTH, HEARTBEAT, RECEIVER, WEBRTC};
use telecast::cast::channel::platform::{self, ConnectionId, Platform, PlatformConfig};
use telecast::cast::channel::proto::auth::DeviceAuthMessage;
use telecast::cast::codec::{AudioCodec, VideoCodec};
use telecast::cast::offer::{Abilities, Offer};

use crate::channel_platform::a_config;
use crate::recording::SESSIONS;
use crate::support::{bytes, data_path};

/// One recorded message.
struct Recorded {
    from_sender: bool,
    message: CastMessage,
}

impl Recorded {
    fn text(&self) -> &str {
        self.message.as_text().unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_str(self.text()).unwrap()
    }

    fn is(&self, namespace: &str, kind: &str) -> bool {
        self.message.namespace == namespace && self.json()["type"] == kind
    }
}

fn load(session: &str) -> Vec<Recorded> {
    let text =
        std::fs::read_to_string(data_path(&format!("sessions/{session}/messages.jsonl"))).unwrap();
    let read = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        let field = |name: &str| line[name].as_str().unwrap().to_owned();
        let payload = match line["payload"].as_str() {
            Some(text) => Payload::Text(text.to_owned()),
            None => Payload::Binary(bytes(&line, "payload_hex")),
        };
        Recorded {
            from_sender: line["direction"] == "sender->receiver",
            message: CastMessage {
                source: field("source"),
                destination: field("destination"),
                namespace: field("namespace"),
                payload,
            },
        }
    };
    text.lines().map(read).collect()
}

#[test]
fn every_recorded_message_is_understood() {
    for session in SESSIONS {
        let messages = load(session);
        assert!(messages.len() > 10, "{session}");
        for recorded in messages {
            let message = &recorded.message;
            assert_eq!(
                CastMessage::decode(&message.encode().unwrap()[4..]).as_ref(),
                Ok(message)
            );
            if message.namespace == DEVICE_AUTH {
                let Payload::Binary(payload) = &message.payload else {
                    panic!()
                };
                let auth = DeviceAuthMessage::decode(&**payload).unwrap();
                assert_eq!(auth.challenge.is_some(), recorded.from_sender);
                assert_eq!(auth.response.is_some(), !recorded.from_sender);
                continue;
            }
            let text = recorded.text();
            let understood = match (message.namespace.as_str(), recorded.from_sender) {
                (HEARTBEAT, _) => Heartbeat::parse(text).is_some(),
                (CONNECTION, _) => ConnectionMessage::parse(text).is_some(),
                (RECEIVER, true) => PlatformRequest::parse(text)
                    .is_some_and(|request| request.action != PlatformAction::Unknown),
                (RECEIVER, false) => PlatformReply::parse(text)
                    .is_some_and(|reply| reply.body != PlatformBody::Other),
                (WEBRTC, true) => SenderMessage::parse(text).is_some_and(|message| {
                    matches!(
                        message.body,
                        SenderBody::Offer(Ok(_)) | SenderBody::GetCapabilities
                    )
                }),
                (WEBRTC, false) => ReceiverMessage::parse(text).is_some_and(|message| {
                    matches!(
                        message.body,
                        ReceiverBody::Answer(Ok(_)) | ReceiverBody::Capabilities(Ok(_))
                    )
                }),
                other => panic!("{session}: {other:?}"),
            };
            assert!(understood, "{session}: {text}");
        }
    }
}

/// All that `reference` says is said by `ours` too; we may say more.
fn says_as_much(ours: &Value, reference: &Value) -> bool {
    match (ours, reference) {
        (Value::Object(ours), Value::Object(reference)) => reference
            .iter()
            .all(|(key, value)| ours.get(key).is_some_and(|ours| says_as_much(ours, value))),
        (Value::Array(ours), Value::Array(reference)) => {
            ours.len() == reference.len()
                && ours.iter().zip(reference).all(|(a, b)| says_as_much(a, b))
        }
        (ours, reference) => ours == reference,
    }
}

#[test]
fn our_receiver_answers_the_recorded_senders_as_the_recorded_receiver_did() {
    const WIRE: ConnectionId = ConnectionId(5);
    for session in SESSIONS {
        let now = Instant::now();
        let mut platform = Platform::new(PlatformConfig {
            // As the recorded receiver: what comes first in the OFFER.
            abilities: Abilities {
                video: vec![VideoCodec::Vp9, VideoCodec::Av1, VideoCodec::Vp8],
                audio: vec![AudioCodec::Opus],
            },
            // So that the session has the recorded id, and the recorded messages fit.
            session_prefix: "streaming_receiver".into(),
            ..a_config()
        });
        platform.handle(now, platform::Input::Opened(WIRE));
        let recorded_id = "streaming_receiver-10000";
        let our_id = "streaming_receiver-1";
        let (mut ours, mut offered) = (Vec::new(), 0);
        let messages = load(session);
        for recorded in messages.iter().filter(|recorded| recorded.from_sender) {
            let mut message = recorded.message.clone();
            message.destination = message.destination.replace(recorded_id, our_id);
            if let Payload::Text(text) = &mut message.payload {
                *text = text.replace(recorded_id, our_id);
            }
            platform.handle(now, platform::Input::Message(WIRE, message));
            while let Some(output) = platform.poll(now) {
                match output {
                    platform::Output::Send(WIRE, message) => ours.push(message),
                    platform::Output::Event(platform::Event::Offered(offer)) => {
                        let answer = Answer::to(&offer.selection, NonZeroU16::new(2344).unwrap());
                        let answer = platform::Command::Answer(offer.id, Ok(Box::new(answer)));
                        platform.handle(now, platform::Input::Command(answer));
                        offered += 1;
                    }
                    platform::Output::Event(_) => {}
                    other => panic!("{other:?}"),
                }
            }
        }
        assert_eq!(offered, 1, "{session}");
        // We authenticate nothing here, answer STOP directly too, close the stopped application's connections as devices
        // do, and do not remote; all else is compared.
        let is_compared = |message: &CastMessage| {
            let Some(text) = message.as_text() else {
                return false;
            };
            let payload: Value = serde_json::from_str(text).unwrap();
            payload["type"] != "CAPABILITIES_RESPONSE"
                && payload["type"] != "CLOSE"
                && payload["requestId"] != 8
        };
        let recorded = messages
            .iter()
            .filter(|recorded| !recorded.from_sender)
            .map(|recorded| &recorded.message);
        let recorded: Vec<&CastMessage> = recorded.filter(|message| is_compared(message)).collect();
        ours.retain(is_compared);
        assert_eq!(ours.len(), recorded.len(), "{session}");
        for (ours, recorded) in ours.iter().zip(recorded) {
            assert_eq!(ours.namespace, recorded.namespace);
            assert_eq!(ours.destination, recorded.destination);
            assert_eq!(ours.source, recorded.source.replace(recorded_id, our_id));
            let mut reference: Value =
                serde_json::from_str(&recorded.as_text().unwrap().replace(recorded_id, our_id))
                    .unwrap();
            let ours: Value = serde_json::from_str(ours.as_text().unwrap()).unwrap();
            if let Some(namespaces) = reference.pointer_mut("/status/applications/0/namespaces") {
                // Without remoting.
                *namespaces = json!([{ "name": WEBRTC }]);
            }
            if let Some(log) = reference.pointer_mut("/answer/receiverRtcpEventLog") {
                // The reference forgets the video stream, although it sends that log as well.
                *log = json!([0, 1]);
            }
            assert!(
                says_as_much(&ours, &reference),
                "{session}: {ours} does not say all of {reference}"
            );
        }
    }
}

/// Our sender with the messages of a recorded receiver.
struct Replay {
    client: Client,
    now: Instant,
    framer: Framer,
    /// Request id or `seqNum` of our last message of each type.
    numbers: std::collections::HashMap<String, Value>,
    events: Vec<Event>,
}

impl Replay {
    fn drain(&mut self) {
        while let Some(output) = self.client.poll(self.now) {
            match output {
                Output::Transmit(bytes) => self.framer.push(&bytes),
                Output::Event(event) => self.events.push(event),
            }
        }
        while let Some(message) = self.framer.next_message().unwrap() {
            let payload: Value = serde_json::from_str(message.as_text().unwrap()).unwrap();
            let number = payload.get("requestId").or(payload.get("seqNum"));
            if let Some(number) = number {
                self.numbers
                    .insert(payload["type"].as_str().unwrap().to_owned(), number.clone());
            }
        }
    }

    fn command(&mut self, command: Command) {
        self.client.handle(self.now, Input::Command(command));
        self.drain();
    }
}

#[test]
fn our_sender_gets_to_agreed_streams_with_the_recorded_receivers_answers() {
    for session in SESSIONS {
        let messages = load(session);
        let spoken: Vec<&Recorded> = messages
            .iter()
            .filter(|recorded| recorded.message.namespace != DEVICE_AUTH)
            .collect();
        let find = |kind: &str| {
            spoken
                .iter()
                .find(|recorded| recorded.is(WEBRTC, kind))
                .unwrap()
                .json()
        };
        let offer = Offer::parse(&find("OFFER")["offer"]).unwrap();
        let number_of = |kind: &str| {
            let request = spoken.iter().find(|recorded| recorded.is(RECEIVER, kind));
            request.map(|request| request.json()["requestId"].clone())
        };
        let now = Instant::now();
        let config = ClientConfig {
            sender_id: 948_565,
            user_agent: "Test".into(),
            version: "1".into(),
        };
        let mut replay = Replay {
            client: Client::new(config, now),
            now,
            framer: Framer::default(),
            numbers: std::collections::HashMap::new(),
            events: Vec::new(),
        };
        replay.drain();
        replay.command(Command::Mirror {
            app: MirroringApp::AudioVideo,
            offer: Box::new(offer),
            leftover: None,
            within: telecast::cast::channel::client::NEGOTIATION_LIMIT,
        });
        if number_of("GET_STATUS").is_none() {
            // Open Screen's sender does not ask, so its receiver does not tell.
            replay.now += Duration::from_secs(5);
            replay.drain();
        }
        for recorded in spoken.iter().filter(|recorded| !recorded.from_sender) {
            let mut payload = recorded.json();
            for kind in ["GET_STATUS", "LAUNCH"] {
                for key in ["requestId", "launchRequestId"] {
                    if payload.get(key).is_some() && payload.get(key) == number_of(kind).as_ref() {
                        payload[key] = replay.numbers[kind].clone();
                    }
                }
            }
            if recorded.is(WEBRTC, "CAPABILITIES_RESPONSE") {
                replay.command(Command::GetCapabilities);
                payload["seqNum"] = replay.numbers["GET_CAPABILITIES"].clone();
            }
            let mut message = recorded.message.clone();
            if message.destination != "*" {
                message.destination = "sender-948565".into();
            }
            message.payload = Payload::Text(payload.to_string());
            let bytes = message.encode().unwrap();
            replay.client.handle(replay.now, Input::Received(&bytes));
            replay.drain();
        }
        let negotiated = replay.events.iter().find_map(|event| match event {
            Event::Negotiated(negotiated) => Some(negotiated),
            _ => None,
        });
        let agreement = &negotiated
            .unwrap_or_else(|| panic!("{session}: {:?}", replay.events))
            .agreement;
        let answer = &find("ANSWER")["answer"];
        assert_eq!(
            json!(agreement.audio.as_ref().unwrap().receiver_ssrc.0),
            answer["ssrcs"][0]
        );
        assert_eq!(
            json!(agreement.video.as_ref().unwrap().receiver_ssrc.0),
            answer["ssrcs"][1]
        );
        let codec = agreement.video.as_ref().unwrap().codec;
        assert!(
            session.ends_with(codec.name())
                || (session, codec) == ("chromium-156", VideoCodec::Vp9)
        );
        let lost = replay
            .events
            .iter()
            .any(|event| matches!(event, Event::Lost(_)));
        assert_eq!(
            lost,
            number_of("STOP") == Some(json!(8)),
            "Chromium's session ends with the application gone"
        );
    }
}
