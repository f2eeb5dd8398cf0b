// SPDX-License-Identifier: GPL-3.0-or-later
//! The UDP socket of one session: datagrams of the protocol core out to the device, in batches, its RTCP in, nobody
//! else's.
//!
//! Unconnected on purpose: a device may answer to another address of this host than the one that the kernel chose for
//! sending, and from another of its own. Media goes to one address and port only, whoever writes. What does not come from
//! that port of an address that was announced for the device is dropped here and counted.
//!
//! What the network says about packets that were sent (ICMP "port unreachable", "host unreachable") is counted, and
//! nothing more: anybody on the way may say so.

mod batch;
mod counts;
mod inbox;
mod route;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::Interest;
use tokio::net::UdpSocket;
use tokio::time::timeout;

use self::batch::Batch;
pub use self::counts::Counts;
use self::inbox::Inbox;
use self::route::Route;
use crate::session::link::Link;
use crate::session::reason::{Missing, Reason};
use crate::session::unsent::SendFault;

/// Kernel buffer for sending: two bursts of the pacer at the highest rate, and a key frame's worth beyond.
const KERNEL_SEND_BUFFER: usize = 512 * 1024;

/// How long a full kernel buffer is waited for. What does not leave then is lost, and will be asked for again.
const KERNEL_PATIENCE: Duration = Duration::from_millis(50);

/// Between two looks at a full kernel buffer of which the runtime believes that there is room.
const KERNEL_PAUSE: Duration = Duration::from_millis(1);

/// How long receiving rests after an error, which must not keep the thread busy if it stays.
const RECEIVE_ERROR_PAUSE: Duration = Duration::from_millis(50);

/// More other addresses of the device than these are not listened to; a device has a handful.
const MAX_OTHERS: usize = 16;

/// A bound socket that knows no port of the device yet, so that an occupied port here is found before the device is
/// bothered.
#[derive(Debug)]
pub struct Bound {
    socket: Socket,
    route: Route,
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

/// A datagram of the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received<'a> {
    /// Its payload.
    pub bytes: &'a [u8],
    /// When the kernel had it; on IPv6 when it was read.
    pub at: Instant,
}

/// The socket of one session.
#[derive(Debug)]
pub struct MediaSocket {
    socket: UdpSocket,
    device: SocketAddr,
    /// Other addresses that were announced for the device.
    others: Vec<IpAddr>,
    route: Route,
    batch: Batch,
    inbox: Inbox,
    counts: Counts,
    dscp: Option<u8>,
}

impl MediaSocket {
    /// Takes a bound socket for a device: host of the TLS peer (with its IPv6 scope), port of the ANSWER. It is also
    /// listened to at the `announced` addresses, from the same port. Must be called on the runtime that will use it.
    pub fn new(bound: Bound, device: SocketAddr, announced: &[IpAddr]) -> io::Result<MediaSocket> {
        let others = announced.iter().filter(|ip| **ip != device.ip());
        let socket = UdpSocket::from_std(bound.socket.into())?;
        let inbox = Inbox::new(&socket, device)?;
        Ok(MediaSocket {
            socket,
            device,
            others: others.take(MAX_OTHERS).copied().collect(),
            route: bound.route,
            batch: Batch::new(),
            inbox,
            counts: Counts::default(),
            dscp: None,
        })
    }

    /// What was sent, and what was not.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Marks everything that leaves with this code point (0 to 63), once the device has agreed to it.
    pub fn set_dscp(&mut self, code_point: u8) -> io::Result<()> {
        let class = u32::from(code_point & 0x3f) << 2;
        let socket = socket2::SockRef::from(&self.socket);
        match self.device {
            SocketAddr::V4(_) => socket.set_tos_v4(class)?,
            SocketAddr::V6(_) => socket.set_tclass_v6(class)?,
        }
        self.dscp = (code_point > 0).then_some(code_point & 0x3f);
        Ok(())
    }

    /// Bytes of UDP payload that the way to the device takes, as far as the kernel knows by now.
    pub fn max_packet_size(&mut self) -> usize {
        self.route.max_packet_size(self.device)
    }

    /// What kind of network leads to the device, as it was found with [`max_packet_size`](Self::max_packet_size).
    pub fn link(&self) -> Option<Link> {
        self.route.link()
    }

    /// Where media goes.
    pub fn device(&self) -> SocketAddr {
        self.device
    }

    /// The code point that everything is marked with; `None` for none.
    pub fn dscp(&self) -> Option<u8> {
        self.dscp
    }

    /// Puts a datagram to those that leave with the next [`flush`](Self::flush). `false` when there is no room left: flush
    /// and put it again.
    #[must_use]
    pub fn queue(&mut self, datagram: &[u8]) -> bool {
        self.batch.push(datagram)
    }

