// SPDX-License-Identifier: GPL-3.0-or-later
//! When each block of sound was captured: continuous, without the jitter of the graph's cycles, gaps told.
//!
//! Input: the cycle's time of each block. Output: its start, and how many frames are missing before it. A block normally
//! begins where the last one ended; small differences (the sound card's clock is not the system's) are worked off
//! slowly, large ones are gaps. No clock of its own.

use std::time::{Duration, Instant};

use crate::capture::frame::AUDIO_RATE;

/// A larger distance is not jitter: sound is missing, or the clock jumped.
const GAP: Duration = Duration::from_millis(40);

/// The part of a difference that is corrected with each block.
const CORRECTION: u32 = 32;

/// Where a block belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Placed {
    pub captured: Instant,
    /// Missing frames before it.
    pub lost: u32,
}

/// The timeline of one stream.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    end: Option<Instant>,
}

impl Timeline {
    /// Places a block of `frames` frames, whose cycle was at `time`.
    pub fn place(&mut self, time: Instant, frames: usize) -> Placed {
        let placed = match self.end {
            None => Placed {
                captured: time,
                lost: 0,
            },
            Some(end) => follow(end, time),
        };
        self.end = Some(placed.captured + length(frames));
        placed
    }
}

fn follow(end: Instant, time: Instant) -> Placed {
    let late = time.saturating_duration_since(end);
    let early = end.saturating_duration_since(time);
    if late > GAP {
        let lost = late.as_nanos() * u128::from(AUDIO_RATE) / 1_000_000_000;
        return Placed {
            captured: time,
            lost: u32::try_from(lost).unwrap_or(u32::MAX),
        };
    }
    let captured = if early > GAP {
        time
    } else {
        (end + late / CORRECTION)
            .checked_sub(early / CORRECTION)
            .unwrap_or(time)
    };
    Placed { captured, lost: 0 }
}

/// How long `frames` frames last.
pub(super) fn length(frames: usize) -> Duration {
    Duration::from_nanos(frames as u64 * 1_000_000_000 / u64::from(AUDIO_RATE))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn us(us: u64) -> Duration {
        Duration::from_micros(us)
    }

    #[test]
    fn jittering_cycles_become_a_steady_timeline() {
        let start = Instant::now();
        let mut timeline = Timeline::default();
        let mut last = timeline.place(start, 480).captured;
        for n in 1..200_u64 {
            let jitter = us((n * 7919) % 3000);
            let placed = timeline.place(start + us(n * 10_000) + jitter, 480);
            assert_eq!(placed.lost, 0);
            let step = placed.captured - last;
            assert!(step.abs_diff(us(10_000)) < us(150), "{step:?}");
            last = placed.captured;
        }
        assert!((last - start).abs_diff(us(199 * 10_000)) < us(3000));
    }

    #[test]
    fn a_clock_that_runs_otherwise_is_followed() {
        let start = Instant::now();
        let mut timeline = Timeline::default();
        let mut off = Duration::ZERO;
        for n in 0..5000_u64 {
            // 300 ppm slow.
            let time = start + us(n * 10_003);
            off = timeline.place(time, 480).captured.max(time) - timeline_min(&timeline, time);
        }
        assert!(off < Duration::from_millis(11), "{off:?}");
    }

    fn timeline_min(timeline: &Timeline, time: Instant) -> Instant {
        timeline.end.unwrap().min(time)
    }

    #[test]
    fn missing_sound_is_told_in_frames() {
        let start = Instant::now();
        let mut timeline = Timeline::default();
        timeline.place(start, 480);
        let placed = timeline.place(start + us(110_000), 480);
        assert_eq!(
            placed,
            Placed {
                captured: start + us(110_000),
                lost: 4800
            }
        );
        assert_eq!(timeline.place(start + us(120_000), 480).lost, 0);
    }

    #[test]
    fn a_clock_that_jumps_back_loses_nothing() {
        let start = Instant::now();
        let mut timeline = Timeline::default();
        timeline.place(start + us(500_000), 480);
        let placed = timeline.place(start, 480);
        assert_eq!(
            placed,
            Placed {
                captured: start,
                lost: 0
            }
        );
    }
}
