// SPDX-License-Identifier: GPL-3.0-or-later
//! RTCP for all inputs: what is built reads back, and what was not built by us does no harm.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use telecast::cast::frame::FrameId;
use telecast::cast::ntp::{NtpTime, ReportDelay, ReportId};
use telecast::cast::rtcp::compound::FeedbackContents;
use telecast::cast::rtcp::{
    Feedback, FeedbackBuilder, FeedbackEvents, FeedbackReader, FrameLog, LogEvent, LogEventKind,
    Nack, ReportBlock, SenderReport, WHOLE_FRAME, find_sender_report, route,
};

use super::{RECEIVER, SENDER};

/// Packets with good headers, the right SSRCs and any contents.
fn plausible() -> impl Strategy<Value = Vec<u8>> {
    let types = select(vec![200_u8, 201, 202, 204, 206, 207]);
    let counts = select(vec![0_u8, 1, 2, 15]);
    let packet = (types, counts, vec(any::<u8>(), 0..80), any::<bool>()).prop_map(
        |(packet_type, count, mut contents, is_cast)| {
            contents.resize(contents.len().next_multiple_of(4), 0);
            let author = if packet_type == 200 { SENDER } else { RECEIVER };
            let head: &[u8] = match (packet_type, is_cast) {
                (206, true) => b"\0\0\0\x01CAST",
                (204, true) => b"CAST",
                _ => b"",
            };
            let words = (4 + head.len() + contents.len()) / 4;
            let mut bytes = vec![0x80 | count, packet_type];
            bytes.extend((words as u16).to_be_bytes());
            bytes.extend(author.0.to_be_bytes());
            bytes.extend(head);
            bytes.extend(contents);
            bytes
        },
    );
    vec(packet, 0..6).prop_map(|packets| packets.concat())
}

/// Reads the bytes in all ways; nothing that comes out is larger than the input allows.
fn read_all(bytes: &[u8]) {
    let mut reader = FeedbackReader::new(SENDER, RECEIVER);
    for newest in [FrameId::LEADER, FrameId(300), FrameId(i64::MAX)] {
        let Ok(events) = reader.read(bytes, newest) else {
            continue;
        };
        if let Some(feedback) = events.feedback {
            assert!(feedback.missing.len() <= bytes.len() * 9);
            assert!(feedback.acknowledged.len() <= bytes.len() * 8);
            assert!(feedback.missing.is_sorted() && feedback.acknowledged.is_sorted());
        }
        let logged: usize = events.log.iter().map(|frame| frame.events.len()).sum();
        assert!(logged <= bytes.len() / 4);
    }
    if matches!(find_sender_report(bytes, SENDER, RECEIVER), Ok(Some(_))) {
        assert!(route(bytes).is_some());
    }
}

fn block() -> impl Strategy<Value = ReportBlock> {
    let numbers = any::<(u8, u32, u32, u32, u32, u32)>();
    numbers.prop_map(
        |(fraction_lost, lost, highest, jitter, id, delay)| ReportBlock {
            sender: SENDER,
            fraction_lost,
            cumulative_lost: lost >> 8,
            extended_highest_sequence: highest,
            jitter,
            last_report: ReportId(id),
            delay: ReportDelay(delay),
        },
    )
}

/// Losses by their distance above the checkpoint: whole frames, or some packets of them.
fn losses() -> impl Strategy<Value = BTreeMap<i64, Option<BTreeSet<u16>>>> {
    btree_map(
        1..=120_i64,
        option::of(btree_set(0..0xffff_u16, 1..12)),
        0..12,
    )
}

fn log() -> impl Strategy<Value = Vec<FrameLog>> {
    let kind = prop_oneof![
        any::<u16>().prop_map(|packet| LogEventKind::PacketReceived { packet }),
        any::<i16>().prop_map(|delay_ms| LogEventKind::PlayedOut { delay_ms }),
        any::<i16>().prop_map(|delay_ms| LogEventKind::Decoded { delay_ms }),
        any::<i16>().prop_map(|delay_ms| LogEventKind::AckSent { delay_ms }),
    ];
    let event = (kind, 0..1_u64 << 24).prop_map(|(kind, ms)| LogEvent {
        kind,
        at: Duration::from_millis(ms),
    });
    let frame = (any::<u32>(), vec(event, 1..6)).prop_map(|(rtp_timestamp, events)| FrameLog {
        rtp_timestamp,
        events,
    });
    vec(frame, 0..8)
}

