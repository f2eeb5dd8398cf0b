// SPDX-License-Identifier: GPL-3.0-or-later
//! The control connection of a session: the protocol's [`Client`] with a TLS stream around it. Commands in, events out.
//!
//! Never decides anything; the channel's rules and waits are the client's.

mod translate;

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_rustls::client::TlsStream;

use super::connect::connect;
use super::reason::{Layer, Reason, Waiting};
use super::timings::Timings;
use super::tls::{Secured, handshake};
use crate::cast::channel::client::{Client, ClientConfig, Command, Event, Input, Output};

pub(super) use translate::{lost, offer_failed, start_failed};

/// Read from the connection at a time.
const READ_SIZE: usize = 16 * 1024;
/// Bytes that may wait to be written: a launch and its OFFER take a few thousand, but each PING asks for an answer.
const MAX_OUTGOING: usize = 256 * 1024;

/// A control connection.
pub(super) struct Control {
    client: Client,
    reader: ReadHalf<TlsStream<TcpStream>>,
    writer: WriteHalf<TlsStream<TcpStream>>,
    incoming: BytesMut,
    /// Written by the client and not yet by us. Beyond [`MAX_OUTGOING`] the connection ends: the device asks for answers
    /// and does not read them.
    outgoing: BytesMut,
    unflushed: bool,
    events: VecDeque<Event>,
    peer: SocketAddr,
    /// The address of this end.
    local: Option<IpAddr>,
    timings: Timings,
}

