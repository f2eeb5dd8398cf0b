// SPDX-License-Identifier: GPL-3.0-or-later
//! One buffer of a stream as PipeWire's C structures show it: its memory, and what the producer says of the picture in it.
//!
//! Input: a `pw_buffer` between its `add_buffer` and `remove_buffer`, on the stream's thread. Output: plain values.
//! All reading of foreign structures is here; producers are not believed, so every number is checked later against the
//! memory that really exists.

use std::os::fd::{BorrowedFd, RawFd};
use std::ptr::NonNull;

use ::pipewire::spa::sys as spa;
use ::pipewire::sys::pw_buffer;

use crate::capture::frame::{Rect, Transform};

/// Planes that a picture has at most.
pub(super) const MAX_PLANES: usize = 4;

/// A buffer that exists: valid from `add_buffer` to `remove_buffer`, on the stream's thread only (it is not `Send`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RawBuffer(NonNull<pw_buffer>);

/// Memory of one plane as announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PlaneMemory {
    /// Shared memory behind a file descriptor.
    File { fd: RawFd, offset: u32, len: u32 },
    /// Memory of this process (PipeWire has mapped it).
    Pointer { start: NonNull<u8>, len: u32 },
    /// A DMA-BUF.
    DmaBuf { fd: RawFd },
    /// Anything else.
    Unknown,
}

/// One plane's part of a filled buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Chunk {
    pub offset: u32,
    pub size: u32,
    pub stride: i32,
}

/// What the producer says of a filled buffer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Filled {
    /// Marked as broken, in its header or its first chunk.
    pub corrupted: bool,
    /// When it was drawn, in nanoseconds of `CLOCK_MONOTONIC`; `None` without a header or time.
    pub pts: Option<i64>,
    /// The visible part, unchecked: left, top, width, height.
    pub crop: Option<(i32, i32, u32, u32)>,
    pub transform: Transform,
    /// Bounding box of the damaged regions, still unchecked against the size.
    pub damage: Option<Rect>,
    /// Planes that the buffer has (at most [`MAX_PLANES`] are read).
    pub planes: usize,
    pub chunks: [Chunk; MAX_PLANES],
}

impl RawBuffer {
    /// # Safety
    /// `buffer` must be null or a buffer of a stream that has been added and not yet removed, and the result must not
    /// be used after its removal or on another thread.
    #[expect(
        unsafe_code,
        reason = "the promise that all other functions here rely on"
    )]
    pub unsafe fn new(buffer: *mut pw_buffer) -> Option<Self> {
        NonNull::new(buffer).map(RawBuffer)
    }

    pub fn as_ptr(self) -> *mut pw_buffer {
        self.0.as_ptr()
    }

    #[expect(unsafe_code, reason = "reads the list of planes of a live buffer")]
    fn datas(&self) -> &[spa::spa_data] {
        // SAFETY: a live pw_buffer points to a spa_buffer with `n_datas` entries at `datas`, both unchanged while it lives.
        unsafe {
            let buffer = self.0.as_ref().buffer;
            if buffer.is_null() || (*buffer).datas.is_null() {
                return &[];
            }
            std::slice::from_raw_parts((*buffer).datas, (*buffer).n_datas as usize)
        }
    }

    /// The memory of each plane.
    pub fn memory(&self) -> Vec<PlaneMemory> {
        let memory = |data: &spa::spa_data| match data.type_ {
            spa::SPA_DATA_MemFd => match RawFd::try_from(data.fd) {
                Ok(fd) if fd >= 0 => PlaneMemory::File {
                    fd,
                    offset: data.mapoffset,
                    len: data.maxsize,
                },
                _ => PlaneMemory::Unknown,
            },
            spa::SPA_DATA_DmaBuf => match RawFd::try_from(data.fd) {
                Ok(fd) if fd >= 0 => PlaneMemory::DmaBuf { fd },
                _ => PlaneMemory::Unknown,
            },
            spa::SPA_DATA_MemPtr => match NonNull::new(data.data.cast()) {
                Some(start) => PlaneMemory::Pointer {
                    start,
                    len: data.maxsize,
                },
                None => PlaneMemory::Unknown,
            },
            _ => PlaneMemory::Unknown,
        };
        self.datas().iter().take(MAX_PLANES).map(memory).collect()
    }

    /// A piece of metadata of the type `T`.
    #[expect(unsafe_code, reason = "finds metadata in a live buffer")]
    fn meta<T: Copy>(&self, kind: u32) -> Option<T> {
        // SAFETY: the buffer is live; the function checks kind and size. The producer may write at the same time, so the
        // value is copied out as a whole and each of its bit patterns is valid for the plain C structures it is used for.
        unsafe {
            let buffer = self.0.as_ref().buffer;
            if buffer.is_null() {
                return None;
            }
            let meta = spa::spa_buffer_find_meta_data(buffer, kind, size_of::<T>()).cast::<T>();
            (!meta.is_null()).then(|| meta.read_unaligned())
        }
    }

    /// The regions of the damage metadata, up to the first invalid one.
    #[expect(unsafe_code, reason = "reads an array of metadata of a live buffer")]
    fn damaged_regions(&self) -> Vec<spa::spa_region> {
        // SAFETY: as for `meta`; `size` is the length in bytes of what `data` points to.
        unsafe {
            let buffer = self.0.as_ref().buffer;
            if buffer.is_null() {
                return Vec::new();
            }
            let meta = spa::spa_buffer_find_meta(buffer, spa::SPA_META_VideoDamage);
            if meta.is_null() || (*meta).data.is_null() {
                return Vec::new();
            }
            let count = (*meta).size as usize / size_of::<spa::spa_meta_region>();
            let first = (*meta).data.cast::<spa::spa_meta_region>();
            let regions = (0..count).map(|n| first.add(n).read_unaligned().region);
            regions
                .take_while(|region| region.size.width > 0 && region.size.height > 0)
                .collect()
        }
    }

    /// The cursor metadata with its bitmap; `None` when the buffer has no room for any.
    #[expect(unsafe_code, reason = "finds metadata in a live buffer")]
    pub fn cursor(&self) -> Option<&[u8]> {
        // SAFETY: as for `damaged_regions`. The producer may write at the same time: its reader copies each number before
        // it uses it, and checks it against the length.
        unsafe {
            let buffer = self.0.as_ref().buffer;
            if buffer.is_null() {
                return None;
            }
            let meta = spa::spa_buffer_find_meta(buffer, spa::SPA_META_Cursor);
            if meta.is_null() || (*meta).data.is_null() {
                return None;
            }
            let data = (*meta).data.cast::<u8>();
            Some(std::slice::from_raw_parts(data, (*meta).size as usize))
        }
    }

    /// Reads what the producer says of the picture.
    #[expect(unsafe_code, reason = "reads the chunks of a live buffer")]
    pub fn filled(&self) -> Filled {
        let mut filled = Filled {
            planes: self.datas().len().min(MAX_PLANES),
            ..Filled::default()
        };
        for (to, data) in filled.chunks.iter_mut().zip(self.datas()) {
            let Some(chunk) = NonNull::new(data.chunk) else {
                continue;
            };
            // SAFETY: a chunk pointer of a live buffer is valid; the producer owns its contents, so they are copied out.
            let chunk = unsafe { chunk.read_unaligned() };
            *to = Chunk {
                offset: chunk.offset,
                size: chunk.size,
                stride: chunk.stride,
            };
            filled.corrupted |= chunk.flags & spa::SPA_CHUNK_FLAG_CORRUPTED as i32 != 0;
        }
        if let Some(header) = self.meta::<spa::spa_meta_header>(spa::SPA_META_Header) {
            filled.corrupted |= header.flags & spa::SPA_META_HEADER_FLAG_CORRUPTED != 0;
            filled.pts = (header.pts > 0).then_some(header.pts);
        }
        if let Some(crop) = self.meta::<spa::spa_meta_region>(spa::SPA_META_VideoCrop) {
            let (position, size) = (crop.region.position, crop.region.size);
            filled.crop = (size.width > 0 && size.height > 0).then_some((
                position.x,
                position.y,
                size.width,
                size.height,
            ));
        }
        if let Some(meta) = self.meta::<spa::spa_meta_videotransform>(spa::SPA_META_VideoTransform)
        {
            filled.transform = transform(meta.transform);
        }
        filled.damage = bounds(&self.damaged_regions());
        filled
    }
}

