// SPDX-License-Identifier: GPL-3.0-or-later
//! How long each answer took in, how long the queue on the path is out.
//!
//! ```text
//! delay │      . ·:  .             ·  :.·      each answer waits for: the way there and back,
//!       │  .  :. : .  .·    · . :·: :::        other packets of its own burst, the radio (jitter),
//!       │ :.·.:·. ·:. . .:·: ·:·.              and the queue that stands on the path
//!       │────────────────trough───────  queue = trough − base
//!       │─ base ─────────────────────
//! ```
//! Jitter and bursts only ever add to a delay, so the smallest of some samples in a row, the *trough*, shows the queue
//! alone; a mean would take the radio for a queue. The *base* is the smallest of a longer time: the path itself.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The trough is taken over this time: three pictures, so that it reaches beyond the burst of each.
pub(super) const TROUGH_WINDOW: Duration = Duration::from_millis(100);

/// A trough of fewer samples proves nothing.
const TROUGH_SAMPLES: usize = 3;

/// After something new a trough is worth it when it is so many times as long as the noise.
const CALM: u32 = 4;

/// Samples that are remembered, by number and by time.
const MAX_SAMPLES: usize = 64;
const SAMPLE_MEMORY: Duration = Duration::from_millis(500);

/// The noise is taken from this many samples, and is never taken for longer than this.
const ALONE_SAMPLES: usize = 40;
const MAX_NOISE: Duration = Duration::from_millis(40);

/// The base is the smallest of this many spans.
const BASE_SPANS: usize = 10;
const BASE_SPAN: Duration = Duration::from_secs(1);

/// The delays of a path.
#[derive(Debug)]
pub(super) struct Delays {
    recent: VecDeque<(Instant, Duration)>,
    /// The smallest delay of each of the last spans, the current one last.
    spans: VecDeque<Duration>,
    span_began: Instant,
    /// Answers to what met an empty path, above the base.
    alone: VecDeque<Duration>,
    /// Nothing older is remembered.
    forgotten: Option<Instant>,
}

impl Delays {
    pub(super) fn new(now: Instant) -> Delays {
        Delays {
            recent: VecDeque::new(),
            spans: VecDeque::new(),
            span_began: now,
            alone: VecDeque::new(),
            forgotten: None,
        }
    }

    /// An answer took this long.
    pub(super) fn add(&mut self, now: Instant, delay: Duration) {
        let passed = now.saturating_duration_since(self.span_began);
        if self.spans.is_empty() || passed >= BASE_SPAN {
            self.span_began = now;
            self.spans.push_back(delay);
            if self.spans.len() > BASE_SPANS {
                self.spans.pop_front();
            }
        } else if let Some(smallest) = self.spans.back_mut() {
            *smallest = delay.min(*smallest);
        }
        let old = |(at, _): &(Instant, Duration)| *at + SAMPLE_MEMORY < now;
        while self.recent.len() >= MAX_SAMPLES || self.recent.front().is_some_and(old) {
            self.recent.pop_front();
        }
        self.recent.push_back((now, delay));
    }

    /// The delay of the empty path.
    pub(super) fn base(&self) -> Option<Duration> {
        self.spans.iter().min().copied()
    }

    /// The smallest of the last samples; `None` when there were too few.
    fn trough(&self, now: Instant) -> Option<Duration> {
        let calm = (self.noise() * CALM).min(TROUGH_WINDOW);
        if self.forgotten.is_some_and(|at| now < at + calm) {
            return None;
        }
        let within = |window: Duration| {
            let fresh = move |(at, _): &&(Instant, Duration)| *at + window > now;
            self.recent.iter().rev().take_while(fresh).count()
        };
        // A slow path answers seldom.
        let count = within(TROUGH_WINDOW).max(within(SAMPLE_MEMORY).min(TROUGH_SAMPLES));
        if count < TROUGH_SAMPLES {
            return None;
        }
        let last = self.recent.iter().rev().take(count);
        last.map(|(_, delay)| *delay).min()
    }

