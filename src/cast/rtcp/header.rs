// SPDX-License-Identifier: GPL-3.0-or-later
//! The common header of RTCP packets. Input: a datagram; output: its packets, each with header and payload.
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +---+-+---------+---------------+-------------------------------+
//! |1 0|0|  count  |     type      | length of the payload in words|
//! +---+-+---------+---------------+-------------------------------+
//! ```
//! Version is always 2. A set padding bit is refused, and so is any type outside [`PacketType`], BYE (203) and RTPFB
//! (205) included: the reference refuses the whole datagram for them, so nobody can send them.

use super::RtcpError;
use super::cursor::Cursor;

/// Bytes of the common header.
pub const HEADER_SIZE: usize = 4;

/// Subtype of a [`PacketType::Application`] packet that carries the receiver's event log.
pub const SUBTYPE_EVENT_LOG: u8 = 2;
/// Subtype of a [`PacketType::PayloadFeedback`] packet that reports picture loss.
pub const SUBTYPE_PICTURE_LOSS: u8 = 1;
/// Subtype of a [`PacketType::PayloadFeedback`] packet that carries Cast feedback.
pub const SUBTYPE_CAST_FEEDBACK: u8 = 15;

/// The packet types that Cast peers accept. Source: Open Screen `rtcp_common.h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum PacketType {
    /// SR.
    SenderReport = 200,
    /// RR.
    ReceiverReport = 201,
    /// SDES; accepted and skipped.
    SourceDescription = 202,
    /// APP.
    Application = 204,
    /// PSFB.
    PayloadFeedback = 206,
    /// XR.
    ExtendedReport = 207,
}

impl PacketType {
    /// The type of this number, if Cast uses it.
    pub fn from_byte(byte: u8) -> Option<PacketType> {
        Some(match byte {
            200 => PacketType::SenderReport,
            201 => PacketType::ReceiverReport,
            202 => PacketType::SourceDescription,
            204 => PacketType::Application,
            206 => PacketType::PayloadFeedback,
            207 => PacketType::ExtendedReport,
            _ => return None,
        })
    }
}

/// A parsed common header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Number of report blocks, or the subtype: 0..=31.
    pub count: u8,
    /// What follows.
    pub packet_type: PacketType,
    /// Bytes that follow, a multiple of four.
    pub payload_size: usize,
}

impl Header {
    /// Reads the header at the start of `bytes`; what follows is not looked at.
    pub fn read(bytes: &[u8]) -> Result<Header, RtcpError> {
        let &[first, packet_type, high, low, ..] = bytes else {
            return Err(RtcpError::BadHeader);
        };
        if first & 0b1110_0000 != 0b1000_0000 {
            return Err(RtcpError::BadHeader);
        }
        let packet_type = PacketType::from_byte(packet_type).ok_or(RtcpError::BadHeader)?;
        let payload_size = usize::from(u16::from_be_bytes([high, low])) * 4;
        Ok(Header {
            count: first & 0b0001_1111,
            packet_type,
            payload_size,
        })
    }

    /// Appends the header. `payload_size` must be a multiple of four below 2¹⁸, which all writers here guarantee.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        debug_assert!(self.count < 32 && self.payload_size.is_multiple_of(4));
        out.extend_from_slice(&[0b1000_0000 | self.count, self.packet_type as u8]);
        out.extend_from_slice(&((self.payload_size / 4) as u16).to_be_bytes());
    }
}

/// The packets of a datagram, in order. After the first error the iterator ends.
pub(super) struct Packets<'a>(pub &'a [u8]);

impl<'a> Iterator for Packets<'a> {
    type Item = Result<(Header, Cursor<'a>), RtcpError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let packet = Header::read(self.0).and_then(|header| {
            let rest = self.0.get(HEADER_SIZE..).ok_or(RtcpError::BadHeader)?;
            let (payload, rest) = rest
                .split_at_checked(header.payload_size)
                .ok_or(RtcpError::BeyondDatagram)?;
            self.0 = rest;
            Ok((header, Cursor(payload)))
        });
        if packet.is_err() {
            self.0 = &[];
        }
        Some(packet)
    }
}
