// SPDX-License-Identifier: GPL-3.0-or-later
//! Which frames are taken in.

use super::rig::{AUDIO, MS, Rig, Says, VIDEO, config};
use crate::cast::congestion::ladder::Largest;
use crate::cast::control::EncoderControl;
use crate::cast::crypto::FrameCipher;
use crate::cast::frame::{Dependency, FrameId};
use crate::cast::rtp::RtpPacket;
use crate::cast::sender::{Input, SenderEvent};
use crate::cast::stats::DropReason;

fn refused(reason: DropReason) -> SenderEvent {
    SenderEvent::Refused {
        stream: VIDEO,
        reason,
    }
}

#[test]
fn the_payload_is_encrypted_with_the_full_frame_id_also_after_256_frames() {
    let mut rig = Rig::new();
    let cipher = FrameCipher::new(&config().streams[1].keys);
    for id in 0..600 {
        rig.pass(MS);
        rig.take_sent();
        rig.audio(50);
        let sent = rig.take_sent();
        let packet = RtpPacket::parse(sent.last().unwrap()).unwrap();
        let mut payload = packet.payload.to_vec();
        cipher.apply(FrameId(id), &mut payload);
        assert_eq!(payload, [7; 50], "frame {id}");
        let says = Says {
            checkpoint: id,
            ..Says::default()
        };
        let datagram = rig.datagram(super::rig::AUDIO_SSRC, &says);
        rig.handle(Input::Datagram(&datagram));
    }
    assert_eq!(rig.sender.checkpoint(AUDIO), Some(FrameId(599)));
}

#[test]
fn at_most_120_frames_are_under_way() {
    let mut config = config();
    config.target_delay = 60_000 * MS;
    let mut rig = Rig::with(config);
    rig.key_frame(10);
    for _ in 1..120 {
        rig.delta_frame(10);
    }
    assert_eq!(rig.take_events(), []);
    assert!(!rig.sender.may_encode(rig.now, VIDEO, 33 * MS));
    rig.delta_frame(10);
    assert_eq!(rig.take_events(), [refused(DropReason::IdSpan)]);
    // Frames that were acknowledged one by one do not make room: the span counts from the checkpoint.
    let acknowledged: Vec<i64> = (2..120).collect();
    rig.says(&Says {
        checkpoint: -1,
        acknowledged: &acknowledged,
        ..Says::default()
    });
    rig.take_events();
    rig.key_frame(10);
    assert_eq!(rig.take_events(), [refused(DropReason::IdSpan)]);
    rig.says(&Says {
        checkpoint: 0,
        ..Says::default()
    });
    rig.take_events();
    rig.key_frame(10);
    assert_eq!(rig.take_events(), []);
}

#[test]
fn pictures_of_more_than_two_and_a_half_target_delays_are_not_taken_in() {
    let mut rig = Rig::new();
    rig.key_frame(10);
    // 33⅓ ms each: the fifteenth lies at 500 ms, the next beyond.
    for _ in 1..=15 {
        rig.delta_frame(10);
    }
    assert_eq!(rig.take_events(), []);
    rig.delta_frame(10);
    assert_eq!(rig.take_events(), [refused(DropReason::Duration)]);
}

#[test]
fn raw_frames_are_not_worth_encoding_when_nearly_all_of_the_target_delay_is_under_way() {
    let mut rig = Rig::new();
    assert!(rig.sender.may_encode(rig.now, VIDEO, 33 * MS));
    rig.key_frame(10);
    for _ in 1..=4 {
        rig.delta_frame(10);
    }
    assert_eq!(rig.sender.in_flight(VIDEO).as_millis(), 133);
    assert!(rig.sender.may_encode(rig.now, VIDEO, 33 * MS));
    assert!(
        !rig.sender.may_encode(rig.now, VIDEO, 37 * MS),
        "one more is in the encoder"
    );
    rig.delta_frame(10);
    assert!(!rig.sender.may_encode(rig.now, VIDEO, 33 * MS));
    rig.says(&Says {
        checkpoint: 5,
        ..Says::default()
    });
    assert!(rig.sender.may_encode(rig.now, VIDEO, 33 * MS));
    assert!(rig.sender.may_encode(rig.now, AUDIO, 20 * MS));
    // Something is always allowed when nothing is under way, also a picture that lasts a second.
    assert!(rig.sender.may_encode(rig.now, VIDEO, 1000 * MS));
}

#[test]
fn an_encoded_frame_is_not_refused_because_of_the_raw_frames_dropped_before_it() {
    let mut rig = Rig::new();
    rig.key_frame(10);
    rig.pass(169 * MS);
    assert!(rig.sender.may_encode(rig.now, VIDEO, 33 * MS));
    rig.pass(2 * MS);
    assert!(
        !rig.sender.may_encode(rig.now, VIDEO, 33 * MS),
        "171 ms unacknowledged"
    );
}

