// SPDX-License-Identifier: GPL-3.0-or-later
//! `Coalesce`: the levels of a slider that is dragged, thinned out for a device that answers slowly. Levels and the
//! device's word in, what to send and what to show out. Knows no clock and no widgets.

use std::time::{Duration, Instant};

/// The device is told at most this often.
pub const SEND_EVERY: Duration = Duration::from_millis(100);

/// What the device says within this time of the last level that was sent is taken for an echo of it or of one before.
const ECHO: Duration = Duration::from_secs(1);

/// Levels are the same when a device cannot tell them apart.
const SAME: f64 = 0.005;

/// See the module.
#[derive(Debug, Clone, Copy, Default)]
pub struct Coalesce {
    /// The newest level that waits.
    waiting: Option<f64>,
    sent: Option<(Instant, f64)>,
}

/// What to do with a level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Send {
    /// Send it.
    Now(f64),
    /// Ask [`Coalesce::due`] after this time.
    After(Duration),
}

impl Coalesce {
    /// The person chose a level. `None` when somebody will ask for it already.
    pub fn choose(&mut self, now: Instant, level: f64) -> Option<Send> {
        let asked = self.waiting.replace(level).is_some();
        let since = self
            .sent
            .map_or(SEND_EVERY, |(at, _)| now.saturating_duration_since(at));
        match SEND_EVERY.checked_sub(since) {
            Some(left) if !left.is_zero() => (!asked).then_some(Send::After(left)),
            _ => self.due(now).map(Send::Now),
        }
    }

    /// The level that is to be sent now.
    pub fn due(&mut self, now: Instant) -> Option<f64> {
        let level = self.waiting.take()?;
        self.sent = Some((now, level));
        Some(level)
    }

    /// The device says that it is at `level`: what the slider is to show, when it is not to be left alone.
    pub fn told(&self, now: Instant, level: f64) -> Option<f64> {
        if self.waiting.is_some() {
            return None;
        }
        match self.sent {
            Some((at, sent)) => {
                let settled = now.saturating_duration_since(at) >= ECHO;
                (settled || (level - sent).abs() < SAME).then_some(level)
            }
            None => Some(level),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_slider_that_is_dragged_sends_its_newest_level_now_and_then() {
        let start = Instant::now();
        let mut levels = Coalesce::default();
        assert_eq!(levels.choose(start, 0.1), Some(Send::Now(0.1)));
        let mut asked = 0;
        for step in 1..=9_u32 {
            let level = 0.1 + f64::from(step) / 100.0;
            match levels.choose(start + step * 10 * MS, level) {
                Some(Send::After(left)) => {
                    assert_eq!(left, 90 * MS);
                    asked += 1;
                }
                None => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(asked, 1, "one timer for all");
        let due = levels.due(start + 100 * MS).unwrap();
        assert!((due - 0.19).abs() < 1e-9, "{due}");
        assert_eq!(levels.due(start + 101 * MS), None);
        let later = levels.choose(start + 200 * MS, 0.5);
        assert_eq!(later, Some(Send::Now(0.5)));
    }

    #[test]
    fn echoes_of_older_levels_do_not_pull_the_slider_back() {
        let start = Instant::now();
        let mut levels = Coalesce::default();
        levels.choose(start, 0.2);
        levels.choose(start + 10 * MS, 0.6);
        assert_eq!(levels.told(start + 20 * MS, 0.2), None, "0.6 waits");
        levels.due(start + 100 * MS);
        assert_eq!(levels.told(start + 150 * MS, 0.2), None, "an echo");
        assert_eq!(levels.told(start + 200 * MS, 0.6), Some(0.6));
    }

    #[test]
    fn what_is_changed_elsewhere_is_followed() {
        let start = Instant::now();
        let mut levels = Coalesce::default();
        assert_eq!(levels.told(start, 0.3), Some(0.3));
        levels.choose(start, 0.5);
        assert_eq!(levels.told(start + 2000 * MS, 0.9), Some(0.9));
    }
}
