// SPDX-License-Identifier: GPL-3.0-or-later
//! `rtcp.json`, section by section, and what no vector covers.

mod properties;

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::{Map, Value, json};
use telecast::cast::frame::{FrameId, Ssrc};
use telecast::cast::ntp::NtpTime;
use telecast::cast::receiver::reception::{Reception, cumulative_lost, fraction_lost};
use telecast::cast::rtcp::compound::FeedbackContents;
use telecast::cast::rtcp::{
    FeedbackBuilder, FeedbackEvents, FeedbackReader, FrameLog, Header, LogEventKind, Nack,
    ReportBlock, Route, find_sender_report, route,
};

use crate::support::{bytes, cases, uint, vectors};

const SENDER: Ssrc = Ssrc(1);
const RECEIVER: Ssrc = Ssrc(2);

fn block_as_json(block: &ReportBlock) -> Value {
    json!({
        "fraction_lost": block.fraction_lost,
        "cumulative_lost": block.cumulative_lost,
        "extended_high_sequence": block.extended_highest_sequence,
        "jitter": block.jitter,
        "last_report_id": format!("{:08x}", block.last_report.0),
        "delay_since_last_report": block.delay.0,
    })
}

fn log_as_json(frame: &FrameLog) -> Value {
    let events = frame.events.iter().map(|event| {
        let (kind, field, value) = match event.kind {
            LogEventKind::AckSent { delay_ms } => ("frame_ack_sent", "delay_ms", delay_ms.into()),
            LogEventKind::PlayedOut { delay_ms } => {
                ("frame_played_out", "delay_ms", delay_ms.into())
            }
            LogEventKind::Decoded { delay_ms } => ("frame_decoded", "delay_ms", delay_ms.into()),
            LogEventKind::PacketReceived { packet } => {
                ("packet_received", "packet_id", i64::from(packet))
            }
        };
        json!({ "type": kind, "offset_us": event.at.as_micros() as u64, field: value })
    });
    json!({ "rtp_timestamp": frame.rtp_timestamp, "events": events.collect::<Vec<_>>() })
}

/// What was learned, in the words of the vectors.
fn events_as_json(events: &FeedbackEvents, sender: Ssrc) -> Value {
    let mut object = Map::new();
    if let Some(block) = &events.receiver_report {
        let mut report = block_as_json(block);
        assert_eq!(block.sender, sender);
        report["ssrc"] = sender.0.into();
        object.insert("receiver_report".into(), report);
    }
    if let Some(time) = events.reference_time {
        object.insert("reference_time".into(), format!("{:016x}", time.0).into());
    }
    if events.picture_loss {
        object.insert("picture_loss".into(), true.into());
    }
    if let Some(feedback) = &events.feedback {
        object.insert("checkpoint".into(), feedback.checkpoint.0.into());
        let delay = feedback.playout_delay.as_millis() as u64;
        object.insert("playout_delay_ms".into(), delay.into());
        if !feedback.missing.is_empty() {
            let missing = feedback
                .missing
                .iter()
                .map(|nack| json!([nack.frame.0, nack.packet]));
            object.insert("missing".into(), missing.collect::<Vec<_>>().into());
        }
        if !feedback.acknowledged.is_empty() {
            let acked = feedback
                .acknowledged
                .iter()
                .map(|frame| Value::from(frame.0));
            object.insert("acked".into(), acked.collect::<Vec<_>>().into());
        }
    }
    if !events.log.is_empty() {
        let log: Vec<Value> = events.log.iter().map(log_as_json).collect();
        object.insert("receiver_log".into(), log.into());
    }
    object.into()
}

#[test]
fn every_compound_datagram_is_read_or_refused_as_the_reference_does() {
    for case in cases(&vectors("rtcp.json"), "compound") {
        let sender = Ssrc(uint(case, "sender_ssrc") as u32);
        let receiver = Ssrc(uint(case, "receiver_ssrc") as u32);
        let newest = FrameId(uint(case, "max_feedback_frame_id") as i64);
        let mut reader = FeedbackReader::new(sender, receiver);
        let one = [case.clone()];
        let datagrams = case
            .get("sequence")
            .map_or(&one[..], |list| list.as_array().unwrap());
        for datagram in datagrams {
            match reader.read(&bytes(datagram, "packet"), newest) {
                Ok(events) => {
                    assert_eq!(datagram["verdict"], "ok", "{case}");
                    assert_eq!(
                        events_as_json(&events, sender),
                        datagram["events"],
                        "{case}"
                    );
                }
                Err(_) => assert_eq!(datagram["verdict"], "error", "{case}"),
            }
        }
    }
}

