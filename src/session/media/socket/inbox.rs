// SPDX-License-Identifier: GPL-3.0-or-later
//! What comes to a media socket: datagrams with the moment at which the kernel had them, and what the network says about
//! those that were sent (ICMP). Judges nobody.
//!
//! On a busy computer a thread wakes up late. What waited in the kernel meanwhile must not look as if it had waited on the
//! network, so the time of a datagram is the kernel's (`SO_TIMESTAMPNS`). On IPv6 it is the time of the reading: the crate
//! that asks the kernel for it (`quinn-udp`) also forbids the kernel to cut up large packets there, for good.

use std::io::{self, IoSliceMut};
use std::net::SocketAddr;
use std::ops::Range;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use quinn_udp::{RecvMeta, TransportError, UdpSocketState};
use rustix::net::sockopt::{Ipv4PathMtuDiscovery, set_ip_mtu_discover};
use tokio::io::Interest;
use tokio::net::UdpSocket;

use super::bound::open;

/// The most that the kernel hands out at once: datagrams of one sender and size that came together.
const BUFFER: usize = 64 * 1024;

/// Nothing waits in the kernel for longer; the wall clock has been set meanwhile.
const OLDEST: Duration = Duration::from_secs(5);

/// So many errors are fetched at once; more than a device or router sends in a second.
const ERRORS_AT_ONCE: usize = 16;

/// A datagram that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Came {
    pub(super) from: SocketAddr,
    /// Where it is in the buffer.
    pub(super) range: Range<usize>,
    pub(super) at: Instant,
}

/// Datagrams that were read from the kernel.
#[derive(Debug)]
pub(super) struct Inbox {
    state: UdpSocketState,
    buffer: Box<[u8]>,
    /// Of the datagrams that were read together, those that follow.
    rest: Option<Came>,
    stride: usize,
}

impl Inbox {
    /// Sets the socket up; `device` tells its family.
    pub(super) fn new(socket: &UdpSocket, device: SocketAddr) -> io::Result<Inbox> {
        let state = match device {
            SocketAddr::V4(_) => {
                let state = UdpSocketState::new(socket.into())?;
                // It forbids to cut up large packets here, too; but this can be taken back.
                set_ip_mtu_discover(socket, Ipv4PathMtuDiscovery::WANT)?;
                state
            }
            SocketAddr::V6(_) => UdpSocketState::new((&open(device)?).into())?,
        };
        state.enable_transport_errors(socket.into())?;
        Ok(Inbox {
            state,
            buffer: vec![0; BUFFER].into_boxed_slice(),
            rest: None,
            stride: 0,
        })
    }

    /// The next datagram that has come already.
    pub(super) fn take(&mut self, socket: &UdpSocket) -> io::Result<Came> {
        let mut all = match self.rest.take() {
            Some(rest) => rest,
            None => self.read(socket)?,
        };
        let end = all.range.end.min(all.range.start + self.stride.max(1));
        if end < all.range.end {
            self.rest = Some(Came {
                range: end..all.range.end,
                ..all
            });
        }
        all.range.end = end;
        Ok(all)
    }

    /// Of a datagram that was taken last.
    pub(super) fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.buffer.get(range).unwrap_or_default()
    }

    fn read(&mut self, socket: &UdpSocket) -> io::Result<Came> {
        let mut meta = [RecvMeta::default()];
        let (state, buffer) = (&self.state, &mut self.buffer);
        socket.try_io(Interest::READABLE, || {
            let mut buffers = [IoSliceMut::new(buffer)];
            state.recv(socket.into(), &mut buffers, &mut meta)
        })?;
        let [meta] = meta;
        self.stride = meta.stride;
        let wall = SystemTime::now().duration_since(UNIX_EPOCH);
        Ok(Came {
            from: meta.addr,
            range: 0..meta.len,
            at: arrival(Instant::now(), wall.unwrap_or_default(), meta.timestamp),
        })
    }

    /// What the network says about packets that were sent, since the last time.
    pub(super) fn errors(&self, socket: &UdpSocket) -> impl Iterator<Item = TransportError> {
        (0..ERRORS_AT_ONCE).map_while(|_| self.state.recv_transport_error(socket.into()).ok()?)
    }
}

/// When a datagram came that is read `now`, while the wall clock shows `wall`, and was stamped by it.
fn arrival(now: Instant, wall: Duration, stamp: Option<Duration>) -> Instant {
    let age = stamp.and_then(|stamp| wall.checked_sub(stamp));
    age.filter(|age| *age <= OLDEST)
        .and_then(|age| now.checked_sub(age))
        .unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_datagram_is_as_old_as_its_stamp_unless_the_clock_was_set() {
        let now = Instant::now();
        let (stamp, late) = (Duration::from_hours(500_000), Duration::from_millis(40));
        let (sent, wall) = (now, stamp + late);
        let now = sent + late;
        assert_eq!(arrival(now, wall, None), now);
        assert_eq!(arrival(now, wall, Some(wall)), now);
        assert_eq!(arrival(now, wall, Some(stamp)), sent);
        assert_eq!(arrival(now, wall, Some(wall + late)), now);
        assert_eq!(arrival(now, wall, Some(Duration::ZERO)), now);
    }

    #[tokio::test]
    async fn what_waited_in_the_kernel_has_the_time_at_which_it_came() {
        let device = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let there = device.local_addr().unwrap();
        let mut inbox = Inbox::new(&socket, there).unwrap();
        // The kernel takes a moment to begin with its stamps.
        tokio::time::sleep(Duration::from_millis(200)).await;
        let sent = Instant::now();
        for word in [&b"one"[..], b"two", b""] {
            let here = socket.local_addr().unwrap();
            device.send_to(word, here).await.unwrap();
        }
        let came_until = Instant::now();
        // As a thread that is not woken in time.
        std::thread::sleep(Duration::from_millis(100));
        let slack = Duration::from_millis(20);
        for word in [&b"one"[..], b"two", b""] {
            socket.readable().await.unwrap();
            let came = inbox.take(&socket).unwrap();
            assert_eq!(came.from, there);
            assert!(came.at + slack >= sent && came.at <= came_until + slack);
            assert_eq!(inbox.bytes(came.range), word);
        }
        let nothing = inbox.take(&socket).unwrap_err();
        assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
    }

    #[tokio::test]
    async fn a_refused_packet_is_told_and_the_socket_goes_on() {
        for host in ["127.0.0.1:0", "[::1]:0"] {
            let socket = UdpSocket::bind(host).await.unwrap();
            let gone = UdpSocket::bind(host).await.unwrap().local_addr().unwrap();
            let inbox = Inbox::new(&socket, gone).unwrap();
            assert_eq!(inbox.errors(&socket).count(), 0);
            socket.send_to(b"anybody?", gone).await.unwrap();
            let refused = loop {
                if let Some(error) = inbox.errors(&socket).next() {
                    break error.raw_errno;
                }
                tokio::task::yield_now().await;
            };
            assert_eq!(refused, rustix::io::Errno::CONNREFUSED.raw_os_error());
        }
    }
}
