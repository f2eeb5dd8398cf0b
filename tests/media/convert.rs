// SPDX-License-Identifier: GPL-3.0-or-later
//! Conversion of raw frames to what encoders take.

use std::time::Instant;

use telecast::capture::frame::PixelFormat;
use telecast::cast::codec::VideoCodec;
use telecast::encode::convert::Converter;
use telecast::encode::layout::{Fit, Limits};
use telecast::encode::profile::Layout420;

use crate::scene::{self, PATCHES};

const LIMITS: Limits = Limits {
    max: (1920, 1080),
    min: (16, 16),
    fit: Fit::Picture,
    overscan_pct: 0,
};

/// Limited-range YUV of full-range RGB, for the luma weights of red and blue (ITU-R BT.601 and BT.709).
fn expected([r, g, b]: [u8; 3], (kr, kb): (f64, f64)) -> [f64; 3] {
    let (r, g, b) = (
        f64::from(r) / 255.0,
        f64::from(g) / 255.0,
        f64::from(b) / 255.0,
    );
    let y = kr * r + (1.0 - kr - kb) * g + kb * b;
    [
        16.0 + 219.0 * y,
        128.0 + 224.0 * (b - y) / (2.0 - 2.0 * kb),
        128.0 + 224.0 * (r - y) / (2.0 - 2.0 * kr),
    ]
}

#[test]
fn colours_are_those_of_the_codecs_matrix_within_two_steps() {
    telecast::chain::init().unwrap();
    for (codec, weights) in [
        (VideoCodec::Vp8, (0.299, 0.114)),
        (VideoCodec::H264, (0.2126, 0.0722)),
    ] {
        let mut converter = Converter::new(codec, 30, 1);
        let raw = scene::frame((640, 360), 0, Instant::now());
        let picture = converter.convert(&raw, &LIMITS, Layout420::I420).unwrap();
        let map = picture.buffer.map_readable().unwrap();
        for (index, patch) in PATCHES.iter().enumerate() {
            let (x, y) = (index * 80 + 40, 90);
            let chroma = (y / 2) * 320 + x / 2;
            let seen = [
                map[y * 640 + x],
                map[640 * 360 + chroma],
                map[640 * 360 + 320 * 180 + chroma],
            ];
            for (seen, expected) in seen.into_iter().zip(expected(*patch, weights)) {
                let off = (f64::from(seen) - expected).abs();
                assert!(
                    off <= 1.6,
                    "{codec} {patch:?}: {seen} instead of {expected:.1}"
                );
            }
        }
    }
}

#[test]
fn an_odd_size_loses_its_last_row_and_column_and_nothing_is_scaled() {
    telecast::chain::init().unwrap();
    for size in [(989, 568), (988, 569), (989, 569)] {
        let stride = size.0 as usize * 4;
        // A column in two is white: any scaling turns some of them grey.
        let pixels = (0..stride * size.1 as usize)
            .map(|at| at / 4 % size.0 as usize)
            .map(|x| if x.is_multiple_of(2) { 0xff } else { 0 })
            .collect();
        let raw = scene::raw(PixelFormat::Bgra, size, stride, pixels, Instant::now());
        let mut converter = Converter::new(VideoCodec::Vp8, 30, 1);
        let picture = converter.convert(&raw, &LIMITS, Layout420::I420).unwrap();
        assert_eq!(picture.size, (988, 568));
        let map = picture.buffer.map_readable().unwrap();
        let seen = (0..568).flat_map(|y| &map[y * 988..][..988]);
        let wrong = seen
            .zip([235_u8, 16].into_iter().cycle())
            .filter(|(seen, wanted)| seen.abs_diff(*wanted) > 1)
            .count();
        assert_eq!(wrong, 0, "of {size:?}");
    }
}
