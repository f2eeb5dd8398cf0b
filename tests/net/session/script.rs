// SPDX-License-Identifier: GPL-3.0-or-later
//! A Cast device that follows a script: what it does well and what it does wrong, and a record of what it saw.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use telecast::cast::channel::framing::Framer;
use telecast::cast::channel::message::CastMessage;
use telecast::cast::channel::namespace;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::media::{Manners, MediaPeer};

/// The id of the mirroring app, with pictures.
pub const MIRRORING: &str = "0F5096E8";
/// The id of the mirroring app for devices without a screen.
pub const MIRRORING_AUDIO: &str = "85CDB22F";

const OTHER_APP: &str = "233637DE";
const TRANSPORT: &str = "app-1";

/// What happens to a LAUNCH.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnLaunch {
    /// The app starts.
    Start,
    /// The app starts, but only the broadcast says so.
    StartSilently,
    /// It is refused with this reason, unless another app id is asked for.
    Refuse(&'static str, Option<&'static str>),
    /// The TV asks its user, who allows it after this time (`None`: never answers).
    Ask(Option<Duration>),
    /// An answer that is not JSON.
    Babble,
    /// Nothing.
    Ignore,
}

/// What happens to an OFFER.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnOffer {
    /// The first audio stream and the first video stream are accepted.
    Accept,
    /// An error with this code.
    Refuse(i64),
    /// An ANSWER that is none.
    Garbage,
    /// An ANSWER that accepts a stream that was never offered.
    Unoffered,
    /// Something that is not JSON.
    Babble,
    /// Nothing.
    Ignore,
}

/// What happens once the OFFER was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Afterwards {
    /// It goes on.
    Play,
    /// It goes on, but no key frame ever brings a picture unless the codec is this one.
    NoPictureUnless(&'static str),
    /// The media port stays silent.
    NoFeedback,
    /// The media port falls silent for this long in the middle.
    Outage(Duration),
    /// The media port is closed: packets come back as ICMP errors.
    NoMediaPort,
    /// It goes on, with garbage among the RTCP and strange messages on the control channel.
    Noise,
    /// It goes on, with RTCP from this address of the device instead of the one that was connected to.
    AnswersFrom(IpAddr),
    /// After this time somebody at the TV starts another app.
    OtherApp(Duration),
    /// After this time the app is stopped.
    StopApp(Duration),
    /// After this time the TCP connection ends without a word.
    HangUp(Duration),
    /// After this time a message of impossible length is announced.
    Garbage(Duration),
    /// After this time it asks for a sign of life without end, and never reads again.
    Flood(Duration),
}

/// The script of one device.
#[derive(Debug, Clone)]
pub struct Script {
    pub launch: OnLaunch,
    pub offer: OnOffer,
    pub afterwards: Afterwards,
    /// Whether STOP is obeyed.
    pub stops: bool,
    /// Whether the device says that it marks its RTCP.
    pub marks: bool,
    /// Put into the ANSWER as `constraints` and `display`.
    pub limits: Option<(Value, Value)>,
}

impl Default for Script {
    fn default() -> Self {
        Script {
            launch: OnLaunch::Start,
            offer: OnOffer::Accept,
            afterwards: Afterwards::Play,
            stops: true,
            marks: false,
            limits: None,
        }
    }
}

/// What the device saw.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// `type` of every message but heartbeats, in order.
    pub types: Vec<String>,
    /// App ids of each `LAUNCH`.
    pub launches: Vec<String>,
    /// The video codecs of each OFFER.
    pub offered: Vec<Vec<String>>,
    /// PINGs that the device sent while it did not read.
    pub pings: usize,
    /// Volumes that were set.
    pub volumes: Vec<Value>,
    /// The connection was closed in an orderly way (TLS `close_notify`).
    pub closed_cleanly: bool,
    /// The connection has ended.
    pub disconnected: bool,
}

/// A running device. Ends with the test.
pub struct Device {
    pub address: SocketAddr,
    pub seen: Arc<Mutex<Seen>>,
    pub media: Arc<Mutex<super::media::Received>>,
    task: JoinHandle<()>,
}

impl Drop for Device {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Device {
    /// Starts on a free port of loopback; serves one connection after the other.
    pub async fn start(script: Script) -> Device {
        Device::start_on("127.0.0.1:0", script).await
    }

