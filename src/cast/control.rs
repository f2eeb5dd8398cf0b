// SPDX-License-Identifier: GPL-3.0-or-later
//! What the protocol core asks of an encoder.

/// A wish of the sender core, carried by the session to the encoder of one stream. Only the newest of each kind counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EncoderControl {
    /// The next picture is to be a key frame.
    KeyFrame,
    /// Aim at this many bits per second.
    Bitrate(u32),
    /// Encode pictures no larger than this (width, height in pixels), keeping the aspect ratio.
    MaxSize(u32, u32),
    /// Encode at most this many pictures per second.
    MaxFrameRate(u32),
}
