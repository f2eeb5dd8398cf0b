// SPDX-License-Identifier: GPL-3.0-or-later
//! The machine's monotonic clock, as a number and as an [`Instant`]; and a thread's processor time.
//!
//! PipeWire, GTK and the test card's time code count nanoseconds of `CLOCK_MONOTONIC`; the protocol core counts
//! [`Instant`]s, which on Linux are the same clock without a way to read the number. This is the only place that
//! converts between the two.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// The monotonic clock now, since its origin (the start of the machine).
pub fn monotonic() -> Duration {
    let now = clock_gettime(ClockId::Monotonic);
    Duration::new(now.tv_sec.unsigned_abs(), now.tv_nsec as u32)
}

/// The processor time that this thread has used.
pub fn of_thread() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec.unsigned_abs(), now.tv_nsec as u32)
}

/// One moment on both clocks. Fixed once: two conversions must never differ because a thread was interrupted between
/// the readings of one of them.
fn same_moment() -> (Instant, Duration) {
    static MOMENT: OnceLock<(Instant, Duration)> = OnceLock::new();
    *MOMENT.get_or_init(|| {
        // The tightest of some readings: an interruption shows as a long one.
        let readings = (0..8).map(|_| {
            let (before, number, after) = (Instant::now(), monotonic(), Instant::now());
            (after - before, before, number)
        });
        readings
            .min()
            .map_or_else(|| (Instant::now(), monotonic()), |best| (best.1, best.2))
    })
}

/// The [`Instant`] at which the monotonic clock shows `time`.
///
/// A time before the process could know (far in the past) becomes the earliest instant that can be expressed.
pub fn instant_of(time: Duration) -> Instant {
    let (instant, number) = same_moment();
    let (ahead, behind) = (time.saturating_sub(number), number.saturating_sub(time));
    let later = instant.checked_add(ahead).unwrap_or(instant);
    later.checked_sub(behind).unwrap_or(instant)
}

/// What the monotonic clock shows at `instant`.
pub fn monotonic_of(instant: Instant) -> Duration {
    let (then, number) = same_moment();
    let ahead = instant.saturating_duration_since(then);
    (number + ahead).saturating_sub(then.saturating_duration_since(instant))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn converting_there_and_back_loses_less_than_a_millisecond() {
        let time = monotonic();
        let back = monotonic_of(instant_of(time));
        assert!(
            back.abs_diff(time) < Duration::from_millis(1),
            "{time:?} became {back:?}"
        );
    }
}
