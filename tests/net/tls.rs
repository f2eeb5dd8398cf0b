// SPDX-License-Identifier: GPL-3.0-or-later
//! The TLS client against `openssl s_server`, which serves what devices serve and rustls' own server refuses to serve.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use telecast::session::reason::{Layer, Reason};
use telecast::session::tls::{HANDSHAKE_TIMEOUT, Secured, TlsError, handshake};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

pub const RSA: &[&str] = &["-newkey", "rsa:2048"];
const P256: &[&str] = &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];

/// A running `openssl s_server` with a certificate of its own; ends with the test.
pub struct OpenSsl {
    child: Child,
    pub address: SocketAddr,
    certificate: PathBuf,
    folder: PathBuf,
}

impl OpenSsl {
    pub fn start(key: &[&str], certificate: &[&str], server: &[&str]) -> OpenSsl {
        let folder = fresh_folder();
        let (key_file, cert_file) = (folder.join("key.pem"), folder.join("cert.pem"));
        // The system's configuration would add extensions, which make a v3 certificate of any.
        let config = folder.join("req.cnf");
        std::fs::write(&config, "[req]\ndistinguished_name = dn\n[dn]\n").expect("writable");
        let made = Command::new("openssl")
            .args(["req", "-x509", "-nodes", "-subj", "/CN=device", "-keyout"])
            .arg(&key_file)
            .arg("-out")
            .arg(&cert_file)
            .args(key)
            .args(certificate)
            .arg("-config")
            .arg(&config)
            .output()
            .expect("openssl is installed");
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let mut child = Command::new("openssl")
            .args(["s_server", "-accept", "127.0.0.1:0", "-rev", "-key"])
            .arg(&key_file)
            .arg("-cert")
            .arg(&cert_file)
            .args(server)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("openssl is installed");
        let output = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let address = output
            .lines()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("ACCEPT ").map(str::to_owned))
            .expect("s_server listens")
            .parse()
            .expect("s_server prints its address");
        OpenSsl {
            child,
            address,
            certificate: cert_file,
            folder,
        }
    }

    async fn handshake(&self) -> Result<Secured, TlsError> {
        let tcp = TcpStream::connect(self.address)
            .await
            .expect("s_server accepts");
        handshake(tcp, HANDSHAKE_TIMEOUT).await
    }

    /// Shakes hands, sees a line come back reversed, and compares the certificate that was kept.
    async fn serves(&self) {
        let mut secured = self.handshake().await.expect("the handshake succeeds");
        secured.stream.write_all(b"abc\n").await.unwrap();
        let mut answer = [0; 4];
        secured.stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"cba\n");
        assert_eq!(secured.certificate.as_ref(), der(&self.certificate));
    }
}

impl Drop for OpenSsl {
    fn drop(&mut self) {
        self.child.kill().expect("the server was running");
        self.child.wait().expect("the server ends");
        std::fs::remove_dir_all(&self.folder).expect("the folder was there");
    }
}

