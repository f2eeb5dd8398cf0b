// SPDX-License-Identifier: GPL-3.0-or-later
//! Encode, decode, compare: what a TV would show of a screen.

use std::time::{Duration, Instant};

use telecast::capture::frame::{PixelFormat, RawFrame};
use telecast::cast::codec::VideoCodec;
use telecast::cast::frame::{EncodedFrame, FrameId};
use telecast::decode::picture::{Label, Picture};
use telecast::decode::rgb::{RgbConverter, RgbLayout, RgbPicture};
use telecast::decode::video::{Coded, DecoderEvent, VideoDecoder};
use telecast::encode::config::VideoConfig;
use telecast::encode::layout::Fit;
use telecast::encode::video::VideoEncoder;
use telecast::testcard::{self, Card, Luma, Reader};

use crate::scene::{self, PATCHES};
use crate::video::{config, next_frame, software};

/// A decoder with its news.
pub struct Decoder {
    running: VideoDecoder,
    news: async_channel::Receiver<DecoderEvent>,
    count: i64,
}

impl Decoder {
    pub fn new(codec: VideoCodec) -> Decoder {
        let (events, news) = async_channel::bounded(4);
        Decoder {
            running: VideoDecoder::start(codec, events).unwrap(),
            news,
            count: 0,
        }
    }

    /// Decodes a frame and waits for what comes of it.
    pub fn feed(&mut self, frame: &EncodedFrame) -> DecoderEvent {
        let label = Label {
            frame: FrameId(self.count),
            media_time: frame.media_time,
            completed: Instant::now(),
            playout: Instant::now(),
        };
        self.count += 1;
        let data = frame.data.clone();
        self.running.push(Coded { label, data }).unwrap();
        self.news.recv_blocking().unwrap()
    }

    pub fn picture(&mut self, frame: &EncodedFrame) -> Picture {
        match self.feed(frame) {
            DecoderEvent::Picture(picture) => picture,
            DecoderEvent::NeedKeyFrame(error) => panic!("{error}"),
        }
    }
}

/// Enough for flat patches at the 200 pictures per second of these tests.
const AMPLE: u32 = 20_000_000;

/// Encodes the frames one after the other, and decodes what comes out.
fn round_trip(config: VideoConfig, frames: impl Iterator<Item = RawFrame>) -> Vec<Picture> {
    let codec = config.codec;
    let (events, news) = async_channel::bounded(8);
    let encoder = VideoEncoder::start(config, events).unwrap();
    let mut decoder = Decoder::new(codec);
    frames
        .map(|raw| {
            encoder.push(raw);
            let frame = next_frame(&news, &mut Vec::new());
            decoder.picture(&frame)
        })
        .collect()
}

pub fn rgb(picture: &Picture) -> RgbPicture {
    RgbConverter::new(RgbLayout::Rgb).convert(picture).unwrap()
}

/// Largest difference of a channel in the middle of each patch, when the scene fills `area` (x, y, width, height).
fn worst_patch(picture: &RgbPicture, area: (u32, u32, u32, u32)) -> i32 {
    let (left, top, width, height) = area;
    let mut worst = 0;
    for (index, patch) in PATCHES.iter().enumerate() {
        let x = left + (index as u32 * 2 + 1) * width / 16;
        let seen = picture.at(x, top + height / 4);
        worst = worst.max(difference(seen, *patch));
    }
    worst
}

/// Largest difference of a channel.
fn difference(seen: [u8; 3], meant: [u8; 3]) -> i32 {
    let channels = seen.into_iter().zip(meant);
    let differences = channels.map(|(seen, meant)| (i32::from(seen) - i32::from(meant)).abs());
    differences.max().unwrap()
}

/// Peak signal-to-noise ratio against the scene, in dB.
fn psnr(picture: &RgbPicture, step: u32) -> f64 {
    let mut sum = 0.0;
    let (width, height) = picture.size;
    for y in 0..height {
        for x in 0..width {
            let meant = scene::colour(x, y, picture.size, step);
            for (seen, meant) in picture.at(x, y).iter().zip(meant) {
                sum += (f64::from(*seen) - f64::from(meant)).powi(2);
            }
        }
    }
    let mean = sum / f64::from(width * height * 3);
    10.0 * (255.0_f64.powi(2) / mean.max(1e-9)).log10()
}

fn moving(size: (u32, u32), count: u32) -> impl Iterator<Item = RawFrame> {
    let start = Instant::now();
    (0..count).map(move |step| scene::frame(size, step, start + Duration::from_millis(5) * step))
}

#[test]
fn colours_and_details_survive_every_encoder() {
    for codec in VideoCodec::ALL {
        for (name, encoders) in software(codec) {
            let config = VideoConfig {
                bitrate: AMPLE,
                ..config(codec, encoders)
            };
            let pictures = round_trip(config, moving((640, 360), 20));
            assert_eq!(pictures.len(), 20);
            let last = pictures.last().unwrap();
            assert_eq!(last.size(), (640, 360));
            let matrix = if codec == VideoCodec::Vp8 {
                "bt601"
            } else {
                "bt709"
            };
            assert_eq!(last.colorimetry(), matrix, "{name}");
            let seen = rgb(last);
            let worst = worst_patch(&seen, (0, 0, 640, 360));
            assert!(worst <= 6, "{name}: a patch is off by {worst}");
            let psnr = psnr(&seen, 19);
            assert!(psnr > 33.0, "{name}: {psnr} dB");
        }
    }
}

