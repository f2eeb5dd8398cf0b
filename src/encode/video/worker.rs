// SPDX-License-Identifier: GPL-3.0-or-later
//! The encoder's thread: raw frames and wishes from the [`Slot`] in, [`EncoderEvent`]s out, in order. Decides when a picture
//! is encoded or repeated and what is told of it; the pictures themselves are the [`Coder`]'s.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::coder::{Coder, Last};
use super::pace::Pace;
use super::timeline::Timeline;
use crate::capture::frame::RawFrame;
use crate::cast::frame::{Dependency, EncodedFrame, StageTimes};
use crate::encode::branch::Coded;
use crate::encode::config::{Encoders, VideoConfig};
use crate::encode::convert::Picture;
use crate::encode::error::EncodeError;
use crate::encode::failover::Repeated;
use crate::encode::layout::Limits;
use crate::encode::null::{NullEncoder, Recording};
use crate::encode::output::{EncoderEvent, FramePath, Offered, Outlet};
use crate::encode::profile::Profile;
use crate::encode::slot::{Found, Slot, Wishes};

/// Shortest time after a wish before the last picture is encoded again for it.
const SOONEST_REPEAT: Duration = Duration::from_millis(20);

/// A still picture is encoded again when the bitrate has become higher by more than this many percent than it was encoded
/// with: then it can look better. A lower bitrate does nothing for it, and costs most when the network is full already.
const WORTH_A_REPEAT_PERCENT: u32 = 25;

/// How long a full event channel is waited for between two looks at whether to stop.
const FULL_PAUSE: Duration = Duration::from_millis(2);

/// How often a lost picture is asked for. A source that cannot deliver it in a form that can be read stays without.
const ASK_FOR_PICTURE: u32 = 5;

/// Runs until the slot is stopped, the receiver of events is gone, or no encoder is left.
pub(super) fn run(config: VideoConfig, slot: &Slot, events: &dyn Outlet) {
    let mut worker = Worker::new(config, slot, events);
    while worker.step().is_ok() {}
}

/// The end of the thread.
struct Ended;

/// What turns pictures into frames.
enum Backend {
    Coder(Box<Coder>),
    Null(NullEncoder, Arc<Recording>),
}

/// Times of a raw frame, or of a repetition.
#[derive(Clone, Copy)]
struct Origin {
    captured: Instant,
    received: Instant,
}

struct Worker<'a> {
    slot: &'a Slot,
    events: &'a dyn Outlet,
    timeline: Timeline,
    limits: Limits,
    repeat: Option<Duration>,
    pace: Pace,
    backend: Backend,
    key_wanted: bool,
    /// Bits per second from now on.
    bitrate: u32,
    /// The most that the last picture has been encoded with.
    bitrate_of_last: u32,
    /// When the last picture is to be encoded again, unless a new one comes.
    repeat_at: Option<Instant>,
}

