// SPDX-License-Identifier: GPL-3.0-or-later
//! Connections, virtual connections and their heartbeat: who may talk to which endpoint.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::{ConnectionId, Output, Platform, Standing, StopReason};
use crate::cast::channel::message::{
    BROADCAST, CastMessage, PLATFORM_RECEIVER, PLATFORM_SENDER, Payload,
};
use crate::cast::channel::messages::connection::{
    CloseReason, Connect, ConnectReply, ConnectionMessage,
};
use crate::cast::channel::messages::heartbeat::Heartbeat;
use crate::cast::channel::namespace;

/// How many senders may be connected; the next one is turned away.
pub const MAX_CONNECTIONS: usize = 32;
/// A PING leaves on a connection that was silent for so long, and then as often.
pub const PING_INTERVAL: Duration = Duration::from_secs(5);
/// A sender that ever took part in the heartbeat and is silent for so long is gone. Open Screen's sender never does, and
/// talks only by RTP once it streams.
pub const SILENCE_LIMIT: Duration = Duration::from_secs(20);

/// How many virtual connections one sender may have; real ones have two.
const MAX_VIRTUAL: usize = 32;
/// How long the id of an endpoint may be, in bytes; real ones have about twenty.
const MAX_ENDPOINT_ID: usize = 256;

/// One TLS connection.
#[derive(Debug)]
pub(super) struct Connection {
    last_received: Instant,
    next_ping: Instant,
    /// Whether it ever sent PING or PONG.
    beats: bool,
    /// What the sender's last CONNECT called its program.
    pub(super) user_agent: Option<String>,
    standing: Standing,
    virtual_connections: BTreeSet<VirtualConnection>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct VirtualConnection {
    endpoint: String,
    peer: String,
}

impl Connection {
    fn new(now: Instant) -> Connection {
        Connection {
            last_received: now,
            next_ping: now + PING_INTERVAL,
            beats: false,
            user_agent: None,
            standing: Standing::Stranger,
            virtual_connections: BTreeSet::new(),
        }
    }

    pub(super) fn next_timeout(&self) -> Instant {
        if self.beats {
            self.next_ping.min(self.last_received + SILENCE_LIMIT)
        } else {
            self.next_ping
        }
    }

    fn has(&self, endpoint: &str, peer: &str) -> bool {
        self.virtual_connections
            .iter()
            .any(|open| open.endpoint == endpoint && open.peer == peer)
    }

    /// Whether there was one.
    fn close(&mut self, endpoint: &str, peer: &str) -> bool {
        let before = self.virtual_connections.len();
        self.virtual_connections
            .retain(|open| open.endpoint != endpoint || open.peer != peer);
        self.virtual_connections.len() < before
    }

    /// The peers of an endpoint, whose virtual connections are closed.
    fn close_all(&mut self, endpoint: &str) -> Vec<String> {
        let (gone, stay) = std::mem::take(&mut self.virtual_connections)
            .into_iter()
            .partition::<BTreeSet<_>, _>(|open| open.endpoint == endpoint);
        self.virtual_connections = stay;
        gone.into_iter().map(|open| open.peer).collect()
    }
}

impl Platform {
    pub(super) fn open(&mut self, now: Instant, connection: ConnectionId) {
        if self.connections.len() >= MAX_CONNECTIONS {
            self.outputs.push_back(Output::Disconnect(connection));
        } else {
            self.connections.insert(connection, Connection::new(now));
        }
    }

    /// Whether what runs, and how loud it is, is any of this sender's business.
    pub(super) fn may_control(&self, id: ConnectionId) -> bool {
        let standing = self.connections.get(&id).map(|it| it.standing);
        !self.config.ask_before_launch || standing > Some(Standing::Stranger)
    }

