// SPDX-License-Identifier: GPL-3.0-or-later
//! The picture loss indicator: "I need a key frame". Level-triggered: repeated in each datagram until one is complete.
//!
//! ```text
//! +---------------------------------------------------------------+
//! | header, subtype = 1, type = 206                               |
//! | SSRC of the receiver                                          |
//! | SSRC of the sender                                            |
//! +---------------------------------------------------------------+
//! ```

use super::RtcpError;
use super::cursor::Cursor;
use super::header::{Header, PacketType, SUBTYPE_PICTURE_LOSS};
use crate::cast::frame::Ssrc;

/// Bytes of the packet, header included.
pub const PICTURE_LOSS_SIZE: usize = 12;

/// Whether the payload reports picture loss from `receiver` to `sender`.
pub(super) fn read(
    mut payload: Cursor<'_>,
    sender: Ssrc,
    receiver: Ssrc,
) -> Result<bool, RtcpError> {
    let author = payload.u32()?;
    let subject = payload.u32()?;
    Ok(author == receiver.0 && subject == sender.0)
}

/// Appends the packet.
pub(super) fn write(sender: Ssrc, receiver: Ssrc, out: &mut Vec<u8>) {
    let payload_size = PICTURE_LOSS_SIZE - 4;
    Header {
        count: SUBTYPE_PICTURE_LOSS,
        packet_type: PacketType::PayloadFeedback,
        payload_size,
    }
    .write(out);
    out.extend_from_slice(&receiver.0.to_be_bytes());
    out.extend_from_slice(&sender.0.to_be_bytes());
}
