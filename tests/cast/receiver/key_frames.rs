// SPDX-License-Identifier: GPL-3.0-or-later
//! Asking for key frames.

use std::time::Duration;

use telecast::cast::receiver::{Event, Input};

use super::rig::{Dependent, KeyFrame, Rig, STREAM};

fn asks(rig: &mut Rig) -> Vec<(u64, bool)> {
    rig.take_answers()
        .iter()
        .map(|answer| (answer.at_ms, answer.events.picture_loss))
        .collect()
}

#[test]
fn a_request_is_sent_at_once_and_repeated_until_a_key_frame_is_complete() {
    let mut rig = Rig::started(|_| {});
    rig.frame(0, KeyFrame, 0);
    rig.take_answers();
    rig.advance_to(10);
    rig.input(Input::RequestKeyFrame(STREAM));
    rig.input(Input::RequestKeyFrame(STREAM));
    assert_eq!(asks(&mut rig), [(10, true)]);
    assert_eq!(rig.events, [Event::KeyFrameRequested(STREAM)]);
    rig.advance_to(40);
    rig.frame(1, Dependent, 40);
    assert_eq!(asks(&mut rig), [(40, true)]);
    let packets = rig.packets(2, KeyFrame, 73, 2);
    rig.deliver(&packets[0]);
    rig.advance_to(70);
    assert_eq!(asks(&mut rig), [(70, true)]);
    rig.deliver(&packets[1]);
    assert_eq!(asks(&mut rig), [(70, false)]);
    assert_eq!(rig.stream_stats().key_frame_requests, 1);
}

#[test]
fn a_request_is_refused_while_a_complete_key_frame_waits_behind_a_gap() {
    let mut rig = Rig::started(|_| {});
    rig.frame(0, KeyFrame, 0);
    rig.half_frame(1, Dependent, 33);
    rig.frame(2, KeyFrame, 66);
    rig.take_answers();
    rig.input(Input::RequestKeyFrame(STREAM));
    assert!(asks(&mut rig).is_empty());
}

#[test]
fn a_request_before_the_first_key_frame_has_no_effect() {
    let mut rig = Rig::started(|_| {});
    rig.input(Input::RequestKeyFrame(STREAM));
    assert!(asks(&mut rig).is_empty());
}

#[test]
fn a_stream_without_picture_loss_never_asks() {
    let mut rig = Rig::started(|stream| {
        stream.picture_loss = false;
        stream.proactive_picture_loss = Some(Duration::ZERO);
    });
    rig.frame(0, KeyFrame, 0);
    rig.half_frame(1, Dependent, 33);
    rig.input(Input::RequestKeyFrame(STREAM));
    rig.advance_to(3000);
    assert!(asks(&mut rig).iter().all(|(_, asks)| !asks));
}

#[test]
fn a_late_frame_makes_a_proactive_receiver_ask() {
    let mut rig =
        Rig::started(|stream| stream.proactive_picture_loss = Some(Duration::from_millis(500)));
    rig.frame(0, KeyFrame, 0);
    rig.half_frame(1, Dependent, 33);
    rig.advance_to(382);
    assert!(asks(&mut rig).iter().all(|(_, asks)| !asks));
    rig.advance_to(383);
    assert_eq!(asks(&mut rig), [(383, true)]);
    rig.frame(2, KeyFrame, 383);
    assert_eq!(rig.frame_ids(), [0, 2]);
    assert_eq!(asks(&mut rig), [(383, false)]);
}
