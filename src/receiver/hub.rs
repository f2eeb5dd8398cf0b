// SPDX-License-Identifier: GPL-3.0-or-later
//! The hub of a receiver: accepts connections, drives the platform core, starts and ends media, asks the viewer.
//!
//! Input: connections, their messages, news of the media, commands of the embedder; output: messages, state, media. All
//! rules of the protocol are the platform core's.

mod door;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use self::door::Door;
use super::connection::{self, FromConnection};
use super::identity::{Identity, RENEW_AFTER};
use super::media::MediaNews;
use super::options::AcceptPolicy;
use super::shared::Shared;
use super::stats::ReceiverState;
use super::streaming::{self, Casting, Ends};
use crate::cast::channel::message::CastMessage;
use crate::cast::channel::messages::discovery::DeviceInfo;
use crate::cast::channel::platform::{
    AppSpec, Command as PlatformCommand, ConnectionId, Event, Input, Offered, Output, Platform,
    PlatformConfig,
};
use crate::cast::offer::Abilities;
use crate::config;
use crate::discovery::advertise::{Advertisement, Advertiser};

/// Connections that are served at a time, handshakes included.
const MAX_CONNECTIONS: usize = 16;
/// Of these, connections from one host; a sender needs one, a browser with several profiles a few.
const MAX_PER_HOST: usize = 8;
/// Messages of all connections that wait for the hub. Beyond, the connections wait.
const INCOMING: usize = 64;
/// News of the media that wait for the hub.
const NEWS: usize = 8;
/// How long connections may take to close at the end.
const CLOSE: Duration = Duration::from_secs(2);
/// How often the numbers are published while nothing is cast; while something is, the media do it.
const TICK: Duration = Duration::from_secs(1);
/// How long no connection is accepted after that failed, for want of file descriptors most likely.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// What the announcement says while a screen is cast. Senders show it as it is; it is not for our own windows.
const STATUS: &str = "Screen mirroring";

/// A wish of the embedder.
#[derive(Debug)]
pub(super) enum Command {
    /// End the current cast.
    EndCast,
}

/// An open connection.
struct Connection {
    ends: Ends,
    outgoing: mpsc::Sender<CastMessage>,
}

/// The state of the receiver.
pub(super) struct Hub {
    shared: Arc<Shared>,
    listener: TcpListener,
    identity: Identity,
    platform: Platform,
    connections: HashMap<ConnectionId, Connection>,
    /// The tasks of the connections, each with the host that it serves.
    tasks: JoinSet<IpAddr>,
    per_host: HashMap<IpAddr, usize>,
    last_connection: u64,
    incoming: mpsc::Sender<(ConnectionId, FromConnection)>,
    casting: Option<Casting>,
    casts: u64,
    news: mpsc::Sender<(u64, MediaNews)>,
    door: Door,
    /// What the announcement says: what runs.
    running: Option<String>,
}

impl Hub {
    /// A hub that serves `listener`, and the channels that [`Hub::run`] listens to.
    pub(super) fn new(
        listener: TcpListener,
        identity: Identity,
        advertisement: &Advertisement,
        abilities: Abilities,
        shared: Arc<Shared>,
    ) -> (Hub, Inbox) {
        let (incoming, messages) = mpsc::channel(INCOMING);
        let (news, news_inbox) = mpsc::channel(NEWS);
        let (level, muted) = *shared.volume.borrow();
        let platform = Platform::new(PlatformConfig {
            info: DeviceInfo {
                device_id: advertisement.instance(),
                model: advertisement.model.clone(),
                friendly_name: advertisement.name.clone(),
                capabilities: advertisement.capabilities.0,
            },
            version: config::VERSION.to_owned(),
            apps: AppSpec::chrome_mirroring(),
            abilities,
            session_prefix: format!("{:08x}", rand::random::<u32>()),
            ask_before_launch: shared.options.accept != AcceptPolicy::Any,
            // Without credentials the platform answers challenges by itself: it has none.
            authenticates: false,
            level,
            muted,
        });
        let hub = Hub {
            door: Door::new(&shared.options),
            shared,
            listener,
            identity,
            platform,
            connections: HashMap::new(),
            tasks: JoinSet::new(),
            per_host: HashMap::new(),
            last_connection: 0,
            incoming,
            casting: None,
            casts: 0,
            news,
            running: None,
        };
        (
            hub,
            Inbox {
                messages,
                news: news_inbox,
            },
        )
    }

