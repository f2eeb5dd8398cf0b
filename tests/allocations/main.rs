// SPDX-License-Identifier: GPL-3.0-or-later
//! Packets cost no allocation. A binary of its own, with one test: the allocator that counts serves the whole process.

use std::alloc::System;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use telecast::cast::frame::{Dependency, EncodedFrame, FrameId, MediaTime, Ssrc, StageTimes};
use telecast::cast::keys::StreamKeys;
use telecast::cast::ntp::NtpTime;
use telecast::cast::receiver::{self, Receiver, ReceiverConfig, Ssrcs};
use telecast::cast::rtcp::FeedbackBuilder;
use telecast::cast::rtcp::compound::FeedbackContents;
use telecast::cast::rtp::RtpPacket;
use telecast::cast::sender::{
    Input, Output, Sender, SenderConfig, StreamConfig, StreamId, StreamKind,
};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const VIDEO: StreamId = StreamId(0);
const UNIX_TIME: Duration = Duration::from_secs(1_700_000_000);
const KEYS: StreamKeys = StreamKeys {
    aes_key: [1; 16],
    iv_mask: [2; 16],
};
/// The byte that fills every frame.
const FILLING: u8 = 7;
/// From one frame to the next.
const SPAN: Duration = Duration::from_millis(100);

fn sender(now: Instant) -> Sender {
    let mut config = SenderConfig::new(UNIX_TIME);
    config.streams = vec![StreamConfig {
        id: VIDEO,
        kind: StreamKind::Video,
        ssrc: Ssrc(1),
        receiver_ssrc: Ssrc(2),
        payload_type: 96,
        timebase: 90_000,
        keys: KEYS,
        min_bitrate: 300_000,
        max_bitrate: 5_000_000,
        first_sequence_number: 0,
    }];
    Sender::new(now, config)
}

fn receiver(now: Instant) -> Receiver {
    let ssrcs = Ssrcs {
        sender: Ssrc(1),
        receiver: Ssrc(2),
    };
    let mut config = ReceiverConfig::new(UNIX_TIME);
    config.streams = vec![receiver::StreamConfig::new(
        VIDEO,
        StreamKind::Video,
        ssrcs,
        90_000,
        KEYS,
    )];
    Receiver::new(now, config)
}

/// A key frame whose bytes have no other owner, as they come from an encoder.
fn key_frame(now: Instant, index: i64, size: usize) -> EncodedFrame {
    EncodedFrame {
        dependency: Dependency::KeyFrame,
        media_time: MediaTime(index * 3000),
        duration: Duration::from_millis(33),
        data: Bytes::from(vec![FILLING; size]),
        size: Some((1280, 720)),
        times: StageTimes {
            captured: now,
            received: now,
            converted: now,
            encoded: now,
        },
    }
}

/// Allocations that sending takes until the sender rests, and the packets sent, all of which are parsed again.
fn send_all(sender: &mut Sender, now: Instant) -> (usize, usize) {
    let region = Region::new(ALLOCATOR);
    let mut packets = 0;
    each_datagram(sender, now, |datagram| {
        packets += usize::from(RtpPacket::parse(datagram).is_ok());
    });
    (region.change().allocations, packets)
}

/// Drives the sender until the next frame is due.
fn each_datagram(sender: &mut Sender, mut now: Instant, mut take: impl FnMut(&[u8])) {
    let end = now + SPAN;
    while now < end {
        let mut wake = end;
        while let Some(output) = sender.poll(now) {
            match output {
                Output::Transmit(datagram) => take(datagram),
                Output::Timeout(at) => wake = at,
                Output::Encoder(..) | Output::Event(_) => {}
            }
        }
        now = wake;
    }
}

/// Gives one datagram to the receiver: the allocations of that, and the frame that became complete.
fn receive(
    receiver: &mut Receiver,
    now: Instant,
    datagram: &[u8],
) -> (usize, Option<receiver::ReceivedFrame>) {
    let region = Region::new(ALLOCATOR);
    let mut complete = None;
    receiver.handle(now, receiver::Input::Datagram(datagram));
    while let Some(output) = receiver.poll(now) {
        if let receiver::Output::Frame(frame) = output {
            complete = Some(frame);
        }
    }
    (region.change().allocations, complete)
}

#[test]
fn packets_cost_no_allocation_on_either_side_and_a_frame_costs_few() {
    sending();
    receiving();
}

