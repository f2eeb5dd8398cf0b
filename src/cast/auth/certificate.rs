// SPDX-License-Identifier: GPL-3.0-or-later
//! `Certificate`: DER in, the few facts of it out that Cast's rules look at. Judges nothing.

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{KeyUsage as ParsedUsage, ParsedExtension, X509Extension};
use x509_parser::oid_registry::{
    OID_PKCS1_SHA1WITHRSA, OID_PKCS1_SHA256WITHRSA, OID_PKCS1_SHA384WITHRSA,
    OID_PKCS1_SHA512WITHRSA, OID_X509_EXT_BASIC_CONSTRAINTS, OID_X509_EXT_CERTIFICATE_POLICIES,
    OID_X509_EXT_KEY_USAGE, OID_X509_EXT_NAME_CONSTRAINTS, OID_X509_EXT_POLICY_MAPPINGS,
    OID_X509_EXT_SUBJECT_ALT_NAME, Oid,
};
use x509_parser::parse_x509_certificate;

use super::UnixSeconds;
use super::constraints::{AlternativeNames, NameConstraints};
use super::key::{PublicKey, SignatureHash};
use super::name::{Name, common_name};

/// The largest certificate that is read, in bytes. Real ones have one thousand.
pub(super) const MAX_SIZE: usize = 16 * 1024;

/// The policy whose presence anywhere in a chain makes a device audio-only: 1.3.6.1.4.1.11129.2.5.2.
const AUDIO_ONLY: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0xd6, 0x79, 0x02, 0x05, 0x02];
/// anyPolicy, 2.5.29.32.0.
const ANY_POLICY: &[u8] = &[0x55, 0x1d, 0x20, 0x00];

/// The bytes are no certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// It is larger than any real one.
    #[error("a certificate of {0} bytes")]
    TooLarge(usize),
    /// It is not DER of X.509, or something follows it.
    #[error("not an X.509 certificate")]
    Malformed,
    /// One of the extensions that matter cannot be read, or comes twice.
    #[error("an extension cannot be read")]
    Extension,
}

/// A certificate, read but not judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    pub(super) signed: Vec<u8>,
    pub(super) signature: Vec<u8>,
    /// `None`: an algorithm that Cast does not know, or not the same one inside and out.
    pub(super) hash: Option<SignatureHash>,
    pub(super) subject: Name,
    pub(super) issuer: Name,
    /// `None` beyond 64 bits: revocation lists cannot name it.
    pub(super) serial: Option<u64>,
    pub(super) not_before: UnixSeconds,
    pub(super) not_after: UnixSeconds,
    /// `None`: not an RSA key, or one of an unsafe size.
    pub(super) key: Option<PublicKey>,
    pub(super) usage: Option<KeyUsage>,
    pub(super) basic: BasicConstraints,
    pub(super) constraints: NameConstraints,
    pub(super) alternatives: AlternativeNames,
    pub(super) audio_only: bool,
    pub(super) maps_any_policy: bool,
    /// A critical extension that an issuer must not have: one that these rules do not know.
    pub(super) unknown_critical: bool,
    common_name: Option<String>,
}

/// What the key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KeyUsage {
    pub(super) digital_signature: bool,
    pub(super) sign_certificates: bool,
}

/// Whether it may issue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct BasicConstraints {
    pub(super) authority: bool,
    pub(super) path_length: Option<u32>,
}

impl Certificate {
    /// Reads one certificate in DER.
    ///
    /// # Errors
    /// [`CertificateError`]. A key or an algorithm that is not to be trusted is no error here.
    pub fn read(der: &[u8]) -> Result<Certificate, CertificateError> {
        if der.len() > MAX_SIZE {
            return Err(CertificateError::TooLarge(der.len()));
        }
        let (rest, parsed) =
            parse_x509_certificate(der).map_err(|_| CertificateError::Malformed)?;
        if !rest.is_empty() {
            return Err(CertificateError::Malformed);
        }
        let mut certificate = Certificate {
            signed: parsed.tbs_certificate.as_ref().to_vec(),
            signature: parsed.signature_value.data.to_vec(),
            hash: hash(&parsed),
            subject: Name::read(parsed.subject()),
            issuer: Name::read(parsed.issuer()),
            serial: small(parsed.raw_serial()),
            not_before: parsed.validity().not_before.timestamp(),
            not_after: parsed.validity().not_after.timestamp(),
            key: PublicKey::read(parsed.public_key()),
            usage: None,
            basic: BasicConstraints::default(),
            constraints: NameConstraints::default(),
            alternatives: AlternativeNames::default(),
            audio_only: false,
            maps_any_policy: false,
            unknown_critical: false,
            common_name: common_name(parsed.subject()),
        };
        // Refuses those that come twice.
        let extensions = parsed
            .extensions_map()
            .map_err(|_| CertificateError::Extension)?;
        for extension in extensions.values() {
            certificate.extend(extension)?;
        }
        Ok(certificate)
    }

