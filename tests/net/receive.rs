// SPDX-License-Identifier: GPL-3.0-or-later
//! The receiver over real sockets: a scripted sender casts recorded media to it, and misbehaves.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use telecast::cast::channel::namespace;
use telecast::discovery::{Device, DeviceKind, Discovery, DiscoveryOptions};
use telecast::receiver::{
    ListenError, Picture, Receiver, ReceiverError, ReceiverHandle, ReceiverOptions, ReceiverState,
    Screen,
};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpStream, UdpSocket};
use tokio::sync::oneshot;

use super::netns::{Hosts, inside};
use super::recording::Recording;
use super::sender::{ME, Sender};

pub const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
pub const MIRRORING: &str = "0F5096E8";
const LONG: Duration = Duration::from_secs(10);

pub fn options() -> ReceiverOptions {
    ReceiverOptions {
        name: "Test TV".into(),
        listen: LOCALHOST,
        port: 0,
        advertise: false,
        play_sound: false,
        ..ReceiverOptions::default()
    }
}

pub async fn start(options: ReceiverOptions) -> ReceiverHandle {
    Receiver::start(options).await.expect("the receiver starts")
}

pub async fn state(receiver: &ReceiverHandle, wanted: ReceiverState) {
    let mut status = receiver.status();
    let reached =
        tokio::time::timeout(LONG, status.wait_for(|status| status.state == wanted)).await;
    assert!(
        reached.is_ok(),
        "{wanted:?} is not reached, it is {:?}",
        receiver.status().borrow().clone()
    );
}

/// The OFFER of a recorded session.
pub fn recorded_offer(name: &str) -> Value {
    let path = format!(
        "{}/tests/data/sessions/{name}/messages.jsonl",
        env!("CARGO_MANIFEST_DIR")
    );
    let messages = std::fs::read_to_string(path).unwrap();
    let payloads = messages.lines().filter_map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        serde_json::from_str::<Value>(line["payload"].as_str()?).ok()
    });
    let mut offers = payloads.filter(|payload| payload["type"] == "OFFER");
    offers.next().expect("the recording has an OFFER")["offer"].clone()
}

/// Sends what the recorded sender sent to `to`, at its times. Feedback that comes back is counted.
async fn replay(recording: &Recording, to: SocketAddr) -> usize {
    let socket = UdpSocket::bind((LOCALHOST, 0)).await.unwrap();
    let start = tokio::time::Instant::now();
    let (mut feedback, mut buffer) = (0, [0; 2048]);
    for datagram in recording.sent() {
        tokio::time::sleep_until(start + datagram.at).await;
        socket.send_to(&datagram.payload, to).await.unwrap();
        while socket.try_recv_from(&mut buffer).is_ok() {
            feedback += 1;
        }
    }
    feedback
}

pub fn media_port(answer: &Value) -> SocketAddr {
    assert_eq!(answer["result"], "ok", "{answer}");
    let port = answer["answer"]["udpPort"].as_u64().expect("a port");
    SocketAddr::new(LOCALHOST, u16::try_from(port).unwrap())
}

/// Offers streams that are accepted; where they are to be sent.
async fn offer(sender: &mut Sender, transport: &str) -> SocketAddr {
    let streams = recorded_offer("openscreen-vp8");
    media_port(&sender.offer(transport, 1, &streams).await)
}

#[derive(Default)]
struct CountingScreen {
    started: AtomicUsize,
    shown: AtomicUsize,
    stopped: AtomicUsize,
}

impl Screen for CountingScreen {
    fn started(&self, _: IpAddr) {
        self.started.fetch_add(1, Ordering::Relaxed);
    }
    fn show(&self, picture: Picture) {
        assert_eq!(
            picture.rgba.len(),
            picture.width as usize * picture.height as usize * 4
        );
        self.shown.fetch_add(1, Ordering::Relaxed);
    }
    fn stopped(&self) {
        self.stopped.fetch_add(1, Ordering::Relaxed);
    }
}

