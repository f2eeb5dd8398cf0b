// SPDX-License-Identifier: GPL-3.0-or-later
//! A network on which thousands of devices are announced, with names that are written to do harm.

use std::net::Ipv4Addr;

use tokio::net::UdpSocket;

use super::super::super::netns::{Hosts, inside};
use super::*;

/// Devices that are announced; more than are kept.
const DEVICES: usize = 3000;
/// Ever so many lists of the most that is kept, and what the search of a quiet network takes, with room.
const MOST_KB: u64 = 160 << 10;
/// What a terminal, a label and a log must never see.
const EVIL: &str = "\u{1b}]0;pwned\u{7}\u{1b}[31m<b>&amp;\u{202e}gnp.exe\r\n";

fn name(labels: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for label in labels {
        bytes.push(label.len() as u8);
        bytes.extend_from_slice(label);
    }
    bytes.push(0);
    bytes
}

fn record(owner: &[u8], kind: u16, data: &[u8]) -> Vec<u8> {
    let mut bytes = owner.to_vec();
    bytes.extend(kind.to_be_bytes());
    bytes.extend([0, 1, 0, 0, 0, 120]);
    bytes.extend((data.len() as u16).to_be_bytes());
    bytes.extend_from_slice(data);
    bytes
}

/// An announcement of one device: PTR, SRV, TXT and A.
fn announcement(number: usize) -> Vec<u8> {
    let service: [&[u8]; 3] = [b"_googlecast", b"_tcp", b"local"];
    let label = format!("{number}{EVIL}");
    let instance = name(&[&[label.as_bytes()], &service[..]].concat());
    let host = name(&[format!("host-{number}").as_bytes(), b"local"]);
    let texts = [
        format!("id={number:032x}"),
        format!("fn={number} {EVIL}"),
        format!("md={EVIL}"),
        "ca=5".to_owned(),
    ];
    let text: Vec<u8> = texts
        .iter()
        .flat_map(|text| [&[text.len() as u8], text.as_bytes()].concat())
        .collect();
    let address = Ipv4Addr::from(0x0a4d_0100 + number as u32).octets();
    [
        [0, 0, 0x84, 0, 0, 0, 0, 4, 0, 0, 0, 0].to_vec(),
        record(&name(&service), 12, &instance),
        record(&instance, 33, &[&[0, 0, 0, 0, 0x1f, 0x49], &*host].concat()),
        record(&instance, 16, &text),
        record(&host, 1, &address),
    ]
    .concat()
}

/// Announces them all, again and again.
async fn announce_for_ever() {
    let socket = UdpSocket::bind("10.77.0.2:5353").await.unwrap();
    loop {
        for number in 0..DEVICES {
            let message = announcement(number);
            socket.send_to(&message, "224.0.0.251:5353").await.unwrap();
            if number % 50 == 0 {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
    }
}

#[test]
fn thousands_of_devices_with_evil_names_are_a_bounded_list_of_harmless_ones() {
    let Some(hosts) = Hosts::new() else { return };
    let (a, b) = (hosts.a.clone(), &hosts.b);
    let (done, over) = tokio::sync::oneshot::channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            inside(b, || async {
                tokio::select! {
                    () = announce_for_ever() => {}
                    ended = over => ended.expect("the other side tells"),
                }
            });
        });
        inside(&hosts.a, || async move {
            let mut all = String::new();
            for arguments in [
                &["devices", "--timeout", "6", "--json"][..],
                &["devices", "--timeout", "6"],
            ] {
                // `ip` becomes the program, in the same process.
                let search = Telecast::start_in(&a, arguments);
                let mut most = 0;
                for _ in 0..10 {
                    tokio::time::sleep(Duration::from_millis(500)).await;
                    // On a slow machine it may have ended.
                    let burden = search.burden_while_it_runs();
                    most = burden.map_or(most, |burden| most.max(burden.most_kb));
                }
                let ended = search.end().await;
                assert_eq!(ended.status.code(), Some(0), "{ended}");
                assert!((1..MOST_KB).contains(&most), "{most} KiB");
                assert!(ended.errors.len() < MAX_LINES, "{:?}", ended.errors.len());
                let lines = ended.output.iter().chain(&ended.errors);
                for line in lines {
                    assert!(
                        !line.contains(['\u{1b}', '\u{7}', '\u{202e}', '\r']),
                        "{line:?}"
                    );
                }
                all.push_str(&ended.output.join("\n"));
                if arguments.contains(&"--json") {
                    let list: Value = serde_json::from_str(&all).expect("JSON");
                    let found = list.as_array().expect("a list").len();
                    assert!(
                        (100..=telecast::discovery::MAX_DEVICES).contains(&found),
                        "{found}"
                    );
                }
            }
            done.send(()).expect("the other side waits");
        });
    });
}
