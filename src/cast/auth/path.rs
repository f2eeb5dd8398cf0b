// SPDX-License-Identifier: GPL-3.0-or-later
//! From a device's certificate to a root: Cast's rules of a good chain (Open Screen `boringssl_trust_store.cc`).
//!
//! They differ from those of the web: only RSA of at least 2048 bits, SHA-1 still counts, the leaf must say
//! `digitalSignature`, a root may have expired, names and extended usages do not matter.
//!
//! A chain that is good but for its dates is still found: [`Path::dates`] tells, because an expired intermediate
//! (Chromecast 2 and Audio, since March 2025) is another matter than a forged one.

use super::UnixSeconds;
use super::anchor::{Origin, Roots, TrustAnchor};
use super::certificate::Certificate;
use super::key::Fingerprint;

/// Certificates between leaf and root. Devices have one to three.
pub const MAX_INTERMEDIATES: usize = 8;
/// Complete chains that are tried. Certificates with the same subject could otherwise be combined for ever.
const MAX_ATTEMPTS: usize = 16;
/// The largest path length that a certificate may state.
const MAX_PATH_LENGTH: u32 = 255;

/// Why there is no good chain. Of several failures, the one that came closest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// The leaf is not for signing: a root or an intermediate, for instance.
    #[error("the device's certificate is not for signing")]
    LeafUsage,
    /// No chain ends at a root that is believed.
    #[error("no known root")]
    Untrusted,
    /// A key is not RSA of 2048 to 8192 bits.
    #[error("a key that is not RSA of 2048 to 8192 bits")]
    WeakKey,
    /// An algorithm is not SHA-1 or SHA-2 with RSA, or is stated differently inside and outside.
    #[error("an unknown signature algorithm")]
    Algorithm,
    /// A certificate is not signed by the issuer that it names.
    #[error("a signature does not belong to the issuer")]
    Signature,
    /// An issuer may not issue.
    #[error("an issuer that is no authority")]
    NotAnAuthority,
    /// An issuer has a critical extension that is not known.
    #[error("an unknown critical extension")]
    UnknownCritical,
    /// Policies are mapped from or to anyPolicy.
    #[error("a mapping of any policy")]
    PolicyMapping,
    /// More intermediates than an issuer allows.
    #[error("the chain is longer than an issuer allows")]
    PathLength,
    /// A name that an issuer may not certify.
    #[error("a name that an issuer may not certify")]
    NameConstraint,
    /// More intermediates than any device has.
    #[error("{0} intermediate certificates")]
    TooMany(usize),
}

/// Which certificate is out of date, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateFault {
    /// One is not valid yet: most likely a clock is wrong.
    NotYet,
    /// The device's own certificate has expired.
    LeafExpired,
    /// A certificate of its maker's has expired. `known`: one of those that devices in good order still show.
    IntermediateExpired {
        /// See there.
        known: bool,
    },
}

/// A chain that is good but perhaps for its dates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path<'a> {
    /// The leaf first; without the anchor.
    chain: Vec<&'a Certificate>,
    anchor: &'a TrustAnchor,
    dates: Result<(), DateFault>,
}

/// The intermediates of Chromecast 2 and of Chromecast Audio, which expired on 2025-03-09 on devices that otherwise work.
const KNOWN_EXPIRED: [&str; 2] = ["Chromecast ICA 3", "Chromecast ICA 4 (Audio)"];

impl<'a> Path<'a> {
    /// Looks for a chain from `leaf` to a root of devices. One whose dates are right goes first.
    ///
    /// # Errors
    /// [`PathError`] when none is good even without regard to dates.
    pub fn find(
        leaf: &'a Certificate,
        intermediates: &'a [Certificate],
        roots: &'a Roots,
        now: UnixSeconds,
    ) -> Result<Path<'a>, PathError> {
        Path::to_anchors(leaf, intermediates, &roots.devices, now)
    }

    /// The same, to these anchors.
    pub(super) fn to_anchors(
        leaf: &'a Certificate,
        intermediates: &'a [Certificate],
        anchors: &'a [TrustAnchor],
        now: UnixSeconds,
    ) -> Result<Path<'a>, PathError> {
        if intermediates.len() > MAX_INTERMEDIATES {
            return Err(PathError::TooMany(intermediates.len()));
        }
        if !leaf.usage.is_some_and(|usage| usage.digital_signature) {
            return Err(PathError::LeafUsage);
        }
        let mut search = Search {
            intermediates,
            anchors,
            now,
            attempts: 0,
            out_of_date: None,
            error: PathError::Untrusted,
        };
        search
            .extend(&mut vec![leaf])
            .or(search.out_of_date)
            .ok_or(search.error)
    }

    /// Whether every certificate is valid at the time of the search.
    pub fn dates(&self) -> Result<(), DateFault> {
        self.dates
    }

    /// Whether a certificate of the chain says that the device is for sound alone.
    pub fn is_audio_only(&self) -> bool {
        self.anchor.audio_only || self.chain.iter().any(|certificate| certificate.audio_only)
    }

    /// Who vouches for it.
    pub fn origin(&self) -> Origin {
        self.anchor.origin
    }

    /// Each certificate with its issuer's key, leaf first.
    pub(super) fn issued(&self) -> impl Iterator<Item = (&Certificate, Option<Fingerprint>)> {
        let above = self.chain.iter().skip(1).map(|issuer| issuer.key.as_ref());
        let keys = above.chain([Some(&self.anchor.key)]);
        self.chain
            .iter()
            .zip(keys)
            .map(|(certificate, key)| (*certificate, key.map(super::PublicKey::fingerprint)))
    }

    /// The key of its root.
    pub(super) fn anchor_key(&self) -> Fingerprint {
        self.anchor.key.fingerprint()
    }

    /// Until when all of it is valid, the root included.
    pub(super) fn not_after(&self) -> Option<UnixSeconds> {
        let certificates = self.chain.iter().map(|certificate| certificate.not_after);
        certificates.chain(self.anchor.not_after).min()
    }
}

