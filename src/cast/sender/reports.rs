// SPDX-License-Identifier: GPL-3.0-or-later
//! When a regular sender report is due, what any report says, and what its answer measures. One per stream.
//!
//! A receiver throws away packet 0 of every frame until a sender report has come: so reports really must leave, before
//! the first packet of their stream, and with every frame until a round trip has been measured; then every 500 ms. After
//! our machine has slept it is the same again: by the reports from before, the receiver would take every frame for as
//! late as the sleep was long. What leaves in between, to ask for losses, is decided in [`probes`](super::probes).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::cast::frame::{MediaTime, Ssrc};
use crate::cast::ntp::{NtpClock, ReportDelay, ReportId};
use crate::cast::rtcp::{ReportBlock, SenderReport};

/// Between two reports of a stream (Open Screen `constants.h`).
pub(super) const REPORT_INTERVAL: Duration = Duration::from_millis(500);

/// So many reports are remembered until answered: two minutes at the regular interval, two seconds of probes.
const MAX_UNANSWERED: usize = 256;

/// An answer that the receiver held no longer than this was given at once. The reference holds none; a busy device may
/// take some milliseconds.
const AT_ONCE: Duration = Duration::from_millis(4);

/// Which media time belongs to which moment, by the newest frame.
#[derive(Debug, Clone, Copy)]
struct Reference {
    media_time: MediaTime,
    captured: Instant,
}

/// What the answer to a report says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Answer {
    /// When the report left.
    pub(super) left: Instant,
    /// How many packets of the stream had left before it, modulo 2³².
    pub(super) packets: u32,
    /// From then until now, without what the receiver held it.
    pub(super) round_trip: Duration,
    /// How long the receiver held it.
    pub(super) held: Duration,
}

impl Answer {
    /// The receiver spoke because it was asked.
    pub(super) fn at_once(&self) -> bool {
        self.held <= AT_ONCE
    }
}

/// The reports of one stream.
#[derive(Debug)]
pub(super) struct Reports {
    ssrc: Ssrc,
    timebase: u32,
    reference: Option<Reference>,
    due: Option<Instant>,
    /// When each left, by id, and how many packets before it; oldest first.
    sent: VecDeque<(ReportId, Instant, u32)>,
    /// The answer that came last.
    answer: Option<(ReportId, ReportDelay)>,
    any_sent: bool,
    /// When we last woke, until the receiver has answered a report from after that.
    woken: Option<Instant>,
    packets: u32,
    octets: u32,
}

impl Reports {
    pub(super) fn new(ssrc: Ssrc, timebase: u32) -> Reports {
        Reports {
            ssrc,
            timebase,
            reference: None,
            due: None,
            sent: VecDeque::with_capacity(MAX_UNANSWERED),
            answer: None,
            any_sent: false,
            woken: None,
            packets: 0,
            octets: 0,
        }
    }

    /// A frame was taken in. `answered` is whether a round trip is known.
    pub(super) fn on_frame(
        &mut self,
        now: Instant,
        media_time: MediaTime,
        captured: Instant,
        answered: bool,
    ) {
        // A capture clock that goes back must not bend the line between media time and wall clock backwards.
        let latest = self
            .reference
            .map_or(captured, |known| known.captured.max(captured));
        self.reference = Some(Reference {
            media_time,
            captured: latest,
        });
        if !answered || !self.any_sent || self.woken.is_some() {
            self.due = Some(now);
        }
    }

    /// Our machine slept until now, and the reports' clock has been put forward.
    pub(super) fn on_woken(&mut self, now: Instant) {
        self.woken = Some(now);
    }

    /// A packet of the stream leaves, for the first time or again. Returns its number in the order of departure, modulo
    /// 2³².
    pub(super) fn on_packet(&mut self, payload_size: usize) -> u32 {
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(payload_size as u32);
        self.packets
    }

    /// When the next report is to leave; `None` before the first frame.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Whether packets of the stream make sense yet.
    pub(super) fn any_sent(&self) -> bool {
        self.any_sent
    }

    /// The report that leaves now.
    pub(super) fn take(&mut self, now: Instant, clock: &NtpClock) -> Option<SenderReport> {
        let reference = self.reference?;
        let report = SenderReport {
            sender: self.ssrc,
            reference_time: clock.to_ntp(now),
            rtp_timestamp: self.continued(reference, now).rtp_timestamp(),
            packet_count: self.packets,
            octet_count: self.octets,
            block: None,
        };
        if self.sent.len() == MAX_UNANSWERED {
            self.sent.pop_front();
        }
        self.sent.push_back((report.id(), now, self.packets));
        self.any_sent = true;
        self.due = Some(now + REPORT_INTERVAL);
        Some(report)
    }

    /// What an answer says; `None` when it answers no report that is remembered, or came twice.
    pub(super) fn answered(&mut self, now: Instant, answer: &ReportBlock) -> Option<Answer> {
        let this = (answer.last_report, answer.delay);
        if self.answer.replace(this) == Some(this) {
            return None;
        }
        let index = self
            .sent
            .iter()
            .rposition(|(id, ..)| *id == answer.last_report)?;
        // What is older will not be answered any more: the newest that came is.
        self.sent.drain(..index);
        let (_, left, packets) = *self.sent.front()?;
        self.woken = self.woken.filter(|woken| left < *woken);
        let held = answer.delay.to_duration();
        Some(Answer {
            left,
            packets,
            round_trip: now.saturating_duration_since(left).saturating_sub(held),
            held,
        })
    }

    /// The media time that corresponds to `now`: continued from the newest frame at the stream's rate. `None` before the
    /// first frame.
    pub(super) fn media_time_at(&self, now: Instant) -> Option<MediaTime> {
        Some(self.continued(self.reference?, now))
    }

    fn continued(&self, reference: Reference, now: Instant) -> MediaTime {
        let ticks = |span: Duration| {
            let ticks = span.as_nanos() * u128::from(self.timebase) / 1_000_000_000;
            i64::try_from(ticks).unwrap_or(i64::MAX)
        };
        let Reference {
            media_time,
            captured,
        } = reference;
        match now.checked_duration_since(captured) {
            Some(since) => MediaTime(media_time.0.saturating_add(ticks(since))),
            None => MediaTime(media_time.0.saturating_sub(ticks(captured - now))),
        }
    }
}

#[cfg(test)]
impl Reports {
    /// As if so many packets and octets had left before.
    pub(super) fn continue_from(&mut self, packets: u32, octets: u32) {
        (self.packets, self.octets) = (packets, octets);
    }
}
