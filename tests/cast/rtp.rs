// SPDX-License-Identifier: GPL-3.0-or-later
//! `rtp.json`: parsing, writing, and the number of packets of a frame.

use proptest::prelude::*;
use serde_json::Value;
use telecast::cast::frame::{FrameId, Ssrc};
use telecast::cast::rtp::RtpPacket;
use telecast::cast::rtp::packetize::Packetizer;

use crate::support::{bytes, cases, uint, vectors};

#[test]
fn every_parse_vector_has_its_verdict_and_fields() {
    let file = vectors("rtp.json");
    for case in cases(&file, "parse") {
        let packet = bytes(case, "packet");
        let own = Ssrc(uint(case, "parser_ssrc") as u32);
        let parsed = RtpPacket::parse(&packet).ok().filter(|p| p.ssrc == own);
        match case["verdict"].as_str().unwrap() {
            "reject" => assert_eq!(parsed, None, "{case}"),
            "ok" => check_fields(case, &packet, &parsed.unwrap()),
            other => panic!("verdict {other}"),
        }
    }
}

fn check_fields(case: &Value, datagram: &[u8], packet: &RtpPacket<'_>) {
    // A fresh parser expands frame ids to the value nearest to 0.
    let id = FrameId(i64::from(packet.frame_id.cast_signed()));
    for (field, expected) in case["expect"].as_object().unwrap() {
        let found: Value = match field.as_str() {
            "payload_type" => packet.payload_type.into(),
            "marker" => packet.marker.into(),
            "sequence_number" => packet.sequence_number.into(),
            "rtp_timestamp" => packet.rtp_timestamp.into(),
            "is_key_frame" => packet.is_key_frame.into(),
            "frame_id" => id.0.into(),
            "packet_id" => packet.packet_id.into(),
            "max_packet_id" => packet.max_packet_id.into(),
            "referenced_frame_id" => packet.reference_of(id).0.into(),
            "new_playout_delay_ms" => packet.new_playout_delay_ms.unwrap_or(0).into(),
            "payload_offset" => (datagram.len() - packet.payload.len()).into(),
            "payload_len" => packet.payload.len().into(),
            other => panic!("unknown field {other}"),
        };
        assert_eq!(found, *expected, "{field} of {case}");
    }
}

#[test]
fn every_generate_vector_is_written_byte_for_byte() {
    let file = vectors("rtp.json");
    for case in cases(&file, "generate") {
        let fields = &case["fields"];
        let payload = bytes(fields, "payload");
        let packet = RtpPacket {
            payload_type: uint(fields, "payload_type") as u8,
            marker: fields["marker"].as_bool().unwrap(),
            sequence_number: uint(fields, "sequence_number") as u16,
            rtp_timestamp: uint(fields, "rtp_timestamp") as u32,
            ssrc: Ssrc(uint(fields, "ssrc") as u32),
            is_key_frame: fields["is_key_frame"].as_bool().unwrap(),
            frame_id: FrameId(uint(fields, "frame_id") as i64).low_byte(),
            packet_id: uint(fields, "packet_id") as u16,
            max_packet_id: uint(fields, "max_packet_id") as u16,
            reference: Some(FrameId(uint(fields, "referenced_frame_id") as i64).low_byte()),
            new_playout_delay_ms: fields["new_playout_delay_ms"].as_u64().map(|ms| ms as u16),
            payload: &payload,
        };
        let mut out = [0; 1472];
        let size = packet.write(&mut out).unwrap();
        assert_eq!(out[..size], bytes(case, "packet"), "{case}");
        assert_eq!(RtpPacket::parse(&out[..size]), Ok(packet), "{case}");
    }
}

#[test]
fn every_frame_size_makes_the_packets_of_its_vector() {
    let file = vectors("rtp.json");
    for case in cases(&file, "packet_counts") {
        let packetizer = Packetizer::new(Ssrc(1), 96, uint(case, "max_packet_size") as usize, 0);
        assert_eq!(
            packetizer.slice_size() as u64,
            uint(case, "payload_per_packet"),
            "{case}"
        );
        let count = packetizer.packet_count(uint(case, "payload_size") as usize);
        assert_eq!(count, Some(uint(case, "packets") as usize), "{case}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused_without_a_panic(datagram in prop::collection::vec(any::<u8>(), 0..80)) {
        if let Ok(packet) = RtpPacket::parse(&datagram) {
            prop_assert!(packet.packet_id <= packet.max_packet_id);
            prop_assert!(datagram.ends_with(packet.payload));
        }
    }

    #[test]
    fn a_valid_start_with_any_tail_is_read_or_refused_without_a_panic(tail in prop::collection::vec(any::<u8>(), 0..60)) {
        let mut datagram = vec![0x80, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
        datagram.extend(tail);
        if let Ok(packet) = RtpPacket::parse(&datagram) {
            let mut out = [0; 1472];
            let size = packet.write(&mut out).unwrap();
            prop_assert_eq!(RtpPacket::parse(&out[..size]), Ok(packet));
        }
    }
}
