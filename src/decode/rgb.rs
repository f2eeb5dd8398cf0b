// SPDX-License-Identifier: GPL-3.0-or-later
//! `Picture` in, full-range RGB out: for the window, the snapshot and for tests that compare colours.

mod exact;

use gstreamer as gst;
use gstreamer_video as gst_video;
use gstreamer_video::prelude::*;

use super::error::DecodeError;
use super::picture::Picture;

/// Order of the bytes of a pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RgbLayout {
    /// Red, green, blue: 3 bytes, rounded exactly. For snapshots and comparisons.
    Rgb,
    /// Red, green, blue, 255: 4 bytes, fast, up to three steps too dark. For a window.
    Rgba,
}

/// A picture as people see it: rows from the top, without gaps.
#[derive(Debug, Clone)]
pub struct RgbPicture {
    /// Width and height in pixels.
    pub size: (u32, u32),
    /// Order of the bytes.
    pub layout: RgbLayout,
    /// The pixels.
    pub pixels: Vec<u8>,
}

impl RgbPicture {
    /// Red, green and blue at a place; black outside.
    pub fn at(&self, x: u32, y: u32) -> [u8; 3] {
        let bytes = bytes_per_pixel(self.layout);
        let start = (y as usize * self.size.0 as usize + x as usize) * bytes;
        let pixel = self
            .pixels
            .get(start..start + 3)
            .filter(|_| x < self.size.0);
        pixel
            .and_then(|pixel| pixel.try_into().ok())
            .unwrap_or([0; 3])
    }
}

/// Converts pictures; keeps what is the same for pictures of the same format.
#[derive(Debug)]
pub struct RgbConverter {
    layout: RgbLayout,
    setup: Option<Setup>,
}

#[derive(Debug)]
struct Setup {
    input: gst_video::VideoInfo,
    output: gst_video::VideoInfo,
    converter: gst_video::VideoConverter,
    buffer: gst::Buffer,
}

impl RgbConverter {
    /// A converter to this layout.
    pub fn new(layout: RgbLayout) -> RgbConverter {
        RgbConverter {
            layout,
            setup: None,
        }
    }

    /// Converts one picture.
    pub fn convert(&mut self, picture: &Picture) -> Result<RgbPicture, DecodeError> {
        let pixels = match self.layout {
            RgbLayout::Rgb => exact::rgb(picture).ok_or(DecodeError::BadPicture)?,
            RgbLayout::Rgba => self.fast(picture)?,
        };
        Ok(RgbPicture {
            size: picture.size(),
            layout: self.layout,
            pixels,
        })
    }

    fn fast(&mut self, picture: &Picture) -> Result<Vec<u8>, DecodeError> {
        let input = readable_info(picture).ok_or(DecodeError::BadPicture)?;
        if self.setup.as_ref().is_none_or(|setup| setup.input != input) {
            self.setup = Some(Setup::new(input).ok_or(DecodeError::BadPicture)?);
        }
        let setup = self.setup.as_mut().ok_or(DecodeError::BadPicture)?;
        setup.run(picture).ok_or(DecodeError::BadPicture)
    }
}

impl Setup {
    fn new(input: gst_video::VideoInfo) -> Option<Setup> {
        let colours = input.colorimetry();
        let output = gst_video::VideoInfo::builder(
            gst_video::VideoFormat::Rgba,
            input.width(),
            input.height(),
        )
        .colorimetry(&gst_video::VideoColorimetry::new(
            gst_video::VideoColorRange::Range0_255,
            gst_video::VideoColorMatrix::Rgb,
            colours.transfer(),
            colours.primaries(),
        ))
        .fps(input.fps())
        .build()
        .ok()?;
        let mut config = gst_video::VideoConverterConfig::new();
        config.set_dither_method(gst_video::VideoDitherMethod::None);
        config.set_chroma_resampler_method(gst_video::VideoResamplerMethod::Linear);
        let converter = gst_video::VideoConverter::new(&input, &output, Some(config)).ok()?;
        let buffer = gst::Buffer::with_size(output.size()).ok()?;
        Some(Setup {
            input,
            output,
            converter,
            buffer,
        })
    }

    fn run(&mut self, picture: &Picture) -> Option<Vec<u8>> {
        let buffer = self.buffer.get_mut()?;
        let mut target =
            gst_video::VideoFrameRef::from_buffer_ref_writable(buffer, &self.output).ok()?;
        self.converter
            .frame_ref(&picture.frame().as_video_frame_ref(), &mut target);
        let row = self.output.width() as usize * bytes_per_pixel(RgbLayout::Rgba);
        let stride = usize::try_from(*target.plane_stride().first()?).ok()?;
        let rows = target.plane_data(0).ok()?.chunks(stride);
        let mut pixels = Vec::with_capacity(row * self.output.height() as usize);
        for line in rows.take(self.output.height() as usize) {
            pixels.extend_from_slice(line.get(..row)?);
        }
        Some(pixels)
    }
}

/// The picture's format with the colours that hold for it.
fn readable_info(picture: &Picture) -> Option<gst_video::VideoInfo> {
    let of = picture.frame();
    gst_video::VideoInfo::builder(of.format(), of.width(), of.height())
        .colorimetry(picture.colours())
        .chroma_site(of.info().chroma_site())
        .fps(of.info().fps())
        .build()
        .ok()
}

fn bytes_per_pixel(layout: RgbLayout) -> usize {
    match layout {
        RgbLayout::Rgb => 3,
        RgbLayout::Rgba => 4,
    }
}
