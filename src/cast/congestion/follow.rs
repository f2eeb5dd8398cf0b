// SPDX-License-Identifier: GPL-3.0-or-later
//! The bandwidth estimate and the fate of raw frames in, rates out: what Chromium's mirroring service does.
//!
//! ```text
//! estimate ──× 0.8──▶ at most × 1.1 a step ──┐
//!                                            ├─ smaller ──▶ clamp(min, max) ──▶ media bitrate
//! raw frames dropped ──▶ × 0.7 / × 1.1 ──────┘                    │
//! estimate × 2.5, at least twice the media bitrate ◀──────────────┘──▶ pacing rate
//! ```
//! The estimate sees loss. Raw frames that had to be dropped are the sign of a growing queue: too much was under way.

use std::time::{Duration, Instant};

use crate::cast::congestion::bandwidth::BandwidthEstimator;
use crate::cast::congestion::{Bounds, CongestionControl, Decision, Signal};
use crate::cast::pacer::MAX_BURST_BITRATE;

/// The part of the estimate that is used (Chromium `openscreen_session_host.cc`).
const SAFETY: f64 = 0.8;

/// The estimate is never taken for less than this, in bits per second (Chromium `openscreen_session_host.cc`).
const LEAST_USABLE: u32 = 384 << 10;

/// Between two steps (Chromium `openscreen_session_host.cc`).
const STEP: Duration = Duration::from_millis(500);

/// Most that the bitrate grows by in one step (Chromium `openscreen_session_host.cc`).
const GROWTH: f64 = 1.1;

/// What a window with dropped frames multiplies the bitrate by (Chromium `video_bitrate_suggester.cc`).
const BACK_OFF: f64 = 0.7;

/// Raw frames in a window (Chromium `video_bitrate_suggester.cc`).
const WINDOW: u32 = 30;

/// Packets leave at most this much faster than the estimate.
const PACING_GAIN: f64 = 2.5;

/// An average frame leaves within half of a frame interval: twice the media bitrate.
const PACING_FLOOR: f64 = 2.0;

/// The rate adaptation of the reference.
#[derive(Debug)]
pub struct FollowEstimate {
    bounds: Bounds,
    bandwidth: BandwidthEstimator,
    round_trip: Duration,
    bitrate: f64,
    /// What the raw frames allow for.
    suggested: f64,
    window_frames: u32,
    window_drops: u32,
    step_at: Instant,
    estimate: Option<u32>,
}

impl FollowEstimate {
    /// Begins with the bounds' start.
    pub fn new(now: Instant, bounds: Bounds) -> FollowEstimate {
        FollowEstimate {
            bounds,
            bandwidth: BandwidthEstimator::new(now),
            round_trip: Duration::ZERO,
            bitrate: f64::from(bounds.start),
            suggested: f64::from(bounds.max),
            window_frames: 0,
            window_drops: 0,
            step_at: now,
            estimate: None,
        }
    }

    fn on_raw_frame(&mut self, dropped: bool) {
        self.window_frames += 1;
        self.window_drops += u32::from(dropped);
        if self.window_frames < WINDOW {
            return;
        }
        let (min, max) = (f64::from(self.bounds.min), f64::from(self.bounds.max));
        self.suggested = if self.window_drops > 0 {
            self.suggested.min(self.bitrate) * BACK_OFF
        } else {
            self.suggested * GROWTH
        }
        .clamp(min, max.max(min));
        (self.window_frames, self.window_drops) = (0, 0);
    }
}

impl CongestionControl for FollowEstimate {
    fn observe(&mut self, now: Instant, signal: Signal) {
        match signal {
            Signal::Sent { bytes, .. } => self.bandwidth.on_sent(now, bytes),
            Signal::Acknowledged {
                bytes, round_trip, ..
            } => {
                self.round_trip = round_trip;
                self.bandwidth.on_acknowledged(now, round_trip, bytes);
            }
            Signal::RawFrame { dropped } => self.on_raw_frame(dropped),
            // The estimate takes the filtered round trip, and loss shows in it by itself.
            Signal::RoundTrip(_) | Signal::Lost { .. } => {}
        }
    }

