// SPDX-License-Identifier: GPL-3.0-or-later
//! The words of the sender core: what goes in, what comes out.

use std::time::{Duration, Instant};

use crate::cast::control::EncoderControl;
use crate::cast::frame::{EncodedFrame, FrameId, StreamId};
use crate::cast::stats::DropReason;

/// Something that happened to the sender.
#[derive(Debug)]
pub enum Input<'a> {
    /// An encoder gave out a frame of this stream.
    Frame(StreamId, EncodedFrame),
    /// A raw frame of this stream was dropped before it was encoded.
    Dropped(StreamId, DropReason),
    /// A datagram came from the receiver's address.
    Datagram(&'a [u8]),
    /// From the next frame of each stream on, this much time passes from capture to display; up to 65 535 ms.
    TargetDelay {
        /// On a good network.
        least: Duration,
        /// Up to which a bad one may raise it; the same or less: it stays.
        most: Duration,
    },
    /// From now on, pictures take no more bits per second than this, and are no larger than this (width, height in
    /// pixels); never more than what was settled.
    PictureLimits {
        /// Bits per second; `u32::MAX`: what was settled.
        max_bitrate: u32,
        /// Width and height; `(u32::MAX, u32::MAX)`: what was settled.
        max_size: (u32, u32),
    },
    /// The path carries this many bytes of UDP payload, more or less than before. Frames that are taken in from now on are
    /// cut accordingly; those under way keep their packets.
    MaxPacketSize(usize),
    /// The machine slept for this long, and its monotonic clock stood still: the time that reports tell goes on without
    /// a gap to the receiver's, whose clock did not stop.
    Slept(Duration),
}

/// Something to be done for the sender.
#[derive(Debug, PartialEq, Eq)]
pub enum Output<'a> {
    /// Send this datagram to the receiver, now.
    Transmit(&'a [u8]),
    /// Pass this on to the encoder of the stream.
    Encoder(StreamId, EncoderControl),
    /// News.
    Event(SenderEvent),
    /// All was taken out: poll again at this time, or after the next input. Always the last one before `None`, and
    /// replaces earlier ones.
    Timeout(Instant),
}

/// News of the sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SenderEvent {
    /// The receiver has the frame, or does not want it any more. Once for each frame.
    Acknowledged {
        /// Of this stream.
        stream: StreamId,
        /// The frame.
        frame: FrameId,
    },
    /// An encoded frame was refused; what refers to it is refused too, until a key frame comes.
    Refused {
        /// Of this stream.
        stream: StreamId,
        /// Why.
        reason: DropReason,
    },
    /// The receiver cannot show a picture, and a key frame is being asked for.
    PictureLost(StreamId),
    /// Packets of full size never arrive, smaller ones do, so that new frames are cut smaller: into packets of this many
    /// bytes. Frames under way cannot be mended; unless they were all small, it takes new streams to go on.
    LargePacketsVanish(usize),
}
