// SPDX-License-Identifier: GPL-3.0-or-later
use std::cell::RefCell;
use std::collections::VecDeque;
use std::fs::File;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;

use ::pipewire::spa::sys as spa;

use super::super::Command;
use super::super::buffer::tests::{FakeBuffer, region};
use super::*;
use crate::capture::frame::PixelFormat;

const SIZE: (u32, u32) = (4, 2);
const LEN: u32 = 4 * 4 * 2;

/// The stream's two queues.
#[derive(Default)]
struct Queues {
    filled: RefCell<VecDeque<RawBuffer>>,
    free: RefCell<Vec<RawBuffer>>,
}

impl BufferQueue for Queues {
    fn dequeue(&self) -> Option<RawBuffer> {
        self.filled.borrow_mut().pop_front()
    }

    fn queue(&self, buffer: RawBuffer) {
        assert!(!self.free.borrow().contains(&buffer), "queued twice");
        self.free.borrow_mut().push(buffer);
    }
}

struct Rig {
    fakes: Vec<(Box<FakeBuffer>, File)>,
    queues: Queues,
    pool: Pool,
    agreement: Agreement,
    // Tickets are sent here; the tests hand them to the pool themselves.
    _inbox: ::pipewire::channel::Receiver<Command>,
}

impl Rig {
    fn new(kind: u32, count: usize) -> Rig {
        Self::with(kind, count, false)
    }

    fn with(kind: u32, count: usize, cursor: bool) -> Rig {
        let (returns, inbox) = ::pipewire::channel::channel();
        let mut rig = Rig {
            fakes: Vec::new(),
            queues: Queues::default(),
            pool: Pool::new(returns, cursor),
            agreement: Agreement {
                format: PixelFormat::Bgrx,
                size: SIZE,
                modifier: (kind == spa::SPA_DATA_DmaBuf).then_some(7),
            },
            _inbox: inbox,
        };
        for _ in 0..count {
            let fd = rustix::fs::memfd_create("picture", rustix::fs::MemfdFlags::CLOEXEC).unwrap();
            let file = File::from(fd);
            file.set_len(u64::from(LEN)).unwrap();
            let mut fake = FakeBuffer::new(kind, i64::from(file.as_raw_fd()), LEN);
            fake.chunk.size = LEN;
            rig.pool.add(fake.raw());
            rig.fakes.push((fake, file));
        }
        rig
    }

    /// The producer fills buffer `n` with `value`.
    fn fill(&mut self, n: usize, value: u8) {
        let (fake, file) = &mut self.fakes[n];
        file.write_all_at(&[value; LEN as usize], 0).unwrap();
        let raw = fake.raw();
        self.queues.free.borrow_mut().retain(|free| *free != raw);
        self.queues.filled.borrow_mut().push_back(raw);
    }

    /// The producer sends buffer `n` with what it says of the pointer, and no picture.
    fn point(&mut self, n: usize, numbers: &[i32]) {
        let (fake, _) = &mut self.fakes[n];
        fake.chunk.size = 0;
        fake.chunk.flags = spa::SPA_CHUNK_FLAG_CORRUPTED as i32;
        for (to, number) in fake.cursor.chunks_exact_mut(4).zip(numbers) {
            to.copy_from_slice(&number.to_ne_bytes());
        }
        let raw = fake.raw();
        self.queues.free.borrow_mut().retain(|free| *free != raw);
        self.queues.filled.borrow_mut().push_back(raw);
    }

    fn collect(&mut self) -> Option<RawFrame> {
        self.pool
            .collect(&self.queues, &self.agreement, Instant::now())
    }

    fn is_free(&mut self, n: usize) -> bool {
        let raw = self.fakes[n].0.raw();
        self.queues.free.borrow().contains(&raw)
    }

    fn give_back(&mut self, n: u64) {
        self.pool.returned(&self.queues, BufferId(n));
    }
}

fn value(frame: &RawFrame) -> u8 {
    let Memory::Bytes(bytes) = &frame.memory else {
        panic!("not in memory")
    };
    let bytes = &bytes.bytes()[frame.planes[0].offset..];
    assert!(bytes.iter().all(|byte| *byte == bytes[0]));
    bytes[0]
}

#[test]
fn of_several_filled_buffers_only_the_newest_becomes_a_picture() {
    let mut rig = Rig::new(spa::SPA_DATA_MemFd, 4);
    rig.fakes[0].0.damage[0] = region(0, 0, 1, 1);
    rig.fakes[1].0.damage[0] = region(2, 1, 1, 1);
    rig.fill(0, 10);
    rig.fill(1, 11);
    let frame = rig.collect().unwrap();
    assert_eq!(value(&frame), 11);
    // What changed since the last picture that was handed out.
    let damage = Rect {
        x: 0,
        y: 0,
        width: 3,
        height: 2,
    };
    assert_eq!(frame.damage, Some(damage));
    assert!(rig.is_free(0) && !rig.is_free(1));
    rig.give_back(1);
    assert!(rig.is_free(1));
}

#[test]
fn a_buffer_is_given_back_once_however_often_its_number_comes() {
    let mut rig = Rig::new(spa::SPA_DATA_MemFd, 4);
    rig.fill(2, 1);
    rig.collect().unwrap();
    rig.give_back(2);
    rig.give_back(2);
    rig.give_back(77);
    assert!(rig.is_free(2));
}

