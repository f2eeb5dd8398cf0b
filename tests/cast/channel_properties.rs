// SPDX-License-Identifier: GPL-3.0-or-later
//! Neither side of the control channel can be brought out of step by whatever messages come in whatever order.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use serde_json::json;
use telecast::cast::channel::client::{self, Client, ClientConfig, MirroringApp};
use telecast::cast::channel::message::CastMessage;
use telecast::cast::channel::namespace::{
    CONNECTION, DISCOVERY, HEARTBEAT, RECEIVER, SETUP, WEBRTC,
};
use telecast::cast::channel::platform::{
    Command, ConnectionId, Event, Input, Output, Platform, PlatformConfig,
};

use crate::channel_client::an_offer;
use crate::channel_parsers::any_message;
use crate::channel_platform::a_config;

/// What may happen to a receiver.
#[derive(Debug, Clone)]
enum Happening {
    Open(u64),
    Close(u64),
    Say(u64, &'static str, &'static str, &'static str, String),
    Wait(u64),
    Stop,
}

fn namespaces() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        CONNECTION, HEARTBEAT, RECEIVER, WEBRTC, DISCOVERY, SETUP, "other",
    ])
}

/// Messages that mean something, so that states are reached that random ones never reach.
fn sensible() -> impl Strategy<Value = (&'static str, &'static str, String)> {
    let session = "run-1";
    let offer = json!({ "type": "OFFER", "seqNum": 4, "offer": an_offer().to_json() });
    let apps = ["0F5096E8", "85CDB22F"];
    let launch = |app| json!({ "type": "LAUNCH", "requestId": 2, "appId": app });
    prop::sample::select(vec![
        (
            CONNECTION,
            "receiver-0",
            json!({ "type": "CONNECT" }).to_string(),
        ),
        (
            CONNECTION,
            session,
            json!({ "type": "CONNECT" }).to_string(),
        ),
        (CONNECTION, session, json!({ "type": "CLOSE" }).to_string()),
        (RECEIVER, "receiver-0", launch(apps[0]).to_string()),
        (RECEIVER, "receiver-0", launch(apps[1]).to_string()),
        (
            RECEIVER,
            "receiver-0",
            json!({ "type": "STOP", "requestId": 3 }).to_string(),
        ),
        (WEBRTC, session, offer.to_string()),
    ])
}

fn happening() -> impl Strategy<Value = Happening> {
    let sender = || prop::sample::select(vec!["sender-0", "sender-1", "*"]);
    let endpoint = prop::sample::select(vec!["receiver-0", "run-1", "*", ""]);
    prop_oneof![
        2 => (0..4_u64).prop_map(Happening::Open),
        1 => (0..4_u64).prop_map(Happening::Close),
        8 => (0..4_u64, sender(), sensible())
            .prop_map(|(wire, from, (namespace, to, text))| Happening::Say(wire, from, to, namespace, text)),
        4 => (0..4_u64, sender(), endpoint, namespaces(), any_message())
            .prop_map(|(wire, from, to, namespace, text)| Happening::Say(wire, from, to, namespace, text)),
        1 => (0..30_u64).prop_map(Happening::Wait),
        1 => Just(Happening::Stop),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]

    #[test]
    fn the_receiver_keeps_its_promises(happenings in prop::collection::vec(happening(), 0..60), ask in any::<bool>()) {
        let mut platform = Platform::new(PlatformConfig { ask_before_launch: ask, ..a_config() });
        let mut now = Instant::now();
        let mut open = BTreeSet::new();
        let (mut running, mut waiting) = (None, BTreeSet::new());
        for happening in happenings {
            match happening {
                Happening::Open(wire) => {
                    if open.insert(ConnectionId(wire)) {
                        platform.handle(now, Input::Opened(ConnectionId(wire)));
                    }
                }
                Happening::Close(wire) => {
                    open.remove(&ConnectionId(wire));
                    platform.handle(now, Input::Closed(ConnectionId(wire)));
                }
                Happening::Say(wire, from, to, namespace, text) => {
                    let message = CastMessage::text(from, to, namespace, text);
                    platform.handle(now, Input::Message(ConnectionId(wire), message));
                }
                Happening::Wait(seconds) => now += Duration::from_secs(seconds),
                Happening::Stop => platform.handle(now, Input::Command(Command::Stop)),
            }
            while let Some(output) = platform.poll(now) {
                match output {
                    Output::Send(wire, message) => {
                        prop_assert!(open.contains(&wire), "a message to a closed connection");
                        prop_assert!(message.encode().is_ok());
                    }
                    Output::Disconnect(wire) => {
                        open.remove(&wire);
                    }
                    Output::Event(Event::Launched { session_id, .. }) => {
                        prop_assert_eq!(running.replace(session_id), None, "one application at a time");
                    }
                    Output::Event(Event::Stopped { session_id, .. }) => {
                        prop_assert_eq!(running.take(), Some(session_id));
                        prop_assert!(waiting.is_empty(), "no OFFER outlives its application");
                    }
                    Output::Event(Event::Offered(offered)) => {
                        prop_assert!(waiting.insert(offered.id));
                        prop_assert_eq!(waiting.len(), 1, "one OFFER at a time");
                    }
                    Output::Event(Event::OfferWithdrawn(id)) => prop_assert!(waiting.remove(&id)),
                    Output::Event(Event::LaunchRequested { launch, .. }) => {
                        platform.handle(now, Input::Command(Command::Permit(launch, true)));
                    }
                    Output::Event(_) => {}
                }
            }
            prop_assert_eq!(platform.status().applications.len(), usize::from(running.is_some()));
            prop_assert!(open.is_empty() || platform.next_timeout().is_some_and(|at| at > now));
        }
    }

    #[test]
    fn the_sender_always_comes_to_an_end(
        messages in prop::collection::vec((namespaces(), prop::sample::select(vec!["receiver-0", "s", "*"]), any_message(), 0..2000_u64), 0..40),
    ) {
        let start = Instant::now();
        let config = ClientConfig { sender_id: 7, user_agent: "Test".into(), version: "1".into() };
        let mut client = Client::new(config, start);
        let mirror = client::Command::Mirror { app: MirroringApp::AudioOnly, offer: Box::new(an_offer()), leftover: Some("s".into()), within: client::NEGOTIATION_LIMIT };
        client.handle(start, client::Input::Command(mirror));
        let mut now = start;
        let drain = |client: &mut Client, now: Instant| {
            let mut ended = false;
            while let Some(output) = client.poll(now) {
                ended |= matches!(output, client::Output::Event(client::Event::Ended(_)));
            }
            ended
        };
        let mut ended = false;
        for (namespace, from, text, pause) in messages {
            now += Duration::from_millis(pause);
            ended |= drain(&mut client, now);
            let bytes = CastMessage::text(from, "sender-7", namespace, text).encode().unwrap();
            client.handle(now, client::Input::Received(&bytes));
            ended |= drain(&mut client, now);
        }
        client.handle(now, client::Input::Command(client::Command::Close));
        ended |= drain(&mut client, now);
        let mut steps = 0;
        while let Some(at) = client.next_timeout() {
            prop_assert!(at > now || steps == 0, "a timeout that does not pass");
            now = at;
            ended |= drain(&mut client, now);
            steps += 1;
            prop_assert!(steps < 20, "3 s to vanish, or 15 s of silence");
        }
        prop_assert!(ended);
    }
}
