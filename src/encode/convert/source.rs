// SPDX-License-Identifier: GPL-3.0-or-later
//! `RawFrame` in, a readable GStreamer picture out: without a copy, unless the picture has to be turned or gets a mouse
//! pointer.

use std::cell::OnceCell;
use std::sync::Arc;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_video as gst_video;

use super::turn::Readable;
use super::{EncodeError, cursor, dmabuf, pool, turn};
use crate::capture::frame::{
    Cursor, Memory, PictureBytes, PixelFormat, Plane, RawFrame, Rect, Transform,
};

/// How the frames of one format are read.
pub(super) struct Source {
    format: PixelFormat,
    crop: Rect,
    transform: Transform,
    /// The upright picture.
    info: gst_video::VideoInfo,
    /// The picture as it lies in memory.
    lying: gst_video::VideoInfo,
    turned: Option<gst::BufferPool>,
    /// For pictures with a pointer drawn into them; made with the first one.
    pointed: OnceCell<gst::BufferPool>,
}

/// Lends the bytes of a raw frame to GStreamer; the frame's buffer goes back when this is dropped.
struct Lent(Arc<dyn PictureBytes>);

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        self.0.bytes()
    }
}

impl Source {
    pub(super) fn new(
        format: PixelFormat,
        crop: Rect,
        transform: Transform,
        colours: &gst_video::VideoColorimetry,
    ) -> Result<Source, EncodeError> {
        if crop.width == 0 || crop.height == 0 || crop.width > 16384 || crop.height > 16384 {
            return Err(EncodeError::BadPicture);
        }
        let lying = info(format, (crop.width, crop.height), colours)?;
        let upright = turn::turned_size((crop.width, crop.height), transform);
        let info = info(format, upright, colours)?;
        let turned = if transform == Transform::None {
            None
        } else {
            let caps = info.to_caps().map_err(|_| EncodeError::BadPicture)?;
            Some(pool(&info, &caps)?)
        };
        Ok(Source {
            format,
            crop,
            transform,
            info,
            lying,
            turned,
            pointed: OnceCell::new(),
        })
    }

    /// Format of the upright picture.
    pub(super) fn info(&self) -> &gst_video::VideoInfo {
        &self.info
    }

    /// The upright picture of `frame`, readable.
    pub(super) fn read(&self, frame: &RawFrame) -> Result<Readable, EncodeError> {
        let mut lying = self.lend(frame)?;
        if let Some(cursor) = &frame.cursor
            && cursor::shows(cursor, self.crop)
        {
            lying = self.with_cursor(&lying, cursor)?;
        }
        let Some(pool) = &self.turned else {
            return Ok(lying);
        };
        let buffer = pool
            .acquire_buffer(None)
            .map_err(|_| EncodeError::BadPicture)?;
        let mut upright = gst_video::VideoFrame::from_buffer_writable(buffer, &self.info)
            .map_err(|_| EncodeError::BadPicture)?;
        turn::turn(&lying, &mut upright, self.transform)?;
        gst_video::VideoFrame::from_buffer_readable(upright.into_buffer(), &self.info)
            .map_err(|_| EncodeError::BadPicture)
    }

    /// A copy of the picture with the mouse pointer: the raw frame's memory is not ours to write.
    fn with_cursor(&self, lying: &Readable, cursor: &Cursor) -> Result<Readable, EncodeError> {
        if self.pointed.get().is_none() {
            let caps = self.lying.to_caps().map_err(|_| EncodeError::BadPicture)?;
            self.pointed.set(pool(&self.lying, &caps)?).ok();
        }
        let pool = self.pointed.get().ok_or(EncodeError::BadPicture)?;
        let buffer = pool
            .acquire_buffer(None)
            .map_err(|_| EncodeError::BadPicture)?;
        let mut copy = gst_video::VideoFrame::from_buffer_writable(buffer, &self.lying)
            .map_err(|_| EncodeError::BadPicture)?;
        lying.copy(&mut copy).map_err(|_| EncodeError::BadPicture)?;
        cursor::draw(cursor, self.format, self.crop, &mut copy)?;
        gst_video::VideoFrame::from_buffer_readable(copy.into_buffer(), &self.lying)
            .map_err(|_| EncodeError::BadPicture)
    }

