// SPDX-License-Identifier: GPL-3.0-or-later
//! How long frames took to be complete in, the target delay out: from the profile's up to its bound, as the network demands.
//!
//! ```text
//!  bound ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄
//!                  ┌──────────────┐            up: as soon as frames come too late, 20 ms in each 100 ms:
//!                ┌─┘              └─┐                a picture then stands for half again as long, which nobody sees
//!              ┌─┘                  └──        down: 5 ms a second, after ten seconds in which it was not needed
//!  profile ────┘
//! ```
//! A delay that changes often is worse than one that is too long: receivers shift their sound with it (Chromium keeps its
//! adaptive latency switched off for that). So one late frame in a second changes nothing, small differences neither, and
//! every change concerns sound and pictures alike.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// What a player needs between the last packet and the display (Open Screen `receiver_impl.h`).
const PLAYER_TIME: Duration = Duration::from_millis(50);

/// Frames are to be complete this long before they must.
const MARGIN: Duration = Duration::from_millis(10);

/// What is needed now is looked at over this many seconds.
const SPANS: usize = 10;
const SPAN: Duration = Duration::from_secs(1);

/// Steps, and the time between two.
const STEP_UP: Duration = Duration::from_millis(20);
const UP_INTERVAL: Duration = Duration::from_millis(100);
const STEP_DOWN: Duration = Duration::from_millis(5);
const DOWN_INTERVAL: Duration = Duration::from_secs(1);

/// Nothing is lowered for the sake of less than this.
const WORTH: Duration = Duration::from_millis(30);

/// The two slowest frames of a second.
#[derive(Debug, Clone, Copy, Default)]
struct Slowest {
    first: Duration,
    second: Duration,
}

/// Chooses the target delay of a session.
#[derive(Debug)]
pub struct LatencyControl {
    least: Duration,
    most: Duration,
    present: Duration,
    spans: VecDeque<Slowest>,
    began: Instant,
    changed: Instant,
}

impl LatencyControl {
    /// Begins with `least`, and never leaves `least` to `most`; it stays where it is when they are equal.
    pub fn new(now: Instant, least: Duration, most: Duration) -> LatencyControl {
        LatencyControl {
            least,
            most: most.max(least),
            present: least,
            spans: VecDeque::new(),
            began: now,
            changed: now,
        }
    }

    /// A frame was complete at the receiver this long after its capture.
    pub fn on_complete(&mut self, now: Instant, took: Duration) {
        if self.spans.is_empty() || now.saturating_duration_since(self.began) >= SPAN {
            self.began = now;
            self.spans.push_back(Slowest::default());
            if self.spans.len() > SPANS {
                self.spans.pop_front();
            }
        }
        if let Some(slowest) = self.spans.back_mut() {
            if took > slowest.first {
                *slowest = Slowest {
                    first: took,
                    second: slowest.first,
                };
            } else {
                slowest.second = slowest.second.max(took);
            }
        }
    }

    /// Another target delay, if it is time for one.
    pub fn decide(&mut self, now: Instant) -> Option<Duration> {
        if self.least == self.most {
            return None;
        }
        let slowest = self.spans.iter().map(|slowest| slowest.second).max()?;
        let needed = (slowest + PLAYER_TIME + MARGIN).clamp(self.least, self.most);
        let passed = now.saturating_duration_since(self.changed);
        let next = if needed > self.present && passed >= UP_INTERVAL {
            (self.present + STEP_UP).min(needed)
        } else if needed + WORTH <= self.present
            && passed >= DOWN_INTERVAL
            && self.spans.len() == SPANS
        {
            self.present.saturating_sub(STEP_DOWN).max(needed)
        } else {
            return None;
        };
        (self.present, self.changed) = (next, now);
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// A frame each 20 ms for so many seconds, of which every 20th takes `slow` and the others 10 ms; all changes.
    fn run(
        control: &mut LatencyControl,
        now: &mut Instant,
        seconds: u32,
        slow: Duration,
    ) -> Vec<(Instant, Duration)> {
        let mut changes = Vec::new();
        for frame in 0..seconds * 50 {
            *now += 20 * MS;
            let took = if frame % 20 == 0 { slow } else { 10 * MS };
            control.on_complete(*now, took);
            changes.extend(control.decide(*now).map(|delay| (*now, delay)));
        }
        changes
    }

    #[test]
    fn a_clean_network_keeps_the_profiles_delay() {
        let mut now = Instant::now();
        let mut control = LatencyControl::new(now, 100 * MS, 200 * MS);
        assert_eq!(run(&mut control, &mut now, 60, 15 * MS), []);
    }

    #[test]
    fn late_frames_raise_it_in_small_steps_up_to_what_is_needed_or_the_bound() {
        for (slow, expected) in [(90, 150), (500, 200)] {
            let mut now = Instant::now();
            let mut control = LatencyControl::new(now, 100 * MS, 200 * MS);
            let changes = run(&mut control, &mut now, 5, slow * MS);
            assert_eq!(changes.last().unwrap().1, expected * MS);
            assert!(changes.last().unwrap().0 + 2000 * MS < now, "soon");
            for pair in changes.windows(2) {
                assert!(pair[1].1 <= pair[0].1 + STEP_UP);
                assert!(pair[1].0 - pair[0].0 >= UP_INTERVAL);
            }
        }
    }

    #[test]
    fn it_comes_down_slowly_once_it_was_not_needed_for_long() {
        let mut now = Instant::now();
        let mut control = LatencyControl::new(now, 100 * MS, 200 * MS);
        run(&mut control, &mut now, 5, 120 * MS);
        let changes = run(&mut control, &mut now, 9, 15 * MS);
        assert_eq!(changes, []);
        let changes = run(&mut control, &mut now, 60, 15 * MS);
        let lowest = changes.last().unwrap().1;
        assert!(lowest <= 100 * MS + WORTH, "{lowest:?}");
        for pair in changes.windows(2) {
            assert!(pair[0].1 <= pair[1].1 + STEP_DOWN);
            assert!(pair[1].0 - pair[0].0 >= DOWN_INTERVAL);
        }
    }

    #[test]
    fn one_late_frame_in_a_second_changes_nothing() {
        let mut now = Instant::now();
        let mut control = LatencyControl::new(now, 100 * MS, 200 * MS);
        for _ in 0..30 {
            now += 1100 * MS;
            control.on_complete(now, 500 * MS);
            control.on_complete(now, 10 * MS);
            assert_eq!(control.decide(now), None);
        }
    }

    #[test]
    fn a_delay_that_was_chosen_freely_is_kept_and_memory_is_bounded() {
        let mut now = Instant::now();
        let mut control = LatencyControl::new(now, 150 * MS, Duration::ZERO);
        assert_eq!(run(&mut control, &mut now, 60, 500 * MS), []);
        assert!(control.spans.len() <= SPANS);
    }
}
