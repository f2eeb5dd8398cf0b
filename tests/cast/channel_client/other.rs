// SPDX-License-Identifier: GPL-3.0-or-later
//! The volume, and what is ignored.

use super::*;

#[test]
fn wishes_for_the_volume_go_one_by_one_and_the_newest_waits() {
    let mut device = Device::new();
    for level in [0.1, 0.2, 7.0] {
        device.command(Command::SetLevel(level));
    }
    device.command(Command::SetMuted(true));
    let first = device.expect("SET_VOLUME");
    assert_eq!(first["volume"], json!({ "level": 0.1 }));
    device.expect_nothing();
    let report = |request: &Value, level: f64, muted: bool| {
        json!({ "type": "RECEIVER_STATUS", "requestId": request,
                "status": { "volume": { "level": level, "muted": muted, "controlType": "master" } } })
    };
    device.say(&report(&first["requestId"], 0.1, false));
    assert_eq!(
        device.event(),
        Event::Volume(VolumeState {
            level: 0.1,
            muted: false,
            adjustable: true
        })
    );
    let second = device.expect("SET_VOLUME");
    assert_eq!(second["volume"], json!({ "level": 1.0 }));
    device.say(&json!({ "type": "INVALID_REQUEST", "requestId": second["requestId"], "reason": "INVALID_COMMAND" }));
    assert_eq!(device.event(), Event::VolumeRefused);
    let third = device.expect("SET_VOLUME");
    assert_eq!(third["volume"], json!({ "muted": true }));
    device.wait(5 * SECOND);
    assert_eq!(device.event(), Event::VolumeRefused);
    // A status that says nothing new is no news.
    device.say(&report(&json!(0), 0.1, false));
    device.expect_nothing();
}

#[test]
fn messages_of_other_families_to_other_endpoints_and_strange_ones_are_ignored() {
    let mut device = Device::streaming();
    let gone = status(0, &json!([]));
    device.say_from("receiver-0", "sender-8", RECEIVER, &gone);
    device.say_from("someone", US, RECEIVER, &gone);
    device.say_from(
        "receiver-0",
        US,
        "urn:x-cast:com.google.cast.multizone",
        &json!({ "type": "MULTIZONE_STATUS", "status": { "devices": [] } }),
    );
    device.say_from("receiver-0", US, "urn:x-cast:other", &gone);
    device.say(&json!({ "type": "RECEIVER_STATUS", "requestId": 0 }));
    assert_eq!(device.client.unreadable(), 0);
    device.say(&json!([1, 2]));
    assert_eq!(device.client.unreadable(), 1, "ignored, but noticed");
    device.say_from(
        "receiver-0",
        US,
        CONNECTION,
        &json!({ "type": "CONNECTED", "protocolVersion": 3 }),
    );
    device.expect_nothing();
}

#[test]
fn what_a_device_says_of_itself_late_is_passed_on_and_text_is_an_empty_answer() {
    let mut device = Device::streaming();
    device.say_from(
        "receiver-0",
        US,
        DEVICE_AUTH,
        &json!({ "type": "CHALLENGE" }),
    );
    assert_eq!(
        device.events.pop_front(),
        Some(Event::Authentication(Vec::new()))
    );
    device.expect_nothing();
}

#[test]
fn a_device_that_is_asked_what_it_is_called_is_heard_once_and_only_then() {
    let mut device = Device::new();
    let reply = |id: &Value| json!({ "type": "GET_DEVICE_INFO", "requestId": id, "friendlyName": "Attic", "deviceModel": "Chromecast", "deviceCapabilities": 4101 });
    device.say_from("receiver-0", US, DISCOVERY, &reply(&json!(1)));
    device.expect_nothing();
    device.command(Command::GetDeviceInfo);
    let asked = device.expect("GET_DEVICE_INFO");
    let id = &asked["requestId"];
    device.say_from("web-1", US, DISCOVERY, &reply(id));
    device.say_from("receiver-0", US, DISCOVERY, &reply(&json!(4711)));
    device.expect_nothing();
    device.say_from("receiver-0", US, DISCOVERY, &reply(id));
    device.say_from("receiver-0", US, DISCOVERY, &reply(id));
    let Event::DeviceInfo(info) = device.event() else {
        panic!("no name")
    };
    assert_eq!(
        (info.friendly_name.as_str(), info.model.as_str()),
        ("Attic", "Chromecast")
    );
    assert_eq!(info.capabilities, 4101);
    device.expect_nothing();
}
