// SPDX-License-Identifier: GPL-3.0-or-later
//! The ADTS header of an AAC frame (ISO/IEC 13818-7, 6.2): bytes in, its fields out.

/// Sampling rates by `sampling_frequency_index`.
const RATES: [u32; 13] = [
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
    7_350,
];

/// What an ADTS header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Samples per second.
    pub rate: u32,
    /// Channels, 1 to 8.
    pub channels: u32,
    /// Length of the frame in bytes, with the header.
    pub length: usize,
}

/// Reads the header at the beginning of `frame`. `None` when there is none, or it says something impossible.
pub fn parse(frame: &[u8]) -> Option<Header> {
    let &[0xff, b1, b2, b3, b4, b5, _, ..] = frame else {
        return None;
    };
    // The rest of the sync word, and layer 0.
    if b1 & 0xf6 != 0xf0 {
        return None;
    }
    let rate = *RATES.get(usize::from((b2 >> 2) & 0x0f))?;
    let channels = match (b2 & 1) << 2 | b3 >> 6 {
        0 => return None,
        7 => 8,
        count => u32::from(count),
    };
    let length = usize::from(b3 & 3) << 11 | usize::from(b4) << 3 | usize::from(b5 >> 5);
    (7..=frame.len()).contains(&length).then_some(Header {
        rate,
        channels,
        length,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_of_a_stereo_frame_is_read() {
        let mut frame = vec![0xff, 0xf1, 0x4c, 0x80, 0x02, 0x1f, 0xfc];
        frame.resize(16, 0);
        assert_eq!(
            parse(&frame),
            Some(Header {
                rate: 48_000,
                channels: 2,
                length: 16
            })
        );
    }

    #[test]
    fn what_is_no_header_is_none() {
        assert_eq!(parse(&[]), None);
        assert_eq!(parse(&[0xff; 7]), None);
        // A length beyond the data.
        assert_eq!(parse(&[0xff, 0xf1, 0x4c, 0x80, 0xff, 0x1f, 0xfc]), None);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_without_harm_and_no_frame_is_longer_than_they_are(
            sync in proptest::bool::ANY,
            mut frame in proptest::collection::vec(proptest::num::u8::ANY, 0..40),
        ) {
            if sync && frame.len() > 1 {
                (frame[0], frame[1]) = (0xff, 0xf1);
            }
            if let Some(header) = parse(&frame) {
                assert!((7..=frame.len()).contains(&header.length));
                assert!((1..=8).contains(&header.channels) && header.rate >= 7_350);
            }
        }
    }
}
