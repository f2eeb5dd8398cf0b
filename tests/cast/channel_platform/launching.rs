// SPDX-License-Identifier: GPL-3.0-or-later
//! Requests to the platform: launching, stopping, the volume.

use super::*;

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
fn the_viewer_hears_what_the_sender_calls_itself_and_that_it_no_longer_wants_to() {
    let mut senders = Senders::with(PlatformConfig {
        ask_before_launch: true,
        ..a_config()
    });
    let request = json!({ "type": "LAUNCH", "requestId": 3, "appId": "0F5096E8" });
    for (user_agent, kept) in [
        (json!("Telecast/1"), Some("Telecast/1".to_owned())),
        // What is no name does not take the earlier one away.
        (json!(""), Some("Telecast/1".to_owned())),
        (json!(7), Some("Telecast/1".to_owned())),
        (json!("é".repeat(5000)), Some("é".repeat(256))),
    ] {
        senders.say_to(
            A,
            "receiver-0",
            CONNECTION,
            &json!({ "type": "CONNECT", "userAgent": user_agent }),
        );
        senders.ask(A, &request);
        senders.expect(A, "sender-1", "LAUNCH_STATUS");
        let Event::LaunchRequested {
            launch,
            user_agent: heard,
            ..
        } = senders.event()
        else {
            panic!()
        };
        assert_eq!(heard, kept);
        senders.say_to(A, "receiver-0", CONNECTION, &json!({ "type": "CLOSE" }));
        assert_eq!(senders.event(), Event::LaunchWithdrawn(launch));
        senders.expect_nothing();
    }
}