fn fresh_folder() -> PathBuf {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("telecast-tls-{}-{number}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir(&folder).expect("a fresh folder");
    folder
}

fn der(pem: &Path) -> Vec<u8> {
    let output = Command::new("openssl")
        .args(["x509", "-outform", "DER", "-in"])
        .arg(pem)
        .output()
        .expect("openssl is installed");
    output.stdout
}

#[tokio::test]
async fn an_rsa_certificate_is_accepted_over_both_versions() {
    for version in ["-tls1_2", "-tls1_3"] {
        OpenSsl::start(RSA, &[], &[version]).serves().await;
    }
}

#[tokio::test]
async fn a_p256_certificate_is_accepted_over_both_versions() {
    for version in ["-tls1_2", "-tls1_3"] {
        OpenSsl::start(P256, &[], &[version]).serves().await;
    }
}

#[tokio::test]
async fn an_x509_v1_certificate_is_accepted_over_both_versions() {
    for key in [RSA, P256] {
        for version in ["-tls1_2", "-tls1_3"] {
            let server = OpenSsl::start(key, &["-x509v1"], &[version]);
            let text = Command::new("openssl")
                .args(["x509", "-noout", "-text", "-in"])
                .arg(&server.certificate)
                .output()
                .unwrap();
            assert!(String::from_utf8_lossy(&text.stdout).contains("Version: 1 "));
            server.serves().await;
        }
    }
}

#[tokio::test]
async fn certificates_from_a_wrong_clock_are_accepted() {
    let expired = [
        "-not_before",
        "20150101000000Z",
        "-not_after",
        "20150103000000Z",
    ];
    let not_yet = [
        "-not_before",
        "20900101000000Z",
        "-not_after",
        "20900103000000Z",
    ];
    for dates in [expired, not_yet] {
        OpenSsl::start(RSA, &dates, &[]).serves().await;
    }
}

#[tokio::test]
async fn rsa_key_exchange_cbc_and_tls_1_1_are_too_old() {
    let rsa_key_exchange = ["-tls1_2", "-cipher", "AES128-GCM-SHA256:@SECLEVEL=0"];
    let cbc = ["-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA:@SECLEVEL=0"];
    let tls_1_1 = ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"];
    let tls_1_0 = ["-tls1", "-cipher", "ALL:@SECLEVEL=0"];
    for server in [&rsa_key_exchange[..], &cbc, &tls_1_1, &tls_1_0] {
        let error = OpenSsl::start(RSA, &[], server)
            .handshake()
            .await
            .expect_err("nothing safe in common");
        assert!(matches!(error, TlsError::TooOld), "{server:?}: {error:?}");
        assert_eq!(Reason::from(error), Reason::TlsTooOld);
    }
}

/// Shows one certificate and signs with the key of another.
#[derive(Debug)]
struct Impostor(Arc<CertifiedKey>);

impl ResolvesServerCert for Impostor {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }
}

#[tokio::test]
async fn a_signature_by_another_key_is_refused_over_both_versions() {
    let shown = rcgen::generate_simple_self_signed(vec![]).unwrap();
    let signing = rcgen::KeyPair::generate().unwrap();
    let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(
        &rustls::pki_types::PrivatePkcs8KeyDer::from(signing.serialize_der()).into(),
    )
    .unwrap();
    let certified = Arc::new(CertifiedKey::new(vec![shown.cert.der().clone()], key));
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Impostor(certified.clone())));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        let server = tokio::spawn(async move {
            let (tcp, _) = listener.accept().await.unwrap();
            acceptor.accept(tcp).await.map(|_| ())
        });
        let tcp = TcpStream::connect(address).await.unwrap();
        let error = handshake(tcp, HANDSHAKE_TIMEOUT)
            .await
            .expect_err("an impostor");
        assert!(
            matches!(error, TlsError::BadSignature),
            "{version:?}: {error:?}"
        );
        assert_eq!(Reason::from(error), Reason::Garbage(Layer::TlsSignature));
        server.await.unwrap().expect_err("the client broke it off");
    }
}

#[tokio::test]
async fn a_peer_that_never_answers_times_out() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let tcp = TcpStream::connect(listener.local_addr().unwrap())
        .await
        .unwrap();
    let started = Instant::now();
    let error = handshake(tcp, Duration::from_millis(200))
        .await
        .expect_err("no answer");
    assert!(matches!(error, TlsError::TimedOut), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_peer_that_speaks_something_else_is_garbage_and_one_that_hangs_up_has_closed() {
    for (answer, expected) in [
        (
            &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..],
            Reason::Garbage(Layer::Tls),
        ),
        (&b""[..], Reason::DeviceClosed),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let (mut tcp, _) = listener.accept().await.unwrap();
            // The hello is read first: closing over unread bytes would reset the connection.
            let mut hello = [0; 4096];
            assert!(tcp.read(&mut hello).await.unwrap() > 0);
            tcp.write_all(answer).await.unwrap();
        });
        let tcp = TcpStream::connect(address).await.unwrap();
        let error = handshake(tcp, HANDSHAKE_TIMEOUT).await.expect_err("no TLS");
        assert_eq!(Reason::from(error), expected);
        server.await.unwrap();
    }
}
