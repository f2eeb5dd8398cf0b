// SPDX-License-Identifier: GPL-3.0-or-later
//! How fast frames become packets and packets frames, measured against the bare cipher in the same run; and RTCP.
//!
//! Prints a table, and puts its rows into `target/bench/path.json`. Each figure is the median of [`ROUNDS`] rounds; the
//! things compared take turns in each round, so that a busy moment of the machine hits all of them.

#[path = "wire/aes.rs"]
mod backend;
#[path = "wire/cores.rs"]
mod cores;
#[path = "wire/rows.rs"]
mod rows;

use std::collections::VecDeque;
use std::hint::black_box;
use std::time::{Duration, Instant};

use aes::Aes128Enc;
use aes::cipher::{KeyIvInit, StreamCipher};
use ctr::Ctr128BE;

use telecast::cast::crypto::FrameCipher;
use telecast::cast::frame::{Dependency, FrameId, MediaTime, Ssrc};
use telecast::cast::keys::StreamKeys;
use telecast::cast::ntp::NtpTime;
use telecast::cast::rtcp::compound::FeedbackContents;
use telecast::cast::rtcp::{FeedbackBuilder, FeedbackReader, Nack, SenderReport};
use telecast::cast::rtp::RtpPacket;
use telecast::cast::rtp::packetize::{FrameSlices, MAX_PACKET_SIZE_IPV4, Packetizer};

use cores::Cores;
use rows::Row;

/// Measurements of each thing.
const ROUNDS: usize = 41;

/// One measurement lasts about this long.
const ROUND: Duration = Duration::from_millis(15);

/// A key frame of 720p: 35 packets.
const FRAME_SIZE: usize = 50_000;

/// What the bare cipher is measured on.
const BUFFER_SIZE: usize = 1400;

const KEYS: StreamKeys = StreamKeys {
    aes_key: [0x5A; 16],
    iv_mask: [0xC3; 16],
};

fn main() -> std::io::Result<()> {
    let backend = backend::aes();
    println!("AES back end: {backend}; medians of {ROUNDS} rounds");
    let rows = [throughput(), rtcp()].concat();
    for row in &rows {
        println!("{:<24} {:>12.3} {}", row.name, row.value, row.unit);
    }
    rows::merge("path.json", &rows)
}

/// Frames to packets and back, and the bare cipher.
fn throughput() -> Vec<Row> {
    let mut bare = Ctr128BE::<Aes128Enc>::new(&KEYS.aes_key.into(), &KEYS.iv_mask.into());
    let mut buffers = vec![[1; BUFFER_SIZE]; FRAME_SIZE / BUFFER_SIZE];
    let mut sending = Sending::new();
    let mut receiving = Receiving::new(sending.packets());
    let mut cores = Cores::new(FRAME_SIZE);
    let bytes = [
        BUFFER_SIZE * buffers.len(),
        FRAME_SIZE,
        FRAME_SIZE,
        FRAME_SIZE,
    ];
    let times = measure(&mut [
        &mut || {
            for buffer in &mut buffers {
                bare.apply_keystream(black_box(buffer));
            }
        },
        &mut || sending.frame(),
        &mut || receiving.frame(),
        &mut || cores.frame(),
    ]);
    let rate = |index: usize| bytes[index] as f64 / times[index] / 1e6;
    vec![
        Row::new("aes_ctr_raw", rate(0), "MB/s"),
        Row::new("encrypt", rate(1), "MB/s"),
        Row::new("decrypt", rate(2), "MB/s"),
        Row::new("sender_and_receiver", rate(3), "MB/s"),
        Row::new("encrypt_ratio", rate(1) / rate(0), "ratio"),
        Row::new("decrypt_ratio", rate(2) / rate(0), "ratio"),
    ]
}

/// Encrypts a frame and writes its packets, again and again.
struct Sending {
    cipher: FrameCipher,
    packetizer: Packetizer,
    frame: Vec<u8>,
    out: Vec<u8>,
    id: FrameId,
}

impl Sending {
    fn new() -> Sending {
        Sending {
            cipher: FrameCipher::new(&KEYS),
            packetizer: Packetizer::new(Ssrc(1), 96, MAX_PACKET_SIZE_IPV4, 0),
            frame: vec![7; FRAME_SIZE],
            out: vec![0; MAX_PACKET_SIZE_IPV4],
            id: FrameId::FIRST,
        }
    }

    fn frame(&mut self) {
        self.id = self.id.next();
        self.cipher.apply(self.id, &mut self.frame);
        self.each_packet(|packet| {
            black_box(packet);
        });
    }

