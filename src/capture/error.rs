// SPDX-License-Identifier: GPL-3.0-or-later
//! Why a capture could not start ([`CaptureError`]) and why a running one ended ([`CaptureEnd`]).
//!
//! Structured, not sentences: the words for people are made elsewhere.

use std::io;

use super::source::SourceKind;

/// Why a source of pictures or sound could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// There is no session bus, or no portal with a `ScreenCast` interface on it.
    #[error("there is no screen sharing portal on the session bus")]
    NoPortal,
    /// The portal does not offer this kind of source (a desktop without virtual monitors, say).
    #[error("the portal does not offer the source {0:?}")]
    KindNotOffered(SourceKind),
    /// The person closed the portal's dialog without choosing.
    #[error("the sharing dialog was cancelled")]
    Cancelled,
    /// The portal or the person's settings forbid it.
    #[error("screen sharing was denied")]
    Denied,
    /// The portal failed in another way.
    #[error("the portal failed")]
    Portal(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The portal started the session without a stream.
    #[error("the portal gave no stream")]
    NoStream,
    /// There is no PipeWire daemon, or it refuses us.
    #[error("PipeWire is not reachable")]
    NoPipeWire,
    /// PipeWire refused something that it normally grants.
    #[error("PipeWire failed to {action}")]
    PipeWire {
        /// What was tried.
        action: &'static str,
        /// What PipeWire said.
        #[source]
        source: pipewire::Error,
    },
    /// No application that plays sound has this name.
    #[error("no application named {0:?} plays sound")]
    NoSuchApplication(String),
    /// A thread or a file descriptor could not be had.
    #[error("the system refused a resource")]
    System(#[from] io::Error),
}

/// Why a running source ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CaptureEnd {
    /// The handle was dropped or stopped by us.
    Stopped,
    /// The portal closed the session: the sharing was revoked from the panel, or the shared window was closed.
    SharingEnded(SourceKind),
    /// The stream's source vanished from PipeWire (the window or monitor is gone, the compositor restarted).
    SourceGone,
    /// The PipeWire daemon went away.
    PipeWireGone,
    /// The source offers only pictures that we cannot read.
    NoCommonFormat,
    /// PipeWire reported an error on the stream.
    Failed(String),
}
