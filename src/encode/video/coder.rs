// SPDX-License-Identifier: GPL-3.0-or-later
//! The converter, the encoder whose turn it is, and the last picture: raw frames in, pictures for that encoder out. Knows
//! no thread and hands nothing out by itself; when to encode and what to tell is the worker's affair.

use std::sync::Arc;

use crate::capture::frame::{Memory, PixelFormat, RawFrame};
use crate::cast::codec::VideoCodec;
use crate::encode::convert::{Converter, Picture};
use crate::encode::error::EncodeError;
use crate::encode::failover::{Failover, wanted_layout};
use crate::encode::layout::Limits;
use crate::encode::output::FramePath;
use crate::encode::profile::{Profile, threads};

/// Makes pictures of raw frames and frames of pictures.
pub(super) struct Coder {
    converter: Converter,
    pub(super) failover: Failover,
    /// What can be encoded again.
    pub(super) last: Last,
    /// How the last picture came.
    pub(super) path: Option<(FramePath, PixelFormat)>,
    /// Of the newest raw frame.
    pub(super) format: Option<PixelFormat>,
    /// How often the last picture has been asked for since there was a frame.
    pub(super) asked: u32,
}

/// The last picture.
pub(super) enum Last {
    None,
    /// Here.
    Picture(Picture),
    /// In the encoder alone: the buffer that it came in has been given back. Its size.
    InEncoder((u32, u32)),
    /// Nowhere: it went with its encoder, or never could be read.
    Lost,
}

impl Coder {
    /// For at most so many pictures a second, at so many bits per second. No encoder is started before the first picture.
    pub(super) fn new(
        codec: VideoCodec,
        max_frame_rate: u32,
        bitrate: u32,
        candidates: Vec<Arc<Profile>>,
    ) -> Coder {
        Coder {
            converter: Converter::new(codec, max_frame_rate, threads().min(2)),
            failover: Failover::new(codec, candidates, bitrate),
            last: Last::None,
            path: None,
            format: None,
            asked: 0,
        }
    }

    /// Makes a picture of a raw frame. The frame comes back when its memory goes to the encoder as it is; otherwise its
    /// buffer has been given back on return.
    pub(super) fn prepare(
        &mut self,
        frame: RawFrame,
        limits: &Limits,
    ) -> Result<(Picture, Option<RawFrame>), EncodeError> {
        self.format = Some(frame.format);
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
    pub(super) fn read(
        &mut self,
        frame: &RawFrame,
        limits: &Limits,
    ) -> Result<Picture, EncodeError> {
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
