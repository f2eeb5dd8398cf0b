// SPDX-License-Identifier: GPL-3.0-or-later
//! The states of a session and the one function that leads from one to the next: `(SessionState, Step)` in,
//! `SessionState` out. Knows no sockets and no time.

use std::fmt;
use std::time::Instant;

use crate::cast::codec::{AudioCodec, VideoCodec};

use super::reason::Reason;

/// What is being streamed, known once the device has answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Streams {
    /// The accepted video codec; `None` on a device without a screen.
    pub video: Option<VideoCodec>,
    /// The accepted audio codec; `None` when nothing is to be heard.
    pub audio: Option<AudioCodec>,
}

/// Why a session is not simply streaming.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// The device's feedback on the media socket has stopped; the control channel still lives.
    NoFeedback,
    /// The picture never came: the next codec is being offered.
    NextCodec,
    /// The way to the device takes no packets of full size: new streams of smaller ones are being offered.
    SmallerPackets,
}

/// Why a device is being sought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Setback {
    /// The connection to the device ended, and it did not say why.
    ConnectionLost,
    /// Nothing comes from the device.
    Silent,
    /// The device's host is there and the device is not ready: it may be starting.
    Starting,
    /// This computer has no way there.
    NoNetwork,
    /// Another device has its address.
    Elsewhere,
}

impl Setback {
    /// The word of the statistics; stable.
    pub fn name(self) -> &'static str {
        match self {
            Setback::ConnectionLost => "connection-lost",
            Setback::Silent => "silent",
            Setback::Starting => "starting",
            Setback::NoNetwork => "no-network",
            Setback::Elsewhere => "elsewhere",
        }
    }
}

/// A device that was lost in the middle of a cast, and is being sought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Absence {
    /// What the last look found.
    pub why: Setback,
    /// Which attempt it is, or will be, from 1.
    pub attempt: u32,
    /// When that begins; `None` while it is being made.
    pub next: Option<Instant>,
    /// When the device is given up.
    pub until: Instant,
}

/// Where a session stands. [`SessionState::after`] is the only way from one to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionState {
    /// TCP and TLS.
    Connecting,
    /// Is it the device it claims to be? It is asked, and perhaps a person here.
    Authenticating,
    /// What is to be cast is being made ready: a person may be choosing it, its capture starts, encoders are proven.
    Preparing,
    /// The mirroring app is being started.
    Launching,
    /// The TV asks its user for permission: up to 120 s, can be stopped at any time.
    ConfirmOnTv,
    /// OFFER is out, ANSWER is awaited.
    Negotiating,
    /// Frames flow.
    Streaming(Streams),
    /// Frames flow or try to, but something is wrong that may pass.
    Recovering(Streams, Trouble),
    /// The device is lost, and sought. Source and encoders go on meanwhile.
    Reconnecting(Absence),
    /// Being taken down in an orderly way because of this.
    Stopping(Reason),
    /// Over; nothing of it is left running.
    Ended(Reason),
}

/// What happens to a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The TLS connection stands.
    Connected,
    /// What the device proves will do.
    Authenticated,
    /// What is needed for an OFFER is there.
    Prepared,
    /// The TV asks its user.
    ConfirmationAsked,
    /// The app runs.
    Launched,
    /// An ANSWER accepted these.
    Answered(Streams),
    /// Something is wrong that may pass.
    Disturbed(Trouble),
    /// The disturbance has passed.
    Recovered,
    /// The device is lost; or, while it is sought, the search has gone on.
    Lost(Absence),
    /// It is to end.
    Stop(Reason),
    /// Everything is taken down.
    TornDown,
}

impl SessionState {
    /// The state after `step`; `None` when the step means nothing in this state and is to be ignored.
    #[must_use]
    pub fn after(&self, step: &Step) -> Option<SessionState> {
        use SessionState as S;
        match (self, step) {
            // The first reason stands; a session that is already being stopped is not stopped again.
            (S::Ended(_), _) | (S::Stopping(_), Step::Stop(_)) => None,
            (S::Stopping(reason), Step::TornDown) => Some(S::Ended(reason.clone())),
            (_, Step::Stop(reason)) => Some(S::Stopping(reason.clone())),
            (S::Connecting, Step::Connected) => Some(S::Authenticating),
            (S::Authenticating, Step::Authenticated) => Some(S::Preparing),
            (S::Preparing, Step::Prepared) => Some(S::Launching),
            // The other steps of an attempt are not news for people.
            (S::Launching | S::Reconnecting(_), Step::ConfirmationAsked) => Some(S::ConfirmOnTv),
            (S::Launching | S::ConfirmOnTv, Step::Launched) => Some(S::Negotiating),
            // A renegotiation's ANSWER replaces what was streamed before.
            (
                S::Negotiating
                | S::Recovering(_, Trouble::NextCodec | Trouble::SmallerPackets)
                | S::Reconnecting(_),
                Step::Answered(streams),
            )
            | (S::Recovering(streams, Trouble::NoFeedback), Step::Recovered) => {
                Some(S::Streaming(*streams))
            }
            (S::Streaming(streams) | S::Recovering(streams, _), Step::Disturbed(trouble)) => {
                Some(S::Recovering(*streams, *trouble))
            }
            // An attempt can fail while its question stands on the TV, too.
            (
                S::Streaming(_)
                | S::Recovering(..)
                | S::Reconnecting(_)
                | S::ConfirmOnTv
                | S::Negotiating,
                Step::Lost(absence),
            ) => Some(S::Reconnecting(*absence)),
            _ => None,
        }
    }

    /// The word of the statistics and of other machine-readable places; stable.
    pub fn name(&self) -> &'static str {
        match self {
            SessionState::Connecting => "connecting",
            SessionState::Authenticating => "authenticating",
            SessionState::Preparing => "preparing",
            SessionState::Launching => "launching",
            SessionState::ConfirmOnTv => "confirm-on-tv",
            SessionState::Negotiating => "negotiating",
            SessionState::Streaming(_) => "streaming",
            SessionState::Recovering(..) => "recovering",
            SessionState::Reconnecting(_) => "reconnecting",
            SessionState::Stopping(_) => "stopping",
            SessionState::Ended(_) => "ended",
        }
    }

    /// The reason, once it is over.
    pub fn ended(&self) -> Option<&Reason> {
        match self {
            SessionState::Ended(reason) => Some(reason),
            _ => None,
        }
    }
}

impl fmt::Display for SessionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests;