    /// Hands what was queued to the kernel, and waits for room there, though not for long: what does not leave is counted
    /// and taken for lost. Afterwards nothing is queued; when it is cancelled, the rest stays.
    pub async fn flush(&mut self) {
        let mut full_since = None;
        while self.batch.len() > 0 {
            if self.try_flush() {
                full_since = None;
                continue;
            }
            let is_first_look = full_since.is_none();
            let since = *full_since.get_or_insert_with(Instant::now);
            if !is_first_look {
                // Once an error was reported, the runtime says at any time that there is room.
                tokio::time::sleep(KERNEL_PAUSE).await;
            }
            let left = KERNEL_PATIENCE.saturating_sub(since.elapsed());
            let writable = timeout(left, self.socket.writable()).await;
            let problem: io::Error = match writable {
                Ok(Ok(())) if !left.is_zero() => continue,
                Ok(Ok(())) => io::ErrorKind::TimedOut.into(),
                Ok(Err(error)) => error,
                Err(late) => late.into(),
            };
            let rest = self.batch.len();
            self.counts
                .not_sent(SendFault::NoRoom, rest as u64, &problem);
            self.batch.skip(rest);
        }
    }

    /// One call of the kernel. `false` when its buffer is full.
    fn try_flush(&mut self) -> bool {
        let (socket, batch, device) = (&self.socket, &mut self.batch, self.device);
        let calls = &mut self.counts.send_calls;
        let outcome = socket.try_io(Interest::WRITABLE, || {
            *calls += 1;
            batch.send(socket, device)
        });
        match outcome {
            Ok(count) => self.counts.sent += count as u64,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // About packets that left before; this one has not been tried.
            Err(_) if self.count_told() => {}
            Err(error) => {
                self.counts.not_sent(SendFault::of_error(&error), 1, &error);
                self.batch.skip(1);
            }
        }
        true
    }

    /// Counts what the network says about packets that were sent. Whether it said something.
    pub fn count_told(&mut self) -> bool {
        let mut told = false;
        for error in self.inbox.errors(&self.socket) {
            let error = io::Error::from_raw_os_error(error.raw_errno);
            self.counts.not_sent(SendFault::of_error(&error), 1, &error);
            told = true;
        }
        told
    }

