// SPDX-License-Identifier: GPL-3.0-or-later
//! Virtual connections, heartbeat, authentication.

use super::*;

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
