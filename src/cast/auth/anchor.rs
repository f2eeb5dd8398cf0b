// SPDX-License-Identifier: GPL-3.0-or-later
//! `Roots`: whom devices are certified by, as far as this computer believes it. The two roots of Cast are always among
//! them; the user may add others, which make a device a developer's and never a genuine one.

use x509_parser::pem::Pem;

use super::UnixSeconds;
use super::certificate::{Certificate, CertificateError};
use super::constraints::NameConstraints;
use super::google;
use super::key::{Fingerprint, PublicKey};
use super::name::Name;

/// More roots than anybody adds; a file of certificates that names more is not one of roots.
pub const MAX_USER_ROOTS: usize = 32;

/// Who vouches for a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A root of Cast.
    Cast,
    /// A root that the user added.
    User,
}

/// A key that is believed without proof. Its own validity does not matter (Open Screen `boringssl_trust_store.cc`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustAnchor {
    pub(super) origin: Origin,
    pub(super) subject: Name,
    pub(super) key: PublicKey,
    pub(super) path_length: Option<u32>,
    pub(super) constraints: NameConstraints,
    pub(super) audio_only: bool,
    /// Until when; only revocation lists care.
    pub(super) not_after: Option<UnixSeconds>,
}

/// Why a certificate cannot be a root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnchorError {
    /// It cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The file is neither PEM with certificates in it nor one certificate in DER.
    #[error("no certificate in the file")]
    NoCertificate,
    /// There are too many.
    #[error("more than {MAX_USER_ROOTS} certificates")]
    TooMany,
    /// It may not issue certificates.
    #[error("not the certificate of an authority")]
    NotAnAuthority,
    /// Its key is not RSA of 2048 to 8192 bits.
    #[error("not an RSA key of 2048 to 8192 bits")]
    WeakKey,
    /// It has a critical extension that Cast's rules do not know.
    #[error("an unknown critical extension")]
    UnknownCritical,
}

impl TrustAnchor {
    /// Takes the facts of a certificate that is to be believed.
    ///
    /// # Errors
    /// What an issuer must have is asked of a root, too: [`AnchorError`].
    pub fn of(certificate: &Certificate, origin: Origin) -> Result<TrustAnchor, AnchorError> {
        let may_sign = certificate
            .usage
            .is_none_or(|usage| usage.sign_certificates);
        if !certificate.basic.authority || !may_sign {
            return Err(AnchorError::NotAnAuthority);
        }
        if certificate.unknown_critical {
            return Err(AnchorError::UnknownCritical);
        }
        Ok(TrustAnchor {
            origin,
            subject: certificate.subject.clone(),
            key: certificate.key.clone().ok_or(AnchorError::WeakKey)?,
            path_length: certificate.basic.path_length,
            constraints: certificate.constraints.clone(),
            audio_only: certificate.audio_only,
            not_after: Some(certificate.not_after),
        })
    }

    /// The name of its key.
    pub fn fingerprint(&self) -> Fingerprint {
        self.key.fingerprint()
    }
}

/// Whom devices, and whom revocation lists, are certified by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roots {
    pub(super) devices: Vec<TrustAnchor>,
    pub(super) lists: Vec<TrustAnchor>,
}

impl Roots {
    /// The roots of Cast.
    pub fn cast() -> Roots {
        Roots {
            devices: google::device_anchors(),
            lists: vec![google::crl_anchor()],
        }
    }

    /// Others altogether, for tests and for closed networks: of devices, and of revocation lists.
    pub fn only(devices: Vec<TrustAnchor>, lists: Vec<TrustAnchor>) -> Roots {
        Roots { devices, lists }
    }

    /// The certificates of a file, PEM or DER, that may be one of roots; at least one.
    ///
    /// # Errors
    /// [`AnchorError`].
    pub fn certificates_in(file: &[u8]) -> Result<Vec<Certificate>, AnchorError> {
        let all = certificates_in(file)?;
        let read = all.iter().map(|der| Certificate::read(der));
        Ok(read.collect::<Result<_, _>>()?)
    }

    /// Adds the certificates of a file, PEM or DER, as roots of the user. A root of Cast stays what it is.
    ///
    /// # Errors
    /// [`AnchorError`]; then nothing is added.
    pub fn add_user(&mut self, file: &[u8]) -> Result<(), AnchorError> {
        let mut added = Vec::new();
        for certificate in Roots::certificates_in(file)? {
            let anchor = TrustAnchor::of(&certificate, Origin::User)?;
            let known = |other: &TrustAnchor| other.key == anchor.key;
            if !self.devices.iter().any(known) && !added.iter().any(known) {
                added.push(anchor);
            }
        }
        let of_user = |anchor: &&TrustAnchor| anchor.origin == Origin::User;
        if self.devices.iter().filter(of_user).count() + added.len() > MAX_USER_ROOTS {
            return Err(AnchorError::TooMany);
        }
        self.devices.extend(added);
        Ok(())
    }
}

impl Default for Roots {
    fn default() -> Self {
        Roots::cast()
    }
}

/// The certificates (DER) of a file.
fn certificates_in(file: &[u8]) -> Result<Vec<Vec<u8>>, AnchorError> {
    if file.first() == Some(&0x30) {
        return Ok(vec![file.to_vec()]);
    }
    let mut found = Vec::new();
    for block in Pem::iter_from_buffer(file) {
        let block = block.map_err(|_| AnchorError::NoCertificate)?;
        if block.label == "CERTIFICATE" {
            found.push(block.contents);
        }
        if found.len() > MAX_USER_ROOTS {
            return Err(AnchorError::TooMany);
        }
    }
    if found.is_empty() {
        return Err(AnchorError::NoCertificate);
    }
    Ok(found)
}
