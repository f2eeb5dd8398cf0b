// SPDX-License-Identifier: GPL-3.0-or-later
//! Devices that refuse, talk nonsense, or hang up: what the person reads, and that the device is left in order.

use super::super::session::eventually;
use super::super::session::script::{Afterwards, Device, OnLaunch, OnOffer, Script};
use super::*;

const SOON: Duration = Duration::from_millis(300);

/// Casts to a device until that ends by itself.
async fn cast(script: Script) -> (Ended, Device) {
    let device = Device::start(script).await;
    let ended = Telecast::mirror(device.address, &["--audio", "none", "--reconnect", "0"])
        .end()
        .await;
    (ended, device)
}

/// The app was stopped and the connection closed in an orderly way.
async fn in_order(device: &Device) {
    eventually("goodbye", || device.seen().closed_cleanly).await;
    assert_eq!(device.count("STOP"), 1, "{:?}", device.seen());
}

#[tokio::test]
async fn a_device_that_refuses_the_app_or_the_stream() {
    let launch = |launch| Script {
        launch,
        ..Script::default()
    };
    let offer = |offer| Script {
        offer,
        ..Script::default()
    };
    let ((refused, at), (declined, _), (codec, without), (other, picky)) = tokio::join!(
        cast(launch(OnLaunch::Refuse("NOT_FOUND", None))),
        cast(launch(OnLaunch::Refuse("NOT_ALLOWED", None))),
        cast(offer(OnOffer::Refuse(10_107))),
        cast(offer(OnOffer::Refuse(10_092))),
    );
    refused.failed_with(&["refuses to start screen mirroring", "NOT_FOUND", "guests"]);
    eventually("goodbye", || at.seen().closed_cleanly).await;
    declined.failed_with(&["not allowed", "confirm on"]);
    codec.failed_with(&["none of the formats", "another codec", "plug-ins"]);
    in_order(&without).await;
    other.failed_with(&["10092", "Try another codec"]);
    in_order(&picky).await;
}

#[tokio::test]
async fn nonsense_at_each_layer_of_the_protocol() {
    let script = Script::default;
    let ((launch, _), (json, talks), (answer, answers), (framing, _)) = tokio::join!(
        cast(Script {
            launch: OnLaunch::Babble,
            ..script()
        }),
        cast(Script {
            offer: OnOffer::Babble,
            ..script()
        }),
        cast(Script {
            offer: OnOffer::Garbage,
            ..script()
        }),
        cast(Script {
            afterwards: Afterwards::Garbage(SOON),
            ..script()
        }),
    );
    for ended in [&launch, &json, &answer, &framing] {
        ended.failed_with(&["not the Cast protocol", "Check that the address"]);
    }
    in_order(&talks).await;
    in_order(&answers).await;
}

#[tokio::test]
async fn a_device_that_hangs_up_in_the_middle_or_is_taken_over() {
    let afterwards = |afterwards| Script {
        afterwards,
        ..Script::default()
    };
    let ((gone, _), (other, device)) = tokio::join!(
        cast(afterwards(Afterwards::HangUp(SOON))),
        cast(afterwards(Afterwards::OtherApp(SOON))),
    );
    gone.failed_with(&["closed the connection", "still switched on"]);
    other.succeeded();
    assert!(
        other.errors.iter().any(|line| line.contains("YouTube")),
        "{other}"
    );
    assert_eq!(device.count("STOP"), 0, "the other app is left alone");
}
