// SPDX-License-Identifier: GPL-3.0-or-later
//! When feedback is due. Input: what arrived and whether packets are missing; output: a moment.
//!
//! | occasion | feedback |
//! |---|---|
//! | the checkpoint moved, a sender report came (configurable), a key frame is wanted | at once |
//! | packets are missing | 30 ms (configurable) after the last feedback or after they went missing, whichever is later |
//! | otherwise | 500 ms after the last feedback |
//!
//! The reference means the same but tests a list that it has emptied before, so that it reports losses only every
//! 500 ms. The 30 ms also give the packets of a frame that is just arriving time to come.

use std::time::{Duration, Instant};

/// Source: Open Screen `constants.h`.
pub const REPORT_INTERVAL: Duration = Duration::from_millis(500);
/// Source: Open Screen `receiver_impl.h`.
pub const NACK_INTERVAL: Duration = Duration::from_millis(30);

/// The feedback schedule of one stream. Silent until the first packet: before, nobody knows whom to tell.
#[derive(Debug, Clone)]
pub(super) struct Schedule {
    /// Between two reports while packets are missing.
    nack_interval: Duration,
    /// The last feedback, or the first packet.
    last: Option<Instant>,
    missing_since: Option<Instant>,
    at_once: bool,
}

impl Schedule {
    /// Silent. While packets are missing, feedback comes every `nack_interval`.
    pub fn new(nack_interval: Duration) -> Schedule {
        Schedule {
            nack_interval,
            last: None,
            missing_since: None,
            at_once: false,
        }
    }

    /// A valid packet arrived.
    pub fn on_packet(&mut self, now: Instant) {
        self.last.get_or_insert(now);
    }

    /// Whether packets are missing now.
    pub fn set_missing(&mut self, now: Instant, is_missing: bool) {
        self.missing_since = is_missing.then(|| self.missing_since.unwrap_or(now));
    }

    /// Do not wait.
    pub fn hurry(&mut self) {
        self.at_once = true;
    }

    /// When feedback is due; a moment that has passed means now.
    pub fn due(&self) -> Option<Instant> {
        let last = self.last?;
        if self.at_once {
            return Some(last);
        }
        let regular = last + REPORT_INTERVAL;
        Some(self.missing_since.map_or(regular, |since| {
            regular.min(last.max(since) + self.nack_interval)
        }))
    }

    /// Feedback was sent.
    pub fn on_sent(&mut self, now: Instant) {
        self.last = Some(now);
        self.at_once = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_sent_before_a_packet_came() {
        let mut schedule = Schedule::new(NACK_INTERVAL);
        schedule.hurry();
        assert_eq!(schedule.due(), None);
    }

    #[test]
    fn feedback_comes_every_500_ms_and_every_30_ms_while_packets_are_missing() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut schedule = Schedule::new(NACK_INTERVAL);
        schedule.on_packet(start);
        assert_eq!(schedule.due(), Some(at(500)));
        schedule.set_missing(at(100), true);
        assert_eq!(schedule.due(), Some(at(130)));
        schedule.set_missing(at(110), true);
        assert_eq!(schedule.due(), Some(at(130)));
        schedule.on_sent(at(130));
        assert_eq!(schedule.due(), Some(at(160)));
        schedule.set_missing(at(150), false);
        assert_eq!(schedule.due(), Some(at(630)));
        schedule.set_missing(at(620), true);
        assert_eq!(
            schedule.due(),
            Some(at(630)),
            "the regular report is not put off"
        );
    }

    #[test]
    fn what_is_urgent_goes_at_once_and_only_once() {
        let now = Instant::now();
        let mut schedule = Schedule::new(NACK_INTERVAL);
        schedule.on_packet(now);
        schedule.hurry();
        assert!(schedule.due().is_some_and(|due| due <= now));
        schedule.on_sent(now);
        assert_eq!(schedule.due(), Some(now + REPORT_INTERVAL));
    }
}
