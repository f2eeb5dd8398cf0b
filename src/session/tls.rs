// SPDX-License-Identifier: GPL-3.0-or-later
//! TLS to a device: a `TcpStream` in, an encrypted stream and the device's certificate out.
//!
//! Device certificates are self-signed, short-lived, sometimes X.509 v1, sometimes from a wrong clock: whom they name
//! and how long they last is not judged here. That the peer holds the key of the certificate *is* verified, and the
//! certificate is kept, because device authentication binds to it. Resumption is off: an authenticated connection must
//! have shown its certificate itself.

mod verify;

use std::io;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rustls::client::Resumption;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{AlertDescription, CertificateError, ClientConfig, Error as Rustls};
use thiserror::Error;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::reason::{Layer, Reason, Waiting};

/// How long a device may take over the handshake. Old devices sign in about a second.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

/// Why there is no TLS connection.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The device offers nothing that is safe today: RSA key exchange, CBC, TLS 1.1 or older.
    #[error("the device offers only outdated TLS")]
    TooOld,
    /// The handshake is not signed with the key of the certificate.
    #[error("the handshake signature does not belong to the certificate")]
    BadSignature,
    /// What came is not TLS, or breaks its rules.
    #[error("not TLS: {0}")]
    Garbage(Rustls),
    /// The handshake did not finish in time.
    #[error("the handshake did not finish in time")]
    TimedOut,
    /// The device closed the connection.
    #[error("closed during the handshake")]
    Closed,
    /// TLS could not be set up on this side.
    #[error("TLS setup: {0}")]
    Setup(Rustls),
    /// The connection failed.
    #[error("connection failed: {0}")]
    Io(#[from] io::Error),
}

impl From<TlsError> for Reason {
    fn from(error: TlsError) -> Reason {
        match error {
            TlsError::TooOld => Reason::TlsTooOld,
            TlsError::BadSignature => Reason::Garbage(Layer::TlsSignature),
            TlsError::Garbage(_) => Reason::Garbage(Layer::Tls),
            TlsError::TimedOut => Reason::TimedOut(Waiting::TlsHandshake),
            TlsError::Closed | TlsError::Io(_) => Reason::DeviceClosed,
            TlsError::Setup(error) => Reason::System(error.to_string()),
        }
    }
}

/// An encrypted connection to a device.
#[derive(Debug)]
pub struct Secured {
    /// The stream.
    pub stream: TlsStream<TcpStream>,
    /// The leaf certificate (DER) that was shown in this very handshake, for device authentication.
    pub certificate: CertificateDer<'static>,
}

/// Makes the TLS handshake, within `limit` (usually [`HANDSHAKE_TIMEOUT`]).
pub async fn handshake(tcp: TcpStream, limit: Duration) -> Result<Secured, TlsError> {
    let name = ServerName::IpAddress(peer_ip(&tcp)?.into());
    let connector = TlsConnector::from(client_config()?);
    let stream = match tokio::time::timeout(limit, connector.connect(name, tcp)).await {
        Err(_) => return Err(TlsError::TimedOut),
        Ok(Err(error)) => return Err(classify(error)),
        Ok(Ok(stream)) => stream,
    };
    let certificate = stream
        .get_ref()
        .1
        .peer_certificates()
        .and_then(<[_]>::first)
        .ok_or(TlsError::Garbage(Rustls::NoCertificatesPresented))?
        .clone()
        .into_owned();
    Ok(Secured {
        stream,
        certificate,
    })
}

/// An address is no host name, so it is not sent (SNI) to the device.
fn peer_ip(tcp: &TcpStream) -> io::Result<IpAddr> {
    Ok(tcp.peer_addr()?.ip())
}

/// One configuration serves all connections of the process.
fn client_config() -> Result<Arc<ClientConfig>, TlsError> {
    static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(config) = CONFIG.get() {
        return Ok(config.clone());
    }
    // Named explicitly: with two providers in the dependency tree the process-wide default would be ambiguous.
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = verify::KeyHolder::new(provider.signature_verification_algorithms);
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(TlsError::Setup)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    config.enable_sni = false;
    Ok(CONFIG.get_or_init(|| Arc::new(config)).clone())
}

/// What a failed handshake means. `tokio-rustls` wraps the cause into an I/O error.
fn classify(error: io::Error) -> TlsError {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        return TlsError::Closed;
    }
    match error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<Rustls>())
    {
        None => TlsError::Io(error),
        // A server that finds nothing in common with us says so with an alert, or chooses a version of its own.
        Some(
            Rustls::AlertReceived(
                AlertDescription::HandshakeFailure
                | AlertDescription::ProtocolVersion
                | AlertDescription::InsufficientSecurity,
            )
            | Rustls::PeerIncompatible(_),
        ) => TlsError::TooOld,
        Some(Rustls::InvalidCertificate(CertificateError::BadSignature)) => TlsError::BadSignature,
        Some(cause) => TlsError::Garbage(cause.clone()),
    }
}