#[test]
fn every_sender_report_is_found() {
    for case in cases(&vectors("rtcp.json"), "sender_reports") {
        let found = find_sender_report(&bytes(case, "packet"), SENDER, RECEIVER)
            .ok()
            .flatten();
        let Some(report) = found else {
            assert_eq!(case["verdict"], "none", "{case}");
            continue;
        };
        let mut read = json!({
            "ntp": format!("{:016x}", report.reference_time.0),
            "report_id": format!("{:08x}", report.id().0),
            "rtp_timestamp": report.rtp_timestamp,
            "packet_count": report.packet_count,
            "octet_count": report.octet_count,
        });
        if let Some(block) = &report.block {
            read["report_block"] = block_as_json(block);
            read["report_block"]["ssrc"] = block.sender.0.into();
        }
        assert_eq!(read, case["expect"]);

        let mut written = Vec::new();
        report.write(&mut written);
        let read_again = find_sender_report(&written, SENDER, RECEIVER).unwrap();
        assert_eq!(read_again, Some(report));
        assert!(contains(&bytes(case, "packet"), &written), "{case}");
    }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

#[test]
fn every_common_header_is_read_or_refused() {
    for case in cases(&vectors("rtcp.json"), "common_headers") {
        let Ok(header) = Header::read(&bytes(case, "bytes")) else {
            assert_eq!(case["verdict"], "reject", "{case}");
            continue;
        };
        assert_eq!(case["verdict"], "ok", "{case}");
        assert_eq!(u64::from(header.count), uint(case, "count"), "{case}");
        assert_eq!(
            header.packet_type as u64,
            uint(case, "packet_type"),
            "{case}"
        );
        assert_eq!(
            header.payload_size as u64,
            uint(case, "payload_size"),
            "{case}"
        );
    }
}

#[test]
fn losses_are_counted_as_the_reference_counts_them() {
    let file = vectors("rtcp.json");
    for case in cases(&file, "fraction_lost") {
        let fraction = fraction_lost(uint(case, "sent"), uint(case, "received"));
        assert_eq!(u64::from(fraction), uint(case, "numerator"), "{case}");
    }
    for case in cases(&file, "cumulative_lost") {
        let lost = cumulative_lost(uint(case, "sent"), uint(case, "received"));
        assert_eq!(u64::from(lost), uint(case, "lost"), "{case}");
    }
    for case in cases(&file, "receive_stats") {
        let mut reception = Reception::default();
        for k in 0..uint(case, "count") {
            let sequence = uint(case, "first") + k * uint(case, "step");
            reception.count(sequence as u16, 0, 0);
        }
        let report = reception.report().unwrap();
        let extended = u64::from(report.extended_highest_sequence);
        assert_eq!(extended, uint(case, "extended_high"), "{case}");
        assert_eq!(
            u64::from(report.fraction_lost),
            uint(case, "fraction"),
            "{case}"
        );
        assert_eq!(
            u64::from(report.cumulative_lost),
            uint(case, "cumulative"),
            "{case}"
        );
    }
}

/// A datagram that a receiver at `checkpoint` sends.
fn build(checkpoint: FrameId, missing: &[Nack], acknowledged: &[FrameId]) -> Vec<u8> {
    let mut out = Vec::new();
    let contents = FeedbackContents {
        now: NtpTime(1),
        report: None,
        picture_loss: false,
        checkpoint,
        playout_delay: Duration::from_millis(400),
        missing,
        acknowledged,
    };
    FeedbackBuilder::new(SENDER, RECEIVER, 1472).build(&contents, &mut VecDeque::new(), &mut out);
    out
}

#[test]
fn acknowledgements_are_packed_as_the_reference_packs_them() {
    for case in cases(&vectors("rtcp.json"), "ack_vectors") {
        let frames = case["frames"].as_array().unwrap();
        let frames: Vec<FrameId> = frames
            .iter()
            .map(|id| FrameId(id.as_i64().unwrap()))
            .collect();
        let out = build(FrameId(uint(case, "checkpoint") as i64), &[], &frames);
        let mut end = b"CST2\0".to_vec();
        end.push(uint(case, "octets") as u8);
        end.extend(bytes(case, "vector"));
        assert!(out.ends_with(&end), "{case}: {out:x?}");
    }
}

#[test]
fn losses_are_packed_as_the_reference_packs_them() {
    for case in cases(&vectors("rtcp.json"), "loss_fields") {
        let missing: Vec<Nack> = case["nacks"].as_array().unwrap().iter().map(nack).collect();
        let fields = case["fields"].as_array().unwrap();
        let end: String = fields.iter().map(|field| field.as_str().unwrap()).collect();
        let out = build(FrameId(15), &missing, &[]);
        assert!(
            out.ends_with(&bytes(&json!({ "end": end }), "end")),
            "{case}: {out:x?}"
        );
    }
}

fn nack(pair: &Value) -> Nack {
    let [frame, packet] = [0, 1].map(|at| pair[at].as_i64().unwrap());
    Nack {
        frame: FrameId(frame),
        packet: packet as u16,
    }
}

#[test]
fn datagrams_are_told_apart_by_their_first_bytes() {
    for case in cases(&vectors("rtcp.json"), "routing") {
        let expected = match case["kind"].as_str().unwrap() {
            "rtcp" => Some(Route::Rtcp(Ssrc(uint(case, "ssrc") as u32))),
            "rtp" => Some(Route::Rtp(Ssrc(uint(case, "ssrc") as u32))),
            _ => None,
        };
        assert_eq!(route(&bytes(case, "packet")), expected, "{case}");
    }
}

#[test]
fn the_first_feedback_of_all_has_a_checkpoint_before_the_first_frame() {
    let out = build(FrameId::LEADER, &[], &[]);
    let events = FeedbackReader::new(SENDER, RECEIVER)
        .read(&out, FrameId::LEADER)
        .unwrap();
    assert_eq!(events.feedback.unwrap().checkpoint, FrameId::LEADER);
}

#[test]
fn the_reference_time_may_pass_the_end_of_the_ntp_era() {
    let mut reader = FeedbackReader::new(SENDER, RECEIVER);
    for time in [0xffff_ffff_8000_0000, 0x0000_0000_8000_0000] {
        let mut datagram = build(FrameId(0), &[], &[]);
        datagram[20..28].copy_from_slice(&u64::to_be_bytes(time));
        let events = reader.read(&datagram, FrameId(0)).unwrap();
        assert_eq!(events.reference_time, Some(NtpTime(time)));
    }
}
