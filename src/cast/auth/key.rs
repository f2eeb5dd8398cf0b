// SPDX-License-Identifier: GPL-3.0-or-later
//! RSA public keys: a `SubjectPublicKeyInfo` in, verified signatures and fingerprints out. The only file that verifies.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RsaParameters,
};
use x509_parser::public_key::PublicKey as Parsed;
use x509_parser::x509::SubjectPublicKeyInfo;

/// The smallest modulus, in bits (Open Screen `boringssl_trust_store.cc`).
const MIN_BITS: usize = 2048;
/// The largest, in bits: verifying with more would cost a hostile device nothing and us seconds.
const MAX_BITS: usize = 8192;

/// SHA-256 of a `SubjectPublicKeyInfo`: the name of a key. Shown as 64 hexadecimal digits, which also read back.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    /// The fingerprint of these bytes.
    pub fn of(bytes: &[u8]) -> Fingerprint {
        let mut sum = [0; 32];
        sum.copy_from_slice(digest(&SHA256, bytes).as_ref());
        Fingerprint(sum)
    }

    /// Of the key in a certificate of any version; of the certificate itself when no key can be found in it.
    pub fn of_certificate_key(der: &[u8]) -> Fingerprint {
        match x509_parser::parse_x509_certificate(der) {
            Ok((_, certificate)) => Fingerprint::of(certificate.public_key().raw),
            Err(_) => Fingerprint::of(der),
        }
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is no fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not 64 hexadecimal digits")]
pub struct NotAFingerprint;

impl FromStr for Fingerprint {
    type Err = NotAFingerprint;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return Err(NotAFingerprint);
        }
        let digit = |at: usize| char::from(digits[at]).to_digit(16).ok_or(NotAFingerprint);
        let mut bytes = [0; 32];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = (digit(2 * at)? * 16 + digit(2 * at + 1)?) as u8;
        }
        Ok(Fingerprint(bytes))
    }
}

/// What is hashed before RSA PKCS#1 v1.5 signs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureHash {
    /// Broken for collisions; the Cast roots and old devices have nothing else.
    Sha1,
    /// What everybody uses.
    Sha256,
    /// In certificates only.
    Sha384,
    /// In certificates only.
    Sha512,
}

impl SignatureHash {
    fn parameters(self) -> &'static RsaParameters {
        match self {
            SignatureHash::Sha1 => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
            SignatureHash::Sha256 => &RSA_PKCS1_2048_8192_SHA256,
            SignatureHash::Sha384 => &RSA_PKCS1_2048_8192_SHA384,
            SignatureHash::Sha512 => &RSA_PKCS1_2048_8192_SHA512,
        }
    }
}

/// An RSA public key of a size that counts as safe, 2048 to 8192 bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    modulus: Vec<u8>,
    exponent: Vec<u8>,
    fingerprint: Fingerprint,
}

impl PublicKey {
    /// Reads a key; `None` when it is not RSA, or too small or too large.
    pub(super) fn read(info: &SubjectPublicKeyInfo<'_>) -> Option<PublicKey> {
        let Ok(Parsed::RSA(key)) = info.parsed() else {
            return None;
        };
        let modulus = without_leading_zeros(key.modulus);
        let exponent = without_leading_zeros(key.exponent);
        (MIN_BITS..=MAX_BITS)
            .contains(&bits(modulus))
            .then(|| PublicKey {
                modulus: modulus.to_vec(),
                exponent: exponent.to_vec(),
                fingerprint: Fingerprint::of(info.raw),
            })
    }

    /// A key that is known beforehand: of 2048 bits with the exponent 65537.
    pub(super) fn known(modulus: &[u8; 256]) -> PublicKey {
        let mut info = Vec::with_capacity(SPKI_HEAD.len() + modulus.len() + SPKI_TAIL.len());
        info.extend_from_slice(SPKI_HEAD);
        info.extend_from_slice(modulus);
        info.extend_from_slice(SPKI_TAIL);
        PublicKey {
            modulus: modulus.to_vec(),
            exponent: vec![1, 0, 1],
            fingerprint: Fingerprint::of(&info),
        }
    }

    /// Whether it made this signature (RSA PKCS#1 v1.5).
    pub fn verifies(&self, hash: SignatureHash, message: &[u8], signature: &[u8]) -> bool {
        let key = PublicKeyComponents {
            n: &self.modulus,
            e: &self.exponent,
        };
        key.verify(hash.parameters(), message, signature).is_ok()
    }

    /// Its name.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }
}

/// The DER of a `SubjectPublicKeyInfo` around a modulus of 2048 bits (RFC 8017, A.1.1; the modulus' sign byte is the last).
const SPKI_HEAD: &[u8] = &[
    0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01,
    0x01, 0x05, 0x00, 0x03, 0x82, 0x01, 0x0f, 0x00, 0x30, 0x82, 0x01, 0x0a, 0x02, 0x82, 0x01, 0x01,
    0x00,
];
/// The exponent 65537.
const SPKI_TAIL: &[u8] = &[0x02, 0x03, 0x01, 0x00, 0x01];

fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    &number[zeros..]
}

fn bits(number: &[u8]) -> usize {
    number
        .first()
        .map_or(0, |first| 8 * number.len() - first.leading_zeros() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_reads_back_and_nothing_else_does() {
        let one = Fingerprint::of(b"a key");
        assert_eq!(one.to_string().parse(), Ok(one));
        for text in ["", "12", &"g".repeat(64), &"1".repeat(63), &"é".repeat(32)] {
            assert_eq!(text.parse::<Fingerprint>(), Err(NotAFingerprint), "{text}");
        }
    }

    #[test]
    fn the_size_of_a_number_counts_from_its_highest_bit() {
        assert_eq!(bits(without_leading_zeros(&[0, 0x80, 1])), 16);
        assert_eq!(bits(&[1, 0]), 9);
        assert_eq!(bits(&[]), 0);
    }
}
