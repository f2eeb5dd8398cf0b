// SPDX-License-Identifier: GPL-3.0-or-later
//! The UDP socket of one session: datagrams of the protocol core out to the device, in batches, its RTCP in, nobody
//! else's.
//!
//! Unconnected on purpose: a device may answer to another address of this host than the one that the kernel chose for
//! sending, and from another of its own. Media goes to one address and port only, whoever writes. What does not come from
//! that port of an address that was announced for the device is dropped here and counted.
//!
//! What the network says about packets that were sent (ICMP "port unreachable", "host unreachable") is counted, and
//! nothing more: anybody on the way may say so.

mod batch;
mod bound;
mod counts;
mod inbox;
mod route;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use tokio::io::Interest;
use tokio::net::UdpSocket;
use tokio::time::timeout;

use self::batch::Batch;
pub use self::bound::{Bound, bind};
pub use self::counts::Counts;
use self::inbox::Inbox;
use self::route::Route;
use crate::session::link::Link;
use crate::session::unsent::SendFault;

/// How long a full kernel buffer is waited for. What does not leave then is lost, and will be asked for again.
const KERNEL_PATIENCE: Duration = Duration::from_millis(50);

/// Between two looks at a full kernel buffer of which the runtime believes that there is room.
const KERNEL_PAUSE: Duration = Duration::from_millis(1);

/// How long receiving rests after an error, which must not keep the thread busy if it stays.
const RECEIVE_ERROR_PAUSE: Duration = Duration::from_millis(50);

/// More other addresses of the device than these are not listened to; a device has a handful.
const MAX_OTHERS: usize = 16;

/// A datagram of the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received<'a> {
    /// Its payload.
    pub bytes: &'a [u8],
    /// When the kernel had it; on IPv6 when it was read.
    pub at: Instant,
}

/// The socket of one session.
#[derive(Debug)]
pub struct MediaSocket {
    socket: UdpSocket,
    device: SocketAddr,
    /// Other addresses that were announced for the device.
    others: Vec<IpAddr>,
    route: Route,
    batch: Batch,
    inbox: Inbox,
    counts: Counts,
    dscp: Option<u8>,
}

impl MediaSocket {
    /// Takes a bound socket for a device: host of the TLS peer (with its IPv6 scope), port of the ANSWER. It is also
    /// listened to at the `announced` addresses, from the same port. Must be called on the runtime that will use it.
    pub fn new(bound: Bound, device: SocketAddr, announced: &[IpAddr]) -> io::Result<MediaSocket> {
        let others = announced.iter().filter(|ip| **ip != device.ip());
        let socket = UdpSocket::from_std(bound.socket.into())?;
        let inbox = Inbox::new(&socket, device)?;
        Ok(MediaSocket {
            socket,
            device,
            others: others.take(MAX_OTHERS).copied().collect(),
            route: bound.route,
            batch: Batch::new(),
            inbox,
            counts: Counts::default(),
            dscp: None,
        })
    }

    /// What was sent, and what was not.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Marks everything that leaves with this code point (0 to 63), once the device has agreed to it.
    pub fn set_dscp(&mut self, code_point: u8) -> io::Result<()> {
        let class = u32::from(code_point & 0x3f) << 2;
        let socket = socket2::SockRef::from(&self.socket);
        match self.device {
            SocketAddr::V4(_) => socket.set_tos_v4(class)?,
            SocketAddr::V6(_) => socket.set_tclass_v6(class)?,
        }
        self.dscp = (code_point > 0).then_some(code_point & 0x3f);
        Ok(())
    }

    /// Bytes of UDP payload that the way to the device takes, as far as the kernel knows by now.
    pub fn max_packet_size(&mut self) -> usize {
        self.route.max_packet_size(self.device)
    }

    /// What kind of network leads to the device, as it was found with [`max_packet_size`](Self::max_packet_size).
    pub fn link(&self) -> Option<Link> {
        self.route.link()
    }

    /// Where media goes.
    pub fn device(&self) -> SocketAddr {
        self.device
    }

    /// The code point that everything is marked with; `None` for none.
    pub fn dscp(&self) -> Option<u8> {
        self.dscp
    }

