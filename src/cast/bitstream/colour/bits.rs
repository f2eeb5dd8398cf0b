// SPDX-License-Identifier: GPL-3.0-or-later
//! Bits of a header, most significant first: reading, copying, writing.

/// Reads bits; past the end there is nothing.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes, position: 0 }
    }

    /// How many bits were read.
    pub(super) fn position(&self) -> usize {
        self.position
    }

    pub(super) fn bit(&mut self) -> Option<bool> {
        let byte = self.bytes.get(self.position / 8)?;
        let bit = (byte >> (7 - self.position % 8)) & 1;
        self.position += 1;
        Some(bit == 1)
    }

    /// A number of up to 32 bits.
    pub(super) fn bits(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            value = value << 1 | u32::from(self.bit()?);
        }
        Some(value)
    }

    pub(super) fn skip(&mut self, count: u32) -> Option<()> {
        for _ in 0..count {
            self.bit()?;
        }
        Some(())
    }

    /// An unsigned Exp-Golomb number (H.264, 9.1).
    pub(super) fn golomb(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.bit()? {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        let rest = self.bits(zeros)?;
        Some((1_u32 << zeros) - 1 + rest)
    }
}

/// Writes bits.
#[derive(Default)]
pub(super) struct Writer {
    bytes: Vec<u8>,
    used: usize,
}

impl Writer {
    pub(super) fn bit(&mut self, bit: bool) {
        if self.used.is_multiple_of(8) {
            self.bytes.push(0);
        }
        if let Some(last) = self.bytes.last_mut() {
            *last |= u8::from(bit) << (7 - self.used % 8);
        }
        self.used += 1;
    }

    /// The lowest `count` bits of a value.
    pub(super) fn bits(&mut self, value: u32, count: u32) {
        for position in (0..count).rev() {
            self.bit(value >> position & 1 == 1);
        }
    }

    /// An unsigned Exp-Golomb number.
    pub(super) fn golomb(&mut self, value: u32) {
        let plus = value.saturating_add(1);
        let length = 32 - plus.leading_zeros();
        self.bits(0, length - 1);
        self.bits(plus, length);
    }

    /// Copies bits `from..to` of `bytes`.
    pub(super) fn copy(&mut self, bytes: &[u8], from: usize, to: usize) {
        for position in from..to {
            let byte = bytes.get(position / 8).copied().unwrap_or(0);
            self.bit(byte >> (7 - position % 8) & 1 == 1);
        }
    }

    /// The stop bit and zeros up to the next byte.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.bit(true);
        self.bytes
    }
}

/// Where the data of a payload ends that is closed by a stop bit and zeros.
pub(super) fn data_bits(bytes: &[u8]) -> Option<usize> {
    let last = bytes.iter().rposition(|byte| *byte != 0)?;
    let zeros = bytes.get(last)?.trailing_zeros() as usize;
    Some(last * 8 + 7 - zeros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_survive_writing_and_reading() {
        let mut writer = Writer::default();
        for value in [0, 1, 2, 7, 255, 65_535] {
            writer.golomb(value);
        }
        writer.bits(0b1011, 4);
        let bytes = writer.finish();
        let mut reader = Reader::new(&bytes);
        for value in [0, 1, 2, 7, 255, 65_535] {
            assert_eq!(reader.golomb(), Some(value));
        }
        assert_eq!(reader.bits(4), Some(0b1011));
        assert_eq!(data_bits(&bytes), Some(reader.position()));
    }
}
