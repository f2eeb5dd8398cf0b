// SPDX-License-Identifier: GPL-3.0-or-later
//! One TLS connection to the scripted device: the sender's messages and the alarms of the script in, replies and broadcasts
//! out. How LAUNCH and OFFER are answered is in `answers`, what no sender should have to read in `noise`.

mod answers;
mod noise;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use prost::Message as _;
use serde_json::{Value, json};
use telecast::cast::channel::framing::Framer;
use telecast::cast::channel::message::CastMessage;
use telecast::cast::channel::namespace;
use telecast::cast::channel::proto::auth::{AuthError, DeviceAuthMessage};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::super::media::{MediaPeer, Received};
use super::{MIRRORING, Script, Seen};

const OTHER_APP: &str = "233637DE";

/// What the device does by itself when its time has come.
#[derive(Debug, Clone, Copy)]
enum Alarm {
    Allow(u64),
    OtherApp,
    StopApp,
    HangUp,
    Garbage,
    Flood,
}

/// A sender's connection, and what runs on the device meanwhile.
pub(super) struct Connection {
    stream: TlsStream<TcpStream>,
    script: Script,
    seen: Arc<Mutex<Seen>>,
    received: Arc<Mutex<Received>>,
    /// The sender's endpoint that connected to the app.
    sender: String,
    /// App id and display name of what runs.
    pub(super) app: Option<(String, String)>,
    pub(super) media: Option<MediaPeer>,
    alarm: Option<(tokio::time::Instant, Alarm)>,
}

impl Connection {
    /// Begins with the app (id, display name) that was left running.
    pub(super) fn new(
        stream: TlsStream<TcpStream>,
        script: Script,
        seen: Arc<Mutex<Seen>>,
        received: Arc<Mutex<Received>>,
        app: Option<(String, String)>,
    ) -> Connection {
        Connection {
            stream,
            script,
            seen,
            received,
            sender: "sender-0".to_owned(),
            app,
            media: None,
            alarm: None,
        }
    }

    /// Until the connection ends, by itself or because the script says so.
    pub(super) async fn serve(&mut self) {
        let mut framer = Framer::default();
        let mut buffer = [0; 4096];
        loop {
            let alarm = self.alarm;
            tokio::select! {
                read = self.stream.read(&mut buffer) => match read {
                    Ok(0) => {
                        self.seen.lock().unwrap().closed_cleanly = true;
                        return;
                    }
                    Ok(length) => framer.push(&buffer[..length]),
                    Err(_) => return,
                },
                alarm = ring(alarm) => {
                    self.alarm = None;
                    if !self.act(alarm).await {
                        return;
                    }
                }
            }
            while let Some(message) = framer.next_message().unwrap() {
                self.on_message(&message).await;
            }
        }
    }

    /// `false` when the connection is to end.
    async fn act(&mut self, alarm: Alarm) -> bool {
        match alarm {
            Alarm::Allow(request) => {
                self.start_app(MIRRORING, request, true).await;
                true
            }
            Alarm::OtherApp => {
                self.app = Some((OTHER_APP.to_owned(), "YouTube".to_owned()));
                self.close_app().await;
                self.broadcast_status().await;
                true
            }
            Alarm::StopApp => {
                self.app = None;
                self.close_app().await;
                self.broadcast_status().await;
                true
            }
            Alarm::HangUp => false,
            Alarm::Flood => {
                self.flood().await;
                false
            }
            Alarm::Garbage => {
                self.stream.write_all(&[0xff; 64]).await.unwrap();
                self.stream.flush().await.unwrap();
                true
            }
        }
    }

