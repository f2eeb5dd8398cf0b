// SPDX-License-Identifier: GPL-3.0-or-later
//! What leaves, when, and in which order.

use std::time::Duration;

use super::rig::{AUDIO, AUDIO_SSRC, MS, Rig, Says, VIDEO, config, kind};
use crate::cast::control::EncoderControl;
use crate::cast::frame::Dependency;
use crate::cast::rtp::RtpPacket;
use crate::cast::sender::{Input, SenderEvent};

#[test]
fn a_sender_report_leaves_before_the_first_packet_of_each_stream() {
    let mut rig = Rig::new();
    rig.audio(100);
    rig.key_frame(3000);
    let sent = rig.take_sent();
    let kinds: Vec<_> = sent.iter().map(|datagram| kind(datagram)).collect();
    assert_eq!(kinds[..3], ["SR 1", "RTP 1", "SR 50001"]);
    assert!(kinds[3..].iter().all(|kind| kind == "RTP 50001"));
    assert_eq!(kinds.len(), 6);
}

#[test]
fn a_report_leaves_with_every_frame_until_a_round_trip_is_known_and_then_each_half_second() {
    let mut rig = Rig::new();
    rig.key_frame(100);
    rig.pass(10 * MS);
    rig.delta_frame(100);
    assert_eq!(rig.take_reports().len(), 2);
    rig.pass(10 * MS);
    rig.delta_frame(100);
    rig.measure_round_trip(
        10 * MS,
        Says {
            checkpoint: 2,
            ..Says::default()
        },
    );
    rig.delta_frame(100);
    assert_eq!(rig.take_reports().len(), 0);
    rig.says(&Says {
        checkpoint: 3,
        ..Says::default()
    });
    rig.pass(2010 * MS);
    assert_eq!(rig.take_reports().len(), 4);
}

#[test]
fn the_media_time_of_a_report_is_continued_from_the_newest_frame_to_the_moment_of_sending() {
    let mut rig = Rig::new();
    rig.key_frame(100);
    assert_eq!(rig.take_reports()[0].rtp_timestamp, 3000);
    rig.says(&Says {
        checkpoint: 0,
        ..Says::default()
    });
    rig.pass(500 * MS);
    let report = rig.take_reports()[0];
    assert_eq!(report.rtp_timestamp, 3000 + 45_000);
    assert_eq!((report.packet_count, report.octet_count), (1, 100));
    assert_eq!(
        report.reference_time.seconds() - 2_208_988_800,
        1_700_000_000
    );
    assert_eq!(report.reference_time.fraction(), 1 << 31);
}

#[test]
fn counts_of_a_report_hold_every_packet_and_no_header() {
    let mut rig = Rig::new();
    rig.key_frame(3000);
    rig.pass(100 * MS);
    let missing = [(0, 1)];
    rig.says(&Says {
        checkpoint: -1,
        missing: &missing,
        ..Says::default()
    });
    let before = rig
        .take_sent()
        .iter()
        .filter_map(|datagram| {
            RtpPacket::parse(datagram)
                .ok()
                .map(|p| p.payload.len() as u32)
        })
        .fold((0, 0), |(packets, octets), size| {
            (packets + 1, octets + size)
        });
    rig.pass(20 * MS);
    rig.delta_frame(10);
    let report = rig.take_reports()[0];
    assert!(report.packet_count >= before.0 && before.0 >= 4);
    assert!(report.octet_count >= before.1);
}

#[test]
fn sequence_numbers_advance_with_every_packet_also_with_repeated_ones() {
    let mut rig = Rig::new();
    rig.key_frame(10_000);
    rig.pass(50 * MS);
    let missing = [(0, 0xFFFF)];
    rig.says(&Says {
        checkpoint: -1,
        missing: &missing,
        ..Says::default()
    });
    let numbers: Vec<u16> = rig
        .take_sent()
        .iter()
        .filter_map(|datagram| Some(RtpPacket::parse(datagram).ok()?.sequence_number))
        .collect();
    assert!(numbers.len() >= 14);
    for (index, number) in numbers.iter().enumerate() {
        assert_eq!(*number, 65_530u16.wrapping_add(index as u16));
    }
}

#[test]
fn sound_goes_before_pictures_that_wait() {
    let mut rig = Rig::new();
    rig.key_frame(200_000);
    let at_once = rig.take_sent().len();
    assert!((20..=24).contains(&at_once), "one burst, not {at_once}");
    rig.audio(100);
    rig.pass(2 * MS);
    let sent = rig.take_sent();
    assert_eq!(kind(&sent[0]), "SR 1");
    assert_eq!(kind(&sent[1]), "RTP 1");
    assert_eq!(kind(&sent[2]), "RTP 50001");
}

