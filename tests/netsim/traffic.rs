// SPDX-License-Identifier: GPL-3.0-or-later
//! How large the frames of an encoder are, one after the other, as recorded on a desktop.
//!
//! A recording is a text file `tests/data/traffic/CODEC-CONTENT.csv`, made by `build-aux/record-traffic`. Its first line
//! names what was recorded, the second the columns; then one line for each frame in order, at a constant frame rate:
//! ```text
//! # codec=vp8 content=typing width=1280 height=720 fps=30 bitrate=5000000
//! bytes,key
//! 61234,1
//! 812,0
//! ```
//! `bitrate` is what the encoder was asked for. Asked for another bitrate, each size is scaled by the ratio.

use std::str::FromStr;
use std::sync::Arc;

/// Seconds after the key frame that are left out.
const SETTLING: usize = 3;

/// Frame sizes of a piece of content.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    pub codec: String,
    pub content: String,
    pub width: u32,
    pub height: u32,
    pub frame_rate: u32,
    /// What the encoder was asked for, in bits per second.
    pub bitrate: u32,
    /// Bytes of the frames that are no key frames, in order, from the fourth second on.
    pub frames: Vec<u32>,
    /// Bytes of the largest key frame.
    pub key_frame: u32,
}

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// From 1.
    pub line: usize,
}

impl FromStr for Recording {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Recording, Malformed> {
        let mut lines = text.lines().zip(1..);
        let header = lines.next().and_then(|(line, _)| line.strip_prefix("# "));
        let header = header.ok_or(Malformed { line: 1 })?;
        let field = |name: &str| {
            let mut pairs = header.split(' ').filter_map(|pair| pair.split_once('='));
            pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        let text = |name| field(name).map(String::from).ok_or(Malformed { line: 1 });
        let number = |name| {
            let value = field(name).and_then(|value| value.parse().ok());
            value.ok_or(Malformed { line: 1 })
        };
        let mut recording = Recording {
            codec: text("codec")?,
            content: text("content")?,
            width: number("width")?,
            height: number("height")?,
            frame_rate: number("fps")?,
            bitrate: number("bitrate")?,
            frames: Vec::new(),
            key_frame: 0,
        };
        if lines.next().is_none_or(|(line, _)| line != "bytes,key") {
            return Err(Malformed { line: 2 });
        }
        // After the key frame, which the model makes by itself, an encoder first takes its size back, then refines.
        let settled = 3 + SETTLING * recording.frame_rate as usize;
        for (row, line) in lines {
            let (bytes, key) = row.split_once(',').ok_or(Malformed { line })?;
            let bytes = bytes.parse().map_err(|_| Malformed { line })?;
            match key {
                "0" if line <= settled => {}
                "0" => recording.frames.push(bytes),
                "1" => recording.key_frame = recording.key_frame.max(bytes),
                _ => return Err(Malformed { line }),
            }
        }
        if recording.frames.is_empty() || recording.key_frame == 0 {
            return Err(Malformed { line: 3 });
        }
        Ok(recording)
    }
}

/// What was recorded, as VP8 and as H.264.
const FILES: [&str; 8] = [
    include_str!("../data/traffic/vp8-typing.csv"),
    include_str!("../data/traffic/h264-typing.csv"),
    include_str!("../data/traffic/vp8-scrolling.csv"),
    include_str!("../data/traffic/h264-scrolling.csv"),
    include_str!("../data/traffic/vp8-video.csv"),
    include_str!("../data/traffic/h264-video.csv"),
    include_str!("../data/traffic/vp8-still.csv"),
    include_str!("../data/traffic/h264-still.csv"),
];

impl Recording {
    /// The recordings of a content, one of each codec.
    pub fn of(content: &str) -> Vec<Arc<Recording>> {
        let all = FILES.iter().map(|text| text.parse::<Recording>().unwrap());
        let of_content = all.filter(|recording| recording.content == content);
        of_content.map(Arc::new).collect()
    }

    /// Mean of the frames in bytes.
    pub fn mean(&self) -> f64 {
        self.frames.iter().map(|size| f64::from(*size)).sum::<f64>() / self.frames.len() as f64
    }
}

/// What the frames of a stream are like.
#[derive(Debug, Clone)]
pub enum Content {
    /// Half to one and a half times the average that the bitrate allows.
    Even,
    /// Sizes of a recording, scaled.
    Recorded(Arc<Recording>),
    /// Opus at a variable bitrate: 160 to 320 bytes in 20 ms, whatever the bitrate.
    Opus,
}
