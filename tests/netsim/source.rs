// SPDX-License-Identifier: GPL-3.0-or-later
//! A camera and its encoder, without either: frames at regular times, of a size that obeys the sender's wishes, with
//! bytes that can be made again for comparison.
//!
//! A wish comes true one frame of the camera late, as in an encoder that is busy with the frame before. A key frame is bounded to six average
//! frames, less what earlier ones took too many; the excess is taken back over the frames after it, a third of each at
//! most, and a whole one where a frame is left out.

use std::time::{Duration, Instant};

use bytes::Bytes;
use telecast::cast::control::EncoderControl;
use telecast::cast::frame::{
    Dependency, EncodedFrame, MediaTime, StageTimes, StreamId, StreamKind,
};

use super::random::Random;
use super::traffic::Content;

/// At most how many average frames a key frame is as large as.
const KEY_FRAME: f64 = 6.0;

/// The part of a frame that may be missing after a key frame that was too large.
const TAKEN_BACK: f64 = 1.0 / 3.0;

/// What the encoder was asked for.
#[derive(Debug, Clone, Copy)]
struct Wishes {
    /// Bits per second.
    bitrate: u32,
    /// From one frame to the next, when that is longer than the camera's.
    interval: Option<Duration>,
    /// Pixels, when they are fewer than the camera's.
    pixels: Option<u64>,
    key_frame: bool,
}

/// The source of one stream.
#[derive(Debug)]
pub struct Source {
    pub id: StreamId,
    pub kind: StreamKind,
    pub timebase: u32,
    /// The media time of the first frame.
    pub origin: i64,
    /// When the next frame is captured.
    pub next: Instant,
    content: Content,
    /// The camera's.
    interval: Duration,
    start: Instant,
    /// Frames since `since`, which was when the interval changed last.
    frames: u32,
    since: Instant,
    /// In force for the next frame.
    current: Wishes,
    /// In force after it.
    wanted: Wishes,
    /// Bytes that key frames took too many.
    excess: f64,
    /// Where in the recording the run begins.
    offset: usize,
    random: Random,
}

impl Source {
    pub fn new(
        start: Instant,
        id: StreamId,
        kind: StreamKind,
        interval: Duration,
        content: Content,
        seed: u64,
    ) -> Source {
        let wishes = Wishes {
            bitrate: 0,
            interval: None,
            pixels: None,
            key_frame: true,
        };
        let mut random = Random(seed);
        Source {
            id,
            kind,
            timebase: match kind {
                StreamKind::Audio => 48_000,
                StreamKind::Video => 90_000,
            },
            origin: 0,
            next: start,
            content,
            interval,
            start,
            frames: 0,
            since: start,
            current: wishes,
            wanted: Wishes {
                key_frame: false,
                ..wishes
            },
            excess: 0.0,
            offset: random.next() as usize % 100_000,
            random,
        }
    }

    /// A wish of the sender. Before the first frame it comes true at once.
    pub fn control(&mut self, control: EncoderControl) {
        match control {
            EncoderControl::KeyFrame => self.wanted.key_frame = true,
            EncoderControl::Bitrate(bitrate) => self.wanted.bitrate = bitrate,
            EncoderControl::MaxSize(width, height) => {
                self.wanted.pixels = Some(u64::from(width) * u64::from(height));
            }
            EncoderControl::MaxFrameRate(rate) => {
                let interval = Duration::from_secs(1) / rate.max(1);
                self.wanted.interval = Some(interval).filter(|it| *it > self.interval);
            }
        }
        if self.next == self.start {
            self.wanted.key_frame = false;
            self.current = Wishes {
                key_frame: true,
                ..self.wanted
            };
        }
    }

    /// From one frame to the next.
    pub fn interval(&self) -> Duration {
        self.current.interval.unwrap_or(self.interval)
    }

    /// Goes on to the next frame without encoding this one.
    pub fn skip(&mut self) {
        self.excess = (self.excess - self.average()).max(0.0);
        self.advance();
        let key_frame = self.current.key_frame;
        self.obey();
        self.current.key_frame |= key_frame;
    }

    /// The wishes come true.
    fn obey(&mut self) {
        if self.wanted.interval != self.current.interval {
            (self.since, self.frames) = (self.next, 0);
        }
        self.current = self.wanted;
        self.wanted.key_frame = false;
    }

    fn advance(&mut self) {
        self.frames += 1;
        self.next = self.since + self.interval() * self.frames;
    }

    /// The media time of the frame that is captured now.
    pub fn media_time(&self) -> i64 {
        let at = (self.next - self.start).as_secs_f64();
        self.origin + (at * f64::from(self.timebase)).round() as i64
    }

    /// The frame that is captured now; `check` makes bytes of which [`content`] can tell whether they were changed.
    pub fn encode(&mut self, now: Instant, check: bool) -> EncodedFrame {
        let media_time = self.media_time();
        let (dependency, size) = self.size();
        let frame = EncodedFrame {
            dependency,
            media_time: MediaTime(media_time),
            duration: self.interval(),
            data: if check {
                content(self.id, media_time, size)
            } else {
                Bytes::from(vec![0; size])
            },
            size: None,
            times: StageTimes {
                captured: now,
                received: now,
                converted: now,
                encoded: now,
            },
        };
        self.advance();
        self.obey();
        frame
    }

    /// Bytes of a frame at the wanted bitrate.
    fn average(&self) -> f64 {
        f64::from(self.current.bitrate) * self.interval().as_secs_f64() / 8.0
    }

    fn size(&mut self) -> (Dependency, usize) {
        let average = self.average();
        let is_key_frame = self.kind == StreamKind::Video && self.current.key_frame;
        let (key_frame, wanted) = match &self.content {
            Content::Opus => (0.0, 160.0 + 160.0 * self.random.fraction()),
            Content::Even => (
                KEY_FRAME * average,
                average * (0.5 + self.random.fraction()),
            ),
            Content::Recorded(recording) => {
                let scale = f64::from(self.current.bitrate) / f64::from(recording.bitrate)
                    * f64::from(recording.frame_rate)
                    * self.interval().as_secs_f64();
                let at = (self.next - self.start).as_secs_f64() * f64::from(recording.frame_rate);
                let index = (at.round() as usize + self.offset) % recording.frames.len();
                let pixels = u64::from(recording.width) * u64::from(recording.height);
                let smaller = match self.current.pixels {
                    Some(wished) if wished < pixels => wished as f64 / pixels as f64,
                    _ => 1.0,
                };
                (
                    f64::from(recording.key_frame) * scale * smaller,
                    f64::from(recording.frames[index]) * scale,
                )
            }
        };
        match self.kind {
            StreamKind::Audio => (Dependency::Independent, wanted as usize),
            StreamKind::Video if is_key_frame => {
                let most = (KEY_FRAME * average - self.excess).max(average);
                let size = key_frame.min(most);
                self.excess += (size - average).max(0.0);
                (Dependency::KeyFrame, size as usize)
            }
            StreamKind::Video => {
                let back = self.excess.min(TAKEN_BACK * wanted);
                self.excess -= back;
                (Dependency::Dependent, (wanted - back) as usize)
            }
        }
    }
}

/// The bytes of a frame.
pub fn content(id: StreamId, media_time: i64, size: usize) -> Bytes {
    let mut random = Random(media_time as u64 ^ u64::from(id.0) << 56);
    let words = std::iter::repeat_with(|| random.next().to_le_bytes());
    words.flatten().take(size).collect()
}
