// SPDX-License-Identifier: GPL-3.0-or-later
//! The certificate check: any certificate will do, if the peer proves that it holds the key.
//!
//! The usual verifiers parse the certificate with webpki, which refuses X.509 v1; here only its public key is taken.

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, PeerMisbehaved, SignatureScheme};
use x509_parser::asn1_rs::{Any, FromDer as _};
use x509_parser::certificate::X509Certificate;
use x509_parser::x509::SubjectPublicKeyInfo;

/// Accepts every certificate whose key signed the handshake.
#[derive(Debug)]
pub(super) struct KeyHolder {
    algorithms: WebPkiSupportedAlgorithms,
}

impl KeyHolder {
    /// Verifies signatures with these algorithms of the crypto provider.
    pub(super) fn new(algorithms: WebPkiSupportedAlgorithms) -> KeyHolder {
        KeyHolder { algorithms }
    }
}

impl ServerCertVerifier for KeyHolder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        // Issuer, names and validity are device authentication's business.
        public_key(end_entity)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let key = public_key(cert)?;
        let key_algorithm = algorithm_id(&key)?;
        let candidates = self
            .algorithms
            .mapping
            .iter()
            .find(|(scheme, _)| *scheme == dss.scheme)
            .map(|(_, candidates)| *candidates)
            .ok_or(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme)?;
        // TLS 1.2 does not tie a scheme to a curve, so several algorithms may stand for one scheme.
        let algorithm = candidates
            .iter()
            .find(|candidate| candidate.public_key_alg_id().as_ref() == key_algorithm)
            .ok_or(CertificateError::BadSignature)?;
        algorithm
            .verify_signature(&key.subject_public_key.data, message, dss.signature())
            .map_err(|_| CertificateError::BadSignature)?;
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let key = SubjectPublicKeyInfoDer::from(public_key(cert)?.raw);
        verify_tls13_signature_with_raw_key(message, &key, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// The public key of a certificate of any version.
fn public_key<'a>(certificate: &'a CertificateDer<'_>) -> Result<SubjectPublicKeyInfo<'a>, Error> {
    let (_, parsed) =
        X509Certificate::from_der(certificate).map_err(|_| CertificateError::BadEncoding)?;
    Ok(parsed.tbs_certificate.subject_pki)
}

/// The inside of the key's `AlgorithmIdentifier`, as the provider's algorithms name themselves.
fn algorithm_id<'a>(key: &SubjectPublicKeyInfo<'a>) -> Result<&'a [u8], Error> {
    let inside = |der: &'a [u8]| -> Result<&'a [u8], Error> {
        let (_, any) = Any::from_der(der).map_err(|_| CertificateError::BadEncoding)?;
        Ok(any.data)
    };
    inside(inside(key.raw)?)
}
