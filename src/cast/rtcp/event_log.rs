// SPDX-License-Identifier: GPL-3.0-or-later
//! The receiver's event log: when packets arrived and what became of frames, for the sender's statistics.
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +---------------------------------------------------------------+
//! | header, subtype = 2, type = 204                               |
//! | SSRC of the receiver                                          |
//! | 'C'             'A'             'S'             'T'           |
//! +======================== per frame ============================+
//! | RTP timestamp of the frame                                    |
//! | events − 1    | base: ms since the start of the session       |
//! +------------------------ per event ----------------------------+
//! | packet id, or delay in ms (i16)| type   | ms since the base    |
//! +---------------------------------------------------------------+
//! ```
//! The type takes 4 bits, the time after the base 12. The base has 24 bits and wraps after 4 h 39 min. Events of unknown
//! types are dropped one by one; a packet that ends inside an entry spoils the datagram.

use std::collections::VecDeque;
use std::time::Duration;

use super::RtcpError;
use super::cursor::{Cursor, put_u24};
use super::header::{Header, PacketType, SUBTYPE_EVENT_LOG};
use crate::cast::frame::Ssrc;

/// Bytes of the packet before the first frame, header included.
pub const LOG_HEADER_SIZE: usize = 12;
/// Bytes of a frame's entry before its events.
pub const LOG_FRAME_SIZE: usize = 8;
/// Bytes of one event.
pub const LOG_EVENT_SIZE: usize = 4;

const NAME_CAST: &[u8] = b"CAST";
const NAME_TIME: &[u8] = b"TIME";
const MAX_EVENTS_PER_FRAME: usize = 256;
/// An event is at most this long after the base of its entry: 12 bits.
const MAX_OFFSET_MS: u64 = 0xfff;
const BASE_MASK: u64 = 0xff_ffff;

/// What happened to a frame or to one of its packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogEventKind {
    /// The acknowledgement of the frame was sent.
    AckSent {
        /// Milliseconds; 0 in practice.
        delay_ms: i16,
    },
    /// The frame was shown or played.
    PlayedOut {
        /// Milliseconds from the estimated capture to playout.
        delay_ms: i16,
    },
    /// The frame left the decoder.
    Decoded {
        /// Milliseconds; 0 in practice.
        delay_ms: i16,
    },
    /// A packet of the frame arrived.
    PacketReceived {
        /// Its id in the frame.
        packet: u16,
    },
}

/// One entry of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogEvent {
    /// What.
    pub kind: LogEventKind,
    /// When, since the start of the session by the receiver's clock, in whole milliseconds. After reading, the part
    /// above 2²⁴ ms is lost.
    pub at: Duration,
}

/// The events of one frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameLog {
    /// Names the frame: the low 32 bits of its media time.
    pub rtp_timestamp: u32,
    /// At least one.
    pub events: Vec<LogEvent>,
}

impl LogEventKind {
    /// From the type and the 16 bits of the wire. Types 1 to 8 are those of older receivers, apart for audio and video;
    /// source: Open Screen `statistics_defines.h`.
    fn from_wire(kind: u8, value: u16) -> Option<LogEventKind> {
        let delay_ms = value as i16;
        Some(match kind {
            1 | 5 | 11 => LogEventKind::AckSent { delay_ms },
            2 | 7 | 12 => LogEventKind::PlayedOut { delay_ms },
            3 | 6 | 13 => LogEventKind::Decoded { delay_ms },
            4 | 8 | 14 => LogEventKind::PacketReceived { packet: value },
            _ => return None,
        })
    }

    fn to_wire(self) -> (u16, u16) {
        match self {
            LogEventKind::AckSent { delay_ms } => (11, delay_ms as u16),
            LogEventKind::PlayedOut { delay_ms } => (12, delay_ms as u16),
            LogEventKind::Decoded { delay_ms } => (13, delay_ms as u16),
            LogEventKind::PacketReceived { packet } => (14, packet),
        }
    }
}

