// SPDX-License-Identifier: GPL-3.0-or-later
//! When a raw frame may be taken, so that no more pictures are encoded than agreed. Instants in and out.

use std::time::{Duration, Instant};

use crate::encode::slot::Arrival;

/// A frame that came too early waits for a newer one by this many quarters of the time between the last two: capture is
/// never quite even.
const PATIENCE_QUARTERS: u32 = 5;

/// A bucket of two frames that is filled at the agreed rate (the generic cell rate algorithm). So a frame that comes at
/// the rate, however unevenly, is taken when it comes; after a pause one frame more is let through.
///
/// A source that is faster empties the bucket. Then an early frame gives way to the next one, which is taken when it
/// comes, instead of each growing old until its turn.
#[derive(Debug)]
pub(super) struct Pace {
    interval: Duration,
    /// When the bucket is full again.
    full: Option<Instant>,
}

impl Pace {
    /// At most `rate` frames per second (at least 1).
    pub(super) fn new(rate: u32) -> Pace {
        Pace {
            interval: Duration::from_secs(1) / rate.max(1),
            full: None,
        }
    }

    /// Another rate from now on: the last frame counts as one of the new rate.
    pub(super) fn set_rate(&mut self, rate: u32) {
        let new = Pace::new(rate).interval;
        self.full = self
            .full
            .and_then(|full| full.checked_sub(self.interval))
            .map(|before| before + new);
        self.interval = new;
    }

    /// Time between frames at this rate.
    pub(super) fn interval(&self) -> Duration {
        self.interval
    }

    /// From when on a frame that arrived so may be taken, unless a newer one replaces it.
    pub(super) fn due(&self, arrival: Arrival) -> Instant {
        let due = self.full.and_then(|full| full.checked_sub(self.interval));
        match due {
            Some(due) if due > arrival.at => {
                // The last frame before a pause has no successor, so the wait has an end.
                let distance = arrival.since_previous.min(self.interval);
                due.max(arrival.at + distance * PATIENCE_QUARTERS / 4)
            }
            _ => arrival.at,
        }
    }

    /// Notes that a frame was taken.
    pub(super) fn taken(&mut self, now: Instant) {
        let full = self.full.map_or(now, |full| full.max(now));
        self.full = Some(full + self.interval);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Offers frames that arrive at these times, in microseconds, each for as long as no newer one comes; returns for
    /// each that is taken when, and how long it was held back.
    fn offer(pace: &mut Pace, start: Instant, arrivals: &[u64]) -> Vec<(Duration, Duration)> {
        let mut taken = Vec::new();
        let mut previous = start;
        for (index, micros) in arrivals.iter().enumerate() {
            let at = start + Duration::from_micros(*micros);
            let arrival = Arrival {
                at,
                since_previous: at.duration_since(previous),
            };
            previous = at;
            let due = pace.due(arrival);
            let next = arrivals
                .get(index + 1)
                .map(|micros| start + Duration::from_micros(*micros));
            if next.is_none_or(|next| due < next) {
                pace.taken(due);
                taken.push((due.duration_since(start), due.duration_since(at)));
            }
        }
        taken
    }

    /// Arrivals every `every` microseconds for 10 s.
    fn even(every: u64) -> Vec<u64> {
        (0..10_000_000).step_by(every as usize).collect()
    }

    fn held(taken: &[(Duration, Duration)]) -> Duration {
        taken
            .iter()
            .map(|(_, held)| *held)
            .max()
            .unwrap_or_default()
    }

    #[test]
    fn a_source_at_the_rate_is_taken_whole_in_spite_of_coarse_times() {
        for (rate, every, count) in [(30, 34_000, 295), (60, 17_000, 589), (30, 33_334, 300)] {
            let taken = offer(&mut Pace::new(rate), Instant::now(), &even(every));
            assert_eq!(taken.len(), count, "{rate}");
            assert_eq!(held(&taken), Duration::ZERO, "{rate}");
        }
    }

    #[test]
    fn uneven_frames_at_the_rate_are_never_held_back() {
        // Late by up to 30 ms, one after the other and all at once.
        let late = [
            0, 16_000, 30_000, 3_000, 0, 0, 25_000, 9_000, 30_000, 30_000, 1_000,
        ];
        let arrivals: Vec<u64> = (0..3_000_u64)
            .map(|index| index * 33_334 + late[index as usize % late.len()])
            .collect();
        let taken = offer(&mut Pace::new(30), Instant::now(), &arrivals);
        assert_eq!(taken.len(), arrivals.len());
        assert_eq!(held(&taken), Duration::ZERO);
    }

    #[test]
    fn a_faster_source_is_thinned_out_to_the_rate_and_its_frames_do_not_grow_old() {
        for (rate, every) in [
            (30, 33_300),
            (30, 25_000),
            (30, 16_667),
            (30, 16_000),
            (30, 4_000),
            (10, 7_000),
        ] {
            let mut arrivals = even(every);
            // No last frame: it is the only one that has to wait.
            arrivals.push(20_000_000);
            let taken = offer(&mut Pace::new(rate), Instant::now(), &arrivals);
            let count = (taken.len() - 1) as u32;
            assert!(
                (rate * 98 / 10..=rate * 102 / 10).contains(&count),
                "{every}: {count}"
            );
            let last = Duration::from_micros(every * 2);
            let moving: Vec<_> = taken
                .iter()
                .copied()
                .filter(|(at, _)| *at < Duration::from_secs(10).saturating_sub(last))
                .collect();
            assert_eq!(held(&moving), Duration::ZERO, "{every}");
        }
    }

    #[test]
    fn the_last_frame_before_a_pause_is_taken_soon() {
        for every in [33_000, 25_000, 16_667, 4_000] {
            for count in 1..200 {
                let arrivals = &even(every)[..count];
                let taken = offer(&mut Pace::new(30), Instant::now(), arrivals);
                let (at, held) = taken[taken.len() - 1];
                let last = Duration::from_micros(arrivals[count - 1]);
                assert_eq!(at, last + held, "{every}: it is the last one");
                assert!(held < Duration::from_millis(42), "{every}: {held:?}");
            }
        }
    }

    #[test]
    fn a_pause_is_caught_up_by_one_frame_only() {
        let burst = [0, 5_000_000, 5_000_001, 5_000_002, 5_000_003, 5_000_004];
        let taken = offer(&mut Pace::new(10), Instant::now(), &burst);
        let at: Vec<u128> = taken.iter().map(|(at, _)| at.as_micros()).collect();
        assert_eq!(at, [0, 5_000_000, 5_000_001, 5_100_000]);
    }

    #[test]
    fn another_rate_counts_from_the_last_frame() {
        let start = Instant::now();
        let soon = Arrival {
            at: start,
            since_previous: Duration::ZERO,
        };
        let mut pace = Pace::new(10);
        pace.taken(start);
        pace.taken(start);
        assert_eq!(pace.due(soon), start + Duration::from_millis(100));
        pace.set_rate(50);
        assert_eq!(pace.interval(), Duration::from_millis(20));
        pace.taken(start + Duration::from_millis(200));
        pace.taken(start + Duration::from_millis(200));
        let later = Arrival {
            at: start + Duration::from_millis(200),
            since_previous: Duration::ZERO,
        };
        assert_eq!(pace.due(later), start + Duration::from_millis(220));
    }
}
