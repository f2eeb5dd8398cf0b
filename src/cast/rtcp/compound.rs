// SPDX-License-Identifier: GPL-3.0-or-later
//! Whole datagrams from receiver to sender. [`FeedbackReader`]: bytes in, [`FeedbackEvents`] out, all or nothing.
//! [`FeedbackBuilder`]: what a receiver knows in, one datagram out.
//!
//! ```text
//!  RR 8 or 32 | XR 20 | PLI 12, if set | feedback 20 + 4·losses [+ 6 + octets] | event log
//!                                        ◀─ filled in this order: losses, acknowledgements, log ─▶
//! ```

use std::collections::VecDeque;
use std::time::Duration;

use super::feedback::{self, Feedback, Nack};
use super::header::{PacketType, Packets, SUBTYPE_CAST_FEEDBACK, SUBTYPE_PICTURE_LOSS};
use super::receiver_report::ReportBlock;
use super::{FrameLog, RtcpError, event_log, picture_loss, receiver_report, reference_time};
use crate::cast::frame::{FrameId, Ssrc};
use crate::cast::ntp::NtpTime;
use crate::cast::rtp::packetize::MIN_PACKET_SIZE;

/// What a sender learns from one datagram.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FeedbackEvents {
    /// The receiver's statistics of our stream; answers a sender report.
    pub receiver_report: Option<ReportBlock>,
    /// The receiver's clock when it sent the datagram.
    pub reference_time: Option<NtpTime>,
    /// What it has and lacks. The last one counts when there are several.
    pub feedback: Option<Feedback>,
    /// It asks for a key frame.
    pub picture_loss: bool,
    /// Its event log.
    pub log: Vec<FrameLog>,
}

/// Reads the RTCP datagrams that a receiver sends about one stream.
#[derive(Debug, Clone)]
pub struct FeedbackReader {
    sender: Ssrc,
    receiver: Ssrc,
    newest_reference_time: Option<NtpTime>,
}

impl FeedbackReader {
    /// A reader for what `receiver` says about the stream `sender`.
    pub fn new(sender: Ssrc, receiver: Ssrc) -> FeedbackReader {
        FeedbackReader {
            sender,
            receiver,
            newest_reference_time: None,
        }
    }

    /// Reads a datagram; `newest` is the newest frame that was ever given to the sender ([`FrameId::LEADER`] if none).
    ///
    /// Packets about others are skipped. A datagram with any malformed packet is refused whole. One whose reference time
    /// is older than the newest one seen was overtaken on the way: it is accepted and has no events at all.
    pub fn read(&mut self, datagram: &[u8], newest: FrameId) -> Result<FeedbackEvents, RtcpError> {
        let (sender, receiver) = (self.sender, self.receiver);
        let mut events = FeedbackEvents::default();
        for packet in Packets(datagram) {
            let (header, payload) = packet?;
            match (header.packet_type, header.count) {
                (PacketType::ReceiverReport, _) => {
                    let block = receiver_report::read(header, payload, sender, receiver)?;
                    events.receiver_report = block.or(events.receiver_report);
                }
                (PacketType::Application, _) => events
                    .log
                    .extend(event_log::read(header, payload, receiver)?),
                (PacketType::PayloadFeedback, SUBTYPE_PICTURE_LOSS) => {
                    events.picture_loss |= picture_loss::read(payload, sender, receiver)?;
                }
                (PacketType::PayloadFeedback, SUBTYPE_CAST_FEEDBACK) => {
                    let feedback = feedback::read(payload, sender, receiver, newest)?;
                    events.feedback = feedback.or(events.feedback);
                }
                (PacketType::ExtendedReport, _) => {
                    let time = reference_time::read(payload, receiver)?;
                    events.reference_time = time.or(events.reference_time);
                }
                (
                    PacketType::SenderReport
                    | PacketType::SourceDescription
                    | PacketType::PayloadFeedback,
                    _,
                ) => {}
            }
        }
        if let Some(time) = events.reference_time {
            if self
                .newest_reference_time
                .is_some_and(|newest| is_older(time, newest))
            {
                return Ok(FeedbackEvents::default());
            }
            self.newest_reference_time = Some(time);
        }
        Ok(events)
    }
}

/// Whether `a` is before `b`, also across the end of an NTP era.
fn is_older(a: NtpTime, b: NtpTime) -> bool {
    (a.0.wrapping_sub(b.0) as i64) < 0
}

/// What a receiver has to say; see [`FeedbackBuilder::build`].
#[derive(Debug, Clone, Copy)]
pub struct FeedbackContents<'a> {
    /// The receiver's clock now.
    pub now: NtpTime,
    /// Statistics, in the datagram that answers a sender report.
    pub report: Option<ReportBlock>,
    /// Ask for a key frame.
    pub picture_loss: bool,
    /// Everything up to here has been received or is no longer wanted.
    pub checkpoint: FrameId,
    /// The delay in force; whole milliseconds, at most 65535.
    pub playout_delay: Duration,
    /// What is missing, ascending; the surplus is left out.
    pub missing: &'a [Nack],
    /// Complete frames above the checkpoint, ascending; the surplus is left out.
    pub acknowledged: &'a [FrameId],
}

/// Builds the RTCP datagrams of a receiver about one stream.
#[derive(Debug, Clone)]
pub struct FeedbackBuilder {
    sender: Ssrc,
    receiver: Ssrc,
    max_size: usize,
    counter: u8,
}

impl FeedbackBuilder {
    /// A builder whose datagrams have at most `max_size` bytes; less than [`MIN_PACKET_SIZE`] counts as that.
    pub fn new(sender: Ssrc, receiver: Ssrc, max_size: usize) -> FeedbackBuilder {
        FeedbackBuilder {
            sender,
            receiver,
            max_size: max_size.max(MIN_PACKET_SIZE),
            counter: 0,
        }
    }

    /// Replaces what is in `out` by a datagram. As much of `log` as there is room for is moved into it.
    pub fn build(
        &mut self,
        contents: &FeedbackContents<'_>,
        log: &mut VecDeque<FrameLog>,
        out: &mut Vec<u8>,
    ) {
        out.clear();
        receiver_report::write(self.receiver, contents.report.as_ref(), out);
        reference_time::write(self.receiver, contents.now, out);
        if contents.picture_loss {
            picture_loss::write(self.sender, self.receiver, out);
        }
        let feedback = feedback::Contents {
            sender: self.sender,
            receiver: self.receiver,
            checkpoint: contents.checkpoint,
            playout_delay: contents.playout_delay,
            missing: contents.missing,
            acknowledged: contents.acknowledged,
            counter: self.counter,
        };
        self.counter = self.counter.wrapping_add(1);
        feedback::write(&feedback, self.max_size - out.len(), out);
        event_log::write(self.receiver, log, self.max_size - out.len(), out);
    }
}

#[cfg(test)]
mod tests;
