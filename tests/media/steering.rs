// SPDX-License-Identifier: GPL-3.0-or-later
//! Wishes to a running encoder, still pictures, and an encoder that is behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use telecast::capture::frame::{Memory, PictureBytes, PixelFormat, RawFrame, Rect, Transform};
use telecast::cast::codec::VideoCodec;
use telecast::cast::control::EncoderControl;
use telecast::cast::frame::Dependency;
use telecast::encode::config::{Encoders, VideoConfig};
use telecast::encode::null::Recording;
use telecast::encode::output::EncoderEvent;
use telecast::encode::video::VideoEncoder;

use crate::round_trip::{Decoder, rgb};
use crate::scene;
use crate::video::{config, next, next_frame, software};

/// A picture that no encoder can predict.
fn noise(size: (u32, u32), step: u32, captured: Instant) -> RawFrame {
    let mut state = u64::from(step) * 7_919 + 1;
    let pixels = (0..size.0 * size.1)
        .flat_map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            // Blocks of one brightness keep the noise within what a rate control can reach.
            let grey = if state >> 60 == 0 {
                (state >> 40) as u8
            } else {
                90
            };
            [grey, grey, grey, 0]
        })
        .collect();
    scene::raw(
        PixelFormat::Bgrx,
        size,
        size.0 as usize * 4,
        pixels,
        captured,
    )
}

#[test]
fn the_bitrate_is_followed_while_running() {
    for codec in VideoCodec::ALL {
        for (name, encoders) in software(codec) {
            // The others are replaced for it, with a key frame.
            let Encoders::Candidates(profiles) = &encoders else {
                continue;
            };
            if !profiles[0].live.bitrate {
                continue;
            }
            let (events, news) = async_channel::bounded(8);
            let config = VideoConfig {
                max_frame_rate: 30,
                bitrate: 1_500_000,
                ..config(codec, encoders)
            };
            let encoder = VideoEncoder::start(config, events).unwrap();
            let start = Instant::now();
            let mut rates = Vec::new();
            for (part, bits) in [1_500_000, 500_000].into_iter().enumerate() {
                encoder.control(EncoderControl::Bitrate(bits));
                let mut bytes = 0;
                for step in 0..60 {
                    let number = part as u32 * 60 + step;
                    encoder.push(noise(
                        (320, 180),
                        number,
                        start + Duration::from_millis(33) * number,
                    ));
                    let frame = next_frame(&news, &mut Vec::new());
                    assert!(
                        number == 0 || frame.dependency == Dependency::Dependent,
                        "{name}"
                    );
                    // The rate control gets half a second to settle.
                    if step >= 15 {
                        bytes += frame.data.len();
                    }
                }
                rates.push(bytes as f64 * 8.0 / (45.0 * 0.033));
            }
            assert!(
                (700_000.0..2_000_000.0).contains(&rates[0]),
                "{name}: {rates:?}"
            );
            assert!(
                (250_000.0..750_000.0).contains(&rates[1]),
                "{name}: {rates:?}"
            );
        }
    }
}

/// A page of text as an encoder sees it: small light and dark boxes, the same in every picture.
fn page(size: (u32, u32), captured: Instant) -> RawFrame {
    let pixels = (0..size.0 * size.1)
        .flat_map(|pixel| {
            let (x, y) = (pixel % size.0, pixel / size.0);
            let letter = (x / 3 * 7919 + y / 4 * 104_729) % 11;
            let grey = if y / 12 % 2 == 0 && letter < 5 {
                30
            } else {
                240
            };
            [grey, grey, grey, 0]
        })
        .collect();
    let stride = size.0 as usize * 4;
    scene::raw(PixelFormat::Bgrx, size, stride, pixels, captured)
}

