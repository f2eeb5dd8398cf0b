// SPDX-License-Identifier: GPL-3.0-or-later
//! `Credentials`: what a receiver proves itself with. A challenge and the certificate of the connection in, the answer out
//! (Open Screen `device_auth_namespace_handler.cc`).

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use prost::Message as _;

use super::certificate::{Certificate, CertificateError};
use super::path::MAX_INTERMEDIATES;
use crate::cast::channel::proto::auth::{
    AuthChallenge, AuthError, AuthResponse, DeviceAuthMessage, HashAlgorithm, SignatureAlgorithm,
    auth_error::ErrorType,
};

/// The longest nonce that is signed, in bytes. Senders use 16.
const MAX_NONCE: usize = 1024;

/// Why these are no credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialsError {
    /// A certificate cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The key is not RSA in PKCS#8, or of a size that is not taken.
    #[error("not an RSA key in PKCS#8")]
    Key,
    /// The key is not that of the certificate.
    #[error("the key does not belong to the certificate")]
    OtherKey,
    /// Senders would not take so many certificates.
    #[error("{0} intermediate certificates")]
    TooMany(usize),
}

/// A device's certificate with its key, and the certificates between it and its root.
pub struct Credentials {
    leaf: Vec<u8>,
    intermediates: Vec<Vec<u8>>,
    key: RsaKeyPair,
}

impl Credentials {
    /// The device's certificate (DER), the intermediates (DER, its issuer first), and its key (PKCS#8).
    ///
    /// # Errors
    /// [`CredentialsError`].
    pub fn new(
        leaf: Vec<u8>,
        intermediates: Vec<Vec<u8>>,
        key: &[u8],
    ) -> Result<Credentials, CredentialsError> {
        if intermediates.len() > MAX_INTERMEDIATES {
            return Err(CredentialsError::TooMany(intermediates.len()));
        }
        let certificate = Certificate::read(&leaf)?;
        for intermediate in &intermediates {
            Certificate::read(intermediate)?;
        }
        let key = RsaKeyPair::from_pkcs8(key).map_err(|_| CredentialsError::Key)?;
        let (_, parsed) =
            x509_parser::parse_x509_certificate(&leaf).map_err(|_| CertificateError::Malformed)?;
        if certificate.key().is_none()
            || parsed.public_key().subject_public_key.data != key.public_key().as_ref()
        {
            return Err(CredentialsError::OtherKey);
        }
        Ok(Credentials {
            leaf,
            intermediates,
            key,
        })
    }

    /// The serialised `DeviceAuthMessage` that answers `challenge` on the connection with this TLS certificate (DER). Takes
    /// a millisecond or two.
    ///
    /// It is signed with SHA-256, and says so, also when SHA-1 was asked for: nothing of today signs with SHA-1, and senders
    /// go by what the answer says.
    pub fn answer(&self, challenge: &AuthChallenge, tls_certificate: &[u8]) -> Vec<u8> {
        let message = match self.response(challenge, tls_certificate) {
            Some(response) => DeviceAuthMessage {
                response: Some(response),
                ..DeviceAuthMessage::default()
            },
            None => DeviceAuthMessage {
                error: Some(AuthError {
                    error_type: Some(ErrorType::InternalError.into()),
                }),
                ..DeviceAuthMessage::default()
            },
        };
        message.encode_to_vec()
    }

    fn response(&self, challenge: &AuthChallenge, tls_certificate: &[u8]) -> Option<AuthResponse> {
        let nonce = challenge.sender_nonce();
        if nonce.len() > MAX_NONCE {
            return None;
        }
        let signed = [nonce, tls_certificate].concat();
        let mut signature = vec![0; self.key.public_modulus_len()];
        // PKCS#1 v1.5 is deterministic: the generator is asked for nothing that shows.
        self.key
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                &signed,
                &mut signature,
            )
            .ok()?;
        Some(AuthResponse {
            signature: Some(signature),
            client_auth_certificate: Some(self.leaf.clone()),
            intermediate_certificate: self.intermediates.clone(),
            signature_algorithm: Some(SignatureAlgorithm::RsassaPkcs1V15.into()),
            sender_nonce: challenge.sender_nonce.clone(),
            hash_algorithm: Some(HashAlgorithm::Sha256.into()),
            crl: None,
        })
    }
}

/// Never the key.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Credentials({} certificates)",
            1 + self.intermediates.len()
        )
    }
}
