// SPDX-License-Identifier: GPL-3.0-or-later
//! A frame of a shared encode on a session's own time line: media time since the session's epoch, always later than
//! before, also when another encode takes over.

use std::time::{Duration, Instant};

use crate::cast::frame::{EncodedFrame, MediaTime};

/// Ticks a second of video media time.
const TIMEBASE: i128 = 90_000;

/// The time line of one session.
#[derive(Debug)]
pub(super) struct TimeLine {
    epoch: Instant,
    last: Option<MediaTime>,
}

impl TimeLine {
    pub(super) fn new(epoch: Instant) -> TimeLine {
        TimeLine { epoch, last: None }
    }

    /// Puts a frame, whose media time counts from `epoch`, on this time line.
    ///
    /// An encode that takes over may begin with a picture that was captured before the last one sent: that is shown a
    /// tick after it.
    pub(super) fn place(&mut self, mut frame: EncodedFrame, epoch: Instant) -> EncodedFrame {
        let offset = match epoch.checked_duration_since(self.epoch) {
            Some(later) => ticks(later),
            None => -ticks(self.epoch.saturating_duration_since(epoch)),
        };
        let placed = frame.media_time.0.saturating_add(offset).max(0);
        let earliest = self.last.map_or(0, |last| last.0.saturating_add(1));
        let time = placed.max(earliest);
        frame.times.captured += duration(time - placed);
        frame.media_time = MediaTime(time);
        self.last = Some(frame.media_time);
        frame
    }
}

fn ticks(time: Duration) -> i64 {
    let ticks = time.as_nanos() as i128 * TIMEBASE / 1_000_000_000;
    i64::try_from(ticks).unwrap_or(i64::MAX)
}

fn duration(ticks: i64) -> Duration {
    let nanos = i128::from(ticks.max(0)) * 1_000_000_000 / TIMEBASE;
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::cast::frame::{Dependency, StageTimes};

    fn frame(ticks: i64, captured: Instant) -> EncodedFrame {
        EncodedFrame {
            dependency: Dependency::Dependent,
            media_time: MediaTime(ticks),
            duration: Duration::from_millis(33),
            data: Bytes::new(),
            size: None,
            times: StageTimes {
                captured,
                received: captured,
                converted: captured,
                encoded: captured,
            },
        }
    }

    #[test]
    fn media_time_counts_from_the_sessions_own_epoch() {
        let start = Instant::now();
        let second = Duration::from_secs(1);
        let mut line = TimeLine::new(start + second);
        let early = line.place(frame(45_000, start + second / 2), start);
        assert_eq!(
            early.media_time,
            MediaTime(0),
            "captured before the session began"
        );
        let placed = line.place(frame(180_000, start + second * 2), start);
        assert_eq!(placed.media_time, MediaTime(90_000));
        let of_another = line.place(frame(90_000, start + second * 4), start + second * 3);
        assert_eq!(of_another.media_time, MediaTime(270_000));
    }

    #[test]
    fn time_goes_on_when_an_encode_takes_over_with_an_older_picture() {
        let start = Instant::now();
        let captured = start + Duration::from_secs(1);
        let mut line = TimeLine::new(start);
        line.place(frame(93_000, captured), start);
        let older = line.place(frame(90_000, captured), start);
        assert_eq!(older.media_time, MediaTime(93_001));
        let moved = older.times.captured.duration_since(captured);
        assert_eq!(
            moved.as_micros(),
            33_344,
            "the same clock still relates both"
        );
        let next = line.place(frame(96_000, captured), start);
        assert_eq!(
            (next.media_time, next.times.captured),
            (MediaTime(96_000), captured)
        );
    }
}
