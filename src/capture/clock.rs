// SPDX-License-Identifier: GPL-3.0-or-later
//! PipeWire's nanoseconds (`CLOCK_MONOTONIC`) as [`Instant`]s.
//!
//! On Linux an `Instant` is read from the same clock, so one pair of readings fixes the offset for ever.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// A header that claims to be further than this from now is wrong (another clock, or no time at all).
const BELIEVABLE: Duration = Duration::from_secs(2);

/// Nanoseconds of `CLOCK_MONOTONIC` now.
pub fn monotonic_nanos() -> i64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec
        .saturating_mul(1_000_000_000)
        .saturating_add(now.tv_nsec)
}

/// The instant at which `CLOCK_MONOTONIC` showed `nanos`; `None` when that is not a plausible time of a picture or a
/// sound that arrives at `now`.
pub fn instant_of(nanos: i64, now: Instant) -> Option<Instant> {
    static PAIR: OnceLock<(Instant, i64)> = OnceLock::new();
    let &(base, base_nanos) = PAIR.get_or_init(|| (Instant::now(), monotonic_nanos()));
    let offset = nanos.checked_sub(base_nanos)?;
    let distance = Duration::from_nanos(offset.unsigned_abs());
    let instant = if offset >= 0 {
        base.checked_add(distance)
    } else {
        base.checked_sub(distance)
    }?;
    let off = instant
        .saturating_duration_since(now)
        .max(now.saturating_duration_since(instant));
    (off <= BELIEVABLE).then_some(instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_monotonic_time_is_the_instant_of_that_time() {
        let before = Instant::now();
        let nanos = monotonic_nanos();
        let after = Instant::now();
        let instant = instant_of(nanos, after).unwrap();
        // The pair of readings itself takes some time between its halves.
        let slack = Duration::from_millis(20);
        assert!(instant + slack >= before && instant <= after + slack);
    }

    #[test]
    fn times_of_another_clock_are_refused() {
        let now = Instant::now();
        let nanos = monotonic_nanos();
        assert_eq!(instant_of(0, now + Duration::from_secs(10)), None);
        assert_eq!(instant_of(nanos + 5_000_000_000, now), None);
        assert_eq!(instant_of(i64::MIN, now), None);
        assert_eq!(instant_of(i64::MAX, now), None);
        assert!(instant_of(nanos - 1_500_000_000, now).is_some());
    }
}
