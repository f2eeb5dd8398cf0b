// SPDX-License-Identifier: GPL-3.0-or-later
//! The sender report: ties the stream's media time to the sender's wall clock.
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +---------------------------------------------------------------+
//! | header, count = blocks, type = 200                            |
//! | SSRC of the sender                                            |
//! | NTP time, seconds since 1900                                  |
//! | NTP time, fraction                                            |
//! | RTP timestamp that corresponds to that time                   |
//! | packets sent, modulo 2^32                                     |
//! | payload bytes sent, modulo 2^32                               |
//! | report blocks about streams in the other direction, optional  |
//! +---------------------------------------------------------------+
//! ```

use super::RtcpError;
use super::cursor::Cursor;
use super::header::{Header, PacketType, Packets};
use super::receiver_report::{BLOCK_SIZE, ReportBlock};
use crate::cast::frame::Ssrc;
use crate::cast::ntp::{NtpTime, ReportId};

/// Bytes of a sender report without blocks, header included.
pub const SENDER_REPORT_SIZE: usize = 28;

/// A sender report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SenderReport {
    /// The stream.
    pub sender: Ssrc,
    /// The sender's wall clock when the report was sent.
    pub reference_time: NtpTime,
    /// The low 32 bits of the media time at that moment.
    pub rtp_timestamp: u32,
    /// RTP packets sent so far, retransmissions included; wraps.
    pub packet_count: u32,
    /// Payload bytes sent so far without RTP headers, retransmissions included; wraps.
    pub octet_count: u32,
    /// What the sender counted of a stream in the other direction; Cast senders have none.
    pub block: Option<ReportBlock>,
}

impl SenderReport {
    /// The id by which a receiver report refers to this report.
    pub fn id(&self) -> ReportId {
        self.reference_time.report_id()
    }

    /// Appends the report: 28 bytes, 52 with a block.
    pub fn write(&self, out: &mut Vec<u8>) {
        let count = u8::from(self.block.is_some());
        let payload_size = SENDER_REPORT_SIZE - 4 + usize::from(count) * BLOCK_SIZE;
        Header {
            count,
            packet_type: PacketType::SenderReport,
            payload_size,
        }
        .write(out);
        out.extend_from_slice(&self.sender.0.to_be_bytes());
        out.extend_from_slice(&self.reference_time.0.to_be_bytes());
        out.extend_from_slice(&self.rtp_timestamp.to_be_bytes());
        out.extend_from_slice(&self.packet_count.to_be_bytes());
        out.extend_from_slice(&self.octet_count.to_be_bytes());
        if let Some(block) = &self.block {
            block.write(out);
        }
    }
}

/// Reads a datagram from a sender and returns the last report about `sender` in it, if there is one.
///
/// A block about `receiver`'s own stream is included when the report has one. Other packets are skipped; a malformed
/// one anywhere refuses the whole datagram.
pub fn find_sender_report(
    datagram: &[u8],
    sender: Ssrc,
    receiver: Ssrc,
) -> Result<Option<SenderReport>, RtcpError> {
    let mut found = None;
    for packet in Packets(datagram) {
        let (header, payload) = packet?;
        if header.packet_type == PacketType::SenderReport {
            found = read(header, payload, sender, receiver)?.or(found);
        }
    }
    Ok(found)
}

fn read(
    header: Header,
    mut payload: Cursor<'_>,
    sender: Ssrc,
    receiver: Ssrc,
) -> Result<Option<SenderReport>, RtcpError> {
    let author = Ssrc(payload.u32()?);
    let report = SenderReport {
        sender: author,
        reference_time: NtpTime(payload.u64()?),
        rtp_timestamp: payload.u32()?,
        packet_count: payload.u32()?,
        octet_count: payload.u32()?,
        block: ReportBlock::find(payload, header.count, receiver),
    };
    Ok((author == sender).then_some(report))
}
