// SPDX-License-Identifier: GPL-3.0-or-later
//! The frame as it travels between encoder, protocol and decoder, and the ids that name it.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::{Duration, Instant};

use bytes::Bytes;

/// A frame's number in its stream: 0 for the first frame, consecutive, without gaps.
///
/// 64 bits in memory; only the low 8 bits travel on the wire. The value −1 (`FrameId::LEADER`) stands for "before the
/// first frame", which is why it is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrameId(pub i64);

impl FrameId {
    /// Before the first frame: the checkpoint of a stream of which nothing has arrived.
    pub const LEADER: FrameId = FrameId(-1);
    /// The first frame of a stream.
    pub const FIRST: FrameId = FrameId(0);

    /// The 8 bits that travel on the wire.
    pub fn low_byte(self) -> u8 {
        self.0 as u8
    }

    /// The frame after this one.
    #[must_use]
    pub fn next(self) -> FrameId {
        FrameId(self.0.saturating_add(1))
    }
}

impl Add<i64> for FrameId {
    type Output = FrameId;
    fn add(self, frames: i64) -> FrameId {
        FrameId(self.0.saturating_add(frames))
    }
}

impl Sub for FrameId {
    type Output = i64;
    fn sub(self, other: FrameId) -> i64 {
        self.0.saturating_sub(other.0)
    }
}

impl fmt::Display for FrameId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A synchronization source: names one stream of one side in RTP and RTCP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ssrc(pub u32);

/// Names a stream of a session: its `index` in the OFFER.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(pub u32);

/// What a stream carries. Sound goes first when there is little room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamKind {
    /// Sound: frames need no other frame.
    Audio,
    /// Pictures: frames need the one before, and key frames are asked for.
    Video,
}

/// A media time in ticks of the stream's timebase, counted from an arbitrary origin, without wrap-around.
///
/// The low 32 bits are the RTP timestamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MediaTime(pub i64);

impl MediaTime {
    /// The low 32 bits, as they stand in the RTP header.
    pub fn rtp_timestamp(self) -> u32 {
        self.0 as u32
    }
}

/// What a frame needs in order to be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dependency {
    /// Decodable alone, and resets the decoder.
    KeyFrame,
    /// Decodable alone (audio after the first frame).
    Independent,
    /// Needs an earlier frame; encoders here always refer to the frame before.
    Dependent,
}

/// When the stages before the network were passed, for the latency budget. All on the monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StageTimes {
    /// The picture was drawn, or the sound sampled, as the capture reported it.
    pub captured: Instant,
    /// The raw frame reached this process.
    pub received: Instant,
    /// Conversion was done; encoding began.
    pub converted: Instant,
    /// The encoder gave the frame out.
    pub encoded: Instant,
}

/// One encoded picture or block of sound on its way from an encoder to the protocol core.
///
/// Never dropped once encoded: a missing frame breaks the chain of references.
#[derive(Debug, Clone)]
pub struct EncodedFrame {
    /// What it needs to be decoded.
    pub dependency: Dependency,
    /// Media time in ticks of the stream's timebase (90 000 for video, the sample rate for audio); strictly increasing.
    pub media_time: MediaTime,
    /// How long it lasts; for video the time until the next frame is expected.
    pub duration: Duration,
    /// The bytes: one VP8/VP9 frame, one AV1 temporal unit, one H.264 access unit (Annex B), one Opus packet, one ADTS frame.
    pub data: Bytes,
    /// Width and height in pixels for video, `None` for audio.
    pub size: Option<(u32, u32)>,
    /// When it passed the stages.
    pub times: StageTimes,
}
