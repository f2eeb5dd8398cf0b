// SPDX-License-Identifier: GPL-3.0-or-later
//! A UDP socket before the device has named its port: family, interface and local port are settled.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::RangeInclusive;

use socket2::{Domain, Protocol, Socket, Type};

use super::route::Route;
use crate::session::reason::{Missing, Reason};

/// Kernel buffer for sending: two bursts of the pacer at the highest rate, and a key frame's worth beyond.
const KERNEL_SEND_BUFFER: usize = 512 * 1024;

/// A bound socket that knows no port of the device yet, so that an occupied port here is found before the device is
/// bothered.
#[derive(Debug)]
pub struct Bound {
    pub(super) socket: Socket,
    pub(super) route: Route,
}

impl Bound {
    /// Whether what is sent to this address comes back to this very socket: the "device" is this computer, and names a
    /// port of ours.
    pub fn is_at(&self, device: SocketAddr) -> bool {
        let port = self
            .socket
            .local_addr()
            .ok()
            .and_then(|ours| ours.as_socket());
        // Nobody else's address can be bound here.
        port.is_some_and(|ours| ours.port() == device.port())
            && std::net::UdpSocket::bind((device.ip(), 0)).is_ok()
    }
}

/// Binds a socket of the family of `device`, to the first free one of `ports` (`None` lets the kernel choose), and to
/// `interface` if one is named.
pub fn bind(
    device: SocketAddr,
    ports: Option<&RangeInclusive<u16>>,
    interface: Option<&str>,
) -> Result<Bound, Reason> {
    let any: fn(u16) -> SocketAddr = match device {
        SocketAddr::V4(_) => |port| (Ipv4Addr::UNSPECIFIED, port).into(),
        SocketAddr::V6(_) => |port| (Ipv6Addr::UNSPECIFIED, port).into(),
    };
    let ports = ports.cloned().unwrap_or(0..=0);
    for port in ports.clone() {
        let socket = on_interface(device, interface)?;
        match socket.bind(&any(port).into()) {
            Ok(()) => {
                let route = Route::new(on_interface(device, interface)?, device);
                return Ok(Bound { socket, route });
            }
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            Err(error) => return Err(describe(&error)),
        }
    }
    Err(Reason::PortInUse {
        first: *ports.start(),
        last: *ports.end(),
    })
}

/// A socket of the family of `device`, bound to nothing yet.
pub(super) fn open(device: SocketAddr) -> io::Result<Socket> {
    let domain = Domain::for_address(device);
    let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    if domain == Domain::IPV6 {
        socket.set_only_v6(true)?;
    }
    socket.set_send_buffer_size(KERNEL_SEND_BUFFER)?;
    Ok(socket)
}

fn on_interface(device: SocketAddr, interface: Option<&str>) -> Result<Socket, Reason> {
    let socket = open(device).map_err(|error| describe(&error))?;
    if let Some(name) = interface {
        attach(&socket, name)?;
    }
    Ok(socket)
}

fn attach(socket: &Socket, name: &str) -> Result<(), Reason> {
    socket.bind_device(Some(name.as_bytes())).map_err(|error| {
        if error.raw_os_error() == Some(rustix::io::Errno::NODEV.raw_os_error()) {
            Reason::Missing(Missing::Interface(name.to_owned()))
        } else {
            describe(&error)
        }
    })
}

fn describe(error: &io::Error) -> Reason {
    Reason::System(error.to_string())
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn port(bound: &Bound) -> u16 {
        let address = bound.socket.local_addr().unwrap();
        address.as_socket().unwrap().port()
    }

    #[test]
    fn a_port_of_ours_on_this_computer_is_known_and_the_same_elsewhere_is_another() {
        let bound = bind("127.0.0.1:9".parse().unwrap(), None, None).unwrap();
        let port = port(&bound);
        for (host, is_ours) in [
            ("127.0.0.1", true),
            ("127.0.0.2", true),
            ("192.0.2.1", false),
        ] {
            let ip: IpAddr = host.parse().unwrap();
            assert_eq!(bound.is_at((ip, port).into()), is_ours, "{host}");
            assert!(!bound.is_at((ip, port ^ 1).into()));
        }
    }

    #[test]
    fn a_port_of_the_range_is_taken_and_a_full_range_named() {
        let device: SocketAddr = "127.0.0.1:9".parse().unwrap();
        // Two neighbouring ports that were free a moment ago; another try when the second one is not.
        let (ports, _first, second) = loop {
            let taken = bind(device, None, None).unwrap();
            let port = port(&taken);
            let ports = port..=port.saturating_add(1);
            match bind(device, Some(&ports), None) {
                Ok(second) => break (ports, taken, second),
                Err(reason) => assert!(matches!(reason, Reason::PortInUse { .. })),
            }
        };
        assert_eq!(port(&second), *ports.end());
        assert_eq!(
            bind(device, Some(&ports), None).unwrap_err(),
            Reason::PortInUse {
                first: *ports.start(),
                last: *ports.end()
            }
        );
    }

    #[test]
    fn a_missing_interface_is_named() {
        assert_eq!(
            bind("127.0.0.1:9".parse().unwrap(), None, Some("nowhere0")).unwrap_err(),
            Reason::Missing(Missing::Interface("nowhere0".to_owned()))
        );
    }
}
