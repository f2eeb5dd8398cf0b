// SPDX-License-Identifier: GPL-3.0-or-later
//! `Picture`: a decoded picture, 4:2:0 with 8 bits, in memory.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use gstreamer_video as gst_video;
use gstreamer_video::prelude::*;

use crate::cast::frame::{FrameId, MediaTime};

/// What the receiver knows of a frame and wants to know of its picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    /// The frame's id.
    pub frame: FrameId,
    /// Its media time.
    pub media_time: MediaTime,
    /// When its last packet arrived.
    pub completed: Instant,
    /// When it is to be shown.
    pub playout: Instant,
}

/// A decoded picture. Clones share the pixels.
#[derive(Clone)]
pub struct Picture {
    /// The frame it was made from.
    pub label: Label,
    /// When decoding was finished.
    pub decoded: Instant,
    frame: Arc<gst_video::VideoFrame<gst_video::video_frame::Readable>>,
    colours: gst_video::VideoColorimetry,
}

impl Picture {
    /// Reads a decoder's output. `matrix` is the code point of ITU-T H.273 where the caps do not know better. `None` when
    /// it is not a picture.
    pub(super) fn new(
        buffer: gstreamer::Buffer,
        caps: &gstreamer::CapsRef,
        matrix: Option<u8>,
        label: Label,
        decoded: Instant,
    ) -> Option<Picture> {
        let info = gst_video::VideoInfo::from_caps(caps).ok()?;
        let colours = match matrix {
            Some(1) => limited(
                gst_video::VideoColorMatrix::Bt709,
                gst_video::VideoTransferFunction::Bt709,
                gst_video::VideoColorPrimaries::Bt709,
            ),
            Some(_) => limited(
                gst_video::VideoColorMatrix::Bt601,
                gst_video::VideoTransferFunction::Bt601,
                gst_video::VideoColorPrimaries::Smpte170m,
            ),
            None => info.colorimetry(),
        };
        let frame = gst_video::VideoFrame::from_buffer_readable(buffer, &info).ok()?;
        Some(Picture {
            label,
            decoded,
            frame: Arc::new(frame),
            colours,
        })
    }

    /// Width and height in pixels.
    pub fn size(&self) -> (u32, u32) {
        (self.frame.width(), self.frame.height())
    }

    /// The plane of luma (16 black, 235 white) and the bytes from row to row.
    pub fn luma(&self) -> (&[u8], usize) {
        self.plane(0)
    }

    /// A plane as it lies in memory, and the bytes from row to row; an empty one when there is no such plane.
    pub fn plane(&self, index: u32) -> (&[u8], usize) {
        let stride = self.frame.plane_stride().get(index as usize).copied();
        let stride = stride
            .and_then(|stride| usize::try_from(stride).ok())
            .unwrap_or(0);
        (self.frame.plane_data(index).unwrap_or(&[]), stride)
    }

    /// The colours as GStreamer writes them, such as `bt709`.
    pub fn colorimetry(&self) -> String {
        self.colours.to_string()
    }

    pub(super) fn frame(&self) -> &gst_video::VideoFrame<gst_video::video_frame::Readable> {
        &self.frame
    }

    pub(super) fn colours(&self) -> &gst_video::VideoColorimetry {
        &self.colours
    }
}

fn limited(
    matrix: gst_video::VideoColorMatrix,
    transfer: gst_video::VideoTransferFunction,
    primaries: gst_video::VideoColorPrimaries,
) -> gst_video::VideoColorimetry {
    gst_video::VideoColorimetry::new(
        gst_video::VideoColorRange::Range16_235,
        matrix,
        transfer,
        primaries,
    )
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Picture")
            .field("label", &self.label)
            .field("size", &self.size())
            .finish_non_exhaustive()
    }
}
