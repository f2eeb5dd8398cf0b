// SPDX-License-Identifier: GPL-3.0-or-later
//! Seeds of the media: RTP, RTCP, both cores, and the starts of encoded frames.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use serde_json::Value;
use telecast::cast::codec::VideoCodec;
use telecast::cast::crypto::FrameCipher;
use telecast::cast::frame::{FrameId, Ssrc};
use telecast::cast::keys::StreamKeys;
use telecast::cast::rtcp::{Route, route};
use telecast::cast::rtp::RtpPacket;
use telecast_fuzz::facts::{AUDIO, VIDEO};
use telecast_fuzz::script::Writer;

use crate::pcap::Datagram;
use crate::{Seeds, hex, recordings, vectors};

/// Datagrams of a recording that go into a seed, and bytes of each.
const DATAGRAMS: usize = 40;
const BYTES: usize = 48;
/// Bytes of an encoded frame that go into a seed.
const START: usize = 160;

pub fn write(seeds: &mut Seeds) {
    for (list, key) in [("parse", "packet"), ("generate", "packet")] {
        for case in vectors("rtp", list) {
            seeds.add("rtp", &hex(&case[key]));
        }
    }
    for list in ["compound", "sender_reports"] {
        for case in vectors("rtcp", list) {
            rtcp(seeds, &case);
        }
    }
    for (messages, datagrams) in recordings() {
        let streams = Streams::of(&messages);
        recorded(seeds, &streams, &datagrams);
        key_frame(seeds, &streams, &datagrams);
    }
    steps(seeds);
    // A sequence parameter set of H.264, 1280x720, and the head of a key frame.
    let h264 = b"\x00\x00\x00\x01\x67\x42\xc0\x1f\xda\x01\x40\x16\xe8\x06\xd0\xa1\x35\x00\x00\x00\x01\x68\xce\x0f\xc8\x00\x00\x01\x65\x88\x84";
    seeds.add(
        "bitstream",
        &[&[position(VideoCodec::H264)], &h264[..]].concat(),
    );
}

fn position(codec: VideoCodec) -> u8 {
    let at = VideoCodec::ALL.iter().position(|other| *other == codec);
    at.expect("one of all") as u8
}

/// A case of the vectors, with the SSRCs of the target.
fn rtcp(seeds: &mut Seeds, case: &Value) {
    let packets = match &case["sequence"] {
        Value::Array(list) => list.iter().map(|one| hex(&one["packet"])).collect(),
        _ => vec![hex(&case["packet"])],
    };
    for mut packet in packets {
        for (key, ours) in [
            ("sender_ssrc", VIDEO.sender),
            ("receiver_ssrc", VIDEO.receiver),
        ] {
            let theirs = case[key].as_u64().unwrap_or_default() as u32;
            replace(&mut packet, theirs, ours);
        }
        seeds.add("rtcp", &packet);
    }
}

/// Words that are this number become that one.
fn replace(packet: &mut [u8], from: u32, to: Ssrc) {
    let (words, _) = packet.as_chunks_mut::<4>();
    for word in words {
        if *word == from.to_be_bytes() {
            *word = to.0.to_be_bytes();
        }
    }
}

/// The chosen streams of a recording.
struct Streams {
    /// Of both sides, to those of the target.
    ssrcs: HashMap<u32, Ssrc>,
    video: Option<(u32, VideoCodec, StreamKeys)>,
}

impl Streams {
    fn of(messages: &[Value]) -> Streams {
        let bodies: Vec<Value> = messages
            .iter()
            .filter_map(|message| serde_json::from_str(message["payload"].as_str()?).ok())
            .collect();
        let body = |key: &str| {
            let found = bodies.iter().find(|body| body.get(key).is_some());
            &found.expect("a negotiation")[key]
        };
        let (offer, answer) = (body("offer"), body("answer"));
        let number = |value: &Value| value.as_u64().expect("a number") as u32;
        let mut streams = Streams {
            ssrcs: HashMap::new(),
            video: None,
        };
        let ssrcs = answer["ssrcs"].as_array().expect("SSRCs");
        let indexes = answer["sendIndexes"].as_array().expect("indexes");
        for (index, receiver) in indexes.iter().zip(ssrcs) {
            let offered = offer["supportedStreams"].as_array().expect("streams");
            let stream = offered.iter().find(|stream| stream["index"] == *index);
            let stream = stream.expect("what was offered");
            let text = |key: &str| stream[key].as_str().expect("text");
            let codec = VideoCodec::from_name(text("codecName"));
            let ours = if codec.is_some() { VIDEO } else { AUDIO };
            let sender = number(&stream["ssrc"]);
            streams.ssrcs.insert(sender, ours.sender);
            streams.ssrcs.insert(number(receiver), ours.receiver);
            if let Some(codec) = codec {
                let keys = StreamKeys::from_hex(text("aesKey"), text("aesIvMask"));
                streams.video = Some((sender, codec, keys.expect("keys")));
            }
        }
        streams
    }

