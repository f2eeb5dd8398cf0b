// SPDX-License-Identifier: GPL-3.0-or-later
//! The little that must be known of a coded frame: whether it is a key frame, and its colours. Bytes in, facts out.
//!
//! Encoders mark key frames by a buffer flag, but not all of them reliably; a dependent frame announced as a key frame
//! ends in a grey picture on the TV, so the bytes decide.

pub mod colour;

use super::codec::VideoCodec;

/// Whether the frame can be decoded alone and resets the decoder. Bytes that are no frame are none.
pub fn is_key_frame(codec: VideoCodec, frame: &[u8]) -> bool {
    match codec {
        VideoCodec::Vp8 => vp8(frame),
        VideoCodec::Vp9 => vp9(frame),
        VideoCodec::H264 => h264(frame),
        VideoCodec::Av1 => av1(frame),
    }
}

/// RFC 6386, 9.1: the lowest bit of the frame tag is 0, and the start code follows.
fn vp8(frame: &[u8]) -> bool {
    matches!(frame, [tag, _, _, 0x9d, 0x01, 0x2a, ..] if tag & 1 == 0)
}

/// VP9 bitstream specification 6.2: `frame_marker` (2 bits, value 2), two profile bits, a reserved bit for profile 3,
/// `show_existing_frame`, `frame_type` (0 is a key frame).
fn vp9(frame: &[u8]) -> bool {
    let Some(first) = frame.first() else {
        return false;
    };
    let bit = |position: u8| (first >> (7 - position)) & 1;
    let marker = first >> 6;
    let profile = bit(2) | (bit(3) << 1);
    let after = if profile == 3 { 5 } else { 4 };
    marker == 2 && bit(after) == 0 && bit(after + 1) == 0
}

/// Annex B: an IDR slice, together with both parameter sets.
fn h264(frame: &[u8]) -> bool {
    let (mut idr, mut sps, mut pps) = (false, false, false);
    for unit in nal_types(frame) {
        match unit {
            5 => idr = true,
            7 => sps = true,
            8 => pps = true,
            _ => {}
        }
    }
    idr && sps && pps
}

/// Types of the NAL units of an Annex B access unit.
fn nal_types(frame: &[u8]) -> impl Iterator<Item = u8> {
    frame
        .windows(4)
        .filter(|window| window.starts_with(&[0, 0, 1]))
        .filter_map(|window| window.last())
        .map(|header| header & 0x1f)
}

/// A temporal unit with a sequence header, which encoders write with key frames only, and a frame whose type is 0.
fn av1(frame: &[u8]) -> bool {
    let mut rest = frame;
    let mut sequence = false;
    while let Some((kind, payload, after)) = obu(rest) {
        match kind {
            1 => sequence = true,
            // A frame header, alone or with its tiles: show_existing_frame (1 bit), then frame_type (2 bits).
            3 | 6 => return sequence && payload.first().is_some_and(|byte| byte >> 5 == 0),
            _ => {}
        }
        rest = after;
    }
    false
}

/// Splits an OBU off (AV1 specification 5.3): its type, its payload, and what follows.
fn obu(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (header, mut rest) = bytes.split_first()?;
    if header & 0x04 != 0 {
        rest = rest.get(1..)?;
    }
    let size = if header & 0x02 == 0 {
        rest.len()
    } else {
        let (size, length) = leb128(rest)?;
        rest = rest.get(length..)?;
        size
    };
    let payload = rest.get(..size)?;
    Some(((header >> 3) & 0x0f, payload, rest.get(size..)?))
}

/// A little-endian base-128 number and its length in bytes.
fn leb128(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0_usize;
    for (index, byte) in bytes.iter().take(8).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, index + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_frames_are_told_from_others_by_their_bytes() {
        let cases: [(VideoCodec, &[u8], bool); 12] = [
            (VideoCodec::Vp8, &[0x10, 0, 0, 0x9d, 0x01, 0x2a, 0, 0], true),
            (
                VideoCodec::Vp8,
                &[0x11, 0, 0, 0x9d, 0x01, 0x2a, 0, 0],
                false,
            ),
            (VideoCodec::Vp8, &[0x10], false),
            (VideoCodec::Vp9, &[0x82, 0x49, 0x83, 0x42], true),
            (VideoCodec::Vp9, &[0x86, 0, 0, 0], false),
            (VideoCodec::Vp9, &[], false),
            (
                VideoCodec::H264,
                &[0, 0, 0, 1, 0x67, 1, 0, 0, 1, 0x68, 1, 0, 0, 1, 0x65, 9],
                true,
            ),
            (VideoCodec::H264, &[0, 0, 1, 0x65, 9, 9], false),
            (VideoCodec::H264, &[0, 0, 0, 1, 0x41, 9, 9], false),
            // Temporal delimiter, sequence header of one byte, frame of type 0.
            (
                VideoCodec::Av1,
                &[0x12, 0, 0x0a, 1, 0, 0x32, 2, 0x10, 0],
                true,
            ),
            (VideoCodec::Av1, &[0x12, 0, 0x32, 2, 0x30, 0], false),
            (VideoCodec::Av1, &[0x12, 0xff, 0xff, 0xff], false),
        ];
        for (codec, frame, expected) in cases {
            assert_eq!(is_key_frame(codec, frame), expected, "{codec} {frame:02x?}");
        }
    }
}
