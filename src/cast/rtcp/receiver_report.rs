// SPDX-License-Identifier: GPL-3.0-or-later
//! The receiver report and the report block: what a receiver counted of one stream.
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +---------------------------------------------------------------+
//! | header, count = blocks, type = 201                            |
//! | SSRC of the receiver                                          |
//! +=========================== block =============================+
//! | SSRC of the sender                                            |
//! | fraction lost |           packets lost in all                 |
//! | extended highest sequence number                              |
//! | jitter in ticks of the timebase                               |
//! | id of the last sender report, 0 if none                       |
//! | delay since that sender report in 1/65536 s                   |
//! +---------------------------------------------------------------+
//! ```

use super::RtcpError;
use super::cursor::{Cursor, put_u24};
use super::header::{Header, PacketType};
use crate::cast::frame::Ssrc;
use crate::cast::ntp::{ReportDelay, ReportId};

/// Bytes of one report block.
pub const BLOCK_SIZE: usize = 24;

/// What a receiver counted of one stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportBlock {
    /// The stream that is reported on.
    pub sender: Ssrc,
    /// Packets lost since the last report, in 1/256 of those expected.
    pub fraction_lost: u8,
    /// Packets lost since the start: 0..2²⁴.
    pub cumulative_lost: u32,
    /// Highest sequence number, with the number of wraps above the 16 bits.
    pub extended_highest_sequence: u32,
    /// Smoothed interarrival jitter in ticks of the stream's timebase.
    pub jitter: u32,
    /// The last sender report that arrived; 0 if none.
    pub last_report: ReportId,
    /// How long ago that was.
    pub delay: ReportDelay,
}

impl ReportBlock {
    /// Reads `count` blocks and returns the last one about `sender`. None when there are fewer bytes than `count`
    /// promises: then nothing of them is trusted, but the datagram is still good.
    pub(super) fn find(mut blocks: Cursor<'_>, count: u8, sender: Ssrc) -> Option<ReportBlock> {
        let mut found = None;
        for _ in 0..count {
            let block = ReportBlock::read(&mut blocks).ok()?;
            if block.sender == sender {
                found = Some(block);
            }
        }
        found
    }

    fn read(input: &mut Cursor<'_>) -> Result<ReportBlock, RtcpError> {
        Ok(ReportBlock {
            sender: Ssrc(input.u32()?),
            fraction_lost: input.u8()?,
            cumulative_lost: input.u24()?,
            extended_highest_sequence: input.u32()?,
            jitter: input.u32()?,
            last_report: ReportId(input.u32()?),
            delay: ReportDelay(input.u32()?),
        })
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.sender.0.to_be_bytes());
        out.push(self.fraction_lost);
        put_u24(out, self.cumulative_lost.min((1 << 24) - 1));
        out.extend_from_slice(&self.extended_highest_sequence.to_be_bytes());
        out.extend_from_slice(&self.jitter.to_be_bytes());
        out.extend_from_slice(&self.last_report.0.to_be_bytes());
        out.extend_from_slice(&self.delay.0.to_be_bytes());
    }
}

/// Reads the payload of a receiver report: the block about `sender` if `receiver` wrote it.
pub(super) fn read(
    header: Header,
    mut payload: Cursor<'_>,
    sender: Ssrc,
    receiver: Ssrc,
) -> Result<Option<ReportBlock>, RtcpError> {
    if payload.u32()? != receiver.0 {
        return Ok(None);
    }
    Ok(ReportBlock::find(payload, header.count, sender))
}

/// Appends a receiver report with at most one block.
pub(super) fn write(receiver: Ssrc, block: Option<&ReportBlock>, out: &mut Vec<u8>) {
    let count = u8::from(block.is_some());
    let payload_size = 4 + usize::from(count) * BLOCK_SIZE;
    Header {
        count,
        packet_type: PacketType::ReceiverReport,
        payload_size,
    }
    .write(out);
    out.extend_from_slice(&receiver.0.to_be_bytes());
    if let Some(block) = block {
        block.write(out);
    }
}
