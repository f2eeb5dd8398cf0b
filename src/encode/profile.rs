// SPDX-License-Identifier: GPL-3.0-or-later
//! What one GStreamer encoder needs in order to be one picture in, one frame out, now. Codec in, candidates out.
//!
//! The profiles themselves are data, in `profile/table.rs`. Nothing here knows whether an encoder works: that is
//! `probe`'s to find out.

mod table;

use std::borrow::Cow;
use std::num::NonZero;
use std::sync::Arc;
use std::thread;

use crate::cast::codec::VideoCodec;

/// A text of a profile: borrowed in the table, owned in tests.
pub type Text = Cow<'static, str>;

/// Plane layout an encoder takes from the CPU's memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Layout420 {
    /// Three planes.
    I420,
    /// Luma, then interleaved chroma: what hardware likes.
    Nv12,
}

/// A property and its value. `{bits}`, `{kbits}` and `{threads}` in the value stand for the bitrate and the number of
/// threads. Properties that the installed version does not know are left out: the probe decides what follows from that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The property.
    pub property: Text,
    /// Its value in GStreamer's textual form.
    pub value: Text,
}

/// How the bitrate is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateProperty {
    /// The property.
    pub property: Text,
    /// Bits per second in one unit of it.
    pub unit: u32,
}

/// What an encoder changes while running. For the rest a new one is started and takes over at its first key frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Live {
    /// The bitrate.
    pub bitrate: bool,
    /// A key frame when asked for one.
    pub key_frame: bool,
    /// The size, by new caps; the next frame is a key frame.
    pub size: bool,
}

impl Live {
    /// Everything.
    pub const ALL: Live = Live {
        bitrate: true,
        key_frame: true,
        size: true,
    };
    /// Bitrate and key frames, not the size.
    pub const ALL_BUT_SIZE: Live = Live {
        size: false,
        ..Live::ALL
    };
    /// Nothing.
    pub const NOTHING: Live = Live {
        bitrate: false,
        key_frame: false,
        size: false,
    };
}

/// One encoder and how to use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// What it encodes.
    pub codec: VideoCodec,
    /// GStreamer's name of the element.
    pub element: Text,
    /// Whether it runs on a GPU or a video unit.
    pub hardware: bool,
    /// Layout of pictures in the CPU's memory.
    pub input: Layout420,
    /// Elements that turn a DMA-BUF into what the encoder takes, when it can use one.
    pub from_dma_buf: Option<Text>,
    /// Properties.
    pub settings: Cow<'static, [Setting]>,
    /// How the bitrate is told.
    pub rates: Cow<'static, [RateProperty]>,
    /// What can be changed while running.
    pub live: Live,
    /// Format asked of the element, in addition to the codec's.
    pub output: Text,
    /// Smallest frame it takes.
    pub min_size: (u32, u32),
}

impl Profile {
    /// Candidates for `codec` in order of preference: VA-API, NVENC, V4L2, software.
    pub fn candidates(codec: VideoCodec) -> Vec<Arc<Profile>> {
        table::all()
            .into_iter()
            .filter(|profile| profile.codec == codec)
            .map(Arc::new)
            .collect()
    }

    /// Caps that the encoder's output must have.
    pub fn output_caps(&self) -> String {
        let codec = match self.codec {
            VideoCodec::Vp8 => "video/x-vp8",
            VideoCodec::Vp9 => "video/x-vp9",
            VideoCodec::H264 => "video/x-h264, stream-format=byte-stream, alignment=au",
            VideoCodec::Av1 => "video/x-av1, stream-format=obu-stream, alignment=tu",
        };
        if self.output.is_empty() {
            codec.to_owned()
        } else {
            format!("{codec}, {}", self.output)
        }
    }
}

impl Setting {
    /// The value with its placeholders filled in.
    pub fn filled(&self, bitrate: u32, threads: u32) -> Text {
        if !self.value.contains('{') {
            return self.value.clone();
        }
        self.value
            .replace("{bits}", &bitrate.to_string())
            .replace("{kbits}", &(bitrate / 1000).to_string())
            .replace("{threads}", &threads.to_string())
            .into()
    }
}

/// Threads for a software encoder: half of the processors, at most 4, so that the desktop that is being shown stays
/// alive.
pub fn threads() -> u32 {
    let processors = thread::available_parallelism().map_or(1, NonZero::get) as u32;
    (processors / 2).clamp(1, 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn software_is_the_last_resort_of_every_codec() {
        for codec in VideoCodec::ALL {
            let candidates = Profile::candidates(codec);
            let first_software = candidates.iter().position(|p| !p.hardware);
            let last_hardware = candidates.iter().rposition(|p| p.hardware);
            assert!(last_hardware < first_software, "{codec}");
        }
    }

    #[test]
    fn placeholders_are_filled_in() {
        let setting = Setting {
            property: "extra-controls".into(),
            value: "controls,video_bitrate={bits},kilo={kbits},n={threads}".into(),
        };
        assert_eq!(
            setting.filled(2_500_000, 2),
            "controls,video_bitrate=2500000,kilo=2500,n=2"
        );
    }
}
