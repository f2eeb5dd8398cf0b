// SPDX-License-Identifier: GPL-3.0-or-later
//! The challenge: a fresh TLS connection in, what the device proved out. The first exchange on every connection, before the
//! control channel's own.

use std::time::{Duration, SystemTime};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

use super::reason::{Layer, Reason};
use super::tls::Secured;
use super::trust::Trust;
use crate::cast::auth::{Assessment, Challenge, Evidence, UnixSeconds, assess, is_reply};
use crate::cast::channel::framing::Framer;

/// How long a device may take over its answer. Old ones sign in about a second. Those that know nothing of this say
/// nothing, so everybody who casts to one waits for as long; Chromium waits 10 s and gives up.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(4);

/// What may come before the answer, in bytes. A device has nothing to say then but a PING.
const MAX_EARLY: usize = 64 * 1024;

/// What came of it.
pub(super) struct Asked {
    /// What the device proved.
    pub(super) assessment: Assessment,
    /// Messages that were not the answer, framed; for the control channel.
    pub(super) early: Vec<u8>,
}

/// Asks the device with a nonce of this connection, and judges what it answers within `limit` (usually
/// [`ANSWER_TIMEOUT`]). Silence is no error.
///
/// # Errors
/// [`Reason::DeviceClosed`] when the device hangs up, [`Reason::Garbage`] when it sends what is no Cast message.
pub(super) async fn ask(
    secured: &mut Secured,
    trust: &dyn Trust,
    has_screen: bool,
    limit: Duration,
) -> Result<Asked, Reason> {
    let challenge = Challenge::new(rand::random());
    let mut early = Vec::new();
    let exchange = exchange(&mut secured.stream, &challenge, &mut early);
    let assessment = match timeout(limit, exchange).await {
        Ok(answer) => {
            let roots = trust.roots();
            assess(
                &answer?,
                &Evidence {
                    challenge: &challenge,
                    tls_certificate: &secured.certificate,
                    roots: &roots,
                    crl_rule: trust.crl_rule(),
                    has_screen,
                    now: now(),
                },
            )
        }
        Err(_) => Assessment::without_answer(&secured.certificate),
    };
    Ok(Asked { assessment, early })
}

async fn exchange(
    stream: &mut TlsStream<TcpStream>,
    challenge: &Challenge,
    early: &mut Vec<u8>,
) -> Result<Vec<u8>, Reason> {
    let closed = |error: std::io::Error| {
        tracing::debug!(%error, "asking the device who it is");
        Reason::DeviceClosed
    };
    let question = challenge
        .message()
        .encode()
        .map_err(|error| Reason::System(error.to_string()))?;
    stream.write_all(&question).await.map_err(closed)?;
    stream.flush().await.map_err(closed)?;
    let mut framer = Framer::default();
    let mut buffer = vec![0; 8 * 1024];
    loop {
        let length = stream.read(&mut buffer).await.map_err(closed)?;
        if length == 0 {
            return Err(Reason::DeviceClosed);
        }
        framer.push(&buffer[..length]);
        let garbage = |_| Reason::Garbage(Layer::Framing);
        while let Some(message) = framer.next_message().map_err(garbage)? {
            if let Some(answer) = is_reply(&message) {
                return Ok(answer.to_vec());
            }
            if let Ok(bytes) = message.encode() {
                early.extend(bytes);
            }
            if early.len() > MAX_EARLY {
                return Err(Reason::Garbage(Layer::Message));
            }
        }
    }
}

fn now() -> UnixSeconds {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs() as UnixSeconds)
}
