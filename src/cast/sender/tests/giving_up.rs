// SPDX-License-Identifier: GPL-3.0-or-later
//! Frames that cannot arrive in time, and what takes their place.

use super::rig::{MS, Rig, Says, VIDEO};
use crate::cast::control::EncoderControl;
use crate::cast::sender::giving_up::Outlook;
use crate::cast::sender::{Sender, SenderEvent};
use crate::cast::stats::DropReason;

/// The pacer has let a part of frame 1 out; frame 2 waits behind it.
fn busy() -> Rig {
    let mut rig = Rig::new();
    rig.key_frame(10);
    rig.prove_prompt(20 * MS);
    rig.delta_frame(200_000);
    rig.delta_frame(5000);
    let left = rig.take_packets();
    assert!(left.contains(&(1, 0)) && left.len() < 50, "{left:?}");
    rig.take_controls();
    rig.take_events();
    rig
}

/// The path turns out to need this long for what is under way.
fn weigh(rig: &mut Rig, backlog_ms: u32) -> Vec<SenderEvent> {
    let outlook = Outlook {
        backlog: MS * backlog_ms,
        rate: 2_000_000,
        media: 1_000_000,
    };
    let mut news = Vec::new();
    let Sender { streams, path, .. } = &mut rig.sender;
    for stream in streams {
        stream.weigh(rig.now, outlook, path, &mut |event| news.push(event));
    }
    rig.drain();
    news
}

#[test]
fn a_frame_that_would_be_far_too_late_makes_room_for_a_key_frame() {
    let mut rig = busy();
    let refused = SenderEvent::Refused {
        stream: VIDEO,
        reason: DropReason::TooLate,
    };
    assert_eq!(weigh(&mut rig, 1000), [refused], "frame 2 is taken back");
    let wish = (VIDEO, EncoderControl::KeyFrame);
    assert!(rig.take_controls().contains(&wish));
    rig.pass(300 * MS);
    assert_eq!(rig.take_packets(), [], "nor is frame 1 sent on");

    rig.delta_frame(1000);
    assert_eq!(rig.take_packets(), [], "it refers to what is not sent");
    rig.key_frame(2000);
    assert_eq!(rig.take_packets(), [(2, 0), (2, 1)], "the id is free again");
    rig.says(&Says {
        checkpoint: 2,
        ..Says::default()
    });
    assert!(rig.sender.in_flight(VIDEO).is_zero());
    assert_eq!(rig.sender.checkpoint(VIDEO).unwrap().0, 2);
}

#[test]
fn what_is_in_time_or_would_gain_little_is_sent() {
    // 200 ms of target delay, and 100 ms more that nobody minds.
    for backlog in [0, 150, 290] {
        let mut rig = busy();
        assert_eq!(weigh(&mut rig, backlog), []);
        rig.pass(300 * MS);
        assert!(rig.take_packets().contains(&(2, 0)), "{backlog}");
    }
}

#[test]
fn of_what_is_set_aside_only_the_first_packet_is_repaired() {
    let mut rig = busy();
    weigh(&mut rig, 1000);
    rig.key_frame(2000);
    rig.take_sent();
    rig.pass(50 * MS);
    rig.take_sent();
    rig.says(&Says {
        checkpoint: 0,
        missing: &[(1, 0), (1, 1), (1, 90)],
        acknowledged: &[2],
        ..Says::default()
    });
    assert_eq!(rig.take_packets(), [(1, 0)]);
}

#[test]
fn a_receiver_that_does_not_go_on_with_the_key_frame_gets_the_rest() {
    let mut rig = busy();
    weigh(&mut rig, 1000);
    rig.key_frame(2000);
    rig.says(&Says {
        checkpoint: 0,
        acknowledged: &[2],
        ..Says::default()
    });
    rig.take_sent();
    rig.pass(300 * MS);
    assert_eq!(rig.take_packets(), [], "it may still go on");
    rig.pass(4000 * MS);
    assert!(rig.take_packets().contains(&(1, 138)), "the last packet");
}

#[test]
fn frames_are_taken_in_although_one_was_set_aside_long_ago() {
    let mut rig = busy();
    weigh(&mut rig, 1000);
    rig.pass(400 * MS);
    assert!(rig.sender.may_encode(rig.now, VIDEO, 33 * MS));
}

#[test]
fn an_encoder_that_cannot_make_small_key_frames_gets_a_large_one_through() {
    let mut rig = busy();
    for _ in 0..3 {
        assert_ne!(weigh(&mut rig, 1000), [], "something smaller is hoped for");
        rig.key_frame(200_000);
        rig.delta_frame(5000);
    }
    assert_eq!(weigh(&mut rig, 1000), []);
    rig.pass(1000 * MS);
    let left = rig.take_packets();
    let is_last_of_key_frame = |(id, packet): &(u8, u16)| *id > 1 && *packet == 138;
    assert!(left.iter().any(is_last_of_key_frame), "{left:?}");
    let streams = rig.sender.streams.iter();
    let checkpoint = streams.map(|it| it.in_flight.newest().0).max().unwrap();
    rig.says(&Says {
        checkpoint,
        ..Says::default()
    });
    assert!(rig.sender.in_flight(VIDEO).is_zero());

    rig.delta_frame(200_000);
    rig.delta_frame(5000);
    assert_ne!(weigh(&mut rig, 1000), [], "it is worth trying again");
}