    /// The subject's common name, for people: without control characters, and cut to a line. The name of a device.
    pub fn common_name(&self) -> Option<&str> {
        self.common_name.as_deref()
    }

    /// Whether it names itself as its issuer.
    pub(super) fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    /// Whether `now` is within its validity.
    pub fn is_valid_at(&self, now: UnixSeconds) -> bool {
        (self.not_before..=self.not_after).contains(&now)
    }

    /// Its key, if that is an RSA key of a safe size.
    pub fn key(&self) -> Option<&PublicKey> {
        self.key.as_ref()
    }

    fn extend(&mut self, extension: &X509Extension<'_>) -> Result<(), CertificateError> {
        match extension.parsed_extension() {
            ParsedExtension::BasicConstraints(basic) => {
                self.basic = BasicConstraints {
                    authority: basic.ca,
                    path_length: basic.path_len_constraint,
                };
                return Ok(());
            }
            ParsedExtension::KeyUsage(usage) => {
                self.usage = Some(KeyUsage::read(usage));
                return Ok(());
            }
            ParsedExtension::NameConstraints(constraints) => {
                self.constraints = NameConstraints::read(constraints);
                return Ok(());
            }
            ParsedExtension::CertificatePolicies(policies) => {
                self.audio_only = policies
                    .iter()
                    .any(|policy| is(&policy.policy_id, AUDIO_ONLY));
            }
            ParsedExtension::PolicyMappings(mappings) => {
                self.maps_any_policy = mappings.mappings.iter().any(|mapping| {
                    is(&mapping.issuer_domain_policy, ANY_POLICY)
                        || is(&mapping.subject_domain_policy, ANY_POLICY)
                });
            }
            ParsedExtension::SubjectAlternativeName(names) => {
                self.alternatives = AlternativeNames::read(&names.general_names);
            }
            _ if matters(&extension.oid) => return Err(CertificateError::Extension),
            _ => {}
        }
        self.unknown_critical |= extension.critical;
        Ok(())
    }
}

impl KeyUsage {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the parser lends it")]
    fn read(usage: &ParsedUsage) -> KeyUsage {
        KeyUsage {
            digital_signature: usage.digital_signature(),
            sign_certificates: usage.key_cert_sign(),
        }
    }
}

/// Whether the rules look at this extension, so that it must be readable.
fn matters(oid: &Oid<'_>) -> bool {
    [
        OID_X509_EXT_BASIC_CONSTRAINTS,
        OID_X509_EXT_KEY_USAGE,
        OID_X509_EXT_NAME_CONSTRAINTS,
        OID_X509_EXT_CERTIFICATE_POLICIES,
        OID_X509_EXT_POLICY_MAPPINGS,
        OID_X509_EXT_SUBJECT_ALT_NAME,
    ]
    .contains(oid)
}

fn is(oid: &Oid<'_>, der: &[u8]) -> bool {
    oid.as_bytes() == der
}

fn hash(certificate: &X509Certificate<'_>) -> Option<SignatureHash> {
    let outside = &certificate.signature_algorithm;
    if *outside != certificate.tbs_certificate.signature {
        return None;
    }
    [
        (OID_PKCS1_SHA1WITHRSA, SignatureHash::Sha1),
        (OID_PKCS1_SHA256WITHRSA, SignatureHash::Sha256),
        (OID_PKCS1_SHA384WITHRSA, SignatureHash::Sha384),
        (OID_PKCS1_SHA512WITHRSA, SignatureHash::Sha512),
    ]
    .into_iter()
    .find(|(oid, _)| *oid == outside.algorithm)
    .map(|(_, hash)| hash)
}

/// A serial number of at most 64 bits; negative ones are none.
fn small(serial: &[u8]) -> Option<u64> {
    if serial.first().is_some_and(|first| first & 0x80 != 0) {
        return None;
    }
    let digits = match serial {
        [0, rest @ ..] => rest,
        all => all,
    };
    let mut number = [0; 8];
    let free = number.len().checked_sub(digits.len())?;
    number[free..].copy_from_slice(digits);
    Some(u64::from_be_bytes(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serial_numbers_beyond_64_bits_are_not_looked_up() {
        assert_eq!(small(&[5]), Some(5));
        assert_eq!(
            small(&[0, 0xff, 0, 0, 0, 0, 0, 0, 1]),
            Some(0xff00_0000_0000_0001)
        );
        assert_eq!(small(&[1, 0, 0, 0, 0, 0, 0, 0, 0]), None);
        assert_eq!(small(&[0x80]), None, "negative");
        assert_eq!(small(&[]), Some(0));
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        assert_eq!(Certificate::read(&[]), Err(CertificateError::Malformed));
        assert_eq!(
            Certificate::read(&vec![0x30; MAX_SIZE + 1]),
            Err(CertificateError::TooLarge(MAX_SIZE + 1))
        );
    }
}
