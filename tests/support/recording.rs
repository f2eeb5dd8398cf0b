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
use std::time::{Duration, Instant};

use serde_json::Value;
use telecast::cast::frame::{Ssrc, StreamId, StreamKind};
use telecast::cast::keys::StreamKeys;
use telecast::cast::receiver::{
    Input, Output, ReceivedFrame, Receiver, ReceiverConfig, Ssrcs, StreamConfig,
};

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

/// What our receiver made of a recording.
pub struct Replay {
    /// All frames in the order in which they were given out. Their stream is the index in [`Recording::streams`].
    pub frames: Vec<ReceivedFrame>,
    /// All datagrams that our receiver sent.
    pub feedback: Vec<Vec<u8>>,
    /// The receiver, after the last datagram.
    pub receiver: Receiver,
    /// When that arrived.
    pub end: Instant,
}

impl Recording {
    /// Gives all of the sender's datagrams to our receiver at their time.
    pub fn replay(&self) -> Replay {
        let start = Instant::now();
        let mut config = ReceiverConfig::new(Duration::from_secs(1_700_000_000));
        for (index, stream) in self.streams.iter().enumerate() {
            let kind = if stream.is_video {
                StreamKind::Video
            } else {
                StreamKind::Audio
            };
            let ssrcs = Ssrcs {
                sender: stream.sender,
                receiver: stream.receiver,
            };
            let id = StreamId(index as u32);
            let mut stream_config =
                StreamConfig::new(id, kind, ssrcs, stream.timebase, stream.keys);
            stream_config.target_delay = stream.target_delay;
            config.streams.push(stream_config);
        }
        let mut receiver = Receiver::new(start, config);
        let (mut frames, mut feedback) = (Vec::new(), Vec::new());
        let mut wake: Option<Instant> = None;
        let mut end = start;
        for datagram in self.sent() {
            let now = start + datagram.at;
            let timer = wake.filter(|at| *at < now);
            for (at, bytes) in timer
                .map(|at| (at, None))
                .into_iter()
                .chain([(now, Some(&datagram.payload))])
            {
                if let Some(bytes) = bytes {
                    receiver.handle(at, Input::Datagram(bytes));
                }
                while let Some(output) = receiver.poll(at) {
                    match output {
                        Output::Transmit(bytes) => feedback.push(bytes.to_vec()),
                        Output::Frame(frame) => frames.push(frame),
                        Output::Event(_) => {}
                        Output::Timeout(at) => wake = Some(at),
                    }
                }
            }
            end = now;
        }
        Replay {
            frames,
            feedback,
            receiver,
            end,
        }
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