    /// Puts a datagram to those that leave with the next [`flush`](Self::flush). `false` when there is no room left: flush
    /// and put it again.
    #[must_use]
    pub fn queue(&mut self, datagram: &[u8]) -> bool {
        self.batch.push(datagram)
    }

    /// Hands what was queued to the kernel, and waits for room there, though not for long: what does not leave is counted
    /// and taken for lost. Afterwards nothing is queued; when it is cancelled, the rest stays.
    pub async fn flush(&mut self) {
        let mut full_since = None;
        while self.batch.len() > 0 {
            if self.try_flush() {
                full_since = None;
                continue;
            }
            let is_first_look = full_since.is_none();
            let since = *full_since.get_or_insert_with(Instant::now);
            if !is_first_look {
                // Once an error was reported, the runtime says at any time that there is room.
                tokio::time::sleep(KERNEL_PAUSE).await;
            }
            let left = KERNEL_PATIENCE.saturating_sub(since.elapsed());
            let writable = timeout(left, self.socket.writable()).await;
            let problem: io::Error = match writable {
                Ok(Ok(())) if !left.is_zero() => continue,
                Ok(Ok(())) => io::ErrorKind::TimedOut.into(),
                Ok(Err(error)) => error,
                Err(late) => late.into(),
            };
            let rest = self.batch.len();
            self.counts
                .not_sent(SendFault::NoRoom, rest as u64, &problem);
            self.batch.skip(rest);
        }
    }

    /// One call of the kernel. `false` when its buffer is full.
    fn try_flush(&mut self) -> bool {
        let (socket, batch, device) = (&self.socket, &mut self.batch, self.device);
        let calls = &mut self.counts.send_calls;
        let outcome = socket.try_io(Interest::WRITABLE, || {
            *calls += 1;
            batch.send(socket, device)
        });
        match outcome {
            Ok(count) => self.counts.sent += count as u64,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // About packets that left before; this one has not been tried.
            Err(_) if self.count_told() => {}
            Err(error) => {
                self.counts.not_sent(SendFault::of_error(&error), 1, &error);
                self.batch.skip(1);
            }
        }
        true
    }

    /// Counts what the network says about packets that were sent. Whether it said something.
    pub fn count_told(&mut self) -> bool {
        let mut told = false;
        for error in self.inbox.errors(&self.socket) {
            let error = io::Error::from_raw_os_error(error.raw_errno);
            self.counts.not_sent(SendFault::of_error(&error), 1, &error);
            told = true;
        }
        told
    }

    /// A datagram from the device that has come already. `None` as well when something else came instead.
    pub fn try_receive(&mut self) -> Option<Received<'_>> {
        match self.inbox.take(&self.socket) {
            Ok(came) if self.is_device(came.from) => Some(Received {
                bytes: self.inbox.bytes(came.range),
                at: came.at,
            }),
            Ok(_) => None,
            Err(error) => {
                let nothing = error.kind() == io::ErrorKind::WouldBlock;
                if !nothing && !self.count_told() {
                    self.counts.receive_errors += 1;
                }
                None
            }
        }
    }

    /// The next datagram from the device. Safe to be cancelled.
    pub async fn receive(&mut self) -> Received<'_> {
        let came = loop {
            let problem = match self.inbox.take(&self.socket) {
                Ok(came) if self.is_device(came.from) => break came,
                Ok(_) => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    match self.socket.readable().await {
                        Ok(()) => continue,
                        Err(error) => error,
                    }
                }
                // The device may be restarting; silence ends the session.
                Err(_) if self.count_told() => continue,
                Err(error) => error,
            };
            self.counts.receive_errors += 1;
            tracing::debug!(error = %problem, "receiving on the media socket");
            tokio::time::sleep(RECEIVE_ERROR_PAUSE).await;
        };
        Received {
            bytes: self.inbox.bytes(came.range),
            at: came.at,
        }
    }

    /// Whether a datagram is the device's; counts the others. Flow label and, where the kernel leaves it out, scope do
    /// not make another peer.
    fn is_device(&mut self, from: SocketAddr) -> bool {
        if from.port() == self.device.port() {
            if from.ip() == self.device.ip() {
                return true;
            }
            if self.others.contains(&from.ip()) {
                self.counts.from_elsewhere += 1;
                return true;
            }
        }
        self.counts.strangers += 1;
        false
    }
}

#[cfg(test)]
mod tests;
