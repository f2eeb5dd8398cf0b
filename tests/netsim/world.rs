// SPDX-License-Identifier: GPL-3.0-or-later
//! A sender and a receiver with a link in each direction, run by the clock of events, and checked at every step.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use bytes::Bytes;
use telecast::cast::control::EncoderControl;
use telecast::cast::frame::{Dependency, FrameId, Ssrc, StreamId, StreamKind};
use telecast::cast::keys::StreamKeys;
use telecast::cast::receiver::{self, Receiver, ReceiverConfig, Ssrcs};
use telecast::cast::sender::{self, Sender, SenderConfig, SenderEvent};
use telecast::cast::stats::DropReason;

use super::clocks::TheirClock;
use super::link::Link;
use super::metrics::Fate;
use super::sending_end::SendingEnd;
pub use super::setup::{FeedbackHabits, Setup};
use super::source::Source;
use super::tally::Tally;

pub const AUDIO: StreamId = StreamId(0);
pub const VIDEO: StreamId = StreamId(1);

/// The receiver's wall clock is this far from the sender's.
pub const CLOCK_DIFFERENCE: Duration = Duration::from_secs(1000);

/// A frame that came out of the receiver.
#[derive(Debug, Clone)]
pub struct Delivered {
    pub id: FrameId,
    pub media_time: i64,
    /// From capture to the arrival of the last packet.
    pub latency: Duration,
    /// It was complete after the moment at which a player needs it.
    pub late: bool,
    pub completed: Instant,
    pub given: Instant,
    pub playout: Instant,
}

/// A frame that the camera or the microphone made.
#[derive(Debug, Clone, Copy)]
pub struct Captured {
    pub at: Instant,
    pub media_time: i64,
    pub is_key_frame: bool,
    /// 0 when it was not encoded.
    pub bytes: usize,
}

/// Both ends and what is between them.
pub struct World<S = Sender> {
    pub start: Instant,
    pub now: Instant,
    pub sender: S,
    pub receiver: Receiver,
    pub there: Link,
    pub back: Link,
    pub sources: Vec<Source>,
    pub delivered: BTreeMap<StreamId, Vec<Delivered>>,
    /// What was captured, encoded or not, in order.
    pub captured: BTreeMap<StreamId, Vec<Captured>>,
    /// Frames that the sender took in or refused, by media time, when they are checked.
    pub given: BTreeMap<(StreamId, i64), (Instant, Bytes)>,
    pub refused: Vec<(StreamId, DropReason)>,
    pub raw_drops: usize,
    pub bitrates: Vec<(Instant, u32)>,
    pub sent: Tally,
    check: bool,
    /// Of the media times.
    origin: i64,
    rates: VecDeque<(Instant, u32)>,
    sender_wake: Instant,
    receiver_wake: Option<Instant>,
    processing_time: Duration,
    clock: TheirClock,
}

impl World {
    /// With the program's own sender.
    pub fn new(setup: &Setup) -> World {
        World::with_sender(setup, Sender::new)
    }
}

impl<S: SendingEnd> World<S> {
    pub fn with_sender(setup: &Setup, make: impl FnOnce(Instant, SenderConfig) -> S) -> World<S> {
        let now = Instant::now();
        let unix_time = setup.begin.unix_time;
        let mut config = SenderConfig::new(unix_time);
        let mut receiving = ReceiverConfig::new(unix_time + CLOCK_DIFFERENCE);
        config.target_delay = setup.target_delay;
        config.max_packet_size = setup.max_packet_size;
        receiving.max_packet_size = setup.max_packet_size;
        receiving.nack_interval = setup.feedback.nack_interval;
        receiving.answers_reports = setup.feedback.answers_reports;
        let mut sources = Vec::new();
        for (id, kind) in [(AUDIO, StreamKind::Audio), (VIDEO, StreamKind::Video)] {
            let is_video = kind == StreamKind::Video;
            let (ssrc, receiver_ssrc) = (Ssrc(10 * (id.0 + 1)), Ssrc(10 * (id.0 + 1) + 1));
            let keys = StreamKeys {
                aes_key: [id.0 as u8 + 1; 16],
                iv_mask: [id.0 as u8 + 2; 16],
            };
            let interval = if is_video {
                Duration::from_secs(1) / setup.frame_rate
            } else {
                setup.sound_interval
            };
            let content = if is_video {
                &setup.pictures
            } else {
                &setup.sound
            };
            let seed = setup.seed ^ u64::from(id.0);
            let mut source = Source::new(now, id, kind, interval, content.clone(), seed);
            source.origin = setup.begin.media_time;
            config.streams.push(sender::StreamConfig {
                id,
                kind,
                ssrc,
                receiver_ssrc,
                payload_type: if is_video { 96 } else { 127 },
                timebase: source.timebase,
                keys,
                min_bitrate: if is_video { 300_000 } else { 32_000 },
                max_bitrate: if is_video { setup.max_bitrate } else { 128_000 },
                first_sequence_number: setup.begin.sequence_number.unwrap_or(setup.seed as u16),
            });
            let ssrcs = Ssrcs {
                sender: ssrc,
                receiver: receiver_ssrc,
            };
            let mut stream = receiver::StreamConfig::new(id, kind, ssrcs, source.timebase, keys);
            stream.target_delay = setup.target_delay;
            stream.event_log = setup.event_log;
            if !setup.feedback.proactive_picture_loss {
                stream.proactive_picture_loss = None;
            }
            receiving.streams.push(stream);
            sources.push(source);
        }
        let mut world = World {
            start: now,
            now,
            sender: make(now, config),
            processing_time: receiving.processing_time,
            receiver: Receiver::new(now, receiving),
            there: Link::new(now, setup.there, setup.seed),
            back: Link::new(now, setup.back, !setup.seed),
            sources,
            delivered: BTreeMap::from([(AUDIO, Vec::new()), (VIDEO, Vec::new())]),
            captured: BTreeMap::from([(AUDIO, Vec::new()), (VIDEO, Vec::new())]),
            given: BTreeMap::new(),
            refused: Vec::new(),
            raw_drops: 0,
            bitrates: Vec::new(),
            sent: Tally::new(now),
            check: setup.check,
            origin: setup.begin.media_time,
            clock: TheirClock::new(now, setup.drift_ppm),
            rates: setup
                .rates
                .iter()
                .map(|(at, rate)| (now + *at, *rate))
                .collect(),
            sender_wake: now,
            receiver_wake: None,
        };
        // The encoders are told what to aim at before the first frame.
        world.drain_sender();
        world
    }

