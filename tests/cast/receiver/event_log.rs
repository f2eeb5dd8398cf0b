// SPDX-License-Identifier: GPL-3.0-or-later
//! What the sender is told about packets and frames.

use telecast::cast::frame::FrameId;
use telecast::cast::receiver::Input;
use telecast::cast::rtcp::LogEventKind;

use super::rig::{Dependent, KeyFrame, Rig, STREAM};

/// RTP timestamp, milliseconds since the start, and kind of all events told so far.
fn told(rig: &mut Rig) -> Vec<(u32, u128, LogEventKind)> {
    let frames = rig
        .take_answers()
        .into_iter()
        .flat_map(|answer| answer.events.log);
    frames
        .flat_map(|frame| {
            let entry = move |event: telecast::cast::rtcp::LogEvent| {
                (frame.rtp_timestamp, event.at.as_millis(), event.kind)
            };
            frame.events.into_iter().map(entry)
        })
        .collect()
}

#[test]
fn packets_acknowledgements_decoding_and_playout_are_told_once() {
    let mut rig = Rig::started(|stream| stream.event_log = true);
    rig.advance_to(20);
    let packets = rig.packets(0, KeyFrame, 10, 2);
    rig.deliver(&packets[0]);
    rig.deliver(&packets[0]);
    rig.advance_to(25);
    rig.deliver(&packets[1]);
    rig.advance_to(40);
    rig.input(Input::Decoded {
        stream: STREAM,
        frame: FrameId(0),
    });
    rig.advance_to(410);
    rig.input(Input::PlayedOut {
        stream: STREAM,
        frame: FrameId(0),
    });
    rig.input(Input::PlayedOut {
        stream: STREAM,
        frame: FrameId(9),
    });
    rig.advance_to(2000);
    let expected = [
        (900, 20, LogEventKind::PacketReceived { packet: 0 }),
        (900, 25, LogEventKind::PacketReceived { packet: 1 }),
        (900, 25, LogEventKind::AckSent { delay_ms: 0 }),
        (900, 40, LogEventKind::Decoded { delay_ms: 0 }),
        (900, 410, LogEventKind::PlayedOut { delay_ms: 400 }),
    ];
    assert_eq!(told(&mut rig), expected);
}

#[test]
fn nothing_is_told_when_the_log_was_not_negotiated() {
    let mut rig = Rig::started(|_| {});
    rig.frame(0, KeyFrame, 0);
    rig.frame(1, Dependent, 33);
    rig.input(Input::Decoded {
        stream: STREAM,
        frame: FrameId(0),
    });
    rig.advance_to(2000);
    assert!(told(&mut rig).is_empty());
}
