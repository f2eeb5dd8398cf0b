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
                self.switch_off(now)
            }
            State::Watching { before, .. } if pictures >= before + self.wanted => self.settle(),
            State::Watching { until, .. } if until <= now && self.attempts >= TRIES => {
                self.settle()
            }
            State::Watching { until, .. } if until <= now => {
                self.attempts += 1;
                self.switch_off(now)
            }
            State::Paused { until } if until <= now => {
                self.watch(now, pictures);
                self.starting = true;
                Step::Activate
            }
            _ => Step::Wait,
        }
    }

    fn switch_off(&mut self, now: Instant) -> Step {
        self.state = State::Paused { until: now + PAUSE };
        self.wanted = 1;
        Step::Deactivate {
            attempt: self.attempts,
        }
    }

    fn settle(&mut self) -> Step {
        self.state = State::Settled;
        self.wanted = 1;
        Step::Wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A watchdog and its stream; times are in milliseconds since the stream began.
    struct Rig {
        start: Instant,
        dog: Watchdog,
    }

    impl Rig {
        fn new() -> Rig {
            let start = Instant::now();
            let dog = Watchdog::new();
            Rig { start, dog }
        }

        /// One whose stream streams, without a picture yet.
        fn streaming() -> Rig {
            let mut rig = Rig::new();
            rig.dog.streaming(rig.start, 0);
            rig
        }

        fn at(&self, ms: u64) -> Instant {
            self.start + Duration::from_millis(ms)
        }

        fn step(&mut self, ms: u64, pictures: u64) -> Step {
            self.dog.step(self.at(ms), pictures)
        }

        fn goes_on(&mut self, ms: u64, pictures: u64) {
            assert_eq!(self.step(ms, pictures), Step::Wait);
        }

        /// It switches the stream off, and on again when it is time.
        fn restarts(&mut self, ms: u64, pictures: u64, attempt: u32) {
            assert_eq!(self.step(ms, pictures), Step::Deactivate { attempt });
            assert_eq!(self.dog.deadline(), Some(self.at(ms + 20)));
            assert_eq!(self.step(ms + 20, pictures), Step::Activate);
        }

        fn is_content(&self) {
            assert_eq!(self.dog.deadline(), None);
        }
    }

    #[test]
    fn a_flowing_stream_is_left_alone() {
        let rig = Rig::new();
        rig.is_content();
        let mut rig = Rig::streaming();
        rig.goes_on(100, 2);
        rig.goes_on(130, 3);
        rig.is_content();
    }

    #[test]
    fn a_still_screen_is_renegotiated_once_only() {
        let mut rig = Rig::streaming();
        rig.restarts(400, 1, 1);
        rig.goes_on(820, 2);
        rig.is_content();
    }

    #[test]
    fn a_stream_without_any_picture_is_tried_five_times() {
        let mut rig = Rig::streaming();
        let mut now = 0;
        for attempt in 1..=5 {
            now += 400;
            assert_eq!(rig.step(now, 0), Step::Deactivate { attempt });
            rig.dog.streaming(rig.at(now), 0);
            now += 20;
            assert_eq!(rig.step(now, 0), Step::Activate);
        }
        rig.goes_on(now + 400, 0);
        rig.is_content();
    }

    #[test]
    fn a_restart_that_loses_its_picture_is_tried_again() {
        let mut rig = Rig::streaming();
        rig.restarts(400, 1, 1);
        rig.restarts(820, 1, 2);
        rig.goes_on(850, 2);
        rig.is_content();
    }

    #[test]
    fn each_later_start_has_to_bring_one_picture() {
        let mut rig = Rig::streaming();
        rig.goes_on(100, 3);
        rig.dog.streaming(rig.at(60_000), 90);
        rig.goes_on(60_020, 91);
        rig.is_content();
        rig.dog.streaming(rig.at(60_000), 91);
        rig.restarts(60_400, 91, 1);
    }

    #[test]
    fn a_picture_that_is_wanted_again_is_drawn_after_switching_the_stream_off_and_on() {
        let mut rig = Rig::new();
        rig.dog.draw_again();
        assert_eq!(rig.step(0, 0), Step::Wait, "the first is still to come");
        rig.dog.streaming(rig.start, 0);
        rig.goes_on(100, 3);
        rig.dog.draw_again();
        assert_eq!(rig.step(200, 3), Step::Deactivate { attempt: 0 });
        assert_eq!(rig.dog.deadline(), Some(rig.at(220)));
        rig.dog.draw_again();
        assert_eq!(rig.step(220, 3), Step::Activate, "once is enough");
        rig.goes_on(230, 4);
        rig.is_content();
    }

    #[test]
    fn a_renegotiated_stream_is_watched_as_a_new_one() {
        let mut rig = Rig::streaming();
        rig.goes_on(0, 100);
        rig.dog.renegotiated(rig.start, 100);
        let mut now = 0;
        for attempt in 1..=3 {
            assert!(!rig.dog.is_in_vain());
            rig.restarts(now + 400, 100, attempt);
            now += 420;
        }
        assert!(rig.dog.is_in_vain());
        rig.dog.renegotiated(rig.at(now), 100);
        assert!(!rig.dog.is_in_vain());
    }
}
