// SPDX-License-Identifier: GPL-3.0-or-later
//! The hub of a receiver: accepts connections, drives the platform core, starts and ends media, asks the viewer.
//!
//! Input: connections, their messages, news of the media, commands of the embedder; output: messages, state, media. All
//! rules of the protocol are the platform core's.

mod door;
mod entrance;
mod events;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::CertificateDer;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use self::door::Door;
use self::entrance::Entrance;
use super::connection::{self, FromConnection};
use super::identity::Identities;
use super::media::MediaNews;
use super::options::AcceptPolicy;
use super::shared::Shared;
use super::streaming::{Casting, Ends};
use crate::cast::auth::Credentials;
use crate::cast::channel::message::CastMessage;
use crate::cast::channel::messages::discovery::DeviceInfo;
use crate::cast::channel::platform::{
    AppSpec, Command as PlatformCommand, ConnectionId, Input, Output, Platform, PlatformConfig,
};
use crate::cast::offer::Abilities;
use crate::config;
use crate::discovery::advertise::{Advertisement, Advertiser};

/// Messages of all connections that wait for the hub. Beyond, the connections wait.
const INCOMING: usize = 64;
/// News of the media that wait for the hub.
const NEWS: usize = 8;
/// How often the numbers are published while nothing is cast; while something is, the media do it.
const TICK: Duration = Duration::from_secs(1);

/// A wish of the embedder.
#[derive(Debug)]
pub(super) enum Command {
    /// End the current cast.
    EndCast,
}

/// An open connection.
struct Connection {
    ends: Ends,
    /// The certificate (DER) that it was shown.
    certificate: CertificateDer<'static>,
    /// Challenges of it that were answered.
    challenges: u32,
    outgoing: mpsc::Sender<CastMessage>,
}

/// The state of the receiver.
pub(super) struct Hub {
    shared: Arc<Shared>,
    entrance: Entrance,
    platform: Platform,
    connections: HashMap<ConnectionId, Connection>,
    casting: Option<Casting>,
    casts: u64,
    news: mpsc::Sender<(u64, MediaNews)>,
    door: Door,
    credentials: Option<Credentials>,
    /// What the announcement says: what runs.
    running: Option<String>,
}

impl Hub {
    /// A hub that serves `listener`, and the channels that [`Hub::run`] listens to.
    pub(super) fn new(
        listener: TcpListener,
        identities: Identities,
        credentials: Option<Credentials>,
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
            authenticates: credentials.is_some(),
            level,
            muted,
        });
        let hub = Hub {
            door: Door::new(&shared.options),
            credentials,
            shared,
            entrance: Entrance::new(listener, identities, incoming),
            platform,
            connections: HashMap::new(),
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
                never = self.entrance.work() => match never {},
                answer = self.door.answered() => self.on_answer(answer),
                () = connection::at(timeout.map(Into::into)) => {}
                _ = tick.tick() => if self.casting.is_none() {
                    self.shared.set_still();
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
        self.connections.clear();
        self.entrance.close().await;
    }

    fn on_connection(&mut self, id: ConnectionId, message: FromConnection) {
        let now = Instant::now();
        match message {
            FromConnection::Open {
                peer,
                local,
                certificate,
                outgoing,
            } => {
                tracing::debug!(%peer, "connected");
                self.connections.insert(
                    id,
                    Connection {
                        ends: Ends { peer, local },
                        certificate,
                        challenges: 0,
                        outgoing,
                    },
                );
                self.platform.handle(now, Input::Opened(id));
                let standing = self.door.standing(peer.ip().to_canonical());
                self.command(PlatformCommand::Admit(id, standing));
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
}

/// What [`Hub::run`] listens to.
pub(super) struct Inbox {
    messages: mpsc::Receiver<(ConnectionId, FromConnection)>,
    news: mpsc::Receiver<(u64, MediaNews)>,
}