#[test]
fn a_key_frame_is_spread_at_the_pacing_rate() {
    let mut rig = Rig::new();
    rig.key_frame(200_000);
    let mut left = rig.take_packets().len();
    for _ in 0..14 {
        rig.pass(5 * MS);
        let more = rig.take_packets().len();
        assert!(more <= 13, "{more} packets in 5 ms");
        left += more;
    }
    assert!(left >= 200_000 / 1449, "all of it within 70 ms: {left}");
}

#[test]
fn when_the_newest_frame_goes_unmentioned_its_last_packet_is_repeated() {
    let mut rig = Rig::new();
    rig.key_frame(3000);
    rig.pass(5 * MS);
    rig.take_sent();
    // A quarter of 200 ms before there is a round trip, counted from the packet's last departure, and doubled each time.
    rig.pass(40 * MS);
    assert_eq!(rig.take_packets(), []);
    rig.pass(320 * MS);
    assert_eq!(rig.take_packets(), [(0, 2), (0, 2), (0, 2)]);
    // Mentioned by a missing packet: the receiver knows that there is a frame 0.
    let missing = [(0, 0)];
    rig.says(&Says {
        checkpoint: -1,
        missing: &missing,
        ..Says::default()
    });
    assert_eq!(rig.take_packets(), [(0, 0)]);
    rig.pass(300 * MS);
    assert_eq!(rig.take_packets(), []);
}

#[test]
fn the_kickstart_waits_for_two_round_trips() {
    let mut rig = Rig::new();
    rig.key_frame(10);
    let says = Says {
        checkpoint: 0,
        ..Says::default()
    };
    rig.measure_round_trip(60 * MS, says);
    rig.delta_frame(10);
    rig.take_sent();
    rig.pass(119 * MS);
    assert_eq!(rig.take_packets(), []);
    rig.pass(2 * MS);
    assert_eq!(rig.take_packets(), [(1, 0)]);
}

#[test]
fn on_a_near_path_the_kickstart_comes_after_a_twentieth_of_the_target_delay_then_less_and_less_often()
 {
    let mut rig = Rig::new();
    rig.key_frame(10);
    let says = Says {
        checkpoint: 0,
        ..Says::default()
    };
    rig.measure_round_trip(MS, says);
    rig.delta_frame(10);
    rig.take_sent();
    rig.pass(9 * MS);
    assert_eq!(rig.take_packets(), []);
    rig.pass(62 * MS);
    assert_eq!(rig.take_packets(), [(1, 0), (1, 0), (1, 0)]);
    rig.says(&says);
    rig.pass(11 * MS);
    assert_eq!(rig.take_packets(), [(1, 0)], "an answer begins anew");
}

#[test]
fn a_receiver_that_answers_at_once_is_asked_instead_of_being_kicked() {
    let mut rig = Rig::new();
    rig.key_frame(10);
    rig.prove_prompt(60 * MS);
    rig.delta_frame(10);
    rig.take_sent();
    rig.pass(130 * MS);
    let kinds: Vec<_> = rig.take_sent().iter().map(|sent| kind(sent)).collect();
    assert_eq!(kinds, ["SR 50001", "SR 50001"]);
}

#[test]
fn a_new_target_delay_travels_in_packet_0_of_the_next_frame_each_time_that_packet_is_sent() {
    let mut rig = Rig::new();
    rig.key_frame(3000);
    rig.handle(Input::TargetDelay {
        least: 321 * MS,
        most: 321 * MS,
    });
    assert_eq!(rig.sender.target_delay(), 321 * MS);
    rig.take_sent();
    rig.delta_frame(3000);
    rig.pass(5 * MS);
    let missing = [(1, 0), (1, 1)];
    rig.says(&Says {
        checkpoint: 0,
        missing: &missing,
        ..Says::default()
    });
    rig.delta_frame(10);
    let changes: Vec<_> = rig
        .take_sent()
        .iter()
        .filter_map(|datagram| RtpPacket::parse(datagram).ok())
        .filter_map(|p| Some((p.frame_id, p.packet_id, p.new_playout_delay_ms?)))
        .collect();
    assert_eq!(changes, [(1, 0, 321), (1, 0, 321)]);
}

#[test]
fn the_encoder_is_told_to_start_at_half_of_the_maximum_and_to_make_a_key_frame() {
    let mut rig = Rig::new();
    let controls = rig.take_controls();
    assert_eq!(
        controls,
        [
            (AUDIO, EncoderControl::Bitrate(128_000)),
            (VIDEO, EncoderControl::Bitrate(2_500_000)),
            (VIDEO, EncoderControl::KeyFrame),
        ]
    );
}

#[test]
fn the_bitrate_follows_what_arrives() {
    let mut rig = Rig::new();
    let mut bitrates = Vec::new();
    for index in 0..150 {
        if index == 0 {
            rig.key_frame(10_000);
        } else {
            rig.delta_frame(10_000);
        }
        rig.pass(5 * MS);
        rig.says(&Says {
            checkpoint: index,
            ..Says::default()
        });
        rig.pass(28 * MS);
        for (stream, control) in rig.take_controls() {
            if let (VIDEO, EncoderControl::Bitrate(bitrate)) = (stream, control) {
                bitrates.push(bitrate);
            }
        }
    }
    assert!(bitrates.is_sorted(), "{bitrates:?}");
    assert!(bitrates.len() >= 5 && bitrates[0] == 2_500_000);
    assert!(bitrates.iter().all(|bitrate| *bitrate <= 5_000_000));
}

