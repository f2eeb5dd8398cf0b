// SPDX-License-Identifier: GPL-3.0-or-later
//! H.264: puts the colours into the sequence parameter set of an Annex B access unit.
//!
//! A new VUI also says that pictures come in the order in which they are shown, which spares decoders a delay of several
//! pictures.

use super::BT709;
use super::bits::{Reader, Writer, data_bits};

/// The access unit with BT.709 signalled; `None` when there is nothing to change or something unexpected in it.
pub(super) fn signal(unit: &[u8]) -> Option<Vec<u8>> {
    let (start, end) = find_sps(unit)?;
    let sps = unescape(unit.get(start..end)?);
    let changed = escape(&with_colours(&sps)?);
    let mut result = Vec::with_capacity(unit.len() + changed.len());
    result.extend_from_slice(unit.get(..start)?);
    result.extend_from_slice(&changed);
    result.extend_from_slice(unit.get(end..)?);
    Some(result)
}

/// Where the payload of the first SPS begins (after its header byte) and ends.
fn find_sps(unit: &[u8]) -> Option<(usize, usize)> {
    let starts = |from: usize| {
        let rest = unit.get(from..)?;
        rest.windows(3)
            .position(|three| three == [0, 0, 1])
            .map(|at| from + at)
    };
    let mut at = starts(0)?;
    loop {
        let next = starts(at + 3);
        if unit.get(at + 3)? & 0x1f == 7 {
            let end = next.unwrap_or(unit.len());
            // A start code of four bytes begins with a zero that belongs to nobody.
            let trailing = unit
                .get(at + 4..end)?
                .iter()
                .rev()
                .take_while(|byte| **byte == 0);
            return Some((at + 4, end - trailing.count()));
        }
        at = next?;
    }
}

/// Removes the bytes that keep start codes from appearing (H.264, 7.4.1).
fn unescape(payload: &[u8]) -> Vec<u8> {
    let mut result = Vec::with_capacity(payload.len());
    let mut zeros = 0;
    for byte in payload {
        if zeros >= 2 && *byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        result.push(*byte);
    }
    result
}

fn escape(payload: &[u8]) -> Vec<u8> {
    let mut result = Vec::with_capacity(payload.len() + 2);
    let mut zeros = 0;
    for byte in payload {
        if zeros >= 2 && *byte <= 3 {
            result.push(3);
            zeros = 0;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        result.push(*byte);
    }
    result
}

/// The parameter set with colours; `None` when it has some already.
fn with_colours(sps: &[u8]) -> Option<Vec<u8>> {
    let end = data_bits(sps)?;
    let mut reader = Reader::new(sps);
    let references = up_to_vui(&mut reader)?;
    let mut writer = Writer::default();
    let vui = reader.position();
    if !reader.bit()? {
        writer.copy(sps, 0, vui);
        new_vui(&mut writer, references);
        return Some(writer.finish());
    }
    // aspect_ratio_info_present_flag; 255 is an explicit ratio.
    if reader.bit()? && reader.bits(8)? == 255 {
        reader.skip(32)?;
    }
    // overscan_info_present_flag
    if reader.bit()? {
        reader.skip(1)?;
    }
    let signal_type = reader.position();
    writer.copy(sps, 0, signal_type);
    if reader.bit()? {
        let format = reader.bits(4)?;
        if reader.bit()? {
            return None;
        }
        writer.bit(true);
        writer.bits(format, 4);
        writer.bit(true);
        colours(&mut writer);
    } else {
        video_signal_type(&mut writer);
    }
    writer.copy(sps, reader.position(), end);
    Some(writer.finish())
}

/// Reads up to `vui_parameters_present_flag` (H.264, 7.3.2.1.1); the number of reference frames.
fn up_to_vui(reader: &mut Reader<'_>) -> Option<u32> {
    let profile = reader.bits(8)?;
    reader.skip(16)?;
    reader.golomb()?;
    if matches!(
        profile,
        100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128 | 138 | 139 | 134 | 135
    ) {
        if reader.golomb()? != 1 {
            return None;
        }
        reader.golomb()?;
        reader.golomb()?;
        reader.skip(1)?;
        // Scaling lists: nobody writes them for a screen.
        if reader.bit()? {
            return None;
        }
    }
    reader.golomb()?;
    match reader.golomb()? {
        0 => {
            reader.golomb()?;
        }
        1 => {
            reader.skip(1)?;
            reader.golomb()?;
            reader.golomb()?;
            for _ in 0..reader.golomb()?.min(255) {
                reader.golomb()?;
            }
        }
        _ => {}
    }
    let references = reader.golomb()?;
    reader.skip(1)?;
    reader.golomb()?;
    reader.golomb()?;
    if !reader.bit()? {
        reader.skip(1)?;
    }
    reader.skip(1)?;
    if reader.bit()? {
        for _ in 0..4 {
            reader.golomb()?;
        }
    }
    Some(references)
}

/// H.264, E.1.1, with nothing but colours and the picture order.
fn new_vui(writer: &mut Writer, references: u32) {
    writer.bit(true);
    // No aspect ratio, no overscan.
    writer.bits(0, 2);
    video_signal_type(writer);
    // No chroma location, timing, HRD (two kinds) and picture structure.
    writer.bits(0, 5);
    // bitstream_restriction: vectors may leave the picture, no limits of size, longest vectors, no reordering.
    writer.bits(0b11, 2);
    for value in [0, 0, 16, 16, 0, references] {
        writer.golomb(value);
    }
}

fn video_signal_type(writer: &mut Writer) {
    writer.bit(true);
    // Format unspecified, limited range, colours follow.
    writer.bits(5, 3);
    writer.bits(0b01, 2);
    colours(writer);
}

fn colours(writer: &mut Writer) {
    for code in BT709 {
        writer.bits(u32::from(code), 8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Constrained baseline, one reference, 640x360, without VUI; then a PPS.
    fn unit() -> Vec<u8> {
        let mut sps = Writer::default();
        for (value, bits) in [(66, 8), (0xc0, 8), (30, 8)] {
            sps.bits(value, bits);
        }
        for value in [0, 0, 2, 1] {
            sps.golomb(value);
        }
        sps.bit(false);
        sps.golomb(39);
        sps.golomb(22);
        sps.bits(0b110, 3);
        sps.bit(false);
        let mut unit = vec![0, 0, 0, 1, 0x67];
        unit.extend(escape(&sps.finish()));
        unit.extend([0, 0, 0, 1, 0x68, 0xce, 0x3c, 0x80, 0, 0, 1, 0x65, 0x88]);
        unit
    }

    #[test]
    fn colours_are_added_once_and_the_rest_stays() {
        let before = unit();
        let after = signal(&before).unwrap();
        assert!(after.ends_with(&[0, 0, 0, 1, 0x68, 0xce, 0x3c, 0x80, 0, 0, 1, 0x65, 0x88]));
        assert!(after.len() > before.len());
        assert_eq!(signal(&after), None);
    }

    #[test]
    fn escaping_is_undone() {
        let payload = [0, 0, 1, 5, 0, 0, 0, 0, 0, 3, 0, 0];
        assert_eq!(unescape(&escape(&payload)), payload);
        assert!(!escape(&payload).windows(3).any(|three| three == [0, 0, 1]));
    }
}
