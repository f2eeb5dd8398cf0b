// SPDX-License-Identifier: GPL-3.0-or-later
//! A sender of two streams, its outputs sorted into lists, and a receiver's reports to feed it with.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::cast::control::EncoderControl;
use crate::cast::frame::{Dependency, EncodedFrame, MediaTime, Ssrc, StageTimes};
use crate::cast::keys::StreamKeys;
use crate::cast::ntp::{NtpTime, ReportDelay, ReportId};
use crate::cast::rtcp::compound::FeedbackContents;
use crate::cast::rtcp::{FeedbackBuilder, Nack, ReportBlock, Route, find_sender_report, route};
use crate::cast::rtp::RtpPacket;

use super::super::*;

pub const MS: Duration = Duration::from_millis(1);
pub const AUDIO: StreamId = StreamId(0);
pub const VIDEO: StreamId = StreamId(1);

/// The receiver's SSRC is the sender's plus one.
pub const AUDIO_SSRC: Ssrc = Ssrc(1);
pub const VIDEO_SSRC: Ssrc = Ssrc(50_001);

/// A sender and everything that came out of it.
pub struct Rig {
    pub sender: Sender,
    pub now: Instant,
    pub wake: Instant,
    pub sent: Vec<Vec<u8>>,
    pub events: Vec<SenderEvent>,
    pub controls: Vec<(StreamId, EncoderControl)>,
    audio_time: i64,
    video_time: i64,
    reference: u64,
}

/// What a receiver says, in short.
#[derive(Default, Clone, Copy)]
pub struct Says<'a> {
    pub checkpoint: i64,
    pub missing: &'a [(i64, u16)],
    pub acknowledged: &'a [i64],
    pub picture_loss: bool,
    pub report: Option<ReportBlock>,
}

pub fn config() -> SenderConfig {
    let stream = |id, kind, ssrc: Ssrc, payload_type, timebase, max_bitrate| StreamConfig {
        id,
        kind,
        ssrc,
        receiver_ssrc: Ssrc(ssrc.0 + 1),
        payload_type,
        timebase,
        keys: StreamKeys {
            aes_key: [1; 16],
            iv_mask: [2; 16],
        },
        min_bitrate: max_bitrate / 10,
        max_bitrate,
        first_sequence_number: 65_530,
    };
    let mut config = SenderConfig::new(Duration::from_secs(1_700_000_000));
    // Out of order on purpose: sound goes first nevertheless.
    config.streams = vec![
        stream(VIDEO, StreamKind::Video, VIDEO_SSRC, 96, 90_000, 5_000_000),
        stream(AUDIO, StreamKind::Audio, AUDIO_SSRC, 127, 48_000, 128_000),
    ];
    config
}

/// "SR" or "RTP" and the stream's SSRC.
pub fn kind(datagram: &[u8]) -> String {
    match route(datagram) {
        Some(Route::Rtp(Ssrc(ssrc))) => format!("RTP {ssrc}"),
        Some(Route::Rtcp(Ssrc(ssrc))) => format!("SR {ssrc}"),
        None => "garbage".to_owned(),
    }
}

impl Rig {
    pub fn new() -> Rig {
        Rig::with(config())
    }

    pub fn with(config: SenderConfig) -> Rig {
        let start = Instant::now();
        let mut rig = Rig {
            sender: Sender::new(start, config),
            now: start,
            wake: start,
            sent: Vec::new(),
            events: Vec::new(),
            controls: Vec::new(),
            audio_time: 0,
            video_time: 0,
            reference: 0,
        };
        rig.drain();
        rig
    }

    /// Takes everything out at the present moment.
    pub fn drain(&mut self) {
        let mut rounds = 0;
        let mut timeout_was_last = false;
        while let Some(output) = self.sender.poll(self.now) {
            assert!(!timeout_was_last, "something came after the wake-up time");
            match output {
                Output::Transmit(datagram) => self.sent.push(datagram.to_vec()),
                Output::Encoder(stream, control) => self.controls.push((stream, control)),
                Output::Event(event) => self.events.push(event),
                Output::Timeout(at) => {
                    self.wake = at;
                    timeout_was_last = true;
                }
            }
            rounds += 1;
            assert!(rounds < 10_000, "the sender never comes to rest");
        }
        assert!(timeout_was_last, "no wake-up time");
        assert!(self.wake > self.now, "the wake-up time has passed already");
    }

    pub fn handle(&mut self, input: Input<'_>) {
        self.sender.handle(self.now, input);
        self.drain();
    }

