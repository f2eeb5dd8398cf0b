// SPDX-License-Identifier: GPL-3.0-or-later
//! From packets to frames.

use std::time::Duration;

use telecast::cast::frame::FrameId;
use telecast::cast::receiver::Event;

use super::rig::{ALL, Dependent, KeyFrame, Rig, STREAM};

#[test]
fn a_frame_comes_out_complete_decrypted_and_with_its_times() {
    let mut rig = Rig::started(|_| {});
    rig.advance_to(20);
    let packets = rig.packets(0, KeyFrame, 10, 3);
    for packet in &packets[..2] {
        rig.deliver(packet);
    }
    assert!(rig.frames.is_empty());
    rig.advance_to(25);
    rig.deliver(&packets[2]);
    assert_eq!(rig.frame_ids(), [0]);
    let (at, frame) = &rig.frames[0];
    assert_eq!(
        (frame.stream, frame.dependency, frame.media_time.0),
        (STREAM, KeyFrame, 900)
    );
    let times = [frame.captured, frame.completed, frame.playout].map(|at| rig.ms(at));
    assert_eq!((*at, times), (25, [10, 25, 410]));
    assert!(!frame.follows_gap);
}

#[test]
fn packets_may_come_in_any_order_and_twice() {
    let mut rig = Rig::started(|_| {});
    let packets = rig.packets(0, KeyFrame, 0, 4);
    for index in [3, 1, 1, 0, 3, 2] {
        rig.deliver(&packets[index]);
    }
    rig.deliver(&packets[2]);
    assert_eq!(rig.frame_ids(), [0]);
    assert_eq!(rig.stream_stats().packets_useless, 3);
}

#[test]
fn frames_come_out_in_order_each_as_soon_as_the_ones_before_are_out() {
    let mut rig = Rig::started(|_| {});
    rig.frame(0, KeyFrame, 0);
    let late = rig.packets(1, Dependent, 33, 2);
    rig.frame(2, Dependent, 66);
    rig.deliver(&late[1]);
    assert_eq!(rig.frame_ids(), [0]);
    rig.deliver(&late[0]);
    assert_eq!(rig.frame_ids(), [0, 1, 2]);
}

#[test]
fn packet_0_is_dropped_before_the_first_sender_report_and_asked_for_after_it() {
    let mut rig = Rig::new(|_| {});
    let packets = rig.packets(0, KeyFrame, 0, 3);
    for packet in &packets {
        rig.deliver(packet);
    }
    assert!(rig.frames.is_empty());
    rig.report();
    assert_eq!(rig.answers.last().unwrap().missing(), [(0, 0)]);
    rig.deliver(&packets[0]);
    assert_eq!(rig.frame_ids(), [0]);
}

#[test]
fn a_packet_that_contradicts_the_one_that_opened_its_frame_is_dropped() {
    let mut rig = Rig::started(|_| {});
    let (of_three, of_two) = (
        rig.packets(0, KeyFrame, 0, 3),
        rig.packets(0, KeyFrame, 0, 2),
    );
    rig.deliver(&of_three[0]);
    rig.deliver(&of_two[1]);
    rig.deliver(&of_three[1]);
    assert!(rig.frames.is_empty());
    rig.deliver(&of_three[2]);
    assert_eq!(rig.frame_ids(), [0]);
}

#[test]
fn the_ids_of_frames_run_on_over_the_wrap_of_their_byte() {
    let mut rig = Rig::started(|_| {});
    for id in 0..1000 {
        rig.advance_to(id as u64 * 10);
        rig.frame(
            id,
            if id == 0 { KeyFrame } else { Dependent },
            id as u64 * 10,
        );
    }
    assert_eq!(rig.frame_ids(), (0..1000).collect::<Vec<_>>());
    assert_eq!(rig.answers.last().unwrap().checkpoint(), 999);
}

#[test]
fn frames_more_than_120_ahead_are_not_accepted() {
    let mut rig = Rig::started(|_| {});
    rig.frame(119, Dependent, 100);
    rig.frame(120, Dependent, 100);
    rig.advance_to(30);
    let answer = rig.answers.last().unwrap();
    assert_eq!(answer.acknowledged(), [119]);
    assert_eq!(answer.missing().len(), 119);
    assert!(
        answer
            .missing()
            .iter()
            .all(|(frame, packet)| (0..119).contains(frame) && *packet == ALL)
    );
}

#[test]
fn a_changed_delay_counts_from_its_frame_on_also_when_its_packet_0_is_sent_again() {
    let mut rig = Rig::started(|_| {});
    rig.frame(0, KeyFrame, 0);
    let changing = rig.packets_with_delay(1, Dependent, 10, 2, Some(250));
    rig.deliver(&changing[1]);
    rig.frame(2, Dependent, 20);
    rig.deliver(&changing[0]);
    let playout: Vec<u64> = rig
        .frames
        .iter()
        .map(|(_, frame)| rig.ms(frame.playout))
        .collect();
    assert_eq!(playout, [400, 260, 270]);
    let delay = Duration::from_millis(250);
    assert_eq!(
        rig.events,
        [Event::PlayoutDelay {
            stream: STREAM,
            from: FrameId(1),
            delay
        }]
    );
    assert_eq!(rig.answers.last().unwrap().feedback().playout_delay, delay);
}

#[test]
fn an_empty_frame_is_a_frame() {
    let mut rig = Rig::started(|_| {});
    let packet = rig.packets(0, KeyFrame, 0, 1);
    rig.deliver(&packet[0][..19]);
    assert_eq!(rig.frame_ids(), [0]);
    assert!(rig.frames[0].1.data.is_empty());
}
