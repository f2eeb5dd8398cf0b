// SPDX-License-Identifier: GPL-3.0-or-later
//! Encoders that fail, and what cannot be changed while running.

use std::sync::Arc;
use std::time::{Duration, Instant};

use telecast::cast::codec::VideoCodec;
use telecast::cast::control::EncoderControl;
use telecast::cast::frame::Dependency;
use telecast::encode::config::Encoders;
use telecast::encode::error::EncodeError;
use telecast::encode::output::EncoderEvent;
use telecast::encode::probe;
use telecast::encode::profile::{Live, Profile};
use telecast::encode::video::VideoEncoder;

use crate::faulty::{self, Fault};
use crate::round_trip::Decoder;
use crate::scene;
use crate::video::{config, next, next_frame};

fn vp8() -> Arc<Profile> {
    let mut candidates = Profile::candidates(VideoCodec::Vp8);
    candidates.retain(|profile| !profile.hardware);
    candidates.remove(0)
}

/// Names of the encoders in use, in order.
fn used(events: &[EncoderEvent]) -> Vec<String> {
    events
        .iter()
        .filter_map(|event| match event {
            EncoderEvent::Using { element, .. } => Some(element.clone()),
            _ => None,
        })
        .collect()
}

/// Encodes ten pictures with a faulty encoder in front of a good one; the frames are decoded without a gap. Returns the
/// numbers of the key frames, and how long the slowest frame took.
fn survive(fault: Fault) -> (Vec<u32>, Vec<String>, Duration) {
    let (events, news) = async_channel::bounded(8);
    let encoders = Encoders::Candidates(vec![faulty::profile(fault), vp8()]);
    let encoder = VideoEncoder::start(config(VideoCodec::Vp8, encoders), events).unwrap();
    let mut decoder = Decoder::new(VideoCodec::Vp8);
    let (mut keys, mut others, mut slowest) = (Vec::new(), Vec::new(), Duration::ZERO);
    let start = Instant::now();
    for step in 0..10 {
        let raw = scene::frame((320, 180), step, start + Duration::from_millis(5) * step);
        let before = Instant::now();
        encoder.push(raw);
        let frame = next_frame(&news, &mut others);
        slowest = slowest.max(before.elapsed());
        if frame.dependency == Dependency::KeyFrame {
            keys.push(step);
        }
        assert_eq!(decoder.picture(&frame).size(), (320, 180));
    }
    assert!(
        !others
            .iter()
            .any(|event| matches!(event, EncoderEvent::Dropped))
    );
    (keys, used(&others), slowest)
}

#[test]
fn an_encoder_that_fails_at_the_first_picture_is_replaced() {
    let (keys, used, _) = survive(Fault::Error(1));
    assert_eq!(keys, [0]);
    assert_eq!(used, ["vp8enc"]);
}

#[test]
fn an_encoder_that_fails_in_the_middle_is_replaced_with_a_key_frame_and_no_picture_is_lost() {
    let (keys, used, _) = survive(Fault::Error(6));
    assert_eq!(keys, [0, 5]);
    assert_eq!(used, ["faultyvp8enc", "vp8enc"]);
}

#[test]
fn an_encoder_that_hangs_in_the_middle_is_replaced_after_two_seconds() {
    let (keys, used, slowest) = survive(Fault::Hang(4));
    assert_eq!(keys, [0, 3]);
    assert_eq!(used, ["faultyvp8enc", "vp8enc"]);
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
}

#[test]
fn the_only_encoder_is_made_anew_when_it_fails_in_the_middle_but_not_again_at_once() {
    for fault in [Fault::Error(6), Fault::Hang(6)] {
        let (events, news) = async_channel::bounded(8);
        let encoders = Encoders::Candidates(vec![faulty::profile(fault)]);
        let encoder = VideoEncoder::start(config(VideoCodec::Vp8, encoders), events).unwrap();
        let mut decoder = Decoder::new(VideoCodec::Vp8);
        let (mut keys, mut others) = (Vec::new(), Vec::new());
        let start = Instant::now();
        let picture = |step| {
            let captured = start + Duration::from_millis(5) * step;
            encoder.push(scene::frame((320, 180), step, captured));
        };
        for step in 0..10 {
            picture(step);
            let frame = next_frame(&news, &mut others);
            if frame.dependency == Dependency::KeyFrame {
                keys.push(step);
            }
            assert_eq!(decoder.picture(&frame).size(), (320, 180));
        }
        // The sixth one failed, and was encoded by the new one.
        assert_eq!(keys, [0, 5], "{fault:?}");
        assert_eq!(used(&others), ["faultyvp8enc"; 2]);
        // Its sixth one comes soon afterwards.
        picture(10);
        let end = next(&news);
        assert!(matches!(end, EncoderEvent::Failed(_)), "{end:?}");
        assert!(news.recv_blocking().is_err());
    }
}

#[test]
fn when_no_encoder_is_left_the_reason_comes_last() {
    let (events, news) = async_channel::bounded(8);
    let encoders = Encoders::Candidates(vec![faulty::profile(Fault::Error(1))]);
    let encoder = VideoEncoder::start(config(VideoCodec::Vp8, encoders), events).unwrap();
    encoder.push(scene::frame((320, 180), 0, Instant::now()));
    assert!(matches!(
        next(&news),
        EncoderEvent::Failed(EncodeError::Chain(_))
    ));
    assert!(news.recv_blocking().is_err());
}

#[test]
fn the_probe_refuses_encoders_that_err_hang_or_keep_pictures_back_in_bounded_time() {
    let good = vp8();
    for fault in [
        Fault::Error(1),
        Fault::Error(5),
        Fault::Hang(1),
        Fault::Late,
    ] {
        let start = Instant::now();
        assert!(probe::prove(&faulty::profile(fault)).is_err(), "{fault:?}");
        assert!(
            start.elapsed() < Duration::from_secs(7),
            "{fault:?}: {:?}",
            start.elapsed()
        );
    }
    assert!(probe::prove(&good).is_ok());
}

#[test]
fn what_an_encoder_cannot_change_is_changed_by_a_second_one_without_losing_a_picture() {
    let fixed = Arc::new(Profile {
        live: Live::NOTHING,
        ..(*vp8()).clone()
    });
    let (events, news) = async_channel::bounded(8);
    let encoders = Encoders::Candidates(vec![fixed]);
    let encoder = VideoEncoder::start(config(VideoCodec::Vp8, encoders), events).unwrap();
    let mut decoder = Decoder::new(VideoCodec::Vp8);
    let (mut keys, mut others) = (Vec::new(), Vec::new());
    let start = Instant::now();
    for step in 0..12 {
        let size = if step < 9 { (320, 180) } else { (640, 360) };
        let raw = scene::frame(size, step, start + Duration::from_millis(5) * step);
        match step {
            3 => encoder.control(EncoderControl::KeyFrame),
            6 => encoder.control(EncoderControl::Bitrate(500_000)),
            _ => {}
        }
        encoder.push(raw);
        let frame = next_frame(&news, &mut others);
        if frame.dependency == Dependency::KeyFrame {
            keys.push(step);
        }
        assert_eq!(decoder.picture(&frame).size(), size);
    }
    // The bitrate waits: replacing an encoder for it more often than every few seconds costs more than it brings.
    assert_eq!(keys, [0, 3, 9]);
    assert_eq!(used(&others).len(), 3);
}
