// SPDX-License-Identifier: GPL-3.0-or-later
//! What is read of coded frames and of the test card, for all inputs: a peer's bytes and pixels do no harm.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use telecast::cast::bitstream::{colour, is_key_frame};
use telecast::cast::codec::VideoCodec;
use telecast::testcard::{Card, Luma, Reader};

/// What signalling colours may add to a frame, in bytes; to a parameter set of any length a half as much again.
const MOST_ADDED: usize = 64;

fn codec() -> impl Strategy<Value = VideoCodec> {
    select(vec![
        VideoCodec::Vp8,
        VideoCodec::Vp9,
        VideoCodec::H264,
        VideoCodec::Av1,
    ])
}

/// Bytes that begin as a key frame of some codec does, and go on anyhow.
fn plausible() -> impl Strategy<Value = Vec<u8>> {
    let heads: Vec<&[u8]> = vec![
        &[],
        &[0x10, 0, 0, 0x9d, 0x01, 0x2a],
        &[0x82, 0x49, 0x83, 0x42],
        &[0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1f],
        &[0, 0, 1, 0x67, 0x64, 0, 0x1f],
        &[0, 0, 1, 0x68],
        &[0, 0, 1, 0x65],
        &[0x12, 0, 0x0a],
        &[0x12, 0, 0x0a, 0x0b],
        &[0x32],
    ];
    let part = (select(heads), vec(any::<u8>(), 0..60));
    vec(part, 0..6).prop_map(|parts| {
        let bytes = parts.into_iter().flat_map(|(head, rest)| {
            let mut bytes = head.to_vec();
            bytes.extend(rest);
            bytes
        });
        bytes.collect()
    })
}

/// A card of a usual size that was drawn at `time`: its luma, the luma's width and height.
fn drawn(width: u32, height: u32, time: Duration) -> (Vec<u8>, usize, usize) {
    let card = Card::new(width, height);
    let (width, height) = card.size();
    let mut pixels = vec![0; width as usize * height as usize * 4];
    card.draw(time, &mut pixels);
    let luma = pixels.chunks(4).map(|pixel| pixel[1]).collect();
    (luma, width as usize, height as usize)
}

fn read(luma: &[u8], width: usize, height: usize) -> Option<Duration> {
    let plane = Luma {
        data: luma,
        stride: width,
        width,
        height,
    };
    Some(Reader::default().read(plane)?.time)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_as_a_frame_without_harm(codec in codec(), frame in plausible()) {
        is_key_frame(codec, &frame);
        colour::matrix(codec, &frame);
        let signalled = colour::signal(codec, frame.clone());
        prop_assert!(signalled.len() <= frame.len() + frame.len() / 2 + MOST_ADDED);
        if codec == VideoCodec::Vp8 {
            prop_assert_eq!(signalled, frame);
        }
    }

    #[test]
    fn any_pixels_are_read_as_a_card_without_harm(
        luma in vec(any::<u8>(), 0..4000),
        width in 0_usize..80,
        height in 0_usize..80,
        stride in 0_usize..100,
    ) {
        Reader::default().read(Luma { data: &luma, stride, width, height });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_card_of_any_usual_size_tells_its_time_also_when_it_is_disturbed(
        width in 320_u32..1000,
        height in 200_u32..700,
        micros in 0_u64..1 << 40,
        noise in vec((any::<prop::sample::Index>(), any::<u8>()), 0..300),
    ) {
        let time = Duration::from_micros(micros);
        let (mut luma, width, height) = drawn(width, height, time);
        prop_assert_eq!(read(&luma, width, height), Some(time));
        for (place, value) in noise {
            let at = place.index(luma.len());
            luma[at] = value;
        }
        // A few wrong pixels may hide the code; they do not change what it says.
        if let Some(seen) = read(&luma, width, height) {
            prop_assert_eq!(seen, time);
        }
    }
}
