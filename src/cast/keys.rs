// SPDX-License-Identifier: GPL-3.0-or-later
//! The key and IV mask of one stream, as they travel in the OFFER. Never shows them in `Debug`.

use std::fmt;

/// AES-128 key and IV mask of one stream of one session. A new OFFER brings new ones; the bytes must come from a
/// cryptographic random source.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct StreamKeys {
    /// The AES-128 key (`aesKey`).
    pub aes_key: [u8; 16],
    /// What every initial counter block is combined with by XOR (`aesIvMask`).
    pub iv_mask: [u8; 16],
}

impl StreamKeys {
    /// Reads both fields of an OFFER: exactly 32 hex digits each, in either case; `None` for anything else.
    pub fn from_hex(aes_key: &str, iv_mask: &str) -> Option<StreamKeys> {
        Some(StreamKeys {
            aes_key: unhex(aes_key)?,
            iv_mask: unhex(iv_mask)?,
        })
    }

    /// The key as 32 lower-case hex digits, for the OFFER and nothing else.
    pub fn aes_key_hex(&self) -> String {
        hex(&self.aes_key)
    }

    /// The IV mask as 32 lower-case hex digits, for the OFFER and nothing else.
    pub fn iv_mask_hex(&self) -> String {
        hex(&self.iv_mask)
    }
}

impl fmt::Debug for StreamKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StreamKeys(secret)")
    }
}

fn hex(bytes: &[u8; 16]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 0xF])
        .map(|nibble| char::from(DIGITS[usize::from(nibble)]))
        .collect()
}

fn unhex(text: &str) -> Option<[u8; 16]> {
    let digits: &[u8; 32] = text.as_bytes().try_into().ok()?;
    let mut bytes = [0; 16];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let nibble = |digit: u8| char::from(digit).to_digit(16);
        *byte = (nibble(pair[0])? << 4 | nibble(pair[1])?) as u8;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_is_read_in_either_case_and_written_in_lower_case() {
        let keys = StreamKeys::from_hex(
            "00112233445566778899AABBCCDDEEFF",
            "ffeeddccbbaa99887766554433221100",
        )
        .unwrap();
        assert_eq!(keys.aes_key[10], 0xAA);
        assert_eq!(keys.aes_key_hex(), "00112233445566778899aabbccddeeff");
        assert_eq!(keys.iv_mask_hex(), "ffeeddccbbaa99887766554433221100");
    }

    #[test]
    fn anything_but_32_hex_digits_is_refused() {
        let good = "00112233445566778899aabbccddeeff";
        for bad in [
            "",
            "0011",
            "00112233445566778899aabbccddeef ",
            "00112233445566778899aabbccddeefg",
            "+0112233445566778899aabbccddeeff",
        ] {
            assert_eq!(StreamKeys::from_hex(bad, good), None, "{bad}");
            assert_eq!(StreamKeys::from_hex(good, bad), None, "{bad}");
        }
    }

    #[test]
    fn debug_output_holds_no_key_byte() {
        let keys = StreamKeys {
            aes_key: [0xAB; 16],
            iv_mask: [0xCD; 16],
        };
        assert_eq!(format!("{keys:?}"), "StreamKeys(secret)");
    }
}
