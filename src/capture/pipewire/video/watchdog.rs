// SPDX-License-Identifier: GPL-3.0-or-later
//! When a stream that does not really start is renegotiated.
//!
//! Some compositors stall after one picture (wlroots' portal in about half of its sessions), and a picture that is sent
//! while the graph is being set up can be lost. Switching the stream off and on again cures both: compositors begin each
//! start with a whole picture. But a still screen gives exactly one picture too, so one or two are tried once only; a
//! start after that, ours or the producer's (it pauses while its size changes), is good with its first picture.
//! Input: the number of pictures, the time. Output: what to do with the stream. No clock of its own.

use std::time::{Duration, Instant};

/// Time in which a healthy stream brings its first pictures.
const PATIENCE: Duration = Duration::from_millis(400);

/// Pictures that prove that a new stream flows.
const FLOWING: u64 = 3;

/// Tries until a start brings a picture.
const TRIES: u32 = 5;

/// How long the stream stays switched off.
const PAUSE: Duration = Duration::from_millis(20);

/// What to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing.
    Wait,
    /// Switch the stream off.
    Deactivate {
        /// How often that was done, from 1.
        attempt: u32,
    },
    /// Switch it on again.
    Activate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The stream does not stream yet.
    Idle,
    Watching {
        until: Instant,
        /// Pictures that there were before this start.
        before: u64,
    },
    /// The producer is to draw its picture again.
    Again,
    Paused {
        until: Instant,
    },
    Settled,
}

/// Watches the starts of one stream.
#[derive(Debug)]
pub(super) struct Watchdog {
    state: State,
    /// Pictures that this start has to bring.
    wanted: u64,
    attempts: u32,
    /// It was switched on, and does not stream again yet.
    starting: bool,
}

impl Watchdog {
    pub fn new() -> Self {
        Watchdog {
            state: State::Idle,
            wanted: FLOWING,
            attempts: 0,
            starting: false,
        }
    }

    /// The stream streams, for the first time or again; `pictures` had come before.
    pub fn streaming(&mut self, now: Instant, pictures: u64) {
        let ours = std::mem::take(&mut self.starting);
        if matches!(self.state, State::Idle | State::Settled) {
            if !ours {
                self.attempts = 0;
            }
            self.watch(now, pictures);
        }
    }

    /// The stream gets other buffers, which is as good as a start; `pictures` had come before.
    pub fn renegotiated(&mut self, now: Instant, pictures: u64) {
        self.attempts = 0;
        if !matches!(self.state, State::Idle | State::Paused { .. }) {
            self.watch(now, pictures);
        }
    }

    /// The last picture is wanted once more: the stream is switched off and on, unless it has not begun or is off already.
    pub fn draw_again(&mut self) {
        if matches!(self.state, State::Watching { .. } | State::Settled) {
            self.state = State::Again;
        }
    }

    /// Whether two starts in a row have brought nothing.
    pub fn is_in_vain(&self) -> bool {
        self.attempts > 2
    }

    fn watch(&mut self, now: Instant, before: u64) {
        self.state = State::Watching {
            until: now + PATIENCE,
            before,
        };
    }

