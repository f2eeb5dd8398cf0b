// SPDX-License-Identifier: GPL-3.0-or-later
//! The recorded sessions, through our receiver core and our decoders: every frame of every one decodes.

use async_channel::Receiver;
use telecast::cast::codec::{AudioCodec, VideoCodec};
use telecast::cast::receiver::ReceivedFrame;
use telecast::decode::audio::AudioDecoder;
use telecast::decode::picture::{Label, Picture};
use telecast::decode::video::{Coded, DecoderEvent, VideoDecoder};

use crate::recording::{Recording, Replay, SESSIONS};

/// The frames of stream `index`.
fn of_stream(replay: &Replay, index: usize) -> impl Iterator<Item = &ReceivedFrame> {
    replay
        .frames
        .iter()
        .filter(move |frame| frame.stream.0 == index as u32)
}

fn decode(decoder: &VideoDecoder, news: &Receiver<DecoderEvent>, frame: &ReceivedFrame) -> Picture {
    let label = Label {
        frame: frame.id,
        media_time: frame.media_time,
        completed: frame.completed,
        playout: frame.playout,
    };
    decoder
        .push(Coded {
            label,
            data: frame.data.clone(),
        })
        .unwrap();
    match news.recv_blocking().unwrap() {
        DecoderEvent::Picture(picture) => picture,
        DecoderEvent::NeedKeyFrame(error) => panic!("frame {}: {error}", frame.id),
    }
}

/// The mean difference of neighbours in a row of the middle: noise has a large one, a picture of an even field none.
fn roughness(picture: &Picture) -> f64 {
    let (luma, stride) = picture.luma();
    let (width, height) = picture.size();
    let start = stride * (height as usize / 2);
    let row = &luma[start..start + width as usize];
    let sum: u32 = row
        .windows(2)
        .map(|pair| u32::from(pair[0].abs_diff(pair[1])))
        .sum();
    f64::from(sum) / f64::from(width)
}

#[test]
fn every_recorded_picture_decodes() {
    for name in SESSIONS {
        let recording = Recording::load(name);
        let replay = recording.replay();
        for (index, stream) in recording.streams.iter().enumerate() {
            if !stream.is_video {
                continue;
            }
            let (events, news) = async_channel::bounded(4);
            let codec = VideoCodec::from_name(&stream.codec).unwrap();
            let decoder = VideoDecoder::start(codec, events).unwrap();
            let mut pictures = 0;
            for frame in of_stream(&replay, index) {
                let picture = decode(&decoder, &news, frame);
                assert_eq!(picture.label.media_time, frame.media_time);
                assert!(
                    picture.size().0 >= 160 && picture.size().1 >= 90,
                    "{:?}",
                    picture.size()
                );
                assert!(
                    roughness(&picture) < 40.0,
                    "{name}: frame {} is noise",
                    frame.id
                );
                pictures += 1;
            }
            assert!(pictures > 20, "{name}: {pictures} pictures");
        }
    }
}

#[test]
fn every_recorded_block_of_sound_decodes() {
    for name in SESSIONS {
        let recording = Recording::load(name);
        let replay = recording.replay();
        for (index, stream) in recording.streams.iter().enumerate() {
            if stream.is_video {
                continue;
            }
            let codec = AudioCodec::from_name(&stream.codec).unwrap();
            let mut decoder = AudioDecoder::new(codec, stream.timebase, 2).unwrap();
            let frames: Vec<&ReceivedFrame> = of_stream(&replay, index).collect();
            assert!(frames.len() > 50, "{name}: {} blocks", frames.len());
            let mut seamless = 0;
            for pair in frames.windows(2) {
                let sound = decoder.decode(&pair[0].data).unwrap();
                let ticks = pair[1].media_time.0 - pair[0].media_time.0;
                // A sender that is behind drops blocks before it encodes them.
                assert!(
                    sound.frames() as i64 <= ticks,
                    "{name}: block {}",
                    pair[0].id
                );
                seamless += usize::from(sound.frames() as i64 == ticks);
            }
            assert!(
                seamless * 10 > frames.len() * 9,
                "{name}: {seamless} of {}",
                frames.len()
            );
        }
    }
}
