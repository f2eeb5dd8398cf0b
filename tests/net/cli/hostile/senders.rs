// SPDX-License-Identifier: GPL-3.0-or-later
//! Senders that mean harm, and what a receiver has to bear.

use std::net::IpAddr;

use serde_json::json;
use telecast::cast::channel::message::CastMessage;
use telecast::cast::channel::namespace;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpSocket, TcpStream, UdpSocket};

use super::super::super::receive::{MIRRORING, media_port, recorded_offer};
use super::super::super::sender::{ME, Sender};
use super::*;

/// What a receiver may grow by: a few connections with a message each, their TLS, and the media's buffers.
const GROWTH_KB: u64 = 48 << 10;

fn host(last: u8) -> IpAddr {
    [127, 0, 0, last].into()
}

async fn receiver(arguments: &[&str]) -> (Telecast, SocketAddr) {
    let all = [RECEIVE, &["--accept", "any", "--stats", "json"], arguments].concat();
    let mut receiver = Telecast::start(&all);
    let address = receiver.says("Listening on ").await;
    (receiver, address.parse().expect("an address"))
}

async fn stop(receiver: Telecast) {
    receiver.signal(Signal::INT);
    let ended = receiver.end().await;
    ended.succeeded();
}

/// A sender at this host whose cast is set up; where its media are to go.
async fn casting(address: SocketAddr, from: IpAddr) -> (Sender, String, SocketAddr) {
    let mut sender = Sender::connect_from(from, address).await;
    let transport = sender.launch(MIRRORING).await;
    let offer = recorded_offer("openscreen-vp8");
    let media = media_port(&sender.offer(&transport, 1, &offer).await);
    (sender, transport, media)
}

