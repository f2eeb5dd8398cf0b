// SPDX-License-Identifier: GPL-3.0-or-later
//! A Cast device that follows a script: what it does well and what it does wrong, and a record of what it saw.

mod connection;

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use self::connection::Connection;
use super::eventually;
use super::media::{Lie, Received};

/// The id of the mirroring app, with pictures.
pub const MIRRORING: &str = "0F5096E8";
/// The id of the mirroring app for devices without a screen.
pub const MIRRORING_AUDIO: &str = "85CDB22F";

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
    /// The app starts, and the status that says so comes byte by byte, with so much time between.
    Trickle(Duration),
    /// Nothing.
    Ignore,
}

/// What happens to an OFFER.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnOffer {
    /// The first audio stream and the first video stream are accepted.
    Accept,
    /// The same, but media is to go to this port.
    AcceptAt(u16),
    /// The same, but both streams have one SSRC.
    AcceptAsOne,
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
    /// It goes on, with feedback that lies.
    Lies(Lie),
    /// It goes on, and somebody at this address sends to the same media port as the device does, RTCP and RTP.
    Strangers(IpAddr),
    /// It goes on, with messages on the control channel that are as large or deep as they can be, and ids that jump.
    Bombs,
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
#[expect(clippy::struct_excessive_bools, reason = "each is a habit of its own")]
pub struct Script {
    pub launch: OnLaunch,
    pub offer: OnOffer,
    pub afterwards: Afterwards,
    /// Whether STOP is obeyed.
    pub stops: bool,
    /// Whether the device says that it marks its RTCP.
    pub marks: bool,
    /// Whether the device says nothing when it is asked who it is. Otherwise it says that it has no credentials.
    pub mute_about_itself: bool,
    /// App id and display name of what runs at first.
    pub running: Option<(&'static str, &'static str)>,
    /// The id of its mirroring app's sessions.
    pub session: &'static str,
    /// Whether a new connection ends the one before, as the kernel of a real device has room for both.
    pub newest: bool,
    /// For how long it accepts nobody after a connection has ended.
    pub nap: Duration,
    /// OFFERs from this one on, counted from 0, are not answered until the app is launched again.
    pub deaf_from: Option<usize>,
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
            mute_about_itself: false,
            running: None,
            session: "app-1",
            newest: false,
            nap: Duration::ZERO,
            deaf_from: None,
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
    pub media: Arc<Mutex<Received>>,
    cut: Arc<Notify>,
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
        let media = Arc::new(Mutex::new(Received::default()));
        let acceptor = acceptor();
        let (seen_by_task, media_of_task) = (seen.clone(), media.clone());
        let cut = Arc::new(Notify::new());
        let cut_in_task = cut.clone();
        let task = tokio::spawn(async move {
            let named = |(id, name): (&str, &str)| (id.to_owned(), name.to_owned());
            let mut app = script.running.map(named);
            // Plays on without a sender, until it is replaced.
            let mut media = None;
            let mut waiting = None;
            loop {
                let tcp = match waiting.take() {
                    Some(tcp) => tcp,
                    None => match listener.accept().await {
                        Ok((tcp, _)) => tcp,
                        Err(_) => return,
                    },
                };
                let Ok(stream) = acceptor.accept(tcp).await else {
                    continue;
                };
                let mut connection = Connection::new(
                    stream,
                    script.clone(),
                    seen_by_task.clone(),
                    media_of_task.clone(),
                    app.take(),
                );
                tokio::select! {
                    () = connection.serve() => {}
                    () = cut_in_task.notified() => {}
                    Ok((tcp, _)) = listener.accept(), if script.newest => waiting = Some(tcp),
                }
                // Like real devices: what runs goes on running without its sender.
                app = connection.app.take();
                media = connection.media.take().or(media);
                if app.is_none() {
                    media = None;
                }
                drop(connection);
                seen_by_task.lock().unwrap().disconnected = true;
                tokio::time::sleep(script.nap).await;
            }
        });
        Device {
            address,
            seen,
            media,
            cut,
            task,
        }
    }

    /// Ends the connection of the moment without a word. What runs goes on running.
    pub fn hang_up(&self) {
        self.cut.notify_waiters();
    }

    /// Ends everything, as when it is unplugged; what it saw. Afterwards its address is free.
    pub async fn unplug(mut self) -> Seen {
        self.task.abort();
        assert!((&mut self.task).await.is_err(), "it was running");
        self.seen()
    }

    pub fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }

    /// How often a message of this type came.
    pub fn count(&self, kind: &str) -> usize {
        let seen = self.seen();
        seen.types.iter().filter(|seen| *seen == kind).count()
    }

    /// How many frames of video have come.
    fn frames(&self) -> usize {
        self.media.lock().unwrap().video.len()
    }

    /// Waits until so many frames of video have come in all.
    pub async fn receives(&self, frames: usize) {
        eventually(&format!("{frames} frames"), || self.frames() >= frames).await;
    }

    /// Waits for so many more frames of video; `what` they are.
    pub async fn receives_more(&self, what: &str, frames: usize) {
        let all = self.frames() + frames;
        eventually(what, || self.frames() >= all).await;
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
