// SPDX-License-Identifier: GPL-3.0-or-later
//! The buffers of a video stream: which exist, which a consumer holds, and the pictures made of them.
//!
//! Input: buffers that were added, removed, filled or given back. Output: `RawFrame`s, and buffers queued to the producer
//! again. The producer always keeps at least two buffers: when consumers hold the others, a picture in shared memory is
//! copied, and of GPU pictures only the newest waits for a return. So a slow consumer never stalls the stream, and the
//! last picture of a screen that becomes still is never lost.

use std::sync::Arc;
use std::time::Instant;

use super::buffer::{Filled, PlaneMemory, RawBuffer, borrow, union};
use super::cursor::Pointer;
use super::format::Agreement;
use super::layout::{PlaneLayout, clip, crop, layout};
use super::memory::{BufferId, DmaPlanes, Gpu, Mapping, Returns, Shared, Ticket};
use crate::capture::clock::instant_of;
use crate::capture::frame::{Memory, Plane, RawFrame, Rect};

/// Buffers that the producer keeps for drawing.
const FOR_PRODUCER: usize = 2;

/// The stream's two verbs.
pub(super) trait BufferQueue {
    /// The next filled buffer.
    fn dequeue(&self) -> Option<RawBuffer>;
    /// Gives a buffer back to the producer.
    fn queue(&self, buffer: RawBuffer);
}

/// How a buffer's pictures are read.
enum Access {
    /// One mapping for all planes: no copy.
    Mapped(Arc<Mapping>),
    /// Several mappings: joined by a copy.
    Scattered(Vec<Mapping>),
    /// Memory that PipeWire takes away with the buffer: copied.
    Borrowed(Vec<(std::ptr::NonNull<u8>, usize)>),
    /// Never read by us.
    Gpu(Arc<DmaPlanes>),
    /// Memory that we cannot use.
    None,
}

struct Entry {
    id: BufferId,
    buffer: RawBuffer,
    access: Access,
    /// A consumer holds its picture.
    held: bool,
}

/// A filled buffer that is not handed out yet.
struct Waiting {
    id: BufferId,
    filled: Filled,
    planes: Vec<PlaneLayout>,
    received: Instant,
}

/// All buffers of one stream.
pub(super) struct Pool {
    entries: Vec<Entry>,
    next_id: u64,
    returns: Returns,
    waiting: Option<Waiting>,
    pointer: Option<Pointer>,
    /// Filled buffers that came and were usable, handed out or not.
    pub filled: u64,
    /// Filled buffers that were skipped: empty, corrupted, or with impossible numbers.
    pub skipped: u64,
}

impl Pool {
    /// `cursor`: the mouse pointer comes as metadata.
    pub fn new(returns: Returns, cursor: bool) -> Self {
        Pool {
            entries: Vec::new(),
            next_id: 0,
            returns,
            waiting: None,
            pointer: cursor.then(Pointer::default),
            filled: 0,
            skipped: 0,
        }
    }

    /// A buffer was added to the stream.
    pub fn add(&mut self, buffer: RawBuffer) {
        let id = BufferId(self.next_id);
        self.next_id += 1;
        self.entries.push(Entry {
            id,
            buffer,
            access: Access::of(&buffer.memory()),
            held: false,
        });
    }

    /// A buffer is removed; pictures made of it stay readable.
    pub fn remove(&mut self, buffer: RawBuffer) {
        if let Some(at) = self.entries.iter().position(|entry| entry.buffer == buffer) {
            let entry = self.entries.swap_remove(at);
            self.waiting.take_if(|waiting| waiting.id == entry.id);
        }
    }

    /// Takes all filled buffers, gives back all but the newest usable one, and makes a picture of that.
    pub fn collect(
        &mut self,
        queue: &impl BufferQueue,
        agreement: &Agreement,
        now: Instant,
    ) -> Option<RawFrame> {
        let mut repeat = false;
        while let Some(buffer) = queue.dequeue() {
            // Of buffers without a picture, too: they are how a pointer moves over a still screen.
            let moves = self.pointer.as_mut().is_some_and(|p| p.read(buffer));
            repeat |= moves;
            let Some(mut newest) = self.examine(buffer, agreement, now) else {
                self.skipped += u64::from(!moves);
                queue.queue(buffer);
                continue;
            };
            self.filled += 1;
            if let Some(older) = self.waiting.take() {
                newest.filled.damage = older
                    .filled
                    .damage
                    .zip(newest.filled.damage)
                    .map(|(a, b)| union(a, b));
                self.give_back(queue, older.id);
            }
            self.waiting = Some(newest);
        }
        match self.hand_out(queue, agreement) {
            None if repeat => self.pointer.as_mut().and_then(|p| p.repeat(now)),
            frame => frame,
        }
    }

