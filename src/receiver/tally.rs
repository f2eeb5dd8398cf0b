// SPDX-License-Identifier: GPL-3.0-or-later
//! `Rate`: how often something happened, in the last second and in all. Pure.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Events that are remembered; no stream has as many in a second.
const MOST: usize = 1000;
const SECOND: Duration = Duration::from_secs(1);

/// A count, and one over a sliding second.
#[derive(Debug, Default)]
pub(super) struct Rate {
    times: VecDeque<Instant>,
    total: u64,
}

impl Rate {
    /// It happened.
    pub(super) fn count(&mut self, now: Instant) {
        self.total += 1;
        if self.times.len() == MOST {
            self.times.pop_front();
        }
        self.times.push_back(now);
    }

    /// How often it happened in the second before `now`.
    pub(super) fn per_second(&mut self, now: Instant) -> f64 {
        while self.times.front().is_some_and(|time| *time + SECOND <= now) {
            self.times.pop_front();
        }
        self.times.len() as f64
    }

    /// How often it happened since the start.
    pub(super) fn total(&self) -> u64 {
        self.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_that_of_the_last_second_and_the_total_that_of_all_time() {
        let start = Instant::now();
        let mut rate = Rate::default();
        for n in 0..60 {
            rate.count(start + n * SECOND / 30);
        }
        assert!((rate.per_second(start + 2 * SECOND) - 30.0).abs() < 1.5);
        assert!(rate.per_second(start + 4 * SECOND) < 0.5);
        assert_eq!(rate.total(), 60);
    }
}
