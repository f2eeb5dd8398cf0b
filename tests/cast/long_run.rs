// SPDX-License-Identifier: GPL-3.0-or-later
//! A sender and a receiver, mouth to ear, for two days of their clock: every truncated number wraps several times.
//!
//! One small picture and one block of sound every two seconds are enough for that: frame ids wrap after 512 s,
//! sequence numbers after 18 hours, video timestamps after 13 h 15 min, those of sound after 24 h 51 min, report ids
//! after 18 h 12 min. Some datagrams are lost in both directions, so retransmission has to work at the wraps too.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;
use telecast::cast::control::EncoderControl;
use telecast::cast::frame::{
    Dependency, EncodedFrame, FrameId, MediaTime, Ssrc, StageTimes, StreamId, StreamKind,
};
use telecast::cast::keys::StreamKeys;
use telecast::cast::receiver::{self, Receiver, ReceiverConfig, Ssrcs};
use telecast::cast::rtcp::{Route, route};
use telecast::cast::rtp::packetize::MIN_PACKET_SIZE;
use telecast::cast::sender::{self, Sender, SenderConfig};

const HOURS: u64 = 48;
const AUDIO: StreamId = StreamId(0);
const VIDEO: StreamId = StreamId(1);
/// NTP era 1 begins in the middle of the test: 2036-02-07 06:28:16 UTC.
const UNIX_TIME: Duration = Duration::from_secs(2_085_978_496 - 24 * 3600);
/// Seconds from one frame to the next.
const INTERVAL: u64 = 2;
const TARGET_DELAY: Duration = Duration::from_millis(400);

struct Pair {
    now: Instant,
    sender: Sender,
    receiver: Receiver,
    wake: [Option<Instant>; 2],
    datagrams: u64,
    media_packets: u64,
    /// Last frame given out, and how often its media time passed 2³² ticks.
    received: BTreeMap<StreamId, (FrameId, i64)>,
    key_frame_wanted: bool,
}

impl Pair {
    fn new() -> Pair {
        let now = Instant::now();
        let mut sending = SenderConfig::new(UNIX_TIME);
        let mut receiving = ReceiverConfig::new(UNIX_TIME);
        sending.target_delay = TARGET_DELAY;
        sending.max_packet_size = MIN_PACKET_SIZE;
        for (id, kind, timebase) in [
            (AUDIO, StreamKind::Audio, 48_000),
            (VIDEO, StreamKind::Video, 90_000),
        ] {
            let keys = StreamKeys {
                aes_key: [id.0 as u8; 16],
                iv_mask: [7; 16],
            };
            let ssrcs = Ssrcs {
                sender: Ssrc(id.0 * 2),
                receiver: Ssrc(id.0 * 2 + 1),
            };
            sending.streams.push(sender::StreamConfig {
                id,
                kind,
                ssrc: ssrcs.sender,
                receiver_ssrc: ssrcs.receiver,
                payload_type: 96,
                timebase,
                keys,
                min_bitrate: 100_000,
                max_bitrate: 1_000_000,
                first_sequence_number: 65_000,
            });
            let mut stream = receiver::StreamConfig::new(id, kind, ssrcs, timebase, keys);
            stream.target_delay = TARGET_DELAY;
            stream.event_log = true;
            receiving.streams.push(stream);
        }
        Pair {
            now,
            sender: Sender::new(now, sending),
            receiver: Receiver::new(now, receiving),
            wake: [None; 2],
            datagrams: 0,
            media_packets: 0,
            received: BTreeMap::new(),
            key_frame_wanted: true,
        }
    }

    /// One of 61 datagrams is lost, without a pattern that could fall in with the streams'.
    fn is_lost(&mut self) -> bool {
        self.datagrams += 1;
        (self.datagrams.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32).is_multiple_of(61)
    }

