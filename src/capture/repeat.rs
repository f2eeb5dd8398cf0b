// SPDX-License-Identifier: GPL-3.0-or-later
//! When the picture of a still screen is encoded once more.
//!
//! Compositors send pictures only on damage: a still screen gives exactly one. Input: the times of real pictures and of
//! requests. Output: whether the last picture is due again. It keeps no picture (the copy that is repeated lives with
//! the encoder) and reads no clock.

use std::time::{Duration, Instant};

/// A still picture is repeated after this time.
pub const STILL_INTERVAL: Duration = Duration::from_secs(1);

/// A request less than this after the last picture waits: moving screens answer it by their next picture.
const GRACE: Duration = Duration::from_millis(8);

/// The schedule of one stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Repeat {
    last: Option<Instant>,
    requested: bool,
}

impl Repeat {
    /// A schedule without a picture; nothing is due until there is one.
    pub fn new() -> Self {
        Self::default()
    }

    /// A picture, new or repeated, was handed to the encoder at `now`. It answers earlier requests too.
    pub fn sent(&mut self, now: Instant) {
        self.last = Some(now);
        self.requested = false;
    }

    /// A picture is needed now: a key frame was asked for, or bitrate or size changed.
    pub fn request(&mut self) {
        self.requested = true;
    }

    /// When the last picture is due again if no new one comes; `None` before the first picture.
    pub fn due(&self) -> Option<Instant> {
        let wait = if self.requested {
            GRACE
        } else {
            STILL_INTERVAL
        };
        self.last.map(|last| last + wait)
    }

    /// Whether the last picture must be repeated at `now`. After repeating call [`Repeat::sent`].
    pub fn is_due(&self, now: Instant) -> bool {
        self.due().is_some_and(|due| due <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn nothing_is_repeated_before_the_first_picture() {
        let mut repeat = Repeat::new();
        repeat.request();
        assert_eq!(repeat.due(), None);
        assert!(!repeat.is_due(Instant::now()));
    }

    #[test]
    fn a_still_picture_is_repeated_each_second() {
        let start = Instant::now();
        let mut repeat = Repeat::new();
        repeat.sent(start);
        assert!(!repeat.is_due(start + ms(999)));
        assert!(repeat.is_due(start + ms(1000)));
        repeat.sent(start + ms(1000));
        assert_eq!(repeat.due(), Some(start + ms(2000)));
    }

    #[test]
    fn a_moving_picture_is_never_repeated() {
        let start = Instant::now();
        let mut repeat = Repeat::new();
        for n in 0..100 {
            let now = start + ms(n * 33);
            assert!(!repeat.is_due(now));
            repeat.sent(now);
        }
    }

    #[test]
    fn a_request_repeats_a_still_picture_at_once_and_only_once() {
        let start = Instant::now();
        let mut repeat = Repeat::new();
        repeat.sent(start);
        repeat.request();
        assert!(repeat.is_due(start + ms(300)));
        repeat.sent(start + ms(300));
        assert!(!repeat.is_due(start + ms(1299)));
    }

    #[test]
    fn a_request_right_after_a_picture_waits_for_the_next_one() {
        let start = Instant::now();
        let mut repeat = Repeat::new();
        repeat.sent(start);
        repeat.request();
        assert!(!repeat.is_due(start + ms(7)));
        repeat.sent(start + ms(7));
        assert_eq!(repeat.due(), Some(start + ms(1007)));
    }
}
