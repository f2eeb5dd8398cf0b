// SPDX-License-Identifier: GPL-3.0-or-later
//! Devices that mean harm, and what a cast to them costs.

use super::super::super::session::eventually;
use super::super::super::session::media::Lie;
use super::super::super::session::script::{Afterwards, Device, OnLaunch, OnOffer, Script};
use super::*;

/// What a cast may grow by under attack: some frames, packets and messages more are under way, nothing piles up.
const GROWTH_KB: u64 = 48 << 10;
/// Of the small test card, bit/s.
const BITRATE: &str = "1000000";
const SMALL: &[&str] = &[
    "--audio",
    "none",
    "--fps",
    "10",
    "--bitrate",
    BITRATE,
    "--stats",
    "json",
];

/// A cast that has begun, and what it cost until then.
async fn cast(script: Script) -> (Telecast, Device, Burden) {
    let device = Device::start(script).await;
    let mut cast = Telecast::mirror(device.address, SMALL);
    cast.says("Casting").await;
    pictures(&mut cast, &device, 5).await;
    let before = cast.burden();
    (cast, device, before)
}

/// Waits for so many more pictures, as long as that takes.
async fn pictures(cast: &mut Telecast, device: &Device, more: usize) {
    let frames = || device.media.lock().unwrap().video.len();
    let all = frames() + more;
    let arrived = |_: &Lines| (frames() >= all).then_some(());
    cast.until("pictures", arrived, |cast| &cast.errors).await;
}

async fn stop(cast: Telecast) -> Ended {
    cast.signal(Signal::INT);
    let ended = cast.end().await;
    ended.succeeded();
    ended
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn feedback_that_lies_changes_neither_the_pictures_nor_what_they_cost() {
    for lie in [Lie::MissesEverything, Lie::Replays] {
        let (mut cast, device, before) = cast(Script {
            afterwards: Afterwards::Lies(lie),
            ..Script::default()
        })
        .await;
        let (bytes, begun) = (device.media.lock().unwrap().bytes, Instant::now());
        pictures(&mut cast, &device, 30).await;
        cast.burden().grew_at_most(&before, GROWTH_KB);
        // At the bitrate that was asked for, with as much again for what is sent twice, and the first burst.
        let bytes = device.media.lock().unwrap().bytes - bytes;
        let most = 250_000.0 * begun.elapsed().as_secs_f64() + 500_000.0;
        assert!((bytes as f64) < most, "{lie:?}: {bytes} bytes");
        stop(cast).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_acknowledges_what_was_never_sent_is_not_believed() {
    let (mut cast, device, before) = cast(Script {
        afterwards: Afterwards::Lies(Lie::AcknowledgesAhead),
        ..Script::default()
    })
    .await;
    pictures(&mut cast, &device, 30).await;
    cast.burden().grew_at_most(&before, GROWTH_KB);
    stop(cast).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_that_are_as_large_and_deep_as_can_be_are_borne() {
    let (mut cast, device, before) = cast(Script {
        afterwards: Afterwards::Bombs,
        ..Script::default()
    })
    .await;
    pictures(&mut cast, &device, 30).await;
    cast.burden().grew_at_most(&before, GROWTH_KB);
    let busy = cast.idles(Duration::from_secs(2)).await;
    assert!(busy < Duration::from_millis(1500), "{busy:?} of 2 s");
    stop(cast).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_are_counted_and_neither_heard_nor_sent_to() {
    let (mut cast, device, before) = cast(Script {
        afterwards: Afterwards::Strangers("127.0.0.9".parse().unwrap()),
        ..Script::default()
    })
    .await;
    pictures(&mut cast, &device, 30).await;
    cast.prints("strangers", |stats| {
        stats["strangers"].as_u64().is_some_and(|count| count > 100)
    })
    .await;
    cast.burden().grew_at_most(&before, GROWTH_KB);
    assert_eq!(device.media.lock().unwrap().astray, 0);
    stop(cast).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_leads_nowhere_or_back_to_us_is_refused() {
    let taken = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    drop(taken);
    let range = format!("{port}-{port}");
    for (offer, arguments) in [
        (OnOffer::AcceptAt(0), &[][..]),
        (
            OnOffer::AcceptAt(port),
            &["--port-range", range.as_str()][..],
        ),
        (OnOffer::AcceptAsOne, &["--audio", "tone"][..]),
    ] {
        let device = Device::start(Script {
            offer,
            ..Script::default()
        })
        .await;
        let quiet = ["--audio", "none"];
        let sound = if arguments.first() == Some(&"--audio") {
            &[][..]
        } else {
            &quiet[..]
        };
        let cast = Telecast::mirror(device.address, &[sound, arguments].concat());
        let ended = cast.end().await;
        ended.failed_with(&["not the Cast protocol", "Check that the address"]);
        eventually("goodbye", || device.seen().closed_cleanly).await;
        assert_eq!(device.count("STOP"), 1, "the app is stopped");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_answers_byte_by_byte_is_given_up_in_time() {
    let device = Device::start(Script {
        launch: OnLaunch::Trickle(Duration::from_millis(500)),
        ..Script::default()
    })
    .await;
    let cast = Telecast::mirror(device.address, &["--audio", "none"]);
    let ended = cast.end().await;
    assert_eq!(ended.status.code(), Some(1), "{ended}");
    ended.is_quiet();
    assert!(ended.took < Duration::from_secs(25), "{ended}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_asks_without_end_is_left_and_costs_little() {
    let (mut cast, _device, before) = cast(Script {
        afterwards: Afterwards::Flood(Duration::from_secs(2)),
        ..Script::default()
    })
    .await;
    let mut most = before;
    while cast.child.try_wait().expect("it can be asked").is_none() {
        most = cast.burden_while_it_runs().unwrap_or(most);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    most.grew_at_most(&before, GROWTH_KB);
    let ended = cast.end().await;
    ended.failed_with(&["talks but does not listen", "off and on"]);
}