/// The application still runs, and is this one.
async fn still_runs(sender: &mut Sender, transport: &str) {
    let ask = json!({ "type": "GET_STATUS", "requestId": 4242 });
    sender
        .send(ME, "receiver-0", namespace::RECEIVER, &ask)
        .await;
    let status = sender.wait_for(|value| value["requestId"] == 4242).await;
    assert_eq!(
        status["status"]["applications"][0]["transportId"],
        transport
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bombs_floods_and_halves_cost_little_and_others_are_served() {
    let (tv, address) = receiver(&[]).await;
    let (mut honest, transport, _) = casting(address, host(1)).await;
    let before = tv.burden();

    // Connections that never say a word, hundreds of them; and some that stop in the middle of a message.
    let mut held = Vec::new();
    for _ in 0..300 {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((host(2), 0).into()).unwrap();
        held.push(socket.connect(address).await.unwrap());
    }
    drop(held);
    let mut halves = Vec::new();
    for _ in 0..3 {
        let mut half = Sender::connect_from(host(3), address).await;
        half.stream
            .write_all(&[0, 0, 0x40, 0, 8, 0, 18])
            .await
            .unwrap();
        half.stream.flush().await.unwrap();
        halves.push(half);
    }
    // Messages as large and deep as can be, without ids, with ids that jump.
    let room = 64_000;
    let ids = ["-1", "4294967296", "1e300", "null", "\"1\"", "[]", "{}"];
    let mut texts = vec![
        "[".repeat(room),
        r#"{"a":"#.repeat(room / 5),
        format!("[{}0]", "0,".repeat(room / 2 - 2)),
        format!(
            r#"{{"type":"LAUNCH","requestId":1,"appId":"{}"}}"#,
            "x".repeat(room)
        ),
        r#"{"type":"LAUNCH","appId":"0F5096E8"}"#.to_owned(),
        r#"{"type":"STOP","sessionId":"not-this-one","requestId":1}"#.to_owned(),
        r#"{"type":"OFFER","offer":{}}"#.to_owned(),
    ];
    texts
        .extend(ids.map(|id| format!(r#"{{"type":"GET_STATUS","requestId":{id},"seqNum":{id}}}"#)));
    let mut bomber = Sender::connect_from(host(4), address).await;
    let connect = json!({ "type": "CONNECT" });
    bomber
        .send(ME, "receiver-0", namespace::CONNECTION, &connect)
        .await;
    bomber
        .send(ME, &transport, namespace::CONNECTION, &connect)
        .await;
    let app = transport.clone();
    let bombs = tokio::spawn(async move {
        for text in texts
            .iter()
            .filter(|text| !text.contains("LAUNCH\",\"appId\":\"0F"))
        {
            for (to, namespace) in [
                ("receiver-0", namespace::RECEIVER),
                (app.as_str(), namespace::WEBRTC),
                ("receiver-0", namespace::SETUP),
                ("receiver-0", namespace::HEARTBEAT),
            ] {
                let message = CastMessage::text(ME, to, namespace, text.as_str());
                if bomber
                    .stream
                    .write_all(&message.encode().unwrap())
                    .await
                    .is_err()
                {
                    return;
                }
            }
        }
        // The receiver takes its time; what it answers is never read.
        tokio::time::sleep(Duration::from_secs(2)).await;
    });
    // One that asks for ever and reads nothing.
    let mut flood = Sender::connect_from(host(5), address).await;
    let ping = CastMessage::text(ME, "receiver-0", namespace::HEARTBEAT, r#"{"type":"PING"}"#);
    let pings = ping.encode().unwrap().repeat(20_000);
    let flooding = tokio::spawn(async move {
        timeout(Duration::from_secs(4), flood.stream.write_all(&pings))
            .await
            .is_ok()
    });
    bombs.await.unwrap();
    still_runs(&mut honest, &transport).await;
    flooding.await.unwrap();
    still_runs(&mut honest, &transport).await;
    drop(halves);
    tv.burden().grew_at_most(&before, GROWTH_KB);
    let busy = tv.idles(Duration::from_secs(2)).await;
    assert!(busy < Duration::from_millis(1500), "{busy:?} of 2 s");
    stop(tv).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_cannot_speak_for_another_or_end_its_cast_by_the_wrong_name() {
    let (mut tv, address) = receiver(&[]).await;
    let (mut honest, transport, media) = casting(address, host(1)).await;
    let mut thief = Sender::connect_from(host(2), address).await;
    let connect = json!({ "type": "CONNECT" });
    for to in ["receiver-0", transport.as_str()] {
        // As itself, with the other's name on its own connection.
        thief.send(ME, to, namespace::CONNECTION, &connect).await;
    }
    for (to, namespace, words) in [
        (
            transport.as_str(),
            namespace::CONNECTION,
            json!({ "type": "CLOSE" }),
        ),
        (
            "receiver-0",
            namespace::CONNECTION,
            json!({ "type": "CLOSE" }),
        ),
        (
            "receiver-0",
            namespace::RECEIVER,
            json!({ "type": "STOP", "requestId": 1, "sessionId": "run-0" }),
        ),
        (
            "receiver-0",
            namespace::RECEIVER,
            json!({ "type": "LAUNCH", "requestId": 2, "appId": "CC1AD845" }),
        ),
        (
            transport.as_str(),
            namespace::WEBRTC,
            json!({ "type": "OFFER", "seqNum": 1, "offer": { "supportedStreams": [] } }),
        ),
    ] {
        thief.send(ME, to, namespace, &words).await;
    }
    // To the port of the other's media, from elsewhere: reports and packets in its name.
    let stranger = UdpSocket::bind((host(2), 0)).await.unwrap();
    for n in 0..500_u32 {
        stranger
            .send_to(&n.to_be_bytes().repeat(60), media)
            .await
            .unwrap();
    }
    drop(thief);
    still_runs(&mut honest, &transport).await;
    tv.prints("strangers are counted", |stats| {
        stats["strangers"].as_u64().is_some_and(|count| count > 100)
    })
    .await;
    let mut answer = [0; 64];
    assert!(
        stranger.try_recv_from(&mut answer).is_err(),
        "nobody answers a stranger"
    );
    still_runs(&mut honest, &transport).await;
    stop(tv).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_streams_of_one_ssrc_are_refused() {
    let (tv, address) = receiver(&[]).await;
    let mut sender = Sender::connect_from(host(1), address).await;
    let transport = sender.launch(MIRRORING).await;
    let mut offer = recorded_offer("openscreen-vp8");
    for stream in offer["supportedStreams"].as_array_mut().unwrap() {
        stream["ssrc"] = json!(4711);
    }
    let answer = sender.offer(&transport, 1, &offer).await;
    assert_eq!(answer["error"]["code"], 10_092, "{answer}");
    still_runs(&mut sender, &transport).await;
    stop(tv).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_listens_where_and_as_long_as_it_was_asked_to() {
    let all = [
        "receive",
        "--headless",
        "--listen",
        "127.0.0.5",
        "--port",
        "0",
        "--accept",
        "any",
        "--duration",
        "12",
    ];
    let mut tv = Telecast::start(&all);
    let address = tv.says("Listening on ").await;
    let address: SocketAddr = address.parse().expect("an address");
    assert_eq!(address.ip(), host(5));
    let (_sender, _, media) = casting(address, host(1)).await;
    for elsewhere in [host(1), host(6)] {
        let there = SocketAddr::new(elsewhere, address.port());
        assert!(TcpStream::connect(there).await.is_err(), "{there}");
        // Only its own address is taken.
        UdpSocket::bind((elsewhere, media.port()))
            .await
            .expect("a free port");
    }
    assert!(
        UdpSocket::bind((host(5), media.port())).await.is_err(),
        "its media port"
    );
    let ended = tv.end().await;
    ended.succeeded();
    assert!(
        TcpStream::connect(address).await.is_err(),
        "nobody listens any more"
    );
    UdpSocket::bind((host(5), media.port()))
        .await
        .expect("the media port is closed");
}
