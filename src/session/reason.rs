// SPDX-License-Identifier: GPL-3.0-or-later
//! Why a session ended: `Reason`, typed. `words` turns it into sentences; nothing in here is meant to be read by people.

mod code;
#[cfg(test)]
pub mod samples;

use std::time::Duration;

use thiserror::Error;

use super::state::Setback;
use super::trust::Distrust;

/// Whose doing the end of a session was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Blame {
    /// The person at this computer wanted it.
    User,
    /// What was shown is gone: the window, the permission to share.
    Source,
    /// The device, or somebody at the device, ended it.
    Device,
    /// The device cannot be reached, or not any more.
    Network,
    /// The device does not do what a Cast device must do, or cannot do what we need.
    DeviceUnsuitable,
    /// Something is missing or occupied on this computer.
    Here,
}

/// How a shared source came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SourceEnd {
    /// The desktop took the permission back (its "stop sharing" button, the lock screen).
    SharingRevoked,
    /// The window was closed, or the monitor was unplugged.
    Closed,
}

/// A layer of the protocol, for "the device sent garbage".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Layer {
    /// The TLS handshake or its records.
    Tls,
    /// A handshake signature that does not belong to the certificate.
    TlsSignature,
    /// Length prefix or protobuf of a Cast message.
    Framing,
    /// JSON of a reply that we waited for.
    Message,
    /// The ANSWER.
    Answer,
}

/// A step that took too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Waiting {
    /// For the TCP connection.
    Connection,
    /// For the TLS handshake.
    TlsHandshake,
    /// For the app to start.
    Launch,
    /// For the ANSWER, or for the negotiation as a whole (12 s).
    Answer,
}

/// Something that this computer needs for mirroring and does not have.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Missing {
    /// No desktop portal for screen casting answers on the session bus.
    Portal,
    /// PipeWire does not run, or refuses.
    PipeWire,
    /// No video encoder works.
    VideoEncoder,
    /// No audio encoder works.
    AudioEncoder,
    /// The application whose sound was asked for makes no sound.
    AudioApplication(String),
    /// The network interface that was asked for.
    Interface(String),
}

/// Something on this computer that worked and then did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The source has pictures in formats only that are unknown here.
    PictureFormat,
    /// The sound comes in formats only that are unknown here.
    SoundFormat,
    /// PipeWire ended the stream of the sound.
    SoundStream,
    /// The thread that sends the media is gone.
    MediaThread,
}