    /// The queue that stands on the path; `None` when too few answers came lately.
    pub(super) fn queue(&self, now: Instant) -> Option<Duration> {
        Some(self.trough(now)?.saturating_sub(self.base()?))
    }

    /// An answer took this long to something that met a path on which nothing else of ours was: what it took beyond the
    /// base is the radio's doing.
    pub(super) fn add_alone(&mut self, delay: Duration) {
        let Some(base) = self.base() else { return };
        if self.alone.len() >= ALONE_SAMPLES {
            self.alone.pop_front();
        }
        self.alone.push_back(delay.saturating_sub(base));
    }

    /// How long the radio delays most of the packets.
    pub(super) fn noise(&self) -> Duration {
        let mut delays: Vec<Duration> = self.alone.iter().copied().collect();
        delays.sort_unstable();
        let most = delays.get(delays.len() * 3 / 4).copied();
        most.unwrap_or_default().min(MAX_NOISE)
    }

    /// Forgets what was seen lately, not the path.
    pub(super) fn forget_recent(&mut self) {
        self.recent.clear();
    }

    /// Forgets what was seen up to this moment; where the radio delays packets, it takes some time until something is known
    /// again.
    pub(super) fn forget_until(&mut self, now: Instant) {
        self.recent.clear();
        self.forgotten = Some(now);
    }

    /// The path has become another one: what was seen lately is its base.
    pub(super) fn forget_base(&mut self) {
        self.spans.clear();
        self.spans
            .extend(self.recent.iter().map(|(_, delay)| *delay).min());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// Adds these delays in ms, one each 20 ms; returns when the last came.
    fn add(delays: &mut Delays, start: Instant, samples: &[u32]) -> Instant {
        let mut now = start;
        for sample in samples {
            now += 20 * MS;
            delays.add(now, MS * *sample);
        }
        now
    }

    #[test]
    fn single_late_answers_are_no_queue_and_a_standing_one_is_seen() {
        let start = Instant::now();
        let mut delays = Delays::new(start);
        let now = add(&mut delays, start, &[5, 40, 90, 6, 25, 5]);
        assert_eq!(delays.queue(now), Some(Duration::ZERO));
        let now = add(&mut delays, now, &[35, 60, 30, 45, 33]);
        assert_eq!(delays.queue(now), Some(25 * MS));
    }

    #[test]
    fn too_few_answers_say_nothing() {
        let start = Instant::now();
        let mut delays = Delays::new(start);
        assert_eq!(delays.queue(start), None);
        let now = add(&mut delays, start, &[5, 5, 5]);
        assert_eq!(delays.queue(now), Some(Duration::ZERO));
        assert_eq!(delays.queue(now + 470 * MS), None);
    }

    #[test]
    fn a_base_that_is_never_met_again_is_forgotten_after_some_seconds() {
        let start = Instant::now();
        let mut delays = Delays::new(start);
        let now = add(&mut delays, start, &[5]);
        let now = add(&mut delays, now, &[30; 400]);
        assert_eq!(delays.base(), Some(5 * MS));
        let now = add(&mut delays, now, &[30; 150]);
        assert_eq!(delays.base(), Some(30 * MS));
        add(&mut delays, now, &[50; 10]);
        delays.forget_base();
        assert_eq!(delays.base(), Some(30 * MS), "the last half second counts");
    }

    #[test]
    fn noise_is_what_packets_that_meet_an_empty_path_suffer() {
        let start = Instant::now();
        let mut delays = Delays::new(start);
        add(&mut delays, start, &[5, 80, 90]);
        assert_eq!(delays.noise(), Duration::ZERO);
        for sample in 0..1000 {
            delays.add_alone(5 * MS + MS * (sample % 20));
        }
        assert_eq!(delays.noise(), 15 * MS);
        assert!(delays.alone.len() <= ALONE_SAMPLES && delays.recent.len() <= MAX_SAMPLES);
        for _ in 0..1000 {
            delays.add_alone(500 * MS);
        }
        assert_eq!(delays.noise(), MAX_NOISE);
    }
}