    /// Lets time pass, waking the sender up when it wants to be.
    pub fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        while self.wake < end {
            self.now = self.wake;
            self.drain();
        }
        self.now = end;
        self.drain();
    }

    pub fn frame(&self, dependency: Dependency, media_time: i64, size: usize) -> EncodedFrame {
        EncodedFrame {
            dependency,
            media_time: MediaTime(media_time),
            duration: 33 * MS,
            data: Bytes::from(vec![7; size]),
            size: None,
            times: StageTimes {
                captured: self.now,
                received: self.now,
                converted: self.now,
                encoded: self.now,
            },
        }
    }

    /// A block of sound of 20 ms.
    pub fn audio(&mut self, size: usize) {
        self.audio_time += 960;
        let frame = self.frame(Dependency::Independent, self.audio_time, size);
        self.handle(Input::Frame(AUDIO, frame));
    }

    pub fn key_frame(&mut self, size: usize) {
        self.video(Dependency::KeyFrame, size);
    }

    pub fn delta_frame(&mut self, size: usize) {
        self.video(Dependency::Dependent, size);
    }

    /// A picture, 33⅓ ms of media time after the last one.
    fn video(&mut self, dependency: Dependency, size: usize) {
        self.video_time += 3000;
        let frame = self.frame(dependency, self.video_time, size);
        self.handle(Input::Frame(VIDEO, frame));
    }

    pub fn take_sent(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.sent)
    }

    pub fn take_events(&mut self) -> Vec<SenderEvent> {
        std::mem::take(&mut self.events)
    }

    pub fn take_controls(&mut self) -> Vec<(StreamId, EncoderControl)> {
        std::mem::take(&mut self.controls)
    }

    /// Frame (low byte) and packet of every video packet that left since the last time.
    pub fn take_packets(&mut self) -> Vec<(u8, u16)> {
        self.take_sent()
            .iter()
            .filter_map(|datagram| RtpPacket::parse(datagram).ok())
            .filter(|packet| packet.ssrc == VIDEO_SSRC)
            .map(|packet| (packet.frame_id, packet.packet_id))
            .collect()
    }

    /// The sender reports of the video stream that left since the last time, with their ids.
    pub fn take_reports(&mut self) -> Vec<crate::cast::rtcp::SenderReport> {
        self.take_sent()
            .iter()
            .filter_map(|datagram| {
                find_sender_report(datagram, VIDEO_SSRC, Ssrc(VIDEO_SSRC.0 + 1)).ok()?
            })
            .collect()
    }

    /// The receiver of the pictures speaks.
    pub fn says(&mut self, says: &Says<'_>) {
        let datagram = self.datagram(VIDEO_SSRC, says);
        self.handle(Input::Datagram(&datagram));
    }

    pub fn datagram(&mut self, ssrc: Ssrc, says: &Says<'_>) -> Vec<u8> {
        self.reference += 1 << 20;
        let missing: Vec<Nack> = says
            .missing
            .iter()
            .map(|(frame, packet)| Nack {
                frame: FrameId(*frame),
                packet: *packet,
            })
            .collect();
        let acknowledged: Vec<FrameId> = says.acknowledged.iter().copied().map(FrameId).collect();
        let contents = FeedbackContents {
            now: NtpTime(self.reference),
            report: says.report,
            picture_loss: says.picture_loss,
            checkpoint: FrameId(says.checkpoint),
            playout_delay: 200 * MS,
            missing: &missing,
            acknowledged: &acknowledged,
        };
        let mut out = Vec::new();
        FeedbackBuilder::new(ssrc, Ssrc(ssrc.0 + 1), 1472).build(
            &contents,
            &mut VecDeque::new(),
            &mut out,
        );
        out
    }

    /// Answers a report of the video stream, so that the round trip is measured as what has passed since it left,
    /// without `held`.
    pub fn answers(&mut self, id: ReportId, held: Duration, says: Says<'_>) {
        let report = ReportBlock {
            sender: VIDEO_SSRC,
            fraction_lost: 64,
            cumulative_lost: 0,
            extended_highest_sequence: 0,
            jitter: 0,
            last_report: id,
            delay: ReportDelay::between(self.now, self.now + held),
        };
        self.says(&Says {
            report: Some(report),
            ..says
        });
    }

    /// Makes the sender know that its receiver answers at once, after this round trip, and acknowledges the first picture.
    pub fn prove_prompt(&mut self, round_trip: Duration) {
        let missing = [(0, 0xFFFF)];
        let says = Says {
            checkpoint: -1,
            missing: &missing,
            ..Says::default()
        };
        self.measure_round_trip(round_trip, says);
        self.says(&Says {
            checkpoint: 0,
            missing: &[],
            ..says
        });
    }

    /// Makes the sender know a round trip of this length: sends what is waiting and answers the newest report.
    pub fn measure_round_trip(&mut self, round_trip: Duration, says: Says<'_>) {
        let id = self.take_reports().last().unwrap().id();
        self.pass(round_trip);
        self.answers(id, Duration::ZERO, says);
    }
}
