// SPDX-License-Identifier: GPL-3.0-or-later
//! What a session says about the pictures it wants: [`VideoConfig`].

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::layout::Fit;
use super::null::Recording;
use super::profile::Profile;
use crate::cast::codec::VideoCodec;

/// How often a still picture is encoded again, so that the receiver keeps a live stream.
pub const REPEAT_INTERVAL: Duration = Duration::from_secs(1);

/// The most that may be kept free at each edge, in percent of width and height. TVs that cut edges off take 2 to 5.
pub const MAX_OVERSCAN_PCT: u32 = 10;

/// How a stream of pictures is to be encoded.
#[derive(Debug, Clone)]
pub struct VideoConfig {
    /// The codec that was agreed on.
    pub codec: VideoCodec,
    /// Largest frame (width, height) in pixels that the receiver takes.
    pub max_size: (u32, u32),
    /// Who adds borders to pictures of another aspect ratio.
    pub fit: Fit,
    /// Part of the picture's width and height to keep free at each edge, in percent up to [`MAX_OVERSCAN_PCT`].
    pub overscan_pct: u32,
    /// Most pictures per second, at least 1.
    pub max_frame_rate: u32,
    /// Bits per second to begin with.
    pub bitrate: u32,
    /// A still picture is encoded again after this long; `None`: never by itself.
    pub repeat: Option<Duration>,
    /// The instant of media time 0. One for all streams of a session makes their media times comparable.
    pub epoch: Instant,
    /// What encodes.
    pub encoders: Encoders,
}

impl VideoConfig {
    /// Full HD at 30 pictures per second and 3 Mbit/s, with borders left to the receiver.
    pub fn new(codec: VideoCodec, encoders: Encoders) -> VideoConfig {
        VideoConfig {
            codec,
            max_size: (1920, 1080),
            fit: Fit::Picture,
            overscan_pct: 0,
            max_frame_rate: 30,
            bitrate: 3_000_000,
            repeat: Some(REPEAT_INTERVAL),
            epoch: Instant::now(),
            encoders,
        }
    }
}

/// What encodes the pictures.
#[derive(Debug, Clone)]
pub enum Encoders {
    /// These, in order of preference; the next one takes over when one fails. Normally what
    /// [`super::probe::proven`] returns.
    Candidates(Vec<Arc<Profile>>),
    /// Nothing: frames of a recording are given out, one for each picture (for measuring everything else).
    Null(Arc<Recording>),
}
