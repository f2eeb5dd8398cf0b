// SPDX-License-Identifier: GPL-3.0-or-later
//! Ways to the device that are narrow, silent about it, or closed to some packets: sessions between namespaces.

use std::process::Command as Process;
use std::sync::mpsc::{Sender, channel};

use telecast::session::state::Trouble;
use telecast::session::unsent::SendFault;

use super::*;
use crate::netns::{Hosts, inside, ip};

/// Room for an extension, which is kept in each packet and rarely used.
const ROOM: usize = 4;

/// What a full packet leaves of the MTU: IP, UDP, and that room.
const HEADERS: usize = 20 + 8 + ROOM;

/// Runs a device with this script at `address` in the namespace `there`, and `body` in the namespace `here`.
pub(super) fn between<F: Future<Output = ()>>(
    here: &str,
    there: &str,
    address: &str,
    script: Script,
    body: impl FnOnce(Device) -> F + Send,
) {
    let (tell, told) = channel();
    let (end, ending) = tokio::sync::oneshot::channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || inside(there, || serve(address, script, tell, ending)));
        let device = told.recv_timeout(LIMIT).expect("the device starts");
        inside(here, || body(device));
        drop(end);
    });
}

async fn serve(
    address: &str,
    script: Script,
    tell: Sender<Device>,
    ending: tokio::sync::oneshot::Receiver<()>,
) {
    tell.send(Device::start_on(address, script).await).unwrap();
    ending.await.ok();
}

/// Runs `nft` in the namespace.
pub(super) fn nft(namespace: &str, command: &str) {
    let output = Process::new("ip")
        .args(["netns", "exec", namespace, "nft", command])
        .output()
        .expect("iproute2 is installed");
    let problem = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "nft {command}: {problem}");
}

/// Drops what matches, on its way in or out of the namespace.
pub(super) fn drop_in(namespace: &str, hook: &str, matching: &str) {
    let chain = format!("type filter hook {hook} priority 0; {matching} drop;");
    nft(
        namespace,
        &format!("add table inet t {{ chain c {{ {chain} }}; }}"),
    );
}

/// Waits for so many more frames of video; returns the size of the largest packet among what came.
async fn largest_of(device: &Device, frames: usize) -> usize {
    device.media.lock().unwrap().largest = 0;
    device.receives_more("more frames", frames).await;
    device.media.lock().unwrap().largest
}

#[test]
fn packets_fit_the_interface_and_follow_the_route_while_it_changes() {
    let Some(hosts) = Hosts::new() else { return };
    let (a, b) = (&hosts.a, &hosts.b);
    ip(&format!("-n {a} link set va mtu 1400"));
    let script = Script::default();
    between(a, b, "10.77.0.2:0", script, |device| async move {
        let (handle, probe) = start(device.address, MirrorOptions::default());
        until(&handle, is_streaming).await;
        assert_eq!(largest_of(&device, 20).await, 1400 - HEADERS);
        for mtu in [1300, 1400] {
            ip(&format!(
                "-n {a} route replace 10.77.0.2/32 dev va mtu {mtu}"
            ));
            // What was cut before may still be under way.
            largest_of(&device, 20).await;
            assert_eq!(largest_of(&device, 20).await, mtu - HEADERS);
        }
        let received = device.media.lock().unwrap().video.clone();
        for (number, (key, frame)) in received.iter().enumerate() {
            assert!(!*key || number == 0, "nothing was lost by the change");
            assert!(*frame == source::pattern(number, source::length(*key)));
        }
        stop(handle, probe).await;
    });
}