    /// The packets of frame 0.
    fn packets(&mut self) -> Vec<Vec<u8>> {
        let mut packets = Vec::new();
        self.each_packet(|packet| packets.push(packet.to_vec()));
        packets
    }

    fn each_packet(&mut self, mut packet: impl FnMut(&[u8])) {
        let slices = FrameSlices {
            id: self.id,
            dependency: Dependency::KeyFrame,
            media_time: MediaTime(90_000),
            new_playout_delay_ms: None,
            payload: &self.frame,
        };
        let mut packet_id = 0;
        while let Some(written) = self.packetizer.write(&slices, packet_id, &mut self.out) {
            packet(&self.out[..written.size]);
            packet_id += 1;
        }
    }
}

/// Reads the packets of a frame, puts it together and decrypts it, again and again.
struct Receiving {
    cipher: FrameCipher,
    packets: Vec<Vec<u8>>,
    frame: Vec<u8>,
}

impl Receiving {
    fn new(packets: Vec<Vec<u8>>) -> Receiving {
        Receiving {
            cipher: FrameCipher::new(&KEYS),
            packets,
            frame: Vec::with_capacity(FRAME_SIZE),
        }
    }

    fn frame(&mut self) {
        self.frame.clear();
        for datagram in &self.packets {
            if let Ok(packet) = RtpPacket::parse(black_box(datagram)) {
                self.frame.extend_from_slice(packet.payload);
            }
        }
        assert_eq!(self.frame.len(), FRAME_SIZE);
        self.cipher.apply(FrameId::FIRST, &mut self.frame);
        black_box(&self.frame);
    }
}

/// Reports of both directions.
fn rtcp() -> Vec<Row> {
    let (sender, receiver) = (Ssrc(1), Ssrc(2));
    let missing: Vec<Nack> = (0..40)
        .map(|packet| Nack {
            frame: FrameId(101 + i64::from(packet) / 8),
            packet: packet % 8 * 9,
        })
        .collect();
    let acknowledged: Vec<FrameId> = (106..120).map(FrameId).collect();
    let contents = FeedbackContents {
        now: NtpTime(1 << 40),
        report: None,
        picture_loss: true,
        checkpoint: FrameId(100),
        playout_delay: Duration::from_millis(200),
        missing: &missing,
        acknowledged: &acknowledged,
    };
    let mut builder = FeedbackBuilder::new(sender, receiver, MAX_PACKET_SIZE_IPV4);
    let mut datagram = Vec::new();
    builder.build(&contents, &mut VecDeque::new(), &mut datagram);
    let mut reader = FeedbackReader::new(sender, receiver);
    let report = SenderReport {
        sender,
        reference_time: NtpTime(1 << 40),
        rtp_timestamp: 1,
        packet_count: 2,
        octet_count: 3,
        block: None,
    };
    let mut out = Vec::new();
    let mut written = Vec::new();
    let mut works: [&mut dyn FnMut(); 3] = [
        &mut || {
            let events = reader.read(black_box(&datagram), FrameId(130));
            assert!(black_box(events).is_ok());
        },
        &mut || {
            builder.build(black_box(&contents), &mut VecDeque::new(), &mut out);
            black_box(&out);
        },
        &mut || {
            written.clear();
            black_box(&report).write(&mut written);
            black_box(&written);
        },
    ];
    let times = measure(&mut works);
    vec![
        Row::new("rtcp_feedback_read", times[0] * 1e9, "ns"),
        Row::new("rtcp_feedback_build", times[1] * 1e9, "ns"),
        Row::new("rtcp_report_write", times[2] * 1e9, "ns"),
    ]
}

/// Median seconds that one call of each takes.
fn measure<const N: usize>(works: &mut [&mut dyn FnMut(); N]) -> [f64; N] {
    let mut samples: [Vec<f64>; N] = std::array::from_fn(|_| Vec::new());
    for round in 0..=ROUNDS {
        for (work, samples) in works.iter_mut().zip(&mut samples) {
            let start = Instant::now();
            let mut calls = 0u32;
            while start.elapsed() < ROUND {
                for _ in 0..16 {
                    work();
                }
                calls += 16;
            }
            // The first round warms up.
            if round > 0 {
                samples.push(start.elapsed().as_secs_f64() / f64::from(calls));
            }
        }
    }
    samples.map(|mut samples| {
        samples.sort_by(f64::total_cmp);
        samples[samples.len() / 2]
    })
}
