// SPDX-License-Identifier: GPL-3.0-or-later
//! When the next raw frame may be taken, so that no more pictures are encoded than agreed. Instants in and out.

use std::time::{Duration, Instant};

/// Part of the interval by which a frame may come early without being held back: capture is never quite even.
const TOLERANCE: u32 = 4;

/// The schedule of taken frames.
#[derive(Debug)]
pub(super) struct Pace {
    interval: Duration,
    next: Option<Instant>,
}

impl Pace {
    /// At most `rate` frames per second (at least 1).
    pub(super) fn new(rate: u32) -> Pace {
        Pace {
            interval: Duration::from_secs(1) / rate.max(1),
            next: None,
        }
    }

    /// Another rate from now on.
    pub(super) fn set_rate(&mut self, rate: u32) {
        let new = Pace::new(rate).interval;
        // The last frame was taken at `next - interval`.
        self.next = self
            .next
            .and_then(|next| next.checked_sub(self.interval))
            .map(|last| last + new);
        self.interval = new;
    }

    /// Time between frames at this rate.
    pub(super) fn interval(&self) -> Duration {
        self.interval
    }

    /// From when on a frame may be taken.
    pub(super) fn due(&self) -> Option<Instant> {
        self.next
            .and_then(|next| next.checked_sub(self.interval / TOLERANCE))
    }

    /// Notes that a frame was taken. The schedule keeps its grid, so that frames taken a little early or late do not
    /// change the rate, but does not catch up on frames that never came.
    pub(super) fn taken(&mut self, now: Instant) {
        let on_grid = self.next.map(|next| next + self.interval);
        let earliest = now + self.interval.saturating_sub(self.interval / TOLERANCE);
        self.next = Some(on_grid.map_or(now + self.interval, |grid| grid.max(earliest)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of the frames that arrive every `every` ms within 10 s are taken at `rate`, each at its arrival.
    fn taken(rate: u32, every: u64) -> u32 {
        let start = Instant::now();
        let mut pace = Pace::new(rate);
        let mut count = 0;
        for ms in (0..10_000).step_by(every as usize) {
            let now = start + Duration::from_millis(ms);
            if pace.due().is_none_or(|due| due <= now) {
                pace.taken(now);
                count += 1;
            }
        }
        count
    }

    #[test]
    fn a_source_at_the_rate_is_taken_whole_in_spite_of_coarse_times() {
        assert_eq!(taken(30, 34), 295);
        assert_eq!(taken(60, 17), 589);
    }

    #[test]
    fn a_faster_source_is_thinned_out_to_the_rate() {
        assert!((295..=305).contains(&taken(30, 16)), "{}", taken(30, 16));
        assert!((295..=305).contains(&taken(30, 4)), "{}", taken(30, 4));
        assert!((98..=102).contains(&taken(10, 7)), "{}", taken(10, 7));
    }

    #[test]
    fn a_pause_is_not_caught_up() {
        let start = Instant::now();
        let mut pace = Pace::new(10);
        pace.taken(start);
        let later = start + Duration::from_secs(5);
        pace.taken(later);
        assert!(pace.due().unwrap() >= later + Duration::from_millis(50));
    }
}
