// SPDX-License-Identifier: GPL-3.0-or-later
//! A sender of pictures whose receiver says anything at all, on a clock that the input moves. Its checkpoint never goes
//! back, it acknowledges each frame once, sends no media before its first report, and comes to rest after each input.
#![no_main]

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use telecast::cast::frame::{Dependency, EncodedFrame, FrameId, MediaTime, StageTimes, StreamKind};
use telecast::cast::ntp::{NtpTime, ReportDelay, ReportId};
use telecast::cast::rtcp::compound::FeedbackContents;
use telecast::cast::rtcp::{FeedbackBuilder, Nack, ReportBlock, Route, WHOLE_FRAME, route};
use telecast::cast::sender::{Input, Output, Sender, SenderConfig, SenderEvent, StreamConfig};
use telecast_fuzz::facts::{KEYS, UNIX_TIME, VIDEO};
use telecast_fuzz::script::Script;

/// Outputs after one input. More means that it never comes to rest.
const MAX_OUTPUTS: usize = 5000;
/// Of one input. While frames are in flight, something happens every few milliseconds.
const LONGEST: Duration = Duration::from_secs(15);
/// Frames in flight times the largest frame that the input makes.
const MAX_IN_FLIGHT: usize = 120 * 65_536;

struct Steered {
    sender: Sender,
    now: Instant,
    wake: Instant,
    media_time: i64,
    reference: u64,
    checkpoint: FrameId,
    has_reported: bool,
    builder: FeedbackBuilder,
}

impl Steered {
    fn new() -> Steered {
        // Frames are captured before now, and a clock may have begun with the machine.
        let now = Instant::now() + Duration::from_secs(3600);
        let mut config = SenderConfig::new(UNIX_TIME);
        config.max_target_delay = Duration::from_secs(1);
        config.streams.push(StreamConfig {
            id: VIDEO.id,
            kind: StreamKind::Video,
            ssrc: VIDEO.sender,
            receiver_ssrc: VIDEO.receiver,
            payload_type: 96,
            timebase: VIDEO.timebase,
            keys: KEYS,
            min_bitrate: 300_000,
            max_bitrate: 20_000_000,
            first_sequence_number: 65_530,
        });
        Steered {
            sender: Sender::new(now, config),
            now,
            wake: now,
            media_time: 0,
            reference: 0,
            checkpoint: FrameId::LEADER,
            has_reported: false,
            builder: FeedbackBuilder::new(VIDEO.sender, VIDEO.receiver, 1472),
        }
    }

    fn handle(&mut self, input: Input<'_>) {
        self.sender.handle(self.now, input);
        self.drain();
    }

