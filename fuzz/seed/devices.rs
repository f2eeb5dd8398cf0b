// SPDX-License-Identifier: GPL-3.0-or-later
//! Seeds of discovery: TXT records, and DNS messages around them.

use serde_json::Value;
use telecast_fuzz::facts::QUESTION;
use telecast_fuzz::script::Writer;

use crate::{Seeds, hex, vectors};

/// "announce" of the target `txt_record`.
const ANNOUNCE: u8 = 2;
const WITHDRAW: u8 = 0;

pub fn write(seeds: &mut Seeds) {
    let records = vectors("txt_records", "records");
    for record in &records {
        seeds.add("txt_record", &step(ANNOUNCE, 1, record));
        seeds.add("dns_answer", &dns(&hex(&record["wire"])));
    }
    let story = [
        step(ANNOUNCE, 1, &records[0]),
        step(ANNOUNCE, 2, &records[0]),
        step(WITHDRAW, 1, &records[0]),
        step(ANNOUNCE, 1, &records[1]),
    ];
    seeds.add("txt_record", &story.concat());
}

fn step(event: u8, instance: u8, record: &Value) -> Vec<u8> {
    let mut strings = Writer::default();
    for entry in record["entries"].as_array().expect("entries") {
        strings.slice(entry.as_str().expect("an entry").as_bytes());
    }
    let mut writer = Writer::default();
    let port = 8009_u16.to_be_bytes();
    writer.raw(&[event, instance, 10]).raw(&port);
    writer.slice(&strings.into_bytes());
    writer.into_bytes()
}

/// An answer with the pointer, and SRV, TXT, A and AAAA beside it; the names by pointers, as devices write them.
fn dns(text: &[u8]) -> Vec<u8> {
    let mut message = Writer::default();
    for field in [QUESTION, 0x8400, 0, 1, 0, 4] {
        message.raw(&field.to_be_bytes());
    }
    let service = message.len();
    message.raw(b"\x0b_googlecast\x04_tcp\x05local\0");
    let pointer = |at: usize| (0xc000 | at as u16).to_be_bytes();
    let head = |message: &mut Writer, kind: u16, size: usize| {
        message.raw(&kind.to_be_bytes()).raw(&[0, 1, 0, 0, 0, 120]);
        message.raw(&(size as u16).to_be_bytes());
    };
    head(&mut message, 12, 5);
    let instance = message.len();
    message.raw(b"\x02TV").raw(&pointer(service));
    message.raw(&pointer(instance));
    head(&mut message, 33, 11);
    message.raw(&[0, 0, 0, 0, 0x1f, 0x49]);
    let host = message.len();
    message.raw(b"\x02h1").raw(&pointer(service + 17));
    message.raw(&pointer(instance));
    head(&mut message, 16, text.len());
    message.raw(text).raw(&pointer(host));
    head(&mut message, 1, 4);
    message.raw(&[192, 0, 2, 1]).raw(&pointer(host));
    head(&mut message, 28, 16);
    message.raw(&[0xfe, 0x80]).raw(&[0; 13]).raw(&[1]);
    message.into_bytes()
}
