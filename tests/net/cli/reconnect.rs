// SPDX-License-Identifier: GPL-3.0-or-later
//! A device that is lost while the program casts to it: what is said and printed meanwhile.

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
