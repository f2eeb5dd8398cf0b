// SPDX-License-Identifier: GPL-3.0-or-later
//! Where pictures lie in time: instants in, media times for the receiver and stamps for the encoder out, both growing
//! strictly. Reads no clock.

use std::time::{Duration, Instant};

use crate::cast::frame::MediaTime;
use crate::encode::branch::Stamp;

/// Ticks per second of video media time.
const TIMEBASE: u128 = 90_000;

/// Range of the times between pictures that the encoder's rate control is told.
///
/// It spends what a longer pause has saved on the picture after it: three average frames at 30 pictures a second, where
/// the 125 ms of Open Screen's `streaming_vpx_encoder.cc` make five. A network that is narrow does not take more at once,
/// and a pause is most often its doing: pictures were left out because too much was under way.
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_millis(100);

/// The times given out so far.
pub(super) struct Timeline {
    epoch: Instant,
    last_time: Option<MediaTime>,
    /// Of the last picture: when it was captured, since the epoch, and what the encoder was told.
    stamped: Option<(Duration, Duration)>,
}

impl Timeline {
    /// Media time 0 is at `epoch`.
    pub(super) fn new(epoch: Instant) -> Timeline {
        Timeline {
            epoch,
            last_time: None,
            stamped: None,
        }
    }

    /// Whether no frame has a media time yet.
    pub(super) fn is_empty(&self) -> bool {
        self.last_time.is_none()
    }

    /// Media time of an instant: ticks since the epoch, later than any before.
    pub(super) fn media_time(&mut self, captured: Instant) -> MediaTime {
        let since = captured.saturating_duration_since(self.epoch);
        let ticks = (since.as_nanos() * TIMEBASE / 1_000_000_000) as i64;
        let time = match self.last_time {
            Some(last) if last.0 >= ticks => MediaTime(last.0.saturating_add(1)),
            _ => MediaTime(ticks),
        };
        self.last_time = Some(time);
        time
    }

    /// Time and duration for the encoder's rate control; `interval` is the shortest agreed time between pictures, and the
    /// duration, as nobody knows when the next one will come. The encoder's time runs slower than ours in pauses, and never
    /// faster.
    pub(super) fn stamp(&mut self, captured: Instant, interval: Duration) -> Stamp {
        let captured = captured.saturating_duration_since(self.epoch);
        let at = match self.stamped {
            None => captured,
            Some((before, at)) => {
                let passed = captured.saturating_sub(before);
                at + passed.clamp(SHORTEST, LONGEST.max(interval))
            }
        };
        self.stamped = Some((captured, at));
        Stamp {
            at,
            lasts: interval,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn the_time_of_the_rate_control_runs_no_faster_than_the_longest_distance_for_each_picture() {
        let epoch = Instant::now();
        let mut timeline = Timeline::new(epoch);
        let mut at = |ms, interval| timeline.stamp(epoch + ms * MS, interval * MS).at;
        assert_eq!(at(1000, 33), 1000 * MS);
        assert_eq!(at(1033, 33), 1033 * MS);
        assert_eq!(at(1083, 33), 1083 * MS, "a little late");
        assert_eq!(at(3083, 33), 1083 * MS + LONGEST, "a pause");
        assert_eq!(at(3116, 33), 1116 * MS + LONGEST);
        assert_eq!(at(3316, 200), 1316 * MS + LONGEST, "a slow source");
        assert_eq!(at(3316, 33), 1316 * MS + LONGEST + SHORTEST, "no time");
        assert_eq!(at(3000, 33), 1316 * MS + LONGEST + 2 * SHORTEST, "back");
    }

    #[test]
    fn a_picture_after_a_pause_is_not_said_to_last_as_long() {
        let epoch = Instant::now();
        let mut timeline = Timeline::new(epoch);
        for ms in [0, 33, 5000] {
            let stamp = timeline.stamp(epoch + ms * MS, 33 * MS);
            assert_eq!(stamp.lasts, 33 * MS);
        }
    }
}
