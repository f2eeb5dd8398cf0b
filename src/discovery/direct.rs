// SPDX-License-Identifier: GPL-3.0-or-later
//! Asks once who is there and takes the answers that come straight back. Interfaces and known addresses in,
//! [`Announcement`]s out.
//!
//! Beside mDNS proper, for a quick start: a device may multicast its records once a second only (RFC 6762, section 6),
//! so the question of somebody who just came goes unanswered after another one's, or after news of the device itself.
//! A question from a port of one's own is answered by unicast instead (section 6.7), which has no such limit. Where
//! multicast does not get through, the question still reaches the devices whose addresses are known from before
//! (section 5.5). By multicast it is asked over IPv4 alone: these questions only shorten the first second, and a network
//! with nothing but IPv6 is served by mDNS proper. What stays in the list is mDNS' affair: these answers are good for a
//! few seconds.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::announcement::Announcement;
use super::message::{self, Via};

/// Where questions go (RFC 6762, section 3).
const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);
const PORT: u16 = 5353;

/// When the question is asked again: multicast over Wi-Fi is not repeated by the access point.
const AGAIN: Duration = Duration::from_millis(250);
/// How long answers are waited for. Responders may take 500 ms when they wait for more questions (section 7.2).
const PATIENCE: Duration = Duration::from_secs(2);
/// Interfaces that are asked on.
const MAX_INTERFACES: usize = 32;
/// Longest answer (section 17).
const MAX_ANSWER: usize = 9000;
/// Answers that are read on one socket; a network has a few dozens of devices, and a flood must end.
const MAX_ANSWERS: usize = 1024;

/// How long what such an answer said is believed (section 6.7 caps the records' own time at this).
pub(super) const LASTS: Duration = Duration::from_secs(10);

/// Asks on all interfaces, or on the one that is named, and at `known` addresses. Ends by itself after 2 s.
pub(super) async fn ask(
    interface: Option<String>,
    known: Vec<IpAddr>,
    found: mpsc::Sender<Announcement>,
) {
    let mut asking = JoinSet::new();
    let interfaces = if_addrs::get_if_addrs().unwrap_or_else(|error| {
        tracing::debug!(%error, "cannot list the network interfaces");
        Vec::new()
    });
    let usable = interfaces.into_iter().filter(|one| {
        !one.is_loopback() && interface.as_ref().is_none_or(|name| *name == one.name)
    });
    for one in usable.take(MAX_INTERFACES) {
        let IpAddr::V4(address) = one.ip() else {
            continue;
        };
        let via = one.index.map(|index| Via {
            index,
            name: one.name.clone(),
        });
        match on_interface(address) {
            Ok(socket) => {
                let group = SocketAddr::from((GROUP, PORT));
                asking.spawn(converse(socket, vec![group], via, found.clone()));
            }
            Err(error) => tracing::debug!(%error, interface = one.name, "cannot ask"),
        }
    }
    let (v4, v6): (Vec<IpAddr>, Vec<IpAddr>) = known.into_iter().partition(IpAddr::is_ipv4);
    for addresses in [v4, v6] {
        let Some(first) = addresses.first() else {
            continue;
        };
        let to = addresses.iter().map(|ip| SocketAddr::new(*ip, PORT));
        match to_known(first.is_ipv4(), interface.as_deref()) {
            Ok(socket) => {
                asking.spawn(converse(socket, to.collect(), None, found.clone()));
            }
            Err(error) => tracing::debug!(%error, "cannot ask known devices"),
        }
    }
    // One that was cancelled tells that everything ends; `join_all` would panic.
    while let Some(asked) = asking.join_next().await {
        if let Err(error) = asked {
            tracing::debug!(%error, "asking ended early");
        }
    }
}

/// A socket that multicasts through the interface with this address.
fn on_interface(address: Ipv4Addr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    socket.bind(&SocketAddr::from((address, 0)).into())?;
    socket.set_multicast_if_v4(&address)?;
    // Section 11.
    socket.set_multicast_ttl_v4(255)?;
    UdpSocket::from_std(socket.into())
}

/// A socket for addresses on this link: elsewhere somebody else may have them, who should not even hear of it.
fn to_known(v4: bool, interface: Option<&str>) -> io::Result<UdpSocket> {
    let (domain, any): (_, IpAddr) = if v4 {
        (Domain::IPV4, Ipv4Addr::UNSPECIFIED.into())
    } else {
        (Domain::IPV6, Ipv6Addr::UNSPECIFIED.into())
    };
    let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    if v4 {
        socket.set_ttl_v4(1)?;
    } else {
        socket.set_unicast_hops_v6(1)?;
    }
    if let Some(name) = interface {
        socket.bind_device(Some(name.as_bytes()))?;
    }
    socket.bind(&SocketAddr::new(any, 0).into())?;
    UdpSocket::from_std(socket.into())
}

/// Asks twice and passes on what comes back.
async fn converse(
    socket: UdpSocket,
    to: Vec<SocketAddr>,
    via: Option<Via>,
    found: mpsc::Sender<Announcement>,
) {
    let id = rand::random();
    let question = message::question(id);
    let asking = async {
        for pause in [AGAIN, PATIENCE] {
            for address in &to {
                if let Err(error) = socket.send_to(&question, address).await {
                    tracing::trace!(%error, %address, "cannot ask");
                }
            }
            sleep(pause).await;
        }
    };
    let listening = async {
        let mut buffer = vec![0; MAX_ANSWER];
        for _ in 0..MAX_ANSWERS {
            // An error is an ICMP answer of a host that is no longer a device.
            let Ok((length, from)) = socket.recv_from(&mut buffer).await else {
                continue;
            };
            if from.port() != PORT {
                continue;
            }
            let answer = buffer.get(..length).unwrap_or_default();
            for announcement in message::answer(answer, id, via.as_ref()) {
                if found.send(announcement).await.is_err() {
                    return;
                }
            }
        }
    };
    let both = async {
        tokio::join!(asking, listening);
    };
    // The time is what usually ends it.
    if timeout(PATIENCE, both).await.is_err() {
        tracing::trace!("no more answers are waited for");
    }
}
