// SPDX-License-Identifier: GPL-3.0-or-later
//! Networks that go away in the middle of a cast, for a moment or for long: sessions between namespaces.

use super::path::{between, drop_in, nft};
use super::recover::{Cast, goes_on, is_reconnecting};
use super::*;
use crate::netns::{Hosts, ip};

/// A device whose kernel takes the next connection while the one before is not known to be dead.
fn script() -> Script {
    Script {
        newest: true,
        ..Script::default()
    }
}

/// Nothing passes, and nobody says so.
fn silence(hosts: &Hosts) {
    for namespace in [&hosts.a, &hosts.b] {
        drop_in(namespace, "input", "iifname != lo");
    }
}

fn end_silence(hosts: &Hosts) {
    for namespace in [&hosts.a, &hosts.b] {
        nft(namespace, "flush ruleset");
    }
}

/// Nothing of the media passes in this direction.
fn silence_media(towards: &str) {
    drop_in(towards, "input", "meta l4proto udp");
}

/// Waits until pictures move again after the network is back; for how long they did not.
async fn until_pictures_move(cast: &Cast) -> Duration {
    let back = Instant::now();
    cast.device.receives_more("pictures that move", 5).await;
    let took = back.elapsed();
    println!("pictures move {took:?} after the network's return");
    took
}

async fn cast_to(device: Device) -> Cast {
    let (handle, probe) = start(device.address, MirrorOptions::default());
    Cast::of(device, handle, probe).await
}

#[test]
fn a_short_outage_needs_no_new_streams() {
    let Some(hosts) = Hosts::new() else { return };
    let (a, b) = (&hosts.a, &hosts.b);
    between(a, b, "10.77.0.2:0", script(), |device| async {
        let cast = cast_to(device).await;
        silence(&hosts);
        tokio::time::sleep(timings().disturbed / 2).await;
        end_silence(&hosts);
        until_pictures_move(&cast).await;
        until(&cast.handle, is_streaming).await;
        assert_eq!(cast.device.seen().offered.len(), 1);
        goes_on(&cast.probe);
        stop(cast.handle, cast.probe).await;
    });
}

#[test]
fn an_outage_of_any_length_ends_with_pictures() {
    let Some(hosts) = Hosts::new() else { return };
    let (a, b) = (&hosts.a, &hosts.b);
    between(a, b, "10.77.0.2:0", script(), |device| async {
        let cast = cast_to(device).await;
        for longer in [Duration::ZERO, Duration::from_secs(3)] {
            silence(&hosts);
            until(&cast.handle, is_reconnecting).await;
            tokio::time::sleep(longer).await;
            assert!(is_reconnecting(&cast.handle.state().borrow()));
            end_silence(&hosts);
            until_pictures_move(&cast).await;
            until(&cast.handle, is_streaming).await;
            goes_on(&cast.probe);
        }
        assert_eq!(cast.device.count("LAUNCH"), 1, "the app was joined");
        stop(cast.handle, cast.probe).await;
    });
}

#[test]
fn a_link_that_goes_down_and_comes_up_is_used_at_once() {
    let Some(hosts) = Hosts::new() else { return };
    let (a, b) = (&hosts.a, &hosts.b);
    between(a, b, "10.77.0.2:0", script(), |device| async {
        let (cast, news) = Cast::to_announced(device).await;
        ip(&format!("-n {a} link set va down"));
        news.of_network();
        until(&cast.handle, is_reconnecting).await;
        ip(&format!("-n {a} link set va up"));
        news.of_network();
        until_pictures_move(&cast).await;
        until(&cast.handle, is_streaming).await;
        goes_on(&cast.probe);
        stop(cast.handle, cast.probe).await;
    });
}

#[test]
fn another_interface_of_this_computer_takes_over() {
    let Some(hosts) = Hosts::new() else { return };
    let (a, b) = (&hosts.a, &hosts.b);
    ip(&format!(
        "link add wa netns {a} type veth peer name wb netns {b}"
    ));
    ip(&format!("-n {b} addr add 10.79.0.2/24 dev wb"));
    ip(&format!("-n {b} link set wb up"));
    ip(&format!("-n {a} addr add 10.79.0.1/24 dev wa"));
    ip(&format!("-n {a} link set wa up"));
    // The device's address is reached by both, first by the cable.
    ip(&format!(
        "-n {a} route add 10.77.0.2/32 via 10.79.0.2 dev wa metric 500"
    ));
    between(a, b, "10.77.0.2:0", script(), |device| async {
        let (cast, news) = Cast::to_announced(device).await;
        ip(&format!("-n {a} link set va down"));
        news.of_network();
        until_pictures_move(&cast).await;
        goes_on(&cast.probe);
        stop(cast.handle, cast.probe).await;
    });
}

