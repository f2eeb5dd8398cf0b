// SPDX-License-Identifier: GPL-3.0-or-later
//! `Shrinker`: a `RawFrame` in, a small picture for people out. Blocks for some milliseconds; reads the frame where it lies
//! and keeps nothing of it.

use gstreamer as gst;
use gstreamer_video as gst_video;
use gstreamer_video::prelude::*;

use super::source::Source;
use super::turn::{stride, turned_size};
use super::{EncodeError, colorimetry};
use crate::capture::frame::{PixelFormat, RawFrame, Rect, Transform};
use crate::cast::codec::VideoCodec;

/// A picture of few pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmallPicture {
    /// Width and height in pixels.
    pub size: (u32, u32),
    /// Rows of red, green, blue, alpha, without padding.
    pub rgba: Vec<u8>,
}

/// What makes a conversion another one.
type Job = (PixelFormat, Rect, Transform);

/// Makes small pictures of the frames of one stream.
pub struct Shrinker {
    bounds: (u32, u32),
    setup: Option<(Job, Setup)>,
}

struct Setup {
    source: Source,
    output: gst_video::VideoInfo,
    converter: gst_video::VideoConverter,
}

impl std::fmt::Debug for Shrinker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shrinker")
            .field("bounds", &self.bounds)
            .finish_non_exhaustive()
    }
}

impl Shrinker {
    /// Makes pictures that are not wider or higher than `bounds` in pixels, at least 2 by 2, and never larger than what
    /// they are made of.
    pub fn new(bounds: (u32, u32)) -> Shrinker {
        Shrinker {
            bounds,
            setup: None,
        }
    }

    /// A small picture of `frame`. Fails for a frame that the CPU cannot read: a DMA-BUF that is not linear.
    pub fn shrink(&mut self, frame: &RawFrame) -> Result<SmallPicture, EncodeError> {
        let job = (frame.format, frame.crop, frame.transform);
        if self.setup.as_ref().is_none_or(|(of, _)| *of != job) {
            self.setup = Some((job, Setup::new(job, self.bounds)?));
        }
        let Some((_, setup)) = &self.setup else {
            return Err(EncodeError::BadPicture);
        };
        setup.run(frame)
    }
}

impl Setup {
    fn new((format, crop, transform): Job, bounds: (u32, u32)) -> Result<Setup, EncodeError> {
        let source = Source::new(format, crop, transform, &colorimetry(VideoCodec::H264))?;
        let upright = turned_size((crop.width, crop.height), transform);
        let (width, height) = fitted(upright, bounds);
        let output = gst_video::VideoInfo::builder(gst_video::VideoFormat::Rgba, width, height)
            .fps(gst::Fraction::new(0, 1))
            .build()
            .map_err(|_| EncodeError::BadPicture)?;
        let mut config = gst_video::VideoConverterConfig::new();
        config.set_threads(1);
        config.set_gamma_mode(gst_video::VideoGammaMode::None);
        config.set_primaries_mode(gst_video::VideoPrimariesMode::None);
        config.set_resampler_method(gst_video::VideoResamplerMethod::Linear);
        let converter = gst_video::VideoConverter::new(source.info(), &output, Some(config))
            .map_err(|_| EncodeError::BadPicture)?;
        Ok(Setup {
            source,
            output,
            converter,
        })
    }

    fn run(&self, frame: &RawFrame) -> Result<SmallPicture, EncodeError> {
        let source = self.source.read(frame)?;
        let buffer =
            gst::Buffer::with_size(self.output.size()).map_err(|_| EncodeError::BadPicture)?;
        let mut target = gst_video::VideoFrame::from_buffer_writable(buffer, &self.output)
            .map_err(|_| EncodeError::BadPicture)?;
        self.converter.frame(&source, &mut target);
        let size = (self.output.width(), self.output.height());
        let row = size.0 as usize * 4;
        let stride = stride(target.plane_stride(), 0)?;
        let pixels = target.plane_data(0).map_err(|_| EncodeError::BadPicture)?;
        let mut rgba = Vec::with_capacity(row * size.1 as usize);
        for line in pixels.chunks(stride).take(size.1 as usize) {
            rgba.extend_from_slice(line.get(..row).ok_or(EncodeError::BadPicture)?);
        }
        // The fourth byte of what has no alpha is anything.
        for pixel in rgba.chunks_exact_mut(4) {
            if let [_, _, _, alpha] = pixel {
                *alpha = u8::MAX;
            }
        }
        Ok(SmallPicture { size, rgba })
    }
}

/// The largest size of the same shape within `bounds`, at most `size` itself.
fn fitted(size: (u32, u32), bounds: (u32, u32)) -> (u32, u32) {
    let factor = |of: u32, bound: u32| f64::from(bound) / f64::from(of.max(1));
    let scale = factor(size.0, bounds.0)
        .min(factor(size.1, bounds.1))
        .min(1.0);
    let scaled = |length: u32| ((f64::from(length) * scale).round() as u32).max(2);
    (scaled(size.0), scaled(size.1))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Instant;

    use super::*;
    use crate::capture::frame::Memory;

    fn frame(size: (u32, u32), pixel: [u8; 4]) -> RawFrame {
        let stride = size.0 as usize * 4;
        let bytes = pixel.repeat((size.0 * size.1) as usize);
        RawFrame::packed(
            PixelFormat::Bgrx,
            size,
            stride,
            Arc::new(bytes),
            Instant::now(),
        )
    }

    #[test]
    fn the_shape_is_kept_and_nothing_grows() {
        assert_eq!(fitted((1920, 1080), (640, 360)), (640, 360));
        assert_eq!(fitted((3440, 1440), (640, 360)), (640, 268));
        assert_eq!(fitted((1080, 1920), (640, 360)), (203, 360));
        assert_eq!(fitted((320, 200), (640, 360)), (320, 200));
        assert_eq!(fitted((10_000, 1), (640, 360)), (640, 2));
    }

    #[test]
    fn a_picture_becomes_small_and_keeps_its_colour() {
        crate::chain::init().unwrap();
        let mut shrinker = Shrinker::new((64, 36));
        let small = shrinker
            .shrink(&frame((1280, 720), [10, 120, 200, 0]))
            .unwrap();
        assert_eq!(small.size, (64, 36));
        assert_eq!(small.rgba.len(), 64 * 36 * 4);
        for pixel in small.rgba.chunks_exact(4) {
            assert_eq!(pixel, [200, 120, 10, 255]);
        }
    }

    #[test]
    fn a_frame_of_another_size_is_another_job() {
        crate::chain::init().unwrap();
        let mut shrinker = Shrinker::new((64, 64));
        shrinker.shrink(&frame((128, 128), [0; 4])).unwrap();
        let small = shrinker.shrink(&frame((128, 64), [0; 4])).unwrap();
        assert_eq!(small.size, (64, 32));
    }

    #[test]
    fn a_frame_that_lies_about_its_size_is_refused() {
        crate::chain::init().unwrap();
        let mut short = frame((64, 64), [0; 4]);
        short.memory = Memory::Bytes(Arc::new(vec![0; 100]));
        assert!(Shrinker::new((32, 32)).shrink(&short).is_err());
    }
}
