// SPDX-License-Identifier: GPL-3.0-or-later
//! A device that is lost while the program casts to it: what is said and printed meanwhile.

use super::super::netns::Hosts;
use super::super::session::script::{Device, Script};
use super::*;

/// Waits for numbers that show that the device answers.
async fn answered(cast: &mut Telecast) {
    cast.prints("answers", |numbers| {
        numbers["fps"]["acknowledged"].as_f64() > Some(0.0)
    })
    .await;
}

#[tokio::test]
async fn a_device_that_restarts_is_found_again() {
    let device = Device::start(Script::default()).await;
    let address = device.address;
    let mut cast = Telecast::mirror(address, &["--audio", "none", "--stats", "json"]);
    answered(&mut cast).await;
    device.unplug().await;
    cast.says("The TV is not ready yet, reconnecting").await;
    let numbers = cast
        .prints("a search", |numbers| numbers["state"] == "reconnecting")
        .await;
    let search = &numbers["reconnecting"];
    assert!(search["attempt"].as_u64() >= Some(1), "{search}");
    let left = search["gives_up_s"].as_f64().expect("a time");
    assert!(left > 60.0 && left <= 120.0, "{search}");
    assert_eq!(numbers["reconnected"], 0);

    let again = Device::start_on(&address.to_string(), Script::default()).await;
    let numbers = cast
        .prints("the device again", |numbers| numbers["reconnected"] == 1)
        .await;
    assert_eq!(numbers["state"], "streaming");
    assert!(numbers["reconnecting"].is_null());
    again.receives(5).await;
    cast.signal(Signal::INT);
    cast.end().await.succeeded();
}

#[tokio::test]
async fn a_search_ends_by_a_signal_or_when_the_time_is_over() {
    for limit in ["60", "2"] {
        let device = Device::start(Script::default()).await;
        let arguments = ["--audio", "none", "--stats", "json", "--reconnect", limit];
        let mut cast = Telecast::mirror(device.address, &arguments);
        answered(&mut cast).await;
        device.unplug().await;
        cast.says("reconnecting").await;
        if limit == "2" {
            let ended = cast.end().await;
            ended.failed_with(&["did not come back within 2 seconds", "switched on"]);
        } else {
            cast.signal(Signal::TERM);
            let asked = Instant::now();
            cast.end().await.succeeded();
            assert!(asked.elapsed() < Duration::from_secs(5));
        }
    }
}

/// A receiver of ours on the other host, on this port.
async fn receiver(namespace: &str, port: &str) -> Telecast {
    let at = ["--listen", "10.77.0.2", "--port", port];
    let arguments = [&["receive", "--headless", "--name", "Moving TV"], &at[..]].concat();
    let mut receiver = Telecast::start_in(namespace, &arguments);
    receiver.says("is ready. Listening on ").await;
    receiver
}

#[tokio::test]
async fn a_receiver_that_dies_and_comes_back_elsewhere_is_found_by_its_announcement() {
    let Some(hosts) = Hosts::new() else { return };
    let first = receiver(&hosts.b, "8111").await;
    let words = [&["mirror", "Moving TV"], CARD, &["--audio", "none"]].concat();
    let words = [&words[..], &["--stats", "json"]].concat();
    let mut cast = Telecast::start_in(&hosts.a, &words);
    answered(&mut cast).await;
    first.signal(Signal::KILL);
    first.end().await;
    cast.says("reconnecting").await;
    let second = receiver(&hosts.b, "8222").await;
    cast.prints("the receiver again", |numbers| {
        let answers = numbers["fps"]["acknowledged"].as_f64() > Some(0.0);
        numbers["reconnected"] == 1 && answers
    })
    .await;
    cast.signal(Signal::INT);
    cast.end().await.succeeded();
    second.signal(Signal::TERM);
    second.end().await.succeeded();
}

/// A receiver of ours at this port of loopback, with the keys in this folder.
async fn receiver_with(keys: &Path, port: u16) -> (Telecast, SocketAddr) {
    let (keys, port) = (keys.display().to_string(), port.to_string());
    let all = ["receive", "--headless", "--listen", "127.0.0.1"];
    let all = [&all[..], &["--port", &port, "--credentials", &keys]].concat();
    let mut receiver = Telecast::start(&[&all[..], &["--stats", "json"]].concat());
    let address = receiver.says("Listening on ").await;
    (receiver, address.parse().expect("an address"))
}

#[tokio::test]
async fn another_device_at_the_address_of_the_lost_one_is_not_taken_for_it() {
    let name = format!("reconnect-keys-{}", std::process::id());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let [keys, other_keys] = ["lost", "other"].map(|name| folder.join(name));
    // Making keys takes time; here it is nobody's.
    let (other, _) = receiver_with(&other_keys, 0).await;
    other.signal(Signal::TERM);
    other.end().await.succeeded();
    let (first, address) = receiver_with(&keys, 0).await;

    let mut cast = Telecast::mirror(address, &["--audio", "none", "--stats", "json"]);
    answered(&mut cast).await;
    first.signal(Signal::KILL);
    first.end().await;
    let (other, _) = receiver_with(&other_keys, address.port()).await;
    cast.prints("another device", |numbers| {
        numbers["reconnecting"]["why"] == "elsewhere"
    })
    .await;
    other.signal(Signal::TERM);
    let ended = other.end().await;
    ended.succeeded();
    let states = objects(&ended.output);
    let untouched = states.iter().all(|object| object["state"] == "idle");
    assert!(untouched, "something was launched on it: {ended}");

    let (again, _) = receiver_with(&keys, address.port()).await;
    cast.prints("the device again", |numbers| {
        let answers = numbers["fps"]["acknowledged"].as_f64() > Some(0.0);
        numbers["reconnected"] == 1 && answers
    })
    .await;
    cast.signal(Signal::INT);
    cast.end().await.succeeded();
    again.signal(Signal::TERM);
    again.end().await.succeeded();
    std::fs::remove_dir_all(&folder).expect("removed");
}
