// SPDX-License-Identifier: GPL-3.0-or-later
//! The time code: a time in, 64 cells out, and back.

use std::time::Duration;

/// Columns of the code's grid of cells.
pub const COLUMNS: u32 = 16;

/// Rows of the code's grid of cells.
pub const ROWS: u32 = 4;

/// The code for `time`: 48 bits of microseconds (8.9 years of uptime), then 16 bits of check sum.
///
/// Bit 63 is the cell at the top left; cells follow in reading order; a set bit is a dark cell.
pub fn encode(time: Duration) -> u64 {
    let micros = time.as_micros() as u64 & 0xFFFF_FFFF_FFFF;
    micros << 16 | u64::from(checksum(micros))
}

/// The time in `code`, or `None` when the check sum does not fit.
pub fn decode(code: u64) -> Option<Duration> {
    let micros = code >> 16;
    (checksum(micros) == code as u16).then(|| Duration::from_micros(micros))
}

/// CRC-16 (CCITT polynomial 0x1021, start 0xFFFF) of the 48 bits. All-dark and all-light grids do not pass.
fn checksum(micros: u64) -> u16 {
    micros.to_be_bytes()[2..]
        .iter()
        .fold(0xFFFF_u16, |crc, byte| {
            (0..8).fold(crc ^ u16::from(*byte) << 8, |crc, _| {
                if crc & 0x8000 == 0 {
                    crc << 1
                } else {
                    crc << 1 ^ 0x1021
                }
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_survives_the_code() {
        for micros in [0, 1, 999_999, 1 << 40, (1 << 48) - 1] {
            let time = Duration::from_micros(micros);
            assert_eq!(decode(encode(time)), Some(time));
        }
    }

    #[test]
    fn one_wrong_cell_is_noticed() {
        let code = encode(Duration::from_micros(123_456_789_012));
        for bit in 0..64 {
            assert_eq!(decode(code ^ 1 << bit), None, "bit {bit}");
        }
    }

    #[test]
    fn a_blank_grid_is_no_time() {
        assert_eq!(decode(0), None);
        assert_eq!(decode(u64::MAX), None);
    }
}
