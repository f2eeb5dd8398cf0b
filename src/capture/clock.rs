// SPDX-License-Identifier: GPL-3.0-or-later
//! PipeWire's nanoseconds (`CLOCK_MONOTONIC`) as [`Instant`]s, when they can be believed.

use std::time::{Duration, Instant};

/// A header that claims to be further than this from now is wrong (another clock, or no time at all).
const BELIEVABLE: Duration = Duration::from_secs(2);

/// The instant at which `CLOCK_MONOTONIC` showed `nanos`; `None` when that is not a plausible time of a picture or a
/// sound that arrives at `now`.
pub fn instant_of(nanos: i64, now: Instant) -> Option<Instant> {
    let instant = crate::clock::instant_of(Duration::from_nanos(u64::try_from(nanos).ok()?));
    let off = instant
        .saturating_duration_since(now)
        .max(now.saturating_duration_since(instant));
    (off <= BELIEVABLE).then_some(instant)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::monotonic;

    #[test]
    fn a_monotonic_time_is_the_instant_of_that_time() {
        let before = Instant::now();
        let nanos = monotonic().as_nanos() as i64;
        let after = Instant::now();
        let instant = instant_of(nanos, after).unwrap();
        // The pair of readings that fixes the offset takes some time between its halves.
        let slack = Duration::from_millis(5);
        assert!(instant + slack >= before && instant <= after + slack);
    }

    #[test]
    fn times_of_another_clock_are_refused() {
        let now = Instant::now();
        let nanos = monotonic().as_nanos() as i64;
        assert_eq!(instant_of(0, now + Duration::from_secs(10)), None);
        assert_eq!(instant_of(nanos + 5_000_000_000, now), None);
        assert_eq!(instant_of(-1, now), None);
        assert_eq!(instant_of(i64::MIN, now), None);
        assert_eq!(instant_of(i64::MAX, now), None);
        assert!(instant_of(nanos - 1_500_000_000, now).is_some());
    }
}