    async fn on_message(&mut self, message: &CastMessage) {
        if message.namespace == namespace::DEVICE_AUTH && !self.script.mute_about_itself {
            self.decline(message).await;
        }
        let Some(body) = message
            .as_text()
            .and_then(|text| serde_json::from_str::<Value>(text).ok())
        else {
            return;
        };
        let kind = body["type"].as_str().unwrap_or_default().to_owned();
        if message.namespace == namespace::HEARTBEAT {
            if kind == "PING" {
                self.send(message, &json!({"type": "PONG"})).await;
            }
            return;
        }
        self.seen.lock().unwrap().types.push(kind.clone());
        let request = body["requestId"].as_u64().unwrap_or(0);
        match kind.as_str() {
            "CONNECT" => self.sender.clone_from(&message.source),
            "GET_STATUS" => self.status(message, request).await,
            "GET_APP_AVAILABILITY" => {
                let ids = body["appId"].as_array().cloned().unwrap_or_default();
                let words: serde_json::Map<_, _> = ids
                    .iter()
                    .filter_map(Value::as_str)
                    .map(|id| (id.to_owned(), json!("APP_AVAILABLE")))
                    .collect();
                let reply =
                    json!({"responseType": kind, "requestId": request, "availability": words});
                self.send(message, &reply).await;
            }
            "LAUNCH" => self.on_launch(message, &body, request).await,
            "OFFER" => self.on_offer(message, &body).await,
            "SET_VOLUME" => {
                let volume = body["volume"].clone();
                self.seen.lock().unwrap().volumes.push(volume);
                self.status(message, request).await;
            }
            "STOP" if self.script.stops => {
                self.app = None;
                self.media = None;
                self.status(message, request).await;
                self.broadcast_status().await;
            }
            _ => {}
        }
    }

    /// Says that it has no credentials.
    async fn decline(&mut self, question: &CastMessage) {
        let error = DeviceAuthMessage {
            error: Some(AuthError::default()),
            ..DeviceAuthMessage::default()
        };
        let reply = CastMessage::binary(
            question.destination.as_str(),
            question.source.as_str(),
            namespace::DEVICE_AUTH,
            error.encode_to_vec(),
        );
        self.write(&reply).await;
    }

    fn set_alarm(&mut self, after: Duration, alarm: Alarm) {
        self.alarm = Some((tokio::time::Instant::now() + after, alarm));
    }

    fn status_body(&self, request: u64) -> Value {
        let applications: Vec<Value> = self
            .app
            .iter()
            .map(|(id, name)| {
                let session = if id == OTHER_APP { "app-2" } else { self.script.session };
                json!({"appId": id, "displayName": name, "sessionId": session, "transportId": session,
                    "isIdleScreen": false,
                    "namespaces": [{"name": namespace::WEBRTC}, {"name": namespace::REMOTING}]})
            })
            .collect();
        json!({"type": "RECEIVER_STATUS", "requestId": request, "status": {
            "applications": applications,
            "volume": {"controlType": "attenuation", "level": 0.5, "muted": false}}})
    }

    async fn status(&mut self, to: &CastMessage, request: u64) {
        let body = self.status_body(request);
        self.send(to, &body).await;
    }

    async fn broadcast_status(&mut self) {
        let body = self.status_body(0);
        self.send_to("receiver-0", "*", namespace::RECEIVER, &body)
            .await;
    }

    async fn close_app(&mut self) {
        self.media = None;
        let sender = self.sender.clone();
        let body = json!({"type": "CLOSE", "reasonCode": 5});
        self.send_to(self.script.session, &sender, namespace::CONNECTION, &body)
            .await;
    }

    async fn send(&mut self, to: &CastMessage, body: &Value) {
        self.send_to(&to.destination, &to.source, &to.namespace, body)
            .await;
    }

    async fn send_to(&mut self, source: &str, destination: &str, namespace: &str, body: &Value) {
        let message = CastMessage::text(source, destination, namespace, body.to_string());
        self.write(&message).await;
    }

    async fn write(&mut self, message: &CastMessage) {
        // A sender that has gone is noticed by the next read.
        if self
            .stream
            .write_all(&message.encode().unwrap())
            .await
            .is_ok()
        {
            self.stream.flush().await.ok();
        }
    }
}

async fn ring(alarm: Option<(tokio::time::Instant, Alarm)>) -> Alarm {
    match alarm {
        Some((at, alarm)) => {
            tokio::time::sleep_until(at).await;
            alarm
        }
        None => std::future::pending().await,
    }
}