    fn lend(
        &self,
        frame: &RawFrame,
    ) -> Result<gst_video::VideoFrame<gst_video::video_frame::Readable>, EncodeError> {
        let planes = planes_of(self.format);
        let mut offsets = [0_usize; 2];
        let mut strides = [0_i32; 2];
        let mut needed = 0;
        let parts = planes.iter().zip(&frame.planes);
        for ((layout, plane), (offset, stride)) in parts.zip(offsets.iter_mut().zip(&mut strides)) {
            let (start, end) = layout
                .span(*plane, self.crop)
                .ok_or(EncodeError::BadPicture)?;
            *offset = start;
            *stride = i32::try_from(plane.stride).map_err(|_| EncodeError::BadPicture)?;
            needed = needed.max(end);
        }
        let mut buffer = match &frame.memory {
            Memory::Bytes(bytes) => gst::Buffer::from_slice(Lent(Arc::clone(bytes))),
            Memory::DmaBuf(memory) => dmabuf::readable(memory)?,
        };
        if buffer.size() < needed {
            return Err(EncodeError::BadPicture);
        }
        let writable = buffer.get_mut().ok_or(EncodeError::BadPicture)?;
        gst_video::VideoMeta::add_full(
            writable,
            gst_video::VideoFrameFlags::empty(),
            self.lying.format(),
            self.lying.width(),
            self.lying.height(),
            offsets.get(..planes.len()).unwrap_or_default(),
            strides.get(..planes.len()).unwrap_or_default(),
        )
        .map_err(|_| EncodeError::BadPicture)?;
        gst_video::VideoFrame::from_buffer_readable(buffer, &self.lying)
            .map_err(|_| EncodeError::BadPicture)
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        for pool in self.turned.iter().chain(self.pointed.get()) {
            if pool.set_active(false).is_err() {
                tracing::debug!("a picture pool does not stop");
            }
        }
    }
}

fn info(
    format: PixelFormat,
    (width, height): (u32, u32),
    target: &gst_video::VideoColorimetry,
) -> Result<gst_video::VideoInfo, EncodeError> {
    use gst_video::{VideoColorMatrix, VideoColorRange, VideoFormat};
    let (format, range, matrix) = match format {
        PixelFormat::Bgrx | PixelFormat::Bgra => (
            VideoFormat::Bgrx,
            VideoColorRange::Range0_255,
            VideoColorMatrix::Rgb,
        ),
        PixelFormat::Rgbx | PixelFormat::Rgba => (
            VideoFormat::Rgbx,
            VideoColorRange::Range0_255,
            VideoColorMatrix::Rgb,
        ),
        // Compositors that deliver NV12 do not say which matrix they used; BT.709 is what they use for screens.
        PixelFormat::Nv12 => (
            VideoFormat::Nv12,
            VideoColorRange::Range16_235,
            VideoColorMatrix::Bt709,
        ),
    };
    // Primaries and transfer are the target's: they are passed on, not converted.
    let colours =
        gst_video::VideoColorimetry::new(range, matrix, target.transfer(), target.primaries());
    gst_video::VideoInfo::builder(format, width, height)
        .colorimetry(&colours)
        .fps(gst::Fraction::new(0, 1))
        .build()
        .map_err(|_| EncodeError::BadPicture)
}

/// One plane of a pixel format: how many pixels one of its elements covers in both directions, and its bytes.
pub(super) struct PlaneLayout {
    pub(super) step: u32,
    pub(super) bytes: usize,
}

impl PlaneLayout {
    /// Where the cropped plane begins and ends in its memory.
    fn span(&self, plane: Plane, crop: Rect) -> Option<(usize, usize)> {
        let x = (crop.x / self.step) as usize * self.bytes;
        let y = (crop.y / self.step) as usize;
        let width = crop.width.div_ceil(self.step) as usize * self.bytes;
        let rows = crop.height.div_ceil(self.step) as usize;
        if x.checked_add(width)? > plane.stride {
            return None;
        }
        let start = plane
            .offset
            .checked_add(y.checked_mul(plane.stride)?)?
            .checked_add(x)?;
        let end = start
            .checked_add(plane.stride.checked_mul(rows.checked_sub(1)?)?)?
            .checked_add(width)?;
        Some((start, end))
    }
}

const PACKED: &[PlaneLayout] = &[PlaneLayout { step: 1, bytes: 4 }];
const SEMI_PLANAR: &[PlaneLayout] = &[
    PlaneLayout { step: 1, bytes: 1 },
    PlaneLayout { step: 2, bytes: 2 },
];

pub(super) fn planes_of(format: PixelFormat) -> &'static [PlaneLayout] {
    match format {
        PixelFormat::Nv12 => SEMI_PLANAR,
        PixelFormat::Bgrx | PixelFormat::Bgra | PixelFormat::Rgbx | PixelFormat::Rgba => PACKED,
    }
}
