// SPDX-License-Identifier: GPL-3.0-or-later
//! The start of an encoded frame (the first byte names the codec), which is looked into for key frames and colours.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telecast::cast::bitstream::{colour, is_key_frame};
use telecast::cast::codec::VideoCodec;

/// What naming the colours may add to a frame, in bytes.
const MARGIN: usize = 64;

fuzz_target!(|data: &[u8]| {
    let Some((codec, frame)) = data.split_first() else {
        return;
    };
    let codec = VideoCodec::ALL[usize::from(*codec) % VideoCodec::ALL.len()];
    is_key_frame(codec, frame);
    colour::matrix(codec, frame);
    let signalled = colour::signal(codec, frame.to_vec());
    // Bytes that look like a start code may have to be escaped.
    assert!(signalled.len() <= frame.len() + frame.len() / 2 + MARGIN);
});
