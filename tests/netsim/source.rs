// SPDX-License-Identifier: GPL-3.0-or-later
//! A camera and its encoder, without either: frames at regular times, of a size that obeys the bitrate, with bytes that
//! can be made again for comparison.

use std::time::{Duration, Instant};

use bytes::Bytes;
use telecast::cast::frame::{
    Dependency, EncodedFrame, MediaTime, StageTimes, StreamId, StreamKind,
};

use super::random::Random;

/// How many average frames a key frame is as large as.
const KEY_FRAME: f64 = 6.0;

/// The source of one stream.
#[derive(Debug)]
pub struct Source {
    pub id: StreamId,
    pub kind: StreamKind,
    pub timebase: u32,
    pub interval: Duration,
    /// Bits per second.
    pub bitrate: u32,
    pub key_frame_wanted: bool,
    /// When the next frame is captured.
    pub next: Instant,
    start: Instant,
    frames: u32,
    random: Random,
}

impl Source {
    pub fn new(
        start: Instant,
        id: StreamId,
        kind: StreamKind,
        interval: Duration,
        seed: u64,
    ) -> Source {
        Source {
            id,
            kind,
            timebase: match kind {
                StreamKind::Audio => 48_000,
                StreamKind::Video => 90_000,
            },
            interval,
            bitrate: 0,
            key_frame_wanted: true,
            next: start,
            start,
            frames: 0,
            random: Random(seed),
        }
    }

    /// Goes on to the next frame without encoding this one.
    pub fn skip(&mut self) {
        self.frames += 1;
        self.next = self.start + self.interval * self.frames;
    }

    /// The frame that is captured now.
    pub fn encode(&mut self, now: Instant) -> EncodedFrame {
        let at = self.interval.as_secs_f64() * f64::from(self.frames);
        let media_time = (at * f64::from(self.timebase)).round() as i64;
        let average = f64::from(self.bitrate) * self.interval.as_secs_f64() / 8.0;
        let (dependency, scale) = match self.kind {
            StreamKind::Audio => (Dependency::Independent, 1.0),
            StreamKind::Video if self.key_frame_wanted => (Dependency::KeyFrame, KEY_FRAME),
            StreamKind::Video => (Dependency::Dependent, 0.5 + self.random.fraction()),
        };
        self.key_frame_wanted = false;
        self.skip();
        EncodedFrame {
            dependency,
            media_time: MediaTime(media_time),
            duration: self.interval,
            data: content(self.id, media_time, (average * scale) as usize),
            size: None,
            times: StageTimes {
                captured: now,
                received: now,
                converted: now,
                encoded: now,
            },
        }
    }
}

/// The bytes of a frame.
pub fn content(id: StreamId, media_time: i64, size: usize) -> Bytes {
    let mut random = Random(media_time as u64 ^ u64::from(id.0) << 56);
    let words = std::iter::repeat_with(|| random.next().to_le_bytes());
    words.flatten().take(size).collect()
}
