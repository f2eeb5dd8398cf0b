// SPDX-License-Identifier: GPL-3.0-or-later
//! Notices that the machine was asleep: the kernel's clocks in, the length of the sleep out.
//!
//! [`std::time::Instant`] stands still during suspend, so the loop cannot see it; the receiver's clock goes on.

use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};

/// The two clocks are read one after the other, and a busy machine may take a while in between.
const SHORTEST: Duration = Duration::from_millis(100);

/// How long the machine has slept since it was started, as of the last look.
#[derive(Debug)]
pub(super) struct Sleep(Duration);

impl Sleep {
    pub(super) fn new() -> Sleep {
        Sleep(so_far())
    }

    /// How long it slept since the last look.
    pub(super) fn look(&mut self) -> Option<Duration> {
        self.look_at(so_far())
    }

    fn look_at(&mut self, so_far: Duration) -> Option<Duration> {
        let slept = so_far
            .checked_sub(self.0)
            .filter(|span| *span >= SHORTEST)?;
        self.0 = so_far;
        Some(slept)
    }
}

/// Since the machine was started.
fn so_far() -> Duration {
    // Read first, so that a pause in between does not look like sleep.
    let with_sleep = clock_gettime(ClockId::Boottime);
    let without = clock_gettime(ClockId::Monotonic);
    span(with_sleep).saturating_sub(span(without))
}

fn span(time: Timespec) -> Duration {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u32::try_from(time.tv_nsec).unwrap_or(0);
    Duration::new(seconds, nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sleep_is_noticed_once_and_a_pause_is_none() {
        let mut sleep = Sleep::new();
        assert_eq!(sleep.look(), None);
        let before = sleep.0;
        let long = Duration::from_mins(10);
        assert_eq!(sleep.look_at(before + SHORTEST / 2), None);
        assert_eq!(sleep.look_at(before + long), Some(long));
        assert_eq!(sleep.look_at(before + long), None);
        assert_eq!(sleep.look_at(before), None, "clocks were read unevenly");
    }
}
