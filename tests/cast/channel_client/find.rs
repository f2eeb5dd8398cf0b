// SPDX-License-Identifier: GPL-3.0-or-later
//! Looking for a session that an earlier connection has left.

use telecast::cast::channel::client::REQUEST_TIMEOUT;

use super::*;

/// A new connection on which `s1` is looked for, and what runs there.
fn looking(apps: &Value) -> Device {
    let mut device = Device::new();
    device.command(Command::Find {
        session_id: "s1".to_owned(),
    });
    let asked = device.expect("GET_STATUS")["requestId"].clone();
    device.expect_nothing();
    device.say(&status(asked, apps));
    device
}

#[test]
fn a_session_that_still_runs_is_found_and_told_nothing_until_it_is_stopped() {
    let mut device = looking(&app("0F5096E8", "s1"));
    assert_eq!(device.event(), Event::Found);
    device.command(Command::Offer(Box::new(an_offer())));
    let failed = Event::OfferFailed(OfferFailure::NotRunning);
    assert_eq!(device.event(), failed);
    device.wait(Duration::from_mins(1));
    device.expect_nothing();
    device.command(Command::Close);
    assert_eq!(device.expect("STOP")["sessionId"], "s1");
    device.expect_nothing();
    device.broadcast(&json!([]));
    assert_eq!(device.event(), Event::Stopped { vanished: true });
    device.expect_to("receiver-0", "CLOSE");
    assert_eq!(device.event(), Event::Ended(ChannelEnd::Closed));
    device.expect_nothing();
}

#[test]
fn what_runs_instead_is_nobodys_left_over() {
    let gone = Event::Lost(Loss::Gone { stand_by: false });
    assert_eq!(looking(&json!([])).event(), gone);
    for (id, session) in [("0F5096E8", "s7"), ("CC1AD845", "s1")] {
        let mut device = looking(&app(id, session));
        let Event::Lost(Loss::Replaced { app_id, .. }) = device.event() else {
            panic!("it is somebody else's");
        };
        assert_eq!(app_id, id);
        device.command(Command::Stop);
        assert_eq!(device.event(), Event::Stopped { vanished: false });
        device.expect_nothing();
    }
}

#[test]
fn one_that_was_found_and_ends_by_itself_is_told() {
    let mut device = looking(&app("85CDB22F", "s1"));
    assert_eq!(device.event(), Event::Found);
    device.broadcast(&json!([]));
    let gone = Event::Lost(Loss::Gone { stand_by: false });
    assert_eq!(device.event(), gone);
    device.expect_nothing();
}

#[test]
fn a_device_that_does_not_say_what_runs_is_given_up() {
    let mut device = Device::new();
    let session_id = "s1".to_owned();
    device.command(Command::Find { session_id });
    device.expect("GET_STATUS");
    device.wait(REQUEST_TIMEOUT);
    assert_eq!(device.event(), Event::StartFailed(StartError::Timeout));
    device.expect_nothing();
}
