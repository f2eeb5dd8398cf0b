// SPDX-License-Identifier: GPL-3.0-or-later
//! The colours that a key frame names: reading them, and writing them where the encoder did not. A coded key frame in, its
//! matrix or the same frame signalling BT.709 out.
//!
//! Few encoder elements pass the colours on to their stream. A decoder that finds none guesses by the size of the
//! picture, and reds and greens come out wrong by 20 of 255. What has another form than expected is left as it is.

mod av1;
mod bits;
mod h264;

use crate::cast::codec::VideoCodec;

/// BT.709 in the code points that H.264 and AV1 share (ITU-T H.273): primaries, transfer, matrix.
const BT709: [u8; 3] = [1, 1, 1];

/// The key frame with its colours signalled. VP8 has no place for it, and no other colours than BT.601.
pub fn signal(codec: VideoCodec, key_frame: Vec<u8>) -> Vec<u8> {
    match codec {
        VideoCodec::Vp8 => key_frame,
        VideoCodec::Vp9 => vp9(key_frame),
        VideoCodec::H264 => h264::signal(&key_frame).unwrap_or(key_frame),
        VideoCodec::Av1 => av1::signal(&key_frame).unwrap_or(key_frame),
    }
}

/// The matrix that a key frame names, as a code point of ITU-T H.273 (1 is BT.709, 6 BT.601). `None` for unknown colours,
/// other frames, and H.264, whose decoders read it themselves.
pub fn matrix(codec: VideoCodec, key_frame: &[u8]) -> Option<u8> {
    match (codec, key_frame) {
        (VideoCodec::Vp8, _) => Some(6),
        (VideoCodec::Vp9, [flags, 0x49, 0x83, 0x42, colours, ..]) if flags & 0xfc == 0x80 => {
            match colours >> 5 {
                1 | 3 => Some(6),
                2 => Some(1),
                _ => None,
            }
        }
        (VideoCodec::Av1, _) => av1::matrix(key_frame),
        _ => None,
    }
}

/// VP9, profile 0: after 8 bits of flags and the sync code come 3 bits of colour space, where 0 is unknown and 2 BT.709
/// (VP9 bitstream specification, 7.2.2).
fn vp9(mut key_frame: Vec<u8>) -> Vec<u8> {
    if let [flags, 0x49, 0x83, 0x42, colours, ..] = key_frame.as_mut_slice()
        && *flags & 0xfc == 0x80
        && *colours >> 5 == 0
    {
        *colours |= 2 << 5;
    }
    key_frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_vp9_colour_space_becomes_bt709_and_a_known_one_stays() {
        let frame = |colours: u8| vec![0x82, 0x49, 0x83, 0x42, colours, 9];
        assert_eq!(signal(VideoCodec::Vp9, frame(0x07)), frame(0x47));
        assert_eq!(signal(VideoCodec::Vp9, frame(0x27)), frame(0x27));
    }

    #[test]
    fn what_was_signalled_is_read() {
        let frame = |colours: u8| [0x82, 0x49, 0x83, 0x42, colours];
        assert_eq!(matrix(VideoCodec::Vp9, &frame(0x40)), Some(1));
        assert_eq!(matrix(VideoCodec::Vp9, &frame(0x20)), Some(6));
        assert_eq!(matrix(VideoCodec::Vp9, &frame(0x00)), None);
        assert_eq!(matrix(VideoCodec::Vp9, &[0x86]), None);
        assert_eq!(matrix(VideoCodec::Vp8, &[]), Some(6));
    }

    #[test]
    fn garbage_is_returned_as_it_came() {
        let mut state = 1_u32;
        for length in 0..200 {
            let garbage: Vec<u8> = (0..length)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state >> 24) as u8
                })
                .collect();
            assert_eq!(signal(VideoCodec::Vp8, garbage.clone()), garbage);
            assert_eq!(signal(VideoCodec::H264, garbage.clone()), garbage);
        }
        assert_eq!(signal(VideoCodec::Vp9, vec![1]), vec![1]);
        assert_eq!(signal(VideoCodec::Av1, vec![0x0a, 0x80]), vec![0x0a, 0x80]);
    }
}
