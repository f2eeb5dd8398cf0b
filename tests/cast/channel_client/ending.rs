// SPDX-License-Identifier: GPL-3.0-or-later
//! Losing and stopping the application, heartbeat, the end of the connection.

use super::*;

#[test]
fn each_way_of_losing_the_application_is_told_apart() {
    let closed = |device: &mut Device| {
        device.say_from(
            "s1",
            US,
            CONNECTION,
            &json!({ "type": "CLOSE", "reasonCode": 5 }),
        );
        device.expect("GET_STATUS");
        device.expect_nothing();
    };
    let mut device = Device::streaming();
    device.broadcast(&app("CC1AD845", "s2"));
    let replaced = Loss::Replaced {
        app_id: "CC1AD845".into(),
        display_name: "CC1AD845".into(),
    };
    assert_eq!(device.event(), Event::Lost(replaced.clone()));

    let mut device = Device::streaming();
    closed(&mut device);
    device.broadcast(&app("CC1AD845", "s2"));
    assert_eq!(device.event(), Event::Lost(replaced));

    let mut device = Device::streaming();
    let mut idle = app("E8C28D3C", "idle");
    idle[0]["isIdleScreen"] = json!(true);
    device.broadcast(&idle);
    assert_eq!(device.event(), Event::Lost(Loss::Gone { stand_by: false }));

    let mut device = Device::streaming();
    let mut asleep = status(0, &json!([]));
    asleep["status"]["isStandBy"] = json!(true);
    device.say_from("receiver-0", "*", RECEIVER, &asleep);
    assert_eq!(device.event(), Event::Lost(Loss::Gone { stand_by: true }));

    let mut device = Device::streaming();
    closed(&mut device);
    device.broadcast(&app("0F5096E8", "s1"));
    device.wait(SECOND);
    assert_eq!(
        device.event(),
        Event::Lost(Loss::Closed(CloseReason::ClosedBySelf))
    );
    // The connection is still good for another try.
    device.mirror(MirroringApp::AudioVideo, None);
    device.expect("GET_STATUS");
}

#[test]
fn stopping_waits_for_the_application_to_vanish_but_not_longer_than_three_seconds() {
    for (vanishes, close) in [(true, false), (true, true), (false, true)] {
        let mut device = Device::streaming();
        device.command(if close { Command::Close } else { Command::Stop });
        assert_eq!(device.expect("STOP")["sessionId"], "s1");
        device.wait(Duration::from_millis(2_900));
        device.expect_nothing();
        if vanishes {
            device.broadcast(&json!([]));
        } else {
            device.wait(Duration::from_millis(100));
        }
        device.expect_to("s1", "CLOSE");
        let vanished = vanishes;
        assert_eq!(device.event(), Event::Stopped { vanished });
        if close {
            device.expect_to("receiver-0", "CLOSE");
            assert_eq!(device.event(), Event::Ended(ChannelEnd::Closed));
            assert_eq!(device.client.next_timeout(), None);
        }
        device.expect_nothing();
    }
}

#[test]
fn a_stop_without_an_application_is_done_at_once() {
    let mut device = Device::new();
    device.command(Command::Stop);
    assert_eq!(device.event(), Event::Stopped { vanished: false });
    device.command(Command::Close);
    assert_eq!(device.event(), Event::Stopped { vanished: false });
    device.expect("CLOSE");
    assert_eq!(device.event(), Event::Ended(ChannelEnd::Closed));
}

#[test]
fn a_silent_device_is_given_up_after_fifteen_seconds() {
    let mut device = Device::streaming();
    device.wait_while(Duration::from_millis(14_999), false);
    assert!(device.events.is_empty());
    device.wait_while(Duration::from_millis(1), false);
    assert_eq!(
        device.event(),
        Event::Ended(ChannelEnd::Silent(15 * SECOND))
    );
    device.mirror(MirroringApp::AudioVideo, None);
    device.expect_nothing();
}

#[test]
fn garbage_a_closed_connection_and_a_refused_one_end_the_channel() {
    let mut device = Device::streaming();
    device
        .client
        .handle(device.now, Input::Received(&[0, 1, 0, 1]));
    device.drain();
    assert_eq!(
        device.event(),
        Event::Ended(ChannelEnd::Garbage(FramingError::TooLong(65_537)))
    );

    let mut device = Device::streaming();
    device.command(Command::Stop);
    device.expect("STOP");
    device.client.handle(device.now, Input::Closed);
    device.drain();
    assert_eq!(device.event(), Event::Stopped { vanished: false });
    assert_eq!(device.event(), Event::Ended(ChannelEnd::ClosedByPeer));

    let mut device = Device::new();
    device.say_from("receiver-0", US, CONNECTION, &json!({ "type": "CLOSE" }));
    assert_eq!(
        device.event(),
        Event::Ended(ChannelEnd::Refused(CloseReason::ClosedByPeer))
    );
}