    pub(super) fn admit(&mut self, id: ConnectionId, standing: Standing) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.standing = standing;
        }
    }

    /// This sender was permitted to launch.
    pub(super) fn welcome(&mut self, id: ConnectionId) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.standing = connection.standing.max(Standing::Guest);
        }
    }

    /// What was launched is gone.
    pub(super) fn see_guests_off(&mut self) {
        for connection in self.connections.values_mut() {
            if connection.standing == Standing::Guest {
                connection.standing = Standing::Stranger;
            }
        }
    }

    pub(super) fn on_closed(&mut self, connection: ConnectionId) {
        if self.connections.remove(&connection).is_some() {
            self.withdraw_launch(connection);
            self.leave(connection, None, StopReason::ConnectionLost);
        }
    }

    pub(super) fn on_message(&mut self, now: Instant, id: ConnectionId, message: &CastMessage) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        connection.last_received = now;
        connection.next_ping = now + PING_INTERVAL;
        if message.source == BROADCAST {
            return;
        }
        let text = match &message.payload {
            Payload::Text(text) => text,
            Payload::Binary(bytes) if message.namespace == namespace::DEVICE_AUTH => {
                return self.on_challenge(id, message, bytes);
            }
            Payload::Binary(_) | Payload::Unusable => return,
        };
        let connected = connection.has(&message.destination, &message.source);
        match message.namespace.as_str() {
            namespace::HEARTBEAT => {
                if let Some(beat) = Heartbeat::parse(text) {
                    connection.beats = true;
                    if beat == Heartbeat::Ping {
                        self.reply_to(id, message, Heartbeat::Pong.to_json());
                    }
                }
            }
            namespace::CONNECTION if message.destination != BROADCAST => {
                match ConnectionMessage::parse(text) {
                    Some(ConnectionMessage::Connect(connect)) => {
                        self.on_connect(id, message, &connect);
                    }
                    Some(ConnectionMessage::Close(_)) => self.on_close(id, message),
                    Some(ConnectionMessage::Connected { .. }) | None => {}
                }
            }
            other if namespace::is_transport(other) => {}
            // What is for everybody needs no virtual connection, but applications do not hear it.
            _ if message.destination == BROADCAST
                || (connected && message.destination == PLATFORM_RECEIVER) =>
            {
                self.on_platform_message(now, id, message, text);
            }
            namespace::WEBRTC | namespace::REMOTING if connected => {
                self.on_streaming(id, message, text);
            }
            _ => {}
        }
    }

    fn on_connect(&mut self, id: ConnectionId, message: &CastMessage, connect: &Connect) {
        let is_open_to_them = message.destination == PLATFORM_RECEIVER
            || self.may_control(id)
                && self
                    .app
                    .as_ref()
                    .is_some_and(|app| app.transport_id() == message.destination);
        let short = message.source.len() <= MAX_ENDPOINT_ID;
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        let room = connection.virtual_connections.len() < MAX_VIRTUAL
            || connection.has(&message.destination, &message.source);
        let reply = if is_open_to_them && short && room {
            connect.reply()
        } else {
            ConnectReply::Refused
        };
        if reply != ConnectReply::Refused {
            if connect.user_agent.is_some() {
                connection.user_agent.clone_from(&connect.user_agent);
            }
            connection.virtual_connections.insert(VirtualConnection {
                endpoint: message.destination.clone(),
                peer: message.source.clone(),
            });
        }
        if let Some(text) = reply.to_json() {
            self.reply_to(id, message, text);
        }
    }

    /// A sender closed a virtual connection; perhaps the one that the application lived for.
    fn on_close(&mut self, id: ConnectionId, message: &CastMessage) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        let was_open = connection.close(&message.destination, &message.source);
        if was_open && message.destination == PLATFORM_RECEIVER {
            self.abandon_launch(id, &message.source);
        }
        if was_open
            && self
                .app
                .as_ref()
                .is_some_and(|app| app.transport_id() == message.destination)
        {
            self.leave(id, Some(&message.source), StopReason::SenderLeft);
        }
    }

    /// Closes all virtual connections to an endpoint that is gone, and says so.
    pub(super) fn close_endpoint(&mut self, endpoint: &str) {
        let gone: Vec<_> = (self.connections.iter_mut())
            .flat_map(|(id, connection)| {
                connection
                    .close_all(endpoint)
                    .into_iter()
                    .map(|peer| (*id, peer))
            })
            .collect();
        for (id, peer) in gone {
            self.send(
                id,
                endpoint,
                &peer,
                namespace::CONNECTION,
                CloseReason::ClosedBySelf.to_json(),
            );
        }
    }

    /// Closes one virtual connection from this side.
    pub(super) fn close_peer(&mut self, id: ConnectionId, endpoint: &str, peer: &str) {
        if self
            .connections
            .get_mut(&id)
            .is_some_and(|connection| connection.close(endpoint, peer))
        {
            self.send(
                id,
                endpoint,
                peer,
                namespace::CONNECTION,
                CloseReason::ClosedBySelf.to_json(),
            );
        }
    }

    pub(super) fn connections_on_time(&mut self, now: Instant) {
        let due: Vec<ConnectionId> = (self.connections.iter())
            .filter(|(_, connection)| now >= connection.next_timeout())
            .map(|(id, _)| *id)
            .collect();
        for id in due {
            let Some(connection) = self.connections.get_mut(&id) else {
                continue;
            };
            if connection.beats && now >= connection.last_received + SILENCE_LIMIT {
                self.outputs.push_back(Output::Disconnect(id));
                self.on_closed(id);
            } else {
                connection.next_ping = now + PING_INTERVAL;
                let ping = Heartbeat::Ping.to_json();
                self.send(
                    id,
                    PLATFORM_RECEIVER,
                    PLATFORM_SENDER,
                    namespace::HEARTBEAT,
                    ping,
                );
            }
        }
    }

    /// Sends a reply with the ids swapped.
    fn reply_to(&mut self, id: ConnectionId, message: &CastMessage, text: String) {
        self.send(
            id,
            &message.destination,
            &message.source,
            &message.namespace,
            text,
        );
    }
}
