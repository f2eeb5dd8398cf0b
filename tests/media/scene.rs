// SPDX-License-Identifier: GPL-3.0-or-later
//! Pictures for the tests: colour patches on a grey ramp, with something that moves.

use std::sync::Arc;
use std::time::Instant;

use telecast::capture::frame::{PixelFormat, RawFrame};

/// The patches from left to right, as red, green, blue.
pub const PATCHES: [[u8; 3]; 8] = [
    [255, 255, 255],
    [0, 0, 0],
    [200, 30, 30],
    [30, 170, 40],
    [30, 50, 190],
    [220, 200, 40],
    [128, 128, 128],
    [60, 180, 190],
];

/// The colour of the scene at a place: patches in the upper half, a ramp with a moving bar in the lower one.
pub fn colour(x: u32, y: u32, (width, height): (u32, u32), step: u32) -> [u8; 3] {
    if y < height / 2 {
        return PATCHES[(x * 8 / width) as usize];
    }
    let bar = (step * 8) % width;
    if x >= bar && x < bar + width / 16 {
        [240, 120, 20]
    } else {
        let grey = (40 + x * 160 / width) as u8;
        [grey, grey, grey]
    }
}

/// The scene as a raw frame.
pub fn frame(size: (u32, u32), step: u32, captured: Instant) -> RawFrame {
    frame_as(PixelFormat::Bgrx, size, step, captured)
}

/// The scene as a raw frame in one of the 4-byte formats, with a stride larger than the row.
pub fn frame_as(format: PixelFormat, size: (u32, u32), step: u32, captured: Instant) -> RawFrame {
    let stride = size.0 as usize * 4 + 64;
    let mut pixels = vec![0x55_u8; stride * size.1 as usize];
    for y in 0..size.1 {
        let row = &mut pixels[y as usize * stride..][..size.0 as usize * 4];
        for (x, pixel) in row.chunks_exact_mut(4).enumerate() {
            let [r, g, b] = colour(x as u32, y, size, step);
            let ordered = match format {
                PixelFormat::Rgbx | PixelFormat::Rgba => [r, g, b, 7],
                _ => [b, g, r, 7],
            };
            pixel.copy_from_slice(&ordered);
        }
    }
    raw(format, size, stride, pixels, captured)
}

/// A raw frame of packed pixels.
pub fn raw(
    format: PixelFormat,
    size: (u32, u32),
    stride: usize,
    pixels: Vec<u8>,
    captured: Instant,
) -> RawFrame {
    RawFrame::packed(format, size, stride, Arc::new(pixels), captured)
}
