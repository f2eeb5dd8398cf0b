// SPDX-License-Identifier: GPL-3.0-or-later
//! Real mDNS between two hosts: what one announces, the other lists.

use std::sync::Arc;
use std::time::{Duration, Instant};

use telecast::discovery::{
    Advertisement, Advertiser, Capabilities, Device, DeviceEvent, DeviceKind, Discovery,
    DiscoveryHandle, DiscoveryOptions,
};
use tokio::net::UdpSocket;
use tokio::sync::broadcast::Receiver;
use tokio::sync::oneshot;

use super::netns::{Hosts, inside, ip};

/// How long a change may take to be noticed at all.
const PATIENCE: Duration = Duration::from_secs(10);

fn advertisement() -> Advertisement {
    Advertisement {
        id: "00112233445566778899aabbccddeeff".into(),
        name: "Küche ⚡ TV".into(),
        model: "Telecast".into(),
        capabilities: Capabilities(5),
        busy: false,
        status: String::new(),
        port: 8010,
        address: None,
    }
}

/// The first list that satisfies `wanted`, and how long that took.
async fn list_until(
    discovery: &DiscoveryHandle,
    within: Duration,
    wanted: impl Fn(&[Device]) -> bool,
) -> (Arc<[Device]>, Duration) {
    let start = Instant::now();
    let mut lists = discovery.watch();
    let found = tokio::time::timeout(within, lists.wait_for(|list| wanted(list))).await;
    let list = found.unwrap_or_else(|_| {
        panic!(
            "not within {within:?}; the list is {:?}",
            discovery.devices()
        )
    });
    (list.expect("the search goes on").clone(), start.elapsed())
}

/// The first list with a device in it, and how long that took.
async fn first_list(discovery: &DiscoveryHandle) -> (Arc<[Device]>, Duration) {
    list_until(discovery, PATIENCE, |list| !list.is_empty()).await
}

/// Announces on the host `b` while the host `a` searches.
fn on_both<A: Future<Output = ()>, S: Future<Output = ()>>(
    hosts: &Hosts,
    announce: impl FnOnce() -> A + Send,
    search: impl FnOnce() -> S + Send,
) {
    std::thread::scope(|scope| {
        scope.spawn(|| inside(&hosts.b, announce));
        inside(&hosts.a, search);
    });
}

fn drain(events: &mut Receiver<DeviceEvent>) -> Vec<DeviceEvent> {
    std::iter::from_fn(|| events.try_recv().ok()).collect()
}

#[test]
fn a_device_is_found_updated_and_lost_over_a_real_network() {
    let Some(hosts) = Hosts::new() else { return };
    let (found, wait_found) = oneshot::channel();
    let (updated, wait_updated) = oneshot::channel();
    on_both(
        &hosts,
        || async {
            let advertiser = Advertiser::start(advertisement(), None).expect("mDNS works");
            wait_found.await.expect("the other side found it");
            advertiser.update(|advertisement| {
                advertisement.busy = true;
                advertisement.status = "Casting a screen".into();
            });
            wait_updated.await.expect("the other side saw it");
            advertiser.stop().await;
        },
        || async {
            let discovery = Discovery::start(DiscoveryOptions::default());
            let mut events = discovery.events();
            let (list, _) = first_list(&discovery).await;
            let device = &list[0];
            assert_eq!(device.id, "00112233445566778899aabbccddeeff");
            assert_eq!(
                (device.name.as_str(), device.model.as_str()),
                ("Küche ⚡ TV", "Telecast")
            );
            assert_eq!(
                (device.kind, device.busy, device.port()),
                (DeviceKind::Tv, false, 8010)
            );
            assert_eq!(
                device
                    .best()
                    .map(|endpoint| endpoint.ip.to_string())
                    .as_deref(),
                Some("10.77.0.2")
            );
            assert_eq!(
                device
                    .best()
                    .and_then(|endpoint| endpoint.interface.as_deref()),
                Some("va")
            );

            found.send(()).expect("the announcer waits");
            let (list, took) =
                list_until(&discovery, PATIENCE, |list| list.iter().any(|d| d.busy)).await;
            assert_eq!(list[0].status, "Casting a screen");
            assert!(took < Duration::from_secs(3), "{took:?}");

            drain(&mut events);
            updated.send(()).expect("the announcer waits");
            // One second by the library, one of grace.
            let (_, took) = list_until(&discovery, PATIENCE, <[Device]>::is_empty).await;
            assert!(
                took > Duration::from_millis(1500),
                "no grace was given: {took:?}"
            );
            assert!(took < Duration::from_secs(5), "{took:?}");
            assert!(
                matches!(drain(&mut events).last(), Some(DeviceEvent::Removed(id)) if id.starts_with("0011"))
            );
            discovery.stop().await;
        },
    );
}

