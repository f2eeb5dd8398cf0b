// SPDX-License-Identifier: GPL-3.0-or-later
//! The recorded sessions, read with our parsers and replayed into our receiver.

mod bitstream;

use telecast::cast::frame::{Dependency, FrameId};
use telecast::cast::receiver::ReceivedFrame;
use telecast::cast::rtcp::{Feedback, FeedbackReader, Route, find_sender_report, route};
use telecast::cast::rtp::RtpPacket;

use crate::recording::{Recording, SESSIONS, Stream};

#[test]
fn every_datagram_of_the_recorded_senders_is_understood() {
    for recording in SESSIONS.map(Recording::load) {
        for stream in &recording.streams {
            let (mut packets, mut reports) = (0, 0);
            for datagram in recording.sent() {
                match route(&datagram.payload).expect("neither RTP nor RTCP") {
                    Route::Rtp(ssrc) if ssrc == stream.sender => {
                        assert!(RtpPacket::parse(&datagram.payload).is_ok());
                        packets += 1;
                    }
                    Route::Rtcp(ssrc) if ssrc == stream.sender => {
                        let report =
                            find_sender_report(&datagram.payload, stream.sender, stream.receiver);
                        assert!(report.unwrap().is_some());
                        reports += 1;
                    }
                    Route::Rtp(ssrc) | Route::Rtcp(ssrc) => {
                        assert!(recording.streams.iter().any(|other| other.sender == ssrc));
                    }
                }
            }
            assert!(
                packets > 10 && reports > 1,
                "{}: {packets}, {reports}",
                recording.name
            );
        }
    }
}

#[test]
fn every_datagram_of_the_recorded_receivers_is_understood() {
    for recording in SESSIONS.map(Recording::load) {
        for stream in &recording.streams {
            let mut reader = FeedbackReader::new(stream.sender, stream.receiver);
            let mut newest = FrameId::LEADER;
            let (mut checkpoint, mut reports) = (FrameId::LEADER, 0);
            for datagram in &recording.datagrams {
                if let Ok(packet) = RtpPacket::parse(&datagram.payload)
                    && packet.ssrc == stream.sender
                {
                    let ahead = packet
                        .frame_id
                        .wrapping_sub(newest.low_byte())
                        .cast_signed();
                    newest = newest.max(newest + i64::from(ahead));
                }
                if route(&datagram.payload) != Some(Route::Rtcp(stream.receiver)) {
                    continue;
                }
                let events = reader.read(&datagram.payload, newest).unwrap();
                assert!(events.reference_time.is_some());
                let feedback = events.feedback.expect("no feedback");
                assert!(feedback.checkpoint >= checkpoint);
                checkpoint = feedback.checkpoint;
                reports += usize::from(events.receiver_report.is_some());
            }
            assert!(
                checkpoint > FrameId(20) && reports > 1,
                "{}",
                recording.name
            );
            assert!(
                newest - checkpoint < 5,
                "{}: {newest} {checkpoint}",
                recording.name
            );
        }
    }
}

/// What the last feedback about a stream says.
fn last_feedback<'a>(
    stream: &Stream,
    datagrams: impl Iterator<Item = &'a [u8]>,
    newest: FrameId,
) -> Feedback {
    let mut reader = FeedbackReader::new(stream.sender, stream.receiver);
    datagrams
        .filter(|bytes| route(bytes) == Some(Route::Rtcp(stream.receiver)))
        .filter_map(|bytes| reader.read(bytes, newest).unwrap().feedback)
        .last()
        .expect("no feedback")
}

#[test]
fn our_receiver_ends_in_the_same_state_as_the_recorded_one() {
    for recording in SESSIONS.map(Recording::load) {
        let replay = recording.replay();
        for (index, stream) in recording.streams.iter().enumerate() {
            let frames = replay
                .frames
                .iter()
                .filter(|frame| frame.stream.0 == index as u32);
            let newest = frames.last().unwrap().id;
            let ours = replay.feedback.iter().map(Vec::as_slice);
            let ours = last_feedback(stream, ours, newest);
            let theirs = recording
                .answered()
                .map(|datagram| datagram.payload.as_slice());
            let theirs = last_feedback(stream, theirs, newest);
            assert_eq!(ours, theirs, "{} {}", recording.name, stream.codec);
            assert_eq!(ours.checkpoint, newest);
        }
        let stats = replay.receiver.stats(replay.end);
        assert_eq!(stats.refused_datagrams, 0);
        assert!(
            stats
                .streams
                .iter()
                .all(|it| it.skipped == 0 && it.packets_lost == 0),
            "{stats:?}"
        );
    }
}

#[test]
fn every_recorded_frame_is_reassembled_without_a_gap() {
    for recording in SESSIONS.map(Recording::load) {
        let replay = recording.replay();
        for (index, stream) in recording.streams.iter().enumerate() {
            let mut packets: Vec<(u8, u16)> = recording
                .sent()
                .filter_map(|datagram| RtpPacket::parse(&datagram.payload).ok())
                .filter(|packet| packet.ssrc == stream.sender && packet.packet_id == 0)
                .map(|packet| (packet.frame_id, packet.max_packet_id))
                .collect();
            packets.dedup();
            let frames = replay
                .frames
                .iter()
                .filter(|frame| frame.stream.0 == index as u32);
            let frames: Vec<&ReceivedFrame> = frames.collect();
            assert!(
                frames.len() >= packets.len() - 1,
                "{} {}",
                frames.len(),
                packets.len()
            );
            assert!(frames.iter().all(|frame| !frame.follows_gap));
            let expected = (0..).map(FrameId);
            assert!(
                frames
                    .iter()
                    .zip(expected)
                    .all(|(frame, id)| frame.id == id)
            );
            assert!(
                frames
                    .windows(2)
                    .all(|pair| pair[0].media_time < pair[1].media_time)
            );
            for frame in &frames {
                assert_eq!(frame.playout - frame.captured, stream.target_delay);
            }
        }
    }
}

#[test]
fn every_recorded_frame_decrypts_into_its_codec() {
    for recording in SESSIONS.map(Recording::load) {
        let replay = recording.replay();
        for frame in &replay.frames {
            let stream = &recording.streams[frame.stream.0 as usize];
            let is_key_frame = frame.dependency == Dependency::KeyFrame;
            let name = format!("{} {} {}", recording.name, stream.codec, frame.id);
            let head = match stream.codec.as_str() {
                "vp8" => bitstream::vp8(&frame.data),
                "vp9" => bitstream::vp9(&frame.data),
                "av1" => bitstream::av1(&frame.data),
                "opus" => {
                    assert!(bitstream::is_opus_packet(&frame.data), "{name}");
                    continue;
                }
                codec => panic!("a recording with {codec}"),
            };
            let head = head.unwrap_or_else(|| panic!("{name}: {:x?}", &frame.data[..16]));
            assert_eq!(head.is_key_frame, is_key_frame, "{name}");
            assert_eq!(head.size.is_some(), is_key_frame, "{name}");
            if let Some((width, height)) = head.size {
                assert!(
                    (160..=1920).contains(&width) && (90..=1080).contains(&height),
                    "{name}"
                );
            }
        }
    }
}
