// SPDX-License-Identifier: GPL-3.0-or-later
//! A sender that is told anything at all, by its encoders and by its receiver: it keeps its promises.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;
use proptest::prelude::*;
use telecast::cast::frame::{
    Dependency, EncodedFrame, FrameId, MediaTime, Ssrc, StageTimes, StreamId, StreamKind,
};
use telecast::cast::keys::StreamKeys;
use telecast::cast::ntp::{NtpTime, ReportDelay, ReportId};
use telecast::cast::rtcp::compound::FeedbackContents;
use telecast::cast::rtcp::{FeedbackBuilder, Nack, ReportBlock, Route, route};
use telecast::cast::sender::{Input, Output, Sender, SenderConfig, SenderEvent, StreamConfig};

const STREAM: StreamId = StreamId(7);
const SSRC: Ssrc = Ssrc(1);
const RECEIVER: Ssrc = Ssrc(2);

/// Something that happens.
#[derive(Debug, Clone)]
enum Step {
    Pass(u64),
    Frame {
        dependency: Dependency,
        ticks: i64,
        size: usize,
        captured_ms_ago: u64,
    },
    Feedback {
        ahead: i64,
        missing: Vec<(i64, u16)>,
        acknowledged: Vec<i64>,
        picture_loss: bool,
        report: Option<(u32, u32)>,
        reference: u64,
    },
    Garbage(Vec<u8>),
    TargetDelay(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let dependency = prop_oneof![
        Just(Dependency::KeyFrame),
        Just(Dependency::Independent),
        Just(Dependency::Dependent)
    ];
    let frame = (dependency, -10i64..20_000, 0usize..20_000, 0u64..300).prop_map(
        |(dependency, ticks, size, captured_ms_ago)| Step::Frame {
            dependency,
            ticks,
            size,
            captured_ms_ago,
        },
    );
    let feedback = (
        -3i64..4,
        prop::collection::vec((0i64..130, prop_oneof![0u16..20, Just(0xFFFF)]), 0..12),
        prop::collection::vec(2i64..140, 0..8),
        any::<bool>(),
        prop::option::of(any::<(u32, u32)>()),
        0u64..1 << 33,
    )
        .prop_map(
            |(ahead, missing, acknowledged, picture_loss, report, reference)| Step::Feedback {
                ahead,
                missing,
                acknowledged,
                picture_loss,
                report,
                reference,
            },
        );
    prop_oneof![
        3 => (0u64..100).prop_map(Step::Pass),
        4 => frame,
        3 => feedback,
        1 => prop::collection::vec(any::<u8>(), 0..60).prop_map(Step::Garbage),
        1 => any::<u64>().prop_map(Step::TargetDelay),
    ]
}

/// The sender, and what it has promised so far.
struct Watch {
    sender: Sender,
    now: Instant,
    wake: Instant,
    media_time: i64,
    reference: u64,
    acknowledged: Vec<FrameId>,
    checkpoint: FrameId,
    report_sent: bool,
    builder: FeedbackBuilder,
}

impl Watch {
    fn new() -> Watch {
        let now = Instant::now() + Duration::from_secs(1);
        let mut config = SenderConfig::new(Duration::ZERO);
        config.streams = vec![StreamConfig {
            id: STREAM,
            kind: StreamKind::Video,
            ssrc: SSRC,
            receiver_ssrc: RECEIVER,
            payload_type: 96,
            timebase: 90_000,
            keys: StreamKeys {
                aes_key: [3; 16],
                iv_mask: [4; 16],
            },
            min_bitrate: 1,
            max_bitrate: u32::MAX,
            first_sequence_number: 9,
        }];
        Watch {
            sender: Sender::new(now, config),
            now,
            wake: now,
            media_time: 0,
            reference: 0,
            acknowledged: Vec::new(),
            checkpoint: FrameId::LEADER,
            report_sent: false,
            builder: FeedbackBuilder::new(SSRC, RECEIVER, 1472),
        }
    }

