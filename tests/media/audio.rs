// SPDX-License-Identifier: GPL-3.0-or-later
//! Sound: encoders and decoders.

use std::f32::consts::TAU;
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use telecast::capture::frame::AudioBlock;
use telecast::cast::codec::AudioCodec;
use telecast::cast::frame::{Dependency, EncodedFrame};
use telecast::decode::audio::AudioDecoder;
use telecast::encode::audio::{AudioConfig, AudioEncoder};
use telecast::encode::output::EncoderEvent;

use crate::video::next_frame;

/// Interleaved stereo samples of a tone, from a sample number on.
fn tone(frequency: f32, from: usize, frames: usize) -> Vec<f32> {
    (from..from + frames)
        .flat_map(|index| {
            let value = (TAU * frequency * index as f32 / 48_000.0).sin() * 0.5;
            [value, value]
        })
        .collect()
}

/// The frequency of a mono signal at 48 kHz, from its rising zero crossings.
fn frequency(samples: &[f32]) -> f32 {
    let crossings: Vec<f32> = samples
        .windows(2)
        .enumerate()
        .filter(|(_, pair)| pair[0] < 0.0 && pair[1] >= 0.0)
        .map(|(index, pair)| index as f32 + pair[0] / (pair[0] - pair[1]))
        .collect();
    let (first, last) = (crossings[0], crossings[crossings.len() - 1]);
    (crossings.len() - 1) as f32 * 48_000.0 / (last - first)
}

fn left(interleaved: &[f32]) -> impl Iterator<Item = f32> {
    interleaved.iter().copied().step_by(2)
}

/// Encodes blocks of 1024 samples made by `sample`, and collects so many frames.
fn encode(
    frame: Duration,
    epoch: Instant,
    blocks: usize,
    sample: impl Fn(usize) -> Vec<f32>,
) -> Vec<EncodedFrame> {
    let (events, news) = async_channel::bounded(512);
    let config = AudioConfig {
        bitrate: 128_000,
        frame,
        epoch,
    };
    let encoder = AudioEncoder::start(config, events).unwrap();
    let length = (frame.as_micros() as usize) * 48 / 1000;
    let mut frames = Vec::new();
    for index in 0..blocks {
        let at = Duration::from_nanos((index as u64 * 1024) * 1_000_000_000 / 48_000);
        encoder.push(AudioBlock {
            captured: epoch + at,
            lost: 0,
            samples: sample(index * 1024),
        });
        while frames.len() < (index + 1) * 1024 / length {
            frames.push(next_frame(&news, &mut Vec::new()));
        }
    }
    frames
}

#[test]
fn a_tone_keeps_its_frequency_and_level_through_opus() {
    for milliseconds in [10, 20] {
        let frame = Duration::from_millis(milliseconds);
        let epoch = Instant::now();
        let frames = encode(frame, epoch, 60, |at| tone(1000.0, at, 1024));
        let mut decoder = AudioDecoder::new(AudioCodec::Opus, 48_000, 2).unwrap();
        let mut heard = Vec::new();
        for (index, encoded) in frames.iter().enumerate() {
            let first = index == 0;
            assert_eq!(encoded.dependency == Dependency::KeyFrame, first);
            assert_eq!(encoded.duration, frame);
            let expected = frames[0].media_time.0 + index as i64 * milliseconds as i64 * 48;
            assert_eq!(encoded.media_time.0, expected);
            let sound = decoder.decode(&encoded.data).unwrap();
            assert_eq!((sound.rate, sound.channels), (48_000, 2));
            assert_eq!(sound.frames() as u64, milliseconds * 48);
            heard.extend(left(&sound.samples));
        }
        let steady = &heard[4800..];
        let found = frequency(steady);
        assert!((found - 1000.0).abs() < 1.0, "{found} Hz");
        let level = steady
            .iter()
            .fold(0.0_f32, |max, sample| max.max(sample.abs()));
        assert!((0.45..0.55).contains(&level), "{level}");
    }
}

