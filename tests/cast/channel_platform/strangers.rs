// SPDX-License-Identifier: GPL-3.0-or-later
//! What somebody may do whom the viewer has not permitted to launch.

use telecast::cast::channel::platform::Standing;

use super::*;

/// A was permitted to launch, and streams; where.
fn permitted() -> (Senders, String) {
    let mut senders = Senders::with(PlatformConfig {
        ask_before_launch: true,
        ..a_config()
    });
    let launch = json!({ "type": "LAUNCH", "requestId": 3, "appId": "0F5096E8" });
    senders.ask(A, &launch);
    let Event::LaunchRequested { launch, .. } = senders.event() else {
        panic!()
    };
    senders.input(Input::Command(Command::Permit(launch, true)));
    let transport = senders.platform.status().applications[0]
        .transport_id
        .clone();
    senders.connect(A, &transport);
    senders.sent.clear();
    senders.events.clear();
    senders.offer(A, &transport, 1);
    let offered = senders.offered();
    senders.take(&offered);
    senders.expect(A, "sender-1", "ANSWER");
    senders.expect_nothing();
    (senders, transport)
}

fn is_not_allowed(senders: &mut Senders, connection: ConnectionId) {
    let refused = senders.expect(connection, "sender-1", "INVALID_REQUEST");
    assert_eq!(refused["reason"], "NOT_ALLOWED");
    senders.expect_nothing();
}

fn set_volume() -> Value {
    json!({ "type": "SET_VOLUME", "requestId": 5, "volume": { "level": 0.25 } })
}

#[test]
fn a_stranger_is_told_what_runs_and_can_do_nothing_about_it() {
    let (mut senders, transport) = permitted();
    senders.ask(B, &json!({ "type": "GET_STATUS", "requestId": 4 }));
    let status = senders.expect(B, "sender-1", "RECEIVER_STATUS");
    let session = status["status"]["applications"][0]["sessionId"].clone();
    assert_eq!(session, transport);

    for session in [Value::Null, session] {
        senders.ask(
            B,
            &json!({ "type": "STOP", "requestId": 5, "sessionId": session }),
        );
        is_not_allowed(&mut senders, B);
    }
    senders.ask(B, &set_volume());
    is_not_allowed(&mut senders, B);
    // Nor to somebody who says that to everybody.
    senders.say_to(B, "*", RECEIVER, &json!({ "type": "STOP", "requestId": 6 }));
    is_not_allowed(&mut senders, B);

    senders.connect(B, &transport);
    senders.expect(B, "sender-1", "CLOSE");
    senders.offer(B, &transport, 1);
    senders.expect_nothing();
    senders.input(Input::Closed(B));
    senders.expect_nothing();
    assert_eq!(senders.platform.status().applications.len(), 1);
}

#[test]
fn who_was_permitted_may_do_everything_until_what_runs_is_stopped() {
    let (mut senders, _) = permitted();
    senders.ask(A, &set_volume());
    assert_eq!(senders.expect_broadcast()["volume"]["level"], 0.25);
    senders.expect(A, "sender-1", "RECEIVER_STATUS");
    assert!(matches!(senders.event(), Event::Volume { .. }));

    senders.ask(A, &json!({ "type": "STOP", "requestId": 5 }));
    assert!(matches!(senders.event(), Event::Stopped { .. }));
    senders.sent.clear();
    senders.ask(A, &set_volume());
    is_not_allowed(&mut senders, A);
}

#[test]
fn who_is_known_or_comes_back_as_a_guest_may_take_over_and_stop() {
    for standing in [Standing::Guest, Standing::Known] {
        let (mut senders, transport) = permitted();
        senders.input(Input::Command(Command::Admit(B, standing)));
        senders.connect(B, &transport);
        senders.offer(B, &transport, 1);
        let offered = senders.offered();
        senders.take(&offered);
        senders.expect(B, "sender-1", "ANSWER");
        senders.expect(A, "sender-1", "CLOSE");
        senders.ask(B, &json!({ "type": "STOP", "requestId": 5 }));
        assert!(matches!(senders.event(), Event::Stopped { .. }));
        senders.sent.clear();
        senders.ask(B, &set_volume());
        if standing == Standing::Guest {
            is_not_allowed(&mut senders, B);
        } else {
            senders.expect_broadcast();
        }
    }
}
