// SPDX-License-Identifier: GPL-3.0-or-later
//! The codecs by name: what OFFER, ANSWER, encoders and decoders mean by `vp8` or `opus`. No behaviour of its own.

use std::fmt;

/// A video codec that can be mirrored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VideoCodec {
    /// VP8: every receiver decodes it.
    Vp8,
    /// VP9, profile 0.
    Vp9,
    /// H.264 as Annex B; every receiver decodes it.
    H264,
    /// AV1, main profile.
    Av1,
}

impl VideoCodec {
    /// Every video codec known here.
    pub const ALL: [VideoCodec; 4] = [
        VideoCodec::Vp8,
        VideoCodec::Vp9,
        VideoCodec::H264,
        VideoCodec::Av1,
    ];

    /// The word of OFFER's `codecName`, of `--codec` and of the statistics.
    pub fn name(self) -> &'static str {
        match self {
            VideoCodec::Vp8 => "vp8",
            VideoCodec::Vp9 => "vp9",
            VideoCodec::H264 => "h264",
            VideoCodec::Av1 => "av1",
        }
    }

    /// The codec of that name, in any case.
    pub fn from_name(name: &str) -> Option<VideoCodec> {
        VideoCodec::ALL
            .into_iter()
            .find(|codec| codec.name().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for VideoCodec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An audio codec that can be mirrored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AudioCodec {
    /// Opus; every receiver decodes it.
    Opus,
    /// AAC (LC) in ADTS; every receiver decodes it.
    Aac,
}

impl AudioCodec {
    /// Every audio codec known here.
    pub const ALL: [AudioCodec; 2] = [AudioCodec::Opus, AudioCodec::Aac];

    /// The word of OFFER's `codecName` and of the statistics.
    pub fn name(self) -> &'static str {
        match self {
            AudioCodec::Opus => "opus",
            AudioCodec::Aac => "aac",
        }
    }

    /// The codec of that name, in any case.
    pub fn from_name(name: &str) -> Option<AudioCodec> {
        AudioCodec::ALL
            .into_iter()
            .find(|codec| codec.name().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for AudioCodec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codecs_are_found_by_their_name_in_any_case() {
        for codec in VideoCodec::ALL {
            assert_eq!(
                VideoCodec::from_name(&codec.name().to_uppercase()),
                Some(codec)
            );
        }
        for codec in AudioCodec::ALL {
            assert_eq!(
                AudioCodec::from_name(&codec.name().to_uppercase()),
                Some(codec)
            );
        }
        assert_eq!(VideoCodec::from_name("hevc"), None);
        assert_eq!(AudioCodec::from_name("REMOTE_AUDIO"), None);
    }
}
