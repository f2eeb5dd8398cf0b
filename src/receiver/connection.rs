// SPDX-License-Identifier: GPL-3.0-or-later
//! One TLS connection of a sender: bytes in, messages to the hub; messages from the hub, bytes out. Knows framing and
//! limits, nothing about what a message says.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::identity::Identity;
use crate::cast::channel::framing::{Framer, FramingError};
use crate::cast::channel::message::CastMessage;
use crate::cast::channel::platform::ConnectionId;

/// How long a sender may take for the TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// How long a sender may take for its first message, and for the rest of a message that it began. Silence between
/// messages is the platform's business: it keeps the heartbeat.
const IDLE: Duration = Duration::from_secs(30);
/// How long a sender may take to read what is written to it.
const WRITE: Duration = Duration::from_secs(5);
/// Messages a second of one sender; what comes faster waits in the kernel. A cast needs some twenty at its start.
const MESSAGES_A_SECOND: u32 = 100;
/// Messages that wait to be written. A sender that does not read loses its connection.
pub(super) const OUTGOING: usize = 64;

/// What the connections tell the hub.
#[derive(Debug)]
pub(super) enum FromConnection {
    /// The handshake is done. `outgoing` takes what is to be written; dropping it closes the connection.
    Open {
        /// The sender's address.
        peer: SocketAddr,
        /// Ours, of the interface it came over.
        local: SocketAddr,
        /// The certificate (DER) that it was shown.
        certificate: CertificateDer<'static>,
        /// What is to be written.
        outgoing: mpsc::Sender<CastMessage>,
    },
    /// A message came.
    Message(CastMessage),
    /// The connection is gone.
    Closed,
}

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
enum End {
    #[error("the TLS handshake took too long")]
    Handshake,
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Framing(#[from] FramingError),
    #[error("no whole message for {IDLE:?}")]
    Idle,
    #[error("the sender does not read")]
    Stuck,
    #[error("the receiver is gone")]
    Hub,
}

/// Serves one connection until it ends, and tells the hub.
pub(super) async fn serve(
    id: ConnectionId,
    tcp: TcpStream,
    peer: SocketAddr,
    identity: Identity,
    hub: mpsc::Sender<(ConnectionId, FromConnection)>,
) {
    match run(id, tcp, peer, identity, &hub).await {
        Ok(()) => tracing::debug!(%peer, "the connection was closed"),
        Err(error) => tracing::info!(%peer, %error, "the connection ended"),
    }
    if hub.send((id, FromConnection::Closed)).await.is_err() {
        tracing::debug!("the receiver ended before the connection");
    }
}

async fn run(
    id: ConnectionId,
    tcp: TcpStream,
    peer: SocketAddr,
    identity: Identity,
    hub: &mpsc::Sender<(ConnectionId, FromConnection)>,
) -> Result<(), End> {
    tcp.set_nodelay(true)?;
    let local = tcp.local_addr()?;
    let handshake = TlsAcceptor::from(identity.config).accept(tcp);
    let mut stream = tokio::time::timeout(HANDSHAKE, handshake)
        .await
        .map_err(|_| End::Handshake)??;
    let (outgoing, mut to_write) = mpsc::channel(OUTGOING);
    let open = FromConnection::Open {
        peer,
        local,
        certificate: identity.certificate,
        outgoing,
    };
    hub.send((id, open)).await.map_err(|_| End::Hub)?;

    let mut framer = Framer::default();
    let mut budget = Budget::new(Instant::now());
    let mut idle_at = Some(Instant::now() + IDLE);
    let mut buffer = vec![0; 16 * 1024];
    loop {
        tokio::select! {
            read = stream.read(&mut buffer) => {
                let length = read?;
                if length == 0 {
                    return Ok(());
                }
                framer.push(&buffer[..length]);
                while let Some(message) = framer.next_message()? {
                    idle_at = None;
                    if let Some(wait) = budget.spend(Instant::now()) {
                        tokio::time::sleep_until(wait).await;
                    }
                    hub.send((id, FromConnection::Message(message))).await.map_err(|_| End::Hub)?;
                }
                if framer.buffered() > 0 {
                    idle_at.get_or_insert(Instant::now() + IDLE);
                }
            }
            message = to_write.recv() => {
                let Some(message) = message else {
                    tokio::time::timeout(WRITE, stream.shutdown()).await.map_err(|_| End::Stuck)??;
                    return Ok(());
                };
                write(&mut stream, &message).await?;
            }
            () = at(idle_at) => return Err(End::Idle),
        }
    }
}

async fn write(stream: &mut TlsStream<TcpStream>, message: &CastMessage) -> Result<(), End> {
    let bytes = match message.encode() {
        Ok(bytes) => bytes,
        Err(error) => {
            tracing::warn!(?message, %error, "a message cannot be written");
            return Ok(());
        }
    };
    let written = async {
        stream.write_all(&bytes).await?;
        stream.flush().await
    };
    Ok(tokio::time::timeout(WRITE, written)
        .await
        .map_err(|_| End::Stuck)??)
}

/// Waits until `deadline`, or for ever.
pub(super) async fn at(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// How many messages may still come in this second.
struct Budget {
    since: Instant,
    left: u32,
}

impl Budget {
    fn new(now: Instant) -> Budget {
        Budget {
            since: now,
            left: MESSAGES_A_SECOND,
        }
    }

    /// Takes one message. Says until when to wait when there were too many.
    fn spend(&mut self, now: Instant) -> Option<Instant> {
        if now >= self.since + Duration::from_secs(1) {
            *self = Budget::new(now);
        }
        if let Some(left) = self.left.checked_sub(1) {
            self.left = left;
            return None;
        }
        let next = self.since + Duration::from_secs(1);
        *self = Budget {
            since: next,
            left: MESSAGES_A_SECOND - 1,
        };
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_messages_is_slowed_down_to_its_budget() {
        let start = Instant::now();
        let (mut budget, mut now) = (Budget::new(start), start);
        for _ in 0..10 * MESSAGES_A_SECOND {
            if let Some(wait) = budget.spend(now) {
                assert!(wait > now);
                now = wait;
            }
        }
        assert_eq!(now - start, Duration::from_secs(9));
        assert_eq!(budget.spend(now + Duration::from_mins(1)), None);
    }
}
