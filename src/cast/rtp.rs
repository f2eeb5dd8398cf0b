// SPDX-License-Identifier: GPL-3.0-or-later
//! RTP packets of Cast Streaming: bytes in, a borrowed [`RtpPacket`] out, and back.
//!
//! Neither direction allocates. Knows nothing of frames beyond one packet: cutting a frame is [`packetize`]'s work,
//! putting it together the receiver's.
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |1 0 0 0 0 0 0 0|M| payload type|        sequence number        |   0   M: last packet of the frame
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |              RTP timestamp, the same in all packets of a frame|   4
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |                          sender's SSRC                        |   8
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |K|R| extensions| frame id, low |           packet id           |  12   K: key frame, R: reference byte follows
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |         max packet id         | reference id, |  extensions   |  16   the reference byte stands there only with R
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+  if R         +               +
//! |  each extension: type (6 bits), size (10 bits), `size` bytes … payload: a slice of the encrypted frame
//! ```
//! Extension 1, adaptive latency: `04 02 hi lo`, the new target playout delay in milliseconds (0: no change).

pub mod packetize;

use thiserror::Error;

use crate::cast::frame::{Dependency, FrameId, Ssrc};

/// The shortest packet that can be valid: all fixed fields, no reference byte, empty payload.
pub const MIN_PACKET_SIZE: usize = 18;

/// Header bytes that every packet of this sender has: the fixed fields and the reference byte.
pub const BASE_HEADER_SIZE: usize = 19;

/// Header bytes that room is kept for in every packet: [`BASE_HEADER_SIZE`] and the adaptive latency extension.
pub const MAX_HEADER_SIZE: usize = 23;

/// The highest packet id of a frame; 0xFFFF means "all packets" in feedback.
pub const MAX_PACKET_ID: u16 = 0xFFFE;

/// The type of the extension that changes the target playout delay.
const ADAPTIVE_LATENCY: u16 = 1;

/// Why a datagram is no RTP packet of Cast Streaming.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RtpError {
    /// Shorter than its own header says.
    #[error("cut short")]
    Truncated,
    /// Byte 0 is not 0x80: another version, or padding, extension or contributing sources of plain RTP.
    #[error("first byte is {0:#04x}, not 0x80")]
    NotRtp(u8),
    /// Cast uses 96 to 104 and 127 only.
    #[error("payload type {0} is not one of Cast Streaming")]
    PayloadType(u8),
    /// The packet id lies beyond the last one, or the last one is the reserved 0xFFFF.
    #[error("packet {packet_id} of a frame whose last one is {max_packet_id}")]
    PacketId {
        /// This packet's number in its frame.
        packet_id: u16,
        /// The number of the last packet.
        max_packet_id: u16,
    },
    /// A known extension with an impossible size.
    #[error("adaptive latency extension of {0} bytes instead of 2")]
    ExtensionSize(u16),
}

/// One packet, its payload borrowed from the datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RtpPacket<'a> {
    /// 96 to 104, or 127. Not required to be the negotiated one: Android receivers want 96 and 127 for any codec.
    pub payload_type: u8,
    /// Written in the last packet of a frame; nothing depends on it.
    pub marker: bool,
    /// Counts every packet sent, also those sent again.
    pub sequence_number: u16,
    /// Low 32 bits of the frame's media time.
    pub rtp_timestamp: u32,
    /// The sending stream.
    pub ssrc: Ssrc,
    /// The frame is a key frame. Reliable in packet 0 only, as are `reference` and `new_playout_delay_ms`.
    pub is_key_frame: bool,
    /// Low 8 bits of the frame id.
    pub frame_id: u8,
    /// Number of this packet in its frame, from 0.
    pub packet_id: u16,
    /// Number of the frame's last packet.
    pub max_packet_id: u16,
    /// Low 8 bits of the id of the frame that this one needs, when given.
    pub reference: Option<u8>,
    /// The target playout delay from this frame on, in milliseconds; `None` for no change.
    pub new_playout_delay_ms: Option<u16>,
    /// A slice of the encrypted frame.
    pub payload: &'a [u8],
}