    /// Runs for this long, with new frames or, to let things settle, without.
    pub fn run(&mut self, span: Duration, with_frames: bool) {
        let end = self.now + span;
        if !with_frames {
            for source in &mut self.sources {
                source.next = end + Duration::from_secs(1);
            }
        }
        let mut at_this_moment = 0;
        loop {
            let next = self.next_event();
            if next > end {
                break;
            }
            at_this_moment = if next > self.now {
                0
            } else {
                at_this_moment + 1
            };
            assert!(at_this_moment < 1000, "time stands still");
            self.now = self.now.max(next);
            self.step();
        }
        self.now = end;
        if self.check {
            self.check_bounds();
        }
    }

    fn next_event(&self) -> Instant {
        let moments = [
            Some(self.sender_wake),
            self.receiver_wake,
            self.there.next_arrival(),
            self.back.next_arrival(),
            self.rates.front().map(|(at, _)| *at),
        ];
        let frames = self.sources.iter().map(|source| Some(source.next));
        let next = moments.into_iter().chain(frames).flatten().min();
        next.unwrap_or(self.sender_wake)
    }

    fn step(&mut self) {
        while let Some((_, rate)) = self.rates.pop_front_if(|(at, _)| *at <= self.now) {
            self.there.set_rate(self.now, rate);
            self.back.set_rate(self.now, rate);
        }
        self.make_frames();
        while let Some(datagram) = self.back.arrive(self.now) {
            let input = sender::Input::Datagram(&datagram);
            self.sender.handle(self.now, input);
            self.back.recycle(datagram);
        }
        self.drain_sender();
        while let Some(datagram) = self.there.arrive(self.now) {
            let input = receiver::Input::Datagram(&datagram);
            self.receiver.handle(self.clock.theirs(self.now), input);
            self.there.recycle(datagram);
            self.drain_receiver();
        }
        self.drain_receiver();
    }

    fn make_frames(&mut self) {
        for source in &mut self.sources {
            if source.next > self.now {
                continue;
            }
            let mut captured = Captured {
                at: self.now,
                media_time: source.media_time(),
                is_key_frame: false,
                bytes: 0,
            };
            let list = self.captured.entry(source.id).or_default();
            if !self
                .sender
                .may_encode(self.now, source.id, source.interval())
            {
                list.push(captured);
                source.skip();
                self.raw_drops += 1;
                let input = sender::Input::Dropped(source.id, DropReason::InFlight);
                self.sender.handle(self.now, input);
                continue;
            }
            let frame = source.encode(self.now, self.check);
            captured.is_key_frame = frame.dependency == Dependency::KeyFrame;
            captured.bytes = frame.data.len();
            list.push(captured);
            if self.check {
                let key = (source.id, frame.media_time.0);
                // Two owners: the sender must not change these bytes.
                let known = self.given.insert(key, (self.now, frame.data.clone()));
                assert!(known.is_none());
            }
            let input = sender::Input::Frame(source.id, frame);
            self.sender.handle(self.now, input);
        }
    }