async fn recorded_session_is_shown(name: &'static str, codec: &str) {
    let recording = Recording::load(name);
    let screen = Arc::new(CountingScreen::default());
    let receiver = start(ReceiverOptions {
        screen: Some(screen.clone()),
        ..options()
    })
    .await;
    let mut sender = Sender::connect(receiver.address()).await;
    let transport = sender.launch(MIRRORING).await;
    state(&receiver, ReceiverState::Launched).await;
    let answer = sender.offer(&transport, 1, &recorded_offer(name)).await;
    let media = media_port(&answer);
    assert!(answer["answer"]["constraints"]["video"]["maxDimensions"]["width"].is_u64());

    let feedback = replay(&recording, media).await;
    state(&receiver, ReceiverState::Streaming).await;
    // The last frames wait for their playout time.
    tokio::time::sleep(Duration::from_millis(1800)).await;
    let stats = receiver.stats().borrow().clone();
    assert!(feedback > 10, "{feedback} datagrams of feedback");
    assert_eq!(
        (stats.codec, stats.width, stats.height),
        (Some(codec), Some(1280), Some(720))
    );
    assert_eq!(stats.skipped, 0);
    assert_eq!(stats.sender, Some(LOCALHOST));
    let audio = stats.audio.expect("there is sound");
    assert!(
        audio.decoded > 100 && audio.skipped == 0 && audio.level > Some(0.0),
        "{audio:?}"
    );
    let shown = screen.shown.load(Ordering::Relaxed);
    let seconds = recording.sent().last().unwrap().at.as_secs_f64();
    // Half of what was sent: on a busy machine the newest picture replaces one that was not shown in time.
    assert!(
        shown as f64 > 0.5 * 30.0 * seconds,
        "{shown} pictures in {seconds} s"
    );
    let picture = receiver.snapshot().expect("a picture");
    assert_eq!((picture.width, picture.height), (1280, 720));
    let distinct: std::collections::HashSet<&[u8]> = picture.rgba.chunks(4).collect();
    assert!(distinct.len() > 100, "the picture is not empty");

    sender.stop().await;
    state(&receiver, ReceiverState::Idle).await;
    assert_eq!(screen.started.load(Ordering::Relaxed), 1);
    assert_eq!(screen.stopped.load(Ordering::Relaxed), 1);
    receiver.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recorded_vp8_session_is_decoded_and_shown() {
    recorded_session_is_shown("openscreen-vp8", "vp8").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recorded_vp9_session_is_decoded_and_shown() {
    recorded_session_is_shown("openscreen-vp9", "vp9").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recorded_av1_session_is_decoded_and_shown() {
    recorded_session_is_shown("openscreen-av1", "av1").await;
}

#[test]
fn a_receiver_is_found_by_its_announcement_and_says_when_it_is_busy() {
    let Some(hosts) = Hosts::new() else { return };
    let (done, wait_done) = oneshot::channel::<()>();
    std::thread::scope(|scope| {
        let b = &hosts.b;
        scope.spawn(move || {
            inside(b, || async {
                let listen = "::".parse().unwrap();
                let receiver = start(ReceiverOptions {
                    advertise: true,
                    listen,
                    ..options()
                })
                .await;
                wait_done.await.expect("the other side is done");
                receiver.stop().await;
            });
        });
        inside(&hosts.a, || async {
            let discovery = Discovery::start(DiscoveryOptions::default());
            let mut devices = discovery.watch();
            let mut wait = async |what: &str, wanted: &dyn Fn(&Device) -> bool| {
                let found = devices.wait_for(|list| list.iter().any(wanted));
                let found = tokio::time::timeout(LONG, found).await;
                let list = found
                    .unwrap_or_else(|_| panic!("waited in vain: {what}"))
                    .unwrap();
                list.iter().find(|device| wanted(device)).unwrap().clone()
            };
            let device = wait("found", &|device| device.name == "Test TV" && !device.busy).await;
            assert_eq!(device.kind, DeviceKind::Tv);
            let mut sender = Sender::connect(device.best().unwrap().socket_addr()).await;
            let transport = sender.launch(MIRRORING).await;
            wait("busy", &|device| device.busy && !device.status.is_empty()).await;
            offer(&mut sender, &transport).await;
            sender.stop().await;
            wait("idle", &|device| !device.busy).await;
            discovery.stop().await;
            done.send(()).expect("the receiver waits");
        });
    });
}

#[tokio::test]
async fn a_new_offer_replaces_the_streams_after_its_answer() {
    let receiver = start(options()).await;
    let mut sender = Sender::connect(receiver.address()).await;
    let transport = sender.launch(MIRRORING).await;
    let offer = recorded_offer("openscreen-vp8");
    let first = media_port(&sender.offer(&transport, 1, &offer).await);
    let bad = sender
        .offer(&transport, 2, &json!({ "supportedStreams": [] }))
        .await;
    assert_eq!(
        (&bad["result"], &bad["error"]["code"]),
        (&json!("error"), &json!(10107))
    );
    // The first streams are still there: their port is taken.
    assert!(std::net::UdpSocket::bind(first).is_err());
    let second = media_port(&sender.offer(&transport, 3, &offer).await);
    assert_ne!(first, second);
    let freed = tokio::time::timeout(LONG, async {
        while std::net::UdpSocket::bind(first).is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    freed.await.expect("the old port is closed");
    receiver.stop().await;
}

#[tokio::test]
async fn a_port_in_use_is_a_clear_error() {
    let taken = std::net::TcpListener::bind((LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = Receiver::start(ReceiverOptions { port, ..options() })
        .await
        .expect_err("the port is taken");
    assert!(
        matches!(error, ReceiverError::Listen(ListenError::PortInUse(p)) if p == port),
        "{error:?}"
    );
}

#[tokio::test]
async fn garbage_floods_and_half_messages_do_not_hurt() {
    let receiver = start(options()).await;
    let address = receiver.address();
    // No TLS at all, and a connection that says nothing.
    let mut garbage = TcpStream::connect(address).await.unwrap();
    garbage.write_all(&[0x5a; 4096]).await.unwrap();
    let silent = TcpStream::connect(address).await.unwrap();
    // A header that announces too much, half a message, a message that is none.
    for bytes in [&[0xff; 64][..], &[0, 0, 1, 0, 8, 0], &[0, 0, 0, 3, 9, 9, 9]] {
        let mut sender = Sender::connect(address).await;
        sender.stream.write_all(bytes).await.unwrap();
        sender.stream.flush().await.unwrap();
        if bytes[0] == 0xff || bytes[3] == 3 {
            assert!(
                sender.receive().await.is_none(),
                "the receiver closes the connection"
            );
        }
    }
    // Somebody who sends much, reads nothing and goes.
    let mut flood = Sender::connect(address).await;
    let ping = telecast::cast::channel::message::CastMessage::text(
        ME,
        "receiver-0",
        namespace::HEARTBEAT,
        r#"{"type":"PING"}"#,
    );
    let many = ping.encode().unwrap().repeat(2000);
    let flooded = tokio::spawn(async move {
        // Slowed down by the receiver: it does not end in time, or the connection is closed.
        tokio::time::timeout(Duration::from_secs(2), flood.stream.write_all(&many))
            .await
            .is_ok()
    });
    // Meanwhile others are served, and at once.
    let asked = Instant::now();
    let mut sender = Sender::connect(address).await;
    let transport = sender.launch(MIRRORING).await;
    assert!(
        asked.elapsed() < Duration::from_secs(2),
        "{:?}",
        asked.elapsed()
    );
    // Rubbish to the media port, and to the application.
    let media = offer(&mut sender, &transport).await;
    let udp = UdpSocket::bind((LOCALHOST, 0)).await.unwrap();
    for n in 0..2000_u32 {
        let datagram = n.to_be_bytes().repeat(1 + n as usize % 300);
        udp.send_to(&datagram, media).await.unwrap();
    }
    for text in [
        "",
        "[]",
        "{}",
        "{\"type\":7}",
        "{\"type\":\"OFFER\"}",
        "{\"type\":\"OFFER\",\"seqNum\":5,\"offer\":{}}",
    ] {
        let message = telecast::cast::channel::message::CastMessage::text(
            ME,
            &transport,
            namespace::WEBRTC,
            text,
        );
        sender
            .stream
            .write_all(&message.encode().unwrap())
            .await
            .unwrap();
    }
    let refused = sender
        .wait_for(|value| value["type"] == "ANSWER" && value["seqNum"] == 5)
        .await;
    assert_eq!(refused["error"]["code"], 10092);
    state(&receiver, ReceiverState::Launched).await;
    assert!(flooded.await.is_ok());
    drop((garbage, silent));
    let stopping = Instant::now();
    receiver.stop().await;
    assert!(
        stopping.elapsed() < Duration::from_secs(5),
        "{:?}",
        stopping.elapsed()
    );
    assert!(
        TcpStream::connect(address).await.is_err(),
        "nobody listens any more"
    );
}

#[tokio::test]
async fn one_host_cannot_take_all_connections_for_ever() {
    let receiver = start(options()).await;
    let mut open = Vec::new();
    for _ in 0..8 {
        open.push(Sender::connect(receiver.address()).await);
    }
    let tcp = TcpStream::connect(receiver.address()).await.unwrap();
    let refused = telecast::session::tls::handshake(tcp, Duration::from_secs(2)).await;
    assert!(refused.is_err(), "the ninth is turned away");
    open.clear();
    let again = async {
        loop {
            let tcp = TcpStream::connect(receiver.address()).await.unwrap();
            if telecast::session::tls::handshake(tcp, Duration::from_secs(2))
                .await
                .is_ok()
            {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(LONG, again)
        .await
        .expect("places are given back");
    receiver.stop().await;
}

#[tokio::test]
async fn the_end_of_the_receiver_is_told_to_its_senders() {
    let receiver = start(options()).await;
    let mut sender = Sender::connect(receiver.address()).await;
    let transport = sender.launch(MIRRORING).await;
    offer(&mut sender, &transport).await;
    let stopped = tokio::spawn(receiver.stop());
    sender.wait_for(|value| value["type"] == "CLOSE").await;
    while sender.receive().await.is_some() {}
    tokio::time::timeout(LONG, stopped)
        .await
        .expect("in time")
        .unwrap();
}

#[tokio::test]
async fn a_sender_that_vanishes_ends_its_cast() {
    let receiver = start(options()).await;
    let mut sender = Sender::connect(receiver.address()).await;
    let transport = sender.launch(MIRRORING).await;
    offer(&mut sender, &transport).await;
    state(&receiver, ReceiverState::Launched).await;
    drop(sender);
    state(&receiver, ReceiverState::Idle).await;
    receiver.stop().await;
}
