// SPDX-License-Identifier: GPL-3.0-or-later
//! TCP to a device that has several addresses: `SocketAddr`s in, the first `TcpStream` that answers out.
//!
//! Happy eyeballs (RFC 8305) in small: routable addresses first, each attempt gets a head start over the next.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use thiserror::Error;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, sleep_until, timeout};

use super::reason::{Missing, Reason, Waiting};

/// The head start of an address over the one after it (RFC 8305, "Connection Attempt Delay").
pub const STAGGER: Duration = Duration::from_millis(250);

/// For all addresses together. The kernel repeats a SYN that got lost after 1, 3 and 7 s; Chromium waits for 10 s
/// (`cast_media_sink_service_impl.h`), which would leave too little of the 12 s of the negotiation for an answer.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(8);

/// More addresses than this are not tried; a device has a handful.
const MAX_ADDRESSES: usize = 16;

/// Why no address answered. Of several failures the most telling one is reported.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// There was no address to try.
    #[error("no usable address")]
    NoAddress,
    /// The host is there, but nothing listens on the port.
    #[error("connection refused")]
    Refused,
    /// No answer in time.
    #[error("no answer in time")]
    TimedOut,
    /// No way there: network or host unreachable.
    #[error("network unreachable")]
    Unreachable,
    /// The interface to go through does not exist.
    #[error("no such interface: {0}")]
    NoInterface(String),
    /// Something else.
    #[error("cannot connect: {0}")]
    Io(io::Error),
}

impl ConnectError {
    /// How much it says about the device: a refusal proves that the host is there.
    fn weight(&self) -> u8 {
        match self {
            ConnectError::NoInterface(_) => 5,
            ConnectError::Refused => 4,
            ConnectError::TimedOut => 3,
            ConnectError::Io(_) => 2,
            ConnectError::Unreachable => 1,
            ConnectError::NoAddress => 0,
        }
    }
}

impl From<ConnectError> for Reason {
    fn from(error: ConnectError) -> Reason {
        match error {
            ConnectError::NoAddress | ConnectError::Unreachable => Reason::NetworkUnreachable,
            ConnectError::Refused => Reason::ConnectionRefused,
            ConnectError::TimedOut => Reason::TimedOut(Waiting::Connection),
            ConnectError::NoInterface(name) => Reason::Missing(Missing::Interface(name)),
            ConnectError::Io(error) => Reason::System(error.to_string()),
        }
    }
}

/// Connects to whichever address answers first, through `interface` if one is named, within `limit` (usually
/// [`CONNECT_TIMEOUT`]).
pub async fn connect(
    addresses: &[SocketAddr],
    interface: Option<&str>,
    limit: Duration,
) -> Result<TcpStream, ConnectError> {
    let mut worst = ConnectError::NoAddress;
    match timeout(limit, race(&ranked(addresses), interface, &mut worst)).await {
        Ok(Some(stream)) => Ok(stream),
        Ok(None) => Err(worst),
        Err(_) if worst.weight() > ConnectError::TimedOut.weight() => Err(worst),
        Err(_) => Err(ConnectError::TimedOut),
    }
}

/// The addresses in the order of trying, each once. A link-local IPv6 address is useless without its scope.
fn ranked(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let mut ranked: Vec<SocketAddr> = Vec::new();
    for address in addresses {
        let scoped = match address {
            SocketAddr::V6(v6) => !v6.ip().is_unicast_link_local() || v6.scope_id() != 0,
            SocketAddr::V4(_) => true,
        };
        if scoped && !ranked.contains(address) {
            ranked.push(*address);
        }
    }
    ranked.sort_by_key(|address| is_link_local(address.ip()));
    ranked.truncate(MAX_ADDRESSES);
    ranked
}

fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}

/// Starts an attempt each [`STAGGER`], or at once when all running ones have failed. `None` when all failed; `worst`
/// then holds the most telling failure.
async fn race(
    addresses: &[SocketAddr],
    interface: Option<&str>,
    worst: &mut ConnectError,
) -> Option<TcpStream> {
    let mut waiting = addresses.iter();
    let mut running = FuturesUnordered::new();
    let mut next_start = Instant::now();
    loop {
        if running.is_empty() || Instant::now() >= next_start {
            match waiting.next() {
                Some(address) => running.push(attempt(*address, interface)),
                None if running.is_empty() => return None,
                None => {}
            }
            next_start = Instant::now() + STAGGER;
        }
        tokio::select! {
            Some(outcome) = running.next() => match outcome {
                Ok(stream) => return Some(stream),
                Err(error) => {
                    if error.weight() >= worst.weight() {
                        *worst = error;
                    }
                    next_start = Instant::now();
                }
            },
            () = sleep_until(next_start), if waiting.len() > 0 => {}
        }
    }
}

async fn attempt(address: SocketAddr, interface: Option<&str>) -> Result<TcpStream, ConnectError> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }
    .map_err(classify)?;
    if let Some(name) = interface {
        socket
            .bind_device(Some(name.as_bytes()))
            .map_err(|error| match error.raw_os_error() {
                Some(code) if code == NO_DEVICE => ConnectError::NoInterface(name.to_owned()),
                _ => ConnectError::Io(error),
            })?;
    }
    let stream = socket.connect(address).await.map_err(classify)?;
    // Messages are small and each is waited for.
    stream.set_nodelay(true).map_err(classify)?;
    Ok(stream)
}

/// `ENODEV`.
const NO_DEVICE: i32 = rustix::io::Errno::NODEV.raw_os_error();

fn classify(error: io::Error) -> ConnectError {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => ConnectError::Refused,
        io::ErrorKind::TimedOut => ConnectError::TimedOut,
        io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::AddrNotAvailable => ConnectError::Unreachable,
        _ => ConnectError::Io(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routable_addresses_come_first_and_unscoped_link_local_ones_not_at_all() {
        let parse = |text: &str| text.parse::<SocketAddr>().unwrap();
        let given = [
            parse("[fe80::1%3]:8009"),
            parse("[fe80::2]:8009"),
            parse("169.254.1.1:8009"),
            parse("192.168.1.7:8009"),
            parse("[2001:db8::7]:8009"),
            parse("192.168.1.7:8009"),
        ];
        let expected = [
            parse("192.168.1.7:8009"),
            parse("[2001:db8::7]:8009"),
            parse("[fe80::1%3]:8009"),
            parse("169.254.1.1:8009"),
        ];
        assert_eq!(ranked(&given), expected);
    }
}
