// SPDX-License-Identifier: GPL-3.0-or-later
//! The sender's side of one control connection, from CONNECT to CLOSE. Bytes and commands in, bytes and events out.
//!
//! It launches the mirroring application, waits for the viewer's confirmation, offers, keeps the heartbeat, and notices
//! when the application or the connection is gone. It never opens a connection, reads a clock or decides what to do after
//! a loss. Everything it holds is bounded: one command of each kind is under way, one incomplete message is buffered.
//!
//! ```
//! use std::time::Instant;
//! use telecast::cast::channel::client::{Client, ClientConfig, Command, Event, Input, Output};
//!
//! let now = Instant::now();
//! let config = ClientConfig { sender_id: 4711, user_agent: "Telecast".into(), version: "0.1".into() };
//! let mut client = Client::new(config, now);
//! client.handle(now, Input::Command(Command::SetLevel(0.5)));
//! while let Some(output) = client.poll(now) {
//!     match output {
//!         Output::Transmit(bytes) => assert!(!bytes.is_empty()), // write them to the connection, in order
//!         Output::Event(Event::Ended(reason)) => panic!("{reason}"), // drop the connection
//!         Output::Event(event) => panic!("too early for {event:?}"),
//!     }
//! }
//! // Sleep until then, or until bytes or a command come; then `poll` again.
//! assert!(client.next_timeout() > Some(now));
//! ```

mod find;
mod launch;
mod running;
mod types;
mod volume;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use self::find::Finding;
use self::launch::{Before, Launching, Wanted};
use self::running::{Running, Stopping};
pub use self::types::{
    ChannelEnd, ClientConfig, Command, Event, Input, Loss, MirroringApp, Negotiated, OfferFailure,
    Output, StartError, VolumeState,
};
use self::volume::VolumeRequests;
use super::framing::Framer;
use super::message::{BROADCAST, CastMessage, PLATFORM_RECEIVER, PLATFORM_SENDER};
use super::messages::connection::{CloseReason, Connect, ConnectionMessage};
use super::messages::discovery::{self, DeviceInfo};
use super::messages::heartbeat::Heartbeat;
use super::messages::platform::{PlatformAction, PlatformBody, PlatformReply, PlatformRequest};
use super::messages::status::ReceiverStatus;
use super::messages::streaming::ReceiverMessage;
use super::namespace;
use crate::cast::auth::is_reply;

/// How often a PING leaves (Chromium `cast_media_sink_service_impl.h`).
pub const PING_INTERVAL: Duration = Duration::from_secs(5);
/// A connection on which no message came for so long is dead. Chromium gives up after 10 s, which loses devices that are
/// busy starting an application.
pub const SILENCE_LIMIT: Duration = Duration::from_secs(15);
/// How long a reply to a request may take (Chromium `cast_message_handler`).
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// From the first attempt to connect to the ANSWER, without the time that a person at the TV takes.
pub const NEGOTIATION_LIMIT: Duration = Duration::from_secs(12);
/// How long the old application may take to vanish.
pub const VANISH_TIMEOUT: Duration = Duration::from_secs(3);

/// The state machine of one connection.
#[derive(Debug)]
pub struct Client {
    config: ClientConfig,
    /// Our endpoint, `sender-<number>`.
    id: String,
    framer: Framer,
    outputs: VecDeque<Output>,
    state: State,
    next_request: u32,
    next_seq: u32,
    last_received: Instant,
    next_ping: Instant,
    volume: VolumeRequests,
    availability: Option<(u32, Instant)>,
    /// The request that asks the device what it is called.
    asked_info: Option<u32>,
    /// An application whose launch was given up, to be stopped should it appear after all.
    abandoned: Option<Wanted>,
    /// Messages meant for us that could not be read.
    unreadable: u32,
}

#[derive(Debug)]
enum State {
    Idle,
    Finding(Finding),
    Launching(Launching),
    Running(Running),
    Stopping(Stopping),
    Ended,
}

impl Client {
    /// The client of a connection whose TLS handshake is done. Its first output opens the virtual connection.
    pub fn new(config: ClientConfig, now: Instant) -> Client {
        let mut client = Client {
            id: format!("sender-{}", config.sender_id),
            config,
            framer: Framer::default(),
            outputs: VecDeque::new(),
            state: State::Idle,
            next_request: 1,
            next_seq: 1,
            last_received: now,
            next_ping: now + PING_INTERVAL,
            volume: VolumeRequests::default(),
            availability: None,
            asked_info: None,
            abandoned: None,
            unreadable: 0,
        };
        client.connect(PLATFORM_RECEIVER);
        client
    }

    /// Takes one input. Drain [`Client::poll`] afterwards.
    pub fn handle(&mut self, now: Instant, input: Input<'_>) {
        if matches!(self.state, State::Ended) {
            return;
        }
        match input {
            Input::Received(bytes) => self.on_bytes(now, bytes),
            Input::Closed => self.end(ChannelEnd::ClosedByPeer),
            Input::Unread => self.end(ChannelEnd::Unread),
            Input::Command(command) => self.on_command(now, command),
        }
    }