#[test]
fn after_a_refused_picture_nothing_is_taken_in_until_a_key_frame_and_one_is_asked_for() {
    let mut rig = Rig::new();
    rig.key_frame(10);
    rig.take_controls();
    rig.pass(3000 * MS);
    assert_eq!(rig.take_controls(), []);
    // The media time stands still.
    let again = rig.frame(Dependency::Dependent, 3000, 10);
    rig.handle(Input::Frame(VIDEO, again));
    assert_eq!(rig.take_events(), [refused(DropReason::MediaTime)]);
    assert_eq!(rig.take_controls(), [(VIDEO, EncoderControl::KeyFrame)]);
    rig.delta_frame(10);
    assert_eq!(rig.take_events(), [refused(DropReason::NoKeyFrame)]);
    assert_eq!(rig.take_controls(), [], "asked for already");
    rig.key_frame(10);
    rig.delta_frame(10);
    assert_eq!(rig.take_events(), []);
    let ids: Vec<u8> = rig.take_packets().iter().map(|(frame, _)| *frame).collect();
    assert_eq!(ids[ids.len() - 2..], [1, 2], "refused frames use up no id");
}

#[test]
fn the_first_picture_must_be_a_key_frame() {
    let mut rig = Rig::new();
    rig.delta_frame(10);
    assert_eq!(rig.take_events(), [refused(DropReason::NoKeyFrame)]);
    assert_eq!(rig.take_sent(), Vec::<Vec<u8>>::new());
}

#[test]
fn a_frame_that_is_too_large_is_refused_and_an_empty_one_is_not() {
    let mut config = config();
    config.max_packet_size = 256;
    let mut rig = Rig::with(config);
    rig.key_frame(233 * 65_534 + 1);
    assert_eq!(rig.take_events(), [refused(DropReason::TooLarge)]);
    rig.key_frame(0);
    assert_eq!(rig.take_packets(), [(0, 0)]);
    assert_eq!(rig.take_events(), []);
}

#[test]
fn unacknowledged_bytes_are_bounded() {
    let mut rig = Rig::new();
    rig.key_frame(20 << 20);
    rig.delta_frame(20 << 20);
    assert_eq!(rig.take_events(), [refused(DropReason::TooLarge)]);
}

#[test]
fn dropped_frames_are_counted_by_reason_and_in_gaps() {
    let mut rig = Rig::new();
    rig.key_frame(10);
    rig.handle(Input::Dropped(VIDEO, DropReason::InFlight));
    rig.handle(Input::Dropped(VIDEO, DropReason::EncoderBusy));
    rig.delta_frame(10);
    rig.handle(Input::Dropped(VIDEO, DropReason::InFlight));
    rig.pass(1000 * MS);
    let stats = rig.sender.stats(rig.now);
    let video = stats.stream(VIDEO).unwrap();
    assert_eq!(video.dropped.of(DropReason::InFlight), 2);
    assert_eq!(video.dropped.of(DropReason::EncoderBusy), 1);
    assert_eq!(video.gaps, 2);
    assert_eq!(video.fps.captured.round() as u32, 5);
    assert_eq!(video.fps.encoded.round() as u32, 2);
}

#[test]
fn raw_frames_dropped_change_no_bitrate_as_the_network_speaks_for_itself() {
    let mut rig = Rig::new();
    rig.take_controls();
    for reason in [DropReason::EncoderBusy, DropReason::InFlight] {
        for _ in 0..30 {
            rig.handle(Input::Dropped(VIDEO, reason));
        }
        rig.pass(501 * MS);
        assert!(!rig.take_controls().iter().any(is_bitrate));
    }
}

#[test]
fn a_bitrate_that_is_worth_less_asks_for_fewer_and_smaller_pictures() {
    let mut config = config();
    config.largest_pictures = Some(Largest {
        size: (3840, 2160),
        frame_rate: 60,
    });
    let mut rig = Rig::with(config);
    // It begins with half of 5 Mbit/s, far from enough.
    let controls = rig.take_controls();
    let rate = controls
        .iter()
        .position(|it| it.1 == EncoderControl::MaxFrameRate(30));
    let size = controls
        .iter()
        .position(|it| it.1 == EncoderControl::MaxSize(1920, 1080));
    assert!(rate.is_some() && size.is_some(), "{controls:?}");
    rig.pass(2000 * MS);
    let again = rig.take_controls();
    let only_key_frames = again.iter().all(|it| it.1 == EncoderControl::KeyFrame);
    assert!(only_key_frames, "the rest is said once: {again:?}");
}

fn is_bitrate(control: &(crate::cast::sender::StreamId, EncoderControl)) -> bool {
    matches!(control.1, EncoderControl::Bitrate(_))
}
