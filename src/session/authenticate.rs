// SPDX-License-Identifier: GPL-3.0-or-later
//! The challenge: a fresh TLS connection in, what the device proved out. The first exchange on every connection, before the
//! control channel's own.

use std::time::{Duration, SystemTime};

use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

use super::reason::{Layer, Reason};
use super::tls::Secured;
use super::trust::Expected;
use crate::cast::auth::{Assessment, Challenge, Evidence, UnixSeconds, assess, is_reply};
use crate::cast::channel::framing::Framer;

/// How long a device may take over its answer. Old ones sign in about a second. Those that know nothing of this say
/// nothing, so everybody who casts to one waits for as long; Chromium waits 10 s and gives up.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(4);

/// What may come until the answer is complete, in bytes. A device has nothing else to say then but a PING.
const MAX_EARLY: usize = 128 * 1024;

/// What came of it.
pub(super) struct Asked {
    /// What the device proved.
    pub(super) assessment: Assessment,
    /// All that was read, for the control channel: it may end within a message.
    pub(super) early: Vec<u8>,
    /// The question, when no answer came: it may come yet.
    pub(super) open: Option<Question>,
}

/// A question on one connection, with what its answer is judged by.
pub(super) struct Question {
    challenge: Challenge,
    certificate: CertificateDer<'static>,
    expected: Expected,
    has_screen: bool,
}

impl Question {
    /// With a nonce of this connection.
    pub(super) fn new(secured: &Secured, expected: Expected, has_screen: bool) -> Question {
        Question {
            challenge: Challenge::new(rand::random()),
            certificate: secured.certificate.clone(),
            expected,
            has_screen,
        }
    }

    /// Judges an answer.
    pub(super) fn judge(&self, answer: &[u8]) -> Assessment {
        assess(
            answer,
            &Evidence {
                challenge: &self.challenge,
                tls_certificate: &self.certificate,
                roots: &self.expected.roots,
                crl_rule: self.expected.crl_rule,
                has_screen: self.has_screen,
                now: now(),
            },
        )
    }

    /// Asks, and waits for the answer within `limit` (usually [`ANSWER_TIMEOUT`]), but not for that of a device that is
    /// known to say nothing. Silence is no error.
    ///
    /// # Errors
    /// [`Reason::DeviceClosed`] when the device hangs up, [`Reason::Garbage`] when it sends what is no Cast message.
    pub(super) async fn ask(self, secured: &mut Secured, limit: Duration) -> Result<Asked, Reason> {
        let mut early = Vec::new();
        put(&mut secured.stream, &self.challenge).await?;
        let answer = if self.expected.silent {
            None
        } else {
            let answer = answer(&mut secured.stream, &mut early);
            timeout(limit, answer).await.ok().transpose()?
        };
        Ok(match answer {
            Some(answer) => Asked {
                assessment: self.judge(&answer),
                early,
                open: None,
            },
            None => Asked {
                assessment: Assessment::without_answer(&self.certificate),
                early,
                open: Some(self),
            },
        })
    }
}

fn closed(error: &std::io::Error) -> Reason {
    tracing::debug!(%error, "asking the device who it is");
    Reason::DeviceClosed
}

async fn put(stream: &mut TlsStream<TcpStream>, challenge: &Challenge) -> Result<(), Reason> {
    let question = challenge
        .message()
        .encode()
        .map_err(|error| Reason::System(error.to_string()))?;
    stream
        .write_all(&question)
        .await
        .map_err(|error| closed(&error))?;
    stream.flush().await.map_err(|error| closed(&error))
}

async fn answer(stream: &mut TlsStream<TcpStream>, early: &mut Vec<u8>) -> Result<Vec<u8>, Reason> {
    let mut framer = Framer::default();
    let mut buffer = vec![0; 8 * 1024];
    loop {
        let length = stream
            .read(&mut buffer)
            .await
            .map_err(|error| closed(&error))?;
        if length == 0 {
            return Err(Reason::DeviceClosed);
        }
        early.extend_from_slice(&buffer[..length]);
        framer.push(&buffer[..length]);
        let garbage = |_| Reason::Garbage(Layer::Framing);
        while let Some(message) = framer.next_message().map_err(garbage)? {
            if let Some(answer) = is_reply(&message) {
                return Ok(answer.to_vec());
            }
        }
        if early.len() > MAX_EARLY {
            return Err(Reason::Garbage(Layer::Message));
        }
    }
}

fn now() -> UnixSeconds {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs() as UnixSeconds)
}
