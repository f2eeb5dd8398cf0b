// SPDX-License-Identifier: GPL-3.0-or-later
//! What becomes of pictures in DMA-BUFs when the encoder, or its import, fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use telecast::cast::codec::VideoCodec;
use telecast::cast::frame::Dependency;
use telecast::encode::config::{Encoders, VideoConfig};
use telecast::encode::output::{EncoderEvent, FramePath};
use telecast::encode::profile::Profile;
use telecast::encode::video::VideoEncoder;

use super::{TILED, failing_then_software, frame, profile};
use crate::faulty::Fault;
use crate::round_trip::Decoder;
use crate::scene;
use crate::video::{config, next, next_frame};

fn failing(fault: Fault) -> Encoders {
    Encoders::Candidates(failing_then_software(fault))
}

fn is_software(event: &EncoderEvent) -> bool {
    matches!(
        event,
        EncoderEvent::Using {
            dma_buf: false,
            hardware: false,
            ..
        }
    )
}

#[test]
fn when_the_gpu_fails_a_linear_picture_is_read_and_a_tiled_one_is_asked_for_in_plain_memory() {
    for modifier in [0, TILED] {
        let returned = Arc::new(AtomicUsize::new(0));
        let (events, news) = async_channel::bounded(8);
        let config = config(VideoCodec::Vp8, failing(Fault::Error(3)));
        let encoder = VideoEncoder::start(config, events).unwrap();
        let mut before = Vec::new();
        for step in 0..2 {
            encoder.push(frame((320, 180), step, modifier, &returned));
            next_frame(&news, &mut before);
        }
        assert!(
            matches!(
                &before[..],
                [
                    EncoderEvent::Using { dma_buf: true, .. },
                    EncoderEvent::Path(FramePath::ZeroCopy, _)
                ]
            ),
            "{before:?}"
        );
        encoder.push(frame((320, 180), 2, modifier, &returned));
        assert!(is_software(&next(&news)));
        if modifier == TILED {
            assert!(matches!(next(&news), EncoderEvent::Dropped));
            assert!(matches!(next(&news), EncoderEvent::PictureLost));
            encoder.push(scene::frame((320, 180), 2, Instant::now()));
        }
        assert!(matches!(
            next(&news),
            EncoderEvent::Path(FramePath::Copied, _)
        ));
        let frame = next_frame(&news, &mut Vec::new());
        assert_eq!(frame.dependency, Dependency::KeyFrame);
        thread::sleep(Duration::from_millis(50));
        assert_eq!(returned.load(Ordering::SeqCst), 3);
    }
}

#[test]
fn a_still_picture_goes_on_after_its_encoder_has_failed_while_repeating_it() {
    for fault in [Fault::Error(3), Fault::Hang(3)] {
        let returned = Arc::new(AtomicUsize::new(0));
        let (events, news) = async_channel::bounded(8);
        let config = VideoConfig {
            repeat: Some(Duration::from_millis(100)),
            ..config(VideoCodec::Vp8, failing(fault))
        };
        let encoder = VideoEncoder::start(config, events).unwrap();
        let mut decoder = Decoder::new(VideoCodec::Vp8);
        encoder.push(frame((320, 180), 0, TILED, &returned));
        let mut before = Vec::new();
        // The picture and one repetition; the second fails.
        for _ in 0..2 {
            let frame = next_frame(&news, &mut before);
            assert_eq!(decoder.picture(&frame).size(), (320, 180));
        }
        assert!(is_software(&next(&news)), "{fault:?}");
        assert!(matches!(next(&news), EncoderEvent::PictureLost));
        assert_eq!(returned.load(Ordering::SeqCst), 1, "given back long ago");
        // The source delivers it again.
        encoder.push(scene::frame((320, 180), 0, Instant::now()));
        for n in 0..3 {
            let frame = next_frame(&news, &mut before);
            assert_eq!(frame.dependency == Dependency::KeyFrame, n == 0);
            assert_eq!(decoder.picture(&frame).size(), (320, 180));
        }
    }
}

#[test]
fn a_lost_picture_is_asked_for_a_bounded_number_of_times() {
    let returned = Arc::new(AtomicUsize::new(0));
    let (events, news) = async_channel::bounded(32);
    let config = VideoConfig {
        repeat: Some(Duration::from_millis(20)),
        ..config(VideoCodec::Vp8, failing(Fault::Error(2)))
    };
    let encoder = VideoEncoder::start(config, events).unwrap();
    encoder.push(frame((320, 180), 0, TILED, &returned));
    next_frame(&news, &mut Vec::new());
    assert!(is_software(&next(&news)));
    thread::sleep(Duration::from_millis(400));
    let mut asked = 0;
    while let Ok(event) = news.try_recv() {
        assert!(matches!(event, EncoderEvent::PictureLost), "{event:?}");
        asked += 1;
    }
    assert_eq!(asked, 5);
}

#[test]
fn when_the_last_encoder_fails_while_repeating_that_is_told() {
    let returned = Arc::new(AtomicUsize::new(0));
    let (events, news) = async_channel::bounded(8);
    let mut candidates = failing_then_software(Fault::Error(2));
    candidates.truncate(1);
    let config = VideoConfig {
        repeat: Some(Duration::from_millis(50)),
        ..config(VideoCodec::Vp8, Encoders::Candidates(candidates))
    };
    let encoder = VideoEncoder::start(config, events).unwrap();
    encoder.push(frame((320, 180), 0, TILED, &returned));
    next_frame(&news, &mut Vec::new());
    // It has worked, and so is made anew, once; what it had is asked for again.
    let (mut pushed, mut key_frames) = (1_usize, 0_usize);
    loop {
        match next(&news) {
            EncoderEvent::PictureLost if key_frames == 0 => {
                encoder.push(frame((320, 180), 1, TILED, &returned));
                pushed += 1;
            }
            EncoderEvent::Frame(frame) => {
                key_frames += usize::from(frame.dependency == Dependency::KeyFrame);
            }
            EncoderEvent::Failed(_) => break,
            _ => {}
        }
    }
    assert_eq!(key_frames, 1);
    assert!(news.recv_blocking().is_err());
    assert_eq!(returned.load(Ordering::SeqCst), pushed);
}

#[test]
fn an_encoder_whose_import_fails_goes_on_with_plain_memory() {
    let returned = Arc::new(AtomicUsize::new(0));
    let (events, news) = async_channel::bounded(8);
    let broken = Profile {
        from_dma_buf: Some("nosuchelement".into()),
        ..(*profile()).clone()
    };
    let encoders = Encoders::Candidates(vec![Arc::new(broken)]);
    let encoder = VideoEncoder::start(config(VideoCodec::Vp8, encoders), events).unwrap();
    encoder.push(frame((320, 180), 0, TILED, &returned));
    let told = next(&news);
    assert!(
        matches!(
            told,
            EncoderEvent::Using {
                dma_buf: false,
                hardware: true,
                ..
            }
        ),
        "{told:?}"
    );
    assert!(matches!(next(&news), EncoderEvent::Dropped));
    assert!(matches!(next(&news), EncoderEvent::PictureLost));
    encoder.push(scene::frame((320, 180), 0, Instant::now()));
    assert!(matches!(
        next(&news),
        EncoderEvent::Path(FramePath::Copied, _)
    ));
    assert!(matches!(next(&news), EncoderEvent::Frame(_)));
    assert_eq!(returned.load(Ordering::SeqCst), 1);
}
