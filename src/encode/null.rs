// SPDX-License-Identifier: GPL-3.0-or-later
//! The null encoder: frames of a recording instead of encoded pictures. Raw frame in, recorded frame out.
//!
//! Everything but the encoding is real, so that benchmarks can tell what the rest costs.

use bytes::Bytes;

/// Frames to be given out in turn.
#[derive(Debug, Clone)]
pub struct Recording {
    /// Size of the recorded pictures.
    pub size: (u32, u32),
    /// A key frame.
    pub key: Bytes,
    /// The frames that follow it, given out in a circle.
    pub following: Vec<Bytes>,
}

impl Recording {
    /// Frames of random-looking bytes: a key frame of `key` bytes and others of `others` bytes.
    pub fn synthetic(size: (u32, u32), key: usize, others: usize) -> Recording {
        // xorshift64: cheap, and like real frames it does not compress.
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut bytes = |length: usize| {
            (0..length)
                .map(|_| {
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    state as u8
                })
                .collect::<Bytes>()
        };
        Recording {
            size,
            key: bytes(key),
            following: (0..30).map(|_| bytes(others)).collect(),
        }
    }
}

/// Position in a [`Recording`].
#[derive(Debug, Default)]
pub struct NullEncoder {
    position: Option<usize>,
}

impl NullEncoder {
    /// The next frame, and whether it is a key frame.
    pub fn next(&mut self, recording: &Recording, key_frame: bool) -> (Bytes, bool) {
        let following = &recording.following;
        match self.position {
            Some(position) if !key_frame && !following.is_empty() => {
                self.position = Some((position + 1) % following.len());
                let frame = following.get(position).unwrap_or(&recording.key);
                (frame.clone(), false)
            }
            _ => {
                self.position = Some(0);
                (recording.key.clone(), true)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_starts_with_its_key_frame_and_returns_to_it_when_asked() {
        let recording = Recording::synthetic((64, 64), 100, 10);
        let mut encoder = NullEncoder::default();
        let lengths: Vec<(usize, bool)> = [false, false, true, false]
            .into_iter()
            .map(|key| {
                let (data, is_key) = encoder.next(&recording, key);
                (data.len(), is_key)
            })
            .collect();
        assert_eq!(
            lengths,
            [(100, true), (10, false), (100, true), (10, false)]
        );
    }
}