    fn drain_sender(&mut self) {
        while let Some(output) = self.sender.poll(self.now) {
            match output {
                sender::Output::Transmit(datagram) => {
                    self.sent.on_sent(self.now, datagram);
                    self.there.send(self.now, datagram);
                }
                sender::Output::Encoder(id, control) => {
                    let source = self.sources.iter_mut().find(|source| source.id == id);
                    let source = source.unwrap();
                    source.control(control);
                    if let (VIDEO, EncoderControl::Bitrate(bitrate)) = (id, control) {
                        self.bitrates.push((self.now, bitrate));
                    }
                }
                sender::Output::Event(SenderEvent::Refused { stream, reason }) => {
                    self.refused.push((stream, reason));
                }
                sender::Output::Event(_) => {}
                sender::Output::Timeout(at) => self.sender_wake = at,
            }
        }
    }

    /// The sender's machine sleeps for this long: its clock of instants stands still, the receiver's goes on.
    pub fn sleep(&mut self, span: Duration) {
        self.clock.jump(span);
        self.sender.handle(self.now, sender::Input::Slept(span));
    }

    /// The receiver's clock jumps ahead, for a reason of its own.
    pub fn jump(&mut self, span: Duration) {
        self.clock.jump(span);
    }

    fn drain_receiver(&mut self) {
        let theirs = self.clock.theirs(self.now);
        while let Some(output) = self.receiver.poll(theirs) {
            match output {
                receiver::Output::Transmit(datagram) => self.back.send(self.now, datagram),
                receiver::Output::Frame(frame) => {
                    let completed = self.clock.ours(frame.completed);
                    let playout = self.clock.ours(frame.playout);
                    let list = self.delivered.get_mut(&frame.stream).unwrap();
                    // The receiver knows 32 bits of the first.
                    let since_origin = frame.media_time.0.wrapping_sub(self.origin) as u32;
                    let media_time = self.origin + i64::from(since_origin);
                    check_order(list.last(), &frame, media_time);
                    if self.check {
                        let (_, data) = &self.given[&(frame.stream, media_time)];
                        assert!(*data == frame.data, "frame {} was changed", frame.id);
                    }
                    let captured = &self.captured[&frame.stream];
                    let index = captured.partition_point(|it| it.media_time < media_time);
                    list.push(Delivered {
                        id: frame.id,
                        media_time,
                        latency: completed - captured[index].at,
                        late: completed + self.processing_time > playout,
                        completed,
                        given: self.now,
                        playout,
                    });
                }
                receiver::Output::Event(_) => {}
                receiver::Output::Timeout(at) => {
                    self.receiver_wake = Some(self.clock.ours(at));
                }
            }
        }
    }

    /// What became of the captured frames of a stream, in order. When those that did not arrive were to be shown is known
    /// from the one before that did.
    pub fn fates(&self, id: StreamId) -> Vec<Fate> {
        let since = |at: Instant| at.saturating_duration_since(self.start);
        let (captured, delivered) = (&self.captured[&id], &self.delivered[&id]);
        let mut delivered = delivered.iter().peekable();
        let mut to_playout = delivered.peek().map_or(Duration::ZERO, |first| {
            let index = captured.partition_point(|it| it.media_time < first.media_time);
            first.playout.saturating_duration_since(captured[index].at)
        });
        let mut fates = Vec::with_capacity(captured.len());
        for frame in captured {
            let arrived = delivered.next_if(|it| it.media_time == frame.media_time);
            if let Some(arrived) = arrived {
                to_playout = arrived.playout.saturating_duration_since(frame.at);
            }
            fates.push(Fate {
                captured: since(frame.at),
                playout: since(frame.at + to_playout),
                completed: arrived.map(|it| since(it.completed)),
                given: arrived.map(|it| since(it.given)),
                is_key_frame: frame.is_key_frame,
                bytes: frame.bytes,
            });
        }
        fates
    }

    /// What both ends hold stays bounded.
    fn check_bounds(&mut self) {
        let received = self.receiver.stats(self.now);
        for stream in &received.streams {
            assert!(stream.buffered_bytes <= 64 << 20);
        }
        for id in [AUDIO, VIDEO] {
            let checkpoint = self.sender.checkpoint(id).unwrap();
            let delivered = self.delivered[&id].last();
            assert!(delivered.is_none_or(|frame| frame.id - checkpoint <= 120));
        }
    }
}

/// Frames come in order, and one that needs another comes right after it.
fn check_order(last: Option<&Delivered>, frame: &receiver::ReceivedFrame, media_time: i64) {
    let last_id = last.map_or(FrameId::LEADER, |last| last.id);
    assert!(frame.id > last_id, "{} after {last_id}", frame.id);
    assert!(last.is_none_or(|last| last.media_time < media_time));
    if frame.dependency == Dependency::Dependent {
        assert_eq!(frame.id, last_id.next(), "it cannot be decoded");
    }
}
