// SPDX-License-Identifier: GPL-3.0-or-later
//! How long things waited for this program: when each was due in, the part of the time in which something waited out.
//!
//! A loop that wakes up late is a computer that is busy, whatever the network does. Time in which the loop itself waits for
//! the kernel to take packets does not count: that is the network card's. Reads no clock.

use std::time::{Duration, Instant};

/// Schedulers and timers need some time, also on an idle computer.
const USUAL: Duration = Duration::from_millis(10);

/// The lateness of one media loop.
#[derive(Debug)]
pub(super) struct Lateness {
    /// Nothing that was due before this moment waits any more, or it has been counted.
    settled: Instant,
    waited: Duration,
    since: Instant,
}

impl Lateness {
    /// Nothing is due yet.
    pub(super) fn new(now: Instant) -> Lateness {
        Lateness {
            settled: now,
            waited: Duration::ZERO,
            since: now,
        }
    }

    /// All that was due has been done.
    pub(super) fn caught_up(&mut self, now: Instant) {
        self.settled = self.settled.max(now);
    }

    /// Something is begun now that was due at that moment.
    pub(super) fn begun(&mut self, now: Instant, due: Instant) {
        let late = now.saturating_duration_since(due.max(self.settled));
        if late > USUAL {
            self.waited += late;
            self.settled = now;
        }
    }

    /// The part of the time since the last call in which something waited, 0 to 1.
    pub(super) fn take(&mut self, now: Instant) -> f64 {
        let passed = now.saturating_duration_since(self.since).as_secs_f64();
        let waited = std::mem::take(&mut self.waited).as_secs_f64();
        self.since = now;
        if passed > 0.0 {
            (waited / passed).min(1.0)
        } else {
            0.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn percent(lateness: &mut Lateness, now: Instant) -> f64 {
        (lateness.take(now) * 100.0).round()
    }

    #[expect(clippy::float_cmp, reason = "whole percent")]
    #[test]
    fn a_loop_that_is_a_little_late_is_on_time() {
        let start = Instant::now();
        let mut lateness = Lateness::new(start);
        for turn in 1..=50 {
            let due = start + 20 * MS * turn;
            lateness.begun(due + 8 * MS, due);
            lateness.caught_up(due + 9 * MS);
        }
        assert_eq!(percent(&mut lateness, start + 1000 * MS), 0.0);
    }

    #[expect(clippy::float_cmp, reason = "whole percent")]
    #[test]
    fn what_waits_at_the_same_time_waits_once() {
        let start = Instant::now();
        let mut lateness = Lateness::new(start);
        // A timer, a frame and a datagram: all found by the same late awakening.
        let awake = start + 300 * MS;
        for due in [100, 150, 120] {
            lateness.begun(awake, start + due * MS);
        }
        lateness.caught_up(awake + MS);
        assert_eq!(percent(&mut lateness, start + 1000 * MS), 20.0);
        assert_eq!(percent(&mut lateness, start + 2000 * MS), 0.0, "taken");
    }

    #[expect(clippy::float_cmp, reason = "whole percent")]
    #[test]
    fn waiting_for_the_kernel_is_no_lateness() {
        let start = Instant::now();
        let mut lateness = Lateness::new(start);
        // The loop was handing packets over until then; what came meanwhile could not be begun before.
        lateness.caught_up(start + 400 * MS);
        lateness.begun(start + 405 * MS, start + 50 * MS);
        assert_eq!(percent(&mut lateness, start + 1000 * MS), 0.0);
    }

    #[expect(clippy::float_cmp, reason = "the bounds themselves")]
    #[test]
    fn it_is_never_more_than_all_of_the_time() {
        let start = Instant::now();
        let mut lateness = Lateness::new(start);
        assert_eq!(lateness.take(start), 0.0, "no time has passed");
        lateness.begun(start + 900 * MS, start);
        lateness.since = start + 800 * MS;
        assert_eq!(lateness.take(start + 900 * MS), 1.0);
    }
}