#[test]
fn a_key_frame_in_between_is_no_larger_than_six_average_frames() {
    const BITS: u32 = 1_000_000;
    const RATE: u32 = 30;
    // What libvpx reckons a key frame to take is a guess.
    const AT_MOST: f64 = 6.0 * 1.1;
    let average = f64::from(BITS) / 8.0 / f64::from(RATE);
    let (size, start) = ((480, 270), Instant::now());
    let film: Vec<_> = (0..16).map(|step| noise(size, step, start)).collect();
    let text = vec![page(size, start)];
    for codec in VideoCodec::ALL {
        for (name, encoders) in software(codec) {
            for pictures in [&film, &text] {
                let (events, news) = async_channel::bounded(8);
                let config = VideoConfig {
                    max_frame_rate: RATE,
                    bitrate: BITS,
                    ..config(codec, encoders.clone())
                };
                let encoder = VideoEncoder::start(config, events).unwrap();
                let mut sizes = Vec::new();
                for step in 0..120 {
                    let asked = step > 0 && step % 30 == 0;
                    if asked {
                        encoder.control(EncoderControl::KeyFrame);
                    }
                    let captured = start + Duration::from_secs(1) * step / RATE;
                    encoder.push(RawFrame {
                        captured,
                        received: captured,
                        ..pictures[step as usize % pictures.len()].clone()
                    });
                    let frame = next_frame(&news, &mut Vec::new());
                    if asked {
                        assert_eq!(frame.dependency, Dependency::KeyFrame, "{name}");
                        sizes.push(frame.data.len() as f64 / average);
                    }
                }
                sizes.sort_by(f64::total_cmp);
                assert!(sizes[1] < AT_MOST, "{name}: {sizes:?}");
            }
        }
    }
}

#[test]
fn a_smaller_size_is_taken_with_a_key_frame_and_the_aspect_ratio_kept() {
    for codec in VideoCodec::ALL {
        for (name, encoders) in software(codec) {
            let (events, news) = async_channel::bounded(8);
            let encoder = VideoEncoder::start(config(codec, encoders), events).unwrap();
            let mut decoder = Decoder::new(codec);
            let start = Instant::now();
            for step in 0..9 {
                match step {
                    3 => encoder.control(EncoderControl::MaxSize(320, 320)),
                    6 => encoder.control(EncoderControl::MaxSize(1920, 1080)),
                    _ => {}
                }
                encoder.push(scene::frame(
                    (640, 360),
                    step,
                    start + Duration::from_millis(5) * step,
                ));
                let frame = next_frame(&news, &mut Vec::new());
                let size = if (3..6).contains(&step) {
                    (320, 180)
                } else {
                    (640, 360)
                };
                assert_eq!(frame.size, Some(size), "{name} at {step}");
                let key = frame.dependency == Dependency::KeyFrame;
                assert_eq!(key, step % 3 == 0, "{name} at {step}");
                assert_eq!(decoder.picture(&frame).size(), size, "{name}");
            }
        }
    }
}

#[test]
fn a_still_picture_is_repeated_and_at_once_when_a_key_frame_is_wanted() {
    let (_, encoders) = software(VideoCodec::Vp8).remove(0);
    let (events, news) = async_channel::bounded(8);
    let config = VideoConfig {
        repeat: Some(Duration::from_millis(400)),
        ..VideoConfig::new(VideoCodec::Vp8, encoders)
    };
    let encoder = VideoEncoder::start(config, events).unwrap();
    encoder.push(scene::frame((320, 180), 0, Instant::now()));
    let first = next_frame(&news, &mut Vec::new());
    let second = next_frame(&news, &mut Vec::new());
    assert_eq!(second.dependency, Dependency::Dependent);
    assert!(
        second.data.len() < 400,
        "a repeated picture costs {} bytes",
        second.data.len()
    );
    let distance = second.media_time.0 - first.media_time.0;
    assert!((30_000..90_000).contains(&distance), "{distance}");
    let asked = Instant::now();
    encoder.control(EncoderControl::KeyFrame);
    let third = next_frame(&news, &mut Vec::new());
    assert_eq!(third.dependency, Dependency::KeyFrame);
    assert!(
        asked.elapsed() < Duration::from_millis(250),
        "{:?}",
        asked.elapsed()
    );
}

