// SPDX-License-Identifier: GPL-3.0-or-later
//! What the receiver says, and what follows from it.

use super::rig::{AUDIO_SSRC, MS, Rig, Says, VIDEO, VIDEO_SSRC, config};
use crate::cast::control::EncoderControl;
use crate::cast::frame::FrameId;
use crate::cast::sender::{Input, SenderEvent};

fn acknowledged(frame: i64) -> SenderEvent {
    SenderEvent::Acknowledged {
        stream: VIDEO,
        frame: FrameId(frame),
    }
}

/// Four pictures of three packets each, sent a little more than the round trip of 20 ms ago, which is known.
fn four_frames() -> Rig {
    let mut rig = Rig::new();
    rig.key_frame(3000);
    rig.delta_frame(3000);
    rig.delta_frame(3000);
    rig.delta_frame(3000);
    rig.measure_round_trip(
        20 * MS,
        Says {
            checkpoint: -1,
            // The newest had not arrived when it was asked.
            missing: &[(3, 0xFFFF)],
            ..Says::default()
        },
    );
    rig.pass(3 * MS);
    rig.take_sent();
    rig.take_controls();
    rig.take_events();
    rig
}

#[test]
fn the_checkpoint_releases_every_frame_up_to_it_once() {
    let mut rig = four_frames();
    let says = Says {
        checkpoint: 2,
        ..Says::default()
    };
    rig.says(&says);
    let expected = [acknowledged(0), acknowledged(1), acknowledged(2)];
    assert_eq!(rig.take_events(), expected);
    rig.says(&says);
    rig.says(&Says {
        checkpoint: 0,
        ..says
    });
    assert_eq!(rig.take_events(), []);
    assert_eq!(rig.sender.checkpoint(VIDEO), Some(FrameId(2)));
}

#[test]
fn a_checkpoint_beyond_the_newest_frame_means_an_older_one() {
    let mut rig = four_frames();
    rig.says(&Says {
        checkpoint: 4,
        ..Says::default()
    });
    assert_eq!(rig.sender.checkpoint(VIDEO), Some(FrameId::LEADER));
    assert_eq!(rig.take_events(), []);
}

#[test]
fn frames_acknowledged_one_by_one_are_released_and_not_sent_again() {
    let mut rig = four_frames();
    let missing = [(0, 1), (2, 0xFFFF)];
    rig.says(&Says {
        checkpoint: -1,
        acknowledged: &[2, 3],
        missing: &missing,
        ..Says::default()
    });
    assert_eq!(rig.take_events(), [acknowledged(2), acknowledged(3)]);
    assert_eq!(rig.take_packets(), [(0, 1)]);
    rig.says(&Says {
        checkpoint: 3,
        ..Says::default()
    });
    assert_eq!(rig.take_events(), [acknowledged(0), acknowledged(1)]);
}

#[test]
fn a_list_that_acknowledges_a_frame_never_sent_is_ignored_but_not_the_rest() {
    let mut rig = four_frames();
    let missing = [(1, 0)];
    rig.says(&Says {
        checkpoint: 0,
        acknowledged: &[2, 9],
        missing: &missing,
        ..Says::default()
    });
    assert_eq!(rig.take_events(), [acknowledged(0)]);
    assert_eq!(rig.take_packets(), [(1, 0)]);
}

#[test]
fn missing_packets_are_sent_again_oldest_first_and_so_are_frames_not_even_mentioned() {
    let mut rig = four_frames();
    let missing = [(1, 2), (1, 0), (2, 0xFFFF)];
    let says = Says {
        checkpoint: 0,
        missing: &missing,
        ..Says::default()
    };
    a_block_of_sound_arrives(&mut rig);
    rig.says(&says);
    let named = [(1, 0), (1, 2), (2, 0), (2, 1), (2, 2)];
    let not_mentioned = [(3, 0), (3, 1), (3, 2)];
    assert_eq!(rig.take_packets(), [&named[..], &not_mentioned].concat());
}

#[test]
fn what_may_wait_in_a_queue_is_not_sent_again_until_something_that_left_later_has_arrived() {
    let mut rig = four_frames();
    let says = Says {
        checkpoint: 2,
        missing: &[(3, 0xFFFF)],
        ..Says::default()
    };
    for _ in 0..3 {
        rig.says(&says);
        assert_eq!(rig.take_packets(), []);
        rig.pass(10 * MS);
    }
    a_block_of_sound_arrives(&mut rig);
    rig.says(&says);
    assert_eq!(rig.take_packets(), [(3, 0), (3, 1), (3, 2)]);
}

