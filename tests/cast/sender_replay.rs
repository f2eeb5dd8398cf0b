// SPDX-License-Identifier: GPL-3.0-or-later
//! Our sender in the place of the recorded ones: it is given their frames when they sent them, and what their receiver
//! answered.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;
use telecast::cast::crypto::FrameCipher;
use telecast::cast::frame::{Dependency, EncodedFrame, FrameId, MediaTime, Ssrc, StageTimes};
use telecast::cast::rtcp::{FeedbackReader, Route, route};
use telecast::cast::rtp::{MAX_HEADER_SIZE, RtpPacket};
use telecast::cast::sender::{
    Input, Output, Sender, SenderConfig, SenderEvent, StreamConfig, StreamId, StreamKind,
};

use crate::recording::{Recording, SESSIONS, Stream};

/// A frame put together from the recorded packets.
#[derive(Default)]
struct Frame {
    /// The index of the datagram that its first packet came in.
    first: usize,
    packets: BTreeMap<u16, Vec<u8>>,
    max_packet_id: u16,
    media_time: i64,
    dependency: Option<Dependency>,
}

/// All frames of one stream that were sent completely.
fn frames(recording: &Recording, stream: &Stream) -> BTreeMap<FrameId, Frame> {
    let mut frames: BTreeMap<FrameId, Frame> = BTreeMap::new();
    let mut newest = FrameId::FIRST;
    let mut media_time = 0i64;
    for (index, datagram) in recording.datagrams.iter().enumerate() {
        let Ok(packet) = RtpPacket::parse(&datagram.payload) else {
            continue;
        };
        if packet.ssrc != stream.sender {
            continue;
        }
        let ahead = packet
            .frame_id
            .wrapping_sub(newest.low_byte())
            .cast_signed();
        let id = newest + i64::from(ahead);
        newest = newest.max(id);
        media_time += i64::from(
            packet
                .rtp_timestamp
                .wrapping_sub(media_time as u32)
                .cast_signed(),
        );
        let frame = frames.entry(id).or_insert_with(|| Frame {
            first: index,
            ..Frame::default()
        });
        frame.max_packet_id = packet.max_packet_id;
        frame.media_time = media_time;
        frame.dependency = Some(packet.dependency_of(id));
        let known = frame
            .packets
            .insert(packet.packet_id, packet.payload.to_vec());
        assert!(known.is_none_or(|known| known == packet.payload));
    }
    frames.retain(|_, frame| frame.packets.len() == usize::from(frame.max_packet_id) + 1);
    frames
}

/// The sender under test and its link to the recording.
struct Replay {
    sender: Sender,
    now: Instant,
    wake: Instant,
    recorded: BTreeMap<Ssrc, BTreeMap<FrameId, Frame>>,
    newest: BTreeMap<Ssrc, FrameId>,
    packets: usize,
    reports: usize,
    acknowledged: BTreeMap<StreamId, Vec<FrameId>>,
}

impl Replay {
    fn new(recording: &Recording, now: Instant) -> Replay {
        let recorded: BTreeMap<_, _> = recording
            .streams
            .iter()
            .map(|stream| (stream.sender, frames(recording, stream)))
            .collect();
        let largest = recorded
            .values()
            .flat_map(BTreeMap::values)
            .flat_map(|frame| frame.packets.values())
            .map(Vec::len)
            .max();
        let mut config = SenderConfig::new(Duration::from_secs(1_700_000_000));
        config.max_packet_size = largest.unwrap() + MAX_HEADER_SIZE;
        config.target_delay = recording.streams[0].target_delay;
        config.streams = recording
            .streams
            .iter()
            .map(|stream| StreamConfig {
                id: StreamId(stream.is_video.into()),
                kind: if stream.is_video {
                    StreamKind::Video
                } else {
                    StreamKind::Audio
                },
                ssrc: stream.sender,
                receiver_ssrc: stream.receiver,
                payload_type: 96,
                timebase: stream.timebase,
                keys: stream.keys,
                min_bitrate: 100_000,
                max_bitrate: 5_000_000,
                first_sequence_number: 0,
            })
            .collect();
        Replay {
            sender: Sender::new(now, config),
            now,
            wake: now,
            newest: recorded
                .keys()
                .map(|ssrc| (*ssrc, FrameId::LEADER))
                .collect(),
            recorded,
            packets: 0,
            reports: 0,
            acknowledged: BTreeMap::new(),
        }
    }

    /// Lets time pass until `then`.
    fn pass_until(&mut self, then: Instant) {
        while self.wake < then {
            self.now = self.wake;
            self.drain();
        }
        self.now = then;
        self.drain();
    }

    fn handle(&mut self, input: Input<'_>) {
        self.sender.handle(self.now, input);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.sender.poll(self.now) {
            match output {
                Output::Transmit(datagram) => {
                    let packet = match route(datagram).unwrap() {
                        Route::Rtcp(_) => {
                            self.reports += 1;
                            continue;
                        }
                        Route::Rtp(_) => RtpPacket::parse(datagram).unwrap(),
                    };
                    compare(&packet, self.newest[&packet.ssrc], &self.recorded);
                    self.packets += 1;
                }
                Output::Event(SenderEvent::Acknowledged { stream, frame }) => {
                    self.acknowledged.entry(stream).or_default().push(frame);
                }
                Output::Event(SenderEvent::Refused { stream, reason }) => {
                    panic!("a frame of {stream:?} was refused: {reason:?}");
                }
                Output::Timeout(at) => self.wake = at,
                Output::Encoder(..) | Output::Event(_) => {}
            }
        }
    }

