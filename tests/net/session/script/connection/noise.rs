// SPDX-License-Identifier: GPL-3.0-or-later
//! What the device sends that no sender should have to read: no JSON, no end, strange messages.

use telecast::cast::channel::message::CastMessage;
use telecast::cast::channel::namespace;
use tokio::io::AsyncWriteExt as _;

use super::{Connection, TRANSPORT};

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
                TRANSPORT,
                namespace::WEBRTC,
                r#"{"type":"ANSWER","seqNum":99,"result":"ok"}"#,
            ),
            (
                TRANSPORT,
                namespace::WEBRTC,
                r#"{"type":"ANSWER","seqNum":-1}"#,
            ),
            (
                TRANSPORT,
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