    /// The next output, in order; `None` when there is nothing more to do before [`Client::next_timeout`].
    pub fn poll(&mut self, now: Instant) -> Option<Output> {
        self.on_time(now);
        self.outputs.pop_front()
    }

    /// How many messages meant for us could not be read. They are ignored, as other senders ignore them; but a reply that
    /// never came may have been one of them.
    pub fn unreadable(&self) -> u32 {
        self.unreadable
    }

    /// When the device was last heard.
    pub fn heard_at(&self) -> Instant {
        self.last_received
    }

    /// When to call [`Client::poll`] next if nothing else happens; `None` once it has ended.
    pub fn next_timeout(&self) -> Option<Instant> {
        let of_state = match &self.state {
            State::Ended => return None,
            State::Idle => None,
            State::Finding(finding) => Some(finding.until),
            State::Launching(launching) => Some(launching.next_timeout()),
            State::Running(running) => running.next_timeout(),
            State::Stopping(stopping) => Some(stopping.until),
        };
        let availability = self.availability.map(|(_, deadline)| deadline);
        [
            Some(self.next_ping),
            Some(self.last_received + SILENCE_LIMIT),
            of_state,
            availability,
            self.volume.deadline(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn on_command(&mut self, now: Instant, command: Command) {
        match command {
            Command::Mirror {
                app,
                offer,
                leftover,
                within,
            } => self.start(now, app, offer, Before::Ours(leftover), within),
            Command::Resume {
                app,
                offer,
                session_id,
                join,
                within,
            } => self.start(now, app, offer, Before::Lost { session_id, join }, within),
            Command::Find { session_id } => self.find(now, session_id),
            Command::Ping => self.ping(now),
            Command::Offer(offer) => self.offer(now, offer),
            Command::GetCapabilities => self.ask_capabilities(now),
            Command::GetDeviceInfo => {
                let id = self.take_request();
                self.asked_info = Some(id);
                self.send_from_us(
                    PLATFORM_RECEIVER,
                    namespace::DISCOVERY,
                    discovery::request(id),
                );
            }
            Command::GetAppAvailability(ids) => {
                let id = self.request(PlatformAction::GetAppAvailability(Some(ids)));
                self.availability = Some((id, now + REQUEST_TIMEOUT));
            }
            Command::SetLevel(level) => {
                self.volume.want_level(level);
                self.send_volume(now);
            }
            Command::SetMuted(muted) => {
                self.volume.want_muted(muted);
                self.send_volume(now);
            }
            Command::Stop => self.stop(now, false),
            Command::Close => self.stop(now, true),
        }
    }

    fn on_bytes(&mut self, now: Instant, bytes: &[u8]) {
        self.framer.push(bytes);
        loop {
            match self.framer.next_message() {
                Ok(Some(message)) => self.on_message(now, &message),
                Ok(None) => return,
                Err(error) => return self.end(ChannelEnd::Garbage(error)),
            }
            if matches!(self.state, State::Ended) {
                return;
            }
        }
    }

    fn on_message(&mut self, now: Instant, message: &CastMessage) {
        self.last_received = now;
        if let Some(answer) = is_reply(message) {
            return self.event(Event::Authentication(answer.to_vec()));
        }
        let Some(text) = message.as_text() else {
            return;
        };
        let to_us =
            [self.id.as_str(), PLATFORM_SENDER, BROADCAST].contains(&message.destination.as_str());
        match message.namespace.as_str() {
            namespace::HEARTBEAT if Heartbeat::parse(text) == Some(Heartbeat::Ping) => {
                let asked = match message.destination.as_str() {
                    BROADCAST => PLATFORM_SENDER,
                    endpoint => endpoint,
                };
                self.send(
                    asked,
                    &message.source,
                    namespace::HEARTBEAT,
                    Heartbeat::Pong.to_json(),
                );
            }
            namespace::CONNECTION if to_us => {
                if let Some(ConnectionMessage::Close(reason)) = ConnectionMessage::parse(text) {
                    self.on_close(now, &message.source, reason);
                }
            }
            namespace::RECEIVER if to_us && message.source == PLATFORM_RECEIVER => {
                match PlatformReply::parse(text) {
                    Some(reply) => self.on_reply(now, reply),
                    None => self.unreadable = self.unreadable.saturating_add(1),
                }
            }
            namespace::DISCOVERY if to_us && message.source == PLATFORM_RECEIVER => {
                if let Some((id, info)) = DeviceInfo::parse(text)
                    && self.asked_info.take_if(|asked| *asked == id).is_some()
                {
                    self.event(Event::DeviceInfo(info));
                }
            }
            namespace::WEBRTC if message.destination == self.id => {
                match ReceiverMessage::parse(text) {
                    Some(reply) => self.on_streaming(&message.source, reply),
                    None => self.unreadable = self.unreadable.saturating_add(1),
                }
            }
            // Unknown namespaces, groups: not ours to answer.
            _ => {}
        }
    }

    fn on_close(&mut self, now: Instant, from: &str, reason: CloseReason) {
        if from == PLATFORM_RECEIVER {
            self.end(ChannelEnd::Refused(reason));
        } else {
            self.on_transport_closed(now, from, reason);
        }
    }

    fn on_reply(&mut self, now: Instant, reply: PlatformReply) {
        let id = reply.request_id;
        match reply.body {
            PlatformBody::Status(status) => {
                self.volume.answered(id);
                self.on_volume(&status);
                self.stop_what_was_abandoned(&status);
                match self.state {
                    State::Finding(_) => self.find_in(&status),
                    State::Launching(_) => self.launch_with(now, &status, id),
                    State::Running(_) => self.run_with(&status),
                    State::Stopping(_) => self.stop_with(&status),
                    State::Idle | State::Ended => {}
                }
                self.send_volume(now);
            }
            PlatformBody::LaunchStatus(status) => self.on_launch_status(now, id, &status),
            PlatformBody::LaunchError(error) => self.on_launch_error(now, id, &error),
            PlatformBody::InvalidRequest(reason) => {
                if self.volume.answered(id) {
                    self.event(Event::VolumeRefused);
                    self.send_volume(now);
                } else {
                    self.on_invalid_request(now, id, reason);
                }
            }
            PlatformBody::AppAvailability(apps) => {
                if self
                    .availability
                    .take_if(|(asked, _)| *asked == id)
                    .is_some()
                {
                    self.event(Event::AppAvailability(Some(apps)));
                } else {
                    self.on_availability(id, &apps);
                }
            }
            PlatformBody::Other => {}
        }
    }

    fn on_volume(&mut self, status: &ReceiverStatus) {
        if let Some(volume) = status
            .volume
            .as_ref()
            .and_then(|volume| self.volume.changed(volume))
        {
            self.event(Event::Volume(volume));
        }
    }

    fn send_volume(&mut self, now: Instant) {
        if let Some(action) = self.volume.next() {
            let id = self.request(action);
            self.volume.sent(id, now + REQUEST_TIMEOUT);
        }
    }

    /// Everything that is due.
    fn on_time(&mut self, now: Instant) {
        if matches!(self.state, State::Ended) {
            return;
        }
        if now >= self.last_received + SILENCE_LIMIT {
            return self.end(ChannelEnd::Silent(SILENCE_LIMIT));
        }
        if now >= self.next_ping {
            self.ping(now);
        }
        if self.volume.expired(now) {
            self.event(Event::VolumeRefused);
            self.send_volume(now);
        }
        if self
            .availability
            .take_if(|(_, deadline)| now >= *deadline)
            .is_some()
        {
            self.event(Event::AppAvailability(None));
        }
        match &self.state {
            State::Finding(finding) if now >= finding.until => self.not_found(),
            State::Launching(_) => self.launch_on_time(now),
            State::Running(_) => self.run_on_time(now),
            State::Stopping(stopping) if now >= stopping.until => self.stopped(false),
            State::Finding(_) | State::Stopping(_) | State::Idle | State::Ended => {}
        }
    }

    fn ping(&mut self, now: Instant) {
        self.next_ping = now + PING_INTERVAL;
        self.send(
            PLATFORM_SENDER,
            PLATFORM_RECEIVER,
            namespace::HEARTBEAT,
            Heartbeat::Ping.to_json(),
        );
    }

    fn connect(&mut self, endpoint: &str) {
        let text = Connect::request(&self.config.user_agent, &self.config.version);
        self.send_from_us(endpoint, namespace::CONNECTION, text);
    }

    fn disconnect(&mut self, endpoint: &str) {
        self.send_from_us(
            endpoint,
            namespace::CONNECTION,
            CloseReason::ClosedBySelf.to_json(),
        );
    }

    /// Sends a request to the platform; its id.
    fn request(&mut self, action: PlatformAction) -> u32 {
        let request_id = self.take_request();
        let text = PlatformRequest { request_id, action }.to_json();
        self.send_from_us(PLATFORM_RECEIVER, namespace::RECEIVER, text);
        request_id
    }

    fn take_request(&mut self) -> u32 {
        take(&mut self.next_request)
    }

    fn take_seq(&mut self) -> u32 {
        take(&mut self.next_seq)
    }

    fn send_from_us(&mut self, destination: &str, namespace: &str, text: String) {
        let source = self.id.clone();
        self.send(&source, destination, namespace, text);
    }

    fn send(&mut self, source: &str, destination: &str, namespace: &str, text: String) {
        // Only ids of the peer's choice or a monstrous OFFER could make it too long; then the peer hears nothing and the
        // request runs into its timeout.
        if let Ok(bytes) = CastMessage::text(source, destination, namespace, text).encode() {
            self.outputs.push_back(Output::Transmit(bytes));
        }
    }

    fn event(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    fn end(&mut self, reason: ChannelEnd) {
        if let State::Stopping(_) = std::mem::replace(&mut self.state, State::Ended) {
            self.event(Event::Stopped { vanished: false });
        }
        self.event(Event::Ended(reason));
    }
}

/// The next of these numbers: positive, and an int for the other side.
fn take(next: &mut u32) -> u32 {
    let following = if *next == i32::MAX as u32 {
        1
    } else {
        *next + 1
    };
    std::mem::replace(next, following)
}
