// SPDX-License-Identifier: GPL-3.0-or-later
//! The recorded sessions of `tests/data/sessions`: their streams with the keys from OFFER and ANSWER, their datagrams.
//!
//! Shared by several test binaries through `#[path]`.

#![allow(
    dead_code,
    reason = "not every binary that includes this uses all of it"
)]

pub mod pcap;

use std::net::SocketAddrV4;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use telecast::cast::frame::Ssrc;
use telecast::cast::keys::StreamKeys;

use pcap::Datagram;

/// The names of all recorded sessions.
pub const SESSIONS: [&str; 4] = [
    "chromium-156",
    "openscreen-vp8",
    "openscreen-vp9",
    "openscreen-av1",
];

/// A recorded session.
pub struct Recording {
    pub name: &'static str,
    /// Those that the ANSWER chose: audio, then video.
    pub streams: Vec<Stream>,
    /// All datagrams in both directions, in order.
    pub datagrams: Vec<Datagram>,
    /// Where the sender's datagrams come from.
    pub sender: SocketAddrV4,
}

/// A stream of a recorded session.
#[derive(Debug, Clone)]
pub struct Stream {
    pub is_video: bool,
    /// As in the OFFER: `opus`, `vp8`, `vp9`, `av1`.
    pub codec: String,
    pub sender: Ssrc,
    pub receiver: Ssrc,
    pub timebase: u32,
    pub target_delay: Duration,
    pub keys: StreamKeys,
}

impl Recording {
    /// Reads one of [`SESSIONS`].
    pub fn load(name: &'static str) -> Recording {
        let folder: PathBuf = [
            env!("CARGO_MANIFEST_DIR"),
            "tests",
            "data",
            "sessions",
            name,
        ]
        .iter()
        .collect();
        let messages = std::fs::read_to_string(folder.join("messages.jsonl")).unwrap();
        let streams = streams(&messages);
        let datagrams = pcap::read(&folder.join("media.pcap"));
        let sender = datagrams[0].from;
        Recording {
            name,
            streams,
            datagrams,
            sender,
        }
    }

    /// The datagrams that the sender sent.
    pub fn sent(&self) -> impl Iterator<Item = &Datagram> {
        self.datagrams
            .iter()
            .filter(|datagram| datagram.from == self.sender)
    }

    /// The datagrams that the receiver sent.
    pub fn answered(&self) -> impl Iterator<Item = &Datagram> {
        self.datagrams
            .iter()
            .filter(|datagram| datagram.to == self.sender)
    }
}

/// The streams that the (only) ANSWER of the session chose from the OFFER.
fn streams(messages: &str) -> Vec<Stream> {
    let bodies: Vec<Value> = messages
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter_map(|message| serde_json::from_str(message["payload"].as_str()?).ok())
        .collect();
    let body = |key: &str| &bodies.iter().find(|body| body.get(key).is_some()).unwrap()[key];
    let (offer, answer) = (body("offer"), body("answer"));
    let indexes = answer["sendIndexes"].as_array().unwrap();
    let ssrcs = answer["ssrcs"].as_array().unwrap();
    assert_eq!(indexes.len(), ssrcs.len());
    let offered = offer["supportedStreams"].as_array().unwrap();
    let chosen = indexes.iter().zip(ssrcs).map(|(index, ssrc)| {
        let stream = offered
            .iter()
            .find(|stream| &stream["index"] == index)
            .unwrap();
        let text = |key: &str| stream[key].as_str().unwrap();
        Stream {
            is_video: text("type") == "video_source",
            codec: text("codecName").to_owned(),
            sender: Ssrc(number(&stream["ssrc"])),
            receiver: Ssrc(number(ssrc)),
            timebase: text("timeBase")
                .strip_prefix("1/")
                .unwrap()
                .parse()
                .unwrap(),
            target_delay: Duration::from_millis(number(&stream["targetDelay"]).into()),
            keys: StreamKeys::from_hex(text("aesKey"), text("aesIvMask")).unwrap(),
        }
    });
    chosen.collect()
}

fn number(value: &Value) -> u32 {
    value.as_u64().unwrap().try_into().unwrap()
}