    fn drain(&mut self) {
        let mut outputs = 0;
        while let Some(output) = self.sender.poll(self.now) {
            outputs += 1;
            assert!(outputs < 5_000, "it never comes to rest");
            match output {
                Output::Transmit(datagram) => match route(datagram).unwrap() {
                    Route::Rtcp(ssrc) => self.report_sent |= ssrc == SSRC,
                    Route::Rtp(_) => assert!(self.report_sent, "media before the report"),
                },
                Output::Event(SenderEvent::Acknowledged { frame, .. }) => {
                    assert!(!self.acknowledged.contains(&frame), "twice");
                    self.acknowledged.push(frame);
                }
                Output::Timeout(at) => self.wake = at,
                Output::Encoder(..) | Output::Event(_) => {}
            }
        }
        assert!(self.wake > self.now);
        let checkpoint = self.sender.checkpoint(STREAM).unwrap();
        assert!(checkpoint >= self.checkpoint, "the checkpoint went back");
        self.checkpoint = checkpoint;
        // Everything up to the checkpoint was acknowledged, each frame by an event of its own.
        let below = self.acknowledged.iter().filter(|id| **id <= checkpoint);
        assert_eq!(below.count() as i64, checkpoint.0 + 1);
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Pass(ms) => {
                let end = self.now + Duration::from_millis(ms);
                while self.wake < end {
                    self.now = self.wake;
                    self.drain();
                }
                self.now = end;
            }
            Step::Frame {
                dependency,
                ticks,
                size,
                captured_ms_ago,
            } => {
                self.media_time += ticks;
                let captured = self.now.checked_sub(Duration::from_millis(captured_ms_ago));
                let frame = EncodedFrame {
                    dependency,
                    media_time: MediaTime(self.media_time),
                    duration: Duration::ZERO,
                    data: Bytes::from(vec![1; size]),
                    size: None,
                    times: StageTimes {
                        captured: captured.unwrap(),
                        received: self.now,
                        converted: self.now,
                        encoded: self.now,
                    },
                };
                self.sender.handle(self.now, Input::Frame(STREAM, frame));
            }
            Step::Garbage(bytes) => self.sender.handle(self.now, Input::Datagram(&bytes)),
            Step::TargetDelay(ms) => {
                let delay = Duration::from_millis(ms);
                self.sender.handle(
                    self.now,
                    Input::TargetDelay {
                        least: delay,
                        most: delay,
                    },
                );
            }
            Step::Feedback {
                ahead,
                missing,
                mut acknowledged,
                picture_loss,
                report,
                reference,
            } => {
                self.reference += reference;
                let checkpoint = self.checkpoint + ahead;
                acknowledged.sort_unstable();
                acknowledged.dedup();
                let acknowledged: Vec<_> =
                    acknowledged.into_iter().map(|id| checkpoint + id).collect();
                let mut missing: Vec<_> = missing
                    .into_iter()
                    .map(|(id, packet)| Nack {
                        frame: checkpoint + id,
                        packet,
                    })
                    .collect();
                missing.sort_unstable();
                let contents = FeedbackContents {
                    now: NtpTime(self.reference),
                    report: report.map(|(id, delay)| ReportBlock {
                        sender: SSRC,
                        fraction_lost: id as u8,
                        cumulative_lost: delay,
                        extended_highest_sequence: id,
                        jitter: delay,
                        last_report: ReportId(id),
                        delay: ReportDelay(delay),
                    }),
                    picture_loss,
                    checkpoint,
                    playout_delay: Duration::ZERO,
                    missing: &missing,
                    acknowledged: &acknowledged,
                };
                let mut datagram = Vec::new();
                self.builder
                    .build(&contents, &mut VecDeque::new(), &mut datagram);
                self.sender.handle(self.now, Input::Datagram(&datagram));
            }
        }
        self.drain();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn no_feedback_and_no_frame_breaks_the_senders_promises(
        steps in prop::collection::vec(step(), 1..80),
    ) {
        let mut watch = Watch::new();
        watch.drain();
        for step in steps {
            watch.step(step);
        }
        let stats = watch.sender.stats(watch.now);
        let stream = stats.stream(STREAM).unwrap();
        prop_assert!(stream.in_flight_bytes <= 120 * 20_000);
        prop_assert!(stream.retransmitted <= stream.packets);
    }
}