/// Why a session ended. Every end has exactly one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Reason {
    /// The user stopped it.
    #[error("stopped by the user")]
    UserStopped,
    /// It ran as long as it was asked to (`--duration`).
    #[error("ran for the requested time")]
    Finished,
    /// The user closed the dialog of the portal without sharing anything.
    #[error("the sharing dialog was cancelled")]
    DialogCancelled,
    /// The source ended.
    #[error("the source ended: {0:?}")]
    SourceEnded(SourceEnd),
    /// The app on the device was stopped or replaced; `other` names what runs now, when it says so.
    #[error("the device stopped the app (now: {other:?})")]
    DeviceStopped {
        /// Display name of the app that runs now.
        other: Option<String>,
    },
    /// The device closed the connection in the middle.
    #[error("the device closed the connection")]
    DeviceClosed,
    /// The device fell silent: neither heartbeat nor feedback for this long.
    #[error("nothing heard from the device for {0:?}")]
    DeviceGone(Duration),
    /// The device was lost, and sought in vain.
    #[error("the device did not come back within {after:?}: {why:?}")]
    NotBack {
        /// For how long it was sought.
        after: Duration,
        /// What the last attempt found.
        why: Setback,
    },
    /// Where the device was, another one answers now.
    #[error("another device answers")]
    OtherDevice,
    /// There is a cast to the device already, from here; also one that is just being taken down.
    #[error("there is a cast to the device already")]
    AlreadyCasting,
    /// What the device proves about itself will not do.
    #[error("the device is not trusted: {0:?}")]
    NotTrusted(Distrust),
    /// The device sends and does not read what it is answered.
    #[error("the device does not read what is sent to it")]
    DeviceStuck,
    /// No device of that name or address is known.
    #[error("no such device: {0}")]
    DeviceNotFound(String),
    /// The name of the host has no address.
    #[error("no address for {0}")]
    HostUnknown(String),
    /// The device's host refuses connections on that port: nothing casts there.
    #[error("connection refused")]
    ConnectionRefused,
    /// There is no route to the device.
    #[error("network unreachable")]
    NetworkUnreachable,
    /// The device took too long.
    #[error("timed out: {0:?}")]
    TimedOut(Waiting),
    /// The device offers only key exchanges or ciphers that are unsafe today.
    #[error("the device's TLS is too old")]
    TlsTooOld,
    /// The device sent something that cannot be understood.
    #[error("garbage from the device: {0:?}")]
    Garbage(Layer),
    /// The device does not have the mirroring app, or refuses to start it.
    #[error("the device refuses the app: {code}")]
    AppRefused {
        /// The device's own word (`NOT_FOUND`, `SYSTEM_ERROR`, …).
        code: String,
    },
    /// Somebody at the device declined, or nobody confirmed in time.
    #[error("not confirmed on the device")]
    NotConfirmed,
    /// The device refused the OFFER.
    #[error("the device refuses the offer: {code} {description}")]
    OfferRefused {
        /// Error code of the ANSWER.
        code: i64,
        /// The device's own description.
        description: String,
    },
    /// None of the offered codecs was accepted.
    #[error("no usable codec")]
    NoUsableCodec,
    /// Frames arrive, but no codec brought a picture.
    #[error("no codec brought a picture")]
    NoPicture,
    /// Something is missing here.
    #[error("missing: {0:?}")]
    Missing(Missing),
    /// The desktop does not permit sharing.
    #[error("permission denied")]
    PermissionDenied,
    /// No UDP port is free in the range that was asked for.
    #[error("no free port in {first}-{last}")]
    PortInUse {
        /// First port of the range.
        first: u16,
        /// Last port of the range.
        last: u16,
    },
    /// Something here broke.
    #[error("broken: {0:?}")]
    Broken(Fault),
    /// The operating system refused something that it should not; the text is its own.
    #[error("system error: {0}")]
    System(String),
}

impl Reason {
    /// Whose doing it was.
    pub fn blame(&self) -> Blame {
        match self {
            Reason::UserStopped | Reason::Finished | Reason::DialogCancelled => Blame::User,
            Reason::SourceEnded(_) => Blame::Source,
            Reason::DeviceStopped { .. } | Reason::DeviceClosed | Reason::NotConfirmed => {
                Blame::Device
            }
            Reason::DeviceGone(_)
            | Reason::NotBack { .. }
            | Reason::OtherDevice
            | Reason::DeviceNotFound(_)
            | Reason::HostUnknown(_)
            | Reason::ConnectionRefused
            | Reason::NetworkUnreachable
            | Reason::TimedOut(_) => Blame::Network,
            Reason::TlsTooOld
            | Reason::DeviceStuck
            | Reason::NotTrusted(_)
            | Reason::Garbage(_)
            | Reason::AppRefused { .. }
            | Reason::OfferRefused { .. }
            | Reason::NoUsableCodec
            | Reason::NoPicture => Blame::DeviceUnsuitable,
            Reason::Missing(_)
            | Reason::AlreadyCasting
            | Reason::PermissionDenied
            | Reason::PortInUse { .. }
            | Reason::Broken(_)
            | Reason::System(_) => Blame::Here,
        }
    }

    /// Whether the user is to be told that something went wrong (exit code 1). A closed window or a session stopped
    /// with the TV's remote control is an end, not a failure.
    pub fn is_failure(&self) -> bool {
        !matches!(
            self,
            Reason::UserStopped
                | Reason::Finished
                | Reason::DialogCancelled
                | Reason::SourceEnded(_)
                | Reason::DeviceStopped { .. }
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_wanted_is_no_failure() {
        assert!(!Reason::UserStopped.is_failure());
        assert!(!Reason::DialogCancelled.is_failure());
        assert!(!Reason::SourceEnded(SourceEnd::Closed).is_failure());
        assert!(!Reason::DeviceStopped { other: None }.is_failure());
        assert!(Reason::DeviceClosed.is_failure());
        assert!(Reason::DeviceStuck.is_failure());
        assert!(Reason::NotConfirmed.is_failure());
        assert!(Reason::Missing(Missing::Portal).is_failure());
    }
}