impl Control {
    /// Begins the control channel on a connection, as endpoint `sender-<sender_id>`. `early` is what was read of it already.
    pub(super) fn new(
        secured: Secured,
        peer: SocketAddr,
        sender_id: u32,
        early: &[u8],
        timings: Timings,
    ) -> Control {
        let local = secured.stream.get_ref().0.local_addr().ok();
        let (reader, writer) = tokio::io::split(secured.stream);
        let config = ClientConfig {
            sender_id,
            user_agent: concat!("Telecast/", env!("CARGO_PKG_VERSION")).to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let now = Instant::now().into_std();
        let mut client = Client::new(config, now);
        client.handle(now, Input::Received(early));
        Control {
            client,
            reader,
            writer,
            incoming: BytesMut::new(),
            outgoing: BytesMut::new(),
            unflushed: false,
            events: VecDeque::new(),
            peer,
            local: local.map(|local| local.ip()),
            timings,
        }
    }

    /// The address that answered, with its scope.
    pub(super) fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// For how long nothing has come from the device.
    pub(super) fn silent_for(&self) -> Duration {
        Instant::now()
            .into_std()
            .saturating_duration_since(self.client.heard_at())
    }

    /// Whether no interface has the address any more that this end has: nothing will come here. The kernel does not tell.
    pub(super) fn is_cut_off(&self) -> bool {
        let Some(local) = self.local.filter(|local| !local.is_loopback()) else {
            return false;
        };
        match if_addrs::get_if_addrs() {
            Ok(interfaces) => interfaces.iter().all(|one| one.ip() != local),
            Err(error) => {
                tracing::debug!(%error, "the network interfaces");
                false
            }
        }
    }

    /// Passes a command to the client. What follows comes from [`Control::next`].
    pub(super) fn command(&mut self, command: Command) {
        let now = Instant::now().into_std();
        self.client.handle(now, Input::Command(command));
        self.drain();
    }

    /// Why a reply did not come in time: the device was silent, or what it said could not be read.
    pub(super) fn unanswered(&self, waiting: Waiting) -> Reason {
        match self.client.unreadable() {
            0 => Reason::TimedOut(waiting),
            _ => Reason::Garbage(Layer::Message),
        }
    }

    /// The next event. After [`Event::Ended`] nothing follows, for ever. Safe to be cancelled.
    pub(super) async fn next(&mut self) -> Event {
        loop {
            self.drain();
            if let Some(event) = self.events.pop_front() {
                return event;
            }
            let Some(wake) = self.client.next_timeout() else {
                return std::future::pending().await;
            };
            let pending = !self.outgoing.is_empty() || self.unflushed;
            tokio::select! {
                read = self.reader.read_buf(&mut self.incoming) => self.on_read(read),
                written = write(&mut self.writer, &mut self.outgoing, &mut self.unflushed), if pending => {
                    if let Err(error) = written {
                        tracing::debug!(%error, "writing to the device");
                        self.client.handle(Instant::now().into_std(), Input::Closed);
                    }
                }
                () = sleep_until(wake.into()) => {}
            }
        }
    }

    /// Stops our app if it runs, waits until it has vanished, says goodbye and closes the connection; bounded in time,
    /// whatever the device does. Whether the app was seen to vanish.
    pub(super) async fn close(mut self) -> bool {
        self.command(Command::Close);
        let limit = self.timings.vanish;
        let mut gone = false;
        // The client may have ended before; then there is nothing to wait for.
        let ended = async {
            while self.client.next_timeout().is_some() || !self.events.is_empty() {
                match self.next().await {
                    Event::Stopped { vanished } => gone |= vanished,
                    Event::Ended(end) => tracing::debug!(%end, "control channel"),
                    _ => {}
                }
            }
        };
        if timeout(limit, ended).await.is_err() {
            tracing::info!("the device's app did not vanish in time");
        }
        let goodbye = async {
            write(&mut self.writer, &mut self.outgoing, &mut self.unflushed).await?;
            self.writer.shutdown().await
        };
        match timeout(self.timings.close, goodbye).await {
            Ok(Ok(())) => {}
            // Usual when the device was first.
            Ok(Err(error)) => tracing::debug!(%error, "closing the control connection"),
            Err(_) => tracing::debug!("the device does not take the end of the connection"),
        }
        gone
    }

    fn on_read(&mut self, read: io::Result<usize>) {
        let now = Instant::now().into_std();
        match read {
            Ok(0) => self.client.handle(now, Input::Closed),
            Ok(_) => {
                self.client.handle(now, Input::Received(&self.incoming));
                self.incoming.clear();
                self.incoming.reserve(READ_SIZE);
            }
            Err(error) => {
                tracing::debug!(%error, "reading from the device");
                self.client.handle(now, Input::Closed);
            }
        }
    }

    fn drain(&mut self) {
        while let Some(output) = self.client.poll(Instant::now().into_std()) {
            match output {
                Output::Transmit(bytes) if self.outgoing.len() + bytes.len() > MAX_OUTGOING => {
                    self.client.handle(Instant::now().into_std(), Input::Unread);
                }
                Output::Transmit(bytes) => self.outgoing.extend_from_slice(&bytes),
                Output::Event(event) => self.events.push_back(event),
            }
        }
    }
}

/// Connects to the device by whichever address answers, and shakes hands; the address that answered, with its scope.
pub(super) async fn reach(
    addresses: Vec<SocketAddr>,
    interface: Option<String>,
    timings: Timings,
) -> Result<(Secured, SocketAddr), Reason> {
    let begun = Instant::now();
    let tcp = connect(&addresses, interface.as_deref(), timings.connect).await?;
    let peer = tcp
        .peer_addr()
        .map_err(|error| Reason::System(error.to_string()))?;
    let left = timings.negotiation.saturating_sub(begun.elapsed());
    let secured = handshake(tcp, timings.tls.min(left)).await?;
    tracing::debug!(%peer, certificate = secured.certificate.len(), "connected");
    Ok((secured, peer))
}

/// Writes what waits. Safe to be cancelled: what was written is taken out at once.
async fn write(
    writer: &mut WriteHalf<TlsStream<TcpStream>>,
    outgoing: &mut BytesMut,
    unflushed: &mut bool,
) -> io::Result<()> {
    while !outgoing.is_empty() {
        let written = writer.write(outgoing).await?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        *unflushed = true;
        outgoing.advance(written);
    }
    writer.flush().await?;
    *unflushed = false;
    Ok(())
}
