// SPDX-License-Identifier: GPL-3.0-or-later
//! The frames that are under way. Input: packets with their frame's full id; output: which frames are complete, which
//! packets are missing.
//!
//! ```text
//!   given out │ complete, not yet given out │ incomplete │ complete │ unknown │ incomplete │ … at most 120
//!             ▲ first                       ▲ checkpoint                      ▲ latest
//! ```
//! Holds at most [`MAX_FRAMES`] frames and [`MAX_STREAM_BYTES`] bytes. When the bytes do not suffice, the newest
//! incomplete frames are thrown out for the older one that is needed first; they are reported missing and come again.
//! Complete frames stay: they may have been acknowledged, and then the sender no longer has them.

use std::collections::VecDeque;
use std::time::Instant;

use super::collector::{Collected, Collector};
use crate::cast::frame::{Dependency, FrameId, MediaTime};
use crate::cast::rtcp::{Nack, WHOLE_FRAME};
use crate::cast::rtp::RtpPacket;

/// A sender may have this many frames unacknowledged. Source: Open Screen `constants.h`.
pub const MAX_FRAMES: i64 = 120;
/// Bytes that the incomplete and waiting frames of one stream may take: three frames of the largest size.
pub const MAX_STREAM_BYTES: usize = 48 << 20;
/// Feedback cannot carry more than 255 fields of nine packets.
const MAX_NACKS: usize = 255 * 9;

/// What packet 0 tells about a frame.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opening {
    pub dependency: Dependency,
    pub media_time: MediaTime,
    pub captured: Instant,
}

/// A frame of the window.
#[derive(Debug, Default)]
pub(super) struct Frame {
    /// Once packet 0 is there.
    pub opening: Option<Opening>,
    /// Once the last packet is there.
    pub completed: Option<Instant>,
    /// Once any packet is there.
    collector: Option<Collector>,
}

impl Frame {
    /// Complete, and needs no other frame.
    pub fn is_entry_point(&self) -> bool {
        self.completed.is_some()
            && self
                .opening
                .is_some_and(|opening| opening.dependency != Dependency::Dependent)
    }

    /// The bytes of the frame, encrypted.
    pub fn into_bytes(self) -> Vec<u8> {
        self.collector
            .map(Collector::into_bytes)
            .unwrap_or_default()
    }

    fn size(&self) -> usize {
        self.collector.as_ref().map_or(0, Collector::size)
    }
}

/// The frames from the first that was not given out up to the latest that is known to exist.
#[derive(Debug)]
pub(super) struct Window {
    first: FrameId,
    /// From `first` on, without gaps.
    frames: VecDeque<Frame>,
    checkpoint: FrameId,
    bytes: usize,
}

impl Window {
    pub fn new() -> Window {
        Window {
            first: FrameId::FIRST,
            frames: VecDeque::new(),
            checkpoint: FrameId::LEADER,
            bytes: 0,
        }
    }

    /// The frame that is to be given out next.
    pub fn first(&self) -> FrameId {
        self.first
    }

    /// Everything up to here is complete or was given up.
    pub fn checkpoint(&self) -> FrameId {
        self.checkpoint
    }

    /// The newest frame that is known to exist.
    pub fn latest(&self) -> FrameId {
        self.first + (self.frames.len() as i64 - 1)
    }

    /// Whether any packet up to the latest frame is missing.
    pub fn is_missing_any(&self) -> bool {
        self.checkpoint < self.latest()
    }

