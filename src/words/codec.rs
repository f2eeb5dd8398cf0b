// SPDX-License-Identifier: GPL-3.0-or-later
//! The names that people know formats by.

use crate::engine::VideoCodec;

/// The name of a video format; the same in every language.
pub fn codec(codec: VideoCodec) -> &'static str {
    match codec {
        VideoCodec::Vp8 => "VP8",
        VideoCodec::Vp9 => "VP9",
        VideoCodec::H264 => "H.264",
        VideoCodec::Av1 => "AV1",
    }
}
