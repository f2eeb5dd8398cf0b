// SPDX-License-Identifier: GPL-3.0-or-later
//! A receiver of one video stream, a scripted sender, and a clock that the test moves. Times are in milliseconds since
//! the start. The sender's media time runs with its wall clock, and both start with the test.

use std::time::{Duration, Instant};

use telecast::cast::crypto::FrameCipher;
use telecast::cast::frame::{Dependency, FrameId, MediaTime, Ssrc, StreamId, StreamKind};
use telecast::cast::keys::StreamKeys;
use telecast::cast::ntp::{NtpClock, NtpTime};
use telecast::cast::receiver::{
    Event, Input, Output, ReceivedFrame, Receiver, ReceiverConfig, ReceiverStats, Ssrcs,
    StreamConfig, StreamStats,
};
use telecast::cast::rtcp::{
    Feedback, FeedbackEvents, FeedbackReader, Nack, SenderReport, WHOLE_FRAME,
};
use telecast::cast::rtp::packetize::{FrameSlices, Packetizer};

pub const STREAM: StreamId = StreamId(7);
pub const SENDER: Ssrc = Ssrc(1000);
pub const RECEIVER: Ssrc = Ssrc(1001);
pub const TARGET_DELAY_MS: u64 = 400;
/// A frame that is incomplete this long before its playout time is late.
pub const PROCESSING_MS: u64 = 50;
const UNIX_TIME: Duration = Duration::from_secs(1_700_000_000);
const KEYS: StreamKeys = StreamKeys {
    aes_key: [3; 16],
    iv_mask: [9; 16],
};
const PACKET_SIZE: usize = 256;

pub use Dependency::{Dependent, Independent, KeyFrame};

/// One feedback datagram.
#[derive(Debug)]
pub struct Answer {
    pub at_ms: u64,
    pub events: FeedbackEvents,
    pub size: usize,
}

impl Answer {
    pub fn feedback(&self) -> &Feedback {
        self.events.feedback.as_ref().unwrap()
    }

    pub fn checkpoint(&self) -> i64 {
        self.feedback().checkpoint.0
    }

    pub fn missing(&self) -> Vec<(i64, u16)> {
        self.feedback()
            .missing
            .iter()
            .map(|nack: &Nack| (nack.frame.0, nack.packet))
            .collect()
    }

    pub fn acknowledged(&self) -> Vec<i64> {
        self.feedback()
            .acknowledged
            .iter()
            .map(|frame| frame.0)
            .collect()
    }
}

pub const ALL: u16 = WHOLE_FRAME;

pub struct Rig {
    start: Instant,
    now: Instant,
    receiver: Receiver,
    wake: Option<Instant>,
    reader: FeedbackReader,
    packetizer: Packetizer,
    newest: FrameId,
    pub frames: Vec<(u64, ReceivedFrame)>,
    pub answers: Vec<Answer>,
    pub events: Vec<Event>,
}

impl Rig {
    /// A receiver that has seen no packet.
    pub fn new(change: impl FnOnce(&mut StreamConfig)) -> Rig {
        let start = Instant::now();
        let ssrcs = Ssrcs {
            sender: SENDER,
            receiver: RECEIVER,
        };
        let mut stream = StreamConfig::new(STREAM, StreamKind::Video, ssrcs, 90_000, KEYS);
        stream.target_delay = Duration::from_millis(TARGET_DELAY_MS);
        stream.proactive_picture_loss = None;
        change(&mut stream);
        let mut config = ReceiverConfig::new(UNIX_TIME);
        config.streams.push(stream);
        Rig {
            start,
            now: start,
            receiver: Receiver::new(start, config),
            wake: None,
            reader: FeedbackReader::new(SENDER, RECEIVER),
            packetizer: Packetizer::new(SENDER, 96, PACKET_SIZE, 65_500),
            newest: FrameId::LEADER,
            frames: Vec::new(),
            answers: Vec::new(),
            events: Vec::new(),
        }
    }

    /// A receiver that has seen the first sender report at 0 ms; its answer is forgotten.
    pub fn started(change: impl FnOnce(&mut StreamConfig)) -> Rig {
        let mut rig = Rig::new(change);
        rig.report();
        rig.answers.clear();
        rig
    }

    /// The packets of a frame that was captured at `captured_ms`, encrypted.
    pub fn packets(
        &mut self,
        id: i64,
        dependency: Dependency,
        captured_ms: u64,
        count: usize,
    ) -> Vec<Vec<u8>> {
        self.packets_with_delay(id, dependency, captured_ms, count, None)
    }