    /// The pictures that come from now on have another format.
    pub fn forget(&mut self) {
        if let Some(pointer) = &mut self.pointer {
            pointer.last = None;
        }
    }

    fn examine(
        &self,
        buffer: RawBuffer,
        agreement: &Agreement,
        received: Instant,
    ) -> Option<Waiting> {
        let entry = self.entries.iter().find(|entry| entry.buffer == buffer)?;
        let filled = buffer.filled();
        let planes = layout(agreement, &filled, &entry.access.lens())?;
        Some(Waiting {
            id: entry.id,
            filled,
            planes,
            received,
        })
    }

    /// A consumer has dropped its last clone of the picture in buffer `id`.
    pub fn returned(&mut self, queue: &impl BufferQueue, id: BufferId) {
        if let Some(entry) = self
            .entries
            .iter_mut()
            .find(|entry| entry.id == id && entry.held)
        {
            entry.held = false;
            queue.queue(entry.buffer);
        }
    }

    /// Makes a picture of the newest waiting buffer, if consumers hold few enough.
    pub fn hand_out(
        &mut self,
        queue: &impl BufferQueue,
        agreement: &Agreement,
    ) -> Option<RawFrame> {
        let waiting = self.waiting.take()?;
        let spare = self.entries.iter().filter(|entry| entry.held).count() + FOR_PRODUCER
            < self.entries.len();
        let returns = self.returns.clone();
        let entry = self
            .entries
            .iter_mut()
            .find(|entry| entry.id == waiting.id)?;
        let ticket = || Ticket {
            id: waiting.id,
            returns: returns.clone(),
        };
        let mut planes = waiting.planes.clone();
        let (memory, held) = match &entry.access {
            Access::Gpu(_) if !spare => {
                self.waiting = Some(waiting);
                return None;
            }
            Access::Gpu(fds) => {
                let modifier = agreement.modifier.unwrap_or(0);
                (
                    Memory::DmaBuf(Arc::new(Gpu {
                        planes: Arc::clone(fds),
                        modifier,
                        _ticket: ticket(),
                    })),
                    true,
                )
            }
            Access::Mapped(mapping) if spare => (
                Memory::Bytes(Arc::new(Shared {
                    mapping: Arc::clone(mapping),
                    _ticket: ticket(),
                })),
                true,
            ),
            access => (Memory::Bytes(Arc::new(access.copy(&mut planes))), false),
        };
        entry.held = held;
        if !held {
            queue.queue(entry.buffer);
        }
        let frame = frame(agreement, &waiting, &planes, memory);
        Some(match &mut self.pointer {
            Some(pointer) => pointer.added_to(frame),
            None => frame,
        })
    }

    fn give_back(&self, queue: &impl BufferQueue, id: BufferId) {
        if let Some(entry) = self.entries.iter().find(|entry| entry.id == id) {
            queue.queue(entry.buffer);
        }
    }
}

fn frame(
    agreement: &Agreement,
    waiting: &Waiting,
    planes: &[PlaneLayout],
    memory: Memory,
) -> RawFrame {
    let first = planes.first().map_or(
        Plane {
            offset: 0,
            stride: 0,
        },
        |plane| plane.plane,
    );
    RawFrame {
        captured: waiting
            .filled
            .pts
            .and_then(|pts| instant_of(pts, waiting.received))
            .unwrap_or(waiting.received),
        received: waiting.received,
        format: agreement.format,
        size: agreement.size,
        crop: crop(agreement.size, waiting.filled.crop),
        transform: waiting.filled.transform,
        damage: waiting
            .filled
            .damage
            .and_then(|damage: Rect| clip(damage, agreement.size)),
        planes: [first, planes.get(1).map_or(first, |plane| plane.plane)],
        memory,
        cursor: None,
    }
}

