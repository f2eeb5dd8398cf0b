// SPDX-License-Identifier: GPL-3.0-or-later
//! The receiver's clock of instants, which drifts and jumps against the simulation's, which is the sender's.

use std::time::{Duration, Instant};

const MILLION: i128 = 1_000_000;

/// What the receiver's clock shows, by what the sender's does. Whole nanoseconds, so that there and back is exact.
#[derive(Debug, Clone, Copy)]
pub struct TheirClock {
    start: Instant,
    /// It runs so many millionths faster.
    drift_ppm: i32,
    /// It has jumped ahead by this much in all.
    ahead: Duration,
}

impl TheirClock {
    pub fn new(start: Instant, drift_ppm: i32) -> TheirClock {
        TheirClock {
            start,
            drift_ppm,
            ahead: Duration::ZERO,
        }
    }

    /// It goes forward by this much at once.
    pub fn jump(&mut self, span: Duration) {
        self.ahead += span;
    }

    /// What it shows at this moment.
    pub fn theirs(&self, ours: Instant) -> Instant {
        let passed = nanos(ours.saturating_duration_since(self.start));
        let theirs = passed * (MILLION + i128::from(self.drift_ppm)) / MILLION;
        self.start + duration(theirs) + self.ahead
    }

    /// When it shows this, rounded up: whoever is woken then is not woken too early.
    pub fn ours(&self, theirs: Instant) -> Instant {
        let passed = nanos(theirs.saturating_duration_since(self.start + self.ahead));
        let rate = MILLION + i128::from(self.drift_ppm);
        self.start + duration((passed * MILLION + rate - 1) / rate)
    }
}

fn nanos(span: Duration) -> i128 {
    i128::try_from(span.as_nanos()).unwrap()
}

fn duration(nanos: i128) -> Duration {
    Duration::from_nanos(u64::try_from(nanos).unwrap())
}
