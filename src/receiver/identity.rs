// SPDX-License-Identifier: GPL-3.0-or-later
//! `Identity`: the key and certificate that the receiver shows in TLS. Input: the time; output: a server configuration.
//!
//! The certificate is self-signed and short-lived: senders refuse one that is valid for more than four days ahead
//! (Open Screen `kMaxSelfSignedCertLifetimeInDays`). It proves nothing by itself; device authentication binds it to a
//! device key.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, KeyUsagePurpose, RsaKeySize};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::NoServerSessionStorage;

/// How far ahead the certificate is valid; one day less than senders allow.
const LIFETIME: Duration = Duration::from_hours(72);
/// How far back: the clocks of senders differ.
const BACKDATED: Duration = Duration::from_hours(1);
/// When it is replaced. Connections that are up keep theirs.
pub(super) const RENEW_AFTER: Duration = Duration::from_hours(36);
/// Its subject; peers do not look at it.
const COMMON_NAME: &str = "Telecast";

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// The key or the certificate could not be made.
    #[error("cannot make a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// TLS does not take it.
    #[error("cannot set up TLS: {0}")]
    Tls(#[from] rustls::Error),
}

/// A key with its certificate, ready to serve.
#[derive(Clone)]
pub(super) struct Identity {
    /// What the connections are accepted with.
    pub(super) config: Arc<ServerConfig>,
    /// The certificate (DER) that these connections show; device authentication signs it.
    pub(super) certificate: CertificateDer<'static>,
}

impl Identity {
    /// Makes a new key (RSA-2048, which takes some 100 ms: not for an async task) and its certificate.
    pub(super) fn generate(now: SystemTime) -> Result<Identity, IdentityError> {
        // RSA, because that is what senders expect of a device; aws-lc can generate it, ring cannot.
        let key = KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048)?;
        let mut params = CertificateParams::default();
        params.not_before = (now - BACKDATED).into();
        params.not_after = (now + LIFETIME).into();
        params.distinguished_name = DistinguishedName::new();
        params
            .distinguished_name
            .push(DnType::CommonName, COMMON_NAME);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let certificate = params.self_signed(&key)?.der().clone();

        // The explicit provider: with two of them in the tree the process default would be ambiguous.
        let mut config = ServerConfig::builder_with_provider(Arc::new(
            rustls::crypto::aws_lc_rs::default_provider(),
        ))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.clone()],
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )?;
        // A resumed connection would show no certificate, and authentication needs this connection's.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Identity {
            config: Arc::new(config),
            certificate,
        })
    }
}

/// Never the key.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Identity({} bytes of certificate)",
            self.certificate.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_certificate_is_what_senders_demand() {
        let now = SystemTime::now();
        let identity = Identity::generate(now).unwrap();
        let (_, certificate) = x509_parser::parse_x509_certificate(&identity.certificate).unwrap();
        let seconds = now
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap()
            .as_secs() as i64;
        assert!(certificate.validity().not_before.timestamp() < seconds);
        let ahead = certificate.validity().not_after.timestamp() - seconds;
        assert!(
            ahead <= 4 * 86_400 && ahead > RENEW_AFTER.as_secs() as i64,
            "{ahead}"
        );
        assert_eq!(certificate.subject().to_string(), "CN=Telecast");
        let key = certificate.public_key().parsed().unwrap();
        assert!(
            matches!(key, x509_parser::public_key::PublicKey::RSA(key) if key.key_size() == 2048)
        );
        assert!(
            certificate
                .key_usage()
                .unwrap()
                .unwrap()
                .value
                .digital_signature()
        );
        assert!(!format!("{identity:?}").contains("PRIVATE"));
    }
}