#[test]
fn packets_are_no_larger_than_the_path_carries() {
    for size in [256, 1200, 1452, 1472] {
        let mut config = config();
        config.max_packet_size = size;
        let mut rig = Rig::with(config);
        rig.key_frame(20_000);
        rig.pass(100 * MS);
        let largest = rig.take_sent().iter().map(Vec::len).max().unwrap();
        assert!(
            largest <= size && largest >= size - 4,
            "{largest} of {size}"
        );
    }
}

#[test]
fn the_kind_of_frame_shows_in_its_packets() {
    let mut rig = Rig::new();
    rig.key_frame(10);
    rig.delta_frame(10);
    rig.audio(10);
    rig.audio(10);
    let headers: Vec<_> = rig
        .take_sent()
        .iter()
        .filter_map(|datagram| RtpPacket::parse(datagram).ok())
        .map(|p| {
            (
                p.ssrc == AUDIO_SSRC,
                p.frame_id,
                p.is_key_frame,
                p.reference,
            )
        })
        .collect();
    assert_eq!(
        headers,
        [
            (false, 0, true, Some(0)),
            (false, 1, false, Some(0)),
            // The first block of sound counts as a key frame.
            (true, 0, true, Some(0)),
            (true, 1, false, Some(1)),
        ]
    );
}

#[test]
fn an_idle_sender_rests_until_its_next_decision() {
    let mut rig = Rig::new();
    rig.take_controls();
    assert!(rig.wake - rig.now >= 400 * MS);
    rig.pass(Duration::from_secs(1));
    assert_eq!(rig.take_sent(), Vec::<Vec<u8>>::new());
}

#[test]
fn stages_rates_and_totals_are_in_the_statistics() {
    let mut rig = Rig::new();
    rig.key_frame(100);
    rig.measure_round_trip(
        20 * MS,
        Says {
            checkpoint: 0,
            ..Says::default()
        },
    );
    for frame in 1..=29 {
        let mut encoded = rig.frame(Dependency::Dependent, 3000 + frame * 3000, 1000);
        let before = |span| rig.now.checked_sub(span).unwrap();
        encoded.times.captured = before(12 * MS);
        encoded.times.received = before(10 * MS);
        encoded.times.converted = before(7 * MS);
        rig.handle(Input::Frame(VIDEO, encoded));
        rig.pass(25 * MS);
        rig.says(&Says {
            checkpoint: frame,
            ..Says::default()
        });
    }
    rig.pass(255 * MS);
    let stats = rig.sender.stats(rig.now);
    let video = stats.stream(VIDEO).unwrap();
    assert_eq!(video.fps.encoded.round() as u32, 30);
    assert_eq!(video.fps.captured.round() as u32, 30);
    assert_eq!(video.fps.sent.round() as u32, 30);
    assert_eq!(video.fps.acknowledged.round() as u32, 30);
    assert_eq!(video.actual_bitrate, 8 * 29_100);
    assert!((video.loss - 0.25).abs() < 0.001);
    assert_eq!(video.in_flight, Duration::ZERO);
    assert_eq!(stats.round_trip, Some(20 * MS));
    assert_eq!(stats.since_feedback, Some(255 * MS));
    let near = |found: Option<Duration>, ms: u64| {
        let found = found.unwrap().as_secs_f64() * 1e3;
        assert!((found - ms as f64).abs() < 1.0, "{found} is not {ms}");
    };
    near(video.latency.capture, 2);
    near(video.latency.convert, 3);
    near(video.latency.encode, 7);
    near(video.latency.pace, 0);
    near(video.latency.network, 10);
    near(video.latency.reassembly, 5);
    near(video.latency.playout, 200 - 27);
    assert!(stats.stream(AUDIO).unwrap().latency.encode.is_none());
    let empty = rig.sender.stats(rig.now + Duration::from_secs(1));
    let video = empty.stream(VIDEO).unwrap();
    assert!(video.fps.encoded < 0.001);
    assert_eq!((video.packets, video.retransmitted), (30, 0));
}

#[test]
fn events_that_nobody_takes_do_not_pile_up() {
    let mut rig = Rig::new();
    for time in 0..5000 {
        let frame = rig.frame(Dependency::Dependent, time, 10);
        rig.sender.handle(rig.now, Input::Frame(VIDEO, frame));
    }
    rig.drain();
    let events = rig.take_events();
    assert_eq!(events.len(), super::super::MAX_EVENTS);
    assert!(matches!(events[0], SenderEvent::Refused { .. }));
}
