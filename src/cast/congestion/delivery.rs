// SPDX-License-Identifier: GPL-3.0-or-later
//! Answers in, bits per second that the path carries out: a measurement while a queue stands, a lower bound always.
//!
//! ```text
//!  left       ●──────────── a picture ───────────●  Δ bytes
//!              \  trough                          \
//!  arrived      ○ (first byte, if nothing waits)   ● answer          train:    Δ bytes / (● − ○)
//!  answers  ●───────────────────────────●                            delivery: Δ bytes between two answers
//! ```
//! While a queue stands the path never rests, so what it has passed on between two answers is what it can. Without a
//! queue that is merely what was sent; but a picture leaves faster than the path may carry it, and how much longer it
//! takes to arrive than to leave shows the path's speed (packet train dispersion).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Answers that are remembered, by number and by time.
const MAX_ARRIVALS: usize = 512;
const MEMORY: Duration = Duration::from_secs(1);

/// Between the answers that a rate is measured with lies at least this.
const MIN_SPAN: Duration = Duration::from_millis(60);

/// Reports of losses come in heaps, and late: no more than this part of what left counts as lost.
const MOST_LOST: f64 = 0.4;

/// Clocks, wake-ups and the radio blur every train by this at least.
const BLUR: Duration = Duration::from_micros(500);

/// Shorter trains measure the blur: bytes, about four packets.
const MIN_TRAIN: u64 = 5000;

/// Trains that are looked at together, and for how long.
const TRAINS: usize = 5;
const TRAIN_MEMORY: Duration = Duration::from_secs(1);

/// An answer.
#[derive(Debug, Clone, Copy)]
struct Arrival {
    at: Instant,
    /// All bytes that had left with what it answers.
    total: u64,
}

/// What arrived.
#[derive(Debug, Default)]
pub(super) struct Delivery {
    arrivals: VecDeque<Arrival>,
    lost: VecDeque<(Instant, usize)>,
    trains: VecDeque<(Instant, f64)>,
}

/// A picture that arrived.
#[derive(Debug, Clone, Copy)]
pub(super) struct Train {
    /// Its bytes on the wire.
    pub(super) bytes: u64,
    /// When the first left.
    pub(super) first_sent: Instant,
    /// When the last left.
    pub(super) all_sent: Instant,
    /// The delay of the empty path.
    pub(super) base: Duration,
    /// How uncertain the times are.
    pub(super) noise: Duration,
}

impl Delivery {
    /// An answer came to what had left with, or after, `total` bytes.
    pub(super) fn on_answer(&mut self, now: Instant, total: u64) {
        while self.arrivals.len() >= MAX_ARRIVALS
            || self
                .arrivals
                .front()
                .is_some_and(|first| first.at + MEMORY < now)
        {
            self.arrivals.pop_front();
        }
        // Answers that overtook each other tell nothing new.
        if self.arrivals.back().is_none_or(|last| last.total < total) {
            self.arrivals.push_back(Arrival { at: now, total });
        }
    }

    /// Whether everything of these bytes had been answered at this moment, as far as is known.
    pub(super) fn was_answered(&self, at: Instant, total: u64) -> bool {
        let before = self.arrivals.iter().rev().find(|arrival| arrival.at <= at);
        before.is_some_and(|arrival| arrival.total >= total)
    }

    /// Of all bytes that left, so many are known to have passed.
    pub(super) fn answered(&self) -> u64 {
        self.arrivals.back().map_or(0, |last| last.total)
    }

    /// When the last answer came that told something new.
    pub(super) fn last_at(&self) -> Option<Instant> {
        self.arrivals.back().map(|last| last.at)
    }

    /// This many bytes were reported missing.
    pub(super) fn on_lost(&mut self, now: Instant, bytes: usize) {
        while self.lost.len() >= MAX_ARRIVALS
            || self.lost.front().is_some_and(|(at, _)| *at + MEMORY < now)
        {
            self.lost.pop_front();
        }
        self.lost.push_back((now, bytes));
    }

    /// Bits per second that arrived since `from`; `None` when too little is known.
    pub(super) fn rate_since(&self, from: Instant) -> Option<f64> {
        let begin = self.arrivals.iter().find(|arrival| arrival.at >= from)?;
        let end = self.arrivals.back()?;
        let span = end.at.saturating_duration_since(begin.at);
        if span < MIN_SPAN {
            return None;
        }
        let lost = self
            .lost
            .iter()
            .filter(|(at, _)| *at > begin.at && *at <= end.at);
        let lost: usize = lost.map(|(_, bytes)| *bytes).sum();
        let bytes = (end.total - begin.total) as f64;
        let arrived = bytes - (lost as f64).min(bytes * MOST_LOST);
        Some(arrived * 8.0 / span.as_secs_f64())
    }