#[test]
fn a_click_is_heard_at_its_media_time() {
    let epoch = Instant::now();
    // Sample 24 000 begins a burst.
    let frames = encode(Duration::from_millis(10), epoch, 60, |at| {
        (at..at + 1024)
            .flat_map(|index| {
                let value = if (24_000..24_400).contains(&index) {
                    tone(2000.0, index, 1)[0]
                } else {
                    0.0
                };
                [value, value]
            })
            .collect()
    });
    let mut decoder = AudioDecoder::new(AudioCodec::Opus, 48_000, 2).unwrap();
    let mut heard = None;
    for frame in &frames {
        let sound = decoder.decode(&frame.data).unwrap();
        let start = left(&sound.samples).position(|sample| sample.abs() > 0.1);
        if let (None, Some(offset)) = (heard, start) {
            heard = Some(frame.media_time.0 + offset as i64);
        }
    }
    let off = heard.unwrap() - 24_000;
    assert!(off.abs() < 48, "{off} samples off");
}

#[test]
fn after_a_gap_the_media_time_is_that_of_the_sound() {
    let epoch = Instant::now();
    let (events, news) = async_channel::bounded(512);
    let config = AudioConfig {
        bitrate: 96_000,
        frame: Duration::from_millis(20),
        epoch,
    };
    let encoder = AudioEncoder::start(config, events).unwrap();
    let block = |at: Duration| AudioBlock {
        captured: epoch + at,
        lost: 0,
        samples: tone(440.0, 0, 960),
    };
    encoder.push(block(Duration::ZERO));
    encoder.push(block(Duration::from_millis(500)));
    encoder.push(block(Duration::from_secs(30)));
    let frames: Vec<i64> = (0..27)
        .map(|_| next_frame(&news, &mut Vec::new()).media_time.0)
        .collect();
    // Half a second is filled with silence, half a minute is not.
    assert!(frames[..26].windows(2).all(|pair| pair[1] - pair[0] == 960));
    assert_eq!(frames[26] - frames[0], 30 * 48_000);
}

/// ADTS frames of a tone, from GStreamer's encoder.
fn adts(frequency: f32) -> Vec<Vec<u8>> {
    telecast::chain::init().unwrap();
    let pipeline = gst::parse::launch(&format!(
        "audiotestsrc num-buffers=60 samplesperbuffer=1024 freq={frequency} volume=0.5 \
         ! audio/x-raw,rate=48000,channels=2 ! audioconvert ! avenc_aac ! aacparse \
         ! audio/mpeg,stream-format=adts ! appsink name=out sync=false"
    ))
    .unwrap();
    let pipeline = pipeline.downcast::<gst::Pipeline>().unwrap();
    let out = pipeline
        .by_name("out")
        .unwrap()
        .downcast::<gst_app::AppSink>()
        .unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let mut frames = Vec::new();
    while let Ok(sample) = out.pull_sample() {
        frames.push(sample.buffer().unwrap().map_readable().unwrap().to_vec());
    }
    pipeline.set_state(gst::State::Null).unwrap();
    frames
}

#[test]
fn aac_is_decoded_frame_by_frame() {
    let mut decoder = AudioDecoder::new(AudioCodec::Aac, 48_000, 2).unwrap();
    let mut heard = Vec::new();
    for frame in adts(700.0) {
        let sound = decoder.decode(&frame).unwrap();
        assert_eq!((sound.rate, sound.channels), (48_000, 2));
        heard.extend(left(&sound.samples));
    }
    assert!(heard.len() > 40 * 1024, "{}", heard.len());
    let found = frequency(&heard[4800..40_000]);
    assert!((found - 700.0).abs() < 1.0, "{found} Hz");
}

#[test]
fn sound_that_is_none_is_an_error_and_the_next_frame_is_decoded() {
    for codec in AudioCodec::ALL {
        let mut decoder = AudioDecoder::new(codec, 48_000, 2).unwrap();
        assert!(decoder.decode(&[]).is_err(), "{codec}");
    }
    let mut aac = AudioDecoder::new(AudioCodec::Aac, 48_000, 2).unwrap();
    assert!(aac.decode(b"this is not a frame").is_err());
    assert!(aac.decode(&adts(440.0)[3]).is_ok());
}

#[test]
fn the_encoder_names_itself_first() {
    let (events, news) = async_channel::bounded(4);
    let config = AudioConfig {
        bitrate: 64_000,
        frame: Duration::from_millis(20),
        epoch: Instant::now(),
    };
    let encoder = AudioEncoder::start(config, events).unwrap();
    let first = news.recv_blocking().unwrap();
    assert!(matches!(first, EncoderEvent::Using { element, .. } if element == "opusenc"));
    drop(encoder);
    assert!(news.recv_blocking().is_err());
}
