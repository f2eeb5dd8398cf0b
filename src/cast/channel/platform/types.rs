// SPDX-License-Identifier: GPL-3.0-or-later
//! What goes into a [`Platform`](super::Platform) and what comes out.

use crate::cast::answer::Answer;
use crate::cast::channel::message::CastMessage;
use crate::cast::channel::messages::discovery::DeviceInfo;
use crate::cast::channel::namespace;
use crate::cast::error_code::ErrorCode;
use crate::cast::offer::{Abilities, Offer, Selection};

/// Names one TLS connection; the embedder numbers them and never uses a number twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// Names one OFFER that waits for the embedder's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OfferId(pub(super) u64);

/// Names one LAUNCH that waits for the viewer's permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LaunchId(pub(super) u64);

/// What a sender may do where the viewer decides about launches. Where everybody may launch, it does not matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Ask what runs, and ask to launch.
    Stranger,
    /// Also connect to what runs, stop it, change the volume, until what runs is stopped. Who was permitted to launch it is
    /// one by itself.
    Guest,
    /// All of that at any time.
    Known,
}

/// Who this receiver is and what it can do.
#[derive(Debug, Clone, PartialEq)]
pub struct PlatformConfig {
    /// Who it says it is.
    pub info: DeviceInfo,
    /// This program's version.
    pub version: String,
    /// The mirroring applications that senders may launch.
    pub apps: Vec<AppSpec>,
    /// What it can really decode, best first.
    pub abilities: Abilities,
    /// The beginning of session ids; random, so that no id of an earlier run comes back.
    pub session_prefix: String,
    /// Whether the viewer is asked before a launch ([`Event::LaunchRequested`]). Then strangers cannot stop, replace or mute
    /// what runs either ([`Standing`]).
    pub ask_before_launch: bool,
    /// Whether the embedder answers authentication challenges ([`Event::Challenge`]); without, senders hear that this
    /// receiver has no credentials.
    pub authenticates: bool,
    /// The volume at the start, 0..=1.
    pub level: f64,
    /// Whether it starts muted.
    pub muted: bool,
}

/// A mirroring application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppSpec {
    /// Its id; compared without regard to case.
    pub app_id: String,
    /// Its name for people.
    pub display_name: String,
    /// The namespaces it announces.
    pub namespaces: Vec<String>,
}

impl AppSpec {
    /// Chrome's mirroring applications: picture and sound, and sound alone.
    pub fn chrome_mirroring() -> Vec<AppSpec> {
        [
            ("0F5096E8", "Chrome Mirroring"),
            ("85CDB22F", "Chrome Audio Mirroring"),
        ]
        .map(|(app_id, display_name)| AppSpec {
            app_id: app_id.to_owned(),
            display_name: display_name.to_owned(),
            namespaces: vec![namespace::WEBRTC.to_owned()],
        })
        .to_vec()
    }
}

/// What a [`Platform`](super::Platform) takes.
#[derive(Debug)]
pub enum Input {
    /// A connection is open: its TLS handshake is done.
    Opened(ConnectionId),
    /// A message came on it.
    Message(ConnectionId, CastMessage),
    /// It is gone.
    Closed(ConnectionId),
    /// A wish of the embedder.
    Command(Command),
}

/// A wish of the embedder.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Answer an OFFER. Ignored if it was withdrawn meanwhile.
    Answer(OfferId, Result<Box<Answer>, Decline>),
    /// The viewer's decision about a launch. Ignored if it was withdrawn meanwhile.
    Permit(LaunchId, bool),
    /// What the sender on this connection may do from now on. A new one is a stranger.
    Admit(ConnectionId, Standing),
    /// The serialised `DeviceAuthMessage` that answers a challenge.
    Authenticate(ConnectionId, Vec<u8>),
    /// Stop the running application: its viewer has had enough.
    Stop,
    /// The viewer changed the volume, 0..=1.
    SetLevel(f64),
    /// The viewer muted or unmuted.
    SetMuted(bool),
}

/// Why the embedder does not take an OFFER.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decline {
    /// The number for the sender.
    pub code: ErrorCode,
    /// One sentence for its log.
    pub description: String,
}

/// What a [`Platform`](super::Platform) gives.
#[derive(Debug, PartialEq)]
pub enum Output {
    /// A message to write to a connection, in order.
    Send(ConnectionId, CastMessage),
    /// Close this connection; nothing more comes for it.
    Disconnect(ConnectionId),
    /// News.
    Event(Event),
}

/// News for the embedder.
#[derive(Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// A sender wants to launch; ask the viewer and answer with [`Command::Permit`] within 120 s.
    LaunchRequested {
        /// Names the request.
        launch: LaunchId,
        /// Where it came from.
        connection: ConnectionId,
        /// The application.
        app_id: String,
        /// What the sender's program calls itself, if it says so. Nothing proves it.
        user_agent: Option<String>,
    },
    /// A request for permission is moot: the sender left, asked again, or nobody decided in time.
    LaunchWithdrawn(LaunchId),
    /// An application runs.
    Launched {
        /// Names this run.
        session_id: String,
        /// The application.
        app_id: String,
        /// Who launched it.
        connection: ConnectionId,
    },
    /// A sender offers streams, at least one of which fits; answer with [`Command::Answer`] within 4 s, senders wait no
    /// longer. Streams agreed on earlier, with whatever sender, run on until the answer is good and then end.
    Offered(Box<Offered>),
    /// An OFFER is moot: a newer one came, its sender left, or the application was stopped.
    OfferWithdrawn(OfferId),
    /// The sender of the agreed streams left but the application stays for another one: end the streams.
    StreamsEnded,
    /// The application was stopped: end the streams.
    Stopped {
        /// Which run.
        session_id: String,
        /// Why.
        reason: StopReason,
    },
    /// A sender changed the volume.
    Volume {
        /// 0..=1.
        level: f64,
        /// Whether it is muted.
        muted: bool,
    },
    /// A sender challenges us to prove who made this device; answer with [`Command::Authenticate`].
    Challenge {
        /// Where it came from.
        connection: ConnectionId,
        /// The challenge.
        challenge: crate::cast::channel::proto::auth::AuthChallenge,
    },
}

/// An OFFER and what this receiver can take of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Offered {
    /// Names it.
    pub id: OfferId,
    /// Where it came from; RTP comes from the same host.
    pub connection: ConnectionId,
    /// The streams to take.
    pub selection: Selection,
    /// All of it.
    pub offer: Offer,
}

/// Why an application was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StopReason {
    /// A sender asked for it.
    Requested,
    /// The viewer wanted it.
    Viewer,
    /// Another application was launched.
    Replaced,
    /// Its sender closed the connection to it.
    SenderLeft,
    /// Its sender's TLS connection is gone.
    ConnectionLost,
}