#[test]
fn a_device_that_is_there_is_listed_within_a_second() {
    let Some(hosts) = Hosts::new() else { return };
    let (done, wait_done) = oneshot::channel::<()>();
    let (ready, wait_ready) = oneshot::channel();
    on_both(
        &hosts,
        || async {
            let advertiser = Advertiser::start(advertisement(), None).expect("mDNS works");
            // Probing is over after three questions.
            tokio::time::sleep(Duration::from_secs(2)).await;
            ready.send(()).expect("the other side waits");
            wait_done.await.expect("the other side is done");
            advertiser.stop().await;
        },
        || async {
            wait_ready.await.expect("announced");
            let discovery = Discovery::start(DiscoveryOptions::default());
            let (_, took) = first_list(&discovery).await;
            assert!(took < Duration::from_secs(1), "{took:?}");
            discovery.stop().await;
            done.send(()).expect("the announcer waits");
        },
    );
}

#[test]
fn a_device_that_has_just_spoken_to_all_answers_a_newcomer_all_the_same() {
    let Some(hosts) = Hosts::new() else { return };
    let (done, wait_done) = oneshot::channel::<()>();
    let (ready, wait_ready) = oneshot::channel();
    on_both(
        &hosts,
        || async {
            let advertiser = Advertiser::start(advertisement(), None).expect("mDNS works");
            tokio::time::sleep(Duration::from_secs(4)).await;
            // What a device does at the end of a cast. For a second it multicasts nothing else.
            advertiser.update(|advertisement| advertisement.busy = true);
            tokio::time::sleep(Duration::from_millis(150)).await;
            ready.send(()).expect("the other side waits");
            wait_done.await.expect("the other side is done");
            advertiser.stop().await;
        },
        || async {
            wait_ready.await.expect("announced");
            let discovery = Discovery::start(DiscoveryOptions::default());
            let (list, took) = first_list(&discovery).await;
            assert!(took < Duration::from_millis(600), "{took:?}");
            let best = list[0].best().expect("an address").to_string();
            assert_eq!((best.as_str(), list[0].busy), ("10.77.0.2:8010", true));
            // Much longer than what came by unicast counts: mDNS has heard of it by then.
            tokio::time::sleep(Duration::from_secs(11)).await;
            assert_eq!(discovery.devices().len(), 1);
            discovery.stop().await;
            done.send(()).expect("the announcer waits");
        },
    );
}

/// The answer of a device to a question of this number, whole names in each record.
fn unicast_answer(id: [u8; 2]) -> Vec<u8> {
    let name = |labels: &[&str]| {
        let mut bytes = Vec::new();
        for label in labels {
            bytes.push(label.len() as u8);
            bytes.extend_from_slice(label.as_bytes());
        }
        bytes.push(0);
        bytes
    };
    let service = name(&["_googlecast", "_tcp", "local"]);
    let instance = name(&["TV-00aa", "_googlecast", "_tcp", "local"]);
    let host = name(&["tv", "local"]);
    let text = b"\x05id=aa\x05fn=TV".to_vec();
    let records = [
        (&service, 12_u16, instance.clone()),
        (
            &instance,
            33,
            [&[0, 0, 0, 0, 0x1f, 0x49], host.as_slice()].concat(),
        ),
        (&instance, 16, text),
        (&host, 1, vec![10, 77, 0, 2]),
    ];
    let mut bytes = vec![
        id[0],
        id[1],
        0x84,
        0,
        0,
        0,
        0,
        records.len() as u8,
        0,
        0,
        0,
        0,
    ];
    for (owner, kind, data) in records {
        bytes.extend(owner);
        bytes.extend(kind.to_be_bytes());
        bytes.extend([0, 1, 0, 0, 0, 10]);
        bytes.extend((data.len() as u16).to_be_bytes());
        bytes.extend(data);
    }
    bytes
}