    /// The datagram with the SSRCs of the target, cut short when it is media.
    fn translate(&self, datagram: &[u8]) -> Vec<u8> {
        let is_media = matches!(route(datagram), Some(Route::Rtp(_)));
        let kept = if is_media { BYTES } else { usize::MAX };
        let mut bytes = datagram[..datagram.len().min(kept)].to_vec();
        for (from, to) in &self.ssrcs {
            replace(&mut bytes, *from, *to);
        }
        bytes
    }
}

/// The start of a session, to the receiver and, with frames between, to the sender.
fn recorded(seeds: &mut Seeds, streams: &Streams, datagrams: &[Datagram]) {
    let sender = datagrams[0].from;
    let (mut to_receiver, mut to_sender) = (Writer::default(), Writer::default());
    let (mut sent, mut answered) = (0, 0);
    let (mut before, mut answered_before) = (Duration::ZERO, Duration::ZERO);
    for datagram in datagrams {
        let bytes = streams.translate(&datagram.payload);
        let pause = |since: Duration| ((datagram.at - since).as_millis() as u16).to_be_bytes();
        if datagram.from == sender {
            if sent < DATAGRAMS {
                to_receiver.raw(&[0]).raw(&pause(before));
                to_receiver.raw(&[1]).slice(&bytes);
                before = datagram.at;
                if sent < 4 {
                    seeds.add("rtp", &bytes);
                }
            }
            sent += 1;
        } else if answered < DATAGRAMS {
            if answered < 4 {
                seeds.add("rtcp", &bytes);
            }
            // A frame of 3000 bytes that lasts 33 ms, the time, the answer.
            to_sender
                .raw(&[1, 2])
                .raw(&2970_u16.to_be_bytes())
                .raw(&3000_u16.to_be_bytes());
            to_sender.raw(&[0]).raw(&pause(answered_before));
            to_sender.raw(&[5]).slice(&bytes);
            answered_before = datagram.at;
            answered += 1;
        }
    }
    seeds.add("receiver", &to_receiver.into_bytes());
    seeds.add("sender", &to_sender.into_bytes());
}

/// The start of the first frame, decrypted.
fn key_frame(seeds: &mut Seeds, streams: &Streams, datagrams: &[Datagram]) {
    let Some((ssrc, codec, keys)) = &streams.video else {
        return;
    };
    let mut slices = BTreeMap::new();
    for datagram in datagrams {
        let Ok(packet) = RtpPacket::parse(&datagram.payload) else {
            continue;
        };
        if packet.ssrc.0 == *ssrc && packet.frame_id == 0 {
            slices.entry(packet.packet_id).or_insert(packet.payload);
        }
    }
    let mut frame: Vec<u8> = slices.into_values().collect::<Vec<_>>().concat();
    FrameCipher::new(keys).apply(FrameId::FIRST, &mut frame);
    frame.truncate(START);
    seeds.add("bitstream", &[&[position(*codec)], &*frame].concat());
}

/// Stories in the words of the targets: a frame in pieces, feedback with losses.
fn steps(seeds: &mut Seeds) {
    let mut to_receiver = Writer::default();
    for (frame, flags) in [(0_u8, 0b011_u8), (1, 0b001), (3, 0b1_0101), (2, 0b1001)] {
        for packet in [0_u16, 2, 1] {
            to_receiver
                .raw(&[2, flags, frame])
                .raw(&packet.to_be_bytes());
            to_receiver.raw(&2_u16.to_be_bytes());
            to_receiver
                .raw(&(u32::from(frame) * 3000).to_be_bytes())
                .raw(&[4]);
        }
        to_receiver.raw(&[0, 0, 40, 4, 1, 0, frame, 3, 1]);
    }
    seeds.add("receiver", &to_receiver.into_bytes());
    let mut to_sender = Writer::default();
    for frame in 0..12_u8 {
        to_sender.raw(&[1, if frame == 0 { 0 } else { 2 }, 0x0b, 0x9a, 0x20, 0x00]);
        to_sender.raw(&[0, 0, 33]);
        // Losses of the next frames, and later ones that are there; with a report.
        to_sender
            .raw(&[3, 2, frame % 2, 0, 0, 0x40, 0])
            .slice(&[1, 2, 2, 0xff])
            .slice(&[0, 1]);
        to_sender.raw(&[0, 0, 0, frame, 0, 0, 0x10, 0]);
    }
    to_sender.raw(&[
        6, 0, 100, 0, 200, 7, 0, 0, 0x20, 0, 0, 5, 0, 2, 0xd0, 7, 1, 0x02, 0x00, 7, 2, 1, 0,
    ]);
    seeds.add("sender", &to_sender.into_bytes());
}
