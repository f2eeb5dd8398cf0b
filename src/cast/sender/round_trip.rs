// SPDX-License-Identifier: GPL-3.0-or-later
//! Measurements of the round trip in; its usual length and the time after which an answer is overdue out.
//!
//! The reference keeps one value that goes up fast and comes down slowly, and caps it at the target delay; after one slow
//! answer it repeats nothing for a long while. Two values do better: the mean, and how far measurements stray from it
//! (as TCP does, RFC 6298). Samples are taken as they are.

use std::time::Duration;

/// No round trip is taken for shorter (Open Screen `sender_impl.cc`).
pub(super) const MIN_ROUND_TRIP: Duration = Duration::from_micros(75);

/// A measurement counts 1 to 7 against the mean (RFC 6298).
const MEAN_INERTIA: u32 = 7;

/// A stray counts 1 to 3 against what is known of them (RFC 6298).
const STRAY_INERTIA: u32 = 3;

/// So many mean strays above the mean an answer is overdue (RFC 6298).
const STRAYS: u32 = 4;

/// But at least this much above: a packet waits behind those that left with it, and for the schedulers of both ends.
const MIN_MARGIN: Duration = Duration::from_millis(2);

/// Assumed before the first measurement: long for a home network, and short against any target delay.
const OVERDUE_IF_UNKNOWN: Duration = Duration::from_millis(50);

/// The round trip time of the path.
#[derive(Debug, Default)]
pub(super) struct RoundTrip {
    mean: Option<Duration>,
    stray: Duration,
}

impl RoundTrip {
    /// Takes a measurement.
    pub(super) fn measured(&mut self, sample: Duration) {
        let sample = sample.max(MIN_ROUND_TRIP);
        let Some(mean) = self.mean else {
            self.mean = Some(sample);
            return;
        };
        self.stray = (self.stray * STRAY_INERTIA + mean.abs_diff(sample)) / (STRAY_INERTIA + 1);
        self.mean = Some((mean * MEAN_INERTIA + sample) / (MEAN_INERTIA + 1));
    }

    /// The mean; `None` before the first measurement.
    pub(super) fn known(&self) -> Option<Duration> {
        self.mean
    }

    /// How far measurements stray from the mean; `None` before the first one.
    pub(super) fn jitter(&self) -> Option<Duration> {
        self.mean.map(|_| self.stray)
    }

    /// How long an answer may well take: two round trips, or longer on a path (or a busy computer at its end) where the
    /// times vary much. `None` before the first measurement.
    pub(super) fn patience(&self) -> Option<Duration> {
        let mean = self.mean?;
        Some((mean * 2).max(mean + self.stray * STRAYS))
    }

    /// The mean, 0 before the first measurement.
    pub(super) fn or_zero(&self) -> Duration {
        self.mean.unwrap_or_default()
    }

    /// How old a packet must be for a report that does not know of it to prove that it was lost; `None` before the first
    /// measurement.
    pub(super) fn proof(&self) -> Option<Duration> {
        Some(self.mean? + (self.stray * STRAYS).max(MIN_MARGIN))
    }

    /// After this long it is time to ask again; at most `limit`.
    pub(super) fn overdue(&self, limit: Duration) -> Duration {
        let overdue = self.proof().unwrap_or(OVERDUE_IF_UNKNOWN);
        overdue.min(limit.max(MIN_MARGIN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);
    const LIMIT: Duration = Duration::from_millis(400);

    fn measured(samples: &[Duration]) -> RoundTrip {
        let mut round_trip = RoundTrip::default();
        for sample in samples {
            round_trip.measured(*sample);
        }
        round_trip
    }

    #[test]
    fn nothing_is_known_before_the_first_measurement_which_is_then_believed() {
        let round_trip = measured(&[]);
        assert_eq!((round_trip.known(), round_trip.jitter()), (None, None));
        assert_eq!(round_trip.proof(), None);
        assert_eq!(round_trip.overdue(LIMIT), OVERDUE_IF_UNKNOWN);
        let round_trip = measured(&[20 * MS]);
        assert_eq!(round_trip.known(), Some(20 * MS));
        assert_eq!(round_trip.jitter(), Some(Duration::ZERO));
        assert_eq!(round_trip.proof(), Some(22 * MS));
        assert_eq!(round_trip.overdue(LIMIT), 22 * MS);
        assert_eq!(round_trip.patience(), Some(40 * MS));
        assert_eq!(measured(&[Duration::ZERO]).or_zero(), MIN_ROUND_TRIP);
    }

    #[test]
    fn one_slow_answer_is_allowed_for_at_once_and_soon_forgotten() {
        let mut round_trip = measured(&[20 * MS; 8]);
        round_trip.measured(100 * MS);
        assert_eq!(round_trip.known(), Some(30 * MS));
        assert_eq!(round_trip.jitter(), Some(20 * MS));
        assert_eq!(round_trip.proof(), Some(110 * MS));
        assert_eq!(round_trip.patience(), Some(110 * MS));
        for _ in 0..20 {
            round_trip.measured(20 * MS);
        }
        assert!(round_trip.proof().unwrap() < 30 * MS);
    }

    #[test]
    fn no_answer_of_a_jittery_path_is_taken_for_lost() {
        let samples: Vec<Duration> = (0..200).map(|i| 15 * MS + MS * (i * 7 % 40)).collect();
        let proof = measured(&samples).proof().unwrap();
        assert!((55 * MS..95 * MS).contains(&proof), "{proof:?}");
    }

    #[test]
    fn nobody_waits_longer_than_the_limit_however_long_a_measurement_was() {
        let round_trip = measured(&[20 * MS, 60_000 * MS]);
        assert!(round_trip.known().unwrap() > LIMIT, "as it was measured");
        assert!(round_trip.proof().unwrap() > LIMIT);
        assert_eq!(round_trip.overdue(LIMIT), LIMIT);
    }
}
