// SPDX-License-Identifier: GPL-3.0-or-later
//! The first bits of encoded frames: enough to tell a decrypted frame from noise.

/// What the head of a video frame says.
#[derive(Debug, PartialEq, Eq)]
pub struct Head {
    pub is_key_frame: bool,
    /// Width and height in pixels; key frames only.
    pub size: Option<(u32, u32)>,
}

/// Reads bits from the front, the most significant first.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn new(bytes: &[u8]) -> Bits<'_> {
        Bits { bytes, at: 0 }
    }

    fn take(&mut self, count: usize) -> Option<u32> {
        (0..count).try_fold(0, |value, _| {
            let byte = *self.bytes.get(self.at / 8)?;
            let bit = byte >> (7 - self.at % 8) & 1;
            self.at += 1;
            Some(value << 1 | u32::from(bit))
        })
    }

    fn flag(&mut self) -> Option<bool> {
        self.take(1).map(|bit| bit == 1)
    }
}

/// VP8: RFC 6386, 9.1.
pub fn vp8(frame: &[u8]) -> Option<Head> {
    let &[a, b, c, ref rest @ ..] = frame else {
        return None;
    };
    let tag = u32::from_le_bytes([a, b, c, 0]);
    let (is_inter, version, first_part) = (tag & 1 == 1, tag >> 1 & 7, tag >> 5);
    if version > 3 || first_part as usize > rest.len() {
        return None;
    }
    if is_inter {
        return Some(Head {
            is_key_frame: false,
            size: None,
        });
    }
    let &[0x9d, 0x01, 0x2a, w0, w1, h0, h1, ..] = rest else {
        return None;
    };
    let side = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
    Some(Head {
        is_key_frame: true,
        size: Some((side(w0, w1), side(h0, h1))),
    })
}

/// VP9 of profile 0: the uncompressed header of the bitstream specification, 6.2.
pub fn vp9(frame: &[u8]) -> Option<Head> {
    let mut bits = Bits::new(frame);
    let (marker, profile, shows_existing) = (bits.take(2)?, bits.take(2)?, bits.flag()?);
    if marker != 2 || profile != 0 || shows_existing {
        return None;
    }
    let (is_inter, _show, _error_resilient) = (bits.flag()?, bits.flag()?, bits.flag()?);
    if is_inter {
        return Some(Head {
            is_key_frame: false,
            size: None,
        });
    }
    if bits.take(24)? != 0x49_83_42 {
        return None;
    }
    let (_color_space, _full_range) = (bits.take(3)?, bits.flag()?);
    let (width, height) = (bits.take(16)? + 1, bits.take(16)? + 1);
    Some(Head {
        is_key_frame: true,
        size: Some((width, height)),
    })
}

/// AV1: the open bitstream units of a temporal unit, each with a size field; the sequence header of a key frame.
pub fn av1(unit: &[u8]) -> Option<Head> {
    const SEQUENCE_HEADER: u32 = 1;
    const TEMPORAL_DELIMITER: u32 = 2;
    const FRAME_HEADER: u32 = 3;
    const FRAME: u32 = 6;
    let (mut rest, mut size, mut has_frame) = (unit, None, false);
    while !rest.is_empty() {
        let mut bits = Bits::new(rest);
        let (forbidden, kind, has_extension, has_size, reserved) = (
            bits.flag()?,
            bits.take(4)?,
            bits.flag()?,
            bits.flag()?,
            bits.flag()?,
        );
        if forbidden || reserved || !has_size {
            return None;
        }
        let (payload, after) = leb128_prefixed(rest.get(1 + usize::from(has_extension)..)?)?;
        match kind {
            SEQUENCE_HEADER => size = Some(av1_size(payload)?),
            FRAME_HEADER | FRAME => has_frame = true,
            TEMPORAL_DELIMITER | 4 | 5 | 7 | 8 | 15 => {}
            _ => return None,
        }
        rest = after;
    }
    has_frame.then_some(Head {
        is_key_frame: size.is_some(),
        size,
    })
}

fn leb128_prefixed(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut length = 0;
    for (index, byte) in bytes.iter().enumerate().take(8) {
        length |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return bytes.get(index + 1..)?.split_at_checked(length);
        }
    }
    None
}

/// The largest picture of a sequence, for headers without timing information, with one operating point.
fn av1_size(header: &[u8]) -> Option<(u32, u32)> {
    let mut bits = Bits::new(header);
    let (profile, _still, reduced) = (bits.take(3)?, bits.flag()?, bits.flag()?);
    if profile != 0 || reduced || bits.flag()? {
        return None;
    }
    let (_display_delay, points, _idc, level) =
        (bits.flag()?, bits.take(5)?, bits.take(12)?, bits.take(5)?);
    if points != 0 {
        return None;
    }
    if level > 7 {
        bits.flag()?;
    }
    let (width_bits, height_bits) = (bits.take(4)? as usize + 1, bits.take(4)? as usize + 1);
    Some((bits.take(width_bits)? + 1, bits.take(height_bits)? + 1))
}

/// An Opus packet: the table of contents and the count of frames fit the length (RFC 6716, 3.2) and say 10 or 20 ms.
pub fn is_opus_packet(packet: &[u8]) -> bool {
    let Some((toc, rest)) = packet.split_first() else {
        return false;
    };
    let frames = match toc & 3 {
        0 => 1,
        1 if rest.len() % 2 == 0 => 2,
        2 if rest.len() > 1 => 2,
        3 if !rest.is_empty() => u32::from(rest[0] & 0x3f),
        _ => return false,
    };
    let tenths_of_ms = match toc >> 3 {
        config @ 0..=11 => [100, 200, 400, 600][usize::from(config % 4)],
        config @ 12..=15 => [100, 200][usize::from(config % 2)],
        config => [25, 50, 100, 200][usize::from(config % 4)],
    };
    matches!(frames * tenths_of_ms, 100 | 200)
}