#[test]
fn all_four_packed_formats_give_the_same_colours() {
    for format in [
        PixelFormat::Bgrx,
        PixelFormat::Bgra,
        PixelFormat::Rgbx,
        PixelFormat::Rgba,
    ] {
        let (_, encoders) = software(VideoCodec::Vp8).remove(0);
        let raw = scene::frame_as(format, (320, 180), 3, Instant::now());
        let config = VideoConfig {
            bitrate: AMPLE,
            ..config(VideoCodec::Vp8, encoders)
        };
        let pictures = round_trip(config, [raw].into_iter());
        let worst = worst_patch(&rgb(&pictures[0]), (0, 0, 320, 180));
        assert!(worst <= 6, "{format:?}: {worst}");
    }
}

#[test]
fn odd_sizes_lose_at_most_a_row_and_a_column() {
    for codec in VideoCodec::ALL {
        for (name, encoders) in software(codec) {
            let config = VideoConfig {
                bitrate: AMPLE,
                ..config(codec, encoders)
            };
            let pictures = round_trip(config, moving((641, 363), 10));
            assert_eq!(pictures[9].size(), (640, 362), "{name}");
            let worst = worst_patch(&rgb(&pictures[9]), (0, 0, 640, 362));
            assert!(worst <= 6, "{name}: {worst}");
        }
    }
}

#[test]
fn borders_are_black_and_the_picture_stands_in_the_middle() {
    let (_, encoders) = software(VideoCodec::Vp8).remove(0);
    let config = VideoConfig {
        max_size: (640, 360),
        fit: Fit::Borders,
        bitrate: AMPLE,
        ..config(VideoCodec::Vp8, encoders)
    };
    let pictures = round_trip(config, moving((800, 800), 5));
    let seen = rgb(&pictures[4]);
    assert_eq!(seen.size, (640, 360));
    for (x, y) in [(2, 2), (130, 180), (637, 357), (510, 180)] {
        assert!(
            seen.at(x, y).iter().all(|channel| *channel <= 6),
            "{x},{y}: {:?}",
            seen.at(x, y)
        );
    }
    let worst = worst_patch(&seen, (140, 0, 360, 360));
    assert!(worst <= 6, "{worst}");
}

#[test]
fn with_overscan_the_edges_are_black_and_the_card_keeps_its_colours() {
    let size = (640, 360);
    // 5 % of 640x360 at each edge.
    let (left, top) = (32, 18);
    for codec in VideoCodec::ALL {
        for (name, encoders) in software(codec) {
            let config = VideoConfig {
                overscan_pct: 5,
                bitrate: AMPLE,
                ..config(codec, encoders)
            };
            let last = round_trip(config, card(size, 10)).pop().unwrap();
            assert_eq!(last.size(), size, "{name}");
            let seen = rgb(&last);
            // Some pixels beside the picture are the coder's, who blurs its edge.
            let near = 6;
            let is_edge = |x: u32, y: u32| {
                x.min(size.0 - 1 - x) < left - near || y.min(size.1 - 1 - y) < top - near
            };
            for y in 0..size.1 {
                for x in (0..size.0).filter(|x| is_edge(*x, y)) {
                    let worst = difference(seen.at(x, y), [0; 3]);
                    assert!(worst <= 6, "{name} at {x},{y}: {worst}");
                }
            }
            let (data, stride) = last.luma();
            let luma = Luma {
                data,
                stride,
                width: size.0 as usize,
                height: size.1 as usize,
            };
            let reading = Reader::default().read(luma).expect("the card is read");
            for (index, patch) in (0..).zip(testcard::PATCHES) {
                let (x, y) = reading.patch(index);
                // A cell of 10 pixels has 9 now; the patches have 6 cells each and begin with the 8th of the 27th row.
                let place = (left + (11 + 6 * index as u32) * 9, top + 30 * 9);
                assert!(
                    x.abs_diff(place.0) <= 2 && y.abs_diff(place.1) <= 2,
                    "{name}: patch {index} is at {x},{y}, not at {place:?}"
                );
                let worst = difference(seen.at(x, y), patch);
                assert!(worst <= 6, "{name}: patch {index} is off by {worst}");
            }
        }
    }
}

/// The moving test card.
fn card(size: (u32, u32), count: u32) -> impl Iterator<Item = RawFrame> {
    let start = Instant::now();
    (0..count).map(move |step| {
        let at = Duration::from_millis(5) * step;
        let stride = size.0 as usize * 4;
        let mut pixels = vec![0; stride * size.1 as usize];
        Card::new(size.0, size.1).draw(Duration::from_secs(7) + at, &mut pixels);
        scene::raw(PixelFormat::Bgrx, size, stride, pixels, start + at)
    })
}
