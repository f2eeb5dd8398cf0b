// SPDX-License-Identifier: GPL-3.0-or-later
//! The words of the receiver core: what goes in, what comes out.

use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::cast::frame::{Dependency, FrameId, MediaTime, StreamId};

/// What happened outside.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// A datagram arrived from the sender. Anything else than a valid packet of a known stream is counted and dropped.
    Datagram(&'a [u8]),
    /// The decoder cannot go on without a key frame. Has no effect while one is asked for or on its way to the decoder.
    RequestKeyFrame(StreamId),
    /// The decoder gave this frame out (for the event log).
    Decoded {
        /// The stream.
        stream: StreamId,
        /// The frame.
        frame: FrameId,
    },
    /// The frame was shown, or its sound began to play (for the event log).
    PlayedOut {
        /// The stream.
        stream: StreamId,
        /// The frame.
        frame: FrameId,
    },
}

/// What the embedder is to do.
#[derive(Debug)]
pub enum Output<'a> {
    /// Send this datagram to the sender.
    Transmit(&'a [u8]),
    /// Decode this frame and show it at its time.
    Frame(ReceivedFrame),
    /// Something to know.
    Event(Event),
    /// Call `poll` at this moment even if nothing arrives. Always the last output before `None`, once a packet came.
    Timeout(Instant),
}

/// A complete, decrypted frame, in decoding order.
#[derive(Debug, Clone)]
pub struct ReceivedFrame {
    /// Its stream.
    pub stream: StreamId,
    /// Its number. Gaps between numbers are frames that came too late.
    pub id: FrameId,
    /// What it needs to be decoded.
    pub dependency: Dependency,
    /// Its media time in ticks of the stream's timebase.
    pub media_time: MediaTime,
    /// When the picture was captured or the sound sampled, estimated in our time.
    pub captured: Instant,
    /// When it is to be shown or heard: `captured` plus the target delay in force.
    pub playout: Instant,
    /// When its last packet arrived.
    pub completed: Instant,
    /// Frames before it were given up: what the decoder or the concealment does now is its business.
    pub follows_gap: bool,
    /// The bytes as the encoder made them.
    pub data: Bytes,
}

/// Something that the embedder may want to show or log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Frames were given up because they did not come in time.
    Skipped {
        /// The stream.
        stream: StreamId,
        /// The first of them.
        first: FrameId,
        /// How many.
        frames: u64,
    },
    /// A key frame is being asked for, until one is complete.
    KeyFrameRequested(StreamId),
    /// The sender changed the target delay.
    PlayoutDelay {
        /// The stream.
        stream: StreamId,
        /// From this frame on.
        from: FrameId,
        /// The new delay.
        delay: Duration,
    },
}
