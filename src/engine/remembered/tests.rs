// SPDX-License-Identifier: GPL-3.0-or-later
//! What a memory is like after it was written and read, and what a spoiled file does to it.

use super::*;

fn entry(name: &str, last_seen: u64, used: Option<u64>) -> Entry {
    Entry {
        name: name.into(),
        model: "Chromecast".into(),
        capabilities: 5,
        addresses: vec![SocketAddr::from(([192, 0, 2, 1], 8009))],
        last_seen,
        used,
    }
}

#[test]
fn what_is_written_is_read_again() {
    let mut memory = Memory::default();
    memory
        .devices
        .insert("aa".into(), entry("TV", 100, Some(50)));
    memory.devices.insert("bb".into(), entry("تلفاز", 90, None));
    let host: ManualHost = "[fe80::1%wlan0]:8010".parse().expect("a host");
    let linked = HostEntry {
        device: Some("aa".into()),
        last_seen: Some(7),
        introduced: Some(Introduction {
            name: "Attic".into(),
            model: "Chromecast".into(),
            capabilities: 5,
        }),
    };
    memory.hosts.insert(host, linked);
    memory
        .hosts
        .insert("tv.local".parse().expect("a host"), HostEntry::default());
    let bytes = memory.to_json().expect("written");
    assert_eq!(Memory::from_json(&bytes), memory);
}

#[test]
fn a_spoiled_file_is_an_empty_memory() {
    for bytes in [&b""[..], b"[]", b"{\"devices\": 3}", b"\xff\xfe"] {
        assert_eq!(Memory::from_json(bytes), Memory::default());
    }
}

#[test]
fn what_somebody_wrote_into_the_file_is_harmless() {
    let long = "x".repeat(5000);
    let text = format!(
        r#"{{"devices": {{"aa": {{"name": "T\u0007V\n"}}, "bb": {{"name": ""}}, "cc": {{"name": "{long}"}}}},
            "hosts": {{"not a host": {{}}, "10.0.0.7": {{"introduced": {{"name": "a\u0000b{long}"}}}},
                       "10.0.0.8": {{"introduced": {{"name": "\n"}}}}}}, "more": 1}}"#
    );
    let memory = Memory::from_json(text.as_bytes());
    assert_eq!(memory.devices["aa"].name, "TV");
    assert!(!memory.devices.contains_key("bb"), "a device has a name");
    assert_eq!(memory.devices["cc"].name.len(), Device::MAX_NAME);
    assert_eq!(memory.hosts.len(), 2);
    let introduced = |host: &str| {
        let host: ManualHost = host.parse().expect("a host");
        memory.hosts[&host].introduced.clone()
    };
    let name = introduced("10.0.0.7").expect("it has a name").name;
    assert!(name.starts_with("abx"), "{name}");
    assert_eq!(name.len(), Device::MAX_NAME);
    assert_eq!(introduced("10.0.0.8"), None);
}

#[test]
fn the_file_is_bounded_and_keeps_what_is_used() {
    let mut memory = Memory::default();
    for number in 0..500u64 {
        memory
            .devices
            .insert(format!("{number:04}"), entry("TV", number, None));
    }
    memory
        .devices
        .insert("used".into(), entry("Mine", 0, Some(1)));
    let read = Memory::from_json(&memory.to_json().expect("written"));
    assert_eq!(read.devices.len(), MAX_REMEMBERED);
    assert!(read.devices.contains_key("used"));
    assert!(read.devices.contains_key("0499"));
    assert!(!read.devices.contains_key("0000"));
}