    /// A frame, if it is in the window.
    pub fn get(&self, id: FrameId) -> Option<&Frame> {
        self.frames.get(usize::try_from(id - self.first).ok()?)
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Learns that `id` exists. False when nobody wants it: it is complete, given up, or too far ahead.
    pub fn admit(&mut self, id: FrameId) -> bool {
        if id <= self.checkpoint || id - self.first >= MAX_FRAMES {
            return false;
        }
        while self.latest() < id {
            self.frames.push_back(Frame::default());
        }
        true
    }

    /// Takes in a packet of an admitted frame. `opening` comes with packet 0.
    pub fn collect(
        &mut self,
        id: FrameId,
        packet: &RtpPacket<'_>,
        opening: Option<Opening>,
        now: Instant,
    ) -> Collected {
        let Some(index) = usize::try_from(id - self.first)
            .ok()
            .filter(|index| *index < self.frames.len())
        else {
            return Collected::Refused;
        };
        if !self.make_room(index, packet) {
            return Collected::Refused;
        }
        let Some(frame) = self.frames.get_mut(index) else {
            return Collected::Refused;
        };
        if frame.completed.is_some() {
            return Collected::Duplicate;
        }
        let before = frame.size();
        let collector = frame
            .collector
            .get_or_insert_with(|| Collector::new(packet));
        let collected = collector.collect(packet);
        if collected == Collected::New {
            frame.opening = frame.opening.or(opening);
            if collector.is_complete() {
                frame.completed = Some(now);
            }
        }
        self.bytes = self.bytes - before + frame.size();
        collected
    }

    /// Keeps the stream below its limit by dropping newer incomplete frames. False when that does not suffice.
    fn make_room(&mut self, index: usize, packet: &RtpPacket<'_>) -> bool {
        let mut newest = self.frames.len();
        let collector = self
            .frames
            .get(index)
            .and_then(|frame| frame.collector.as_ref());
        let initial = Collector::initial_size(packet);
        let wanted = collector.map_or(initial, |collector| collector.growth(packet));
        while self.bytes + wanted > MAX_STREAM_BYTES {
            newest -= 1;
            if newest <= index {
                return false;
            }
            if let Some(frame) = self
                .frames
                .get_mut(newest)
                .filter(|frame| frame.completed.is_none())
            {
                self.bytes -= frame.size();
                *frame = Frame::default();
            }
        }
        true
    }

    /// Moves the checkpoint over all complete frames that follow it. Returns whether it moved.
    pub fn advance_checkpoint(&mut self) -> bool {
        let before = self.checkpoint;
        while self
            .get(self.checkpoint.next())
            .is_some_and(|frame| frame.completed.is_some())
        {
            self.checkpoint = self.checkpoint.next();
        }
        self.checkpoint != before
    }

    /// Takes the first frame out.
    pub fn take_first(&mut self) -> Option<(FrameId, Frame)> {
        let frame = self.frames.pop_front()?;
        let id = self.first;
        self.bytes -= frame.size();
        self.first = id.next();
        self.checkpoint = self.checkpoint.max(id);
        Some((id, frame))
    }

    /// Packets that are missing, ascending, into an empty list.
    pub fn list_missing(&self, missing: &mut Vec<Nack>) {
        let first = self.checkpoint.next();
        let skip = usize::try_from(first - self.first).unwrap_or(0);
        for (id, frame) in (first.0..).map(FrameId).zip(self.frames.iter().skip(skip)) {
            let room = MAX_NACKS - missing.len();
            match &frame.collector {
                None => missing.push(Nack {
                    frame: id,
                    packet: WHOLE_FRAME,
                }),
                Some(collector) => {
                    missing.extend(
                        collector
                            .missing()
                            .take(room)
                            .map(|packet| Nack { frame: id, packet }),
                    );
                }
            }
            if missing.len() >= MAX_NACKS {
                break;
            }
        }
    }

    /// Complete frames beyond the checkpoint, ascending, into an empty list.
    pub fn list_complete(&self, complete: &mut Vec<FrameId>) {
        let frames = (self.first.0..).map(FrameId).zip(&self.frames);
        let beyond =
            frames.filter(|(id, frame)| *id > self.checkpoint && frame.completed.is_some());
        complete.extend(beyond.map(|(id, _)| id));
    }
}
