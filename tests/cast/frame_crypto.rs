// SPDX-License-Identifier: GPL-3.0-or-later
//! `frame_crypto.json`.

use telecast::cast::crypto::FrameCipher;
use telecast::cast::frame::FrameId;
use telecast::cast::keys::StreamKeys;

use crate::support::{bytes, cases, uint, vectors};

#[test]
fn every_vector_encrypts_and_decrypts() {
    let file = vectors("frame_crypto.json");
    for case in cases(&file, "cases") {
        let cipher = FrameCipher::new(&StreamKeys {
            aes_key: bytes(case, "key").try_into().unwrap(),
            iv_mask: bytes(case, "iv_mask").try_into().unwrap(),
        });
        let id = FrameId(uint(case, "frame_id") as i64);
        assert_eq!(cipher.counter_block(id)[..], bytes(case, "nonce"), "{case}");
        let plain = bytes(case, "plaintext");
        let mut frame = plain.clone();
        cipher.apply(id, &mut frame);
        assert_eq!(frame, bytes(case, "ciphertext"), "{case}");
        cipher.apply(id, &mut frame);
        assert_eq!(frame, plain, "{case}");
    }
}
