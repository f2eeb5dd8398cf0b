// SPDX-License-Identifier: GPL-3.0-or-later
//! `InterfaceWatch`: tells at once when a network interface or an address comes, goes, or gets its carrier.
//!
//! Input: the kernel's route netlink groups; output: a wake-up. What changed is not reported: who listens looks anew.
//! A plain netlink socket of `rustix`, which is in the tree anyway; the netlink crates bring a message library of which
//! two header fields would be used.

use std::io;
use std::time::Duration;

use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, SocketFlags, SocketType};
use tokio::net::UnixDatagram;
use tokio::time::Instant;

/// `RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR` of `linux/rtnetlink.h`.
const GROUPS: u32 = 0x1 | 0x10 | 0x100;
/// Changes come in bursts (link, then each address): the wake-up follows when this long nothing more came …
const SETTLE: Duration = Duration::from_millis(50);
/// … but no later than this after the first.
const SETTLE_AT_MOST: Duration = Duration::from_millis(250);

/// A subscription to the changes of this network namespace.
#[derive(Debug)]
pub(super) struct InterfaceWatch {
    /// tokio has no type for other datagram sockets that is safe to make; nothing but `recv` is called on it.
    socket: UnixDatagram,
    /// The first and the last change of a burst that is not over.
    burst: Option<(Instant, Instant)>,
}

impl InterfaceWatch {
    /// Subscribes. Needs no privilege, but a tokio runtime.
    pub(super) fn new() -> io::Result<InterfaceWatch> {
        let socket = rustix::net::socket_with(
            AddressFamily::NETLINK,
            SocketType::RAW,
            SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
            None,
        )?;
        rustix::net::bind(&socket, &SocketAddrNetlink::new(0, GROUPS))?;
        Ok(InterfaceWatch {
            socket: UnixDatagram::from_std(socket.into())?,
            burst: None,
        })
    }

    /// Waits until something changed and the burst is over. Cancel-safe: a burst that was seen is remembered.
    pub(super) async fn changed(&mut self) -> io::Result<()> {
        loop {
            let Some((first, last)) = self.burst else {
                if self.read_relevant().await? {
                    let now = Instant::now();
                    self.burst = Some((now, now));
                }
                continue;
            };
            let settled = (first + SETTLE_AT_MOST).min(last + SETTLE);
            match tokio::time::timeout_at(settled, self.read_relevant()).await {
                Ok(Ok(true)) => self.burst = Some((first, Instant::now())),
                Ok(Ok(false)) => {}
                Ok(Err(error)) => return Err(error),
                Err(_) => {
                    self.burst = None;
                    return Ok(());
                }
            }
        }
    }

    /// Reads one datagram and says whether it matters.
    async fn read_relevant(&self) -> io::Result<bool> {
        let mut buffer = [0u8; 8192];
        match self.socket.recv(&mut buffer).await {
            Ok(length) => Ok(is_relevant(&buffer[..length])),
            // The kernel had more to say than the socket could hold: something changed.
            Err(error)
                if error.raw_os_error() == Some(rustix::io::Errno::NOBUFS.raw_os_error()) =>
            {
                Ok(true)
            }
            Err(error) => Err(error),
        }
    }
}

/// Whether a datagram of netlink messages tells of a change that concerns sockets: an address or a link came or went, or a
/// link's `IFF_UP`, `IFF_RUNNING` changed. Wireless drivers send link messages for much less.
fn is_relevant(mut datagram: &[u8]) -> bool {
    const RTM_NEWLINK: u16 = 16;
    const RTM_DELLINK: u16 = 17;
    const RTM_NEWADDR: u16 = 20;
    const RTM_DELADDR: u16 = 21;
    const UP_OR_RUNNING: u32 = 0x1 | 0x40;
    // struct nlmsghdr: length u32, type u16, flags u16, sequence u32, port u32; the next message is aligned to 4 bytes.
    while let Some((header, _)) = datagram.split_first_chunk::<16>() {
        let length = u32::from_ne_bytes([header[0], header[1], header[2], header[3]]) as usize;
        let Some(message) = datagram.get(16..length) else {
            return false;
        };
        match u16::from_ne_bytes([header[4], header[5]]) {
            RTM_DELLINK | RTM_NEWADDR | RTM_DELADDR => return true,
            // struct ifinfomsg: family u8, padding u8, type u16, index i32, flags u32, change mask u32.
            RTM_NEWLINK => {
                if let Some(change) = message.get(12..16).and_then(|bytes| bytes.try_into().ok())
                    && u32::from_ne_bytes(change) & UP_OR_RUNNING != 0
                {
                    return true;
                }
            }
            _ => {}
        }
        datagram = datagram
            .get(length.next_multiple_of(4)..)
            .unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u16, body: &[u8]) -> Vec<u8> {
        let mut bytes = (16 + body.len() as u32).to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend([0; 10]);
        bytes.extend(body);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn link(change: u32) -> Vec<u8> {
        let mut body = vec![0; 12];
        body.extend(change.to_ne_bytes());
        message(16, &body)
    }

    #[test]
    fn addresses_and_carriers_matter_and_signal_strength_does_not() {
        assert!(is_relevant(&message(20, &[0; 8])));
        assert!(is_relevant(&message(21, &[0; 8])));
        assert!(is_relevant(&message(17, &[0; 16])));
        assert!(is_relevant(&link(0x1)));
        assert!(is_relevant(&link(0x40)));
        assert!(!is_relevant(&link(0)));
        assert!(!is_relevant(&message(3, &[])));
        assert!(is_relevant(
            &[link(0), message(24, &[1, 2, 3]), message(20, &[])].concat()
        ));
    }

    #[test]
    fn broken_netlink_data_ends_the_walk() {
        assert!(!is_relevant(&[]));
        assert!(!is_relevant(&[0; 16]), "a length of 0 must not loop");
        assert!(!is_relevant(&[255; 40]));
        assert!(!is_relevant(&link(0x40)[..20]));
    }
}