#[test]
fn what_a_router_says_about_its_narrow_link_is_obeyed() {
    let Some(hosts) = Hosts::new() else { return };
    let (a, router) = (&hosts.a, &hosts.b);
    let Some(behind) = Hosts::new() else { return };
    let far = &behind.b;
    ip(&format!(
        "link add vc netns {router} type veth peer name vd netns {far}"
    ));
    for (namespace, link, host) in [(router, "vc", 1), (far, "vd", 2)] {
        ip(&format!(
            "-n {namespace} addr add 10.78.0.{host}/24 dev {link}"
        ));
        ip(&format!("-n {namespace} link set {link} mtu 1300 up"));
    }
    ip(&format!("-n {a} route add 10.78.0.0/24 via 10.77.0.2"));
    ip(&format!("-n {far} route add 10.77.0.1/32 via 10.78.0.1"));
    let forward = "echo 1 > /proc/sys/net/ipv4/ip_forward";
    ip_exec(router, forward);
    let script = Script::default();
    between(a, far, "10.78.0.2:0", script, |device| async move {
        let (handle, probe) = start(device.address, MirrorOptions::default());
        until(&handle, is_streaming).await;
        largest_of(&device, 20).await;
        assert_eq!(largest_of(&device, 20).await, 1300 - HEADERS);
        assert_eq!(device.seen().offered.len(), 1, "the streams go on");
        stop(handle, probe).await;
    });
}

fn ip_exec(namespace: &str, script: &str) {
    let status = Process::new("ip")
        .args(["netns", "exec", namespace, "sh", "-c", script])
        .status();
    assert!(status.is_ok_and(|status| status.success()), "{script}");
}

#[test]
fn a_way_that_swallows_large_packets_gets_new_streams_of_smaller_ones() {
    let Some(hosts) = Hosts::new() else { return };
    drop_in(&hosts.b, "input", "meta l4proto udp meta length > 1300");
    let script = Script::default();
    let (a, b) = (&hosts.a, &hosts.b);
    between(a, b, "10.77.0.2:0", script, |device| async move {
        let (handle, probe) = start(device.address, MirrorOptions::default());
        until(&handle, is_streaming).await;
        until(&handle, |state| {
            matches!(state, SessionState::Recovering(_, Trouble::SmallerPackets))
        })
        .await;
        until(&handle, is_streaming).await;
        assert_eq!(largest_of(&device, 30).await, 1200 - ROOM);
        assert!(is_streaming(&handle.state().borrow()));
        assert_eq!(device.count("LAUNCH"), 1, "the app goes on");
        assert_eq!(device.seen().offered.len(), 2);
        stop(handle, probe).await;
    });
}

#[test]
fn packets_lose_their_mark_where_marked_ones_vanish() {
    let Some(hosts) = Hosts::new() else { return };
    drop_in(&hosts.b, "input", "ip dscp af41");
    let script = Script {
        marks: true,
        ..Script::default()
    };
    let (a, b) = (&hosts.a, &hosts.b);
    between(a, b, "10.77.0.2:0", script, |device| async move {
        let (handle, probe) = start(device.address, MirrorOptions::default());
        until(&handle, is_streaming).await;
        largest_of(&device, 30).await;
        until(&handle, is_streaming).await;
        stop(handle, probe).await;
    });
}

#[test]
fn what_the_firewall_here_keeps_back_is_counted_under_its_name() {
    let Some(hosts) = Hosts::new() else { return };
    let a = &hosts.a;
    let script = Script::default();
    between(a, &hosts.b, "10.77.0.2:0", script, |device| async move {
        let (handle, probe) = start(device.address, MirrorOptions::default());
        until(&handle, is_streaming).await;
        largest_of(&device, 10).await;
        assert_eq!(handle.stats().borrow().unsent.total(), 0);
        drop_in(a, "output", "meta l4proto udp");
        let mut numbers = handle.stats();
        let counted = numbers.wait_for(|stats| stats.unsent.of(SendFault::NotPermitted) > 0);
        let stats = timeout(LIMIT, counted).await.unwrap().unwrap().clone();
        assert!(stats.dropped["send_not_permitted"] > 0);
        assert_eq!(stats.dropped["send_errors"], stats.unsent.total());
        nft(a, "flush ruleset");
        largest_of(&device, 10).await;
        stop(handle, probe).await;
    });
}