#[test]
fn feedback_that_does_not_come_while_the_device_shows_pictures_comes_back() {
    let Some(hosts) = Hosts::new() else { return };
    let (a, b) = (&hosts.a, &hosts.b);
    between(a, b, "10.77.0.2:0", script(), |device| async {
        let cast = cast_to(device).await;
        silence_media(a);
        // Without a word about what arrives nothing more is sent before long.
        until(&cast.handle, is_reconnecting).await;
        end_silence(&hosts);
        until_pictures_move(&cast).await;
        until(&cast.handle, is_streaming).await;
        goes_on(&cast.probe);
        assert_eq!(cast.device.count("LAUNCH"), 1, "the app was joined");
        stop(cast.handle, cast.probe).await;
    });
}

#[test]
fn media_that_does_not_arrive_while_the_device_reports_comes_back() {
    let Some(hosts) = Hosts::new() else { return };
    let (a, b) = (&hosts.a, &hosts.b);
    between(a, b, "10.77.0.2:0", script(), |device| async {
        let cast = cast_to(device).await;
        silence_media(b);
        tokio::time::sleep(timings().gone).await;
        let arrived = cast.device.media.lock().unwrap().video.len();
        tokio::time::sleep(timings().gone).await;
        let now = cast.device.media.lock().unwrap().video.len();
        assert_eq!(now, arrived, "nothing passes");
        assert!(cast.handle.state().borrow().ended().is_none());
        end_silence(&hosts);
        until_pictures_move(&cast).await;
        until(&cast.handle, is_streaming).await;
        goes_on(&cast.probe);
        assert_eq!(cast.device.count("LAUNCH"), 1);
        stop(cast.handle, cast.probe).await;
    });
}

/// The most that may pass from the network's return to pictures that move.
const AT_MOST: Duration = Duration::from_secs(3);

#[test]
#[ignore = "takes some minutes and a machine that does nothing else"]
fn with_the_waits_of_everyday_pictures_move_within_three_seconds_of_the_networks_return() {
    let Some(hosts) = Hosts::new() else { return };
    let (a, b) = (&hosts.a, &hosts.b);
    between(a, b, "10.77.0.2:0", script(), |device| async {
        let (cast, news) = Cast::to_announced_with(device, Timings::default()).await;
        let mut slowest = Duration::ZERO;
        for seconds in [2, 10, 60] {
            let outage = Duration::from_secs(seconds);
            println!("{seconds} s of silence");
            silence(&hosts);
            tokio::time::sleep(outage).await;
            end_silence(&hosts);
            slowest = slowest.max(until_pictures_move(&cast).await);
            println!("{seconds} s without the link");
            ip(&format!("-n {a} link set va down"));
            news.of_network();
            tokio::time::sleep(outage).await;
            ip(&format!("-n {a} link set va up"));
            news.of_network();
            slowest = slowest.max(until_pictures_move(&cast).await);
            // What comes next has nothing to do with it.
            tokio::time::sleep(Duration::from_secs(25)).await;
        }
        goes_on(&cast.probe);
        assert!(slowest <= AT_MOST, "{slowest:?}");
        stop(cast.handle, cast.probe).await;
    });
}

#[test]
fn media_that_dies_while_the_device_still_talks_is_offered_anew() {
    let Some(hosts) = Hosts::new() else { return };
    let (a, b) = (&hosts.a, &hosts.b);
    between(a, b, "10.77.0.2:0", script(), |device| async {
        let cast = cast_to(device).await;
        for namespace in [a, b] {
            drop_in(namespace, "input", "meta l4proto udp");
        }
        until(&cast.handle, is_reconnecting).await;
        end_silence(&hosts);
        // The old streams may move before that; they do not keep the session from it.
        eventually("offered anew", || cast.device.seen().offered.len() > 1).await;
        until_pictures_move(&cast).await;
        until(&cast.handle, is_streaming).await;
        goes_on(&cast.probe);
        assert_eq!(cast.device.count("LAUNCH"), 1);
        stop(cast.handle, cast.probe).await;
    });
}
