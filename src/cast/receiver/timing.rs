// SPDX-License-Identifier: GPL-3.0-or-later
//! When frames are to be played. Input: sender reports and delay changes; output: capture and playout times.
//!
//! ```text
//! capture = time of the sender report, by the sender's clock
//!         + smoothed (our arrival − that time)            the clocks' difference, with the network's delay in it
//!         + (frame's RTP time − the report's RTP time) / timebase
//! playout = capture + target delay in force for the frame
//! ```
//! All clock arithmetic is in nanoseconds from our session's start, so that a sender whose clock is decades wrong plays
//! like any other.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::cast::expand;
use crate::cast::frame::{FrameId, MediaTime};
use crate::cast::ntp::{NtpClock, ReportId};
use crate::cast::rtcp::SenderReport;

/// Time constant of the clock difference. Source: Open Screen `clock_drift_smoother.h`.
const DRIFT_TIME_CONSTANT: Duration = Duration::from_secs(30);

/// No drift and no network makes the clocks differ by so much more or less than a moment ago: one of them has jumped, as
/// when a machine slept that does not count that time; or this report alone lay in a queue meanwhile. Longer than the
/// usual target delays. (The reference smooths such a report like any other, and plays in the wrong moment for a minute.)
const JUMP: Duration = Duration::from_millis(500);

/// A jump is believed when the next report says the same, but for what the network adds.
const SAME: Duration = Duration::from_millis(100);

/// The sender's time in ours.
#[derive(Debug, Clone)]
pub(super) struct PlayoutClock {
    clock: NtpClock,
    timebase: i64,
    /// What truncated RTP timestamps are expanded against.
    newest_media: i64,
    report: Option<LastReport>,
    drift: Option<Drift>,
}

/// The newest sender report.
#[derive(Debug, Clone, Copy)]
pub(super) struct LastReport {
    pub id: ReportId,
    pub arrival: Instant,
    /// The sender's clock, in nanoseconds from our origin.
    reference: i64,
    media: i64,
}

/// The smoothed difference of the clocks: ours minus the sender's.
#[derive(Debug, Clone, Copy)]
struct Drift {
    nanos: i64,
    updated: Instant,
    /// What the last report said, if that was a jump away.
    jumped: Option<i64>,
}

impl Drift {
    /// Takes a measurement in.
    fn update(&mut self, now: Instant, sample: i64) {
        let is_near =
            |other: i64, span: Duration| u128::from(sample.abs_diff(other)) < span.as_nanos();
        let is_jump = !is_near(self.nanos, JUMP);
        if is_jump && self.jumped.is_none_or(|jumped| !is_near(jumped, SAME)) {
            self.jumped = Some(sample);
            return;
        }
        let elapsed = now.saturating_duration_since(self.updated).as_secs_f64();
        let weight = if is_jump {
            1.0
        } else {
            1.0 - (-elapsed / DRIFT_TIME_CONSTANT.as_secs_f64()).exp()
        };
        let change = sample.saturating_sub(self.nanos) as f64 * weight;
        *self = Drift {
            nanos: self.nanos.saturating_add(change as i64),
            updated: now,
            jumped: None,
        };
    }
}

impl PlayoutClock {
    pub fn new(clock: NtpClock, timebase: u32) -> PlayoutClock {
        let timebase = i64::from(timebase.max(1));
        PlayoutClock {
            clock,
            timebase,
            newest_media: 0,
            report: None,
            drift: None,
        }
    }

    /// Takes a sender report in.
    pub fn on_report(&mut self, now: Instant, report: &SenderReport) {
        let reference = self.clock.nanos_since_origin(report.reference_time);
        let media = self.expand(report.rtp_timestamp);
        let sample = self.clock.nanos_of_instant(now).saturating_sub(reference);
        let first = Drift {
            nanos: sample,
            updated: now,
            jumped: None,
        };
        self.drift.get_or_insert(first).update(now, sample);
        self.report = Some(LastReport {
            id: report.id(),
            arrival: now,
            reference,
            media: media.0,
        });
    }

    /// The newest sender report.
    pub fn report(&self) -> Option<LastReport> {
        self.report
    }

    /// The full media time of a timestamp; later ones are expanded against it.
    pub fn expand(&mut self, rtp_timestamp: u32) -> MediaTime {
        self.newest_media = expand::nearest(rtp_timestamp, self.newest_media);
        MediaTime(self.newest_media)
    }

    /// A media time in nanoseconds from an arbitrary origin.
    pub fn media_nanos(&self, media: MediaTime) -> i64 {
        self.ticks_to_nanos(media.0)
    }

    /// When something was captured; `None` before the first sender report.
    pub fn capture_time(&self, media: MediaTime) -> Option<Instant> {
        let report = self.report?;
        let since_report = self.ticks_to_nanos(media.0.saturating_sub(report.media));
        let nanos = report
            .reference
            .saturating_add(self.drift?.nanos)
            .saturating_add(since_report);
        self.clock.instant_at_nanos(nanos)
    }

    fn ticks_to_nanos(&self, ticks: i64) -> i64 {
        let nanos = i128::from(ticks) * 1_000_000_000 / i128::from(self.timebase);
        i64::try_from(nanos).unwrap_or(if ticks < 0 { i64::MIN } else { i64::MAX })
    }
}

/// The target delay by frame: the one of the OFFER, then what packets changed. Holds one entry a frame in the window.
#[derive(Debug, Clone)]
pub(super) struct DelayTable {
    /// In force before the first change.
    initial: Duration,
    /// Ascending by frame.
    changes: VecDeque<(FrameId, Duration)>,
}

impl DelayTable {
    pub fn new(initial: Duration) -> DelayTable {
        DelayTable {
            initial,
            changes: VecDeque::new(),
        }
    }

    /// A packet says that `delay` is in force from `frame` on. Returns whether that is news.
    pub fn record(&mut self, frame: FrameId, delay: Duration) -> bool {
        let is_news = self.at(frame) != delay;
        let place = self.changes.partition_point(|(from, _)| *from < frame);
        match self.changes.get_mut(place) {
            Some(entry) if entry.0 == frame => entry.1 = delay,
            _ => self.changes.insert(place, (frame, delay)),
        }
        is_news
    }

    /// The delay in force for a frame.
    pub fn at(&self, frame: FrameId) -> Duration {
        let place = self.changes.partition_point(|(from, _)| *from <= frame);
        place
            .checked_sub(1)
            .and_then(|last| self.changes.get(last))
            .map_or(self.initial, |entry| entry.1)
    }

    /// The delay of the newest setting.
    pub fn newest(&self) -> Duration {
        self.changes.back().map_or(self.initial, |entry| entry.1)
    }

    /// No frame before this one will be asked for again.
    pub fn forget_before(&mut self, frame: FrameId) {
        while self.changes.front().is_some_and(|(from, _)| *from <= frame) {
            if let Some((_, delay)) = self.changes.pop_front() {
                self.initial = delay;
            }
        }
    }
}

#[cfg(test)]
mod tests;