/// Reads the payload of an application packet; empty when it is not a log of `receiver`.
pub(super) fn read(
    header: Header,
    mut payload: Cursor<'_>,
    receiver: Ssrc,
) -> Result<Vec<FrameLog>, RtcpError> {
    let author = payload.u32()?;
    let name = payload.bytes(4)?;
    if author != receiver.0 || name == NAME_TIME {
        return Ok(Vec::new());
    }
    if name != NAME_CAST {
        return Err(RtcpError::UnknownApplication);
    }
    let mut log = Vec::new();
    if header.count != SUBTYPE_EVENT_LOG {
        return Ok(log);
    }
    while !payload.is_empty() {
        let rtp_timestamp = payload.u32()?;
        let count = usize::from(payload.u8()?) + 1;
        let base = payload.u24()?;
        let mut entries = Cursor(payload.bytes(count * LOG_EVENT_SIZE)?);
        let mut events = Vec::new();
        while !entries.is_empty() {
            let value = entries.u16()?;
            let kind_and_offset = entries.u16()?;
            let at = Duration::from_millis(u64::from(base) + u64::from(kind_and_offset & 0xfff));
            let kind = LogEventKind::from_wire((kind_and_offset >> 12) as u8, value);
            events.extend(kind.map(|kind| LogEvent { kind, at }));
        }
        if !events.is_empty() {
            log.push(FrameLog {
                rtp_timestamp,
                events,
            });
        }
    }
    Ok(log)
}

/// Appends a log in at most `room` bytes and takes what was written out of `log`. Writes nothing when not even one
/// event fits.
pub(super) fn write(receiver: Ssrc, log: &mut VecDeque<FrameLog>, room: usize, out: &mut Vec<u8>) {
    let mut body = Vec::new();
    let room = room.saturating_sub(LOG_HEADER_SIZE);
    while let Some(frame) = log.front_mut() {
        let fits = (room - body.len()).saturating_sub(LOG_FRAME_SIZE) / LOG_EVENT_SIZE;
        let written = write_frame(frame, fits, &mut body);
        frame.events.drain(..written);
        if !frame.events.is_empty() && written == 0 {
            break;
        }
        if frame.events.is_empty() {
            log.pop_front();
        }
    }
    if body.is_empty() {
        return;
    }
    let payload_size = LOG_HEADER_SIZE - 4 + body.len();
    Header {
        count: SUBTYPE_EVENT_LOG,
        packet_type: PacketType::Application,
        payload_size,
    }
    .write(out);
    out.extend_from_slice(&receiver.0.to_be_bytes());
    out.extend_from_slice(NAME_CAST);
    out.extend_from_slice(&body);
}

/// Appends one entry with as many events, from the first on, as one base time can express. Returns how many.
fn write_frame(frame: &FrameLog, limit: usize, body: &mut Vec<u8>) -> usize {
    let Some(first) = frame.events.first() else {
        return 0;
    };
    let base = first.at.as_millis() as u64;
    let offsets = frame.events.iter().map_while(|event| {
        let offset = (event.at.as_millis() as u64).checked_sub(base)?;
        (offset <= MAX_OFFSET_MS).then_some((event.kind, offset))
    });
    let count = offsets
        .clone()
        .take(limit.min(MAX_EVENTS_PER_FRAME))
        .count();
    if count == 0 {
        return 0;
    }
    body.extend_from_slice(&frame.rtp_timestamp.to_be_bytes());
    body.push((count - 1) as u8);
    put_u24(body, (base & BASE_MASK) as u32);
    for (kind, offset) in offsets.take(count) {
        let (kind, value) = kind.to_wire();
        body.extend_from_slice(&value.to_be_bytes());
        body.extend_from_slice(&(kind << 12 | offset as u16).to_be_bytes());
    }
    count
}