fn transform(value: u32) -> Transform {
    match value {
        spa::SPA_META_TRANSFORMATION_90 => Transform::Rotate90,
        spa::SPA_META_TRANSFORMATION_180 => Transform::Rotate180,
        spa::SPA_META_TRANSFORMATION_270 => Transform::Rotate270,
        spa::SPA_META_TRANSFORMATION_Flipped => Transform::Flipped,
        spa::SPA_META_TRANSFORMATION_Flipped90 => Transform::Flipped90,
        spa::SPA_META_TRANSFORMATION_Flipped180 => Transform::Flipped180,
        spa::SPA_META_TRANSFORMATION_Flipped270 => Transform::Flipped270,
        _ => Transform::None,
    }
}

/// The smallest rectangle around all regions; `None` when there are none.
fn bounds(regions: &[spa::spa_region]) -> Option<Rect> {
    let boxes = regions.iter().map(|region| {
        let (x, y) = (
            region.position.x.max(0).unsigned_abs(),
            region.position.y.max(0).unsigned_abs(),
        );
        Rect {
            x,
            y,
            width: region.size.width,
            height: region.size.height,
        }
    });
    boxes.reduce(union)
}

/// The smallest rectangle around two.
pub(super) fn union(a: Rect, b: Rect) -> Rect {
    let (x, y) = (a.x.min(b.x), a.y.min(b.y));
    let right = a.x.saturating_add(a.width).max(b.x.saturating_add(b.width));
    let bottom =
        a.y.saturating_add(a.height)
            .max(b.y.saturating_add(b.height));
    Rect {
        x,
        y,
        width: right - x,
        height: bottom - y,
    }
}

/// Borrows a descriptor that a live buffer holds.
///
/// # Safety
/// The buffer that announced `fd` must stay live for `'a`.
#[expect(
    unsafe_code,
    reason = "the descriptor belongs to the buffer, which outlives the borrow"
)]
pub(super) unsafe fn borrow<'a>(fd: RawFd) -> BorrowedFd<'a> {
    // SAFETY: promised by the caller.
    unsafe { BorrowedFd::borrow_raw(fd) }
}

#[cfg(test)]
pub(super) mod tests;