    /// The same on this address.
    pub async fn start_on(address: &str, script: Script) -> Device {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let media = Arc::new(Mutex::new(super::media::Received::default()));
        let acceptor = acceptor();
        let (seen_by_task, media_of_task) = (seen.clone(), media.clone());
        let task = tokio::spawn(async move {
            let mut app = None;
            while let Ok((tcp, _)) = listener.accept().await {
                let Ok(stream) = acceptor.accept(tcp).await else {
                    continue;
                };
                let mut connection = Connection {
                    stream,
                    script: script.clone(),
                    seen: seen_by_task.clone(),
                    received: media_of_task.clone(),
                    sender: "sender-0".to_owned(),
                    app: app.take(),
                    media: None,
                    alarm: None,
                };
                connection.serve().await;
                // Like real devices: what runs goes on running without its sender.
                app = connection.app.take();
                seen_by_task.lock().unwrap().disconnected = true;
            }
        });
        Device {
            address,
            seen,
            media,
            task,
        }
    }

    pub fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }

    /// How often a message of this type came.
    pub fn count(&self, kind: &str) -> usize {
        let seen = self.seen();
        seen.types.iter().filter(|seen| *seen == kind).count()
    }
}

fn acceptor() -> TlsAcceptor {
    let made = rcgen::generate_simple_self_signed(vec!["device".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

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

struct Connection {
    stream: TlsStream<TcpStream>,
    script: Script,
    seen: Arc<Mutex<Seen>>,
    received: Arc<Mutex<super::media::Received>>,
    /// The sender's endpoint that connected to the app.
    sender: String,
    /// App id and display name of what runs.
    app: Option<(String, String)>,
    media: Option<MediaPeer>,
    alarm: Option<(tokio::time::Instant, Alarm)>,
}

impl Connection {
    async fn serve(&mut self) {
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

    async fn on_launch(&mut self, message: &CastMessage, body: &Value, request: u64) {
        let app = body["appId"].as_str().unwrap_or_default().to_owned();
        self.seen.lock().unwrap().launches.push(app.clone());
        match self.script.launch {
            OnLaunch::Start => self.start_app(&app, request, true).await,
            OnLaunch::StartSilently => self.start_app(&app, request, false).await,
            OnLaunch::Refuse(_, Some(accepted)) if accepted == app => {
                self.start_app(&app, request, true).await;
            }
            OnLaunch::Refuse(reason, _) => {
                let reply = json!({"type": "LAUNCH_ERROR", "requestId": request, "reason": reason});
                self.send(message, &reply).await;
            }
            OnLaunch::Ask(allow) => {
                let word = "USER_PENDING_AUTHORIZATION";
                let reply =
                    json!({"type": "LAUNCH_STATUS", "launchRequestId": request, "status": word});
                self.send(message, &reply).await;
                if let Some(after) = allow {
                    self.set_alarm(after, Alarm::Allow(request));
                }
            }
            OnLaunch::Babble => self.babble(message).await,
            OnLaunch::Ignore => {}
        }
    }

    async fn start_app(&mut self, app: &str, request: u64, answer: bool) {
        self.app = Some((app.to_owned(), "Chrome Mirroring".to_owned()));
        self.broadcast_status().await;
        if answer {
            let allowed = json!({"type": "LAUNCH_STATUS", "launchRequestId": request, "status": "USER_ALLOWED"});
            let sender = self.sender.clone();
            self.send_to("receiver-0", &sender, namespace::RECEIVER, &allowed)
                .await;
            let status = self.status_body(request);
            self.send_to("receiver-0", &sender, namespace::RECEIVER, &status)
                .await;
        }
    }

    async fn on_offer(&mut self, message: &CastMessage, body: &Value) {
        let streams = body["offer"]["supportedStreams"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let of_type = |kind: &str| -> Vec<Value> {
            let found = streams.iter().filter(|stream| stream["type"] == kind);
            found.cloned().collect()
        };
        let (audio, video) = (of_type("audio_source"), of_type("video_source"));
        let codecs = video
            .iter()
            .filter_map(|stream| stream["codecName"].as_str().map(str::to_owned));
        let codecs: Vec<String> = codecs.collect();
        self.seen.lock().unwrap().offered.push(codecs);
        let seq = &body["seqNum"];
        let reply = match self.script.offer {
            OnOffer::Ignore => return,
            OnOffer::Babble => return self.babble(message).await,
            OnOffer::Garbage => {
                json!({"type": "ANSWER", "seqNum": seq, "result": "ok", "answer": 7})
            }
            OnOffer::Unoffered => json!({"type": "ANSWER", "seqNum": seq, "result": "ok",
                "answer": {"udpPort": 9, "sendIndexes": [77], "ssrcs": [1]}}),
            OnOffer::Refuse(code) => json!({"type": "ANSWER", "seqNum": seq, "result": "error",
                "error": {"code": code, "description": "no"}}),
            OnOffer::Accept => {
                let accepted: Vec<&Value> =
                    audio.first().into_iter().chain(video.first()).collect();
                let picture = match self.script.afterwards {
                    Afterwards::NoPictureUnless(codec) => video
                        .first()
                        .is_some_and(|stream| stream["codecName"] == codec),
                    _ => true,
                };
                let manners = match self.script.afterwards {
                    Afterwards::NoFeedback => Manners::Silent,
                    Afterwards::Noise => Manners::Noisy,
                    Afterwards::AnswersFrom(other) => Manners::From(other),
                    Afterwards::Outage(length) => Manners::Pausing(length),
                    _ => Manners::Good,
                };
                let host = self.stream.get_ref().0.local_addr().unwrap().ip();
                let received = self.received.clone();
                let peer = MediaPeer::start(host, &accepted, picture, manners, received).await;
                let mut answer = json!({
                    "udpPort": peer.port,
                    "sendIndexes": accepted.iter().map(|stream| stream["index"].clone()).collect::<Vec<_>>(),
                    "ssrcs": accepted.iter().map(|stream| stream["ssrc"].as_u64().unwrap() + 1).collect::<Vec<_>>(),
                });
                if self.script.marks {
                    answer["receiverRtcpDscp"] = answer["sendIndexes"].clone();
                }
                self.received.lock().unwrap().port = peer.port;
                if let Some((constraints, display)) = &self.script.limits {
                    answer["constraints"] = constraints.clone();
                    answer["display"] = display.clone();
                }
                if self.script.afterwards != Afterwards::NoMediaPort {
                    self.media = Some(peer);
                }
                json!({"type": "ANSWER", "seqNum": seq, "result": "ok", "answer": answer})
            }
        };
        self.send(message, &reply).await;
        match self.script.afterwards {
            Afterwards::OtherApp(after) => self.set_alarm(after, Alarm::OtherApp),
            Afterwards::StopApp(after) => self.set_alarm(after, Alarm::StopApp),
            Afterwards::HangUp(after) => self.set_alarm(after, Alarm::HangUp),
            Afterwards::Garbage(after) => self.set_alarm(after, Alarm::Garbage),
            Afterwards::Flood(after) => self.set_alarm(after, Alarm::Flood),
            Afterwards::Noise => self.make_noise().await,
            Afterwards::Play
            | Afterwards::NoPictureUnless(_)
            | Afterwards::NoFeedback
            | Afterwards::Outage(_)
            | Afterwards::NoMediaPort
            | Afterwards::AnswersFrom(_) => {}
        }
    }

    async fn babble(&mut self, to: &CastMessage) {
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
    async fn flood(&mut self) {
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
    async fn make_noise(&mut self) {
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

    fn set_alarm(&mut self, after: Duration, alarm: Alarm) {
        self.alarm = Some((tokio::time::Instant::now() + after, alarm));
    }

    fn status_body(&self, request: u64) -> Value {
        let applications: Vec<Value> = self
            .app
            .iter()
            .map(|(id, name)| {
                let session = if id == OTHER_APP { "app-2" } else { TRANSPORT };
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
        self.send_to(TRANSPORT, &sender, namespace::CONNECTION, &body)
            .await;
    }

    async fn send(&mut self, to: &CastMessage, body: &Value) {
        self.send_to(&to.destination, &to.source, &to.namespace, body)
            .await;
    }

    async fn send_to(&mut self, source: &str, destination: &str, namespace: &str, body: &Value) {
        let message = CastMessage::text(source, destination, namespace, body.to_string());
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
