// SPDX-License-Identifier: GPL-3.0-or-later
//! What was found out about a device. Plain data; what follows from it is the engine's policy.

use super::certificate::CertificateError;
use super::key::Fingerprint;
use super::path::PathError;
use super::revocation::CrlError;

/// What the answer of a device proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Certified by Cast.
    Genuine {
        /// Certified for sound alone.
        audio_only: bool,
    },
    /// Certified by a root that the user added.
    Developer {
        /// Certified for sound alone.
        audio_only: bool,
    },
    /// Certified by Cast, but a certificate of its maker's has expired.
    ExpiredIntermediate {
        /// Certified for sound alone.
        audio_only: bool,
        /// One of those that devices in good order still show: Chromecast 2 and Chromecast Audio, since March 2025.
        known: bool,
    },
    /// Certified for sound alone, but the device says that it has a screen.
    SoundAlone,
    /// The device's own certificate has expired, or the developer's.
    Expired,
    /// Certified, but revoked.
    Revoked,
    /// Certified, but there is no good revocation list, and one was required.
    RevocationUnknown,
    /// Certificates are not valid yet, or the short-lived one of the connection is over: the clock of this computer or
    /// that of the device is wrong.
    ClockWrong,
    /// The answer is for another connection: something stands between this computer and the device.
    WrongTlsCertificate,
    /// The certificate of the connection is valid for longer than devices make theirs.
    TlsLivesTooLong,
    /// The answer does not contain this connection's nonce: it may have been made long ago, by somebody else.
    NotFresh,
    /// The device holds the key it shows, but nobody who is believed has certified it.
    SelfMade,
    /// The device holds the key it shows, but its certificates break the rules.
    BadChain(PathError),
    /// The device says that it cannot answer: it has no credentials.
    Declined,
    /// The device said nothing, or something else.
    NoAnswer,
    /// What it said cannot be understood.
    Malformed(Malformation),
}

impl Verdict {
    /// Its code, for machines: in JSON, in the store.
    pub fn code(self) -> &'static str {
        match self {
            Verdict::Genuine { audio_only: false } => "genuine",
            Verdict::Genuine { audio_only: true } => "genuine-audio",
            Verdict::Developer { .. } => "developer",
            Verdict::ExpiredIntermediate { known: true, .. } => "known-expired",
            Verdict::ExpiredIntermediate { known: false, .. } => "expired-intermediate",
            Verdict::SoundAlone => "sound-alone",
            Verdict::Expired => "expired",
            Verdict::Revoked => "revoked",
            Verdict::RevocationUnknown => "revocation-unknown",
            Verdict::ClockWrong => "clock-wrong",
            Verdict::WrongTlsCertificate => "wrong-tls-certificate",
            Verdict::TlsLivesTooLong => "tls-lives-too-long",
            Verdict::NotFresh => "not-fresh",
            Verdict::SelfMade => "self-made",
            Verdict::BadChain(_) => "bad-chain",
            Verdict::Declined => "declined",
            Verdict::NoAnswer => "no-answer",
            Verdict::Malformed(_) => "malformed",
        }
    }

    /// Whether somebody who is believed vouches for the device, today.
    pub fn is_certified(self) -> bool {
        matches!(
            self,
            Verdict::Genuine { .. }
                | Verdict::Developer { .. }
                | Verdict::ExpiredIntermediate { known: true, .. }
        )
    }
}

/// What is wrong with an answer that cannot be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformation {
    /// It is empty, or no message of this kind.
    #[error("not an answer")]
    Message,
    /// It holds neither an answer nor an error.
    #[error("an empty answer")]
    Empty,
    /// It is not signed.
    #[error("no signature")]
    NoSignature,
    /// It is signed in a way that nobody asked for.
    #[error("an unknown signature algorithm")]
    Algorithm,
    /// A certificate of it cannot be read.
    #[error("a certificate: {0}")]
    Certificate(CertificateError),
    /// It has more certificates than any device.
    #[error("too many certificates")]
    TooMany,
    /// The certificate of the connection cannot be read.
    #[error("the connection's certificate: {0}")]
    TlsCertificate(CertificateError),
}

/// What came of the revocation list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CrlState {
    /// There was none, or it did not come to that.
    #[default]
    Absent,
    /// It is good and was looked at.
    Checked,
    /// It cannot be used.
    Unusable(CrlError),
}

/// All that is known about a device after it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// What it proves.
    pub verdict: Verdict,
    /// The key of the device's certificate, if this very answer proves that the device holds it: fresh, and for this
    /// connection. It stays the same for the life of a device, so that is what is remembered.
    pub leaf_key: Option<Fingerprint>,
    /// The name in the device's certificate. Proven only if the device is certified.
    pub common_name: Option<String>,
    /// What came of the revocation list.
    pub crl: CrlState,
    /// The key of the TLS certificate of this connection. Devices replace it every few days.
    pub tls_key: Fingerprint,
}

impl Assessment {
    /// Of a device that said nothing.
    pub fn without_answer(tls_certificate: &[u8]) -> Assessment {
        Assessment {
            verdict: Verdict::NoAnswer,
            leaf_key: None,
            common_name: None,
            crl: CrlState::Absent,
            tls_key: Fingerprint::of_certificate_key(tls_certificate),
        }
    }
}
