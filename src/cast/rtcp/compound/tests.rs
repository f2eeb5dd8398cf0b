// SPDX-License-Identifier: GPL-3.0-or-later
use super::super::event_log::LogEvent;
use super::super::{LogEventKind, WHOLE_FRAME};
use super::*;
use crate::cast::ntp::{ReportDelay, ReportId};

const SENDER: Ssrc = Ssrc(1);
const RECEIVER: Ssrc = Ssrc(2);

fn contents<'a>(missing: &'a [Nack], acknowledged: &'a [FrameId]) -> FeedbackContents<'a> {
    FeedbackContents {
        now: NtpTime(0xe073_2e54_8000_0000),
        report: None,
        picture_loss: false,
        checkpoint: FrameId(10),
        playout_delay: Duration::from_millis(400),
        missing,
        acknowledged,
    }
}

fn build_and_read(
    max_size: usize,
    contents: &FeedbackContents<'_>,
    log: &mut VecDeque<FrameLog>,
) -> FeedbackEvents {
    let mut out = Vec::new();
    FeedbackBuilder::new(SENDER, RECEIVER, max_size).build(contents, log, &mut out);
    assert!(out.len() <= max_size.max(MIN_PACKET_SIZE));
    FeedbackReader::new(SENDER, RECEIVER)
        .read(&out, FrameId(140))
        .unwrap()
}

/// Of each of `count` frames above checkpoint 10 nothing has arrived; each takes a loss field.
fn lost_frames(count: i64) -> Vec<Nack> {
    (11..11 + count)
        .map(|frame| Nack {
            frame: FrameId(frame),
            packet: WHOLE_FRAME,
        })
        .collect()
}

#[test]
fn everything_that_goes_in_comes_out() {
    let report = ReportBlock {
        sender: SENDER,
        fraction_lost: 7,
        cumulative_lost: 99,
        extended_highest_sequence: 70_000,
        jitter: 12,
        last_report: ReportId(0x1234_5678),
        delay: ReportDelay(65_536),
    };
    let missing = [
        Nack {
            frame: FrameId(11),
            packet: 3,
        },
        Nack {
            frame: FrameId(14),
            packet: WHOLE_FRAME,
        },
    ];
    let acknowledged = [FrameId(12), FrameId(13), FrameId(30)];
    let at = Duration::from_secs(5);
    let entry = FrameLog {
        rtp_timestamp: 9,
        events: vec![
            LogEvent {
                kind: LogEventKind::PacketReceived { packet: 4 },
                at,
            },
            LogEvent {
                kind: LogEventKind::PlayedOut { delay_ms: 321 },
                at,
            },
        ],
    };
    let mut log = VecDeque::from([entry.clone()]);
    let contents = FeedbackContents {
        report: Some(report),
        picture_loss: true,
        ..contents(&missing, &acknowledged)
    };
    let events = build_and_read(1472, &contents, &mut log);
    let feedback = Feedback {
        checkpoint: FrameId(10),
        playout_delay: Duration::from_millis(400),
        missing: missing.to_vec(),
        acknowledged: acknowledged.to_vec(),
    };
    let expected = FeedbackEvents {
        receiver_report: Some(report),
        reference_time: Some(NtpTime(0xe073_2e54_8000_0000)),
        feedback: Some(feedback),
        picture_loss: true,
        log: vec![entry],
    };
    assert_eq!(events, expected);
    assert!(log.is_empty());
}

#[test]
fn when_room_is_short_the_oldest_losses_go_first_and_acknowledgements_come_last() {
    // Frames 74 to 129 above a checkpoint of 10: 56 acknowledgements that need 18 octets, as in the reference's test.
    let acks: Vec<FrameId> = (74..130).map(FrameId).collect();
    for (lost, fields, acked) in [(63, 52, 0), (50, 50, 0), (48, 48, 18), (46, 46, 56)] {
        let missing = lost_frames(lost);
        let events = build_and_read(256, &contents(&missing, &acks), &mut VecDeque::new());
        let feedback = events.feedback.unwrap();
        assert_eq!(feedback.missing, missing[..fields], "{lost} lost");
        assert_eq!(feedback.acknowledged, acks[..acked], "{lost} lost");
    }
}

#[test]
fn no_more_than_255_loss_fields_are_written() {
    let missing: Vec<Nack> = (0..300)
        .map(|k| Nack {
            frame: FrameId(11),
            packet: k * 10,
        })
        .collect();
    let events = build_and_read(1472, &contents(&missing, &[]), &mut VecDeque::new());
    assert_eq!(events.feedback.unwrap().missing, missing[..255]);
}

#[test]
fn a_log_that_does_not_fit_goes_out_in_parts_and_nothing_of_it_is_lost() {
    let event = |k: u16| LogEvent {
        kind: LogEventKind::PacketReceived { packet: k },
        at: Duration::from_millis(u64::from(k) * 50),
    };
    let sent: Vec<LogEvent> = (0..300).map(event).collect();
    let mut log = VecDeque::from([FrameLog {
        rtp_timestamp: 77,
        events: sent.clone(),
    }]);
    let mut received = Vec::new();
    for _ in 0..10 {
        let events = build_and_read(256, &contents(&[], &[]), &mut log);
        assert!(events.log.iter().all(|frame| frame.rtp_timestamp == 77));
        received.extend(events.log.into_iter().flat_map(|frame| frame.events));
    }
    assert!(log.is_empty());
    assert_eq!(received, sent);
}

#[test]
fn the_base_of_the_log_wraps_after_2_to_the_24_milliseconds() {
    let at = Duration::from_millis((1 << 24) + 5);
    let events = vec![LogEvent {
        kind: LogEventKind::Decoded { delay_ms: -3 },
        at,
    }];
    let mut log = VecDeque::from([FrameLog {
        rtp_timestamp: 1,
        events,
    }]);
    let read = build_and_read(256, &contents(&[], &[]), &mut log);
    let expected = LogEvent {
        kind: LogEventKind::Decoded { delay_ms: -3 },
        at: Duration::from_millis(5),
    };
    assert_eq!(read.log[0].events, [expected]);
}

#[test]
fn the_counter_of_acknowledgements_grows_with_each_datagram() {
    let mut builder = FeedbackBuilder::new(SENDER, RECEIVER, 1472);
    let mut out = Vec::new();
    let counters: Vec<u8> = (0..258)
        .map(|_| {
            builder.build(
                &contents(&[], &[FrameId(12)]),
                &mut VecDeque::new(),
                &mut out,
            );
            out[out.len() - 4]
        })
        .collect();
    assert_eq!(counters[..2], [0, 1]);
    assert_eq!(counters[255..], [255, 0, 1]);
}