/// The events one by one, with the frame's timestamp.
fn flat(log: Vec<FrameLog>) -> impl Iterator<Item = (u32, LogEvent)> {
    log.into_iter().flat_map(|frame| {
        let rtp_timestamp = frame.rtp_timestamp;
        frame
            .events
            .into_iter()
            .map(move |event| (rtp_timestamp, event))
    })
}

proptest! {
    #[test]
    fn arbitrary_bytes_do_no_harm(bytes in vec(any::<u8>(), 0..300)) {
        read_all(&bytes);
    }

    #[test]
    fn plausible_packets_do_no_harm_cut_or_whole(bytes in plausible(), cut in any::<Index>()) {
        read_all(&bytes);
        read_all(&bytes[..cut.index(bytes.len() + 1)]);
    }

    #[test]
    fn feedback_reads_back_as_it_was_built(
        checkpoint in -1..2000_i64,
        losses in losses(),
        acknowledged in btree_set(2..=120_i64, 0..120),
        delay_ms in any::<u16>(),
        now in any::<u64>(),
        picture_loss in any::<bool>(),
        report in option::of(block()),
    ) {
        let frame = |ahead: i64| FrameId(checkpoint + ahead);
        let mut missing = Vec::new();
        for (ahead, packets) in losses {
            let packets = packets.unwrap_or(BTreeSet::from([WHOLE_FRAME]));
            missing.extend(packets.iter().map(|packet| Nack { frame: frame(ahead), packet: *packet }));
        }
        let acknowledged: Vec<FrameId> = acknowledged.into_iter().map(frame).collect();
        let playout_delay = Duration::from_millis(delay_ms.into());
        let contents = FeedbackContents {
            now: NtpTime(now),
            report,
            picture_loss,
            checkpoint: frame(0),
            playout_delay,
            missing: &missing,
            acknowledged: &acknowledged,
        };
        let mut out = Vec::new();
        FeedbackBuilder::new(SENDER, RECEIVER, 1472).build(&contents, &mut VecDeque::new(), &mut out);
        let events = FeedbackReader::new(SENDER, RECEIVER).read(&out, frame(120)).unwrap();
        let feedback = Some(Feedback { checkpoint: frame(0), playout_delay, missing, acknowledged });
        let expected = FeedbackEvents {
            receiver_report: report,
            reference_time: Some(NtpTime(now)),
            feedback,
            picture_loss,
            log: Vec::new(),
        };
        prop_assert_eq!(events, expected);
    }

    #[test]
    fn a_log_reads_back_in_as_many_datagrams_as_it_takes(log in log(), max_size in 0..600_usize) {
        let mut queue: VecDeque<FrameLog> = log.iter().cloned().collect();
        let mut builder = FeedbackBuilder::new(SENDER, RECEIVER, max_size);
        let contents = FeedbackContents {
            now: NtpTime(0),
            report: None,
            picture_loss: false,
            checkpoint: FrameId(0),
            playout_delay: Duration::ZERO,
            missing: &[],
            acknowledged: &[],
        };
        let mut read = Vec::new();
        for _ in 0..50 {
            let mut out = Vec::new();
            builder.build(&contents, &mut queue, &mut out);
            prop_assert!(out.len() <= max_size.max(256));
            let events = FeedbackReader::new(SENDER, RECEIVER).read(&out, FrameId(0)).unwrap();
            read.extend(flat(events.log));
        }
        prop_assert!(queue.is_empty());
        prop_assert_eq!(read, flat(log).collect::<Vec<_>>());
    }

    #[test]
    fn a_sender_report_reads_back_as_it_was_written(
        numbers in any::<(u64, u32, u32, u32)>(),
        block in option::of(block()),
    ) {
        let report = SenderReport {
            sender: SENDER,
            reference_time: NtpTime(numbers.0),
            rtp_timestamp: numbers.1,
            packet_count: numbers.2,
            octet_count: numbers.3,
            block: block.map(|block| ReportBlock { sender: RECEIVER, ..block }),
        };
        let mut out = Vec::new();
        report.write(&mut out);
        prop_assert_eq!(find_sender_report(&out, SENDER, RECEIVER), Ok(Some(report)));
    }
}
