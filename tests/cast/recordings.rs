// SPDX-License-Identifier: GPL-3.0-or-later
//! The recorded sessions, read with our parsers and replayed into our receiver.

use telecast::cast::frame::FrameId;
use telecast::cast::rtcp::{FeedbackReader, Route, find_sender_report, route};
use telecast::cast::rtp::RtpPacket;

use crate::recording::{Recording, SESSIONS};

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