#[test]
fn a_still_picture_is_repeated_once_and_at_once_when_the_bitrate_becomes_much_higher() {
    for codec in VideoCodec::ALL {
        for (name, encoders) in software(codec) {
            let Encoders::Candidates(profiles) = &encoders else {
                continue;
            };
            let live = profiles[0].live.bitrate;
            let (events, news) = async_channel::bounded(8);
            let config = VideoConfig {
                bitrate: 1_000_000,
                // Longer than this test: what comes before comes because of the wish.
                repeat: Some(Duration::from_mins(1)),
                ..VideoConfig::new(codec, encoders)
            };
            let encoder = VideoEncoder::start(config, events).unwrap();
            // Large enough that the higher bitrate takes no other level of H.264, which would begin with a key frame.
            encoder.push(scene::frame((640, 360), 0, Instant::now()));
            let first = next_frame(&news, &mut Vec::new());
            let asked = Instant::now();
            encoder.control(EncoderControl::Bitrate(3_000_000));
            let second = next_frame(&news, &mut Vec::new());
            let took = asked.elapsed();
            assert!(took < Duration::from_secs(1), "{name}: {took:?}");
            assert!(second.times.captured >= asked, "{name}");
            assert!(second.media_time > first.media_time, "{name}");
            // An encoder that cannot change it is replaced, which begins with a key frame.
            let expected = if live {
                Dependency::Dependent
            } else {
                Dependency::KeyFrame
            };
            assert_eq!(second.dependency, expected, "{name}");
            thread::sleep(Duration::from_millis(200));
            assert!(news.is_empty(), "{name}: repeated more than once");
        }
    }
}

#[test]
fn a_still_picture_is_not_repeated_for_bitrates_that_are_lower_or_hardly_higher() {
    let (_, encoders) = software(VideoCodec::Vp8).remove(0);
    let (events, news) = async_channel::bounded(8);
    let config = VideoConfig {
        bitrate: 1_000_000,
        repeat: Some(Duration::from_mins(1)),
        ..VideoConfig::new(VideoCodec::Vp8, encoders)
    };
    let encoder = VideoEncoder::start(config, events).unwrap();
    encoder.push(scene::frame((320, 180), 0, Instant::now()));
    next_frame(&news, &mut Vec::new());
    let ask = |bits| {
        encoder.control(EncoderControl::Bitrate(bits));
        thread::sleep(Duration::from_millis(20));
    };
    let quiet = |what| {
        thread::sleep(Duration::from_millis(150));
        assert!(news.is_empty(), "{what}");
    };
    for step in 0..10 {
        ask(1_000_000 + step * 25_000);
        ask(900_000 - step * 50_000);
    }
    quiet("swings");
    // Many small steps are a large one.
    for step in 0..6 {
        ask(1_000_000 + step * 100_000);
    }
    next_frame(&news, &mut Vec::new());
    quiet("once");
    ask(300_000);
    ask(1_500_000);
    quiet("it has been encoded with as much");
}

/// Bytes that tell when they are given back.
struct Watched(Vec<u8>, Arc<AtomicUsize>);