#[test]
fn a_device_that_multicast_does_not_reach_is_found_where_it_was_before() {
    let Some(hosts) = Hosts::new() else { return };
    let (done, mut wait_done) = oneshot::channel::<()>();
    let (ready, wait_ready) = oneshot::channel();
    on_both(
        &hosts,
        || async {
            // Bound to the address, so what is sent to the group does not arrive.
            let socket = UdpSocket::bind("10.77.0.2:5353").await.expect("a socket");
            ready.send(()).expect("the other side waits");
            let mut question = [0; 512];
            loop {
                tokio::select! {
                    _ = &mut wait_done => break,
                    asked = socket.recv_from(&mut question) => {
                        let (_, from) = asked.expect("a question");
                        let answer = unicast_answer([question[0], question[1]]);
                        socket.send_to(&answer, from).await.expect("the answer leaves");
                    }
                }
            }
        },
        || async {
            wait_ready.await.expect("it listens");
            let search = |hints: &[&str]| {
                Discovery::start(DiscoveryOptions {
                    hints: hints
                        .iter()
                        .map(|ip| ip.parse().expect("an address"))
                        .collect(),
                    ..DiscoveryOptions::default()
                })
            };
            let nowhere = search(&[]);
            tokio::time::sleep(Duration::from_millis(700)).await;
            assert_eq!(nowhere.devices().len(), 0);
            nowhere.stop().await;
            let here = search(&["10.77.0.9", "10.77.0.2", "fd00::1"]);
            let (list, took) = first_list(&here).await;
            assert!(took < Duration::from_millis(600), "{took:?}");
            assert_eq!((list[0].id.as_str(), list[0].port()), ("aa", 8009));
            here.stop().await;
            done.send(()).expect("the other side waits");
        },
    );
}

#[test]
fn interfaces_that_come_later_are_noticed_at_once() {
    let Some(hosts) = Hosts::new() else { return };
    let (a, b) = (hosts.a.clone(), hosts.b.clone());
    // Nobody has an address at first; both sides are running when the network appears.
    ip(&format!("-n {a} addr flush dev va"));
    ip(&format!("-n {a} link set va down"));
    let (done, wait_done) = oneshot::channel::<()>();
    on_both(
        &hosts,
        || async {
            let advertiser = Advertiser::start(advertisement(), None).expect("mDNS works");
            wait_done.await.expect("the other side is done");
            advertiser.stop().await;
        },
        || async {
            let discovery = Discovery::start(DiscoveryOptions::default());
            tokio::time::sleep(Duration::from_secs(1)).await;
            assert!(discovery.devices().is_empty());
            ip(&format!("-n {a} link set va up"));
            ip(&format!("-n {a} addr add 10.77.0.1/24 dev va"));
            ip(&format!("-n {a} route add default dev va"));
            let (_, took) = first_list(&discovery).await;
            assert!(took < Duration::from_secs(2), "{took:?}");

            // A second network between the same hosts: the device shows its new address there.
            ip(&format!(
                "link add wa netns {a} type veth peer name wb netns {b}"
            ));
            for (namespace, device, address) in
                [(&b, "wb", "10.78.0.2/24"), (&a, "wa", "10.78.0.1/24")]
            {
                ip(&format!("-n {namespace} link set {device} up"));
                ip(&format!("-n {namespace} addr add {address} dev {device}"));
            }
            let has = |list: &[Device], ip: &str| {
                list.iter()
                    .flat_map(|device| &device.endpoints)
                    .any(|endpoint| endpoint.ip.to_string() == ip)
            };
            let (_, took) = list_until(&discovery, PATIENCE, |list| has(list, "10.78.0.2")).await;
            assert!(took < Duration::from_secs(3), "{took:?}");

            // And when all networks are gone, the device is too.
            let mut events = discovery.events();
            ip(&format!("-n {a} link del wa"));
            ip(&format!("-n {a} link del va"));
            let (_, took) = list_until(&discovery, PATIENCE, <[Device]>::is_empty).await;
            assert!(took < Duration::from_secs(5), "{took:?}");
            assert!(matches!(
                drain(&mut events).last(),
                Some(DeviceEvent::Removed(_))
            ));
            discovery.stop().await;
            done.send(()).expect("the announcer waits");
        },
    );
}

#[tokio::test]
async fn a_manual_host_is_listed_with_its_address_and_the_search_stops_cleanly() {
    let options = DiscoveryOptions {
        hosts: vec!["127.0.0.1:9".parse().unwrap()],
        ..Default::default()
    };
    let discovery = Discovery::start(options);
    let is_there = |list: &[Device], host: &str| {
        list.iter().any(|device| {
            device.name == host && !device.hosts.is_empty() && device.best().is_some()
        })
    };
    list_until(&discovery, Duration::from_secs(5), |list| {
        is_there(list, "127.0.0.1:9")
    })
    .await;
    discovery.add_host("localhost:10".parse().unwrap()).await;
    list_until(&discovery, Duration::from_secs(5), |list| {
        is_there(list, "localhost:10")
    })
    .await;
    discovery.remove_host("localhost:10".parse().unwrap()).await;
    list_until(&discovery, Duration::from_secs(5), |list| {
        !is_there(list, "localhost:10")
    })
    .await;
    let mut list = discovery.watch();
    tokio::time::timeout(Duration::from_secs(5), discovery.stop())
        .await
        .expect("it stops");
    list.borrow_and_update();
    assert!(
        list.changed().await.is_err(),
        "nobody is left who could change the list"
    );
}
