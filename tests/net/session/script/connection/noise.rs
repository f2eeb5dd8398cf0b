// SPDX-License-Identifier: GPL-3.0-or-later
//! What the device sends that no sender should have to read: no JSON, no end, strange messages.

use std::time::Duration;

use serde_json::Value;
use telecast::cast::channel::message::CastMessage;
use telecast::cast::channel::namespace;
use tokio::io::AsyncWriteExt as _;

use super::Connection;

impl Connection {
    pub(super) async fn babble(&mut self, to: &CastMessage) {
        let (us, them) = (to.destination.as_str(), to.source.as_str());
        let message = CastMessage::text(us, them, to.namespace.as_str(), "\u{1b}{\"type\":");
        self.stream
            .write_all(&message.encode().unwrap())
            .await
            .unwrap();
        self.stream.flush().await.unwrap();
    }

    /// PINGs, which each ask for an answer, until the sender has had enough. It answers to the long id that asks, so that
    /// the kernel's buffers fill soon.
    pub(super) async fn flood(&mut self) {
        let tcp = socket2::SockRef::from(self.stream.get_ref().0);
        tcp.set_recv_buffer_size(4096).unwrap();
        let (asker, sender) = ("receiver-".repeat(200), self.sender.clone());
        let ping = CastMessage::text(asker, sender, namespace::HEARTBEAT, r#"{"type":"PING"}"#);
        let ping = ping.encode().unwrap();
        while self.stream.write_all(&ping).await.is_ok() {
            self.seen.lock().unwrap().pings += 1;
        }
    }

    /// A message to the sender that comes byte by byte, until it has had enough.
    pub(super) async fn trickle(&mut self, body: &Value, pause: Duration) {
        let sender = self.sender.clone();
        let text = body.to_string();
        let message = CastMessage::text("receiver-0", sender, namespace::RECEIVER, text);
        for byte in message.encode().unwrap() {
            if self.stream.write_all(&[byte]).await.is_err() || self.stream.flush().await.is_err() {
                return;
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// Messages that are as large or as deep as they can be, and ids and numbers that no request had; each many times.
    pub(super) async fn throw_bombs(&mut self) {
        const ROOM: usize = 65_000;
        let sender = self.sender.clone();
        let deep = "[".repeat(ROOM);
        let deep_object = r#"{"a":"#.repeat(ROOM / 5);
        let wide = format!("[{}0]", "0,".repeat(ROOM / 2 - 10));
        let status = |what: &str| format!(r#"{{"type":"RECEIVER_STATUS","status":{what}}}"#);
        let app = r#"{"appId":"x","sessionId":"y","transportId":"z","namespaces":[]},"#;
        let apps = app.repeat(ROOM / app.len() - 2);
        let many = format!(r#"{{"applications":[{apps}null]}}"#);
        let long = format!(
            r#"{{"applications":[{{"displayName":"{}"}}]}}"#,
            "x".repeat(ROOM - 200)
        );
        let ids = [
            "4294967295",
            "4294967296",
            "-1",
            "0",
            "1e300",
            "0.5",
            "null",
            r#""7""#,
            "[]",
        ];
        let jumps = ids.map(|id| {
            let kind = r#""type":"RECEIVER_STATUS""#;
            format!(
                r#"{{{kind},"requestId":{id},"seqNum":{id},"launchRequestId":{id},"status":{{}}}}"#
            )
        });
        let texts = [deep, deep_object, wide, status(&many), status(&long)];
        for _ in 0..12 {
            for (from, namespace) in [
                ("receiver-0", namespace::RECEIVER),
                (self.script.session, namespace::WEBRTC),
                ("receiver-0", namespace::HEARTBEAT),
                ("receiver-0", namespace::DEVICE_AUTH),
            ] {
                // A status without our application would end the cast, and rightly.
                let is_status = |text: &&String| text.contains("RECEIVER_STATUS");
                let about_us = namespace == namespace::RECEIVER;
                let texts = texts.iter().chain(&jumps);
                for text in texts.filter(|text| !(about_us && is_status(text))) {
                    let message =
                        CastMessage::text(from, sender.as_str(), namespace, text.as_str());
                    self.write(&message).await;
                }
            }
        }
    }

    /// Everything that a sender must not care about.
    pub(super) async fn make_noise(&mut self) {
        let sender = self.sender.clone();
        for (source, namespace, text) in [
            ("receiver-0", namespace::RECEIVER, "{"),
            (
                "receiver-0",
                namespace::RECEIVER,
                r#"{"type":"RECEIVER_STATUS","status":7}"#,
            ),
            (
                "receiver-0",
                namespace::RECEIVER,
                r#"{"type":["x"],"requestId":"y"}"#,
            ),
            ("receiver-0", namespace::CONNECTION, "[]"),
            ("receiver-0", "urn:x-cast:com.example.unknown", "\u{0}"),
            (
                self.script.session,
                namespace::WEBRTC,
                r#"{"type":"ANSWER","seqNum":99,"result":"ok"}"#,
            ),
            (
                self.script.session,
                namespace::WEBRTC,
                r#"{"type":"ANSWER","seqNum":-1}"#,
            ),
            (
                self.script.session,
                namespace::REMOTING,
                r#"{"type":"RPC","rpc":"?"}"#,
            ),
        ] {
            let message = CastMessage::text(source, sender.as_str(), namespace, text);
            self.stream
                .write_all(&message.encode().unwrap())
                .await
                .unwrap();
        }
        self.stream.flush().await.unwrap();
    }
}
