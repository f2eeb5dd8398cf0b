// SPDX-License-Identifier: GPL-3.0-or-later
//! Whether packets stay marked (DSCP): departures and answers in, the advice to stop out. Reads no clock.
//!
//! Some routers and access points drop marked packets. Then nothing comes back from the start, and the cast is saved by
//! packets without a mark. Once the device has answered, silence has other reasons.

use std::time::{Duration, Instant};

/// Devices answer the first packets within a fraction of this.
const PATIENCE: Duration = Duration::from_secs(1);

/// The watch over the marks of one session.
#[derive(Debug, Default)]
pub(super) struct Marking {
    is_on_trial: bool,
    first_sent: Option<Instant>,
}

impl Marking {
    /// Packets are marked from now on.
    pub(super) fn begin(&mut self) {
        self.is_on_trial = true;
    }

    /// Something left.
    pub(super) fn on_sent(&mut self, now: Instant) {
        self.first_sent.get_or_insert(now);
    }

    /// The device has answered.
    pub(super) fn on_answer(&mut self) {
        self.is_on_trial = false;
    }

    /// Whether to stop marking. Says so once.
    pub(super) fn hurts(&mut self, now: Instant) -> bool {
        let is_late = |sent: Instant| now.saturating_duration_since(sent) >= PATIENCE;
        let hurts = self.is_on_trial && self.first_sent.is_some_and(is_late);
        self.is_on_trial &= !hurts;
        hurts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_that_get_no_answer_at_the_start_are_taken_off_once() {
        let start = Instant::now();
        let mut marking = Marking::default();
        marking.begin();
        assert!(!marking.hurts(start + PATIENCE * 9), "nothing has left");
        marking.on_sent(start);
        marking.on_sent(start + PATIENCE / 2);
        assert!(!marking.hurts(start + PATIENCE / 2));
        assert!(marking.hurts(start + PATIENCE));
        assert!(!marking.hurts(start + PATIENCE * 2));
    }

    #[test]
    fn marks_that_were_answered_stay_and_so_does_a_session_without() {
        let start = Instant::now();
        let mut marked = Marking::default();
        marked.begin();
        let unmarked = Marking::default();
        for mut marking in [marked, unmarked] {
            marking.on_sent(start);
            marking.on_answer();
            assert!(!marking.hurts(start + PATIENCE * 9));
        }
    }
}
