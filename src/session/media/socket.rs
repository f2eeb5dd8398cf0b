// SPDX-License-Identifier: GPL-3.0-or-later
//! The UDP socket of one session: datagrams of the protocol core out to the device, its RTCP in, nobody else's.
//!
//! Unconnected on purpose: a device may answer to another address of this host than the one that the kernel chose for
//! sending. What does not come from the device's address and port is dropped here and counted.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::RangeInclusive;

use bytes::BytesMut;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;

use crate::session::reason::{Missing, Reason};

/// Larger than any RTCP compound that a device sends; what is longer is cut off and then refused by the parser.
const RECEIVE_BUFFER: usize = 2048;

/// Kernel buffer for sending: two bursts of the pacer at the highest rate, and a key frame's worth beyond.
const KERNEL_SEND_BUFFER: usize = 512 * 1024;

/// A bound socket that knows no device yet, so that an occupied port is found before the device is bothered.
#[derive(Debug)]
pub struct Bound(Socket);

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
        let socket = open(device).map_err(|error| describe(&error))?;
        if let Some(name) = interface {
            attach(&socket, name)?;
        }
        match socket.bind(&any(port).into()) {
            Ok(()) => return Ok(Bound(socket)),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            Err(error) => return Err(describe(&error)),
        }
    }
    Err(Reason::PortInUse {
        first: *ports.start(),
        last: *ports.end(),
    })
}

/// What went wrong on the socket without being the end of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Faults {
    /// Datagrams that could not be sent.
    pub send_errors: u64,
    /// Errors reported while receiving (ICMP among them).
    pub receive_errors: u64,
    /// Datagrams from somebody else.
    pub strangers: u64,
}

/// The socket of one session.
#[derive(Debug)]
pub struct MediaSocket {
    socket: UdpSocket,
    device: SocketAddr,
    buffer: BytesMut,
    /// Counts for the statistics.
    pub faults: Faults,
}

impl MediaSocket {
    /// Takes a bound socket for a device: host of the TLS peer (with its IPv6 scope), port of the ANSWER. Must be called
    /// on the runtime that will use it.
    pub fn new(bound: Bound, device: SocketAddr) -> io::Result<MediaSocket> {
        Ok(MediaSocket {
            socket: UdpSocket::from_std(bound.0.into())?,
            device,
            buffer: BytesMut::zeroed(RECEIVE_BUFFER),
            faults: Faults::default(),
        })
    }

    /// Marks everything that leaves with this code point (0 to 63), once the device has agreed to it.
    pub fn set_dscp(&self, code_point: u8) -> io::Result<()> {
        let class = u32::from(code_point & 0x3f) << 2;
        let socket = socket2::SockRef::from(&self.socket);
        match self.device {
            SocketAddr::V4(_) => socket.set_tos_v4(class),
            SocketAddr::V6(_) => socket.set_tclass_v6(class),
        }
    }

    /// Hands one datagram to the kernel. `false` when the kernel's buffer is full: wait for
    /// [`MediaSocket::writable`] and send it again. Other failures are counted, and the datagram is taken for lost.
    pub fn try_send(&mut self, datagram: &[u8]) -> bool {
        match self.socket.try_send_to(datagram, self.device) {
            Ok(_) => true,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => false,
            Err(error) => {
                self.faults.send_errors += 1;
                if self.faults.send_errors.is_power_of_two() {
                    let count = self.faults.send_errors;
                    tracing::warn!(%error, count, "cannot send media");
                }
                true
            }
        }
    }

    /// Waits until the kernel takes datagrams again.
    pub async fn writable(&self) {
        if let Err(error) = self.socket.writable().await {
            tracing::debug!(%error, "waiting for the media socket");
        }
    }

