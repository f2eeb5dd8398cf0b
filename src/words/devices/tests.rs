// SPDX-License-Identifier: GPL-3.0-or-later
//! What people read of devices and of their network.

use std::time::{Duration, Instant};

use super::*;
use crate::engine::{Device, Finding, Firewall, LinkKind, Network, Vpn};

fn now() -> SystemTime {
    // Noon in Greenwich: within the same day nearly everywhere.
    SystemTime::UNIX_EPOCH + Duration::from_hours(24 * 20_000 + 12)
}

fn listed(kind: DeviceKind, model: &str) -> ListedDevice {
    ListedDevice {
        id: "aa".into(),
        name: "Living Room".into(),
        model: model.into(),
        kind,
        capabilities: Capabilities(5),
        device: Some(Device {
            model: model.into(),
            kind,
            capabilities: Capabilities(5),
            ..Device::unannounced(
                "aa".into(),
                "Living Room".into(),
                Vec::new(),
                Instant::now(),
            )
        }),
        last_seen: Some(now()),
        used: None,
        addresses: vec!["192.0.2.1:8009".into()],
        hosts: Vec::new(),
    }
}

fn away(last_seen: Option<SystemTime>) -> ListedDevice {
    ListedDevice {
        device: None,
        last_seen,
        ..listed(DeviceKind::Tv, "Chromecast")
    }
}

#[test]
fn the_second_line_says_the_first_that_applies() {
    let line = |device: &ListedDevice| device_line(device, None, now());
    assert_eq!(line(&listed(DeviceKind::Tv, "Chromecast")), "Chromecast");
    assert_eq!(line(&listed(DeviceKind::Tv, "")), "Idle");
    assert_eq!(
        line(&listed(DeviceKind::Speaker, "Nest Audio")),
        "Nest Audio, sound only"
    );
    assert_eq!(
        line(&listed(DeviceKind::Group, "Google Cast Group")),
        "Speaker group, sound only"
    );
    let mut playing = listed(DeviceKind::Tv, "Chromecast");
    if let Some(device) = &mut playing.device {
        device.busy = true;
        device.status = "YouTube".into();
    }
    assert_eq!(line(&playing), "Playing YouTube");
}

#[test]
fn how_long_a_device_is_away_is_told_in_days() {
    let day = Duration::from_hours(24);
    for (last_seen, expected) in [
        (None, "Not available"),
        (Some(now()), "Not available, last seen today"),
        (Some(now() + day), "Not available, last seen today"),
        (Some(now() - day), "Not available, last seen yesterday"),
        (Some(now() - 3 * day), "Not available, last seen 3 days ago"),
        (
            Some(now() - 40 * day),
            "Not available, last seen 40 days ago",
        ),
        (
            Some(now() - 800 * day),
            "Not available, last seen 800 days ago",
        ),
    ] {
        assert_eq!(device_line(&away(last_seen), None, now()), expected);
    }
}

#[test]
fn the_details_hold_what_is_known_and_no_empty_lines() {
    let facts = device_facts(&listed(DeviceKind::Tv, ""), now());
    assert!(
        facts
            .iter()
            .all(|(title, value)| !title.is_empty() && !value.is_empty())
    );
    let value = |title: &str| {
        let mut facts = facts.iter();
        facts
            .find(|(known, _)| known == title)
            .map(|(_, value)| value.as_str())
    };
    assert_eq!(value("Abilities"), Some("Picture, Sound"));
    assert_eq!(value("Addresses"), Some("192.0.2.1:8009"));
    assert_eq!(value("Last Seen"), Some("Available now"));
    assert_eq!(value("Model"), None);
}

#[test]
fn a_check_states_the_fact_and_gives_a_command_only_when_it_may_help() {
    let network = Network {
        interface: "wlan0".into(),
        kind: LinkKind::Wifi,
        name: Some("Maple\u{202e} Street".into()),
    };
    let words = check(&Finding::Connected(network));
    assert_eq!(
        (words.title.as_str(), words.text.as_str()),
        ("Wi-Fi", "Connected to “Maple Street”")
    );
    assert_eq!(words.command, None);
    let firewalld = |open| {
        check(&Finding::Firewall(Firewall::Firewalld {
            zone: Some("public".into()),
            open,
        }))
    };
    assert_eq!(firewalld(Some(true)).command, None);
    let command = "sudo firewall-cmd --zone=public --add-service=mdns";
    assert_eq!(firewalld(Some(false)).command.as_deref(), Some(command));
    assert_eq!(firewalld(None).command.as_deref(), Some(command));
    let vpn = check(&Finding::Vpn(Vpn {
        name: "Work".into(),
    }));
    assert_eq!(vpn.text, "“Work” is on and may hide nearby devices");
    let one = check(&Finding::OthersAnswer(1));
    assert!(one.text.starts_with("1 other device on"), "{}", one.text);
}

#[test]
fn what_the_desktop_lacks_is_said_once() {
    use SourceKind::{Screen, Virtual, Window};
    assert_eq!(not_offered(&[]), None);
    let all = not_offered(&[Screen, Window, Virtual]);
    assert_ne!(all, not_offered(&[Virtual]));
    assert!(not_offered(&[Window]).is_some());
}
