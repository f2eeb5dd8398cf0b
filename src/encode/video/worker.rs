// SPDX-License-Identifier: GPL-3.0-or-later
//! The encoder's thread: raw frames and wishes from the [`Slot`] in, [`EncoderEvent`]s out, in order.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::pace::Pace;
use crate::capture::frame::{Memory, RawFrame};
use crate::cast::frame::{Dependency, EncodedFrame, MediaTime, StageTimes};
use crate::encode::branch::{Coded, Stamp};
use crate::encode::config::{Encoders, VideoConfig};
use crate::encode::convert::{Converter, Picture};
use crate::encode::error::EncodeError;
use crate::encode::failover::{Failover, Repeated, wanted_layout};
use crate::encode::layout::Limits;
use crate::encode::null::{NullEncoder, Recording};
use crate::encode::output::{EncoderEvent, FramePath, Offered, Outlet};
use crate::encode::profile::{Profile, threads};
use crate::encode::slot::{Found, Slot, Wishes};

/// Ticks per second of video media time.
const TIMEBASE: u128 = 90_000;

/// Range of frame durations told to the encoder's rate control (Open Screen `streaming_vpx_encoder.cc`).
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_millis(125);

/// Shortest time after a wish before the last picture is encoded again for it.
const SOONEST_REPEAT: Duration = Duration::from_millis(20);

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

struct Coder {
    converter: Converter,
    failover: Failover,
    /// What can be encoded again.
    last: Last,
    /// How the last picture came.
    path: Option<FramePath>,
    /// How often the last picture has been asked for since there was a frame.
    asked: u32,
}

/// The last picture.
enum Last {
    None,
    /// Here.
    Picture(Picture),
    /// In the encoder alone: the buffer that it came in has been given back. Its size.
    InEncoder((u32, u32)),
    /// Nowhere: it went with its encoder, or never could be read.
    Lost,
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
    epoch: Instant,
    limits: Limits,
    repeat: Option<Duration>,
    pace: Pace,
    backend: Backend,
    key_wanted: bool,
    /// When the last picture is to be encoded again, unless a new one comes.
    repeat_at: Option<Instant>,
    last_time: Option<MediaTime>,
    last_at: Option<Duration>,
}

impl<'a> Worker<'a> {
    fn new(config: VideoConfig, slot: &'a Slot, events: &'a dyn Outlet) -> Worker<'a> {
        let backend = match config.encoders {
            Encoders::Candidates(candidates) => Backend::Coder(Box::new(Coder {
                converter: Converter::new(config.codec, config.max_frame_rate, threads().min(2)),
                failover: Failover::new(config.codec, candidates, config.bitrate),
                last: Last::None,
                path: None,
                asked: 0,
            })),
            Encoders::Null(recording) => Backend::Null(NullEncoder::default(), recording),
        };
        Worker {
            slot,
            events,
            epoch: config.epoch,
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
            repeat_at: None,
            last_time: None,
            last_at: None,
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
                self.encode_frame(frame)?;
                // Afterwards: the channel may be full, and the frame must not grow old in the meantime.
                for _ in 0..replaced {
                    self.emit(EncoderEvent::Dropped)?;
                }
                Ok(())
            }
            Found::Nothing => {
                self.pace.taken(Instant::now());
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
            soon = true;
        }
        if let Some(size) = wishes.max_size {
            self.limits.max = size;
        }
        if let Some(rate) = wishes.max_frame_rate {
            self.pace.set_rate(rate);
        }
        if soon && self.last_time.is_some() {
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
        let stamp = self.stamp(origin.captured);
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
        let stamp = self.stamp(origin.captured);
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
                let other_path = coder.path.replace(path) != Some(path);
                if let Some(profile) = encoded.switched {
                    self.emit(using(&profile))?;
                }
                if other_path {
                    self.emit(EncoderEvent::Path(path))?;
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
        let key = self.key_wanted || self.last_time.is_none();
        let Backend::Null(encoder, recording) = &mut self.backend else {
            return Ok(());
        };
        let (data, key) = encoder.next(recording, key);
        let size = recording.size;
        if self.last_time.is_none() {
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
        let media_time = self.media_time(origin.captured);
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

    /// Media time of an instant: ticks since the epoch, later than any before.
    fn media_time(&mut self, captured: Instant) -> MediaTime {
        let since = captured.saturating_duration_since(self.epoch);
        let ticks = (since.as_nanos() * TIMEBASE / 1_000_000_000) as i64;
        let time = match self.last_time {
            Some(last) if last.0 >= ticks => MediaTime(last.0.saturating_add(1)),
            _ => MediaTime(ticks),
        };
        self.last_time = Some(time);
        time
    }

    /// Time and duration for the encoder's rate control. The next picture's time is not known: the distance to the last
    /// one is the best guess.
    fn stamp(&mut self, captured: Instant) -> Stamp {
        let mut at = captured.saturating_duration_since(self.epoch);
        let mut lasts = self.pace.interval();
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

impl Coder {
    /// Makes a picture of a raw frame. The frame comes back when its memory goes to the encoder as it is; otherwise its
    /// buffer has been given back on return.
    fn prepare(
        &mut self,
        frame: RawFrame,
        limits: &Limits,
    ) -> Result<(Picture, Option<RawFrame>), EncodeError> {
        let in_dma_buf = matches!(frame.memory, Memory::DmaBuf(_));
        let imports = self
            .failover
            .profile()
            .is_some_and(|profile| profile.from_dma_buf.is_some());
        if in_dma_buf && imports {
            match self.converter.pass_dma_buf(&frame, &self.adapted(limits)) {
                Ok(picture) => {
                    // Not kept here: the buffer belongs to the compositor, which has few of them.
                    self.last = Last::InEncoder(picture.size);
                    return Ok((picture, Some(frame)));
                }
                Err(error) => {
                    tracing::info!(%error, "pictures on the GPU have to be turned or bordered");
                    self.failover.give_up_import();
                }
            }
        }
        let read = self.read(&frame, limits);
        if read.is_err() && in_dma_buf {
            self.last = Last::Lost;
        }
        read.map(|picture| (picture, None))
    }

    /// Converts a raw frame on the CPU, and keeps the outcome for repeating.
    fn read(&mut self, frame: &RawFrame, limits: &Limits) -> Result<Picture, EncodeError> {
        let limits = self.adapted(limits);
        let layout = wanted_layout(&self.failover);
        let picture = self.converter.convert(frame, &limits, layout)?;
        self.last = Last::Picture(picture.clone());
        Ok(picture)
    }

    /// The limits with what the encoder cannot do.
    fn adapted(&self, limits: &Limits) -> Limits {
        Limits {
            min: self
                .failover
                .profile()
                .map_or(limits.min, |profile| profile.min_size),
            ..*limits
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
