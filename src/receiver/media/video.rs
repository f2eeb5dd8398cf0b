// SPDX-License-Identifier: GPL-3.0-or-later
//! The picture of one cast: frames to the decoder, pictures to the screen at their time, and what that was like.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_channel::Receiver as Events;
use bytes::Bytes;

use super::audio::AudioPath;
use crate::cast::codec::VideoCodec;
use crate::cast::frame::StreamId;
use crate::cast::receiver::{Input, ReceivedFrame, Receiver};
use crate::decode::error::DecodeError;
use crate::decode::picture::{Label, Picture};
use crate::decode::rgb::{RgbConverter, RgbLayout, RgbPicture};
use crate::decode::video::{Coded, DecoderEvent, VideoDecoder};
use crate::receiver::measure::{Moments, Pictures};
use crate::receiver::playout::{Playout, Timed};
use crate::receiver::screen;
use crate::receiver::shared::Shared;
use crate::receiver::stats::{FrameCounts, FrameRates, MeasureStats, ReceiverStats};
use crate::receiver::tally::Rate;
use crate::testcard::Luma;

/// Decoded pictures that may be under way from the decoder's thread; while there are more it waits.
const DECODED: usize = 2;
/// How often the sender is reminded that a key frame is missing.
const REMIND: Duration = Duration::from_millis(500);

/// The state of the picture.
pub(in crate::receiver) struct VideoPath {
    pub(in crate::receiver) stream: StreamId,
    /// Frames that never came in time.
    pub(super) skipped: u64,
    codec: VideoCodec,
    decoder: VideoDecoder,
    events: Events<DecoderEvent>,
    playout: Playout<Picture>,
    converter: RgbConverter,
    size: Option<(u32, u32)>,
    completed: Rate,
    decoded: Rate,
    shown: Rate,
    late: u64,
    /// A key frame is to be asked for.
    wants_key_frame: bool,
    /// Since when the decoder has been waiting for one.
    starving: Option<Instant>,
    measure: Option<Pictures>,
}

impl VideoPath {
    pub(in crate::receiver) fn new(
        stream: StreamId,
        codec: VideoCodec,
        measure: bool,
    ) -> Result<VideoPath, DecodeError> {
        let (sender, events) = async_channel::bounded(DECODED);
        Ok(VideoPath {
            stream,
            skipped: 0,
            codec,
            decoder: VideoDecoder::start(codec, sender)?,
            events,
            playout: Playout::new(),
            converter: RgbConverter::new(RgbLayout::Rgba),
            size: None,
            completed: Rate::default(),
            decoded: Rate::default(),
            shown: Rate::default(),
            late: 0,
            wants_key_frame: false,
            starving: None,
            measure: measure.then(Pictures::default),
        })
    }

    /// A frame is complete: it is decoded at once and shown when it is time.
    pub(super) fn on_frame(&mut self, frame: ReceivedFrame) {
        self.completed.count(frame.completed);
        if let Some(measure) = &mut self.measure {
            measure.complete(frame.completed);
        }
        if frame.completed > frame.playout {
            self.late += 1;
        }
        let label = Label {
            frame: frame.id,
            media_time: frame.media_time,
            completed: frame.completed,
            playout: frame.playout,
        };
        if self
            .decoder
            .push(Coded {
                label,
                data: frame.data,
            })
            .is_err()
        {
            tracing::warn!("the decoder is too slow; a frame was lost");
            self.wants_key_frame = true;
        }
    }

    /// Passes a request for a key frame on to the core.
    pub(super) fn ask_for_key_frame(&mut self, core: &mut Receiver) {
        if std::mem::take(&mut self.wants_key_frame) {
            self.starving.get_or_insert_with(Instant::now);
            core.handle(Instant::now(), Input::RequestKeyFrame(self.stream));
        }
    }

    /// Asks again when the core could not ask, because a key frame was on its way that did not help.
    pub(super) fn remind(&mut self, now: Instant) {
        if self
            .starving
            .is_some_and(|since| now.saturating_duration_since(since) > REMIND)
        {
            self.starving = Some(now);
            self.wants_key_frame = true;
        }
    }

