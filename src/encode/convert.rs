// SPDX-License-Identifier: GPL-3.0-or-later
//! `RawFrame` in, [`Picture`] out: 4:2:0 in limited range, cropped, turned, scaled and bordered as the encoder needs it.
//!
//! Pictures come from a pool, so nothing large is allocated per frame, and the raw buffer can be given back as soon as
//! [`Converter::convert`] returns. Pictures in DMA-BUFs are passed on as they are when the encoder takes them. A mouse
//! pointer that came apart from its picture is drawn into a copy first; only pictures in memory have one.
//!
//! Colours: full-range RGB becomes limited range; BT.601 for VP8, whose decoders assume it, BT.709 for the others, which
//! signal it. Nothing is done to primaries or transfer.

mod cursor;
mod dmabuf;
pub mod small;
mod source;
mod turn;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_video as gst_video;

use self::source::Source;
use self::turn::turned_size;
use super::error::EncodeError;
use super::layout::{Layout, Limits};
use super::profile::Layout420;
use crate::capture::frame::{Memory, PixelFormat, RawFrame, Rect, Transform};
use crate::cast::codec::VideoCodec;

/// A picture ready for an encoder. Clones share the pixels.
#[derive(Debug, Clone)]
pub struct Picture {
    /// The pixels, without timestamp.
    pub buffer: gst::Buffer,
    /// Their format.
    pub caps: gst::Caps,
    /// Size of the frame.
    pub size: (u32, u32),
    /// Layout, or `None` for a DMA-BUF.
    pub layout: Option<Layout420>,
}

/// What makes a conversion another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Job {
    format: PixelFormat,
    crop: Rect,
    transform: Transform,
    limits: Limits,
    output: Layout420,
}

/// Turns raw frames of one stream into pictures.
pub struct Converter {
    codec: VideoCodec,
    frame_rate: u32,
    threads: u32,
    setup: Option<(Job, Setup)>,
}

impl Converter {
    /// A converter for the colours of `codec`, with at most `threads` threads. Pictures are announced with
    /// `frame_rate` per second: some encoders reckon with it.
    pub fn new(codec: VideoCodec, frame_rate: u32, threads: u32) -> Converter {
        Converter {
            codec,
            frame_rate,
            threads,
            setup: None,
        }
    }

    /// Converts one frame. Fails for a frame whose planes are not inside its memory, or that the CPU cannot read.
    pub fn convert(
        &mut self,
        frame: &RawFrame,
        limits: &Limits,
        output: Layout420,
    ) -> Result<Picture, EncodeError> {
        let job = Job {
            format: frame.format,
            crop: frame.crop,
            transform: frame.transform,
            limits: *limits,
            output,
        };
        if self.setup.as_ref().is_none_or(|(of, _)| *of != job) {
            self.setup = Some((job, self.set_up(&job)?));
        }
        let Some((_, setup)) = &self.setup else {
            return Err(EncodeError::BadPicture);
        };
        setup.run(frame)
    }

    fn set_up(&self, job: &Job) -> Result<Setup, EncodeError> {
        let mut setup = Setup::new(job, self.codec, self.threads)?;
        announce_rate(&mut setup.caps, self.frame_rate);
        Ok(setup)
    }

    /// Passes a DMA-BUF on to an encoder with elements in front of it that convert on the GPU. The raw frame's buffer is
    /// given back when the last clone of the picture, and the encoder, have let go of it.
    pub fn pass_dma_buf(&self, frame: &RawFrame, limits: &Limits) -> Result<Picture, EncodeError> {
        let Memory::DmaBuf(memory) = &frame.memory else {
            return Err(EncodeError::BadPicture);
        };
        let mut picture = dmabuf::picture(frame, memory, limits)?;
        announce_rate(&mut picture.caps, self.frame_rate);
        Ok(picture)
    }
}

/// The converter refuses to see a frame rate, so it is only written into the caps.
fn announce_rate(caps: &mut gst::Caps, rate: u32) {
    let rate = gst::Fraction::new(i32::try_from(rate).unwrap_or(i32::MAX).max(1), 1);
    caps.make_mut().set("framerate", rate);
}

/// The same picture in another plane layout, for an encoder that takes over from one of another kind.
pub fn relayout(
    picture: &Picture,
    output: Layout420,
    codec: VideoCodec,
) -> Result<Picture, EncodeError> {
    let layout = picture.layout.ok_or(EncodeError::BadPicture)?;
    let from = output_info(layout, picture.size, codec)?;
    let to = output_info(output, picture.size, codec)?;
    let converter =
        gst_video::VideoConverter::new(&from, &to, None).map_err(|_| EncodeError::BadPicture)?;
    let source = gst_video::VideoFrame::from_buffer_readable(picture.buffer.clone(), &from)
        .map_err(|_| EncodeError::BadPicture)?;
    let buffer = gst::Buffer::with_size(to.size()).map_err(|_| EncodeError::BadPicture)?;
    let mut target = gst_video::VideoFrame::from_buffer_writable(buffer, &to)
        .map_err(|_| EncodeError::BadPicture)?;
    converter.frame(&source, &mut target);
    let mut caps = to.to_caps().map_err(|_| EncodeError::BadPicture)?;
    let announced = picture.caps.structure(0);
    if let Some(rate) = announced.and_then(|s| s.get::<gst::Fraction>("framerate").ok()) {
        caps.make_mut().set("framerate", rate);
    }
    Ok(Picture {
        buffer: target.into_buffer(),
        caps,
        size: picture.size,
        layout: Some(output),
    })
}

