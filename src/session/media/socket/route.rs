// SPDX-License-Identifier: GPL-3.0-or-later
//! How large a datagram to the device may be, as far as the kernel knows: the interface, the route, and what routers have
//! said (ICMP "fragmentation needed", "packet too big").
//!
//! Until the sender knows, the kernel cuts what is too large into fragments; nothing fails.

use std::io;
use std::net::{IpAddr, SocketAddr};

use rustix::net::connect_unspec;
use rustix::net::sockopt::{ip_mtu, ipv6_mtu};
use socket2::Socket;

use crate::cast::rtp::packetize::{MAX_PACKET_SIZE_IPV4, MAX_PACKET_SIZE_IPV6, MIN_PACKET_SIZE};
use crate::session::link::Link;

/// Headers of IP and UDP.
const HEADERS_IPV4: usize = 20 + 8;
const HEADERS_IPV6: usize = 40 + 8;

/// A socket that never sends; the kernel tells about routes to connected sockets only.
#[derive(Debug)]
pub(super) struct Route {
    socket: Socket,
    /// What was found out last.
    known: usize,
    /// The address of this end, and the link that it belongs to.
    local: Option<IpAddr>,
    link: Option<Link>,
}

impl Route {
    /// `socket` is of the family of the device, bound to the interface in use.
    pub(super) fn new(socket: Socket, device: SocketAddr) -> Route {
        Route {
            socket,
            known: largest(device),
            local: None,
            link: None,
        }
    }

    /// Bytes of UDP payload, at most what Ethernet carries. Without a route, what it was before.
    pub(super) fn max_packet_size(&mut self, device: SocketAddr) -> usize {
        match self.look(device) {
            Ok(size) => self.known = size,
            Err(error) => tracing::debug!(%error, "the route to the device"),
        }
        self.known
    }

    /// The first hop, as it was found with the size of packets.
    pub(super) fn link(&self) -> Option<Link> {
        self.link
    }

    fn look_at_link(&mut self) -> io::Result<()> {
        let local = self.socket.local_addr()?.as_socket();
        let local = local.map(|local| local.ip());
        if local != self.local {
            (self.local, self.link) = (local, local.and_then(Link::of));
        }
        Ok(())
    }

    /// Connects anew each time, because a connected socket keeps to the route that it once found.
    fn look(&mut self, device: SocketAddr) -> io::Result<usize> {
        connect_unspec(&self.socket)?;
        self.socket.connect(&device.into())?;
        self.look_at_link()?;
        let (mtu, headers) = match device {
            SocketAddr::V4(_) => (ip_mtu(&self.socket)?, HEADERS_IPV4),
            SocketAddr::V6(_) => (ipv6_mtu(&self.socket)?, HEADERS_IPV6),
        };
        let mtu = usize::try_from(mtu).unwrap_or(usize::MAX);
        let payload = mtu.saturating_sub(headers);
        Ok(payload.clamp(MIN_PACKET_SIZE, largest(device)))
    }
}

fn largest(device: SocketAddr) -> usize {
    match device {
        SocketAddr::V4(_) => MAX_PACKET_SIZE_IPV4,
        SocketAddr::V6(_) => MAX_PACKET_SIZE_IPV6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::media::socket::bound::open;

    #[test]
    fn a_route_that_takes_more_than_ethernet_is_used_like_ethernet() {
        for (device, size) in [("127.0.0.1:9", 1472), ("[::1]:9", 1452)] {
            let device = device.parse().unwrap();
            let mut route = Route::new(open(device).unwrap(), device);
            assert_eq!(route.max_packet_size(device), size);
            assert_eq!(route.max_packet_size(device), size, "again");
            assert_eq!(route.link(), Some(Link::Other));
        }
    }

    #[test]
    fn without_a_route_what_was_known_stays() {
        // A link-local address without its link.
        let device = "[fe80::1]:9".parse().unwrap();
        let mut route = Route::new(open(device).unwrap(), device);
        assert_eq!(route.max_packet_size(device), 1452);
        route.known = 1000;
        assert_eq!(route.max_packet_size(device), 1000);
    }
}
