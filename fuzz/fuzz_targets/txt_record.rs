// SPDX-License-Identifier: GPL-3.0-or-later
//! Announcements of strangers, one TXT record after the other, through the list of devices: it stays bounded, and what
//! it shows is one short line without tricks.
#![no_main]

use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use telecast::discovery::{Announcement, Device, Endpoint, MAX_DEVICES, Table, TxtFields};
use telecast_fuzz::script::Script;

/// A line that is fit for a terminal and for a label.
fn assert_harmless(line: &str) {
    assert!(line.chars().count() <= Device::MAX_NAME);
    assert!(!line.chars().any(char::is_control), "{line:?}");
    assert!(
        !line.contains(['\u{202e}', '\u{2066}', '\u{200f}']),
        "{line:?}"
    );
}

fn pairs(mut strings: Script<'_>) -> Vec<(&str, &[u8])> {
    let mut pairs = Vec::new();
    while let Some(string) = strings.slice() {
        let at = string.iter().position(|byte| *byte == b'=');
        let (key, value) = at.map_or((string, &b""[..]), |at| (&string[..at], &string[at + 1..]));
        if let Ok(key) = std::str::from_utf8(key) {
            pairs.push((key, value));
        }
    }
    pairs
}

// Records: what happens u8, which instance u8, address u8, port u16, the strings (a slice of slices).
fuzz_target!(|data: &[u8]| {
    let mut now = Instant::now();
    let mut table = Table::new();
    let mut script = Script::new(data);
    while let Some(event) = script.u8() {
        let (Some(instance), Some(address), Some(port), Some(strings)) =
            (script.u8(), script.u8(), script.u16(), script.slice())
        else {
            break;
        };
        let instance = format!("{instance}._googlecast._tcp.local.");
        let announcement = Announcement {
            instance: instance.clone(),
            endpoints: vec![Endpoint {
                ip: [192, 0, 2, address].into(),
                port,
                scope_id: 0,
                interface: None,
            }],
            txt: TxtFields::from_pairs(pairs(Script::new(strings))),
        };
        match event % 4 {
            0 => table.withdraw(now, &instance),
            1 => table.hear_of(now, announcement, Duration::from_secs(port.into())),
            _ => table.announce(now, announcement),
        }
        now += Duration::from_millis(u64::from(event) * 4);
        table.tick(now);
        while table.poll().is_some() {}
        let devices = table.devices();
        assert!(devices.len() <= MAX_DEVICES);
        for device in devices.iter() {
            assert!(!device.name.is_empty() && !device.id.is_empty());
            for line in [&device.name, &device.model, &device.status, &device.id] {
                assert_harmless(line);
            }
            assert!(device.endpoints.iter().all(|endpoint| endpoint.port != 0));
        }
    }
});
