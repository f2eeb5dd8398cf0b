// SPDX-License-Identifier: GPL-3.0-or-later
//! The listening socket of the control channel. Input: an address and a port; output: a listener, or the reason why not.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

/// Connections that the kernel keeps until they are accepted (Open Screen uses 64).
const BACKLOG: i32 = 64;

/// Why the receiver cannot listen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// Another program listens there: perhaps another receiver.
    #[error("port {0} is in use")]
    PortInUse(u16),
    /// Ports below 1024 need a privilege.
    #[error("port {0} may not be used")]
    NotPermitted(u16),
    /// The address is not one of this computer's.
    #[error("{0} is no address of this computer")]
    NotLocal(IpAddr),
    /// Something else.
    #[error("cannot listen: {0}")]
    Io(#[from] io::Error),
}

/// Listens on `ip`; `::` means every address of both kinds. Port 0 takes any free port.
pub(super) fn listen(ip: IpAddr, port: u16) -> Result<TcpListener, ListenError> {
    let result = match bind(SocketAddr::new(ip, port)) {
        // A kernel without IPv6.
        Err(error) if ip.is_unspecified() && ip.is_ipv6() && is_unsupported(&error) => {
            bind(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port))
        }
        result => result,
    };
    result.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => ListenError::PortInUse(port),
        io::ErrorKind::PermissionDenied => ListenError::NotPermitted(port),
        io::ErrorKind::AddrNotAvailable => ListenError::NotLocal(ip),
        _ => ListenError::Io(error),
    })
}

fn is_unsupported(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::AddrNotAvailable
        || error.raw_os_error() == Some(rustix::io::Errno::AFNOSUPPORT.raw_os_error())
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    if address.is_ipv6() {
        socket.set_only_v6(!address.ip().is_unspecified())?;
    }
    // Only about connections of an earlier run that are still winding down; two listeners still exclude each other.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_port_in_use_and_a_foreign_address_are_told_apart() {
        let any = "127.0.0.1".parse().unwrap();
        let first = listen(any, 0).unwrap();
        let port = first.local_addr().unwrap().port();
        assert!(matches!(listen(any, port), Err(ListenError::PortInUse(p)) if p == port));
        let foreign = "192.0.2.1".parse().unwrap();
        assert!(matches!(listen(foreign, 0), Err(ListenError::NotLocal(ip)) if ip == foreign));
    }

    #[tokio::test]
    async fn listening_everywhere_takes_ipv4_too() {
        let listener = listen("::".parse().unwrap(), 0).unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::net::TcpStream::connect(("127.0.0.1", port))
            .await
            .unwrap();
    }
}
