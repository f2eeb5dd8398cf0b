// SPDX-License-Identifier: GPL-3.0-or-later
//! The receiver's reference time: when, by its own clock, a receiver sent a datagram.
//!
//! ```text
//! +---------------------------------------------------------------+
//! | header, type = 207                                            |
//! | SSRC of the receiver                                          |
//! +=========================== blocks ============================+
//! | block type    | reserved      | words of the content          |
//! | content; of block type 4 (two words): NTP time                |
//! +---------------------------------------------------------------+
//! ```
//! Blocks of other types are skipped by their length.

use super::RtcpError;
use super::cursor::Cursor;
use super::header::{Header, PacketType};
use crate::cast::frame::Ssrc;
use crate::cast::ntp::NtpTime;

/// Bytes of an extended report with only this block, header included.
pub const REFERENCE_TIME_SIZE: usize = 20;

const BLOCK_REFERENCE_TIME: u8 = 4;
const BLOCK_REFERENCE_TIME_WORDS: u16 = 2;

/// Reads the payload of an extended report: the last reference time in it, if `receiver` wrote it.
pub(super) fn read(mut payload: Cursor<'_>, receiver: Ssrc) -> Result<Option<NtpTime>, RtcpError> {
    if payload.u32()? != receiver.0 {
        return Ok(None);
    }
    let mut found = None;
    while !payload.is_empty() {
        let block_type = payload.u8()?;
        payload.u8()?;
        let words = payload.u16()?;
        let mut content = Cursor(payload.bytes(usize::from(words) * 4)?);
        if block_type == BLOCK_REFERENCE_TIME {
            if words != BLOCK_REFERENCE_TIME_WORDS {
                return Err(RtcpError::Truncated);
            }
            found = Some(NtpTime(content.u64()?));
        }
    }
    Ok(found)
}

/// Appends the packet.
pub(super) fn write(receiver: Ssrc, now: NtpTime, out: &mut Vec<u8>) {
    let payload_size = REFERENCE_TIME_SIZE - 4;
    Header {
        count: 0,
        packet_type: PacketType::ExtendedReport,
        payload_size,
    }
    .write(out);
    out.extend_from_slice(&receiver.0.to_be_bytes());
    out.extend_from_slice(&[BLOCK_REFERENCE_TIME, 0]);
    out.extend_from_slice(&BLOCK_REFERENCE_TIME_WORDS.to_be_bytes());
    out.extend_from_slice(&now.0.to_be_bytes());
}
