// SPDX-License-Identifier: GPL-3.0-or-later
//! DMA-BUF hand-over: a `RawFrame` on the GPU in, a GStreamer buffer of the same memory out.
//!
//! The raw frame's buffer is given back to its producer when GStreamer has released the last reference: a parent buffer
//! that owns the handle rides along.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use gstreamer as gst;
use gstreamer_allocators as gst_allocators;
use gstreamer_allocators::prelude::*;
use gstreamer_video as gst_video;

use super::{EncodeError, Picture};
use crate::capture::frame::{DmaBuf, PixelFormat, RawFrame, Transform};
use crate::encode::import::{LINEAR, fourcc};
use crate::encode::layout::{Layout, Limits};

/// Keeps the producer's buffer until GStreamer is done with it.
struct Held(#[expect(dead_code, reason = "owned for its Drop")] Arc<dyn DmaBuf>);

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        // GStreamer wants memory that is not empty.
        &[0]
    }
}

/// The picture as an encoder's GPU path takes it: caps with the DRM format, crop as metadata. Fails for what that path
/// cannot do: turn a picture, or give it borders.
pub(super) fn picture(
    frame: &RawFrame,
    memory: &Arc<dyn DmaBuf>,
    limits: &Limits,
) -> Result<Picture, EncodeError> {
    if frame.transform != Transform::None {
        return Err(EncodeError::BadPicture);
    }
    let crop = frame.crop;
    let placed = Layout::new((crop.width, crop.height), limits);
    if (placed.picture.width, placed.picture.height) != placed.frame {
        return Err(EncodeError::BadPicture);
    }
    let format = match frame.format {
        PixelFormat::Bgrx => gst_video::VideoFormat::Bgrx,
        PixelFormat::Bgra => gst_video::VideoFormat::Bgra,
        PixelFormat::Rgbx => gst_video::VideoFormat::Rgbx,
        PixelFormat::Rgba => gst_video::VideoFormat::Rgba,
        PixelFormat::Nv12 => gst_video::VideoFormat::Nv12,
    };
    let (width, height) = frame.size;
    let info = gst_video::VideoInfo::builder(format, width, height)
        .fps(gst::Fraction::new(0, 1))
        .build()
        .map_err(|_| EncodeError::BadPicture)?;
    let caps = gst_video::VideoInfoDmaDrm::new(info, fourcc(frame.format), memory.modifier())
        .to_caps()
        .map_err(|_| EncodeError::BadPicture)?;
    let planes = if frame.format == PixelFormat::Nv12 {
        2
    } else {
        1
    };
    let (mut buffer, starts) = wrap(memory, planes)?;
    let mut offsets = Vec::with_capacity(planes);
    let mut strides = Vec::with_capacity(planes);
    for (plane, start) in frame.planes.iter().zip(starts) {
        offsets.push(start + plane.offset);
        strides.push(i32::try_from(plane.stride).map_err(|_| EncodeError::BadPicture)?);
    }
    let writable = buffer.get_mut().ok_or(EncodeError::BadPicture)?;
    gst_video::VideoMeta::add_full(
        writable,
        gst_video::VideoFrameFlags::empty(),
        format,
        width,
        height,
        &offsets,
        &strides,
    )
    .map_err(|_| EncodeError::BadPicture)?;
    gst_video::VideoCropMeta::add(writable, (crop.x, crop.y, placed.used.0, placed.used.1));
    Ok(Picture {
        buffer,
        caps,
        size: placed.frame,
        layout: None,
    })
}

/// The memory for a CPU to read; only linear buffers can be.
pub(super) fn readable(memory: &Arc<dyn DmaBuf>) -> Result<gst::Buffer, EncodeError> {
    if memory.modifier() != LINEAR {
        return Err(EncodeError::BadPicture);
    }
    wrap(memory, 1).map(|(buffer, _)| buffer)
}

/// A buffer of the memory of `planes` planes, and where in it each begins.
fn wrap(memory: &Arc<dyn DmaBuf>, planes: usize) -> Result<(gst::Buffer, Vec<usize>), EncodeError> {
    let mut buffer = gst::Buffer::new();
    let writable = buffer.get_mut().ok_or(EncodeError::BadPicture)?;
    let allocator = gst_allocators::DmaBufAllocator::new();
    let mut starts = Vec::with_capacity(planes);
    for plane in 0..planes {
        let fd = memory.dup_fd(plane).map_err(|_| EncodeError::BadPicture)?;
        starts.push(writable.size());
        writable.append_memory(import(&allocator, fd)?);
    }
    let parent = gst::Buffer::from_slice(Held(Arc::clone(memory)));
    gst::ParentBufferMeta::add(writable, &parent);
    Ok((buffer, starts))
}

fn import(
    allocator: &gst_allocators::DmaBufAllocator,
    fd: OwnedFd,
) -> Result<gst::Memory, EncodeError> {
    let size = rustix::fs::seek(&fd, rustix::fs::SeekFrom::End(0))
        .ok()
        .and_then(|size| usize::try_from(size).ok())
        .filter(|size| *size > 0)
        .ok_or(EncodeError::BadPicture)?;
    // SAFETY: the descriptor is owned, open, and `size` bytes large; the allocator takes the ownership over and closes
    // it with the memory.
    #[expect(
        unsafe_code,
        reason = "GStreamer imports DMA-BUFs by raw descriptor only"
    )]
    let memory = unsafe { allocator.alloc_dmabuf(fd, size) };
    memory.map_err(|_| EncodeError::BadPicture)
}
