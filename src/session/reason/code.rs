// SPDX-License-Identifier: GPL-3.0-or-later
//! The words of reasons for machines. Stable: scripts depend on them.

use super::{Missing, Reason, SourceEnd, Waiting};

impl Reason {
    /// Its word, for machines: on the session bus, in JSON.
    pub fn code(&self) -> &'static str {
        match self {
            Reason::UserStopped => "stopped",
            Reason::Finished => "finished",
            Reason::DialogCancelled => "dialog-cancelled",
            Reason::SourceEnded(SourceEnd::SharingRevoked) => "sharing-revoked",
            Reason::SourceEnded(SourceEnd::Closed) => "source-closed",
            Reason::DeviceStopped { .. } => "stopped-by-device",
            Reason::DeviceClosed => "closed-by-device",
            Reason::DeviceGone(_) => "device-gone",
            Reason::AlreadyCasting => "already-casting",
            Reason::NotTrusted(_) => "not-trusted",
            Reason::DeviceStuck => "device-stuck",
            Reason::DeviceNotFound(_) => "device-not-found",
            Reason::HostUnknown(_) => "host-unknown",
            Reason::ConnectionRefused => "connection-refused",
            Reason::NetworkUnreachable => "network-unreachable",
            Reason::TimedOut(Waiting::Connection | Waiting::TlsHandshake) => "no-answer",
            Reason::TimedOut(Waiting::Launch) => "launch-timed-out",
            Reason::TimedOut(Waiting::Answer) => "answer-timed-out",
            Reason::TlsTooOld => "tls-too-old",
            Reason::Garbage(_) => "garbage",
            Reason::AppRefused { .. } => "app-refused",
            Reason::NotConfirmed => "not-confirmed",
            Reason::OfferRefused { .. } => "offer-refused",
            Reason::NoUsableCodec => "no-usable-codec",
            Reason::NoPicture => "no-picture",
            Reason::Missing(missing) => missing.code(),
            Reason::PermissionDenied => "permission-denied",
            Reason::PortInUse { .. } => "no-free-port",
            Reason::Broken(_) => "broken",
            Reason::NotBack { .. } => "not-back",
            Reason::OtherDevice => "other-device",
            Reason::System(_) => "system",
        }
    }
}

impl Missing {
    fn code(&self) -> &'static str {
        match self {
            Missing::Portal => "no-portal",
            Missing::PipeWire => "no-pipewire",
            Missing::VideoEncoder => "no-video-encoder",
            Missing::AudioEncoder => "no-audio-encoder",
            Missing::AudioApplication(_) => "no-such-application",
            Missing::Interface(_) => "no-such-interface",
        }
    }
}
