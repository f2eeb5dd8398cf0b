// SPDX-License-Identifier: GPL-3.0-or-later
//! `Entrance`: lets connections in, within limits, with the current certificate. Input: the listener; output: a task for
//! each connection, which speaks to the hub.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, SystemTime};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

use crate::cast::channel::platform::ConnectionId;
use crate::receiver::connection::{self, FromConnection};
use crate::receiver::identity::Identities;

/// Connections that are served at a time, handshakes included.
const MAX_CONNECTIONS: usize = 16;
/// Of these, connections from one host; a sender needs one, a browser with several profiles a few.
const MAX_PER_HOST: usize = 8;
/// How long connections may take to close at the end.
const CLOSE: Duration = Duration::from_secs(2);
/// How long no connection is accepted after that failed, for want of file descriptors most likely.
const PAUSE: Duration = Duration::from_millis(200);

/// The listener and the tasks of its connections.
pub(super) struct Entrance {
    listener: TcpListener,
    identities: Identities,
    /// Each with the host that it serves.
    tasks: JoinSet<IpAddr>,
    per_host: HashMap<IpAddr, usize>,
    last: u64,
    /// Connections that were turned away.
    refused: u64,
    hub: mpsc::Sender<(ConnectionId, FromConnection)>,
    pause: Option<Instant>,
}

impl Entrance {
    pub(super) fn new(
        listener: TcpListener,
        identities: Identities,
        hub: mpsc::Sender<(ConnectionId, FromConnection)>,
    ) -> Entrance {
        Entrance {
            listener,
            identities,
            tasks: JoinSet::new(),
            per_host: HashMap::new(),
            last: 0,
            refused: 0,
            hub,
            pause: None,
        }
    }

    /// Works for ever. Cancel-safe: it can be dropped and called again at any time.
    pub(super) async fn work(&mut self) -> std::convert::Infallible {
        loop {
            tokio::select! {
                accepted = self.listener.accept(), if self.pause.is_none() => match accepted {
                    Ok((tcp, peer)) => self.accept(tcp, peer),
                    Err(error) => {
                        tracing::warn!(%error, "cannot accept a connection");
                        self.pause = Some(Instant::now() + PAUSE);
                    }
                },
                () = connection::at(self.pause) => self.pause = None,
                Some(ended) = self.tasks.join_next() => self.on_ended(ended),
            }
        }
    }

    /// Waits until all connections have written what waits, and are closed. The hub has let go of them before.
    pub(super) async fn close(mut self) {
        let closed = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(CLOSE, closed).await.is_err() {
            tracing::info!("some senders do not close their connections");
            self.tasks.shutdown().await;
        }
    }

    fn accept(&mut self, tcp: TcpStream, peer: SocketAddr) {
        let host = peer.ip().to_canonical();
        let of_host = self.per_host.get(&host).copied().unwrap_or_default();
        if self.tasks.len() >= MAX_CONNECTIONS || of_host >= MAX_PER_HOST {
            // Said ever less often: whoever floods us does not fill the log.
            self.refused += 1;
            if self.refused.is_power_of_two() {
                tracing::info!(%peer, refused = self.refused, "too many connections");
            }
            return;
        }
        self.per_host.insert(host, of_host + 1);
        self.last += 1;
        let id = ConnectionId(self.last);
        let identity = self.identities.at(SystemTime::now());
        let served = connection::serve(id, tcp, peer, identity, self.hub.clone());
        self.tasks.spawn(async move {
            served.await;
            host
        });
    }

    fn on_ended(&mut self, ended: Result<IpAddr, JoinError>) {
        match ended {
            Ok(host) => {
                let left = self
                    .per_host
                    .get(&host)
                    .map_or(0, |count| count.saturating_sub(1));
                if left == 0 {
                    self.per_host.remove(&host);
                } else {
                    self.per_host.insert(host, left);
                }
            }
            Err(error) => tracing::warn!(%error, "a connection ended badly"),
        }
    }
}