    pub fn packets_with_delay(
        &mut self,
        id: i64,
        dependency: Dependency,
        captured_ms: u64,
        count: usize,
        delay_ms: Option<u16>,
    ) -> Vec<Vec<u8>> {
        let mut payload = plain(id, count * self.packetizer.slice_size());
        FrameCipher::new(&KEYS).apply(FrameId(id), &mut payload);
        let frame = FrameSlices {
            id: FrameId(id),
            dependency,
            media_time: MediaTime((captured_ms * 90) as i64),
            new_playout_delay_ms: delay_ms,
            payload: &payload,
        };
        self.newest = self.newest.max(FrameId(id));
        let mut write = |packet| {
            let mut out = vec![0; PACKET_SIZE];
            let written = self.packetizer.write(&frame, packet, &mut out).unwrap();
            out.truncate(written.size);
            out
        };
        (0..count as u16).map(&mut write).collect()
    }

    /// Delivers a whole frame of two packets.
    pub fn frame(&mut self, id: i64, dependency: Dependency, captured_ms: u64) {
        for packet in self.packets(id, dependency, captured_ms, 2) {
            self.deliver(&packet);
        }
    }

    /// Delivers the first packet of a frame of two.
    pub fn half_frame(&mut self, id: i64, dependency: Dependency, captured_ms: u64) {
        let packets = self.packets(id, dependency, captured_ms, 2);
        self.deliver(&packets[0]);
    }

    pub fn deliver(&mut self, datagram: &[u8]) {
        self.input(Input::Datagram(datagram));
    }

    pub fn input(&mut self, input: Input<'_>) {
        self.receiver.handle(self.now, input);
        self.drain();
    }

    /// Delivers a sender report made now.
    pub fn report(&mut self) {
        let ms = self.now_ms();
        let report = SenderReport {
            sender: SENDER,
            reference_time: self.ntp_now(),
            rtp_timestamp: (ms * 90) as u32,
            packet_count: 0,
            octet_count: 0,
            block: None,
        };
        let mut out = Vec::new();
        report.write(&mut out);
        self.deliver(&out);
    }

    /// The clock of both sides.
    pub fn ntp_now(&self) -> NtpTime {
        NtpClock::new(self.start, UNIX_TIME).to_ntp(self.now)
    }

    /// Moves the clock; the receiver is called when it asked for it.
    pub fn advance_to(&mut self, ms: u64) {
        let until = self.start + Duration::from_millis(ms);
        while let Some(at) = self.wake.filter(|at| *at <= until) {
            assert!(at >= self.now, "a wake-up in the past");
            self.now = at;
            self.drain();
            assert!(
                self.wake.is_none_or(|next| next > at),
                "the receiver does not come to rest"
            );
        }
        self.now = until;
    }

    fn drain(&mut self) {
        let at_ms = self.now_ms();
        let mut outputs = 0;
        while let Some(output) = self.receiver.poll(self.now) {
            match output {
                Output::Transmit(bytes) => {
                    let events = self.reader.read(bytes, self.newest).unwrap();
                    self.answers.push(Answer {
                        at_ms,
                        events,
                        size: bytes.len(),
                    });
                }
                Output::Frame(frame) => self.frames.push((at_ms, frame)),
                Output::Event(event) => self.events.push(event),
                Output::Timeout(at) => self.wake = Some(at),
            }
            outputs += 1;
            assert!(outputs < 1000, "poll does not end");
        }
    }

    pub fn now_ms(&self) -> u64 {
        self.now.duration_since(self.start).as_millis() as u64
    }

    pub fn ms(&self, at: Instant) -> u64 {
        at.duration_since(self.start).as_millis() as u64
    }

    /// Ids of the frames given out so far; asserts that each is what was sent.
    pub fn frame_ids(&self) -> Vec<i64> {
        let id = |(_, frame): &(u64, ReceivedFrame)| {
            assert_eq!(frame.data, plain(frame.id.0, frame.data.len()));
            frame.id.0
        };
        self.frames.iter().map(id).collect()
    }

    /// The answers since the last call.
    pub fn take_answers(&mut self) -> Vec<Answer> {
        std::mem::take(&mut self.answers)
    }

    pub fn stats(&self) -> ReceiverStats {
        self.receiver.stats(self.now)
    }

    pub fn stream_stats(&self) -> StreamStats {
        self.stats().streams.remove(0)
    }

    pub fn receiver(&self) -> &Receiver {
        &self.receiver
    }
}

/// The bytes of a frame before encryption.
fn plain(id: i64, size: usize) -> Vec<u8> {
    (0..size)
        .map(|at| (at as u8).wrapping_mul(31).wrapping_add(id as u8))
        .collect()
}
