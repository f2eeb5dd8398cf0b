// SPDX-License-Identifier: GPL-3.0-or-later
//! Cuts the byte stream of a TLS connection into messages: bytes in at any split, [`CastMessage`]s out.
//!
//! ```text
//!  0               4
//! +---------------+-------------------------+
//! | length, u32 BE| CastMessage, `length` B |   length ≤ 65536
//! +---------------+-------------------------+
//! ```
//! Never holds more than one incomplete message plus what the last `push` brought. An error is final: after it the
//! stream has no known boundary any more and the connection is to be closed.

use std::fmt;

use bytes::{Buf, BytesMut};

use super::message::{CastMessage, MessageError};

/// The longest body of a message in bytes, inclusive (Open Screen `message_framer.cc`).
pub const MAX_BODY: usize = 65_536;

/// Bytes of the length field.
pub const HEADER: usize = 4;

/// Why the byte stream cannot be read any further.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FramingError {
    /// The header announces a body longer than [`MAX_BODY`].
    #[error("a message of {0} bytes was announced")]
    TooLong(u32),
    /// The body is not a usable message.
    #[error(transparent)]
    Message(#[from] MessageError),
}

/// The incremental reader of one connection.
///
/// ```
/// use telecast::cast::channel::framing::Framer;
/// use telecast::cast::channel::message::CastMessage;
///
/// let bytes = CastMessage::text("sender-0", "receiver-0", "urn:x-cast:com.google.cast.tp.heartbeat", r#"{"type":"PING"}"#)
///     .encode()
///     .unwrap();
/// let (start, end) = bytes.split_at(7);
/// let mut framer = Framer::default();
/// framer.push(start);
/// assert_eq!(framer.next_message(), Ok(None));
/// framer.push(end);
/// assert_eq!(framer.next_message().unwrap().unwrap().source, "sender-0");
/// ```
#[derive(Default)]
pub struct Framer {
    buffer: BytesMut,
    failed: Option<FramingError>,
}

/// Of bytes the number only: an OFFER holds the keys of the session.
impl fmt::Debug for Framer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Framer")
            .field("buffered", &self.buffer.len())
            .field("failed", &self.failed)
            .finish()
    }
}

impl Framer {
    /// Takes bytes as they came from the connection. Call [`Framer::next_message`] until it returns `None` before
    /// pushing more. After an error bytes are thrown away.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.failed.is_none() {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// The next complete message; `None` when more bytes are needed. Once it has failed it returns the same error for
    /// ever.
    pub fn next_message(&mut self) -> Result<Option<CastMessage>, FramingError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        self.cut().inspect_err(|error| {
            self.failed = Some(error.clone());
            self.buffer = BytesMut::new();
        })
    }

    fn cut(&mut self) -> Result<Option<CastMessage>, FramingError> {
        let Some(header) = self.buffer.first_chunk::<HEADER>() else {
            return Ok(None);
        };
        let announced = u32::from_be_bytes(*header);
        let length = announced as usize;
        if length > MAX_BODY {
            return Err(FramingError::TooLong(announced));
        }
        let Some(body) = self.buffer.get(HEADER..HEADER + length) else {
            return Ok(None);
        };
        let message = CastMessage::decode(body)?;
        self.buffer.advance(HEADER + length);
        Ok(Some(message))
    }

    /// Bytes held that are not yet part of a returned message.
    pub fn buffered(&self) -> usize {
        self.buffer.len()
    }
}
