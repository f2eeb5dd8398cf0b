// SPDX-License-Identifier: GPL-3.0-or-later
//! Going on with an application after its connection was lost.

use telecast::cast::channel::client::NEGOTIATION_LIMIT;

use super::*;

/// A new connection on which `s1` is to go on, at the moment at which the device is asked what runs.
fn resuming(join: bool) -> (Device, Value) {
    let mut device = Device::new();
    device.command(Command::Resume {
        app: MirroringApp::AudioVideo,
        offer: Box::new(an_offer()),
        session_id: "s1".to_owned(),
        join,
        within: NEGOTIATION_LIMIT,
    });
    device.expect("GET_APP_AVAILABILITY");
    let asked = device.expect("GET_STATUS");
    (device, asked)
}

fn runs(device: &mut Device, asked: &Value, apps: &Value) {
    device.say(&status(asked["requestId"].clone(), apps));
}

#[test]
fn an_application_that_still_runs_is_joined_without_a_launch() {
    let (mut device, asked) = resuming(true);
    runs(&mut device, &asked, &app("0F5096E8", "s1"));
    device.expect_to("s1", "CONNECT");
    device.expect_to("s1", "OFFER");
    assert!(matches!(device.event(), Event::Launched { session_id, .. } if session_id == "s1"));
    device.expect_nothing();
}

#[test]
fn one_that_is_in_no_order_is_stopped_and_launched_anew() {
    let (mut device, asked) = resuming(false);
    runs(&mut device, &asked, &app("0F5096E8", "s1"));
    assert_eq!(device.expect("STOP")["sessionId"], "s1");
    device.broadcast(&json!([]));
    device.expect("LAUNCH");
    device.broadcast(&app("0F5096E8", "s2"));
    device.expect_to("s2", "CONNECT");
    device.expect_to("s2", "OFFER");
}

#[test]
fn where_nothing_runs_any_more_it_is_launched() {
    let mut idle = app("E8C28D3C", "idle");
    idle[0]["isIdleScreen"] = json!(true);
    for apps in [json!([]), idle] {
        let (mut device, asked) = resuming(true);
        runs(&mut device, &asked, &apps);
        device.expect("LAUNCH");
        device.broadcast(&app("0F5096E8", "s2"));
        device.expect_to("s2", "CONNECT");
        device.expect_to("s2", "OFFER");
    }
}

#[test]
fn what_others_have_started_is_left_alone() {
    // Another application, and the same one in the hands of another sender.
    for (id, session) in [("CC1AD845", "s2"), ("0F5096E8", "s7")] {
        let (mut device, asked) = resuming(true);
        runs(&mut device, &asked, &app(id, session));
        let Event::Lost(Loss::Replaced { app_id, .. }) = device.event() else {
            panic!("it is somebody else's");
        };
        assert_eq!(app_id, id);
        device.wait(Duration::from_secs(4));
        device.expect_nothing();
    }
}

#[test]
fn a_device_that_does_not_say_what_runs_is_not_made_to_launch() {
    let (mut device, _) = resuming(true);
    device.wait(Duration::from_secs(5));
    assert_eq!(device.event(), Event::StartFailed(StartError::Timeout));
    assert!(device.sent.iter().all(|message| {
        let text = message.as_text().unwrap();
        !text.contains("LAUNCH") && !text.contains("STOP")
    }));
}

#[test]
fn a_sign_of_life_can_be_provoked_at_any_time() {
    let mut device = Device::streaming();
    let before = device.pings;
    device.command(Command::Ping);
    assert_eq!(device.pings, before + 1);
    // The next one is due as long afterwards as ever.
    device.wait(Duration::from_millis(4_900));
    assert_eq!(device.pings, before + 1);
    device.wait(Duration::from_millis(200));
    assert_eq!(device.pings, before + 2);
}