impl Access {
    /// Prepares the memory of a new buffer.
    fn of(planes: &[PlaneMemory]) -> Self {
        let map = |plane: &PlaneMemory| match *plane {
            PlaneMemory::File { fd, offset, len } => {
                #[expect(
                    unsafe_code,
                    reason = "the buffer is being added, so its descriptors are open"
                )]
                // SAFETY: the borrow ends with this call, while the buffer is live.
                let fd = unsafe { borrow(fd) };
                Mapping::new(fd, offset, len).ok()
            }
            _ => None,
        };
        let dup = |plane: &PlaneMemory| match *plane {
            PlaneMemory::DmaBuf { fd } => {
                #[expect(
                    unsafe_code,
                    reason = "the buffer is being added, so its descriptors are open"
                )]
                // SAFETY: the borrow ends with this call, while the buffer is live.
                let fd = unsafe { borrow(fd) };
                fd.try_clone_to_owned().ok()
            }
            _ => None,
        };
        let pointer = |plane: &PlaneMemory| match *plane {
            PlaneMemory::Pointer { start, len } => Some((start, len as usize)),
            _ => None,
        };
        let access = match planes.first() {
            Some(PlaneMemory::File { .. }) => planes
                .iter()
                .map(map)
                .collect::<Option<Vec<_>>>()
                .map(|mut all| {
                    if all.len() == 1
                        && let Some(only) = all.pop()
                    {
                        Access::Mapped(Arc::new(only))
                    } else {
                        Access::Scattered(all)
                    }
                }),
            Some(PlaneMemory::DmaBuf { .. }) => planes
                .iter()
                .map(dup)
                .collect::<Option<Vec<_>>>()
                .map(|fds| Access::Gpu(Arc::new(DmaPlanes(fds)))),
            Some(PlaneMemory::Pointer { .. }) => planes
                .iter()
                .map(pointer)
                .collect::<Option<Vec<_>>>()
                .map(Access::Borrowed),
            _ => None,
        };
        access.unwrap_or_else(|| {
            tracing::warn!(?planes, "a video buffer has memory that cannot be read");
            Access::None
        })
    }

    /// Bytes of each memory; the GPU's are not read by us and not checked.
    fn lens(&self) -> Vec<usize> {
        match self {
            Access::Mapped(mapping) => vec![mapping.bytes().len()],
            Access::Scattered(mappings) => mappings
                .iter()
                .map(|mapping| mapping.bytes().len())
                .collect(),
            Access::Borrowed(parts) => parts.iter().map(|(_, len)| *len).collect(),
            Access::Gpu(_) => vec![usize::MAX; super::buffer::MAX_PLANES],
            Access::None => Vec::new(),
        }
    }

    /// The bytes of all planes, one after the other; `planes` are changed to where they are in the copy.
    fn copy(&self, planes: &mut [PlaneLayout]) -> Vec<u8> {
        let mut copy = Vec::with_capacity(
            planes
                .iter()
                .map(|plane| plane.end - plane.plane.offset)
                .sum(),
        );
        for layout in planes {
            let range = layout.plane.offset..layout.end;
            let bytes = match self {
                Access::Mapped(mapping) => mapping.bytes().get(range),
                Access::Scattered(mappings) => mappings
                    .get(layout.memory)
                    .and_then(|m| m.bytes().get(range)),
                Access::Borrowed(parts) => parts.get(layout.memory).and_then(|&(start, len)| {
                    #[expect(
                        unsafe_code,
                        reason = "reads memory that PipeWire has mapped for the live buffer"
                    )]
                    // SAFETY: `len` bytes from `start` stay mapped until the buffer is removed, on this thread.
                    let all = unsafe { std::slice::from_raw_parts(start.as_ptr(), len) };
                    all.get(range)
                }),
                Access::Gpu(_) | Access::None => None,
            };
            layout.plane.offset = copy.len();
            copy.extend_from_slice(bytes.unwrap_or_default());
            layout.end = copy.len();
            layout.memory = 0;
        }
        copy
    }
}

#[cfg(test)]
mod tests;
