// SPDX-License-Identifier: GPL-3.0-or-later
//! A scripted sender: speaks to a receiver over real TLS, message by message.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde_json::{Value, json};
use telecast::cast::channel::framing::Framer;
use telecast::cast::channel::message::CastMessage;
use telecast::cast::channel::namespace;
use telecast::session::tls::{HANDSHAKE_TIMEOUT, handshake};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::client::TlsStream;

/// How long a reply may take.
const REPLY: Duration = Duration::from_secs(10);
/// The endpoint of this sender.
pub const ME: &str = "sender-4711";

/// One connection.
pub struct Sender {
    pub stream: TlsStream<TcpStream>,
    /// The receiver's certificate (DER) of this connection.
    pub certificate: Vec<u8>,
    framer: Framer,
}

impl Sender {
    /// Connects and makes the handshake.
    pub async fn connect(address: SocketAddr) -> Sender {
        let tcp = TcpStream::connect(address)
            .await
            .expect("the receiver listens");
        Sender::secure(tcp).await
    }

    /// The same from this address of ours.
    pub async fn connect_from(from: IpAddr, address: SocketAddr) -> Sender {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind((from, 0).into()).expect("an address of ours");
        let tcp = socket.connect(address).await.expect("the receiver listens");
        Sender::secure(tcp).await
    }

    async fn secure(tcp: TcpStream) -> Sender {
        let secured = handshake(tcp, HANDSHAKE_TIMEOUT)
            .await
            .expect("it speaks TLS");
        Sender {
            stream: secured.stream,
            certificate: secured.certificate.to_vec(),
            framer: Framer::default(),
        }
    }

    /// Sends JSON text.
    pub async fn send(
        &mut self,
        source: &str,
        destination: &str,
        namespace: &str,
        payload: &Value,
    ) {
        self.write(&CastMessage::text(
            source,
            destination,
            namespace,
            payload.to_string(),
        ))
        .await;
    }

    /// Sends this message.
    pub async fn write(&mut self, message: &CastMessage) {
        self.stream
            .write_all(&message.encode().unwrap())
            .await
            .expect("the connection is open");
        // Else a part may wait in the TLS buffer until something more is written.
        self.stream.flush().await.expect("the connection is open");
    }

    /// The next message; `None` when the receiver closed the connection.
    pub async fn receive(&mut self) -> Option<CastMessage> {
        let mut buffer = [0; 4096];
        loop {
            if let Some(message) = self
                .framer
                .next_message()
                .expect("the receiver frames its messages")
            {
                return Some(message);
            }
            let read = tokio::time::timeout(REPLY, self.stream.read(&mut buffer))
                .await
                .expect("a message in time");
            match read {
                Ok(0) | Err(_) => return None,
                Ok(length) => self.framer.push(&buffer[..length]),
            }
        }
    }

    /// The next JSON message that `wanted` is true for.
    pub async fn wait_for(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = self.receive().await.expect("the connection is open");
            if let Some(value) = message
                .as_text()
                .and_then(|text| serde_json::from_str(text).ok())
                && wanted(&value)
            {
                return value;
            }
        }
    }

    /// CONNECT and LAUNCH, whose reply has the request id 7.
    pub async fn request_launch(&mut self, app_id: &str) {
        self.send(
            ME,
            "receiver-0",
            namespace::CONNECTION,
            &json!({ "type": "CONNECT", "userAgent": "Test/1" }),
        )
        .await;
        let launch = json!({ "type": "LAUNCH", "requestId": 7, "appId": app_id });
        self.send(ME, "receiver-0", namespace::RECEIVER, &launch)
            .await;
    }

    /// CONNECT and LAUNCH; the transport id of the application, to which it is connected then.
    pub async fn launch(&mut self, app_id: &str) -> String {
        self.request_launch(app_id).await;
        let status = self
            .wait_for(|value| value["type"] == "RECEIVER_STATUS" && value["requestId"] == 7)
            .await;
        let app = &status["status"]["applications"][0];
        assert_eq!(app["appId"], app_id);
        let transport = app["transportId"]
            .as_str()
            .expect("a transport id")
            .to_owned();
        self.send(
            ME,
            &transport,
            namespace::CONNECTION,
            &json!({ "type": "CONNECT" }),
        )
        .await;
        transport
    }

    /// Stops the application.
    pub async fn stop(&mut self) {
        let stop = json!({ "type": "STOP", "requestId": 9 });
        self.send(ME, "receiver-0", namespace::RECEIVER, &stop)
            .await;
    }

    /// Sends an OFFER and returns the ANSWER.
    pub async fn offer(&mut self, transport: &str, seq: u32, offer: &Value) -> Value {
        let message = json!({ "type": "OFFER", "seqNum": seq, "offer": offer });
        self.send(ME, transport, namespace::WEBRTC, &message).await;
        self.wait_for(|value| value["type"] == "ANSWER" && value["seqNum"] == seq)
            .await
    }
}
