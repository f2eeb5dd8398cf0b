// SPDX-License-Identifier: GPL-3.0-or-later
//! Measurements of the round trip in, a steady value out. Goes up fast and comes down slowly, so that a packet is not
//! taken for lost while it is still under way.

use std::time::Duration;

/// No round trip is taken for shorter (Open Screen `sender_impl.cc`).
pub(super) const MIN_ROUND_TRIP: Duration = Duration::from_micros(75);

/// A falling measurement counts 1 to 7 against what is known (Open Screen `sender_impl.cc`).
const INERTIA: u32 = 7;

/// The mean deviation follows by a quarter, and an answer may take four of it longer than the mean (RFC 6298).
const DEVIATION_PARTS: u32 = 4;

/// The filtered round trip time of the path.
#[derive(Debug, Default)]
pub(super) struct RoundTrip {
    filtered: Option<Duration>,
    deviation: Duration,
}

impl RoundTrip {
    /// Takes a measurement; the result never exceeds `target_delay`: what takes longer is of no use anyway.
    pub(super) fn measured(&mut self, sample: Duration, target_delay: Duration) {
        let sample = sample.clamp(MIN_ROUND_TRIP, target_delay.max(MIN_ROUND_TRIP));
        self.deviation = match self.filtered {
            // So that the first measurement means two round trips.
            None => sample / DEVIATION_PARTS,
            Some(known) => {
                let new = known.abs_diff(sample);
                (self.deviation * (DEVIATION_PARTS - 1) + new) / DEVIATION_PARTS
            }
        };
        self.filtered = Some(match self.filtered {
            None => sample,
            Some(known) if sample > known => (known + sample) / 2,
            Some(known) => (known * INERTIA + sample) / (INERTIA + 1),
        });
    }

    /// The filtered value; `None` before the first measurement.
    pub(super) fn known(&self) -> Option<Duration> {
        self.filtered
    }

    /// How long an answer may well take: two round trips, or longer on a path (or a busy computer at its end) where the
    /// times vary much. `None` before the first measurement.
    pub(super) fn patience(&self) -> Option<Duration> {
        self.filtered
            .map(|known| (known * 2).max(known + self.deviation * DEVIATION_PARTS))
    }

    /// The filtered value, 0 before the first measurement.
    pub(super) fn or_zero(&self) -> Duration {
        self.filtered.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filter_goes_up_by_half_and_down_by_an_eighth_within_its_bounds() {
        let ms = Duration::from_millis;
        let target = ms(400);
        // (sample, filtered after it)
        let table = [
            (ms(80), ms(80)),
            (ms(160), ms(120)),
            (ms(40), ms(110)),
            (ms(110), ms(110)),
            (ms(9000), ms(255)),
        ];
        let mut round_trip = RoundTrip::default();
        assert_eq!(round_trip.known(), None);
        for (sample, expected) in table {
            round_trip.measured(sample, target);
            assert_eq!(round_trip.known(), Some(expected), "{sample:?}");
        }
        let mut round_trip = RoundTrip::default();
        assert_eq!(round_trip.patience(), None);
        for _ in 0..100 {
            round_trip.measured(ms(10), target);
        }
        assert_eq!(round_trip.patience(), Some(ms(20)), "a steady path");
        round_trip.measured(ms(50), target);
        assert!(round_trip.patience() >= Some(ms(70)), "{round_trip:?}");
        let mut round_trip = RoundTrip::default();
        round_trip.measured(Duration::ZERO, target);
        assert_eq!(round_trip.or_zero(), MIN_ROUND_TRIP);
        round_trip.measured(ms(1), Duration::ZERO);
        assert_eq!(round_trip.or_zero(), MIN_ROUND_TRIP);
    }
}
