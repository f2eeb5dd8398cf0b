// SPDX-License-Identifier: GPL-3.0-or-later
//! The choices among which a setting takes one: words of the settings in, the engine's own types out. Pure.

use std::time::Duration;

use super::super::{AudioChoice, CodecChoice, TrustRule, VideoCodec};

/// A setting that has one of a few values, each with a word of its own in the store.
pub trait Choice: Copy + PartialEq + 'static {
    /// All values, in the order in which people are shown them.
    const ALL: &'static [Self];

    /// The word of the settings and of scripts.
    fn as_str(self) -> &'static str;

    /// The value with this word.
    fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|choice| choice.as_str() == word)
    }
}

/// How long a picture may be on its way, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LatencyProfile {
    /// 100 ms.
    Responsive,
    /// 200 ms, what Chrome uses.
    Balanced,
    /// 400 ms.
    Robust,
}

impl LatencyProfile {
    /// All, shortest first.
    pub const ALL: [LatencyProfile; 3] = [
        LatencyProfile::Responsive,
        LatencyProfile::Balanced,
        LatencyProfile::Robust,
    ];

    /// From the capture of a picture to its display, on a good network.
    pub fn target_delay(self) -> Duration {
        Duration::from_millis(match self {
            LatencyProfile::Responsive => 100,
            LatencyProfile::Balanced => 200,
            LatencyProfile::Robust => 400,
        })
    }

    /// The same on a bad network.
    pub fn max_target_delay(self) -> Duration {
        self.target_delay() * 2
    }

    /// The word of the settings and of scripts.
    pub fn as_str(self) -> &'static str {
        match self {
            LatencyProfile::Responsive => "responsive",
            LatencyProfile::Balanced => "balanced",
            LatencyProfile::Robust => "robust",
        }
    }
}

impl Choice for LatencyProfile {
    const ALL: &'static [Self] = &LatencyProfile::ALL;

    fn as_str(self) -> &'static str {
        LatencyProfile::as_str(self)
    }
}

/// Where the sound plays when a cast begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SoundDefault {
    /// Only on the TV.
    Tv,
    /// On the TV and here.
    Both,
    /// Not on the TV.
    None,
}

impl SoundDefault {
    /// As a cast is asked for it.
    pub fn audio(self) -> AudioChoice {
        match self {
            SoundDefault::Tv => AudioChoice::Tv,
            SoundDefault::Both => AudioChoice::Both,
            SoundDefault::None => AudioChoice::None,
        }
    }
}

impl Choice for SoundDefault {
    const ALL: &'static [Self] = &[SoundDefault::Tv, SoundDefault::Both, SoundDefault::None];

    fn as_str(self) -> &'static str {
        match self {
            SoundDefault::Tv => "tv",
            SoundDefault::Both => "both",
            SoundDefault::None => "none",
        }
    }
}

impl Choice for CodecChoice {
    const ALL: &'static [Self] = &[
        CodecChoice::Auto,
        CodecChoice::Only(VideoCodec::Vp8),
        CodecChoice::Only(VideoCodec::Vp9),
        CodecChoice::Only(VideoCodec::H264),
        CodecChoice::Only(VideoCodec::Av1),
    ];

    fn as_str(self) -> &'static str {
        match self {
            CodecChoice::Auto => "auto",
            CodecChoice::Only(codec) => codec.name(),
        }
    }
}

impl Choice for TrustRule {
    const ALL: &'static [Self] = &[TrustRule::Ask, TrustRule::Certified, TrustRule::Any];

    fn as_str(self) -> &'static str {
        match self {
            TrustRule::Ask => "ask",
            TrustRule::Certified => "certified",
            TrustRule::Any => "any",
        }
    }
}

/// A size of pictures that TVs have, by its lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PictureSize {
    /// 1280 × 720.
    P720,
    /// 1920 × 1080.
    P1080,
    /// 2560 × 1440.
    P1440,
    /// 3840 × 2160.
    P2160,
}

impl PictureSize {
    /// Width and height in pixels.
    pub fn pixels(self) -> (u32, u32) {
        match self {
            PictureSize::P720 => (1280, 720),
            PictureSize::P1080 => (1920, 1080),
            PictureSize::P1440 => (2560, 1440),
            PictureSize::P2160 => (3840, 2160),
        }
    }
}

impl Choice for PictureSize {
    const ALL: &'static [Self] = &[
        PictureSize::P720,
        PictureSize::P1080,
        PictureSize::P1440,
        PictureSize::P2160,
    ];

    fn as_str(self) -> &'static str {
        match self {
            PictureSize::P720 => "720p",
            PictureSize::P1080 => "1080p",
            PictureSize::P1440 => "1440p",
            PictureSize::P2160 => "2160p",
        }
    }
}

/// The size of the second monitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MonitorSize {
    /// That of the largest picture.
    LargestPicture,
    /// This one.
    Fixed(PictureSize),
}

impl Choice for MonitorSize {
    const ALL: &'static [Self] = &[
        MonitorSize::LargestPicture,
        MonitorSize::Fixed(PictureSize::P720),
        MonitorSize::Fixed(PictureSize::P1080),
        MonitorSize::Fixed(PictureSize::P1440),
        MonitorSize::Fixed(PictureSize::P2160),
    ];

    fn as_str(self) -> &'static str {
        match self {
            MonitorSize::LargestPicture => "largest-picture",
            MonitorSize::Fixed(size) => size.as_str(),
        }
    }
}
