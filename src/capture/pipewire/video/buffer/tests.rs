// SPDX-License-Identifier: GPL-3.0-or-later
use super::*;

/// Room for the metadata of a pointer with an image of 4 x 4 pixels.
pub(in super::super) const CURSOR_LEN: usize = 48 + 64;

/// A buffer with everything that its C structures point to. Must not move while a [`RawBuffer`] of it is used.
pub(in super::super) struct FakeBuffer {
    pub chunk: spa::spa_chunk,
    pub header: spa::spa_meta_header,
    pub crop: spa::spa_meta_region,
    pub transform: spa::spa_meta_videotransform,
    pub damage: [spa::spa_meta_region; 3],
    pub cursor: [u8; CURSOR_LEN],
    pub data: spa::spa_data,
    metas: [spa::spa_meta; 5],
    buffer: spa::spa_buffer,
    raw: pw_buffer,
}

pub(in super::super) fn region(x: i32, y: i32, width: u32, height: u32) -> spa::spa_meta_region {
    spa::spa_meta_region {
        region: spa::spa_region {
            position: spa::spa_point { x, y },
            size: spa::spa_rectangle { width, height },
        },
    }
}

impl FakeBuffer {
    /// A buffer of one plane of memory of this kind.
    #[expect(unsafe_code, reason = "plain C structures may be all zero")]
    pub fn new(kind: u32, fd: i64, len: u32) -> Box<Self> {
        // SAFETY: integers and raw pointers only, for which zero is a value.
        let mut fake: Box<FakeBuffer> = Box::new(unsafe { std::mem::zeroed() });
        fake.data.type_ = kind;
        fake.data.fd = fd;
        fake.data.maxsize = len;
        fake.data.chunk = &raw mut fake.chunk;
        let header: *mut _ = &raw mut fake.header;
        let crop: *mut _ = &raw mut fake.crop;
        let transform: *mut _ = &raw mut fake.transform;
        let damage: *mut _ = &raw mut fake.damage;
        let cursor: *mut _ = &raw mut fake.cursor;
        let meta = |type_, data, size: usize| spa::spa_meta {
            type_,
            size: size as u32,
            data,
        };
        fake.metas = [
            meta(
                spa::SPA_META_Header,
                header.cast(),
                size_of::<spa::spa_meta_header>(),
            ),
            meta(
                spa::SPA_META_VideoCrop,
                crop.cast(),
                size_of::<spa::spa_meta_region>(),
            ),
            meta(
                spa::SPA_META_VideoTransform,
                transform.cast(),
                size_of::<spa::spa_meta_videotransform>(),
            ),
            meta(
                spa::SPA_META_VideoDamage,
                damage.cast(),
                3 * size_of::<spa::spa_meta_region>(),
            ),
            meta(spa::SPA_META_Cursor, cursor.cast(), CURSOR_LEN),
        ];
        fake.buffer.n_metas = 5;
        fake.buffer.metas = fake.metas.as_mut_ptr();
        fake.buffer.n_datas = 1;
        fake.buffer.datas = &raw mut fake.data;
        fake.raw.buffer = &raw mut fake.buffer;
        fake
    }

    #[expect(unsafe_code, reason = "stands for PipeWire")]
    pub fn raw(&mut self) -> RawBuffer {
        // SAFETY: the box stays where it is, and the tests use it on one thread.
        unsafe { RawBuffer::new(&raw mut self.raw) }.unwrap()
    }
}

#[test]
fn all_metadata_of_a_buffer_is_read() {
    let mut fake = FakeBuffer::new(spa::SPA_DATA_MemFd, 5, 100);
    fake.chunk = spa::spa_chunk {
        offset: 1,
        size: 2,
        stride: 3,
        flags: 0,
    };
    fake.header.pts = 77;
    fake.crop = region(1, 2, 3, 4);
    fake.transform.transform = spa::SPA_META_TRANSFORMATION_Flipped270;
    fake.damage = [
        region(5, 5, 10, 10),
        region(-3, 8, 4, 20),
        region(0, 0, 0, 0),
    ];
    let raw = fake.raw();
    let filled = raw.filled();
    assert!(!filled.corrupted);
    assert_eq!(filled.pts, Some(77));
    assert_eq!(filled.crop, Some((1, 2, 3, 4)));
    assert_eq!(filled.transform, Transform::Flipped270);
    let damage = Rect {
        x: 0,
        y: 5,
        width: 15,
        height: 23,
    };
    assert_eq!(filled.damage, Some(damage));
    let chunk = Chunk {
        offset: 1,
        size: 2,
        stride: 3,
    };
    assert_eq!((filled.planes, filled.chunks[0]), (1, chunk));
    let memory = PlaneMemory::File {
        fd: 5,
        offset: 0,
        len: 100,
    };
    assert_eq!(raw.memory(), [memory]);
}

#[test]
fn missing_values_are_none_and_not_zero() {
    let mut fake = FakeBuffer::new(spa::SPA_DATA_DmaBuf, 6, 0);
    let raw = fake.raw();
    let filled = raw.filled();
    assert_eq!((filled.pts, filled.crop, filled.damage), (None, None, None));
    assert_eq!(filled.transform, Transform::None);
    assert_eq!(raw.memory(), [PlaneMemory::DmaBuf { fd: 6 }]);
}

#[test]
fn corruption_is_seen_in_the_header_and_in_the_chunk() {
    let mut fake = FakeBuffer::new(spa::SPA_DATA_MemFd, 5, 100);
    fake.header.flags = spa::SPA_META_HEADER_FLAG_CORRUPTED;
    assert!(fake.raw().filled().corrupted);
    let mut fake = FakeBuffer::new(spa::SPA_DATA_MemFd, 5, 100);
    fake.chunk.flags = spa::SPA_CHUNK_FLAG_CORRUPTED as i32;
    assert!(fake.raw().filled().corrupted);
}

#[test]
fn memory_that_cannot_be_is_unknown() {
    for (kind, fd) in [
        (spa::SPA_DATA_MemFd, -1),
        (spa::SPA_DATA_DmaBuf, i64::MAX),
        (spa::SPA_DATA_MemPtr, 0),
        (spa::SPA_DATA_Invalid, 3),
    ] {
        let memory = FakeBuffer::new(kind, fd, 10).raw().memory();
        assert_eq!(memory, [PlaneMemory::Unknown]);
    }
}
