// SPDX-License-Identifier: GPL-3.0-or-later
//! Cast feedback: what a receiver has, what it lacks, and the delay it plays with.
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +---------------------------------------------------------------+
//! | header, subtype = 15, type = 206                              |
//! | SSRC of the receiver                                          |
//! | SSRC of the sender                                            |
//! | 'C'             'A'             'S'             'T'           |
//! | checkpoint    | loss fields N | playout delay in ms           |
//! +========================= N times =============================+
//! | frame id      | packet id, 0xFFFF = all       | bits, LSB first|
//! +========================= optional ============================+
//! | 'C'             'S'             'T'             '2'           |
//! | counter       | octets M      | M octets of bits, LSB first … |
//! +---------------------------------------------------------------+
//! ```
//! * The checkpoint C says: up to here everything is complete or no longer wanted. It expands to the greatest id that is
//!   not above the newest frame of the sender; 0xFF before the first frame is −1.
//! * Bit k of a loss field stands for packet id + 1 + k. Its frame id expands to the smallest id above C.
//! * Bit i after CST2 acknowledges frame C + **2** + i: C + 1 alone would have moved the checkpoint. M is 2, 6, 10 … 254,
//!   which keeps the packet aligned.

use std::time::Duration;

use super::RtcpError;
use super::cursor::Cursor;
use super::header::{Header, PacketType, SUBTYPE_CAST_FEEDBACK};
use crate::cast::expand;
use crate::cast::frame::{FrameId, Ssrc};

/// Bytes of feedback without loss fields and acknowledgements, header included.
pub const FEEDBACK_SIZE: usize = 20;
/// Bytes of one loss field.
pub const LOSS_FIELD_SIZE: usize = 4;
/// Bytes of the acknowledgement part before its bits.
pub const ACK_HEADER_SIZE: usize = 6;
/// The packet id that stands for all packets of a frame (of which nothing arrived, so that their number is unknown).
pub const WHOLE_FRAME: u16 = 0xffff;

const NAME_CAST: [u8; 4] = *b"CAST";
const NAME_CST2: [u8; 4] = *b"CST2";
/// The acknowledgement bits come in 2 + 4k octets: at least 2, at most 254.
const MIN_ACK_OCTETS: usize = 2;
const MAX_ACK_OCTETS: usize = 254;
/// Bit 0 of the acknowledgements is this far above the checkpoint.
const FIRST_ACK: i64 = 2;

/// A packet that the receiver lacks. Ordered by frame, then packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nack {
    /// The frame.
    pub frame: FrameId,
    /// The packet's id in the frame, or [`WHOLE_FRAME`].
    pub packet: u16,
}

/// What feedback says, with all ids expanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feedback {
    /// Everything up to here has been received or is no longer wanted.
    pub checkpoint: FrameId,
    /// The receiver's playout delay; informational.
    pub playout_delay: Duration,
    /// What is missing: sorted, without duplicates; a whole frame absorbs single packets of it.
    pub missing: Vec<Nack>,
    /// Complete frames above the checkpoint, ascending.
    pub acknowledged: Vec<FrameId>,
}

/// Reads the payload of a packet of subtype 15; None when it is not feedback from `receiver` to `sender`.
pub(super) fn read(
    mut payload: Cursor<'_>,
    sender: Ssrc,
    receiver: Ssrc,
    newest: FrameId,
) -> Result<Option<Feedback>, RtcpError> {
    let author = payload.u32()?;
    let subject = payload.u32()?;
    let name = payload.bytes(4)?;
    let checkpoint = FrameId(expand::at_most(payload.u8()?, newest.0));
    let loss_fields = payload.u8()?;
    let playout_delay = Duration::from_millis(payload.u16()?.into());
    if author != receiver.0 || subject != sender.0 || name != NAME_CAST {
        return Ok(None);
    }
    let missing = read_loss_fields(&mut payload, loss_fields, checkpoint)?;
    let acknowledged = read_acks(payload, checkpoint)?;
    Ok(Some(Feedback {
        checkpoint,
        playout_delay,
        missing,
        acknowledged,
    }))
}

fn read_loss_fields(
    payload: &mut Cursor<'_>,
    count: u8,
    checkpoint: FrameId,
) -> Result<Vec<Nack>, RtcpError> {
    let mut missing = Vec::new();
    for _ in 0..count {
        let frame = FrameId(expand::greater_than(payload.u8()?, checkpoint.0));
        let packet = payload.u16()?;
        let bits = payload.u8()?;
        missing.push(Nack { frame, packet });
        for k in (0..8).filter(|k| bits & (1 << k) != 0) {
            match packet.checked_add(1 + k) {
                Some(packet) if packet != WHOLE_FRAME => missing.push(Nack { frame, packet }),
                // Beyond the last possible packet, or beside "whole frame": adds nothing.
                _ => {}
            }
        }
    }
    missing.sort_unstable();
    missing.dedup();
    // Backwards, the entry for a whole frame comes before those that it absorbs.
    let mut whole = None;
    missing.reverse();
    missing.retain(|nack| {
        if nack.packet == WHOLE_FRAME {
            whole = Some(nack.frame);
            return true;
        }
        whole != Some(nack.frame)
    });
    missing.reverse();
    Ok(missing)
}

