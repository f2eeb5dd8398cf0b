// SPDX-License-Identifier: GPL-3.0-or-later
//! The sender's judgement: the answer of a device and what it must fit in, an [`Assessment`] out.
//!
//! The order is by gravity. An answer that is not for this connection or not fresh proves nothing, whoever signed it; only
//! then does it matter who certified the key, whether that was revoked, and what the dates say.

use prost::Message as _;

use super::UnixSeconds;
use super::anchor::{Origin, Roots};
use super::certificate::Certificate;
use super::challenge::Challenge;
use super::key::SignatureHash;
use super::path::{DateFault, MAX_INTERMEDIATES, Path, PathError};
use super::revocation::{Consulted, CrlRule, consult};
use super::verdict::{Assessment, CrlState, Malformation, Verdict};
use crate::cast::channel::proto::auth::{
    AuthResponse, DeviceAuthMessage, HashAlgorithm, SignatureAlgorithm,
};

/// How far ahead the certificate of a connection may be valid (Open Screen `kMaxSelfSignedCertLifetimeInDays`): 4 days.
pub const MAX_TLS_LIFETIME: UnixSeconds = 4 * 24 * 3600;

/// What an answer must fit.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// What was asked on this connection.
    pub challenge: &'a Challenge,
    /// The leaf certificate (DER) of this connection's own handshake.
    pub tls_certificate: &'a [u8],
    /// Who is believed.
    pub roots: &'a Roots,
    /// Whether a revocation list is a must.
    pub crl_rule: CrlRule,
    /// Whether the device says that it has a screen: one that is certified for sound alone has none.
    pub has_screen: bool,
    /// By this computer's clock.
    pub now: UnixSeconds,
}

/// What is wrong with the dates of a connection's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// It is valid, and not for too long.
    Good,
    /// It is not valid yet.
    NotYet,
    /// It is over.
    Over,
    /// It is valid for longer than [`MAX_TLS_LIFETIME`] from now.
    TooLong,
}

impl Lifetime {
    /// Judges the dates of a certificate.
    pub fn of(not_before: UnixSeconds, not_after: UnixSeconds, now: UnixSeconds) -> Lifetime {
        if now < not_before {
            Lifetime::NotYet
        } else if not_after < now {
            Lifetime::Over
        } else if not_after > now.saturating_add(MAX_TLS_LIFETIME) {
            Lifetime::TooLong
        } else {
            Lifetime::Good
        }
    }
}

/// Judges the answer (the payload of a message in the authentication namespace) of a device. Never fails: that it cannot
/// be understood is a verdict, too.
pub fn assess(reply: &[u8], evidence: &Evidence<'_>) -> Assessment {
    let mut assessment = Assessment::without_answer(evidence.tls_certificate);
    assessment.verdict = judge(reply, evidence, &mut assessment).unwrap_or_else(Verdict::Malformed);
    assessment
}