    /// Gives the sender the frame whose first packet is this datagram of the recording, if it is one.
    fn give_frame(&mut self, recording: &Recording, index: usize) {
        for stream in &recording.streams {
            let started = self.recorded[&stream.sender]
                .iter()
                .find(|(_, frame)| frame.first == index);
            let Some((id, frame)) = started else { continue };
            let id = *id;
            let mut data: Vec<u8> = frame.packets.values().flatten().copied().collect();
            FrameCipher::new(&stream.keys).apply(id, &mut data);
            let encoded = EncodedFrame {
                dependency: frame.dependency.unwrap(),
                media_time: MediaTime(frame.media_time),
                duration: Duration::from_millis(20),
                data: Bytes::from(data),
                size: None,
                times: StageTimes {
                    captured: self.now,
                    received: self.now,
                    converted: self.now,
                    encoded: self.now,
                },
            };
            assert_eq!(id, self.newest[&stream.sender].next(), "{}", recording.name);
            self.newest.insert(stream.sender, id);
            self.handle(Input::Frame(StreamId(stream.is_video.into()), encoded));
        }
    }
}

/// Our packet must be the recorded one but for what each sender may choose: sequence number, payload type, delay change.
fn compare(
    packet: &RtpPacket<'_>,
    newest: FrameId,
    recorded: &BTreeMap<Ssrc, BTreeMap<FrameId, Frame>>,
) {
    let ahead = packet
        .frame_id
        .wrapping_sub(newest.low_byte())
        .cast_signed();
    let id = newest + i64::from(ahead);
    let frame = &recorded[&packet.ssrc][&id];
    assert_eq!(packet.payload, frame.packets[&packet.packet_id]);
    assert_eq!(packet.max_packet_id, frame.max_packet_id);
    assert_eq!(packet.rtp_timestamp, frame.media_time as u32);
    assert_eq!(Some(packet.dependency_of(id)), frame.dependency);
}

#[test]
fn our_sender_sends_what_the_recorded_ones_sent_and_understands_every_byte_of_the_answers() {
    for recording in SESSIONS.map(Recording::load) {
        let start = Instant::now();
        let mut replay = Replay::new(&recording, start);
        let mut readers: Vec<_> = recording
            .streams
            .iter()
            .map(|stream| FeedbackReader::new(stream.sender, stream.receiver))
            .collect();
        let mut checkpoints = vec![FrameId::LEADER; readers.len()];
        let began = recording.datagrams[0].at;
        for (index, datagram) in recording.datagrams.iter().enumerate() {
            replay.pass_until(start + datagram.at.saturating_sub(began));
            if datagram.from == recording.sender {
                replay.give_frame(&recording, index);
                continue;
            }
            for (stream, (reader, checkpoint)) in recording
                .streams
                .iter()
                .zip(readers.iter_mut().zip(&mut checkpoints))
            {
                if route(&datagram.payload) != Some(Route::Rtcp(stream.receiver)) {
                    continue;
                }
                let newest = replay.newest[&stream.sender];
                let events = reader.read(&datagram.payload, newest).unwrap();
                *checkpoint = events.feedback.map_or(*checkpoint, |f| f.checkpoint);
            }
            replay.handle(Input::Datagram(&datagram.payload));
        }
        check_end(&recording, &mut replay, &checkpoints);
    }
}

/// The sender's state at the end is the recorded sender's: what was acknowledged, and what is still under way.
fn check_end(recording: &Recording, replay: &mut Replay, checkpoints: &[FrameId]) {
    let stats = replay.sender.stats(replay.now);
    assert_eq!(stats.refused_datagrams, 0, "{}", recording.name);
    assert_eq!(stats.foreign_datagrams, 0, "{}", recording.name);
    assert!(stats.since_feedback.unwrap() < Duration::from_secs(1));
    assert!(replay.packets > 100 && replay.reports > 4);
    for (stream, checkpoint) in recording.streams.iter().zip(checkpoints) {
        let id = StreamId(stream.is_video.into());
        let name = recording.name;
        assert!(checkpoint.0 > 20, "{name}: {checkpoint}");
        assert_eq!(replay.sender.checkpoint(id), Some(*checkpoint), "{name}");
        let acknowledged = &replay.acknowledged[&id];
        let in_order: Vec<_> = (0..=checkpoint.0).map(FrameId).collect();
        assert_eq!(*acknowledged, in_order, "{name}");
        let under_way: usize = replay.recorded[&stream.sender]
            .range(checkpoint.next()..)
            .flat_map(|(_, frame)| frame.packets.values())
            .map(Vec::len)
            .sum();
        let of_stream = stats.stream(id).unwrap();
        assert_eq!(of_stream.in_flight_bytes, under_way, "{name}");
        assert_eq!(of_stream.dropped.total(), 0, "{name}");
        assert_eq!(of_stream.picture_lost_for, None, "{name}");
    }
}
