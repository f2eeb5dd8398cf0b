// SPDX-License-Identifier: GPL-3.0-or-later
use proptest::prelude::*;

use super::*;

const ID: u16 = 0x1234;

fn labels(labels: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for label in labels {
        bytes.push(label.len() as u8);
        bytes.extend_from_slice(label.as_bytes());
    }
    bytes.push(0);
    bytes
}

fn record(owner: &[u8], kind: u16, data: &[u8]) -> Vec<u8> {
    let mut bytes = owner.to_vec();
    bytes.extend(kind.to_be_bytes());
    // With "cache flush".
    bytes.extend(0x8001_u16.to_be_bytes());
    bytes.extend(10_u32.to_be_bytes());
    bytes.extend((data.len() as u16).to_be_bytes());
    bytes.extend(data);
    bytes
}

fn text(pairs: &[&str]) -> Vec<u8> {
    let string = |pair: &&str| [&[pair.len() as u8], pair.as_bytes()].concat();
    pairs.iter().flat_map(string).collect()
}

/// An answer as devices give it: the question again, and the service's name compressed by pointers into it.
fn an_answer() -> Vec<u8> {
    let mut bytes = question(ID);
    bytes[2] = 0x84;
    bytes[7] = 1;
    bytes[11] = 4;
    let service = [0xc0, 12];
    let mut instance = vec![5];
    instance.extend(b"TV-00");
    instance.extend(service);
    let host = labels(&["abc", "local"]);
    let mut service_data = vec![0, 0, 0, 0, 0x1f, 0x49];
    service_data.extend(&host);
    bytes.extend(record(&service, PTR, &instance));
    bytes.extend(record(&instance, SRV, &service_data));
    bytes.extend(record(
        &instance,
        TXT,
        &text(&["id=00-AA", "fn=Living = room", "ca=5", "flag"]),
    ));
    bytes.extend(record(&labels(&["ABC", "local"]), A, &[192, 0, 2, 7]));
    let v6: Ipv6Addr = "fe80::7".parse().unwrap();
    bytes.extend(record(&host, AAAA, &v6.octets()));
    bytes
}

#[test]
fn the_question_is_what_the_wire_format_says() {
    let mut expected = vec![0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    expected.extend(b"\x0b_googlecast\x04_tcp\x05local\x00\x00\x0c\x00\x01");
    assert_eq!(question(ID), expected);
}

#[test]
fn a_complete_answer_is_an_announcement() {
    let via = Via {
        index: 3,
        name: "eth0".to_owned(),
    };
    let found = answer(&an_answer(), ID, Some(&via));
    assert_eq!(found.len(), 1);
    let found = &found[0];
    assert_eq!(found.instance, "TV-00._googlecast._tcp.local.");
    let txt = found.txt.as_ref().unwrap();
    assert_eq!(
        (txt.id.as_str(), txt.name.as_str()),
        ("00aa", "Living = room")
    );
    assert_eq!(txt.capabilities.0, 5);
    let addresses: Vec<String> = found.endpoints.iter().map(ToString::to_string).collect();
    assert_eq!(addresses, ["192.0.2.7:8009", "[fe80::7%eth0]:8009"]);
    assert_eq!(found.endpoints[1].scope_id, 3);
}

#[test]
fn an_answer_to_somebody_else_a_question_and_an_incomplete_answer_are_nothing() {
    assert!(answer(&an_answer(), ID + 1, None).is_empty());
    let mut question_again = an_answer();
    question_again[2] = 0;
    assert!(answer(&question_again, ID, None).is_empty());
    assert!(answer(&question(ID), ID, None).is_empty());
    let mut pointer_only = an_answer();
    pointer_only[11] = 0;
    assert!(
        answer(&pointer_only, ID, None).is_empty(),
        "the rest comes by mDNS"
    );
    let whole = an_answer();
    for length in 0..whole.len() {
        assert!(answer(&whole[..length], ID, None).is_empty(), "{length}");
    }
}

#[test]
fn names_that_loop_or_are_too_long_are_refused() {
    assert_eq!(name(&[0xc0, 0], 0), None);
    assert_eq!(name(&[0xc0, 2, 0xc0, 0], 0), None);
    let long = labels(&["x".repeat(63).as_str(); 5]);
    assert_eq!(name(&long, 0), None);
    assert_eq!(name(&[0x40, 0], 0), None);
    assert_eq!(name(&[1, b'a', 0], 0), Some(("a.".to_owned(), 3)));
}

proptest! {
    #[test]
    fn whatever_comes_is_read_or_refused(bytes: Vec<u8>, at in 0..400_usize, byte: u8) {
        answer(&bytes, ID, None);
        let mut spoiled = an_answer();
        let at = at % spoiled.len();
        spoiled[at] = byte;
        prop_assert!(answer(&spoiled, ID, None).len() <= 1);
    }
}