    fn drain(&mut self) {
        let mut acknowledged = 0;
        let mut outputs = 0;
        while let Some(output) = self.sender.poll(self.now) {
            outputs += 1;
            assert!(outputs < MAX_OUTPUTS, "it never comes to rest");
            match output {
                Output::Transmit(datagram) => match route(datagram) {
                    Some(Route::Rtcp(ssrc)) => self.has_reported |= ssrc == VIDEO.sender,
                    Some(Route::Rtp(_)) => assert!(self.has_reported, "media before the report"),
                    None => panic!("a datagram that is neither"),
                },
                Output::Event(SenderEvent::Acknowledged { .. }) => acknowledged += 1,
                Output::Timeout(at) => self.wake = at,
                Output::Encoder(..) | Output::Event(_) => {}
            }
        }
        assert!(self.wake > self.now);
        let checkpoint = self.sender.checkpoint(VIDEO.id).expect("the stream");
        assert!(checkpoint >= self.checkpoint, "the checkpoint went back");
        self.checkpoint = checkpoint;
        assert!(acknowledged <= 120, "more than was in flight");
    }

    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while self.wake < end {
            self.now = self.wake;
            self.drain();
        }
        self.now = end;
        self.drain();
    }

    fn frame(&mut self, kind: u8, ticks: u16, size: u16) {
        self.media_time += i64::from(ticks);
        let dependency = match kind % 4 {
            0 => Dependency::KeyFrame,
            1 => Dependency::Independent,
            _ => Dependency::Dependent,
        };
        let frame = EncodedFrame {
            dependency,
            media_time: MediaTime(self.media_time),
            duration: Duration::from_millis(33),
            data: Bytes::from(vec![kind; size.into()]),
            size: Some((1280, 720)),
            times: StageTimes {
                captured: self.now - Duration::from_millis(u64::from(kind >> 2)),
                received: self.now,
                converted: self.now,
                encoded: self.now,
            },
        };
        self.handle(Input::Frame(VIDEO.id, frame));
    }

    /// Flags and distance of the checkpoint u8 each, clock step u32, a slice of losses (frame u8, packet u8) and one of
    /// acknowledged frames (u8 each), both counted from the checkpoint; with the second flag a report block (two u32).
    fn feedback(&mut self, script: &mut Script<'_>) -> Option<()> {
        let (flags, ahead) = (script.u8()?, script.u8()?.cast_signed());
        self.reference = self.reference.wrapping_add(script.u32()?.into());
        let (losses, frames) = (script.slice()?, script.slice()?);
        let checkpoint = self.checkpoint + i64::from(ahead);
        let (losses, _) = losses.as_chunks::<2>();
        let mut missing: Vec<Nack> = losses
            .iter()
            .map(|[frame, packet]| Nack {
                frame: checkpoint + i64::from(*frame),
                packet: if *packet == 0xff {
                    WHOLE_FRAME
                } else {
                    (*packet).into()
                },
            })
            .collect();
        missing.sort_unstable();
        missing.dedup();
        let mut acknowledged: Vec<FrameId> = frames
            .iter()
            .map(|frame| checkpoint + (2 + i64::from(*frame)))
            .collect();
        acknowledged.sort_unstable();
        acknowledged.dedup();
        let report = if flags & 2 == 0 {
            None
        } else {
            let (last, delay) = (script.u32()?, script.u32()?);
            Some(ReportBlock {
                sender: VIDEO.sender,
                fraction_lost: flags,
                cumulative_lost: delay >> 8,
                extended_highest_sequence: last,
                jitter: delay,
                last_report: ReportId(last),
                delay: ReportDelay(delay),
            })
        };
        let contents = FeedbackContents {
            now: NtpTime(self.reference),
            report,
            picture_loss: flags & 1 != 0,
            checkpoint,
            playout_delay: Duration::from_millis(u64::from(flags) * 8),
            missing: &missing,
            acknowledged: &acknowledged,
        };
        let mut datagram = Vec::new();
        self.builder
            .build(&contents, &mut VecDeque::new(), &mut datagram);
        self.handle(Input::Datagram(&datagram));
        Some(())
    }

    fn step(&mut self, script: &mut Script<'_>) -> Option<()> {
        match script.u8()? % 8 {
            0 => self.pass(Duration::from_millis(u64::from(script.u16()? % 4096))),
            1 | 2 => self.frame(script.u8()?, script.u16()?, script.u16()?),
            3 | 4 => self.feedback(script)?,
            5 => self.handle(Input::Datagram(script.slice()?)),
            6 => {
                let least = Duration::from_millis(script.u16()?.into());
                let most = least + Duration::from_millis(script.u16()?.into());
                self.handle(Input::TargetDelay { least, most });
            }
            _ => match script.u8()? % 3 {
                0 => self.handle(Input::PictureLimits {
                    max_bitrate: script.u32()?,
                    max_size: (script.u16()?.into(), script.u16()?.into()),
                }),
                1 => self.handle(Input::MaxPacketSize(script.u16()?.into())),
                _ => self.handle(Input::Slept(Duration::from_millis(script.u16()?.into()))),
            },
        }
        Some(())
    }
}

fuzz_target!(|data: &[u8]| {
    let mut steered = Steered::new();
    steered.drain();
    let end = steered.now + LONGEST;
    let mut script = Script::new(data);
    while steered.now < end && steered.step(&mut script).is_some() {}
    let stats = steered.sender.stats(steered.now);
    let stream = stats.stream(VIDEO.id).expect("the stream");
    assert!(stream.in_flight_bytes <= MAX_IN_FLIGHT);
    assert!(stream.retransmitted <= stream.packets);
});