/// It leaves now, and the receiver has it 25 ms later.
fn a_block_of_sound_arrives(rig: &mut Rig) {
    rig.audio(100);
    rig.pass(25 * MS);
    let datagram = rig.datagram(AUDIO_SSRC, &Says::default());
    rig.handle(Input::Datagram(&datagram));
    rig.take_sent();
}

#[test]
fn a_packet_sent_less_than_a_round_trip_ago_is_not_sent_again() {
    let mut rig = four_frames();
    let missing = [(0, 1)];
    let says = Says {
        checkpoint: -1,
        missing: &missing,
        acknowledged: &[3],
        ..Says::default()
    };
    rig.says(&says);
    assert_eq!(rig.take_packets(), [(0, 1)]);
    for _ in 0..3 {
        rig.pass(6 * MS);
        rig.says(&says);
    }
    assert_eq!(rig.take_packets(), [], "18 ms of 20 have passed");
    rig.delta_frame(10);
    rig.pass(4 * MS);
    rig.take_sent();
    rig.says(&Says {
        acknowledged: &[3, 4],
        ..says
    });
    assert_eq!(rig.take_packets(), [(0, 1)]);
}

#[test]
fn before_a_round_trip_is_known_every_missing_packet_is_sent_again() {
    let mut rig = Rig::new();
    rig.key_frame(3000);
    rig.take_sent();
    let missing = [(0, 1)];
    let says = Says {
        checkpoint: -1,
        missing: &missing,
        ..Says::default()
    };
    rig.says(&says);
    rig.says(&says);
    assert_eq!(rig.take_packets(), [(0, 1), (0, 1)]);
}

#[test]
fn missing_packets_that_do_not_exist_are_ignored() {
    let mut rig = four_frames();
    let missing = [(0, 3), (0, 900), (4, 0), (100, 0xFFFF)];
    rig.says(&Says {
        checkpoint: -1,
        missing: &missing,
        acknowledged: &[3],
        ..Says::default()
    });
    assert_eq!(rig.take_packets(), []);
}

#[test]
fn packets_that_never_left_are_not_touched_by_reports_of_loss() {
    let mut rig = Rig::new();
    rig.key_frame(100_000);
    let first = rig.take_packets().len();
    assert!(first < 69, "the rest waits for the pacer");
    let missing = [(0, 0xFFFF)];
    rig.says(&Says {
        checkpoint: -1,
        missing: &missing,
        ..Says::default()
    });
    rig.pass(100 * MS);
    let mut packets = rig.take_packets();
    assert_eq!(packets.iter().filter(|packet| packet.1 == 68).count(), 1);
    packets.sort_unstable();
    packets.dedup();
    assert_eq!(packets.len(), 70, "69 of frame 0, each");
}

#[test]
fn the_round_trip_is_what_passed_without_what_the_receiver_held() {
    let mut rig = Rig::new();
    rig.key_frame(10);
    let id = rig.take_reports()[0].id();
    rig.pass(50 * MS);
    let says = Says {
        checkpoint: 0,
        ..Says::default()
    };
    rig.answers(id, 30 * MS, says);
    let round_trip = rig.sender.stats(rig.now).round_trip.unwrap();
    assert!(round_trip.abs_diff(20 * MS) < MS / 10, "{round_trip:?}");
}

#[test]
fn an_answer_to_a_report_that_was_never_sent_measures_nothing() {
    let mut rig = Rig::new();
    rig.key_frame(10);
    let id = rig.take_reports()[0].id();
    let wrong = crate::cast::ntp::ReportId(id.0 + 1);
    rig.pass(50 * MS);
    rig.answers(wrong, 30 * MS, Says::default());
    assert_eq!(rig.sender.stats(rig.now).round_trip, None);
}