    /// Lets both ends talk until both are silent.
    fn settle(&mut self) {
        loop {
            let mut sent = Vec::new();
            while let Some(output) = self.sender.poll(self.now) {
                match output {
                    sender::Output::Transmit(bytes) => sent.push(bytes.to_vec()),
                    sender::Output::Encoder(VIDEO, EncoderControl::KeyFrame) => {
                        self.key_frame_wanted = true;
                    }
                    sender::Output::Encoder(..) | sender::Output::Event(_) => {}
                    sender::Output::Timeout(at) => self.wake[0] = Some(at),
                }
            }
            for datagram in &sent {
                self.media_packets += u64::from(matches!(route(datagram), Some(Route::Rtp(_))));
                if !self.is_lost() {
                    self.receiver
                        .handle(self.now, receiver::Input::Datagram(datagram));
                }
            }
            let mut answers = Vec::new();
            while let Some(output) = self.receiver.poll(self.now) {
                match output {
                    receiver::Output::Transmit(bytes) => answers.push(bytes.to_vec()),
                    receiver::Output::Frame(frame) => {
                        let last = self.received.get(&frame.stream);
                        let expected = last.map_or(FrameId::FIRST, |(id, _)| id.next());
                        assert_eq!(frame.id, expected);
                        assert_eq!(frame.data, payload(frame.stream, frame.media_time.0));
                        self.received
                            .insert(frame.stream, (frame.id, frame.media_time.0 >> 32));
                        let wait = frame.playout.saturating_duration_since(self.now);
                        assert!(
                            wait > Duration::ZERO
                                && wait <= TARGET_DELAY + Duration::from_millis(50),
                            "{wait:?}"
                        );
                    }
                    receiver::Output::Event(event) => {
                        assert!(
                            matches!(event, receiver::Event::PlayoutDelay { .. }),
                            "{event:?}"
                        );
                    }
                    receiver::Output::Timeout(at) => self.wake[1] = Some(at),
                }
            }
            for answer in &answers {
                if !self.is_lost() {
                    self.sender
                        .handle(self.now, sender::Input::Datagram(answer));
                }
            }
            if sent.is_empty() && answers.is_empty() {
                return;
            }
        }
    }

    fn advance_to(&mut self, until: Instant) {
        while let Some(at) = self
            .wake
            .into_iter()
            .flatten()
            .min()
            .filter(|at| *at < until)
        {
            self.now = self.now.max(at);
            self.wake = [None; 2];
            self.settle();
        }
        self.now = until;
    }

    fn send(&mut self, stream: StreamId, timebase: i64, second: i64) {
        let dependency = match (stream, std::mem::take(&mut self.key_frame_wanted)) {
            (AUDIO, wanted) => {
                self.key_frame_wanted = wanted;
                Dependency::Independent
            }
            (_, true) => Dependency::KeyFrame,
            (_, false) => Dependency::Dependent,
        };
        let now = self.now;
        let media_time = second * timebase;
        let frame = EncodedFrame {
            dependency,
            media_time: MediaTime(media_time),
            duration: Duration::from_millis(20),
            data: payload(stream, media_time),
            size: None,
            times: StageTimes {
                captured: now,
                received: now,
                converted: now,
                encoded: now,
            },
        };
        self.sender.handle(now, sender::Input::Frame(stream, frame));
        self.settle();
    }
}

/// Pictures make two packets, sound one.
fn payload(stream: StreamId, media_time: i64) -> Bytes {
    let size = if stream == VIDEO { 300 } else { 60 };
    Bytes::from(vec![(media_time >> 9) as u8; size])
}

#[test]
fn two_days_pass_and_all_numbers_wrap() {
    let mut pair = Pair::new();
    let start = pair.now;
    let seconds = HOURS * 3600;
    for second in (0..seconds).step_by(INTERVAL as usize) {
        pair.advance_to(start + Duration::from_secs(second));
        pair.send(AUDIO, 48_000, second as i64);
        pair.send(VIDEO, 90_000, second as i64);
        // Answers are matched with reports by ids that wrap.
        let round_trip = pair.sender.stats(pair.now).round_trip;
        let is_known = second > 60;
        assert!(
            round_trip.map_or(!is_known, |it| it < Duration::from_millis(5)),
            "{round_trip:?}"
        );
    }
    pair.advance_to(start + Duration::from_secs(seconds));
    let newest = FrameId((seconds / INTERVAL) as i64 - 1);
    assert_eq!(pair.received[&AUDIO], (newest, 1));
    assert_eq!(pair.received[&VIDEO], (newest, 3));
    assert!(pair.media_packets > 3 * (1 << 16));
    for stream in [AUDIO, VIDEO] {
        assert_eq!(pair.sender.checkpoint(stream), Some(newest));
    }
    let stats = pair.receiver.stats(pair.now);
    assert_eq!(stats.refused_datagrams, 0);
    for stream in &stats.streams {
        assert_eq!(
            (stream.skipped, stream.buffered_bytes),
            (0, 0),
            "{stream:?}"
        );
        let lost = f64::from(stream.packets_lost) / stream.packets_received as f64;
        assert!((0.005..0.04).contains(&lost), "{lost}");
    }
}
