// SPDX-License-Identifier: GPL-3.0-or-later
//! Paths that carry less than they promised, and a machine that slept.

use std::time::Duration;

use super::rig::{MS, Rig, Says, VIDEO_SSRC};
use crate::cast::rtcp::WHOLE_FRAME;
use crate::cast::rtp::RtpPacket;
use crate::cast::sender::{Input, SenderEvent};

/// Highest packet id and size of the payload of every video packet that left since the last time.
fn packets(rig: &mut Rig) -> Vec<(u16, usize)> {
    rig.pass(100 * MS);
    rig.take_sent()
        .iter()
        .filter_map(|datagram| RtpPacket::parse(datagram).ok())
        .filter(|packet| packet.ssrc == VIDEO_SSRC)
        .map(|packet| (packet.max_packet_id, packet.payload.len()))
        .collect()
}

#[test]
fn new_frames_follow_the_size_and_those_under_way_keep_their_packets() {
    let mut rig = Rig::new();
    rig.key_frame(1449 * 7);
    assert_eq!(packets(&mut rig)[..7], [(6, 1449); 7]);
    for (size, payload) in [(600, 577), (2000, 1977), (0, 233)] {
        rig.handle(Input::MaxPacketSize(size));
        rig.says(&Says {
            checkpoint: -1,
            missing: &[(0, WHOLE_FRAME)],
            ..Says::default()
        });
        assert_eq!(packets(&mut rig)[..7], [(6, 1449); 7]);

        rig.delta_frame(payload * 3);
        assert_eq!(packets(&mut rig)[..3], [(2, payload); 3]);
    }
}

/// Answers each report with this list of what is missing of the first frame, for 2 s; returns the events and when the first
/// large packet was given up.
fn missing_for_ever(missing: &[(i64, u16)]) -> (Rig, Option<Duration>) {
    let mut rig = Rig::new();
    // Six packets of full size and a small one.
    rig.key_frame(1449 * 6 + 100);
    let start = rig.now;
    for _ in 0..200 {
        rig.pass(10 * MS);
        if let Some(report) = rig.take_reports().last() {
            let says = Says {
                checkpoint: -1,
                missing,
                ..Says::default()
            };
            rig.answers(report.id(), Duration::ZERO, says);
        }
        let given_up = |event: &SenderEvent| *event == SenderEvent::LargePacketsVanish(1200);
        if rig.take_events().iter().any(given_up) {
            let after = rig.now - start;
            return (rig, Some(after));
        }
    }
    (rig, None)
}

#[test]
fn packets_become_smaller_when_large_ones_vanish_and_small_ones_arrive() {
    let (mut rig, after) = missing_for_ever(&[(0, 0), (0, 1), (0, 2), (0, 3), (0, 4), (0, 5)]);
    let after = after.expect("it is noticed");
    assert!(after >= 400 * MS && after < 1000 * MS, "{after:?}");
    rig.take_sent();
    // 1200 without the header.
    rig.delta_frame(1177 * 2);
    let small = packets(&mut rig)
        .iter()
        .filter(|sent| **sent == (1, 1177))
        .count();
    assert!(small >= 2, "{small}");
}

#[test]
fn packets_stay_large_while_one_of_them_has_arrived() {
    let (_, after) = missing_for_ever(&[(0, 0), (0, 1), (0, 3), (0, 4), (0, 5)]);
    assert_eq!(after, None);
    let (_, after) = missing_for_ever(&[(0, 0), (0, 1), (0, 2), (0, 3), (0, 4), (0, 6)]);
    assert_eq!(after, None);
}

#[test]
fn reports_tell_the_time_that_the_machine_slept() {
    let mut rig = Rig::new();
    rig.key_frame(10);
    let first = rig.take_reports()[0];
    let before = rig.now;
    rig.handle(Input::Slept(Duration::from_secs(10)));
    rig.key_frame(10);
    rig.take_sent();
    rig.pass(600 * MS);
    let later = *rig.take_reports().last().unwrap();
    let (first, later) = (
        first.reference_time.to_unix(),
        later.reference_time.to_unix(),
    );
    let slept = later.saturating_sub(first).saturating_sub(rig.now - before);
    let second = Duration::from_secs(1);
    assert!(slept <= 10 * second && slept > 9 * second, "{slept:?}");
}