/// The colours of a codec's stream.
pub fn colorimetry(codec: VideoCodec) -> gst_video::VideoColorimetry {
    match codec {
        VideoCodec::Vp8 => gst_video::VideoColorimetry::new(
            gst_video::VideoColorRange::Range16_235,
            gst_video::VideoColorMatrix::Bt601,
            gst_video::VideoTransferFunction::Bt601,
            gst_video::VideoColorPrimaries::Smpte170m,
        ),
        VideoCodec::Vp9 | VideoCodec::H264 | VideoCodec::Av1 => gst_video::VideoColorimetry::new(
            gst_video::VideoColorRange::Range16_235,
            gst_video::VideoColorMatrix::Bt709,
            gst_video::VideoTransferFunction::Bt709,
            gst_video::VideoColorPrimaries::Bt709,
        ),
    }
}

fn output_info(
    layout: Layout420,
    size: (u32, u32),
    codec: VideoCodec,
) -> Result<gst_video::VideoInfo, EncodeError> {
    let format = match layout {
        Layout420::I420 => gst_video::VideoFormat::I420,
        Layout420::Nv12 => gst_video::VideoFormat::Nv12,
    };
    gst_video::VideoInfo::builder(format, size.0, size.1)
        .colorimetry(&colorimetry(codec))
        .chroma_site(gst_video::VideoChromaSite::H_COSITED)
        .fps(gst::Fraction::new(0, 1))
        .build()
        .map_err(|_| EncodeError::BadPicture)
}

/// Everything that stays the same while the source does.
struct Setup {
    source: Source,
    output: gst_video::VideoInfo,
    caps: gst::Caps,
    layout: Layout420,
    converter: gst_video::VideoConverter,
    pool: gst::BufferPool,
}

impl Setup {
    fn new(job: &Job, codec: VideoCodec, threads: u32) -> Result<Setup, EncodeError> {
        let colours = colorimetry(codec);
        let upright = turned_size((job.crop.width, job.crop.height), job.transform);
        let layout = Layout::new(upright, &job.limits);
        // The converter scales when its source is larger than what it is told to use of it.
        let (width, height) = turned_size(layout.used, job.transform);
        let crop = Rect {
            width,
            height,
            ..job.crop
        };
        let source = Source::new(job.format, crop, job.transform, &colours)?;
        let output = output_info(job.output, layout.frame, codec)?;
        let caps = output.to_caps().map_err(|_| EncodeError::BadPicture)?;
        let converter = gst_video::VideoConverter::new(
            source.info(),
            &output,
            Some(converter_config(&layout, threads)),
        )
        .map_err(|_| EncodeError::BadPicture)?;
        let pool = pool(&output, &caps)?;
        Ok(Setup {
            source,
            output,
            caps,
            layout: job.output,
            converter,
            pool,
        })
    }

    fn run(&self, frame: &RawFrame) -> Result<Picture, EncodeError> {
        let source = self.source.read(frame)?;
        let buffer = self
            .pool
            .acquire_buffer(None)
            .map_err(|_| EncodeError::BadPicture)?;
        let mut target = gst_video::VideoFrame::from_buffer_writable(buffer, &self.output)
            .map_err(|_| EncodeError::BadPicture)?;
        self.converter.frame(&source, &mut target);
        Ok(Picture {
            buffer: target.into_buffer(),
            caps: self.caps.clone(),
            size: (self.output.width(), self.output.height()),
            layout: Some(self.layout),
        })
    }
}

impl Drop for Setup {
    fn drop(&mut self) {
        if self.pool.set_active(false).is_err() {
            tracing::debug!("a picture pool does not stop");
        }
    }
}

fn converter_config(layout: &Layout, threads: u32) -> gst_video::VideoConverterConfig {
    let mut config = gst_video::VideoConverterConfig::new();
    config.set_threads(threads);
    config.set_dither_method(gst_video::VideoDitherMethod::None);
    config.set_gamma_mode(gst_video::VideoGammaMode::None);
    config.set_primaries_mode(gst_video::VideoPrimariesMode::None);
    // Linear is half the price of the default (cubic); its taps grow with the scale, so text stays readable.
    config.set_resampler_method(gst_video::VideoResamplerMethod::Linear);
    config.set_chroma_resampler_method(gst_video::VideoResamplerMethod::Linear);
    config.set_dest_x(layout.picture.x as i32);
    config.set_dest_y(layout.picture.y as i32);
    config.set_dest_width(Some(layout.picture.width as i32));
    config.set_dest_height(Some(layout.picture.height as i32));
    config.set_fill_border(true);
    config.set_border_argb(0xff00_0000);
    config
}

/// A pool of pictures that is as large as it has to be: an encoder that keeps some makes it grow.
fn pool(info: &gst_video::VideoInfo, caps: &gst::Caps) -> Result<gst::BufferPool, EncodeError> {
    let pool = gst::BufferPool::from(gst_video::VideoBufferPool::new());
    let mut config = pool.config();
    config.set_params(Some(caps), info.size() as u32, 0, 0);
    pool.set_config(config)
        .map_err(|_| EncodeError::BadPicture)?;
    pool.set_active(true).map_err(|_| EncodeError::BadPicture)?;
    Ok(pool)
}