    /// A datagram from the device that has come already. `None` as well when something else came instead.
    pub fn try_receive(&mut self) -> Option<&[u8]> {
        match self.socket.try_recv_from(&mut self.buffer) {
            Ok((length, from)) if same_peer(from, self.device) => self.buffer.get(..length),
            Ok(_) => {
                self.faults.strangers += 1;
                None
            }
            Err(error) => {
                let nothing = error.kind() == io::ErrorKind::WouldBlock;
                self.faults.receive_errors += u64::from(!nothing);
                None
            }
        }
    }

    /// The next datagram from the device. Safe to be cancelled.
    pub async fn receive(&mut self) -> &[u8] {
        let length = loop {
            match self.socket.recv_from(&mut self.buffer).await {
                Ok((length, from)) if same_peer(from, self.device) => break length,
                Ok(_) => self.faults.strangers += 1,
                // ICMP "port unreachable" and the like: the device may be restarting; silence ends the session.
                Err(error) => {
                    self.faults.receive_errors += 1;
                    tracing::debug!(%error, "receiving on the media socket");
                    // An error that stays must not keep the thread busy.
                    tokio::time::sleep(RECEIVE_ERROR_PAUSE).await;
                }
            }
        };
        self.buffer.get(..length).unwrap_or_default()
    }
}

/// How long receiving rests after an error.
const RECEIVE_ERROR_PAUSE: std::time::Duration = std::time::Duration::from_millis(50);

/// Flow label and, where the kernel leaves it out, scope do not make another peer.
fn same_peer(from: SocketAddr, device: SocketAddr) -> bool {
    from.ip() == device.ip() && from.port() == device.port()
}

fn open(device: SocketAddr) -> io::Result<Socket> {
    let domain = Domain::for_address(device);
    let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    if domain == Domain::IPV6 {
        socket.set_only_v6(true)?;
    }
    socket.set_send_buffer_size(KERNEL_SEND_BUFFER)?;
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
    use super::*;

    fn socket(device: SocketAddr) -> MediaSocket {
        MediaSocket::new(bind(device, None, None).unwrap(), device).unwrap()
    }

    #[tokio::test]
    async fn only_the_device_is_heard() {
        for host in ["127.0.0.1:0", "[::1]:0"] {
            let device = UdpSocket::bind(host).await.unwrap();
            let stranger = UdpSocket::bind(host).await.unwrap();
            let mut media = socket(device.local_addr().unwrap());
            let port = media.socket.local_addr().unwrap().port();
            let here = SocketAddr::new(device.local_addr().unwrap().ip(), port);
            media.writable().await;
            assert!(media.try_send(b"hello"));
            let mut buffer = [0; 16];
            assert_eq!(device.recv(&mut buffer).await.unwrap(), 5);
            stranger.send_to(b"false", here).await.unwrap();
            device.send_to(b"true", here).await.unwrap();
            assert_eq!(media.receive().await, b"true");
            assert_eq!(media.faults.strangers, 1);
            assert_eq!(media.try_receive(), None);
            device.send_to(b"more", here).await.unwrap();
            let more = loop {
                if let Some(datagram) = media.try_receive() {
                    break datagram.to_vec();
                }
                tokio::task::yield_now().await;
            };
            assert_eq!(more, b"more");
        }
    }

    #[tokio::test]
    async fn a_port_of_the_range_is_taken_and_a_full_range_named() {
        let device: SocketAddr = "127.0.0.1:9".parse().unwrap();
        // Two neighbouring ports that were free a moment ago; another try when the second one is not.
        let (ports, _first, second) = loop {
            let taken = socket(device);
            let port = taken.socket.local_addr().unwrap().port();
            let ports = port..=port.saturating_add(1);
            match bind(device, Some(&ports), None) {
                Ok(second) => break (ports, taken, second),
                Err(reason) => assert!(matches!(reason, Reason::PortInUse { .. })),
            }
        };
        let second = MediaSocket::new(second, device).unwrap();
        assert_eq!(second.socket.local_addr().unwrap().port(), *ports.end());
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
