// SPDX-License-Identifier: GPL-3.0-or-later
//! Framing and messages: `cast_message.json`, every byte split, arbitrary bytes.

use proptest::prelude::*;
use prost::Message;
use telecast::cast::channel::framing::{Framer, FramingError, MAX_BODY};
use telecast::cast::channel::message::{CastMessage, MessageError, Payload};
use telecast::cast::channel::proto;

use crate::support::{bytes, cases, vectors};

fn read_all(framer: &mut Framer) -> Result<Vec<CastMessage>, FramingError> {
    let mut messages = Vec::new();
    while let Some(message) = framer.next_message()? {
        messages.push(message);
    }
    Ok(messages)
}

#[test]
fn every_message_of_the_vectors_is_read_at_every_byte_split() {
    for case in cases(&vectors("cast_message.json"), "messages") {
        let (frame, expect) = (bytes(case, "frame"), &case["expect"]);
        for split in 0..=frame.len() {
            let mut framer = Framer::default();
            framer.push(&frame[..split]);
            let mut messages = read_all(&mut framer).unwrap();
            framer.push(&frame[split..]);
            messages.extend(read_all(&mut framer).unwrap());
            let [message] = &messages[..] else {
                panic!("{} messages", messages.len())
            };
            assert_eq!(message.source, expect["source_id"], "{}", case["note"]);
            assert_eq!(
                message.destination, expect["destination_id"],
                "{}",
                case["note"]
            );
            assert_eq!(message.namespace, expect["namespace"], "{}", case["note"]);
            match &message.payload {
                Payload::Text(text) => {
                    assert_eq!(expect["payload_type"], "STRING");
                    assert_eq!(*text, expect["payload"]);
                }
                Payload::Binary(payload) => {
                    assert_eq!(expect["payload_type"], "BINARY");
                    assert_eq!(*payload, bytes(expect, "payload_hex"));
                }
                Payload::Unusable => panic!("{}", case["note"]),
            }
            assert_eq!(framer.buffered(), 0);
        }
        let version = proto::channel::CastMessage::decode(&frame[4..])
            .unwrap()
            .protocol_version;
        assert_eq!(version.map(i64::from), expect["protocol_version"].as_i64());
    }
}

#[test]
fn messages_of_version_0_are_written_byte_for_byte_as_in_the_vectors() {
    let mut compared = 0;
    for case in cases(&vectors("cast_message.json"), "messages") {
        let frame = bytes(case, "frame");
        if case["expect"]["protocol_version"] == 0 {
            assert_eq!(
                CastMessage::decode(&frame[4..]).unwrap().encode().unwrap(),
                frame,
                "{}",
                case["note"]
            );
            compared += 1;
        }
    }
    assert!(compared > 5);
}

#[test]
fn authentication_messages_of_the_vectors_are_understood() {
    let mut seen = 0;
    for case in cases(&vectors("cast_message.json"), "messages") {
        let expect = &case["expect"];
        if expect["payload_hex"].is_null() {
            continue;
        }
        let message =
            proto::auth::DeviceAuthMessage::decode(&*bytes(expect, "payload_hex")).unwrap();
        if let Some(challenge) = message.challenge {
            let want = &expect["challenge"];
            assert_eq!(
                challenge.signature_algorithm() as i64,
                want["signature_algorithm"]
            );
            assert_eq!(challenge.hash_algorithm() as i64, want["hash_algorithm"]);
            assert_eq!(challenge.sender_nonce(), bytes(want, "sender_nonce"));
            seen += 1;
        }
        if let Some(error) = message.error {
            assert_eq!(
                error.error_type.map(i64::from),
                expect["auth_error"].as_i64()
            );
            seen += 1;
        }
    }
    assert_eq!(seen, 2);
}

