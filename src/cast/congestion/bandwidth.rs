// SPDX-License-Identifier: GPL-3.0-or-later
//! Bytes sent and bytes acknowledged in, an estimate of the bandwidth out, over the last 2.56 s.
//!
//! The idea is the reference's (Open Screen `bandwidth_estimator.h`): what was acknowledged, divided by the time that
//! sending took; that time is taken from what was sent, at the rate of a burst. It measures how much of what is sent
//! arrives, so it sees loss and stalls, not a queue. Other than there, sent data is counted in bytes instead of
//! packets, or a quiet stream of small packets would look like a slow network.
//!
//! ```text
//! slices of 10 ms   |..|..|..|..|..|..|   sent:         booked when sent
//!                    ^ oldest   now ^     acknowledged: booked one round trip before the news came
//! ```

use std::time::{Duration, Instant};

use crate::cast::pacer::MAX_BURST_BITRATE;

/// Width of a slice (Open Screen `bandwidth_estimator.h`).
const SLICE: Duration = Duration::from_millis(10);

/// Number of slices (Open Screen `bandwidth_estimator.h`): 2.56 s of history.
const SLICES: usize = 256;

/// Never more than this is claimed, in bits per second.
const MAX_ESTIMATE: f64 = i32::MAX as f64;

/// Both histories.
#[derive(Debug)]
pub struct BandwidthEstimator {
    origin: Instant,
    sent: History,
    acknowledged: History,
}

impl BandwidthEstimator {
    /// Knows nothing yet.
    pub fn new(now: Instant) -> BandwidthEstimator {
        BandwidthEstimator {
            origin: now,
            sent: History::default(),
            acknowledged: History::default(),
        }
    }

    /// A datagram of this many bytes left.
    pub fn on_sent(&mut self, now: Instant, bytes: usize) {
        let slice = self.slice(now);
        self.sent.add(slice, bytes);
    }

    /// A frame of this many bytes was acknowledged; the news took about `round_trip` since its last packet left.
    pub fn on_acknowledged(&mut self, now: Instant, round_trip: Duration, bytes: usize) {
        let slice = self.slice(now.checked_sub(round_trip).unwrap_or(self.origin));
        self.acknowledged.add(slice, bytes);
    }

    /// Bits per second; `None` while less than half of the window is known, or when nothing was sent or acknowledged.
    pub fn estimate(&mut self, now: Instant, round_trip: Duration) -> Option<u32> {
        // News of what was sent during the last round trip cannot be here yet: compare up to that moment only.
        let end = self.slice(now.checked_sub(round_trip).unwrap_or(self.origin));
        let last = self.slice(now);
        self.sent.advance(last);
        self.acknowledged.advance(last);
        let begin = (last + 1).saturating_sub(SLICES as u64);
        let known = (end + 1).checked_sub(begin)?;
        if known < SLICES as u64 / 2 {
            return None;
        }
        let sent = self.sent.sum(begin, end);
        let acknowledged = self.acknowledged.sum(begin, end);
        if sent == 0 || acknowledged == 0 {
            return None;
        }
        let estimate = f64::from(MAX_BURST_BITRATE) * acknowledged as f64 / sent as f64;
        Some(estimate.min(MAX_ESTIMATE) as u32)
    }

    fn slice(&self, at: Instant) -> u64 {
        (at.saturating_duration_since(self.origin).as_micros() / SLICE.as_micros()) as u64
    }
}

/// Bytes by slice, in a ring.
#[derive(Debug)]
struct History {
    bytes: [u64; SLICES],
    newest: u64,
}

impl Default for History {
    fn default() -> Self {
        History {
            bytes: [0; SLICES],
            newest: 0,
        }
    }
}

impl History {
    fn add(&mut self, slice: u64, bytes: usize) {
        self.advance(slice);
        if self.newest - slice < SLICES as u64 {
            self.bytes[slice as usize % SLICES] += bytes as u64;
        }
    }

    /// Forgets what is older than the window that ends with `slice`.
    fn advance(&mut self, slice: u64) {
        let steps = slice.saturating_sub(self.newest).min(SLICES as u64);
        for step in 0..steps {
            self.bytes[(slice - step) as usize % SLICES] = 0;
        }
        self.newest = self.newest.max(slice);
    }

    fn sum(&self, begin: u64, end: u64) -> u64 {
        (begin..=end)
            .map(|slice| self.bytes[slice as usize % SLICES])
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// Sends `sent` bytes each 10 ms, of which `acknowledged` are, for `span`.
    fn run(sent: usize, acknowledged: usize, span: Duration) -> Option<u32> {
        let start = Instant::now();
        let mut estimator = BandwidthEstimator::new(start);
        let mut now = start;
        while now < start + span {
            estimator.on_sent(now, sent);
            estimator.on_acknowledged(now + 20 * MS, 20 * MS, acknowledged);
            now += SLICE;
        }
        estimator.estimate(now + 20 * MS, 20 * MS)
    }

    #[test]
    fn what_all_arrives_is_worth_the_burst_rate_however_little_it_is() {
        for bytes in [100, 2560, 31_000] {
            let estimate = run(bytes, bytes, Duration::from_secs(4)).unwrap();
            let ratio = f64::from(estimate) / f64::from(MAX_BURST_BITRATE);
            assert!((0.98..1.02).contains(&ratio), "{bytes}: {estimate}");
        }
    }

    #[test]
    fn what_is_received_is_multiplied_by_how_idle_the_sender_was() {
        // The reference's example: 256 000 bytes a second arrive while bursting 100, 50 and 20 % of the time.
        for (busy, factor) in [(1.0, 1.0), (0.5, 2.0), (0.2, 5.0)] {
            let sent = f64::from(MAX_BURST_BITRATE) / 8.0 / 100.0 * busy;
            let estimate = run(sent as usize, 2560, Duration::from_secs(4)).unwrap();
            let ratio = f64::from(estimate) / (2_048_000.0 * factor);
            assert!((0.97..1.03).contains(&ratio), "{busy}: {estimate}");
        }
    }

    #[test]
    fn nothing_is_claimed_before_half_of_the_window_is_known() {
        assert_eq!(run(1000, 1000, Duration::from_millis(1200)), None);
        assert!(run(1000, 1000, Duration::from_millis(1400)).is_some());
    }

    #[test]
    fn nothing_sent_or_nothing_acknowledged_is_unknown_not_zero() {
        assert_eq!(run(1000, 0, Duration::from_secs(4)), None);
        assert_eq!(run(0, 1000, Duration::from_secs(4)), None);
    }

    #[test]
    fn history_older_than_the_window_is_forgotten() {
        let start = Instant::now();
        let mut estimator = BandwidthEstimator::new(start);
        estimator.on_sent(start, 1_000_000);
        let later = start + Duration::from_hours(1);
        for step in 0..300 {
            estimator.on_sent(later + SLICE * step, 1000);
            estimator.on_acknowledged(later + SLICE * step, Duration::ZERO, 500);
        }
        let estimate = estimator.estimate(later + SLICE * 300, Duration::ZERO);
        let half = f64::from(MAX_BURST_BITRATE) / 2.0;
        assert!((f64::from(estimate.unwrap()) - half).abs() < half * 0.02);
    }
}