/// The search: depth first, roots before intermediates.
struct Search<'a> {
    intermediates: &'a [Certificate],
    anchors: &'a [TrustAnchor],
    now: UnixSeconds,
    attempts: usize,
    /// The first one that was good but for its dates.
    out_of_date: Option<Path<'a>>,
    /// The first failure of a complete chain.
    error: PathError,
}

impl<'a> Search<'a> {
    fn extend(&mut self, chain: &mut Vec<&'a Certificate>) -> Option<Path<'a>> {
        let last = *chain.last()?;
        let (anchors, intermediates) = (self.anchors, self.intermediates);
        for anchor in anchors
            .iter()
            .filter(|anchor| anchor.subject == last.issuer)
        {
            self.attempts += 1;
            if self.attempts > MAX_ATTEMPTS {
                return None;
            }
            match check(chain, anchor) {
                Ok(()) => {
                    let path = Path {
                        chain: chain.clone(),
                        anchor,
                        dates: dates(chain, self.now),
                    };
                    if path.dates.is_ok() {
                        return Some(path);
                    }
                    self.out_of_date.get_or_insert(path);
                }
                Err(error) if self.error == PathError::Untrusted => self.error = error,
                Err(_) => {}
            }
        }
        for next in intermediates {
            // No subject twice, so no circles.
            if next.subject == last.issuer && chain.iter().all(|used| used.subject != next.subject)
            {
                chain.push(next);
                let found = self.extend(chain);
                chain.pop();
                if found.is_some() || self.attempts > MAX_ATTEMPTS {
                    return found;
                }
            }
        }
        None
    }
}

/// Everything but the dates. The cheap rules come before the signatures.
fn check(chain: &[&Certificate], anchor: &TrustAnchor) -> Result<(), PathError> {
    for certificate in chain {
        certificate.key.as_ref().ok_or(PathError::WeakKey)?;
        certificate.hash.ok_or(PathError::Algorithm)?;
        if certificate.maps_any_policy {
            return Err(PathError::PolicyMapping);
        }
    }
    for issuer in &chain[1..] {
        let may_sign = issuer.usage.is_none_or(|usage| usage.sign_certificates);
        if !issuer.basic.authority || !may_sign {
            return Err(PathError::NotAnAuthority);
        }
        if issuer.unknown_critical {
            return Err(PathError::UnknownCritical);
        }
    }
    lengths(chain, anchor)?;
    names(chain, anchor)?;
    for (at, certificate) in chain.iter().enumerate() {
        let issuer = match chain.get(at + 1) {
            Some(issuer) => issuer.key.as_ref().ok_or(PathError::WeakKey)?,
            None => &anchor.key,
        };
        let hash = certificate.hash.ok_or(PathError::Algorithm)?;
        if !issuer.verifies(hash, &certificate.signed, &certificate.signature) {
            return Err(PathError::Signature);
        }
    }
    Ok(())
}

/// An issuer's path length limits how many intermediates stand below it; those that rename only a key do not count.
fn lengths(chain: &[&Certificate], anchor: &TrustAnchor) -> Result<(), PathError> {
    let mut below = 0;
    let stated = chain[1..].iter().map(|issuer| {
        let counts = u32::from(!issuer.is_self_issued());
        (issuer.basic.path_length, counts)
    });
    for (limit, counts) in stated.chain([(anchor.path_length, 0)]) {
        if limit.is_some_and(|limit| limit > MAX_PATH_LENGTH || limit < below) {
            return Err(PathError::PathLength);
        }
        below += counts;
    }
    Ok(())
}

/// The constraints of each issuer hold for everything below it, but for intermediates that it issued to itself.
fn names(chain: &[&Certificate], anchor: &TrustAnchor) -> Result<(), PathError> {
    let above = |at: usize| {
        let issuers = chain[at + 1..].iter().map(|issuer| &issuer.constraints);
        issuers.chain([&anchor.constraints])
    };
    for (at, certificate) in chain.iter().enumerate() {
        if at > 0 && certificate.is_self_issued() {
            continue;
        }
        let fits = above(at)
            .all(|constraints| constraints.permit(&certificate.subject, &certificate.alternatives));
        if !fits {
            return Err(PathError::NameConstraint);
        }
    }
    Ok(())
}

/// A certificate that is not valid yet says more than one that is no longer.
fn dates(chain: &[&Certificate], now: UnixSeconds) -> Result<(), DateFault> {
    if chain.iter().any(|certificate| now < certificate.not_before) {
        return Err(DateFault::NotYet);
    }
    let over = |certificate: &Certificate| certificate.not_after < now;
    if over(chain[0]) {
        return Err(DateFault::LeafExpired);
    }
    let mut expired = chain[1..].iter().filter(|issuer| over(issuer)).peekable();
    if expired.peek().is_none() {
        return Ok(());
    }
    Err(DateFault::IntermediateExpired {
        known: expired.all(|issuer| {
            issuer
                .common_name()
                .is_some_and(|name| KNOWN_EXPIRED.contains(&name))
        }),
    })
}
