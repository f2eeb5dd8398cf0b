// SPDX-License-Identifier: GPL-3.0-or-later
//! `Identities`: the key that the receiver has in TLS, and its certificate. Input: the time of a connection; output: a server
//! configuration for it.
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
const RENEW_AFTER: Duration = Duration::from_hours(36);
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

/// A certificate with what serves it.
#[derive(Clone)]
pub(super) struct Identity {
    /// What the connections are accepted with.
    pub(super) config: Arc<ServerConfig>,
    /// The certificate (DER) that these connections show; device authentication signs it.
    pub(super) certificate: CertificateDer<'static>,
}

/// The key, which stays, and its certificate of the moment.
pub(super) struct Identities {
    key: KeyPair,
    current: Identity,
    made: SystemTime,
}

impl Identities {
    /// With this key or a new one (RSA-2048, which takes some 100 ms: not for an async task).
    pub(super) fn new(key: Option<KeyPair>, now: SystemTime) -> Result<Identities, IdentityError> {
        let key = match key {
            Some(key) => key,
            // RSA, because that is what senders expect of a device; aws-lc can generate it, ring cannot.
            None => KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048)?,
        };
        Ok(Identities {
            current: Identity::make(&key, now)?,
            key,
            made: now,
        })
    }

    /// The identity for a connection that begins at `now`. A certificate that is old, or that comes from the future because
    /// the clock was set, is replaced first, which takes a millisecond or two. By the clock of the wall: while a computer
    /// sleeps, the other one stands still.
    pub(super) fn at(&mut self, now: SystemTime) -> Identity {
        let age = now.duration_since(self.made);
        if age.map_or(true, |age| age >= RENEW_AFTER) {
            match Identity::make(&self.key, now) {
                Ok(identity) => {
                    tracing::debug!("the certificate of the connections is new");
                    (self.current, self.made) = (identity, now);
                }
                Err(error) => tracing::warn!(%error, "the certificate was not renewed"),
            }
        }
        self.current.clone()
    }
}

impl Identity {
    fn make(key: &KeyPair, now: SystemTime) -> Result<Identity, IdentityError> {
        let mut params = CertificateParams::default();
        params.not_before = (now - BACKDATED).into();
        params.not_after = (now + LIFETIME).into();
        params.distinguished_name = DistinguishedName::new();
        params
            .distinguished_name
            .push(DnType::CommonName, COMMON_NAME);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let certificate = params.self_signed(key)?.der().clone();

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
        let identity = Identities::new(None, now).unwrap().at(now);
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

    #[test]
    fn an_old_certificate_is_replaced_and_the_key_kept() {
        use crate::cast::auth::Fingerprint;

        let now = SystemTime::now();
        let mut identities = Identities::new(None, now).unwrap();
        let first = identities.at(now).certificate;
        assert_eq!(identities.at(now + RENEW_AFTER / 2).certificate, first);
        let later = now + RENEW_AFTER;
        let second = identities.at(later).certificate;
        assert_ne!(second, first);
        assert_eq!(
            Fingerprint::of_certificate_key(&second),
            Fingerprint::of_certificate_key(&first)
        );
        let (_, read) = x509_parser::parse_x509_certificate(&second).unwrap();
        let end = SystemTime::from(read.validity().not_after.to_datetime());
        assert!(end > later + RENEW_AFTER && end <= later + 4 * Duration::from_hours(24));
        let back = identities.at(now - Duration::from_hours(200)).certificate;
        assert_ne!(back, second, "the clock was set back");
    }
}
