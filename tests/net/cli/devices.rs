// SPDX-License-Identifier: GPL-3.0-or-later
//! `telecast devices`, and a device that is named instead of addressed: two namespaces, real mDNS between them.

use super::super::netns::Hosts;
use super::*;

#[tokio::test]
async fn a_list_that_is_empty_is_no_failure() {
    let Some(hosts) = Hosts::new() else { return };
    let list = |arguments: &[&str]| {
        Telecast::start_in(
            &hosts.a,
            &[&["devices", "--timeout", "0.5"], arguments].concat(),
        )
        .end()
    };
    let (json, table) = tokio::join!(list(&["--json"]), list(&[]));
    json.succeeded();
    assert_eq!(json.output, ["[]"]);
    table.succeeded();
    assert!(table.output.is_empty(), "{table}");
    assert!(
        table.errors[0].starts_with("No Cast devices found."),
        "{table}"
    );
}

#[tokio::test]
async fn a_device_is_listed_with_stable_keys_and_found_by_its_name() {
    let Some(hosts) = Hosts::new() else { return };
    let mut receiver = Telecast::start_in(
        &hosts.b,
        &[
            "receive",
            "--headless",
            "--name",
            "Wohnzimmer TV",
            "--stats",
            "json",
        ],
    );
    receiver.says("Listening on ").await;
    let listed = Telecast::start_in(&hosts.a, &["devices", "--json"])
        .end()
        .await;
    listed.succeeded();
    let devices: Value = serde_json::from_str(&listed.output.concat()).expect("JSON");
    let [device] = devices.as_array().expect("an array").as_slice() else {
        panic!("one device: {listed}");
    };
    let mut keys: Vec<_> = device.as_object().expect("an object").keys().collect();
    keys.sort();
    assert_eq!(
        keys,
        [
            "addresses",
            "busy",
            "capabilities",
            "id",
            "kind",
            "model",
            "name",
            "status",
            "trust",
        ]
    );
    assert_eq!(device["name"], "Wohnzimmer TV");
    assert_eq!(
        (&device["kind"], &device["busy"]),
        (&"tv".into(), &false.into())
    );
    let addresses = device["addresses"].as_array().expect("addresses");
    assert!(addresses.contains(&"10.77.0.2:8009".into()), "{listed}");

    let arguments = [
        &["mirror", "wohnzimmer"],
        CARD,
        &["--audio", "none", "--duration", "1"],
    ];
    let cast = Telecast::start_in(&hosts.a, &arguments.concat());
    receiver
        .prints("the cast", |numbers| numbers["state"] == "streaming")
        .await;
    cast.end().await.succeeded();
    receiver
        .prints("the end of the cast", |numbers| numbers["state"] == "idle")
        .await;
    receiver.signal(Signal::TERM);
    receiver.end().await.succeeded();
}
