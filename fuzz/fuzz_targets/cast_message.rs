// SPDX-License-Identifier: GPL-3.0-or-later
//! The byte stream of a TLS connection, cut in pieces of one size (the first byte): however it is cut, the same messages
//! come out, each can be written again, and no more than one message is held.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telecast::cast::channel::framing::{Framer, FramingError, HEADER, MAX_BODY};
use telecast::cast::channel::message::{CastMessage, Payload};
use telecast_fuzz::memory::in_proportion;

fn read(stream: &[u8], piece: usize) -> (Vec<CastMessage>, Option<FramingError>) {
    let mut framer = Framer::default();
    let mut messages = Vec::new();
    for bytes in stream.chunks(piece) {
        framer.push(bytes);
        loop {
            match framer.next_message() {
                Ok(Some(message)) => messages.push(message),
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(framer.next_message(), Err(error.clone()));
                    assert_eq!(framer.buffered(), 0);
                    return (messages, Some(error));
                }
            }
        }
        assert!(framer.buffered() < HEADER + MAX_BODY);
    }
    (messages, None)
}

fuzz_target!(|data: &[u8]| {
    let Some((piece, stream)) = data.split_first() else {
        return;
    };
    let whole = in_proportion(stream.len(), || read(stream, usize::MAX));
    assert_eq!(read(stream, 1 + usize::from(*piece)), whole);
    for message in whole.0 {
        if message.payload == Payload::Unusable {
            continue;
        }
        let written = message.encode().expect("what came fits");
        assert_eq!(CastMessage::decode(&written[HEADER..]), Ok(message));
    }
});
