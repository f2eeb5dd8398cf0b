// SPDX-License-Identifier: GPL-3.0-or-later
//! The TXT records of the vectors. We are as lax as Chromium, Open Screen is strict: `tests/data/deviations.toml` lists
//! each record that it refuses and we take.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use super::*;
use crate::discovery::announcement::TxtFields;
use crate::discovery::device::Capabilities;

const FILE: &str = "txt_records.json";

#[derive(Deserialize)]
struct Register {
    deviation: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    file: String,
    case: String,
    reference: String,
    ours: String,
}

/// What the table makes of a record, if it takes it.
fn device(case: &Value) -> Option<Device> {
    let entries = case["entries"].as_array().unwrap();
    let pairs = entries.iter().map(|entry| {
        let entry = entry.as_str().unwrap();
        let (key, value) = entry.split_once('=').unwrap_or((entry, ""));
        (key, value.as_bytes())
    });
    let port = case["port"].as_u64().unwrap().try_into().unwrap();
    let endpoints = ["ipv4", "ipv6"].into_iter().filter_map(|family| {
        let ip = case[family].as_str()?.parse().unwrap();
        Some(Endpoint {
            ip,
            port,
            scope_id: 2,
            interface: Some("eth0".into()),
        })
    });
    let mut table = Table::new();
    let announcement = Announcement {
        instance: "x._googlecast._tcp.local.".into(),
        endpoints: endpoints.collect(),
        txt: TxtFields::from_pairs(pairs),
    };
    table.announce(Instant::now(), announcement);
    match table.poll() {
        Some(DeviceEvent::Added(device)) => Some(device),
        _ => None,
    }
}

#[test]
fn every_record_of_the_vectors_is_taken_or_refused_as_listed() {
    let vectors: Value =
        serde_json::from_str(include_str!("../../../tests/data/txt_records.json")).unwrap();
    let register: Register =
        toml::from_str(include_str!("../../../tests/data/deviations.toml")).unwrap();
    let mut listed: BTreeSet<String> = (register.deviation.into_iter())
        .filter(|entry| entry.file == FILE)
        .inspect(|entry| {
            assert_eq!(
                (&*entry.reference, &*entry.ours),
                ("verdict: reject", "verdict: ok")
            );
        })
        .map(|entry| entry.case)
        .collect();
    let records = vectors["records"].as_array().unwrap();
    assert!(records.len() > 20);
    for case in records {
        let note = case["note"].as_str().unwrap();
        let device = device(case);
        let Some(expect) = case.get("expect") else {
            assert_eq!(case["verdict"], "reject");
            assert_eq!(
                device.is_some(),
                listed.remove(note),
                "{note}: not as listed"
            );
            continue;
        };
        let device = device.unwrap_or_else(|| panic!("{note}: refused"));
        assert_eq!(json!(device.id), expect["unique_id"], "{note}");
        assert_eq!(json!(device.name), expect["friendly_name"], "{note}");
        assert_eq!(json!(device.model), expect["model_name"], "{note}");
        assert_eq!(
            json!(device.capabilities.0),
            expect["capabilities"],
            "{note}"
        );
        assert_eq!(device.busy, expect["status"] == "busy", "{note}");
    }
    assert!(listed.is_empty(), "stale deviations: {listed:?}");
}

#[test]
fn the_capability_bits_of_the_vectors_are_read() {
    let vectors: Value =
        serde_json::from_str(include_str!("../../../tests/data/txt_records.json")).unwrap();
    let cases = vectors["capability_bits"].as_array().unwrap();
    assert!(!cases.is_empty());
    for case in cases {
        let bits = Capabilities(case["ca"].as_u64().unwrap());
        for (name, bit) in [
            ("video_out", Capabilities::VIDEO_OUT),
            ("video_in", Capabilities::VIDEO_IN),
            ("audio_out", Capabilities::AUDIO_OUT),
            ("audio_in", Capabilities::AUDIO_IN),
            ("multizone_group", Capabilities::GROUP),
        ] {
            assert_eq!(
                json!(bits.contains(bit)),
                case[name],
                "{name} of {}",
                bits.0
            );
        }
    }
}