    /// Serves until the embedder's channel is closed.
    pub(super) async fn run(
        mut self,
        mut inbox: Inbox,
        mut commands: mpsc::Receiver<Command>,
        advertiser: Option<&Advertiser>,
    ) {
        let mut renewal = tokio::time::interval(RENEW_AFTER);
        renewal.tick().await;
        let mut renewed = JoinSet::new();
        let mut pause = None;
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            self.drain().await;
            self.announce(advertiser);
            let timeout = self.platform.next_timeout();
            tokio::select! {
                command = commands.recv() => match command {
                    Some(Command::EndCast) => self.command(PlatformCommand::Stop),
                    None => break,
                },
                Some((id, message)) = inbox.messages.recv() => self.on_connection(id, message),
                Some((number, news)) = inbox.news.recv() => self.on_news(number, news),
                accepted = self.listener.accept(), if pause.is_none() => match accepted {
                    Ok((tcp, peer)) => self.accept(tcp, peer),
                    Err(error) => {
                        tracing::warn!(%error, "cannot accept a connection");
                        pause = Some(Instant::now() + ACCEPT_PAUSE);
                    }
                },
                Some(ended) = self.tasks.join_next() => self.on_task_ended(ended),
                (launch, sender, allowed) = self.door.answered() => {
                    tracing::info!(%sender, allowed, "the viewer was asked");
                    self.command(PlatformCommand::Permit(launch, allowed));
                }
                () = connection::at(pause.map(Into::into)) => pause = None,
                () = connection::at(timeout.map(Into::into)) => {}
                _ = tick.tick() => if self.casting.is_none() {
                    self.shared.set_still();
                },
                _ = renewal.tick() => {
                    renewed.spawn_blocking(|| Identity::generate(SystemTime::now()));
                }
                Some(identity) = renewed.join_next() => match identity {
                    Ok(Ok(identity)) => self.identity = identity,
                    other => tracing::warn!(?other, "the certificate was not renewed"),
                },
            }
        }
        self.close().await;
    }

    /// Tells the senders, ends the media, closes the connections.
    async fn close(mut self) {
        self.command(PlatformCommand::Stop);
        self.drain().await;
        self.end_media().await;
        // Each task writes what waits, and closes.
        self.connections.clear();
        let closed = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(CLOSE, closed).await.is_err() {
            tracing::info!("some senders do not close their connections");
            self.tasks.shutdown().await;
        }
    }

    fn accept(&mut self, tcp: TcpStream, peer: std::net::SocketAddr) {
        let host = peer.ip().to_canonical();
        let count = self.per_host.entry(host).or_default();
        if self.tasks.len() >= MAX_CONNECTIONS || *count >= MAX_PER_HOST {
            tracing::info!(%peer, "too many connections");
            if *count == 0 {
                self.per_host.remove(&host);
            }
            return;
        }
        *count += 1;
        self.last_connection += 1;
        let served = connection::serve(
            ConnectionId(self.last_connection),
            tcp,
            peer,
            self.identity.clone(),
            self.incoming.clone(),
        );
        self.tasks.spawn(async move {
            served.await;
            host
        });
    }

    fn on_task_ended(&mut self, ended: Result<IpAddr, tokio::task::JoinError>) {
        match ended {
            Ok(host) => {
                if let Some(count) = self.per_host.get_mut(&host) {
                    *count -= 1;
                    if *count == 0 {
                        self.per_host.remove(&host);
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "a connection ended badly"),
        }
    }

    fn on_connection(&mut self, id: ConnectionId, message: FromConnection) {
        let now = Instant::now();
        match message {
            FromConnection::Open {
                peer,
                local,
                outgoing,
            } => {
                tracing::debug!(%peer, "connected");
                self.connections.insert(
                    id,
                    Connection {
                        ends: Ends { peer, local },
                        outgoing,
                    },
                );
                self.platform.handle(now, Input::Opened(id));
            }
            FromConnection::Message(message) => {
                // What still comes of a connection that was given up is not for anybody.
                if self.connections.contains_key(&id) {
                    self.platform.handle(now, Input::Message(id, message));
                }
            }
            FromConnection::Closed => {
                if self.connections.remove(&id).is_some() {
                    self.platform.handle(now, Input::Closed(id));
                }
            }
        }
    }

    fn on_news(&mut self, number: u64, news: MediaNews) {
        let Some(casting) = self
            .casting
            .as_ref()
            .filter(|casting| casting.number == number)
        else {
            return;
        };
        match news {
            MediaNews::Started => {
                let sender = casting.ends.peer.ip().to_canonical();
                self.shared
                    .set_state(ReceiverState::Streaming, Some(sender));
                if let Some(screen) = &self.shared.options.screen {
                    screen.started(sender);
                }
            }
            MediaNews::Silent => self.command(PlatformCommand::Stop),
        }
    }

    fn command(&mut self, command: PlatformCommand) {
        self.platform
            .handle(Instant::now(), Input::Command(command));
    }

    /// Does what the platform wants.
    async fn drain(&mut self) {
        while let Some(output) = self.platform.poll(Instant::now()) {
            match output {
                Output::Send(id, message) => {
                    let Some(connection) = self.connections.get(&id) else {
                        continue;
                    };
                    if connection.outgoing.try_send(message).is_err() {
                        tracing::info!(peer = %connection.ends.peer, "the sender does not read; its connection is closed");
                        self.connections.remove(&id);
                        self.platform.handle(Instant::now(), Input::Closed(id));
                    }
                }
                Output::Disconnect(id) => {
                    self.connections.remove(&id);
                }
                Output::Event(event) => self.on_event(event).await,
            }
        }
    }

    async fn on_event(&mut self, event: Event) {
        match event {
            Event::LaunchRequested {
                launch, connection, ..
            } => {
                let Some(connection) = self.connections.get(&connection) else {
                    return;
                };
                let sender = connection.ends.peer.ip().to_canonical();
                match self.door.knock(launch, sender) {
                    Some(allowed) => self.command(PlatformCommand::Permit(launch, allowed)),
                    None if self.running.is_none() => {
                        self.shared.set_state(ReceiverState::Asking, Some(sender));
                    }
                    None => {}
                }
            }
            Event::LaunchWithdrawn(launch) => {
                self.door.withdraw(launch);
                if self.running.is_none() {
                    self.shared.set_state(ReceiverState::Idle, None);
                }
            }
            Event::Launched {
                app_id, connection, ..
            } => {
                let sender = self
                    .connections
                    .get(&connection)
                    .map(|connection| connection.ends.peer.ip().to_canonical());
                if self.casting.is_none() {
                    self.shared.set_state(ReceiverState::Launched, sender);
                }
                self.running = Some(app_id);
            }
            Event::Offered(offered) => self.on_offer(&offered).await,
            Event::StreamsEnded => {
                self.end_media().await;
                self.shared.set_state(ReceiverState::Launched, None);
            }
            Event::Stopped { reason, .. } => {
                tracing::info!(?reason, "the application was stopped");
                self.running = None;
                self.end_media().await;
                self.shared.set_state(ReceiverState::Idle, None);
            }
            Event::Volume { level, muted } => {
                self.shared.volume.send_replace((level, muted));
            }
            // A refused permission, and what later versions of the core may add.
            _ => {}
        }
    }

    async fn on_offer(&mut self, offered: &Offered) {
        let Some(connection) = self.connections.get(&offered.connection) else {
            return;
        };
        let ends = connection.ends;
        self.casts += 1;
        let number = self.casts;
        match streaming::prepare(offered, ends, &self.shared, number, self.news.clone()) {
            Ok((answer, media)) => {
                // First the answer, then the old streams end, then the new ones begin.
                self.command(PlatformCommand::Answer(offered.id, Ok(Box::new(answer))));
                self.end_media().await;
                self.casting = Some(Casting::start(number, ends, media));
            }
            Err(decline) => self.command(PlatformCommand::Answer(offered.id, Err(decline))),
        }
    }

    async fn end_media(&mut self) {
        if let Some(casting) = self.casting.take() {
            casting.stop().await;
            if let Some(screen) = &self.shared.options.screen {
                screen.stopped();
            }
        }
    }

    /// Keeps the announcement true.
    fn announce(&self, advertiser: Option<&Advertiser>) {
        if let Some(advertiser) = advertiser {
            advertiser.update(|advertisement| {
                advertisement.busy = self.running.is_some();
                advertisement.status = if self.running.is_some() {
                    STATUS.to_owned()
                } else {
                    String::new()
                };
            });
        }
    }
}

/// What [`Hub::run`] listens to.
pub(super) struct Inbox {
    messages: mpsc::Receiver<(ConnectionId, FromConnection)>,
    news: mpsc::Receiver<(u64, MediaNews)>,
}