#[test]
fn picture_loss_asks_for_a_key_frame_once_a_spacing() {
    let mut rig = four_frames();
    let says = Says {
        checkpoint: 3,
        picture_loss: true,
        ..Says::default()
    };
    rig.pass(2000 * MS);
    rig.take_controls();
    rig.says(&says);
    assert!(rig.take_events().contains(&SenderEvent::PictureLost(VIDEO)));
    assert_eq!(rig.take_controls(), [(VIDEO, EncoderControl::KeyFrame)]);
    rig.says(&says);
    assert_eq!((rig.take_events(), rig.take_controls()), (vec![], vec![]));
    // Six target delays of 200 ms later the key frame has still not come.
    rig.pass(1199 * MS);
    assert_eq!(key_frame_requests(&mut rig), 0);
    rig.pass(2 * MS);
    assert_eq!(key_frame_requests(&mut rig), 1);
    let lost_for = rig.sender.stats(rig.now).streams[1].picture_lost_for;
    assert_eq!(lost_for, Some(1201 * MS));
    rig.key_frame(10);
    rig.says(&says);
    assert_eq!(key_frame_requests(&mut rig), 0, "one is under way");
    rig.says(&Says {
        checkpoint: 4,
        ..Says::default()
    });
    rig.pass(3000 * MS);
    assert_eq!(key_frame_requests(&mut rig), 0);
    assert_eq!(rig.sender.stats(rig.now).streams[1].picture_lost_for, None);
}

fn key_frame_requests(rig: &mut Rig) -> usize {
    let controls = rig.take_controls();
    let wanted = (VIDEO, EncoderControl::KeyFrame);
    controls
        .iter()
        .filter(|control| **control == wanted)
        .count()
}

#[test]
fn datagrams_that_are_not_for_us_are_counted_and_dropped() {
    let mut rig = four_frames();
    let says = Says {
        checkpoint: 3,
        ..Says::default()
    };
    let stranger = rig.datagram(crate::cast::frame::Ssrc(77), &says);
    let rtp = rig.sent.first().cloned().unwrap_or_else(|| vec![0x80; 30]);
    for datagram in [&stranger[..], &rtp[..], b"", b"hello", &[0; 2000]] {
        rig.handle(Input::Datagram(datagram));
    }
    assert_eq!(rig.take_events(), []);
    let stats = rig.sender.stats(rig.now);
    assert_eq!((stats.foreign_datagrams, stats.refused_datagrams), (5, 0));
}

#[test]
fn a_malformed_datagram_has_no_effect_at_all() {
    let mut rig = four_frames();
    let mut datagram = rig.datagram(
        VIDEO_SSRC,
        &Says {
            checkpoint: 3,
            picture_loss: true,
            ..Says::default()
        },
    );
    datagram.extend([0x81, 206, 0]);
    rig.handle(Input::Datagram(&datagram));
    assert_eq!((rig.take_events(), rig.take_controls()), (vec![], vec![]));
    let stats = rig.sender.stats(rig.now);
    assert_eq!((stats.foreign_datagrams, stats.refused_datagrams), (0, 1));
}

#[test]
fn reports_about_the_sound_do_not_touch_the_pictures() {
    let mut rig = four_frames();
    let says = Says {
        checkpoint: 3,
        ..Says::default()
    };
    let datagram = rig.datagram(AUDIO_SSRC, &says);
    rig.handle(Input::Datagram(&datagram));
    assert_eq!(rig.take_events(), []);
    assert_eq!(rig.sender.checkpoint(VIDEO), Some(FrameId::LEADER));
}

#[test]
fn a_report_that_was_overtaken_by_a_newer_one_is_ignored() {
    let mut rig = four_frames();
    let missing = [(1, 0)];
    let old = rig.datagram(
        VIDEO_SSRC,
        &Says {
            checkpoint: 0,
            missing: &missing,
            ..Says::default()
        },
    );
    rig.says(&Says {
        checkpoint: 1,
        ..Says::default()
    });
    rig.take_events();
    rig.take_sent();
    rig.handle(Input::Datagram(&old));
    assert_eq!(rig.take_events(), []);
    assert_eq!(rig.take_packets(), []);
}

#[test]
fn a_receiver_that_falls_silent_does_not_make_the_sender_hold_more_and_more() {
    let mut config = config();
    config.target_delay = 60_000 * MS;
    let mut rig = Rig::with(config);
    rig.key_frame(1000);
    for _ in 0..2000 {
        rig.delta_frame(1000);
        rig.pass(MS);
        rig.take_sent();
        rig.take_events();
    }
    let stats = rig.sender.stats(rig.now);
    assert_eq!(stats.streams[1].in_flight_bytes, 120 * 1000);
}
