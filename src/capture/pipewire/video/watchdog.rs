// SPDX-License-Identifier: GPL-3.0-or-later
//! When a stream that does not really start is renegotiated.
//!
//! Some compositors stall after one picture (wlroots' portal in about half of its sessions); switching the stream off
//! and on again cures each. But a still screen gives exactly one picture too, so with one or two there is only one try.
//! Input: the number of pictures, the time. Output: what to do with the stream. No clock of its own.

use std::time::{Duration, Instant};

/// Time in which a healthy stream brings its first pictures.
const PATIENCE: Duration = Duration::from_millis(400);

/// Pictures that prove that a stream flows.
const FLOWING: u64 = 3;

/// Tries while no picture at all has come.
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
    },
    Paused {
        until: Instant,
    },
    Settled,
}

/// Watches the start of one stream.
#[derive(Debug)]
pub(super) struct Watchdog {
    state: State,
    attempts: u32,
}

impl Watchdog {
    pub fn new() -> Self {
        Watchdog {
            state: State::Idle,
            attempts: 0,
        }
    }

    /// The stream streams.
    pub fn streaming(&mut self, now: Instant) {
        if self.state == State::Idle {
            self.state = State::Watching {
                until: now + PATIENCE,
            };
        }
    }

    /// When [`Watchdog::step`] has to be called at the latest.
    pub fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Idle | State::Settled => None,
            State::Watching { until } | State::Paused { until } => Some(until),
        }
    }

    /// What to do at `now`, when `pictures` have come so far.
    pub fn step(&mut self, now: Instant, pictures: u64) -> Step {
        match self.state {
            State::Watching { .. } if pictures >= FLOWING => self.state = State::Settled,
            State::Watching { until } if until <= now => {
                let tries = if pictures == 0 { TRIES } else { 1 };
                if self.attempts < tries {
                    self.attempts += 1;
                    self.state = State::Paused { until: now + PAUSE };
                    return Step::Deactivate {
                        attempt: self.attempts,
                    };
                }
                self.state = State::Settled;
            }
            State::Paused { until } if until <= now => {
                self.state = State::Watching {
                    until: now + PATIENCE,
                };
                return Step::Activate;
            }
            _ => {}
        }
        Step::Wait
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
        dog.streaming(start);
        assert_eq!(dog.step(start + ms(100), 2), Step::Wait);
        assert_eq!(dog.step(start + ms(130), 3), Step::Wait);
        assert_eq!(dog.deadline(), None);
    }

    #[test]
    fn a_still_screen_is_renegotiated_once_only() {
        let start = Instant::now();
        let mut dog = Watchdog::new();
        dog.streaming(start);
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
        dog.streaming(now);
        for attempt in 1..=5 {
            now += ms(400);
            assert_eq!(dog.step(now, 0), Step::Deactivate { attempt });
            dog.streaming(now);
            now += ms(20);
            assert_eq!(dog.step(now, 0), Step::Activate);
        }
        assert_eq!(dog.step(now + ms(400), 0), Step::Wait);
        assert_eq!(dog.deadline(), None);
    }
}
