// SPDX-License-Identifier: GPL-3.0-or-later
//! A computer that sleeps in the middle of a cast: the program stands still, and so does its network.

use super::super::netns::{Hosts, ip};
use super::super::session::script::{Device, Script};
use super::*;

/// The program stands still for so long; what is under way meanwhile does not arrive.
const SLEEP: Duration = Duration::from_secs(5);

/// A cast that the device has answered.
async fn cast(device: &Device) -> Telecast {
    let mut cast = Telecast::mirror(device.address, &["--audio", "none", "--stats", "json"]);
    cast.prints("answers", |numbers| {
        numbers["fps"]["acknowledged"].as_f64() > Some(0.0)
    })
    .await;
    cast
}

async fn goes_on(mut cast: Telecast, device: &Device) {
    device.receives_more("pictures after the sleep", 10).await;
    cast.prints("a cast that runs", |numbers| {
        numbers["state"] == "streaming"
    })
    .await;
    assert_eq!(device.count("LAUNCH"), 1, "the app is the same");
    cast.signal(Signal::INT);
    cast.end().await.succeeded();
    assert_eq!(device.count("STOP"), 1);
}

#[tokio::test]
async fn a_cast_goes_on_after_a_sleep() {
    let device = Device::start(Script::default()).await;
    let cast = cast(&device).await;
    cast.signal(Signal::STOP);
    tokio::time::sleep(SLEEP).await;
    cast.signal(Signal::CONT);
    goes_on(cast, &device).await;
}

#[tokio::test]
async fn a_cast_goes_on_when_the_device_has_hung_up_meanwhile() {
    let device = Device::start(Script::default()).await;
    let mut cast = cast(&device).await;
    cast.signal(Signal::STOP);
    tokio::time::sleep(SLEEP / 2).await;
    device.hang_up();
    tokio::time::sleep(SLEEP / 2).await;
    cast.signal(Signal::CONT);
    cast.prints("the device again", |numbers| numbers["reconnected"] == 1)
        .await;
    goes_on(cast, &device).await;
}

#[tokio::test]
async fn a_cast_goes_on_when_the_network_comes_back_after_the_computer() {
    let Some(hosts) = Hosts::new() else { return };
    let receive = [
        "receive",
        "--headless",
        "--listen",
        "10.77.0.2",
        "--port",
        "8009",
    ];
    let receive = [&receive[..], &["--stats", "json", "--accept", "any"]].concat();
    let mut receiver = Telecast::start_in(&hosts.b, &receive);
    receiver.says("Listening on ").await;
    let words = [&["mirror", "10.77.0.2:8009"], CARD, &["--audio", "none"]].concat();
    let words = [&words[..], &["--stats", "json"]].concat();
    let mut cast = Telecast::start_in(&hosts.a, &words);
    let answers = |numbers: &Value| numbers["fps"]["acknowledged"].as_f64() > Some(0.0);
    cast.prints("answers", answers).await;
    ip(&format!("-n {} link set va down", hosts.a));
    cast.signal(Signal::STOP);
    tokio::time::sleep(SLEEP).await;
    cast.signal(Signal::CONT);
    // The network manager needs a moment.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = objects(&cast.output.lock().unwrap()).len();
    ip(&format!("-n {} link set va up", hosts.a));
    cast.until(
        "answers afterwards",
        |lines| {
            let all = objects(&lines.lock().unwrap());
            all.into_iter().skip(before + 1).find(answers)
        },
        |program| &program.output,
    )
    .await;
    cast.signal(Signal::INT);
    // That packets could not be sent is in its log.
    let ended = cast.end().await;
    assert!(ended.status.success(), "{ended}");
    receiver.signal(Signal::TERM);
    receiver.end().await.succeeded();
}
