// SPDX-License-Identifier: GPL-3.0-or-later
//! Video: encoders.

use std::time::{Duration, Instant};

use async_channel::Receiver;
use telecast::cast::codec::VideoCodec;
use telecast::cast::control::EncoderControl;
use telecast::cast::frame::{Dependency, EncodedFrame};
use telecast::encode::config::{Encoders, VideoConfig};
use telecast::encode::output::EncoderEvent;
use telecast::encode::profile::Profile;
use telecast::encode::video::VideoEncoder;

use crate::scene;

/// Software candidates of a codec, each alone, by name.
pub fn software(codec: VideoCodec) -> Vec<(String, Encoders)> {
    Profile::candidates(codec)
        .into_iter()
        .filter(|profile| !profile.hardware)
        .map(|profile| {
            (
                profile.element.to_string(),
                Encoders::Candidates(vec![profile]),
            )
        })
        .collect()
}

/// A configuration without repetitions and with a frame rate that no test reaches.
pub fn config(codec: VideoCodec, encoders: Encoders) -> VideoConfig {
    VideoConfig {
        repeat: None,
        max_frame_rate: 200,
        ..VideoConfig::new(codec, encoders)
    }
}

pub fn next(news: &Receiver<EncoderEvent>) -> EncoderEvent {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        match news.try_recv() {
            Ok(event) => return event,
            Err(_) if Instant::now() < deadline => std::thread::sleep(Duration::from_micros(200)),
            Err(error) => panic!("no event: {error}"),
        }
    }
}

/// The next frame; whatever comes before it goes into `before`.
pub fn next_frame(news: &Receiver<EncoderEvent>, before: &mut Vec<EncoderEvent>) -> EncodedFrame {
    loop {
        match next(news) {
            EncoderEvent::Frame(frame) => return frame,
            EncoderEvent::Failed(error) => panic!("{error}"),
            other => before.push(other),
        }
    }
}

#[test]
fn every_software_encoder_gives_one_frame_for_one_picture_and_a_key_frame_at_once_when_asked() {
    for codec in VideoCodec::ALL {
        for (name, encoders) in software(codec) {
            let (events, news) = async_channel::bounded(8);
            let encoder = VideoEncoder::start(config(codec, encoders), events).unwrap();
            let start = Instant::now();
            let mut last = None;
            for step in 0..30 {
                let asked = step == 12 || step == 13 || step == 20;
                let captured = start + Duration::from_millis(33) * step;
                let raw = scene::frame((640, 360), step, captured);
                if asked {
                    encoder.control(EncoderControl::KeyFrame);
                }
                encoder.push(raw);
                let mut before = Vec::new();
                let frame = next_frame(&news, &mut before);
                let key = frame.dependency == Dependency::KeyFrame;
                assert_eq!(key, step == 0 || asked, "{name} at {step}");
                assert!(Some(frame.media_time) > last, "{name}");
                assert_eq!(frame.times.captured, captured);
                assert_eq!(frame.size, Some((640, 360)));
                last = Some(frame.media_time);
            }
        }
    }
}