impl<'a> RtpPacket<'a> {
    /// Reads a datagram. Whether the SSRC is known is the caller's question.
    pub fn parse(datagram: &'a [u8]) -> Result<RtpPacket<'a>, RtpError> {
        let (header, mut rest) = datagram
            .split_first_chunk::<MIN_PACKET_SIZE>()
            .ok_or(RtpError::Truncated)?;
        if header[0] != 0x80 {
            return Err(RtpError::NotRtp(header[0]));
        }
        let payload_type = header[1] & 0x7F;
        if !is_payload_type(payload_type) {
            return Err(RtpError::PayloadType(payload_type));
        }
        let (packet_id, max_packet_id) = (u16_at(header, 14), u16_at(header, 16));
        if packet_id > max_packet_id || max_packet_id > MAX_PACKET_ID {
            return Err(RtpError::PacketId {
                packet_id,
                max_packet_id,
            });
        }
        let reference = if header[12] & 0x40 != 0 {
            let (byte, after) = rest.split_first().ok_or(RtpError::Truncated)?;
            rest = after;
            Some(*byte)
        } else {
            None
        };
        let mut new_playout_delay_ms = None;
        for _ in 0..header[12] & 0x3F {
            let (kind, data, after) = split_extension(rest)?;
            if kind == ADAPTIVE_LATENCY {
                let delay = data
                    .try_into()
                    .map_err(|_| RtpError::ExtensionSize(data.len() as u16))?;
                new_playout_delay_ms = Some(u16::from_be_bytes(delay)).filter(|ms| *ms != 0);
            }
            rest = after;
        }
        Ok(RtpPacket {
            payload_type,
            marker: header[1] & 0x80 != 0,
            sequence_number: u16_at(header, 2),
            rtp_timestamp: u32_at(header, 4),
            ssrc: Ssrc(u32_at(header, 8)),
            is_key_frame: header[12] & 0x80 != 0,
            frame_id: header[13],
            packet_id,
            max_packet_id,
            reference,
            new_playout_delay_ms,
            payload: rest,
        })
    }

    /// Writes the packet to the start of `out` and returns its length, or `None` when `out` is too short.
    pub fn write(&self, out: &mut [u8]) -> Option<usize> {
        let mut header = [0; MAX_HEADER_SIZE];
        header[0] = 0x80;
        header[1] = u8::from(self.marker) << 7 | self.payload_type & 0x7F;
        header[2..4].copy_from_slice(&self.sequence_number.to_be_bytes());
        header[4..8].copy_from_slice(&self.rtp_timestamp.to_be_bytes());
        header[8..12].copy_from_slice(&self.ssrc.0.to_be_bytes());
        header[12] = u8::from(self.is_key_frame) << 7
            | u8::from(self.reference.is_some()) << 6
            | u8::from(self.new_playout_delay_ms.is_some());
        header[13] = self.frame_id;
        header[14..16].copy_from_slice(&self.packet_id.to_be_bytes());
        header[16..18].copy_from_slice(&self.max_packet_id.to_be_bytes());
        let mut end = MIN_PACKET_SIZE;
        if let Some(reference) = self.reference {
            header[end] = reference;
            end += 1;
        }
        if let Some(delay) = self.new_playout_delay_ms {
            let [hi, lo] = delay.to_be_bytes();
            header[end..end + 4].copy_from_slice(&[(ADAPTIVE_LATENCY << 2) as u8, 2, hi, lo]);
            end += 4;
        }
        let total = end + self.payload.len();
        let out = out.get_mut(..total)?;
        let (head, body) = out.split_at_mut(end);
        head.copy_from_slice(&header[..end]);
        body.copy_from_slice(self.payload);
        Some(total)
    }

    /// The frame that frame `id`, to which this packet belongs, refers to: the value nearest to `id` when a reference
    /// byte was sent, else itself for a key frame and the frame before for any other.
    pub fn reference_of(&self, id: FrameId) -> FrameId {
        match self.reference {
            Some(byte) => id + i64::from(byte.wrapping_sub(id.low_byte()).cast_signed()),
            None if self.is_key_frame => id,
            None => id + -1,
        }
    }

    /// What frame `id`, to which this packet belongs, needs to be decoded.
    pub fn dependency_of(&self, id: FrameId) -> Dependency {
        if self.is_key_frame {
            Dependency::KeyFrame
        } else if self.reference_of(id) == id {
            Dependency::Independent
        } else {
            Dependency::Dependent
        }
    }
}

/// Whether Cast Streaming uses this payload type.
pub fn is_payload_type(payload_type: u8) -> bool {
    matches!(payload_type, 96..=104 | 127)
}

/// Type and data of the first extension, and what follows it.
fn split_extension(bytes: &[u8]) -> Result<(u16, &[u8], &[u8]), RtpError> {
    let (head, rest) = bytes.split_first_chunk::<2>().ok_or(RtpError::Truncated)?;
    let word = u16::from_be_bytes(*head);
    let (data, rest) = rest
        .split_at_checked(usize::from(word & 0x3FF))
        .ok_or(RtpError::Truncated)?;
    Ok((word >> 10, data, rest))
}

fn u16_at(header: &[u8; MIN_PACKET_SIZE], at: usize) -> u16 {
    u16::from_be_bytes([header[at], header[at + 1]])
}

fn u32_at(header: &[u8; MIN_PACKET_SIZE], at: usize) -> u32 {
    u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
}
