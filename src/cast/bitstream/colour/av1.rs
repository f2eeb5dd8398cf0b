// SPDX-License-Identifier: GPL-3.0-or-later
//! AV1: puts the colours into the sequence header of a temporal unit.

use super::BT709;
use super::bits::{Reader, Writer, data_bits};

/// `obu_type` of a sequence header.
const SEQUENCE_HEADER: u8 = 1;

/// The temporal unit with BT.709 signalled; `None` when there is nothing to change or something unexpected in it.
pub(super) fn signal(unit: &[u8]) -> Option<Vec<u8>> {
    let place = find_sequence_header(unit)?;
    let changed = with_colours(unit.get(place.start..place.end)?)?;
    let mut result = unit.get(..place.size_at)?.to_vec();
    write_leb128(&mut result, changed.len());
    result.extend_from_slice(&changed);
    result.extend_from_slice(unit.get(place.end..)?);
    Some(result)
}

/// The matrix that the sequence header names.
pub(super) fn matrix(unit: &[u8]) -> Option<u8> {
    let place = find_sequence_header(unit)?;
    let mut reader = Reader::new(unit.get(place.start..place.end)?);
    up_to_colours(&mut reader)?;
    if !reader.bit()? {
        return None;
    }
    // Primaries and transfer come first.
    reader.skip(16)?;
    reader.bits(8).map(|code| code as u8)
}

/// Where the sequence header's size and payload lie.
struct Place {
    size_at: usize,
    start: usize,
    end: usize,
}

fn find_sequence_header(unit: &[u8]) -> Option<Place> {
    let mut at = 0;
    loop {
        let header = *unit.get(at)?;
        // Without a size there is no finding the end; with an extension the size comes one byte later.
        if header & 0x02 == 0 {
            return None;
        }
        let size_at = at + 1 + usize::from(header >> 2 & 1);
        let (size, length) = leb128(unit.get(size_at..)?)?;
        let start = size_at + length;
        let end = start.checked_add(size)?;
        if header >> 3 & 0x0f == SEQUENCE_HEADER {
            return Some(Place {
                size_at,
                start,
                end,
            });
        }
        at = end;
    }
}

/// A little-endian base-128 number and its length in bytes.
fn leb128(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0_usize;
    for (index, byte) in bytes.iter().take(4).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, index + 1));
        }
    }
    None
}

fn write_leb128(bytes: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

fn with_colours(header: &[u8]) -> Option<Vec<u8>> {
    let end = data_bits(header)?;
    let mut reader = Reader::new(header);
    up_to_colours(&mut reader)?;
    let at = reader.position();
    // color_description_present_flag
    if reader.bit()? {
        return None;
    }
    let mut writer = Writer::default();
    writer.copy(header, 0, at);
    writer.bit(true);
    for code in BT709 {
        writer.bits(u32::from(code), 8);
    }
    writer.copy(header, at + 1, end);
    Some(writer.finish())
}

/// Reads up to `color_description_present_flag` (AV1 specification, 5.5.1 and 5.5.2) of profile 0.
fn up_to_colours(reader: &mut Reader<'_>) -> Option<()> {
    let profile = reader.bits(3)?;
    let still_picture = reader.bit()?;
    let reduced = reader.bit()?;
    if profile != 0 || still_picture || reduced {
        return None;
    }
    let buffer_delay_bits = timing(reader)?;
    operating_points(reader, buffer_delay_bits)?;
    let width_bits = reader.bits(4)? + 1;
    let height_bits = reader.bits(4)? + 1;
    reader.skip(width_bits + height_bits)?;
    // frame_id_numbers_present_flag
    if reader.bit()? {
        reader.skip(7)?;
    }
    // Superblocks of 128, filter intra, intra edge, inter-intra, masked compound, warped motion, dual filter.
    reader.skip(7)?;
    let order_hint = reader.bit()?;
    if order_hint {
        reader.skip(2)?;
    }
    // seq_choose_screen_content_tools, else seq_force_screen_content_tools
    let screen_content = reader.bit()? || reader.bit()?;
    // seq_choose_integer_mv, else seq_force_integer_mv
    if screen_content && !reader.bit()? {
        reader.skip(1)?;
    }
    if order_hint {
        reader.skip(3)?;
    }
    // Super-resolution, CDEF, restoration; then color_config: high_bitdepth, mono_chrome.
    reader.skip(5)
}

/// The length of buffer delays in bits; 0 without a decoder model.
fn timing(reader: &mut Reader<'_>) -> Option<u32> {
    if !reader.bit()? {
        return Some(0);
    }
    reader.skip(64)?;
    // equal_picture_interval, then a number written like Exp-Golomb.
    if reader.bit()? {
        reader.golomb()?;
    }
    if !reader.bit()? {
        return Some(0);
    }
    let delay_bits = reader.bits(5)? + 1;
    reader.skip(42)?;
    Some(delay_bits)
}

fn operating_points(reader: &mut Reader<'_>, buffer_delay_bits: u32) -> Option<()> {
    let display_delay = reader.bit()?;
    for _ in 0..=reader.bits(5)? {
        reader.skip(12)?;
        // seq_level_idx; levels above 3.3 have a tier.
        if reader.bits(5)? > 7 {
            reader.skip(1)?;
        }
        if buffer_delay_bits > 0 && reader.bit()? {
            reader.skip(2 * buffer_delay_bits + 1)?;
        }
        if display_delay && reader.bit()? {
            reader.skip(4)?;
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_without_a_sequence_header_stays() {
        assert_eq!(signal(&[0x12, 0, 0x32, 1, 0x10]), None);
    }

    #[test]
    fn sizes_are_written_as_they_are_read() {
        for size in [0, 1, 127, 128, 300, 20_000] {
            let mut bytes = Vec::new();
            write_leb128(&mut bytes, size);
            assert_eq!(leb128(&bytes), Some((size, bytes.len())));
        }
    }
}
