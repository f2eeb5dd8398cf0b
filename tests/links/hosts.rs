// SPDX-License-Identifier: GPL-3.0-or-later
//! Two hosts and what is between them.

use std::fs::File;
use std::net::{IpAddr, SocketAddr};

use super::namespace::Namespace;
use super::profiles::{Between, Profile};
use super::relay::Relay;
use super::router::Router;
use super::tun;
use crate::skipping::{
    can_filter_packets, can_limit_rates, can_make_namespaces, can_make_tun_devices,
};

/// The addresses of a host and of the router on its cable.
pub struct Subnet {
    /// Three numbers with dots.
    pub v4: &'static str,
    /// The first half.
    pub v6: &'static str,
    /// What follows for the host.
    pub host: u8,
    /// What follows for the router.
    pub router: u8,
}

/// Where the sender is.
pub const SENDER: Subnet = Subnet {
    v4: "10.77.1",
    v6: "fd77:1",
    host: 1,
    router: 2,
};
/// Where the receiver is.
pub const RECEIVER: Subnet = Subnet {
    v4: "10.77.2",
    v6: "fd77:2",
    host: 1,
    router: 2,
};

/// What went over the way between the hosts.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    /// RTP packets that the sender sent, repetitions included, before any was lost.
    pub media: u64,
    /// Their bytes with the headers of IP and UDP.
    pub media_bytes: u64,
    /// Pieces of packets that the sender's kernel had to cut up (IPv6).
    pub fragments: u64,
    /// RTCP packets that the sender sent.
    pub reports: u64,
    /// UDP packets of both directions that were lost on purpose or by a full queue.
    pub lost: u64,
}

enum Way {
    Router(Router),
    Relay(Relay),
}

/// The hosts. Fields are dropped in this order: the relay's devices before their namespaces.
pub struct Hosts {
    way: Way,
    pub sender: Namespace,
    pub receiver: Namespace,
}

impl Hosts {
    /// Makes them. `None`, on record, where this machine cannot.
    #[track_caller]
    pub fn up(profile: &Profile) -> Option<Hosts> {
        if !can_make_namespaces() {
            return None;
        }
        let possible = match profile.between {
            Between::Router(troubles) => {
                can_filter_packets() && (troubles.rate.is_none() || can_limit_rates())
            }
            Between::Relay(_) => can_make_tun_devices(),
        };
        if !possible {
            return None;
        }
        let (sender, receiver) = (Namespace::new('a'), Namespace::new('b'));
        let way = match profile.between {
            Between::Router(troubles) => Way::Router(Router::between(&sender, &receiver, troubles)),
            Between::Relay(conditions) => Way::Relay(Relay::start(
                end_of_relay(&sender, &SENDER),
                end_of_relay(&receiver, &RECEIVER),
                conditions,
            )),
        };
        Some(Hosts {
            way,
            sender,
            receiver,
        })
    }

    /// What carries packets between them, when that is no router.
    pub fn relay(&self) -> Option<&Relay> {
        match &self.way {
            Way::Router(_) => None,
            Way::Relay(relay) => Some(relay),
        }
    }

    /// What has gone over the way until now.
    pub fn counts(&self) -> Counts {
        match &self.way {
            Way::Router(router) => router.counts(),
            Way::Relay(relay) => relay.counts(),
        }
    }
}

/// Where the receiver is found.
pub fn receiver_address(ipv6: bool, port: u16) -> SocketAddr {
    let Subnet { v4, v6, host, .. } = RECEIVER;
    let text = if ipv6 {
        format!("{v6}::{host}")
    } else {
        format!("{v4}.{host}")
    };
    let address: IpAddr = text.parse().expect("an address");
    SocketAddr::new(address, port)
}

/// A TUN device through which everything goes.
fn end_of_relay(host: &Namespace, net: &Subnet) -> File {
    let device = host.enter(|| tun::open("eth0")).expect("a TUN device");
    host.ip("link set eth0 up mtu 1500");
    host.ip(&format!("addr add {}.{}/24 dev eth0", net.v4, net.host));
    host.ip("route add default dev eth0");
    device
}
