// SPDX-License-Identifier: GPL-3.0-or-later
//! Which frame is given out when one is missing.

use telecast::cast::frame::FrameId;
use telecast::cast::receiver::Event;

use super::rig::{Dependent, Independent, KeyFrame, PROCESSING_MS, Rig, STREAM, TARGET_DELAY_MS};

/// When a frame that was captured at this time becomes late.
fn deadline(captured_ms: u64) -> u64 {
    captured_ms + TARGET_DELAY_MS - PROCESSING_MS
}

#[test]
fn an_incomplete_frame_is_waited_for_until_its_time_and_then_passed() {
    for entry in [KeyFrame, Independent] {
        let mut rig = Rig::started(|_| {});
        rig.frame(0, KeyFrame, 0);
        rig.half_frame(1, Dependent, 33);
        rig.half_frame(2, Dependent, 66);
        rig.frame(3, entry, 100);
        rig.advance_to(deadline(66) - 1);
        assert_eq!(rig.frame_ids(), [0]);
        rig.advance_to(deadline(66));
        assert_eq!(rig.frame_ids(), [0, 3]);
        assert!(rig.frames[1].1.follows_gap);
        assert_eq!(
            rig.events,
            [Event::Skipped {
                stream: STREAM,
                first: FrameId(1),
                frames: 2
            }]
        );
        let answer = rig.answers.last().unwrap();
        assert_eq!(
            (answer.at_ms, answer.checkpoint()),
            (deadline(66), 3),
            "told at once"
        );
        assert!(answer.missing().is_empty());
        assert_eq!(rig.stream_stats().skipped, 2);
    }
}

#[test]
fn a_frame_that_completes_just_in_time_is_not_skipped() {
    let mut rig = Rig::started(|_| {});
    rig.frame(0, KeyFrame, 0);
    let packets = rig.packets(1, Dependent, 33, 2);
    rig.deliver(&packets[0]);
    rig.frame(2, KeyFrame, 66);
    rig.advance_to(deadline(33) - 1);
    rig.deliver(&packets[1]);
    assert_eq!(rig.frame_ids(), [0, 1, 2]);
}

#[test]
fn a_frame_whose_packet_0_is_missing_blocks_everything_behind_it() {
    let mut rig = Rig::started(|_| {});
    rig.frame(0, KeyFrame, 0);
    let packets = rig.packets(1, Dependent, 33, 3);
    rig.deliver(&packets[1]);
    rig.frame(2, KeyFrame, 66);
    rig.advance_to(3000);
    assert_eq!(rig.frame_ids(), [0]);
    rig.deliver(&packets[0]);
    assert_eq!(
        rig.frame_ids(),
        [0, 2],
        "now it is known that frame 1 is late"
    );
}

#[test]
fn dependent_frames_never_take_the_place_of_a_missing_one() {
    let mut rig = Rig::started(|_| {});
    rig.frame(0, KeyFrame, 0);
    rig.half_frame(1, Dependent, 33);
    for id in 2..20 {
        rig.frame(id, Dependent, 33 * id as u64);
    }
    rig.advance_to(5000);
    assert_eq!(rig.frame_ids(), [0]);
    rig.frame(20, KeyFrame, 660);
    assert_eq!(rig.frame_ids(), [0, 20]);
    assert_eq!(rig.answers.last().unwrap().checkpoint(), 20);
}

#[test]
fn a_complete_dependent_frame_behind_a_late_one_is_passed_only_when_it_is_late_too() {
    let mut rig = Rig::started(|_| {});
    rig.frame(0, KeyFrame, 0);
    rig.half_frame(1, Dependent, 33);
    rig.frame(2, Dependent, 200);
    rig.frame(3, KeyFrame, 233);
    rig.advance_to(deadline(200) - 1);
    assert_eq!(rig.frame_ids(), [0]);
    rig.advance_to(deadline(200));
    assert_eq!(rig.frame_ids(), [0, 3]);
}

#[test]
fn sound_goes_on_with_the_next_frame_when_one_is_too_late() {
    let mut rig = Rig::started(|_| {});
    rig.frame(0, KeyFrame, 0);
    rig.half_frame(1, Independent, 20);
    for id in 2..6 {
        rig.frame(id, Independent, 20 * id as u64);
    }
    rig.advance_to(deadline(20));
    assert_eq!(rig.frame_ids(), [0, 2, 3, 4, 5]);
    let gaps: Vec<bool> = rig
        .frames
        .iter()
        .map(|(_, frame)| frame.follows_gap)
        .collect();
    assert_eq!(gaps, [false, true, false, false, false]);
}

#[test]
fn with_skip_to_key_frame_a_complete_key_frame_is_taken_at_once() {
    let mut rig = Rig::started(|stream| stream.skip_to_key_frame = true);
    rig.frame(0, KeyFrame, 0);
    let packets = rig.packets(1, Dependent, 33, 2);
    rig.deliver(&packets[1]);
    rig.frame(2, Dependent, 66);
    assert_eq!(rig.frame_ids(), [0]);
    rig.frame(3, KeyFrame, 100);
    assert_eq!(rig.frame_ids(), [0, 3]);
    rig.deliver(&packets[0]);
    assert_eq!(rig.frame_ids(), [0, 3], "too late");
}

#[test]
fn a_shorter_delay_makes_frames_late_earlier() {
    let mut rig = Rig::started(|_| {});
    rig.frame(0, KeyFrame, 0);
    let packets = rig.packets_with_delay(1, Dependent, 33, 2, Some(200));
    rig.deliver(&packets[0]);
    rig.frame(2, KeyFrame, 66);
    rig.advance_to(33 + 200 - PROCESSING_MS - 1);
    assert_eq!(rig.frame_ids(), [0]);
    rig.advance_to(33 + 200 - PROCESSING_MS);
    assert_eq!(rig.frame_ids(), [0, 2]);
}

#[test]
fn late_and_frozen_are_counted() {
    let mut rig = Rig::started(|_| {});
    rig.frame(0, KeyFrame, 0);
    rig.frame(1, Dependent, 20);
    let packets = rig.packets(2, Dependent, 40, 2);
    rig.deliver(&packets[0]);
    rig.advance_to(490);
    assert_eq!(
        rig.stream_stats().frozen.as_millis(),
        50,
        "a freeze that is going on counts"
    );
    rig.deliver(&packets[1]);
    let stats = rig.stream_stats();
    assert_eq!(
        (stats.late, stats.skipped, stats.frames_completed),
        (1, 0, 3)
    );
    assert_eq!(
        (stats.frozen.as_millis(), stats.longest_freeze.as_millis()),
        (50, 50)
    );
}
