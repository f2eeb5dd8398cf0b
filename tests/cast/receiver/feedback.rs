// SPDX-License-Identifier: GPL-3.0-or-later
//! When feedback is sent, and what is in it.

use telecast::cast::ntp::ReportDelay;

use super::rig::{ALL, Answer, Dependent, KeyFrame, Rig};

fn times(answers: &[Answer]) -> Vec<u64> {
    answers.iter().map(|answer| answer.at_ms).collect()
}

#[test]
fn nothing_is_sent_before_the_first_packet() {
    let mut rig = Rig::new(|_| {});
    rig.advance_to(5000);
    rig.deliver(b"not of this world");
    rig.advance_to(9000);
    assert!(rig.answers.is_empty());
    assert_eq!(rig.stats().refused_datagrams, 1);
}

#[test]
fn a_sender_report_is_answered_at_once_with_a_report_block() {
    let mut rig = Rig::new(|_| {});
    rig.advance_to(100);
    let id = rig.ntp_now().report_id();
    rig.report();
    let answers = rig.take_answers();
    assert_eq!(answers.len(), 1);
    assert_eq!((answers[0].at_ms, answers[0].checkpoint()), (100, -1));
    let block = answers[0].events.receiver_report.unwrap();
    assert_eq!((block.last_report, block.delay), (id, ReportDelay(0)));
    assert_eq!(answers[0].events.reference_time, Some(rig.ntp_now()));
}

#[test]
fn feedback_without_a_new_sender_report_has_no_block() {
    let mut rig = Rig::started(|_| {});
    rig.frame(0, KeyFrame, 0);
    rig.advance_to(1700);
    let answers = rig.take_answers();
    assert_eq!(times(&answers), [0, 500, 1000, 1500]);
    assert!(
        answers
            .iter()
            .all(|answer| answer.events.receiver_report.is_none())
    );
}

#[test]
fn a_checkpoint_that_moves_is_told_at_once() {
    let mut rig = Rig::started(|_| {});
    rig.frame(0, KeyFrame, 0);
    rig.advance_to(33);
    rig.frame(1, Dependent, 33);
    let told: Vec<(u64, i64)> = rig
        .answers
        .iter()
        .map(|it| (it.at_ms, it.checkpoint()))
        .collect();
    assert_eq!(told, [(0, 0), (33, 1)]);
}

#[test]
fn losses_are_told_every_30_ms_until_they_are_repaired() {
    let mut rig = Rig::started(|_| {});
    rig.frame(0, KeyFrame, 0);
    rig.take_answers();
    rig.advance_to(100);
    let packets = rig.packets(1, Dependent, 100, 12);
    for index in [0, 1, 3, 11] {
        rig.deliver(&packets[index]);
    }
    rig.advance_to(235);
    let answers = rig.take_answers();
    assert_eq!(times(&answers), [130, 160, 190, 220]);
    let missing: Vec<(i64, u16)> = [2, 4, 5, 6, 7, 8, 9, 10].map(|packet| (1, packet)).to_vec();
    assert!(
        answers
            .iter()
            .all(|answer| answer.missing() == missing && answer.checkpoint() == 0)
    );
    for packet in &packets {
        rig.deliver(packet);
    }
    rig.advance_to(1000);
    let answers = rig.take_answers();
    assert_eq!(times(&answers), [235, 735]);
    assert!(
        answers
            .iter()
            .all(|answer| answer.missing().is_empty() && answer.checkpoint() == 1)
    );
}

#[test]
fn a_frame_that_is_just_arriving_causes_no_feedback_of_its_own() {
    let mut rig = Rig::started(|_| {});
    for id in 0..10 {
        rig.advance_to(id * 33 + 100);
        let packets = rig.packets(id as i64, KeyFrame, id * 33, 3);
        rig.deliver(&packets[0]);
        rig.advance_to(id * 33 + 110);
        rig.deliver(&packets[1]);
        rig.advance_to(id * 33 + 120);
        rig.deliver(&packets[2]);
    }
    assert_eq!(rig.answers.len(), 10);
}

#[test]
fn a_frame_of_which_nothing_came_is_missing_as_a_whole_and_later_ones_are_acknowledged() {
    let mut rig = Rig::started(|_| {});
    rig.frame(0, KeyFrame, 0);
    rig.frame(2, Dependent, 66);
    rig.frame(3, Dependent, 100);
    rig.half_frame(5, Dependent, 166);
    rig.advance_to(30);
    let answer = rig.answers.last().unwrap();
    assert_eq!(answer.checkpoint(), 0);
    assert_eq!(answer.missing(), [(1, ALL), (4, ALL), (5, 1)]);
    assert_eq!(answer.acknowledged(), [2, 3]);
}

#[test]
fn the_report_block_counts_what_the_network_lost() {
    let mut rig = Rig::started(|_| {});
    let packets = rig.packets(0, KeyFrame, 0, 20);
    for packet in packets.iter().step_by(2) {
        rig.deliver(packet);
    }
    rig.advance_to(20);
    rig.report();
    let block = rig.answers.last().unwrap().events.receiver_report.unwrap();
    assert_eq!((block.fraction_lost, block.cumulative_lost), (121, 9));
    assert_eq!(block.extended_highest_sequence, 65_500 + 18);
}

#[test]
fn feedback_never_exceeds_a_datagram() {
    let mut rig = Rig::started(|stream| stream.event_log = true);
    for id in 1..119 {
        let packets = rig.packets(id, Dependent, 0, 40);
        for packet in packets.iter().step_by(11) {
            rig.deliver(packet);
        }
    }
    rig.advance_to(60);
    assert!(rig.answers.iter().all(|answer| answer.size <= 1472));
    assert!(rig.answers.iter().any(|answer| answer.size > 1000));
    assert_eq!(rig.answers.last().unwrap().missing()[0], (0, ALL));
}
