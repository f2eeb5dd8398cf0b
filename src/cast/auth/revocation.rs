// SPDX-License-Identifier: GPL-3.0-or-later
//! Revocation lists: the `CrlBundle` that a device hands over in, which keys and serial numbers are revoked out (Open
//! Screen `revocation.proto`, `cast_crl.cc`).

use prost::Message as _;

use super::UnixSeconds;
use super::anchor::Roots;
use super::certificate::{Certificate, CertificateError};
use super::key::{Fingerprint, SignatureHash};
use super::path::{DateFault, Path, PathError};
use super::verdict::CrlState;
use crate::cast::channel::proto::revocation::{CrlBundle, SerialNumberRange, TbsCrl};

/// The version of the lists that are understood.
const VERSION: u64 = 0;

/// Whether a device must hand over a revocation list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CrlRule {
    /// It may leave it out. One that is there is looked at; one that cannot be used says no more than none, because a
    /// revoked device could as well leave it out.
    #[default]
    WhenPresent,
    /// Without a good one, nothing is known about the device.
    Required,
}

/// Why a bundle is of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CrlError {
    /// It is not what it should be, or there is no list in it that is understood.
    #[error("not a revocation list")]
    Malformed,
    /// Its signer's certificate cannot be read.
    #[error("its signer: {0}")]
    Certificate(#[from] CertificateError),
    /// Its signer is not certified.
    #[error("its signer: {0}")]
    Signer(#[from] PathError),
    /// Its signer's certificate is out of date.
    #[error("its signer's certificate is out of date")]
    SignerDates(DateFault),
    /// It is not signed by its signer.
    #[error("its signature is wrong")]
    Signature,
    /// It is not valid yet.
    #[error("it is not valid yet")]
    NotYet,
    /// It is out of date.
    #[error("it is out of date")]
    Expired,
}

/// Why a chain does not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Revocation {
    /// A key of it is revoked.
    #[error("a key is revoked")]
    Key,
    /// A certificate of it is revoked.
    #[error("a certificate is revoked")]
    Serial,
    /// The list expired since it was read, so it says nothing any more.
    #[error("the list has expired")]
    ListExpired,
}

/// What a device's list says about its chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consulted {
    /// Nothing against it.
    Passed(CrlState),
    /// It is revoked.
    Revoked(Revocation),
    /// The rule wants a good list, and there is none.
    Unknown(CrlState),
}

/// Looks up a chain in the list that came with it; `bundle` is empty when none came.
pub fn consult(
    path: &Path<'_>,
    bundle: &[u8],
    roots: &Roots,
    rule: CrlRule,
    now: UnixSeconds,
) -> Consulted {
    let state = if bundle.is_empty() {
        CrlState::Absent
    } else {
        match Crl::read(bundle, roots, now).map(|list| list.check(path, now)) {
            Ok(Ok(())) => CrlState::Checked,
            Ok(Err(revocation)) => return Consulted::Revoked(revocation),
            Err(error) => CrlState::Unusable(error),
        }
    };
    match rule {
        CrlRule::Required if state != CrlState::Checked => Consulted::Unknown(state),
        _ => Consulted::Passed(state),
    }
}

/// A list whose signature and dates were good when it was read. As large as the message it came in, at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crl {
    not_before: UnixSeconds,
    not_after: UnixSeconds,
    keys: Vec<Vec<u8>>,
    serials: Vec<Serials>,
}

/// Serial numbers of one issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Serials {
    issuer: Vec<u8>,
    first: u64,
    last: u64,
}

impl Crl {
    /// Reads the first list of the bundle that is understood; there is no second try.
    ///
    /// # Errors
    /// [`CrlError`].
    pub fn read(bundle: &[u8], roots: &Roots, now: UnixSeconds) -> Result<Crl, CrlError> {
        let bundle = CrlBundle::decode(bundle).map_err(|_| CrlError::Malformed)?;
        let (list, outer) = bundle
            .crls
            .iter()
            .find_map(|crl| {
                let list = TbsCrl::decode(crl.tbs_crl.as_deref()?).ok()?;
                (list.version() == VERSION).then_some((list, crl))
            })
            .ok_or(CrlError::Malformed)?;

        let signer = Certificate::read(outer.signer_cert())?;
        let path = Path::to_anchors(&signer, &[], &roots.lists, now)?;
        path.dates().map_err(CrlError::SignerDates)?;
        let key = signer.key().ok_or(PathError::WeakKey)?;
        if !key.verifies(SignatureHash::Sha256, outer.tbs_crl(), outer.signature()) {
            return Err(CrlError::Signature);
        }

        let not_before = seconds(list.not_before_seconds.ok_or(CrlError::Malformed)?);
        let own_end = seconds(list.not_after_seconds.ok_or(CrlError::Malformed)?);
        let not_after = path.not_after().map_or(own_end, |end| end.min(own_end));
        if now < not_before {
            return Err(CrlError::NotYet);
        }
        if not_after < now {
            return Err(CrlError::Expired);
        }
        let serials = list
            .revoked_serial_number_ranges
            .into_iter()
            .map(Serials::read);
        Ok(Crl {
            not_before,
            not_after,
            serials: serials.collect::<Result<_, _>>()?,
            keys: list.revoked_public_key_hashes,
        })
    }

    /// Whether the list leaves the chain alone, its root included.
    ///
    /// # Errors
    /// [`Revocation`]. A list that has expired meanwhile revokes everything.
    pub fn check(&self, path: &Path<'_>, now: UnixSeconds) -> Result<(), Revocation> {
        if !(self.not_before..=self.not_after).contains(&now) {
            return Err(Revocation::ListExpired);
        }
        let revoked = |key: Fingerprint| self.keys.iter().any(|listed| *listed == key.0);
        if revoked(path.anchor_key()) {
            return Err(Revocation::Key);
        }
        for (certificate, issuer) in path.issued() {
            if certificate
                .key()
                .is_some_and(|key| revoked(key.fingerprint()))
            {
                return Err(Revocation::Key);
            }
            let (Some(serial), Some(issuer)) = (certificate.serial, issuer) else {
                continue;
            };
            let listed = |range: &Serials| {
                range.issuer == issuer.0 && (range.first..=range.last).contains(&serial)
            };
            if self.serials.iter().any(listed) {
                return Err(Revocation::Serial);
            }
        }
        Ok(())
    }
}

impl Serials {
    /// A range that ends before it begins is no range: the library refuses such a list, too.
    fn read(range: SerialNumberRange) -> Result<Serials, CrlError> {
        let (first, last) = (range.first_serial_number(), range.last_serial_number());
        if last < first {
            return Err(CrlError::Malformed);
        }
        let issuer = range.issuer_public_key_hash.unwrap_or_default();
        Ok(Serials {
            issuer,
            first,
            last,
        })
    }
}

/// Beyond the signed range is the end of time.
fn seconds(unsigned: u64) -> UnixSeconds {
    UnixSeconds::try_from(unsigned).unwrap_or(UnixSeconds::MAX)
}