#[test]
fn the_framing_cases_of_the_vectors_are_decided_alike() {
    for case in cases(&vectors("cast_message.json"), "framing") {
        let input = bytes(case, "input");
        let mut framer = Framer::default();
        framer.push(&input);
        let first = framer.next_message();
        match case["verdict"].as_str().unwrap() {
            "need_more" => assert_eq!(first, Ok(None), "{}", case["note"]),
            "error" => {
                assert!(first.is_err(), "{}", case["note"]);
                framer.push(&input);
                assert_eq!(framer.next_message(), first, "an error is final");
                assert_eq!(framer.buffered(), 0);
            }
            _ => {
                assert!(matches!(first, Ok(Some(_))), "{}", case["note"]);
                let consumed = usize::try_from(case["consumed"].as_u64().unwrap()).unwrap();
                assert_eq!(
                    framer.buffered(),
                    input.len() - consumed,
                    "{}",
                    case["note"]
                );
            }
        }
    }
}

#[test]
fn a_body_of_65536_bytes_passes_and_one_byte_more_is_refused_on_both_sides() {
    let around = CastMessage::text("a", "b", "c", "x".repeat(1000))
        .encode()
        .unwrap()
        .len()
        - 4
        - 1000;
    // The length of a text beyond 16 383 bytes takes one byte more than that of 1000 bytes.
    let longest = MAX_BODY - around - 1;
    let bytes = CastMessage::text("a", "b", "c", "x".repeat(longest))
        .encode()
        .unwrap();
    assert_eq!(bytes.len(), 4 + MAX_BODY);
    let mut framer = Framer::default();
    framer.push(&bytes);
    assert_eq!(
        framer
            .next_message()
            .unwrap()
            .unwrap()
            .as_text()
            .unwrap()
            .len(),
        longest
    );
    assert_eq!(
        CastMessage::text("a", "b", "c", "x".repeat(longest + 1)).encode(),
        Err(MessageError::TooLong(MAX_BODY + 1))
    );
}

#[test]
fn an_unknown_payload_type_or_text_that_is_not_utf8_makes_a_message_unusable_but_no_error() {
    let mut raw = proto::channel::CastMessage {
        protocol_version: Some(77),
        source_id: Some("a".into()),
        destination_id: Some("b".into()),
        namespace: Some("c".into()),
        payload_type: Some(2),
        payload_utf8: Some("text".into()),
        payload_binary: None,
    };
    assert_eq!(
        CastMessage::decode(&raw.encode_to_vec()).unwrap().payload,
        Payload::Unusable
    );
    raw.payload_type = Some(0);
    raw.payload_utf8 = None;
    raw.payload_binary = Some(vec![0xFF, 0xFE]);
    assert_eq!(
        CastMessage::decode(&raw.encode_to_vec()).unwrap().payload,
        Payload::Unusable
    );
    raw.namespace = None;
    assert_eq!(
        CastMessage::decode(&raw.encode_to_vec()),
        Err(MessageError::Missing("namespace"))
    );
}

proptest! {
    #[test]
    fn arbitrary_bytes_neither_panic_nor_grow(chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..20)) {
        let mut framer = Framer::default();
        for chunk in chunks {
            framer.push(&chunk);
            while let Ok(Some(_)) = framer.next_message() {}
            prop_assert!(framer.buffered() <= 4 + MAX_BODY + chunk.len());
        }
    }

    #[test]
    fn what_is_written_is_read_back_whatever_the_split(
        texts in prop::collection::vec(("[a-z0-9*-]{0,20}", "[a-z0-9*-]{0,20}", "[a-z:.]{0,40}", ".{0,300}"), 1..6),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..10),
    ) {
        let messages: Vec<CastMessage> =
            texts.iter().map(|(source, destination, namespace, text)| CastMessage::text(source, destination, namespace, text)).collect();
        let bytes: Vec<u8> = messages.iter().flat_map(|message| message.encode().unwrap()).collect();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let (mut framer, mut read) = (Framer::default(), Vec::new());
        for pair in cuts.windows(2) {
            framer.push(&bytes[pair[0]..pair[1]]);
            read.extend(read_all(&mut framer).unwrap());
        }
        prop_assert_eq!(read, messages);
    }
}
