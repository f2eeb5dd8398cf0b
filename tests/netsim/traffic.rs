// SPDX-License-Identifier: GPL-3.0-or-later
//! How large the frames of an encoder are, one after the other: recorded ones, or a statistical stand-in.
//!
//! A recording is a text file `tests/data/traffic/CODEC-CONTENT.csv`. Its first line names what was recorded, the second
//! the columns; then one line for each frame in order, at a constant frame rate:
//! ```text
//! # codec=vp8 content=typing width=1280 height=720 fps=30 bitrate=5000000
//! bytes,key
//! 61234,1
//! 812,0
//! ```
//! `bitrate` is what the encoder was asked for. Asked for another bitrate, each size is scaled by the ratio.

use std::str::FromStr;
use std::sync::Arc;

use super::random::Random;

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
    /// Bytes of the frames that are no key frames, in order.
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
        for (row, line) in lines {
            let (bytes, key) = row.split_once(',').ok_or(Malformed { line })?;
            let bytes = bytes.parse().map_err(|_| Malformed { line })?;
            match key {
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

/// Frames of the stand-in: a minute at 30 a second.
const FRAMES: usize = 1800;

impl Recording {
    /// A film in a window, coded in real time at a constant bitrate of 5 Mbit/s: a stand-in until one is recorded.
    ///
    /// Sizes wander (log-normal, with a memory of half a second), jitter from frame to frame, and jump at cuts, which
    /// come every few seconds and cost up to three average frames; the encoder's rate control takes the excess back
    /// over the following frames, so that the mean over a second is the bitrate.
    pub fn film() -> Recording {
        const BITRATE: u32 = 5_000_000;
        const MEAN: f64 = BITRATE as f64 / 8.0 / 30.0;
        let mut random = Random(0x1234_5678);
        let mut normal = move || {
            let sum: f64 = (0..12).map(|_| random.fraction()).sum();
            (sum - 6.0, random.fraction())
        };
        let (mut slow, mut excess, mut sizes) = (0.0, 0.0, Vec::new());
        for _ in 0..FRAMES {
            let (step, cut) = normal();
            slow = slow * 0.93 + 0.1 * step;
            let (jitter, strength) = normal();
            let is_cut = cut < 1.0 / 150.0;
            let wanted = if is_cut {
                2.0 + strength
            } else {
                (slow + 0.15 * jitter).exp()
            };
            // A tenth of what was too much, or too little, is made good by each frame.
            let size = (wanted - 0.1 * excess).clamp(0.2, 3.0);
            excess += size - 1.0;
            sizes.push(size);
        }
        let mean = sizes.iter().sum::<f64>() / FRAMES as f64;
        let frames = sizes.iter().map(|size| (size / mean * MEAN) as u32);
        Recording {
            codec: "model".into(),
            content: "video".into(),
            width: 1280,
            height: 720,
            frame_rate: 30,
            bitrate: BITRATE,
            frames: frames.collect(),
            key_frame: (MEAN * 5.0) as u32,
        }
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