fn read_acks(mut payload: Cursor<'_>, checkpoint: FrameId) -> Result<Vec<FrameId>, RtcpError> {
    if !payload.0.starts_with(&NAME_CST2) || payload.0.len() < ACK_HEADER_SIZE {
        return Ok(Vec::new());
    }
    payload.bytes(NAME_CST2.len())?;
    let _counter = payload.u8()?;
    let octets = payload.u8()?;
    let bits = payload.bytes(octets.into())?;
    let acknowledged = (FIRST_ACK..)
        .zip(
            bits.iter()
                .flat_map(|octet| (0..8).map(move |bit| octet & (1 << bit) != 0)),
        )
        .filter_map(|(above, set)| set.then_some(checkpoint + above))
        .collect();
    Ok(acknowledged)
}

/// What the writer of feedback is given.
#[derive(Debug, Clone, Copy)]
pub(super) struct Contents<'a> {
    pub sender: Ssrc,
    pub receiver: Ssrc,
    pub checkpoint: FrameId,
    pub playout_delay: Duration,
    /// Ascending.
    pub missing: &'a [Nack],
    /// Ascending; frames up to the checkpoint + 1 are passed over.
    pub acknowledged: &'a [FrameId],
    /// Increments with each packet.
    pub counter: u8,
}

/// Appends feedback in at most `room` bytes (at least [`FEEDBACK_SIZE`]): first the oldest losses, then as many
/// acknowledgements as still fit.
pub(super) fn write(contents: &Contents<'_>, room: usize, out: &mut Vec<u8>) {
    let start = out.len();
    let max_fields = (room.saturating_sub(FEEDBACK_SIZE) / LOSS_FIELD_SIZE).min(u8::MAX.into());
    let fields: Vec<[u8; LOSS_FIELD_SIZE]> =
        LossFields(contents.missing).take(max_fields).collect();
    let room = room.saturating_sub(FEEDBACK_SIZE + fields.len() * LOSS_FIELD_SIZE);
    let acks = ack_octets(
        contents.acknowledged,
        contents.checkpoint,
        room.saturating_sub(ACK_HEADER_SIZE),
    );
    let ack_size = if acks.is_empty() {
        0
    } else {
        ACK_HEADER_SIZE + acks.len()
    };
    let payload_size = FEEDBACK_SIZE - 4 + fields.len() * LOSS_FIELD_SIZE + ack_size;

    Header {
        count: SUBTYPE_CAST_FEEDBACK,
        packet_type: PacketType::PayloadFeedback,
        payload_size,
    }
    .write(out);
    out.extend_from_slice(&contents.receiver.0.to_be_bytes());
    out.extend_from_slice(&contents.sender.0.to_be_bytes());
    out.extend_from_slice(&NAME_CAST);
    out.extend_from_slice(&[contents.checkpoint.low_byte(), fields.len() as u8]);
    let delay = u16::try_from(contents.playout_delay.as_millis()).unwrap_or(u16::MAX);
    out.extend_from_slice(&delay.to_be_bytes());
    out.extend_from_slice(fields.as_flattened());
    if !acks.is_empty() {
        out.extend_from_slice(&NAME_CST2);
        out.extend_from_slice(&[contents.counter, acks.len() as u8]);
        out.extend_from_slice(&acks);
    }
    debug_assert_eq!(out.len() - start, payload_size + 4);
}

/// Packs an ascending list of losses into loss fields.
pub(super) struct LossFields<'a>(pub &'a [Nack]);

impl Iterator for LossFields<'_> {
    type Item = [u8; LOSS_FIELD_SIZE];

    fn next(&mut self) -> Option<Self::Item> {
        let (first, mut rest) = self.0.split_first()?;
        let mut bits = 0;
        while let Some((nack, tail)) = rest.split_first() {
            let same = nack.frame == first.frame;
            let duplicate = same && nack.packet == first.packet;
            let absorbed = same && first.packet == WHOLE_FRAME;
            if !duplicate && !absorbed {
                let ahead = nack.packet.wrapping_sub(first.packet).wrapping_sub(1);
                if !same || ahead >= 8 || nack.packet == WHOLE_FRAME {
                    break;
                }
                bits |= 1 << ahead;
            }
            rest = tail;
        }
        self.0 = rest;
        let [high, low] = first.packet.to_be_bytes();
        Some([first.frame.low_byte(), high, low, bits])
    }
}

/// The acknowledgement bits in at most `room` octets; empty when there is nothing to acknowledge or no room for it.
pub(super) fn ack_octets(acknowledged: &[FrameId], checkpoint: FrameId, room: usize) -> Vec<u8> {
    let Some(max_octets) = room
        .min(MAX_ACK_OCTETS)
        .checked_sub(MIN_ACK_OCTETS)
        .map(|more| MIN_ACK_OCTETS + more / 4 * 4)
    else {
        return Vec::new();
    };
    let mut octets = Vec::new();
    let bits = acknowledged
        .iter()
        .filter_map(|frame| usize::try_from(*frame - checkpoint - FIRST_ACK).ok());
    for bit in bits.take_while(|bit| *bit < max_octets * 8) {
        let size = MIN_ACK_OCTETS + (bit / 8 + 1).saturating_sub(MIN_ACK_OCTETS).div_ceil(4) * 4;
        if octets.len() < size {
            octets.resize(size, 0);
        }
        if let Some(octet) = octets.get_mut(bit / 8) {
            *octet |= 1 << (bit % 8);
        }
    }
    octets
}