fn judge(
    reply: &[u8],
    evidence: &Evidence<'_>,
    assessment: &mut Assessment,
) -> Result<Verdict, Malformation> {
    let Some(response) = read(reply)? else {
        return Ok(Verdict::Declined);
    };
    let tls = Certificate::read(evidence.tls_certificate).map_err(Malformation::TlsCertificate)?;
    let leaf =
        Certificate::read(response.client_auth_certificate()).map_err(Malformation::Certificate)?;
    if response.intermediate_certificate.len() > MAX_INTERMEDIATES {
        return Err(Malformation::TooMany);
    }
    let intermediates: Vec<Certificate> = response
        .intermediate_certificate
        .iter()
        .map(|der| Certificate::read(der))
        .collect::<Result<_, _>>()
        .map_err(Malformation::Certificate)?;
    assessment.common_name = leaf.common_name().map(str::to_owned);

    let Some(key) = leaf.key() else {
        return Ok(Verdict::BadChain(PathError::WeakKey));
    };
    let hash = hash(&response)?;
    let signed = [response.sender_nonce(), evidence.tls_certificate].concat();
    if !key.verifies(hash, &signed, response.signature()) {
        return Ok(Verdict::WrongTlsCertificate);
    }
    if response.sender_nonce() != evidence.challenge.nonce() {
        return Ok(Verdict::NotFresh);
    }
    assessment.leaf_key = Some(key.fingerprint());

    let path = match Path::find(&leaf, &intermediates, evidence.roots, evidence.now) {
        Ok(path) => path,
        Err(PathError::Untrusted) => return Ok(Verdict::SelfMade),
        Err(error) => return Ok(Verdict::BadChain(error)),
    };
    let revoked = match consult(
        &path,
        response.crl(),
        evidence.roots,
        evidence.crl_rule,
        evidence.now,
    ) {
        Consulted::Passed(state) => {
            assessment.crl = state;
            None
        }
        Consulted::Unknown(state) => {
            assessment.crl = state;
            Some(Verdict::RevocationUnknown)
        }
        Consulted::Revoked(_) => {
            assessment.crl = CrlState::Checked;
            Some(Verdict::Revoked)
        }
    };
    let lifetime = Lifetime::of(tls.not_before, tls.not_after, evidence.now);
    Ok(match (revoked, lifetime, path.dates()) {
        (Some(verdict), _, _) => verdict,
        (_, Lifetime::NotYet | Lifetime::Over, _) | (_, _, Err(DateFault::NotYet)) => {
            Verdict::ClockWrong
        }
        (_, Lifetime::TooLong, _) => Verdict::TlsLivesTooLong,
        (_, Lifetime::Good, dates) => certified(&path, dates, evidence.has_screen),
    })
}

/// The response; `None` when the device says that it cannot give one.
fn read(reply: &[u8]) -> Result<Option<AuthResponse>, Malformation> {
    if reply.is_empty() {
        return Err(Malformation::Message);
    }
    let message = DeviceAuthMessage::decode(reply).map_err(|_| Malformation::Message)?;
    if message.error.is_some() {
        return Ok(None);
    }
    let response = message.response.ok_or(Malformation::Empty)?;
    if response.signature().is_empty() {
        return Err(Malformation::NoSignature);
    }
    Ok(Some(response))
}

/// SHA-256 was asked for. SHA-1 is what old devices can do; to use its weakness, a collision would have to be found
/// within the seconds of one connection.
fn hash(response: &AuthResponse) -> Result<SignatureHash, Malformation> {
    let signature = response
        .signature_algorithm
        .map(SignatureAlgorithm::try_from);
    let unspecified = [None, Some(Ok(SignatureAlgorithm::Unspecified))];
    if !unspecified.contains(&signature)
        && signature != Some(Ok(SignatureAlgorithm::RsassaPkcs1V15))
    {
        return Err(Malformation::Algorithm);
    }
    match response.hash_algorithm.map(HashAlgorithm::try_from) {
        None | Some(Ok(HashAlgorithm::Sha1)) => Ok(SignatureHash::Sha1),
        Some(Ok(HashAlgorithm::Sha256)) => Ok(SignatureHash::Sha256),
        Some(Err(_)) => Err(Malformation::Algorithm),
    }
}

fn certified(path: &Path<'_>, dates: Result<(), DateFault>, has_screen: bool) -> Verdict {
    let audio_only = path.is_audio_only();
    match (dates, path.origin()) {
        // As in Chromium (`CHANNEL_POLICY_MISMATCH`): the key of a speaker must not vouch for a TV.
        (Ok(()) | Err(DateFault::IntermediateExpired { .. }), _) if audio_only && has_screen => {
            Verdict::SoundAlone
        }
        (Ok(()), Origin::Cast) => Verdict::Genuine { audio_only },
        (Ok(()), Origin::User) => Verdict::Developer { audio_only },
        (Err(DateFault::IntermediateExpired { known }), Origin::Cast) => {
            Verdict::ExpiredIntermediate { audio_only, known }
        }
        (Err(DateFault::NotYet), _) => Verdict::ClockWrong,
        (Err(_), _) => Verdict::Expired,
    }
}
