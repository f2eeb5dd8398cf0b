// SPDX-License-Identifier: GPL-3.0-or-later
//! A frame's bytes in, the same number of bytes out: AES-128-CTR with a counter block made of the full frame id.
//!
//! A frame is encrypted once, whole, before it is cut into packets; a packet sent again carries the same bytes.
//! Headers, extensions and RTCP stay clear, and there is no authentication tag. Never shows a key.
//!
//! ```text
//! initial counter block, 16 bytes
//!   0               8           12          16
//!   +---------------+-----------+-----------+
//!   | zero          | frame id, | zero      |   XOR aesIvMask; then +1 (128 bits, big-endian) for each 16 bytes
//!   |               | low 32 bit|           |
//!   +---------------+-----------+-----------+
//! ```

use std::fmt;

use aes::Aes128Enc;
use aes::cipher::{InnerIvInit, KeyInit, StreamCipher};
use bytes::{Bytes, BytesMut};
use ctr::{Ctr128BE, CtrCore};

use crate::cast::frame::FrameId;
use crate::cast::keys::StreamKeys;

/// Encrypts and decrypts the frames of one stream (in counter mode that is the same operation).
///
/// The key schedule is computed once; a frame costs no allocation of its own.
#[derive(Clone)]
pub struct FrameCipher {
    aes: Aes128Enc,
    iv_mask: [u8; 16],
}

impl FrameCipher {
    /// The cipher of a stream with these keys.
    pub fn new(keys: &StreamKeys) -> FrameCipher {
        FrameCipher {
            aes: Aes128Enc::new(&keys.aes_key.into()),
            iv_mask: keys.iv_mask,
        }
    }

    /// Encrypts or decrypts all bytes of frame `id` in place. The id is the full one, not the byte on the wire:
    /// frame 256 has another key stream than frame 0.
    pub fn apply(&self, id: FrameId, frame: &mut [u8]) {
        let block = self.counter_block(id);
        let core = CtrCore::inner_iv_init(self.aes.clone(), &block.into());
        let mut stream: Ctr128BE<Aes128Enc> = Ctr128BE::from_core(core);
        stream.apply_keystream(frame);
    }

    /// Like [`apply`](Self::apply), for a frame that may have other owners: in place when it has none, else in a copy.
    #[must_use]
    pub fn apply_owned(&self, id: FrameId, frame: Bytes) -> Bytes {
        let mut bytes = frame
            .try_into_mut()
            .unwrap_or_else(|shared| BytesMut::from(&shared[..]));
        self.apply(id, &mut bytes);
        bytes.freeze()
    }

    /// The first counter block of a frame.
    pub fn counter_block(&self, id: FrameId) -> [u8; 16] {
        let mut block = self.iv_mask;
        for (byte, of_id) in block[8..12].iter_mut().zip((id.0 as u32).to_be_bytes()) {
            *byte ^= of_id;
        }
        block
    }
}

impl fmt::Debug for FrameCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FrameCipher(secret)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cipher() -> FrameCipher {
        FrameCipher::new(&StreamKeys {
            aes_key: [0xA7; 16],
            iv_mask: [0x5C; 16],
        })
    }

    #[test]
    fn frames_256_apart_do_not_share_a_key_stream() {
        let (mut first, mut later) = ([0; 64], [0; 64]);
        cipher().apply(FrameId(0), &mut first);
        cipher().apply(FrameId(256), &mut later);
        assert_ne!(first, later);
    }

    #[test]
    fn a_frame_with_another_owner_is_copied_and_left_as_it_was() {
        let original = Bytes::from(vec![9; 40]);
        let encrypted = cipher().apply_owned(FrameId(3), original.clone());
        assert_eq!(original, vec![9; 40]);
        assert_ne!(encrypted, original);
        assert_eq!(cipher().apply_owned(FrameId(3), encrypted), original);
    }

    #[test]
    fn a_frame_with_one_owner_is_encrypted_where_it_lies() {
        let frame = Bytes::from(vec![9; 4000]);
        let place = frame.as_ptr();
        assert_eq!(cipher().apply_owned(FrameId(3), frame).as_ptr(), place);
    }

    #[test]
    fn an_empty_frame_stays_empty() {
        assert!(cipher().apply_owned(FrameId(0), Bytes::new()).is_empty());
    }

    #[test]
    fn debug_output_holds_no_key_byte() {
        assert_eq!(format!("{:?}", cipher()), "FrameCipher(secret)");
    }
}