    /// When [`Watchdog::step`] has to be called at the latest.
    pub fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Idle | State::Again | State::Settled => None,
            State::Watching { until, .. } | State::Paused { until } => Some(until),
        }
    }

    /// What to do at `now`, when `pictures` have come so far.
    pub fn step(&mut self, now: Instant, pictures: u64) -> Step {
        match self.state {
            State::Again => {
                self.attempts = 0;
                self.wanted = 1;
                self.state = State::Paused { until: now + PAUSE };
                return Step::Deactivate {
                    attempt: self.attempts,
                };
            }
            State::Watching { before, .. } if pictures >= before + self.wanted => self.settle(),
            State::Watching { until, .. } if until <= now => {
                if self.attempts >= TRIES {
                    self.settle();
                    return Step::Wait;
                }
                self.attempts += 1;
                self.wanted = 1;
                self.state = State::Paused { until: now + PAUSE };
                return Step::Deactivate {
                    attempt: self.attempts,
                };
            }
            State::Paused { until } if until <= now => {
                self.watch(now, pictures);
                self.starting = true;
                return Step::Activate;
            }
            _ => {}
        }
        Step::Wait
    }

    fn settle(&mut self) {
        self.state = State::Settled;
        self.wanted = 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_flowing_stream_is_left_alone() {
        let start = Instant::now();
        let mut dog = Watchdog::new();
        assert_eq!(dog.deadline(), None);
        dog.streaming(start, 0);
        assert_eq!(dog.step(start + ms(100), 2), Step::Wait);
        assert_eq!(dog.step(start + ms(130), 3), Step::Wait);
        assert_eq!(dog.deadline(), None);
    }

    #[test]
    fn a_still_screen_is_renegotiated_once_only() {
        let start = Instant::now();
        let mut dog = Watchdog::new();
        dog.streaming(start, 0);
        assert_eq!(
            dog.step(start + ms(400), 1),
            Step::Deactivate { attempt: 1 }
        );
        assert_eq!(dog.step(start + ms(420), 1), Step::Activate);
        assert_eq!(dog.step(start + ms(820), 2), Step::Wait);
        assert_eq!(dog.deadline(), None);
    }

    #[test]
    fn a_stream_without_any_picture_is_tried_five_times() {
        let mut now = Instant::now();
        let mut dog = Watchdog::new();
        dog.streaming(now, 0);
        for attempt in 1..=5 {
            now += ms(400);
            assert_eq!(dog.step(now, 0), Step::Deactivate { attempt });
            dog.streaming(now, 0);
            now += ms(20);
            assert_eq!(dog.step(now, 0), Step::Activate);
        }
        assert_eq!(dog.step(now + ms(400), 0), Step::Wait);
        assert_eq!(dog.deadline(), None);
    }

    #[test]
    fn a_restart_that_loses_its_picture_is_tried_again() {
        let start = Instant::now();
        let mut dog = Watchdog::new();
        dog.streaming(start, 0);
        assert_eq!(
            dog.step(start + ms(400), 1),
            Step::Deactivate { attempt: 1 }
        );
        assert_eq!(dog.step(start + ms(420), 1), Step::Activate);
        assert_eq!(
            dog.step(start + ms(820), 1),
            Step::Deactivate { attempt: 2 }
        );
        assert_eq!(dog.step(start + ms(840), 1), Step::Activate);
        assert_eq!(dog.step(start + ms(850), 2), Step::Wait);
        assert_eq!(dog.deadline(), None);
    }

    #[test]
    fn each_later_start_has_to_bring_one_picture() {
        let start = Instant::now();
        let mut dog = Watchdog::new();
        dog.streaming(start, 0);
        assert_eq!(dog.step(start + ms(100), 3), Step::Wait);
        let later = start + Duration::from_mins(1);
        dog.streaming(later, 90);
        assert_eq!(dog.step(later + ms(20), 91), Step::Wait);
        assert_eq!(dog.deadline(), None);
        dog.streaming(later, 91);
        assert_eq!(
            dog.step(later + ms(400), 91),
            Step::Deactivate { attempt: 1 }
        );
    }

    #[test]
    fn a_picture_that_is_wanted_again_is_drawn_after_switching_the_stream_off_and_on() {
        let start = Instant::now();
        let mut dog = Watchdog::new();
        dog.draw_again();
        assert_eq!(dog.step(start, 0), Step::Wait, "the first is still to come");
        dog.streaming(start, 0);
        assert_eq!(dog.step(start + ms(100), 3), Step::Wait);
        dog.draw_again();
        let off = Step::Deactivate { attempt: 0 };
        assert_eq!(dog.step(start + ms(200), 3), off);
        assert_eq!(dog.deadline(), Some(start + ms(220)));
        dog.draw_again();
        assert_eq!(
            dog.step(start + ms(220), 3),
            Step::Activate,
            "once is enough"
        );
        assert_eq!(dog.step(start + ms(230), 4), Step::Wait);
        assert_eq!(dog.deadline(), None);
    }

    #[test]
    fn a_renegotiated_stream_is_watched_as_a_new_one() {
        let mut now = Instant::now();
        let mut dog = Watchdog::new();
        dog.streaming(now, 0);
        assert_eq!(dog.step(now, 100), Step::Wait);
        dog.renegotiated(now, 100);
        for attempt in 1..=3 {
            assert!(!dog.is_in_vain());
            now += ms(400);
            assert_eq!(dog.step(now, 100), Step::Deactivate { attempt });
            now += ms(20);
            assert_eq!(dog.step(now, 100), Step::Activate);
        }
        assert!(dog.is_in_vain());
        dog.renegotiated(now, 100);
        assert!(!dog.is_in_vain());
    }
}