    /// A datagram from the device that has come already. `None` as well when something else came instead.
    pub fn try_receive(&mut self) -> Option<Received<'_>> {
        match self.inbox.take(&self.socket) {
            Ok(came) if self.is_device(came.from) => Some(Received {
                bytes: self.inbox.bytes(came.range),
                at: came.at,
            }),
            Ok(_) => None,
            Err(error) => {
                let nothing = error.kind() == io::ErrorKind::WouldBlock;
                if !nothing && !self.count_told() {
                    self.counts.receive_errors += 1;
                }
                None
            }
        }
    }

    /// The next datagram from the device. Safe to be cancelled.
    pub async fn receive(&mut self) -> Received<'_> {
        let came = loop {
            let problem = match self.inbox.take(&self.socket) {
                Ok(came) if self.is_device(came.from) => break came,
                Ok(_) => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    match self.socket.readable().await {
                        Ok(()) => continue,
                        Err(error) => error,
                    }
                }
                // The device may be restarting; silence ends the session.
                Err(_) if self.count_told() => continue,
                Err(error) => error,
            };
            self.counts.receive_errors += 1;
            tracing::debug!(error = %problem, "receiving on the media socket");
            tokio::time::sleep(RECEIVE_ERROR_PAUSE).await;
        };
        Received {
            bytes: self.inbox.bytes(came.range),
            at: came.at,
        }
    }

    /// Whether a datagram is the device's; counts the others. Flow label and, where the kernel leaves it out, scope do
    /// not make another peer.
    fn is_device(&mut self, from: SocketAddr) -> bool {
        if from.port() == self.device.port() {
            if from.ip() == self.device.ip() {
                return true;
            }
            if self.others.contains(&from.ip()) {
                self.counts.from_elsewhere += 1;
                return true;
            }
        }
        self.counts.strangers += 1;
        false
    }
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
    use super::*;

    fn socket(device: SocketAddr) -> MediaSocket {
        MediaSocket::new(bind(device, None, None).unwrap(), device, &[]).unwrap()
    }

    #[tokio::test]
    async fn only_the_device_is_heard() {
        for host in ["127.0.0.1:0", "[::1]:0"] {
            let device = UdpSocket::bind(host).await.unwrap();
            let stranger = UdpSocket::bind(host).await.unwrap();
            let mut media = socket(device.local_addr().unwrap());
            let port = media.socket.local_addr().unwrap().port();
            let here = SocketAddr::new(device.local_addr().unwrap().ip(), port);
            assert!(media.queue(b"hello"));
            media.flush().await;
            let mut buffer = [0; 16];
            assert_eq!(device.recv(&mut buffer).await.unwrap(), 5);
            stranger.send_to(b"false", here).await.unwrap();
            device.send_to(b"true", here).await.unwrap();
            assert_eq!(media.receive().await.bytes, b"true");
            assert_eq!(media.counts().strangers, 1);
            assert_eq!(media.try_receive(), None);
            device.send_to(b"more", here).await.unwrap();
            let more = loop {
                if let Some(datagram) = media.try_receive() {
                    break datagram.bytes.to_vec();
                }
                tokio::task::yield_now().await;
            };
            assert_eq!(more, b"more");
        }
    }

    #[test]
    fn a_port_of_ours_on_this_computer_is_known_and_the_same_elsewhere_is_another() {
        let bound = bind("127.0.0.1:9".parse().unwrap(), None, None).unwrap();
        let port = bound.socket.local_addr().unwrap().as_socket().unwrap();
        for (host, is_ours) in [
            ("127.0.0.1", true),
            ("127.0.0.2", true),
            ("192.0.2.1", false),
        ] {
            let ip: IpAddr = host.parse().unwrap();
            assert_eq!(bound.is_at((ip, port.port()).into()), is_ours, "{host}");
            assert!(!bound.is_at((ip, port.port() ^ 1).into()));
        }
    }

    #[tokio::test]
    async fn another_announced_address_is_heard_and_never_sent_to() {
        let device = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let there = device.local_addr().unwrap();
        let at_port = |ip: &str, port| UdpSocket::bind((ip.to_owned(), port));
        let announced = at_port("127.0.0.2", there.port()).await.unwrap();
        let of_another_port = at_port("127.0.0.2", 0).await.unwrap();
        let unknown = at_port("127.0.0.3", there.port()).await.unwrap();
        let bound = bind(there, None, None).unwrap();
        let ips = ["127.0.0.1", "127.0.0.2"].map(|ip| ip.parse().unwrap());
        let mut media = MediaSocket::new(bound, there, &ips).unwrap();
        let port = media.socket.local_addr().unwrap().port();
        for (socket, word) in [
            (&of_another_port, b"port"),
            (&unknown, b"nope"),
            (&announced, b"else"),
        ] {
            socket.send_to(word, ("127.0.0.1", port)).await.unwrap();
        }
        assert_eq!(media.receive().await.bytes, b"else");
        assert!(media.queue(b"media"));
        media.flush().await;
        let mut buffer = [0; 16];
        assert_eq!(device.recv(&mut buffer).await.unwrap(), 5);
        let expected = Counts {
            sent: 1,
            send_calls: 1,
            strangers: 2,
            from_elsewhere: 1,
            ..Counts::default()
        };
        assert_eq!(*media.counts(), expected);
    }

    #[tokio::test]
    async fn what_cannot_leave_is_counted_by_its_reason_and_the_rest_leaves() {
        let device = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let mut media = socket(device.local_addr().unwrap());
        assert!(media.queue(&vec![0; 70_000]));
        assert!(!media.queue(b"no room"), "a full batch says so");
        media.flush().await;
        assert!(media.queue(b"next"));
        media.flush().await;
        let mut buffer = [0; 16];
        assert_eq!(device.recv(&mut buffer).await.unwrap(), 4);
        assert_eq!(media.counts().unsent.of(SendFault::TooLarge), 1);

        // The kernel lets nobody send to all hosts who has not asked for it.
        let mut media = socket("255.255.255.255:9".parse().unwrap());
        assert!(media.queue(b"lost") && media.queue(b"lost"));
        media.flush().await;
        assert_eq!(media.counts().unsent.of(SendFault::NotPermitted), 2);
        assert_eq!(media.counts().sent, 0);
    }

    #[tokio::test]
    async fn packets_that_are_refused_are_counted_and_others_go_on() {
        for host in ["127.0.0.1:0", "[::1]:0"] {
            let device = UdpSocket::bind(host).await.unwrap();
            let there = device.local_addr().unwrap();
            drop(device);
            let mut media = socket(there);
            while media.counts().unsent.of(SendFault::Refused) == 0 {
                assert!(media.queue(b"anybody?"));
                media.flush().await;
                assert_eq!(media.try_receive(), None);
                media.count_told();
            }
            let device = UdpSocket::bind(there).await.unwrap();
            let before = *media.counts();
            assert!(media.queue(b"again"));
            media.flush().await;
            assert_eq!(media.counts().sent, before.sent + 1);
            let mut buffer = [0; 16];
            assert_eq!(device.recv(&mut buffer).await.unwrap(), 5);
            assert_eq!(media.counts().receive_errors, 0);
        }
    }

    #[tokio::test]
    async fn a_burst_takes_one_call_of_the_kernel() {
        let device = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let mut media = socket(device.local_addr().unwrap());
        for _ in 0..10 {
            for _ in 0..21 {
                assert!(media.queue(&[0; 1472]));
            }
            media.flush().await;
        }
        assert_eq!((media.counts().sent, media.counts().send_calls), (210, 10));
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
        let second = MediaSocket::new(second, device, &[]).unwrap();
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
