// SPDX-License-Identifier: GPL-3.0-or-later
//! What a receiver tells about itself: its state, and the object that `receive --stats json` prints each second.

use std::net::IpAddr;

use serde::Serialize;

/// What the receiver is doing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ReceiverState {
    /// Listening; nobody casts.
    #[default]
    Idle,
    /// The person in front of the screen is being asked.
    Asking,
    /// An application runs; no media yet.
    Launched,
    /// Media arrive.
    Streaming,
    /// The receiver has ended.
    Stopped,
}

/// A state with the sender it is about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReceiverStatus {
    /// What it is doing.
    pub state: ReceiverState,
    /// Who casts, or wants to.
    pub sender: Option<IpAddr>,
}

/// Numbers of the current cast, or of the last one. Serializes to the keys of the command line's JSON; what is not known
/// yet is `null`, never an invented number.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct ReceiverStats {
    /// What the receiver is doing.
    pub state: ReceiverState,
    /// Who casts.
    pub sender: Option<IpAddr>,
    /// Video codec; `None` without video.
    pub codec: Option<&'static str>,
    /// Width of the last decoded picture, in pixels.
    pub width: Option<u32>,
    /// Height of the last decoded picture, in pixels.
    pub height: Option<u32>,
    /// How long after their capture frames are to be shown and heard, as the sender asked last, in milliseconds.
    pub target_delay_ms: Option<u64>,
    /// Pictures a second, over the last second.
    pub fps: FrameRates,
    /// Pictures since the start, at the same three places.
    pub frames: FrameCounts,
    /// Frames since the start that were complete only after their playout time.
    pub late: u64,
    /// Frames since the start that were never shown because they did not come in time.
    pub skipped: u64,
    /// Time since the start during which the picture stood still although frames were missing, in milliseconds.
    pub frozen_ms: u64,
    /// The longest of these times, in milliseconds.
    pub longest_freeze_ms: u64,
    /// Datagrams since the start that came to the media port from somebody else, and were dropped.
    pub strangers: u64,
    /// The sound.
    pub audio: Option<AudioStats>,
    /// Only when measuring.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub measure: Option<MeasureStats>,
}

/// Pictures a second at three places.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct FrameRates {
    /// Frames whose last packet arrived.
    pub completed: f64,
    /// Frames that left the decoder.
    pub decoded: f64,
    /// Pictures given to the screen at their time.
    pub shown: f64,
}

/// Pictures since the start at three places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct FrameCounts {
    /// Frames whose last packet arrived.
    pub completed: u64,
    /// Frames that left the decoder.
    pub decoded: u64,
    /// Pictures given to the screen at their time.
    pub shown: u64,
}

/// The sound of the current cast.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct AudioStats {
    /// `opus` or `aac`.
    pub codec: &'static str,
    /// Frames that left the decoder, since the start.
    pub decoded: u64,
    /// Frames that never came in time, since the start.
    pub skipped: u64,
    /// The longest interruption since the start: frames in a row that never came in time, in milliseconds of sound.
    pub longest_gap_ms: u64,
    /// Loudness of the last second (root mean square, 0 to 1).
    pub level: Option<f64>,
    /// The strongest frequency of the last second, in Hz; `None` in silence.
    pub frequency_hz: Option<f64>,
}

/// What the test card's time code tells.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct MeasureStats {
    /// From drawing on the sender's screen to the last packet of its frame, in milliseconds; needs a common kernel clock.
    pub screen_to_complete_ms: Percentiles,
    /// From drawing on the sender's screen to the decoded picture, in milliseconds; needs a common kernel clock.
    pub screen_to_decoded_ms: Percentiles,
    /// How much later the sound is than the picture by their media times, in milliseconds: the median of the last ten
    /// flashes with a beep; `None` before there was one.
    pub av_skew_ms: Option<f64>,
    /// How many of the last 32 flashes had a beep.
    pub av_pairs: usize,
    /// When the first frame was complete: what the kernel's monotonic clock showed, in milliseconds.
    pub first_complete_at_ms: Option<f64>,
}

/// Percentiles of the last samples; `None` without any.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Percentiles {
    /// The median.
    pub p50: Option<f64>,
    /// 95 of 100 are below.
    pub p95: Option<f64>,
    /// 99 of 100 are below.
    pub p99: Option<f64>,
}
