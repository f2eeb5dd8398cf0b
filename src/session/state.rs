// SPDX-License-Identifier: GPL-3.0-or-later
//! The states of a session and the one function that leads from one to the next: `(SessionState, Step)` in,
//! `SessionState` out. Knows no sockets and no time.

use std::fmt;

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
            (S::Launching, Step::ConfirmationAsked) => Some(S::ConfirmOnTv),
            (S::Launching | S::ConfirmOnTv, Step::Launched) => Some(S::Negotiating),
            // A renegotiation's ANSWER replaces what was streamed before.
            (
                S::Negotiating | S::Recovering(_, Trouble::NextCodec | Trouble::SmallerPackets),
                Step::Answered(streams),
            )
            | (S::Recovering(streams, Trouble::NoFeedback), Step::Recovered) => {
                Some(S::Streaming(*streams))
            }
            (S::Streaming(streams) | S::Recovering(streams, _), Step::Disturbed(trouble)) => {
                Some(S::Recovering(*streams, *trouble))
            }
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
