// SPDX-License-Identifier: GPL-3.0-or-later
//! The producer's memory, and pictures in it.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;

use pipewire::spa::sys as spa;
use pipewire::stream::Stream;
use pipewire::sys::pw_buffer;

use super::{Picture, Pointer, State};

#[expect(
    unsafe_code,
    reason = "a producer allocates its buffers in C structures"
)]
pub(super) fn add_buffer(state: &mut State, buffer: *mut pw_buffer) {
    let len = i64::from(state.stride) * i64::from(state.spec.size.1) * 2;
    let fd = rustix::fs::memfd_create("test picture", rustix::fs::MemfdFlags::CLOEXEC).unwrap();
    rustix::fs::ftruncate(&fd, len as u64).unwrap();
    // SAFETY: PipeWire announces a live buffer with one data block, which the allocating side fills in.
    unsafe {
        let data = &mut *(*(*buffer).buffer).datas;
        data.type_ = state.kind;
        data.flags = spa::SPA_DATA_FLAG_READWRITE;
        data.fd = i64::from(fd.as_raw_fd());
        data.mapoffset = 0;
        data.maxsize = len as u32;
        data.data = std::ptr::null_mut();
    }
    state.files.insert(buffer, File::from(fd));
}

pub(super) fn draw_at_start(stream: &Stream, state: &mut State) {
    match &mut state.at_starts {
        Some((skip @ 1.., _)) => *skip -= 1,
        Some((_, value)) => {
            let picture = Picture {
                value: *value,
                ..Picture::default()
            };
            let drawn = draw(stream, state, &picture);
            state.drawn.extend(drawn);
        }
        None => {}
    }
}

#[expect(unsafe_code, reason = "a producer fills metadata in C structures")]
pub(super) fn draw(stream: &Stream, state: &State, picture: &Picture) -> Option<*mut pw_buffer> {
    // SAFETY: the buffer is live between dequeue and queue on this thread, and metadata is written within its size.
    unsafe {
        let raw = stream.dequeue_raw_buffer();
        if raw.is_null() {
            return None;
        }
        let size = state.stride as usize * state.spec.size.1 as usize * 3 / 2;
        let size = size.min(state.files[&raw].metadata().unwrap().len() as usize);
        state.files[&raw]
            .write_all_at(&vec![picture.value; size], 0)
            .unwrap();
        let buffer = (*raw).buffer;
        let chunk = &mut *(*(*buffer).datas).chunk;
        chunk.offset = 0;
        chunk.size = if picture.empty { 0 } else { size as u32 };
        chunk.stride = picture.stride.unwrap_or(state.stride);
        chunk.flags = 0;
        let header = spa::spa_buffer_find_meta_data(
            buffer,
            spa::SPA_META_Header,
            size_of::<spa::spa_meta_header>(),
        )
        .cast::<spa::spa_meta_header>();
        if !header.is_null() {
            (*header).flags = if picture.corrupted {
                spa::SPA_META_HEADER_FLAG_CORRUPTED
            } else {
                0
            };
            (*header).pts = picture.pts;
        }
        let region = |(x, y, width, height): (i32, i32, u32, u32)| spa::spa_region {
            position: spa::spa_point { x, y },
            size: spa::spa_rectangle { width, height },
        };
        let crop = spa::spa_buffer_find_meta_data(
            buffer,
            spa::SPA_META_VideoCrop,
            size_of::<spa::spa_meta_region>(),
        )
        .cast::<spa::spa_meta_region>();
        if !crop.is_null() {
            (*crop).region = region(picture.crop.unwrap_or_default());
        }
        let transform = spa::spa_buffer_find_meta_data(
            buffer,
            spa::SPA_META_VideoTransform,
            size_of::<spa::spa_meta_videotransform>(),
        )
        .cast::<spa::spa_meta_videotransform>();
        if !transform.is_null() {
            (*transform).transform = picture.transform;
        }
        let damage = spa::spa_buffer_find_meta_data(
            buffer,
            spa::SPA_META_VideoDamage,
            size_of::<spa::spa_meta_region>() * 4,
        )
        .cast::<spa::spa_meta_region>();
        if !damage.is_null() {
            for n in 0..4 {
                let rectangle = picture.damage.get(n).copied().unwrap_or_default();
                (*damage.add(n)).region = region(rectangle);
            }
        }
        let room = size_of::<spa::spa_meta_cursor>();
        let pointer = spa::spa_buffer_find_meta_data(buffer, spa::SPA_META_Cursor, room);
        if !pointer.is_null() {
            point(pointer.cast(), picture.pointer.as_ref());
        }
        Some(raw)
    }
}

/// # Safety
/// `meta` has room for the pointer's image.
#[expect(unsafe_code, reason = "a producer fills metadata in C structures")]
unsafe fn point(meta: *mut spa::spa_meta_cursor, pointer: Option<&Pointer>) {
    let spot = |(x, y)| spa::spa_point { x, y };
    // SAFETY: promised by the caller.
    unsafe {
        let Some(pointer) = pointer else {
            (*meta).id = 0;
            return;
        };
        (*meta).id = 1;
        (*meta).position = spot(pointer.position);
        (*meta).hotspot = spot((0, 0));
        (*meta).bitmap_offset = 0;
        if let Some(image) = &pointer.image {
            let (width, height) = image.size;
            (*meta).hotspot = spot(image.hotspot);
            (*meta).bitmap_offset = size_of::<spa::spa_meta_cursor>() as u32;
            let bitmap = meta.add(1).cast::<spa::spa_meta_bitmap>();
            (*bitmap).format = spa::SPA_VIDEO_FORMAT_RGBA;
            (*bitmap).size = spa::spa_rectangle { width, height };
            (*bitmap).stride = width as i32 * 4;
            (*bitmap).offset = size_of::<spa::spa_meta_bitmap>() as u32;
            let pixels = bitmap.add(1).cast::<[u8; 4]>();
            for n in 0..(width * height) as usize {
                pixels.add(n).write_unaligned(image.pixel);
            }
        }
    }
}