    pub(super) fn on_event(&mut self, event: DecoderEvent, core: &mut Receiver, shared: &Shared) {
        match event {
            DecoderEvent::NeedKeyFrame(error) => {
                tracing::info!(%error, "a key frame is needed");
                self.wants_key_frame = true;
            }
            DecoderEvent::Picture(picture) => {
                self.starving = None;
                self.size = Some(picture.size());
                self.decoded.count(picture.decoded);
                if let Some(measure) = &mut self.measure {
                    let (data, stride) = picture.luma();
                    let (width, height) = picture.size();
                    let luma = Luma {
                        data,
                        stride,
                        width: width as usize,
                        height: height as usize,
                    };
                    let moments = Moments {
                        completed: picture.label.completed,
                        decoded: picture.decoded,
                        playout: picture.label.playout,
                    };
                    measure.push(luma, moments);
                }
                core.handle(
                    Instant::now(),
                    Input::Decoded {
                        stream: self.stream,
                        frame: picture.label.frame,
                    },
                );
                shared.set_picture(picture.clone());
                let (id, show_at) = (picture.label.frame, picture.label.playout);
                self.playout.push(Timed {
                    id,
                    show_at,
                    picture,
                });
            }
        }
    }

    /// Where the decoder's events come from; `None` while enough pictures wait for their time, so that the decoder waits
    /// too.
    pub(super) fn events(&self) -> Option<Events<DecoderEvent>> {
        (!self.playout.is_full()).then(|| self.events.clone())
    }

    /// When the next picture is due.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.playout.deadline()
    }

    /// Shows the picture that is due.
    pub(super) fn show(&mut self, now: Instant, core: &mut Receiver, shared: &Shared) {
        let Some(due) = self.playout.due(now) else {
            return;
        };
        self.shown.count(now);
        core.handle(
            now,
            Input::PlayedOut {
                stream: self.stream,
                frame: due.id,
            },
        );
        if let Some(screen) = &shared.options.screen
            && let Some(picture) = to_screen(&mut self.converter, &due.picture)
        {
            screen.show(picture);
        }
    }

    pub(super) fn write(&mut self, now: Instant, stats: &mut ReceiverStats) {
        let (frozen, longest) = self.playout.freezes();
        stats.codec = Some(self.codec.name());
        (stats.width, stats.height) = self.size.unzip();
        stats.fps = FrameRates {
            completed: self.completed.per_second(now),
            decoded: self.decoded.per_second(now),
            shown: self.shown.per_second(now),
        };
        stats.frames = FrameCounts {
            completed: self.completed.total(),
            decoded: self.decoded.total(),
            shown: self.shown.total(),
        };
        stats.late = self.late;
        stats.skipped = self.skipped;
        stats.frozen_ms = frozen.as_millis() as u64;
        stats.longest_freeze_ms = longest.as_millis() as u64;
    }
}

/// The next event of the decoder; never without one.
pub(super) async fn next(events: Option<Events<DecoderEvent>>) -> DecoderEvent {
    if let Some(events) = events
        && let Ok(event) = events.recv().await
    {
        return event;
    }
    std::future::pending().await
}

/// What the test card tells about picture and sound together.
pub(super) fn combined(
    video: Option<&VideoPath>,
    audio: Option<&AudioPath>,
) -> Option<MeasureStats> {
    let pictures = video?.measure.as_ref()?;
    Some(pictures.stats(audio.and_then(AudioPath::beeps)))
}

/// A decoded picture as the embedder's screen gets it: converted fast.
pub(in crate::receiver) fn to_screen(
    converter: &mut RgbConverter,
    picture: &Picture,
) -> Option<screen::Picture> {
    let rgb = converted(converter, picture)?;
    Some(for_screen(rgb.size, rgb.pixels, picture))
}

/// For the handle: the last picture, however it was coded, with its colours rounded exactly.
pub(in crate::receiver) fn snapshot(shared: &Arc<Shared>) -> Option<screen::Picture> {
    let picture = shared.picture()?;
    let rgb = converted(&mut RgbConverter::new(RgbLayout::Rgb), &picture)?;
    let (pixels, _) = rgb.pixels.as_chunks::<3>();
    let rgba = pixels
        .iter()
        .flat_map(|[red, green, blue]| [*red, *green, *blue, u8::MAX])
        .collect();
    Some(for_screen(rgb.size, rgba, &picture))
}

fn converted(converter: &mut RgbConverter, picture: &Picture) -> Option<RgbPicture> {
    let outcome = converter.convert(picture);
    outcome
        .inspect_err(|error| tracing::warn!(%error, "a picture cannot be shown"))
        .ok()
}

fn for_screen((width, height): (u32, u32), rgba: Vec<u8>, picture: &Picture) -> screen::Picture {
    screen::Picture {
        width,
        height,
        rgba: Bytes::from(rgba),
        show_at: picture.label.playout,
    }
}