    fn decide(&mut self, now: Instant, _: usize) -> Decision {
        if now >= self.step_at {
            self.step_at = now + STEP;
            self.estimate = self.bandwidth.estimate(now, self.round_trip);
            if let Some(estimate) = self.estimate {
                let usable = (SAFETY * f64::from(estimate)).max(f64::from(LEAST_USABLE));
                self.bitrate = usable.min(self.bitrate * GROWTH);
            }
        }
        let estimate = self.estimate;
        let (min, max) = (f64::from(self.bounds.min), f64::from(self.bounds.max));
        self.bitrate = self.bitrate.min(self.suggested).clamp(min, max.max(min));
        let cap = estimate.map_or(f64::from(MAX_BURST_BITRATE), |estimate| {
            (PACING_GAIN * f64::from(estimate)).min(f64::from(MAX_BURST_BITRATE))
        });
        Decision {
            estimate,
            media_bitrate: self.bitrate as u32,
            pacing_rate: cap.max(PACING_FLOOR * self.bitrate) as u32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds {
        min: 300_000,
        start: 2_500_000,
        max: 5_000_000,
    };

    /// `steps` decisions while `arrive` percent of what is sent arrives.
    fn run(control: &mut FollowEstimate, mut now: Instant, steps: u32, arrive: usize) -> Decision {
        let mut decision = control.decide(now, 0);
        for _ in 0..steps {
            for _ in 0..50 {
                now += Duration::from_millis(10);
                control.observe(
                    now,
                    Signal::Sent {
                        bytes: 1000,
                        new: true,
                    },
                );
                let round_trip = Duration::ZERO;
                let bytes = 10 * arrive;
                let signal = Signal::Acknowledged {
                    bytes,
                    first_sent: now,
                    all_sent: Some(now),
                    round_trip,
                };
                control.observe(now, signal);
            }
            decision = control.decide(now, 0);
        }
        decision
    }

    #[test]
    fn it_starts_where_told_and_stays_there_while_the_estimate_is_unknown() {
        let now = Instant::now();
        let mut control = FollowEstimate::new(now, BOUNDS);
        for step in 0..10 {
            let decision = control.decide(now + STEP * step, 0);
            assert_eq!(decision.media_bitrate, BOUNDS.start);
            assert_eq!(decision.estimate, None);
            assert_eq!(decision.pacing_rate, MAX_BURST_BITRATE);
        }
    }

    #[test]
    fn a_good_network_raises_the_bitrate_by_a_tenth_a_step_up_to_the_maximum() {
        let now = Instant::now();
        let mut control = FollowEstimate::new(now, BOUNDS);
        assert_eq!(run(&mut control, now, 3, 100).media_bitrate, 2_750_000);
        let mut control = FollowEstimate::new(now, BOUNDS);
        assert_eq!(run(&mut control, now, 20, 100).media_bitrate, BOUNDS.max);
    }

    #[test]
    fn a_bad_network_lowers_the_bitrate_at_once() {
        let now = Instant::now();
        let mut control = FollowEstimate::new(now, BOUNDS);
        let decision = run(&mut control, now, 3, 8);
        let estimate = decision.estimate.unwrap();
        assert!((1_900_000..2_100_000).contains(&estimate), "{estimate}");
        assert!(f64::from(decision.media_bitrate) <= f64::from(estimate) * 0.8);
        assert!(f64::from(decision.pacing_rate) <= f64::from(estimate) * 2.5);
    }

    #[test]
    fn a_tiny_estimate_still_leaves_the_floor() {
        let now = Instant::now();
        let mut control = FollowEstimate::new(now, BOUNDS);
        assert_eq!(run(&mut control, now, 6, 1).media_bitrate, LEAST_USABLE);
    }

    #[test]
    fn dropped_raw_frames_lower_the_bitrate_and_undropped_ones_bring_it_back() {
        let now = Instant::now();
        let mut control = FollowEstimate::new(now, BOUNDS);
        for frame in 0..WINDOW {
            let dropped = frame == 3;
            control.observe(now, Signal::RawFrame { dropped });
        }
        let low = control.decide(now, 0).media_bitrate;
        assert_eq!(low, 1_750_000);
        for _ in 0..20 * WINDOW {
            control.observe(now, Signal::RawFrame { dropped: false });
        }
        let again = run(&mut control, now, 20, 100).media_bitrate;
        assert_eq!(again, BOUNDS.max);
    }

    #[test]
    fn an_average_frame_leaves_within_half_of_its_interval() {
        let now = Instant::now();
        let bounds = Bounds {
            min: 1_000_000,
            start: 30_000_000,
            max: 60_000_000,
        };
        let decision = FollowEstimate::new(now, bounds).decide(now, 0);
        assert_eq!(decision.pacing_rate, 60_000_000);
    }
}