fn sending() {
    let start = Instant::now();
    let mut sender = sender(start);
    // The first report makes room for what every later one uses.
    sender.handle(start, Input::Frame(VIDEO, key_frame(start, 1, 10)));
    send_all(&mut sender, start);

    let mut now = start + SPAN;
    let mut index = 1;
    for size in [1_000, 145_000] {
        // The test harness has a thread of its own, which may allocate meanwhile: what the code does is the least seen.
        let (mut intake, mut bytes, mut sending) = (usize::MAX, usize::MAX, usize::MAX);
        for _ in 0..8 {
            index += 1;
            let frame = key_frame(now, index, size);
            let region = Region::new(ALLOCATOR);
            sender.handle(now, Input::Frame(VIDEO, frame));
            let taken_in = region.change();
            intake = intake.min(taken_in.allocations);
            bytes = bytes.min(taken_in.bytes_allocated);

            let (allocations, packets) = send_all(&mut sender, now);
            assert!(packets >= size / 1449, "{packets}");
            sending = sending.min(allocations);
            now += SPAN;
            acknowledge(&mut sender, now, index - 1);
        }
        assert!(intake <= 4, "{intake} allocations for a frame of {size}");
        assert!(bytes < size.max(10_000), "the frame was copied: {bytes}");
        assert_eq!(sending, 0, "for the packets of a frame of {size}");
    }
    #[cfg(not(cast_alone))]
    assert_eq!(of_socket(), 0, "for handing packets to the kernel");
}

/// Allocations that it takes to hand 20 batches to the kernel.
#[cfg(not(cast_alone))]
#[expect(
    clippy::unwrap_used,
    reason = "the exemption for tests does not reach the functions beside them"
)]
fn of_socket() -> usize {
    use telecast::session::socket::{MediaSocket, bind};

    let there = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let device = there.local_addr().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(async {
        let bound = bind(device, None, None).unwrap();
        let mut socket = MediaSocket::new(bound, device, &[]).unwrap();
        let mut least = usize::MAX;
        // The first one finds out that the socket is writable.
        for _ in 0..8 {
            let region = Region::new(ALLOCATOR);
            for _ in 0..20 {
                for _ in 0..21 {
                    assert!(socket.queue(&[7; 1472]));
                }
                socket.flush().await;
            }
            least = least.min(region.change().allocations);
        }
        assert_eq!(socket.counts().sent, 8 * 20 * 21);
        least
    })
}

/// The packet that opens a frame makes room for all of it, and the one that completes it hands it out decrypted; the others
/// cost nothing.
fn receiving() {
    let start = Instant::now();
    let (mut sender, mut receiver) = (sender(start), receiver(start));
    let (mut now, mut index) = (start, 0);
    for size in [1_000, 145_000] {
        let (mut of_frame, mut between) = (usize::MAX, usize::MAX);
        for _ in 0..8 {
            index += 1;
            sender.handle(now, Input::Frame(VIDEO, key_frame(now, index, size)));
            let mut datagrams = Vec::new();
            each_datagram(&mut sender, now, |datagram| {
                datagrams.push(datagram.to_vec());
            });
            now += SPAN;

            let (mut edges, mut within, mut packets, mut complete) = (0, 0, 0, None);
            for datagram in &datagrams {
                let (cost, frame) = receive(&mut receiver, now, datagram);
                if RtpPacket::parse(datagram).is_ok() {
                    if packets == 0 || frame.is_some() {
                        edges += cost;
                    } else {
                        within += cost;
                    }
                    packets += 1;
                }
                complete = complete.or(frame);
            }
            let whole = complete.is_some_and(|frame| {
                frame.data.len() == size && frame.data.iter().all(|byte| *byte == FILLING)
            });
            assert!(whole, "every packet was given, and the frame decrypted");
            assert!(packets >= size / 1449, "{packets}");
            of_frame = of_frame.min(edges);
            between = between.min(within);
            acknowledge(&mut sender, now, index - 1);
        }
        assert_eq!(between, 0, "for the other packets of a frame of {size}");
        assert!(
            of_frame <= 3,
            "{of_frame} allocations for a frame of {size}"
        );
    }
}

/// The receiver has everything up to this frame.
fn acknowledge(sender: &mut Sender, now: Instant, frame: i64) {
    let contents = FeedbackContents {
        now: NtpTime(frame.unsigned_abs() << 32),
        report: None,
        picture_loss: false,
        checkpoint: FrameId(frame),
        playout_delay: Duration::ZERO,
        missing: &[],
        acknowledged: &[],
    };
    let mut datagram = Vec::new();
    FeedbackBuilder::new(Ssrc(1), Ssrc(2), 1472).build(
        &contents,
        &mut VecDeque::new(),
        &mut datagram,
    );
    sender.handle(now, Input::Datagram(&datagram));
    assert_eq!(sender.checkpoint(VIDEO), Some(FrameId(frame)));
}
