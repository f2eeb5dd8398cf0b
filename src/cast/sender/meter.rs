// SPDX-License-Identifier: GPL-3.0-or-later
//! What happens to the frames of one stream in, numbers out: counters, and sums since the last sample. Never decides.

use std::time::{Duration, Instant};

use crate::cast::frame::StageTimes;
use crate::cast::sender::in_flight_frame::InFlightFrame;
use crate::cast::stats::{DropReason, Drops, FrameRates, StageLatencies};

/// Totals since the start.
#[derive(Debug, Clone, Copy, Default)]
struct Totals {
    captured: u64,
    encoded: u64,
    sent: u64,
    acknowledged: u64,
    bytes: u64,
}

/// A mean over the samples since it was last taken.
#[derive(Debug, Clone, Copy, Default)]
struct Mean {
    sum: Duration,
    count: u32,
}

impl Mean {
    fn add(&mut self, sample: Duration) {
        self.sum = self.sum.saturating_add(sample);
        self.count += 1;
    }

    fn take(&mut self) -> Option<Duration> {
        let Mean { sum, count } = std::mem::take(self);
        sum.checked_div(count)
    }
}

/// The counters of one stream.
#[derive(Debug)]
pub(super) struct Meter {
    sampled: Instant,
    totals: Totals,
    totals_then: Totals,
    pub(super) dropped: Drops,
    pub(super) gaps: u64,
    in_gap: bool,
    pub(super) packets: u64,
    pub(super) retransmitted: u64,
    pub(super) key_frames: u64,
    loss: f64,
    /// The losses that reports told of since they were last taken: their sum and number.
    losses: (f64, u32),
    pub(super) played_out: u64,
    pub(super) decoded: u64,
    pub(super) logged: u64,
    capture: Mean,
    convert: Mean,
    encode: Mean,
    pace: Mean,
    half_round_trip: Mean,
    logged_network: Mean,
    reassembly: Mean,
    playout: Mean,
}

impl Meter {
    pub(super) fn new(now: Instant) -> Meter {
        Meter {
            sampled: now,
            totals: Totals::default(),
            totals_then: Totals::default(),
            dropped: Drops::default(),
            gaps: 0,
            in_gap: false,
            packets: 0,
            retransmitted: 0,
            key_frames: 0,
            loss: 0.0,
            losses: (0.0, 0),
            played_out: 0,
            decoded: 0,
            logged: 0,
            capture: Mean::default(),
            convert: Mean::default(),
            encode: Mean::default(),
            pace: Mean::default(),
            half_round_trip: Mean::default(),
            logged_network: Mean::default(),
            reassembly: Mean::default(),
            playout: Mean::default(),
        }
    }

    /// A frame was dropped before it was encoded.
    pub(super) fn on_raw_drop(&mut self, reason: DropReason) {
        self.totals.captured += 1;
        self.on_drop(reason);
    }

    /// An encoded frame was refused.
    pub(super) fn on_refused(&mut self, reason: DropReason) {
        self.totals.captured += 1;
        self.totals.encoded += 1;
        self.on_drop(reason);
    }

    fn on_drop(&mut self, reason: DropReason) {
        self.dropped.add(reason);
        self.gaps += u64::from(!self.in_gap);
        self.in_gap = true;
    }

    /// An encoded frame was taken in.
    pub(super) fn on_frame(&mut self, size: usize, is_key: bool) {
        self.totals.captured += 1;
        self.totals.encoded += 1;
        self.totals.bytes += size as u64;
        self.key_frames += u64::from(is_key);
        self.in_gap = false;
    }

    /// A packet left.
    pub(super) fn on_packet(&mut self, again: bool) {
        self.packets += 1;
        self.retransmitted += u64::from(again);
    }

    /// A report told what share of the packets since the one before it was lost, in 256ths.
    pub(super) fn on_loss(&mut self, share: u8) {
        self.losses.0 += f64::from(share) / 256.0;
        self.losses.1 += 1;
    }

    /// The share of packets that was lost: the mean of the reports since the last time, of which there may be many, each
    /// about a few packets; without any, what was true before.
    pub(super) fn take_loss(&mut self) -> f64 {
        let (sum, reports) = std::mem::take(&mut self.losses);
        if reports > 0 {
            self.loss = sum / f64::from(reports);
        }
        self.loss
    }

    /// The last packet of a frame left for the first time.
    pub(super) fn on_frame_sent(&mut self, now: Instant, times: &StageTimes) {
        self.totals.sent += 1;
        self.pace.add(now.saturating_duration_since(times.encoded));
    }

    /// The acknowledgement of a frame came.
    pub(super) fn on_acknowledged(
        &mut self,
        now: Instant,
        frame: &InFlightFrame,
        round_trip: Option<Duration>,
        target_delay: Duration,
    ) {
        self.totals.acknowledged += 1;
        let StageTimes {
            captured,
            received,
            converted,
            encoded,
        } = frame.times;
        self.capture
            .add(received.saturating_duration_since(captured));
        self.convert
            .add(converted.saturating_duration_since(received));
        self.encode
            .add(encoded.saturating_duration_since(converted));
        let Some(round_trip) = round_trip else { return };
        self.half_round_trip.add(round_trip / 2);
        if let Some(all_sent) = frame.all_sent {
            let answered = now.saturating_duration_since(all_sent);
            self.reassembly.add(answered.saturating_sub(round_trip));
        }
        let complete = now
            .saturating_duration_since(captured)
            .saturating_sub(round_trip / 2);
        self.playout.add(target_delay.saturating_sub(complete));
    }

    /// The receiver's log tells how long a packet was on the way.
    pub(super) fn on_logged_network(&mut self, latency: Duration) {
        self.logged_network.add(latency);
    }

    /// Frames and bits a second since the last sample, which ends here.
    pub(super) fn take_rates(&mut self, now: Instant) -> (FrameRates, u32) {
        let passed = now
            .saturating_duration_since(self.sampled)
            .as_secs_f64()
            .max(1e-3);
        let (new, old) = (self.totals, self.totals_then);
        let rate = |new: u64, old: u64| (new - old) as f64 / passed;
        let rates = FrameRates {
            captured: rate(new.captured, old.captured),
            encoded: rate(new.encoded, old.encoded),
            sent: rate(new.sent, old.sent),
            acknowledged: rate(new.acknowledged, old.acknowledged),
        };
        let bits = rate(new.bytes, old.bytes) * 8.0;
        self.totals_then = self.totals;
        self.sampled = now;
        (rates, bits as u32)
    }

    /// Means since the last sample, which ends here.
    pub(super) fn take_latencies(&mut self) -> StageLatencies {
        let half_round_trip = self.half_round_trip.take();
        StageLatencies {
            capture: self.capture.take(),
            convert: self.convert.take(),
            encode: self.encode.take(),
            pace: self.pace.take(),
            network: self.logged_network.take().or(half_round_trip),
            reassembly: self.reassembly.take(),
            playout: self.playout.take(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::float_cmp, reason = "quarters are exact")]
    #[test]
    fn the_loss_is_the_mean_of_the_reports_between_two_samples_and_stays_without_any() {
        let mut meter = Meter::new(Instant::now());
        assert_eq!(meter.take_loss(), 0.0);
        for share in [0, 128, 0, 128] {
            meter.on_loss(share);
        }
        assert_eq!(meter.take_loss(), 0.25);
        assert_eq!(meter.take_loss(), 0.25);
        meter.on_loss(0);
        assert_eq!(meter.take_loss(), 0.0);
    }
}