    /// A picture whose packets all left once has arrived, as an answer tells that came now.
    pub(super) fn on_train(&mut self, now: Instant, train: &Train) {
        if train.bytes < MIN_TRAIN {
            return;
        }
        let arriving = now.saturating_duration_since(train.first_sent + train.base);
        let leaving = train.all_sent.saturating_duration_since(train.first_sent);
        let took = arriving.max(leaving) + train.noise.max(BLUR);
        let rate = train.bytes as f64 * 8.0 / took.as_secs_f64();
        while self.trains.len() >= TRAINS
            || self
                .trains
                .front()
                .is_some_and(|(at, _)| *at + TRAIN_MEMORY < now)
        {
            self.trains.pop_front();
        }
        self.trains.push_back((now, rate));
    }

    /// What the path can carry at least, in bits per second, as the trains say: their median, as one alone may have met
    /// an empty bucket or a pause of the radio.
    pub(super) fn trains(&self) -> Option<f64> {
        let mut rates: Vec<f64> = self.trains.iter().map(|(_, rate)| *rate).collect();
        rates.sort_by(f64::total_cmp);
        rates.get(rates.len() / 2).copied()
    }

    /// Forgets everything: what comes has nothing to do with it.
    pub(super) fn forget(&mut self) {
        *self = Delivery::default();
    }

    /// Forgets the trains.
    pub(super) fn forget_trains(&mut self) {
        self.trains.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn the_rate_is_what_passed_between_answers_without_what_was_lost() {
        let start = Instant::now();
        let mut delivery = Delivery::default();
        for step in 0..20u32 {
            delivery.on_answer(start + step * 10 * MS, u64::from(step) * 2500);
        }
        assert_eq!(delivery.rate_since(start), Some(2_000_000.0));
        assert_eq!(delivery.rate_since(start + 150 * MS), None, "too short");
        delivery.on_lost(start + 50 * MS, 4750);
        assert_eq!(delivery.rate_since(start), Some(1_800_000.0));
        delivery.on_lost(start + 50 * MS, 1_000_000);
        assert_eq!(delivery.rate_since(start), Some(1_200_000.0));
    }

    #[test]
    fn an_answer_that_was_overtaken_tells_nothing() {
        let start = Instant::now();
        let mut delivery = Delivery::default();
        delivery.on_answer(start, 10_000);
        delivery.on_answer(start + 50 * MS, 5_000);
        delivery.on_answer(start + 100 * MS, 35_000);
        assert_eq!(delivery.rate_since(start), Some(2_000_000.0));
        assert!(delivery.was_answered(start + 60 * MS, 10_000));
        assert!(!delivery.was_answered(start + 60 * MS, 10_001));
    }

    /// A picture of 25 000 bytes that leaves in 10 ms and has arrived after `took`, on a path of 5 ms.
    fn train(delivery: &mut Delivery, start: Instant, took: Duration, noise: Duration) {
        let train = Train {
            bytes: 25_000,
            first_sent: start,
            all_sent: start + 10 * MS,
            base: 5 * MS,
            noise,
        };
        delivery.on_train(start + 5 * MS + took, &train);
    }

    #[test]
    fn a_picture_shows_the_slower_of_path_and_pacer() {
        let start = Instant::now();
        for (took, least, most) in [(10, 19e6, 20e6), (3, 19e6, 20e6), (100, 1.95e6, 2.0e6)] {
            let mut delivery = Delivery::default();
            train(&mut delivery, start, MS * took, Duration::ZERO);
            let shown = delivery.trains().unwrap();
            assert!((least..=most).contains(&shown), "{took}: {shown}");
        }
        let mut delivery = Delivery::default();
        train(&mut delivery, start, 10 * MS, 10 * MS);
        assert_eq!(delivery.trains(), Some(10e6), "noise makes it less certain");
    }

    #[test]
    fn of_several_pictures_the_middle_one_counts_and_old_ones_do_not() {
        let start = Instant::now();
        let mut delivery = Delivery::default();
        for took in [10, 100, 100, 10, 100] {
            train(&mut delivery, start, MS * took, Duration::ZERO);
        }
        assert!(delivery.trains().unwrap() < 2e6);
        for _ in 0..3 {
            train(&mut delivery, start, 10 * MS, Duration::ZERO);
        }
        assert!(delivery.trains().unwrap() > 19e6);
        train(&mut delivery, start + 2000 * MS, 100 * MS, Duration::ZERO);
        assert!(delivery.trains().unwrap() < 2e6);
        assert!(delivery.trains.len() <= TRAINS);
    }
}
