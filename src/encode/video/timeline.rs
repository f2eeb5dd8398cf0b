// SPDX-License-Identifier: GPL-3.0-or-later
//! Where pictures lie in time: instants in, media times for the receiver and stamps for the encoder out, both growing
//! strictly. Reads no clock.

use std::time::{Duration, Instant};

use crate::cast::frame::MediaTime;
use crate::encode::branch::Stamp;

/// Ticks per second of video media time.
const TIMEBASE: u128 = 90_000;

/// Range of frame durations told to the encoder's rate control (Open Screen `streaming_vpx_encoder.cc`).
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_millis(125);

/// The times given out so far.
pub(super) struct Timeline {
    epoch: Instant,
    last_time: Option<MediaTime>,
    last_at: Option<Duration>,
}

impl Timeline {
    /// Media time 0 is at `epoch`.
    pub(super) fn new(epoch: Instant) -> Timeline {
        Timeline {
            epoch,
            last_time: None,
            last_at: None,
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

    /// Time and duration for the encoder's rate control; `interval` is the shortest agreed time between pictures. The next
    /// picture's time is not known: the distance to the last one is the best guess.
    pub(super) fn stamp(&mut self, captured: Instant, interval: Duration) -> Stamp {
        let mut at = captured.saturating_duration_since(self.epoch);
        let mut lasts = interval;
        if let Some(last) = self.last_at {
            at = at.max(last + SHORTEST);
            lasts = at.saturating_sub(last);
        }
        self.last_at = Some(at);
        Stamp {
            at,
            lasts: lasts.clamp(SHORTEST, LONGEST),
        }
    }
}
