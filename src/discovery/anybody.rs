// SPDX-License-Identifier: GPL-3.0-or-later
//! Does anybody at all answer a question by multicast? Interfaces in, the addresses of those who answered out.
//!
//! When nobody does, the network or a firewall keeps such messages away, and no device can be found; when others do, the
//! device itself is off or elsewhere. The question is the one that every responder answers (RFC 6763, section 9), asked
//! and answered between the mDNS ports, as firewalls expect it.

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::net::UdpSocket;
use tokio::time::{sleep, timeout};

use super::links::Link;
use super::message::question_for;

/// "Which services are there?" (RFC 6763, section 9).
const ALL_SERVICES: [&str; 4] = ["_services", "_dns-sd", "_udp", "local"];
/// The number of a question between mDNS ports (RFC 6762, section 18.1).
const NO_NUMBER: u16 = 0;
/// Where questions go (RFC 6762, section 3).
const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);
const PORT: u16 = 5353;
/// When the question is asked again: what was multicast in the last second is not repeated (RFC 6762, section 6).
const AGAIN: Duration = Duration::from_millis(1200);
/// How long answers are waited for after the last question.
const PATIENCE: Duration = Duration::from_millis(1300);
/// Hosts that are counted; more make no difference.
const ENOUGH: usize = 32;

/// The addresses of other computers and devices that send mDNS messages through `links`, within 2.5 s.
///
/// # Errors
/// When the question cannot be asked at all, for example because another program holds the port for itself.
pub async fn anybody(links: &[Link]) -> io::Result<BTreeSet<IpAddr>> {
    let own: Vec<IpAddr> = links
        .iter()
        .flat_map(|link| link.addresses.clone())
        .collect();
    let interfaces: Vec<Ipv4Addr> = own
        .iter()
        .filter_map(|ip| match ip {
            IpAddr::V4(ip) => Some(*ip),
            IpAddr::V6(_) => None,
        })
        .collect();
    let socket = socket(&interfaces)?;
    let mut heard = BTreeSet::new();
    let asking = async {
        for pause in [AGAIN, PATIENCE] {
            for interface in &interfaces {
                ask(&socket, *interface).await;
            }
            sleep(pause).await;
        }
    };
    let listening = async {
        let mut buffer = [0; 64];
        while heard.len() < ENOUGH {
            match socket.recv_from(&mut buffer).await {
                Ok((_, from)) if from.port() == PORT && !is_own(&own, from.ip()) => {
                    heard.insert(from.ip());
                }
                Ok(_) => {}
                // The interface went away; the next may still bring something.
                Err(_) => sleep(Duration::from_millis(10)).await,
            }
        }
    };
    tokio::select! {
        () = asking => {}
        () = listening => {}
    }
    Ok(heard)
}

fn is_own(own: &[IpAddr], from: IpAddr) -> bool {
    from.is_loopback() || own.contains(&from)
}

/// A socket that hears what is multicast to mDNS on the interfaces with these addresses, beside other programs that do.
fn socket(interfaces: &[Ipv4Addr]) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    // To this address and no other: answers by unicast to the computer are other programs'.
    socket.bind(&SocketAddr::from((GROUP, PORT)).into())?;
    socket.set_multicast_ttl_v4(255)?;
    socket.set_multicast_loop_v4(false)?;
    for interface in interfaces {
        if let Err(error) = socket.join_multicast_v4(&GROUP, interface) {
            tracing::debug!(%error, %interface, "cannot listen to multicast");
        }
    }
    UdpSocket::from_std(socket.into())
}

async fn ask(socket: &UdpSocket, interface: Ipv4Addr) {
    let question = question_for(&ALL_SERVICES, NO_NUMBER);
    let asked = SockRef::from(socket).set_multicast_if_v4(&interface);
    let sending = socket.send_to(&question, SocketAddr::from((GROUP, PORT)));
    let sent = match asked {
        Ok(()) => timeout(PATIENCE, sending).await.map_err(io::Error::from),
        Err(error) => Err(error),
    };
    if let Err(error) | Ok(Err(error)) = sent {
        tracing::debug!(%error, %interface, "cannot ask");
    }
}