impl PictureBytes for Watched {
    fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.1.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn when_the_encoder_is_behind_older_raw_frames_are_dropped_and_given_back() {
    let (_, encoders) = software(VideoCodec::Vp8).remove(0);
    let (events, news) = async_channel::bounded(1);
    let encoder = VideoEncoder::start(config(VideoCodec::Vp8, encoders), events).unwrap();
    let returned = Arc::new(AtomicUsize::new(0));
    let start = Instant::now();
    for step in 0..20 {
        let mut raw = scene::frame((160, 120), step, start + Duration::from_millis(5) * step);
        let Memory::Bytes(bytes) = &raw.memory else {
            panic!("made of bytes")
        };
        raw.memory = Memory::Bytes(Arc::new(Watched(
            bytes.bytes().to_vec(),
            Arc::clone(&returned),
        )));
        encoder.push(raw);
    }
    // Nobody reads the news: all but the newest are given back.
    thread::sleep(Duration::from_millis(300));
    assert!(
        returned.load(Ordering::SeqCst) >= 19,
        "{}",
        returned.load(Ordering::SeqCst)
    );
    let (mut frames, mut dropped, mut last) = (0, 0, 0);
    while frames + dropped < 20 {
        match next(&news) {
            EncoderEvent::Frame(frame) => {
                frames += 1;
                last = frame.media_time.0;
            }
            EncoderEvent::Dropped => dropped += 1,
            _ => {}
        }
    }
    assert!(dropped >= 10, "{dropped}");
    assert!(last > 0);
    assert_eq!(returned.load(Ordering::SeqCst), 20);
}

#[test]
fn dropping_the_encoder_ends_it_even_when_nobody_reads_the_news() {
    let (_, encoders) = software(VideoCodec::Vp8).remove(0);
    let (events, _news) = async_channel::bounded(1);
    let encoder = VideoEncoder::start(config(VideoCodec::Vp8, encoders), events).unwrap();
    for step in 0..5 {
        encoder.push(scene::frame((160, 120), step, Instant::now()));
        thread::sleep(Duration::from_millis(20));
    }
    let before = Instant::now();
    drop(encoder);
    assert!(
        before.elapsed() < Duration::from_secs(1),
        "{:?}",
        before.elapsed()
    );
}

#[test]
fn the_null_encoder_gives_out_its_recording() {
    let recording = Arc::new(Recording::synthetic((1280, 720), 20_000, 4_000));
    let (events, news) = async_channel::bounded(8);
    let encoders = Encoders::Null(Arc::clone(&recording));
    let encoder = VideoEncoder::start(config(VideoCodec::Vp8, encoders), events).unwrap();
    for step in 0..4 {
        encoder.push(scene::frame((160, 120), step, Instant::now()));
        let frame = next_frame(&news, &mut Vec::new());
        let expected = if step == 0 { 20_000 } else { 4_000 };
        assert_eq!(
            (frame.data.len(), frame.size),
            (expected, Some((1280, 720)))
        );
    }
}

#[test]
fn a_part_of_the_buffer_is_shown_upright() {
    // The scene lies on its side within a larger buffer, as a rotated monitor's does.
    let (size, big) = ((320, 180), (400, 500));
    let stride = big.0 as usize * 4;
    let mut pixels = vec![0xff_u8; stride * big.1 as usize];
    for y in 0..size.1 {
        for x in 0..size.0 {
            let [r, g, b] = scene::colour(x, y, size, 0);
            // Turned clockwise: the top row becomes the right column.
            let (column, row) = (40 + size.1 - 1 - y, 60 + x);
            let at = row as usize * stride + column as usize * 4;
            pixels[at..at + 4].copy_from_slice(&[b, g, r, 0]);
        }
    }
    let mut raw = scene::raw(PixelFormat::Bgrx, big, stride, pixels, Instant::now());
    raw.crop = Rect {
        x: 40,
        y: 60,
        width: size.1,
        height: size.0,
    };
    raw.transform = Transform::Rotate90;
    let (_, encoders) = software(VideoCodec::Vp8).remove(0);
    let (events, news) = async_channel::bounded(8);
    let config = VideoConfig {
        bitrate: 20_000_000,
        ..config(VideoCodec::Vp8, encoders)
    };
    let encoder = VideoEncoder::start(config, events).unwrap();
    encoder.push(raw);
    let picture = Decoder::new(VideoCodec::Vp8).picture(&next_frame(&news, &mut Vec::new()));
    assert_eq!(picture.size(), size);
    let seen = rgb(&picture);
    for (index, patch) in scene::PATCHES.iter().enumerate() {
        let pixel = seen.at(index as u32 * 40 + 20, 45);
        for (seen, meant) in pixel.iter().zip(patch) {
            assert!(
                (i32::from(*seen) - i32::from(*meant)).abs() <= 6,
                "{index}: {pixel:?} {patch:?}"
            );
        }
    }
}

#[test]
fn a_frame_that_lies_about_its_memory_is_dropped_and_the_next_one_encoded() {
    let (_, encoders) = software(VideoCodec::Vp8).remove(0);
    let (events, news) = async_channel::bounded(8);
    let encoder = VideoEncoder::start(config(VideoCodec::Vp8, encoders), events).unwrap();
    let mut lying = scene::frame((320, 180), 0, Instant::now());
    lying.planes[0].stride = 1 << 20;
    encoder.push(lying);
    assert!(matches!(
        next(&news),
        EncoderEvent::Using { dma_buf: false, .. }
    ));
    assert!(matches!(next(&news), EncoderEvent::Dropped));
    let mut outside = scene::frame((320, 180), 0, Instant::now());
    outside.crop.y = 100;
    encoder.push(outside);
    assert!(matches!(next(&news), EncoderEvent::Dropped));
    encoder.push(scene::frame((320, 180), 0, Instant::now()));
    assert_eq!(
        next_frame(&news, &mut Vec::new()).dependency,
        Dependency::KeyFrame
    );
}
