// SPDX-License-Identifier: GPL-3.0-or-later
//! The last minute of a cast in numbers: `SessionStats` in, once a second; out, whenever somebody looks, all that are left.
//!
//! Collected whether anybody looks or not, so that a graph that is opened shows what was. Costs one copy a second.

mod figure;
mod record;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

pub use self::figure::{Delays, Figure};
use crate::session::stats::SessionStats;

/// How far it reaches back.
pub const HISTORY: Duration = Duration::from_mins(1);

/// Samples that are kept: one a second, at both ends of the minute, and one that is about to leave it.
pub const SAMPLES: usize = 62;

/// The numbers of one moment.
#[derive(Debug)]
pub struct Sample {
    /// When they were told.
    pub at: Instant,
    /// The numbers; its rates are those of the second before `at`.
    pub stats: SessionStats,
}

/// The newest samples, oldest first, [`SAMPLES`] at most. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct History(Arc<Ring>);

#[derive(Debug, Default)]
struct Ring {
    samples: Mutex<VecDeque<Arc<Sample>>>,
    pushed: watch::Sender<u64>,
}

impl History {
    /// What is left of the last minute, oldest first.
    pub fn samples(&self) -> Vec<Arc<Sample>> {
        let samples = self.0.samples.lock();
        let samples = samples.unwrap_or_else(PoisonError::into_inner);
        samples.iter().cloned().collect()
    }

    /// How many there have been; changes with each one.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.pushed.subscribe()
    }

    pub(super) fn push(&self, at: Instant, stats: SessionStats) {
        let samples = self.0.samples.lock();
        let mut samples = samples.unwrap_or_else(PoisonError::into_inner);
        let too_old = |sample: &Arc<Sample>| {
            at.saturating_duration_since(sample.at) > HISTORY + Duration::from_secs(1)
        };
        while samples.len() >= SAMPLES || samples.front().is_some_and(too_old) {
            samples.pop_front();
        }
        samples.push_back(Arc::new(Sample { at, stats }));
        drop(samples);
        self.0.pushed.send_modify(|count| *count += 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(history: &History, start: Instant) -> Vec<u64> {
        let samples = history.samples();
        let ages = samples.iter().map(|sample| sample.at - start);
        ages.map(|age| age.as_secs()).collect()
    }

    #[test]
    fn the_last_minute_is_kept_and_no_more_than_its_samples() {
        let (history, start) = (History::default(), Instant::now());
        for second in 0..200 {
            let at = start + Duration::from_secs(second);
            history.push(at, SessionStats::default());
        }
        assert_eq!(at(&history, start), (138..200).collect::<Vec<_>>());
        assert_eq!(*history.changes().borrow(), 200);
        for _ in 0..100 {
            history.push(start + Duration::from_secs(200), SessionStats::default());
        }
        assert_eq!(history.samples().len(), SAMPLES);
    }

    #[test]
    fn what_is_older_than_a_minute_goes_even_when_little_follows() {
        let (history, start) = (History::default(), Instant::now());
        for second in [0, 1, 2, 63] {
            let at = start + Duration::from_secs(second);
            history.push(at, SessionStats::default());
        }
        assert_eq!(at(&history, start), [2, 63]);
    }
}
