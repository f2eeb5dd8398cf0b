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
use telecast::cast::rtcp::FeedbackBuilder;
use telecast::cast::rtcp::compound::FeedbackContents;
use telecast::cast::rtp::RtpPacket;
use telecast::cast::sender::{
    Input, Output, Sender, SenderConfig, StreamConfig, StreamId, StreamKind,
};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const VIDEO: StreamId = StreamId(0);

fn sender(now: Instant) -> Sender {
    let mut config = SenderConfig::new(Duration::from_secs(1_700_000_000));
    config.streams = vec![StreamConfig {
        id: VIDEO,
        kind: StreamKind::Video,
        ssrc: Ssrc(1),
        receiver_ssrc: Ssrc(2),
        payload_type: 96,
        timebase: 90_000,
        keys: StreamKeys {
            aes_key: [1; 16],
            iv_mask: [2; 16],
        },
        min_bitrate: 300_000,
        max_bitrate: 5_000_000,
        first_sequence_number: 0,
    }];
    Sender::new(now, config)
}

/// A key frame whose bytes have no other owner, as they come from an encoder.
fn key_frame(now: Instant, index: i64, size: usize) -> EncodedFrame {
    EncodedFrame {
        dependency: Dependency::KeyFrame,
        media_time: MediaTime(index * 3000),
        duration: Duration::from_millis(33),
        data: Bytes::from(vec![7; size]),
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
fn send_all(sender: &mut Sender, mut now: Instant, span: Duration) -> (usize, usize) {
    let region = Region::new(ALLOCATOR);
    let mut packets = 0;
    let end = now + span;
    while now < end {
        let mut wake = end;
        while let Some(output) = sender.poll(now) {
            match output {
                Output::Transmit(datagram) => {
                    packets += usize::from(RtpPacket::parse(datagram).is_ok());
                }
                Output::Timeout(at) => wake = at,
                Output::Encoder(..) | Output::Event(_) => {}
            }
        }
        now = wake;
    }
    (region.change().allocations, packets)
}

#[test]
fn packets_are_written_and_read_without_an_allocation_and_a_frame_costs_few() {
    let start = Instant::now();
    let mut sender = sender(start);
    // The first report makes room for what every later one uses.
    sender.handle(start, Input::Frame(VIDEO, key_frame(start, 1, 10)));
    let span = Duration::from_millis(100);
    send_all(&mut sender, start, span);

    let mut now = start + span;
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

            let (allocations, packets) = send_all(&mut sender, now, span);
            assert!(packets >= size / 1449, "{packets}");
            sending = sending.min(allocations);
            now += span;
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