#[test]
fn pictures_are_copied_when_consumers_hold_all_but_two_buffers() {
    let mut rig = Rig::new(spa::SPA_DATA_MemFd, 4);
    let mut held = Vec::new();
    for n in 0..4 {
        rig.fill(n, n as u8);
        held.push(rig.collect().unwrap());
    }
    assert_eq!(
        [0, 1, 2, 3].map(|n| rig.is_free(n)),
        [false, false, true, true]
    );
    rig.fill(2, 99);
    assert_eq!(held.iter().map(value).collect::<Vec<_>>(), [0, 1, 2, 3]);
}

#[test]
fn of_gpu_pictures_the_newest_waits_for_a_return() {
    let mut rig = Rig::new(spa::SPA_DATA_DmaBuf, 4);
    for n in 0..2 {
        rig.fill(n, 0);
        let frame = rig.collect().unwrap();
        assert!(matches!(frame.memory, Memory::DmaBuf(_)));
    }
    rig.fill(2, 0);
    assert!(rig.collect().is_none());
    rig.fill(3, 0);
    assert!(rig.collect().is_none());
    assert!(rig.is_free(2) && !rig.is_free(3));
    rig.give_back(0);
    let frame = rig.pool.hand_out(&rig.queues, &rig.agreement).unwrap();
    let Memory::DmaBuf(buffer) = &frame.memory else {
        panic!("not a DMA-BUF")
    };
    assert_eq!(buffer.modifier(), 7);
    assert!(rig.pool.hand_out(&rig.queues, &rig.agreement).is_none());
}

#[test]
fn a_picture_outlives_the_removal_of_its_buffer() {
    let mut rig = Rig::new(spa::SPA_DATA_MemFd, 4);
    rig.fill(1, 42);
    let frame = rig.collect().unwrap();
    let raw = rig.fakes[1].0.raw();
    rig.pool.remove(raw);
    rig.fakes.remove(1);
    assert_eq!(value(&frame), 42);
    drop(frame);
    // The late return of a number that no buffer has any more.
    rig.give_back(1);
    assert!(rig.queues.free.borrow().is_empty());
}

#[test]
fn broken_buffers_go_back_at_once_and_are_counted() {
    let mut rig = Rig::new(spa::SPA_DATA_MemFd, 4);
    rig.fakes[0].0.chunk.size = 0;
    rig.fakes[1].0.header.flags = spa::SPA_META_HEADER_FLAG_CORRUPTED;
    rig.fakes[2].0.chunk.offset = 1;
    for n in 0..3 {
        rig.fill(n, 1);
    }
    assert!(rig.collect().is_none());
    assert_eq!(rig.pool.skipped, 3);
    assert_eq!([0, 1, 2].map(|n| rig.is_free(n)), [true; 3]);
}

#[test]
fn a_waiting_picture_is_forgotten_with_its_buffer() {
    let mut rig = Rig::new(spa::SPA_DATA_DmaBuf, 2);
    rig.fill(0, 0);
    assert!(rig.collect().is_none());
    let raw = rig.fakes[0].0.raw();
    rig.pool.remove(raw);
    assert!(rig.pool.hand_out(&rig.queues, &rig.agreement).is_none());
}

/// What a producer says of a pointer at `(x, y)`: with an image of one white pixel and this hotspot, or as before.
fn pointer((x, y): (i32, i32), image: Option<(i32, i32)>) -> Vec<i32> {
    let rgba = spa::SPA_VIDEO_FORMAT_RGBA.cast_signed();
    match image {
        Some((hx, hy)) => vec![1, 0, x, y, hx, hy, 28, rgba, 1, 1, 4, 20, -1],
        None => vec![1, 0, x, y, 0, 0, 0],
    }
}

#[test]
fn a_pointer_that_moves_over_a_still_screen_repeats_the_last_picture() {
    let mut rig = Rig::with(spa::SPA_DATA_MemFd, 4, true);
    rig.point(0, &pointer((1, 1), Some((1, 0))));
    assert!(rig.collect().is_none(), "there is no picture yet");
    rig.fill(1, 42);
    let first = rig.collect().unwrap();
    assert_eq!(value(&first), 42);
    // What the last buffer said still holds where the next says nothing else; here its id is 0.
    assert_eq!(first.cursor, None);
    rig.point(0, &pointer((3, 1), None));
    let moved = rig.collect().unwrap();
    assert_eq!(value(&moved), 42);
    let cursor = moved.cursor.clone().unwrap();
    assert_eq!((cursor.at, cursor.image.size), ((2, 1), (1, 1)));
    let here = Rect {
        x: 2,
        y: 1,
        width: 1,
        height: 1,
    };
    assert_eq!(moved.damage, Some(here));
    assert!(rig.is_free(0) && !rig.is_free(1));
    rig.point(0, &pointer((3, 1), None));
    assert!(rig.collect().is_none(), "nothing has changed");
    rig.point(0, &[0]);
    let hidden = rig.collect().unwrap();
    assert_eq!((hidden.cursor, hidden.damage), (None, Some(here)));
    assert_eq!((rig.pool.filled, rig.pool.skipped), (1, 1));
}

#[test]
fn a_pointer_of_an_older_format_is_not_shown_in_an_old_picture() {
    let mut rig = Rig::with(spa::SPA_DATA_MemFd, 4, true);
    rig.fill(1, 42);
    rig.collect().unwrap();
    rig.pool.forget();
    rig.point(0, &pointer((1, 1), Some((0, 0))));
    assert!(rig.collect().is_none());
}

#[test]
fn without_the_wish_for_it_a_pointer_is_ignored() {
    let mut rig = Rig::new(spa::SPA_DATA_MemFd, 4);
    rig.fill(1, 42);
    rig.collect().unwrap();
    rig.point(0, &pointer((1, 1), Some((0, 0))));
    assert!(rig.collect().is_none());
    assert_eq!(rig.pool.skipped, 1);
}
