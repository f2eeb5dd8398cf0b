// SPDX-License-Identifier: GPL-3.0-or-later
//! What a broken or hostile sender cannot do.

use proptest::collection::vec;
use proptest::prelude::*;
use telecast::cast::receiver::window::MAX_STREAM_BYTES;
use telecast::cast::rtp::RtpPacket;

use super::rig::{KeyFrame, Rig, SENDER};

fn packet(frame_id: u8, packet_id: u16, max_packet_id: u16, payload: &[u8]) -> Vec<u8> {
    let packet = RtpPacket {
        payload_type: 96,
        marker: false,
        sequence_number: packet_id,
        rtp_timestamp: u32::from(frame_id) * 3000,
        ssrc: SENDER,
        is_key_frame: false,
        frame_id,
        packet_id,
        max_packet_id,
        reference: None,
        new_playout_delay_ms: None,
        payload,
    };
    let mut out = vec![0; payload.len() + 40];
    let size = packet.write(&mut out).unwrap();
    out.truncate(size);
    out
}

#[test]
fn a_sender_that_completes_nothing_cannot_fill_the_memory() {
    let mut rig = Rig::started(|_| {});
    let payload = vec![7; 60_000];
    for packet_id in 1..40 {
        for frame_id in 0..120 {
            rig.deliver(&packet(frame_id, packet_id, 0xfffe, &payload));
        }
        assert!(rig.stream_stats().buffered_bytes <= MAX_STREAM_BYTES);
    }
    assert!(rig.stream_stats().buffered_bytes > MAX_STREAM_BYTES / 2);
    assert!(rig.stream_stats().packets_useless > 0);
}

#[test]
fn the_frame_that_is_needed_first_finds_room_among_unfinished_later_ones() {
    let mut rig = Rig::started(|_| {});
    let payload = vec![7; 60_000];
    for packet_id in 1..40 {
        for frame_id in 1..120 {
            rig.deliver(&packet(frame_id, packet_id, 0xfffe, &payload));
        }
    }
    rig.frame(0, KeyFrame, 0);
    assert_eq!(rig.frame_ids(), [0]);
}

#[test]
fn datagrams_of_others_are_not_recognized() {
    let mut rig = Rig::started(|_| {});
    let good = packet(0, 0, 0, b"payload");
    assert!(rig.receiver().recognizes(&good));
    let mut foreign = good.clone();
    foreign[11] ^= 1;
    let mut bad_ids = good.clone();
    bad_ids[14..16].copy_from_slice(&[0, 1]);
    for bad in [
        &foreign[..],
        &bad_ids,
        &good[..17],
        &[],
        b"\x80\xc8\x00\x06\x00\x00\x03\xe8\x00",
    ] {
        assert!(!rig.receiver().recognizes(bad), "{bad:x?}");
        rig.deliver(bad);
    }
    assert_eq!(rig.stats().refused_datagrams, 5);
    assert!(rig.frames.is_empty());
}

/// Bytes that look like a packet of the stream in their first 18 bytes, or like nothing.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let rtp = (
        any::<u8>(),
        0..4_u16,
        0..4_u16,
        vec(any::<u8>(), 0..60),
        any::<[u8; 7]>(),
    )
        .prop_map(|(frame_id, packet_id, max, payload, noise)| {
            let mut bytes = packet(frame_id, packet_id, max, &payload);
            bytes[2..8].copy_from_slice(&noise[..6]);
            bytes[12] = noise[6];
            bytes
        });
    let report = any::<[u8; 20]>().prop_map(|noise| {
        let mut bytes = vec![0x80, 200, 0, 6];
        bytes.extend(SENDER.0.to_be_bytes());
        bytes.extend(noise);
        bytes
    });
    prop_oneof![8 => rtp, 1 => report, 1 => vec(any::<u8>(), 0..100)]
}

proptest! {
    #[test]
    fn no_sequence_of_datagrams_makes_the_receiver_panic_or_grow(
        steps in vec((hostile(), 0..40_u64), 1..300),
    ) {
        let mut rig = Rig::new(|stream| stream.event_log = true);
        for (datagram, pause) in steps {
            rig.advance_to(rig.now_ms() + pause);
            rig.deliver(&datagram);
            prop_assert!(rig.stream_stats().buffered_bytes < 120 * 4096);
            prop_assert!(rig.answers.iter().all(|answer| answer.size <= 1472));
            rig.take_answers();
        }
        prop_assert!(rig.frames.windows(2).all(|pair| pair[0].1.id < pair[1].1.id));
    }
}