impl<'a> Worker<'a> {
    fn new(config: VideoConfig, slot: &'a Slot, events: &'a dyn Outlet) -> Worker<'a> {
        let backend = match config.encoders {
            Encoders::Candidates(candidates) => Backend::Coder(Box::new(Coder::new(
                config.codec,
                config.max_frame_rate,
                config.bitrate,
                candidates,
            ))),
            Encoders::Null(recording) => Backend::Null(NullEncoder::default(), recording),
        };
        Worker {
            slot,
            events,
            timeline: Timeline::new(config.epoch),
            limits: Limits {
                max: config.max_size,
                min: (64, 64),
                fit: config.fit,
                overscan_pct: config.overscan_pct,
            },
            repeat: config.repeat,
            pace: Pace::new(config.max_frame_rate),
            backend,
            key_wanted: false,
            bitrate: config.bitrate,
            bitrate_of_last: 0,
            repeat_at: None,
        }
    }

    fn step(&mut self) -> Result<(), Ended> {
        let due = |arrival| self.pace.due(arrival);
        match self.slot.take(due, self.repeat_at) {
            Found::Stopped => Err(Ended),
            Found::Wishes(wishes) => {
                self.note(wishes);
                Ok(())
            }
            Found::Frame { frame, replaced } => {
                self.pace.taken(Instant::now());
                self.bitrate_of_last = self.bitrate;
                self.encode_frame(frame)?;
                // Afterwards: the channel may be full, and the frame must not grow old in the meantime.
                for _ in 0..replaced {
                    self.emit(EncoderEvent::Dropped)?;
                }
                Ok(())
            }
            Found::Nothing => {
                self.pace.taken(Instant::now());
                self.bitrate_of_last = self.bitrate_of_last.max(self.bitrate);
                self.repeat_last()
            }
        }
    }

    fn note(&mut self, wishes: Wishes) {
        let mut soon = wishes.key_frame;
        self.key_wanted |= wishes.key_frame;
        if let Some(bits) = wishes.bitrate
            && let Backend::Coder(coder) = &mut self.backend
        {
            coder.failover.set_bitrate(bits);
            self.bitrate = bits;
            let worth_it =
                u64::from(self.bitrate_of_last) * u64::from(100 + WORTH_A_REPEAT_PERCENT) / 100;
            soon |= u64::from(bits) > worth_it;
        }
        if let Some(size) = wishes.max_size {
            self.limits.max = size;
        }
        if let Some(rate) = wishes.max_frame_rate {
            self.pace.set_rate(rate);
        }
        if soon && !self.timeline.is_empty() {
            // A moving source brings its own next picture before this; a still one does not.
            let patience = (self.pace.interval() + self.pace.interval() / 2).max(SOONEST_REPEAT);
            let soon = Instant::now() + patience;
            self.repeat_at = Some(self.repeat_at.map_or(soon, |at| at.min(soon)));
        }
    }

    fn encode_frame(&mut self, frame: RawFrame) -> Result<(), Ended> {
        let origin = Origin {
            captured: frame.captured,
            received: frame.received,
        };
        let prepared = match &mut self.backend {
            Backend::Null(..) => {
                drop(frame);
                return self.emit_null(origin);
            }
            Backend::Coder(coder) => coder.prepare(frame, &self.limits),
        };
        match prepared {
            Ok((picture, raw)) => self.encode_picture(picture, raw, origin),
            Err(error) => {
                tracing::debug!(%error, "a raw frame is dropped");
                self.drop_unreadable()
            }
        }
    }

    /// Drops a frame that the encoder whose turn it is cannot take; whoever captures learns which memory it wants.
    fn drop_unreadable(&mut self) -> Result<(), Ended> {
        self.announce()?;
        self.emit(EncoderEvent::Dropped)?;
        self.ask_for_lost()
    }

    /// Tells which encoder's turn it is, unless that is known.
    fn announce(&mut self) -> Result<(), Ended> {
        match &mut self.backend {
            Backend::Coder(coder) => match coder.failover.announce() {
                Some(profile) => self.emit(using(&profile)),
                None => Ok(()),
            },
            Backend::Null(..) => Ok(()),
        }
    }

    /// Asks for the last picture when it is lost, and again with each repetition, a bounded number of times.
    fn ask_for_lost(&mut self) -> Result<(), Ended> {
        match &mut self.backend {
            Backend::Coder(coder)
                if matches!(coder.last, Last::Lost) && coder.asked < ASK_FOR_PICTURE =>
            {
                coder.asked += 1;
                self.repeat_at = self.repeat.map(|after| Instant::now() + after);
                self.emit(EncoderEvent::PictureLost)
            }
            _ => Ok(()),
        }
    }

    fn repeat_last(&mut self) -> Result<(), Ended> {
        let now = Instant::now();
        let origin = Origin {
            captured: now,
            received: now,
        };
        self.repeat_at = self.repeat.map(|after| now + after);
        let coder = match &mut self.backend {
            Backend::Null(..) => return self.emit_null(origin),
            Backend::Coder(coder) => coder,
        };
        match &coder.last {
            Last::None => Ok(()),
            Last::Lost => self.ask_for_lost(),
            Last::Picture(picture) => {
                let picture = picture.clone();
                self.encode_picture(picture, None, origin)
            }
            Last::InEncoder(size) => {
                let size = *size;
                self.repeat_in_encoder(size, origin)
            }
        }
    }

    fn repeat_in_encoder(&mut self, size: (u32, u32), origin: Origin) -> Result<(), Ended> {
        let stamp = self.timeline.stamp(origin.captured, self.pace.interval());
        let Backend::Coder(coder) = &mut self.backend else {
            return Ok(());
        };
        match coder.failover.repeat(stamp, self.key_wanted) {
            Repeated::Frame(frame) => self.emit_frame(frame, size, origin, Instant::now()),
            Repeated::Lost => {
                coder.last = Last::Lost;
                self.announce()?;
                self.ask_for_lost()
            }
            Repeated::Failed(error) => self.fail(error),
        }
    }

    /// Encodes a picture. `raw` is the frame whose DMA-BUF it is: when the next encoder takes plain memory only, that is
    /// read while it is still here.
    fn encode_picture(
        &mut self,
        picture: Picture,
        raw: Option<RawFrame>,
        origin: Origin,
    ) -> Result<(), Ended> {
        let mut converted = Instant::now();
        let stamp = self.timeline.stamp(origin.captured, self.pace.interval());
        let Backend::Coder(coder) = &mut self.backend else {
            return Ok(());
        };
        let mut size = picture.size;
        let mut path = if picture.layout.is_none() {
            FramePath::ZeroCopy
        } else {
            FramePath::Copied
        };
        let mut encoded = coder.failover.encode(&picture, stamp, self.key_wanted);
        drop(picture);
        if matches!(encoded, Err(EncodeError::BadPicture))
            && let Some(raw) = &raw
        {
            let read = coder.read(raw, &self.limits);
            converted = Instant::now();
            path = FramePath::Copied;
            encoded = read.and_then(|picture| {
                size = picture.size;
                coder.failover.encode(&picture, stamp, self.key_wanted)
            });
        }
        // The buffer goes back now, not when the frame has been handed out.
        drop(raw);
        match encoded {
            Ok(encoded) => {
                coder.asked = 0;
                let came = coder.format.map(|format| (path, format));
                let other_path = came.filter(|_| std::mem::replace(&mut coder.path, came) != came);
                if let Some(profile) = encoded.switched {
                    self.emit(using(&profile))?;
                }
                if let Some((path, format)) = other_path {
                    self.emit(EncoderEvent::Path(path, format))?;
                }
                self.emit_frame(encoded.frame, size, origin, converted)
            }
            Err(EncodeError::BadPicture) => {
                if path == FramePath::ZeroCopy || matches!(coder.last, Last::InEncoder(_)) {
                    coder.last = Last::Lost;
                }
                self.drop_unreadable()
            }
            Err(error) => self.fail(error),
        }
    }

    fn fail(&self, error: EncodeError) -> Result<(), Ended> {
        self.emit(EncoderEvent::Failed(error))?;
        Err(Ended)
    }

    fn emit_null(&mut self, origin: Origin) -> Result<(), Ended> {
        let converted = Instant::now();
        let key = self.key_wanted || self.timeline.is_empty();
        let Backend::Null(encoder, recording) = &mut self.backend else {
            return Ok(());
        };
        let (data, key) = encoder.next(recording, key);
        let size = recording.size;
        if self.timeline.is_empty() {
            self.emit(EncoderEvent::Using {
                element: "null".into(),
                hardware: false,
                dma_buf: false,
            })?;
        }
        self.emit_frame(Coded { data, key }, size, origin, converted)
    }

    fn emit_frame(
        &mut self,
        coded: Coded,
        size: (u32, u32),
        origin: Origin,
        converted: Instant,
    ) -> Result<(), Ended> {
        let encoded = Instant::now();
        if coded.key {
            self.key_wanted = false;
        }
        self.repeat_at = self.repeat.map(|after| encoded + after);
        let media_time = self.timeline.media_time(origin.captured);
        self.emit(EncoderEvent::Frame(EncodedFrame {
            dependency: if coded.key {
                Dependency::KeyFrame
            } else {
                Dependency::Dependent
            },
            media_time,
            duration: self.pace.interval(),
            data: coded.data,
            size: Some(size),
            times: StageTimes {
                captured: origin.captured,
                received: origin.received,
                converted,
                encoded,
            },
        }))
    }

    /// Hands news out; waits while the channel is full, so that nothing encoded is lost.
    fn emit(&self, mut event: EncoderEvent) -> Result<(), Ended> {
        loop {
            match self.events.offer(event) {
                Offered::Taken => return Ok(()),
                Offered::Full(back) if !self.slot.is_stopped() => {
                    event = back;
                    thread::sleep(FULL_PAUSE);
                }
                Offered::Full(_) | Offered::Closed => return Err(Ended),
            }
        }
    }
}

fn using(profile: &Profile) -> EncoderEvent {
    EncoderEvent::Using {
        element: profile.element.to_string(),
        hardware: profile.hardware,
        dma_buf: profile.from_dma_buf.is_some(),
    }
}
