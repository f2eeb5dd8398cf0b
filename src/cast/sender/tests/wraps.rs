// SPDX-License-Identifier: GPL-3.0-or-later
//! Counts of 32 bits run over: packets after some weeks, octets after less than two hours of a good picture.

use std::time::Duration;

use super::repair::wait_for_report;
use super::rig::{MS, Rig, Says, VIDEO, VIDEO_SSRC, kind};
use crate::cast::frame::Ssrc;
use crate::cast::rtcp::find_sender_report;
use crate::cast::rtp::RtpPacket;
use crate::cast::sender::reports::Reports;

fn of_the_pictures(rig: &mut Rig) -> &mut Reports {
    let mut streams = rig.sender.streams.iter_mut();
    let pictures = streams.find(|stream| stream.config.id == VIDEO);
    &mut pictures.unwrap().reports
}

#[test]
fn the_counts_of_a_report_run_over() {
    let mut rig = Rig::new();
    let (mut packets, mut octets) = (u32::MAX - 1, u32::MAX - 2000);
    of_the_pictures(&mut rig).continue_from(packets, octets);
    rig.key_frame(3000);
    rig.pass(2000 * MS);
    let mut reports = 0;
    for datagram in rig.take_sent() {
        if kind(&datagram) == "RTP 50001" {
            let packet = RtpPacket::parse(&datagram).unwrap();
            packets = packets.wrapping_add(1);
            octets = octets.wrapping_add(packet.payload.len() as u32);
        } else {
            let receiver = Ssrc(VIDEO_SSRC.0 + 1);
            let report = find_sender_report(&datagram, VIDEO_SSRC, receiver).unwrap();
            let counts = report.map(|it| (it.packet_count, it.octet_count));
            assert_eq!(counts, Some((packets, octets)));
            reports += 1;
        }
    }
    assert!(reports > 2 && packets < 100 && octets < 100_000);
}

#[test]
fn a_loss_is_proven_wherever_the_number_of_packets_runs_over() {
    for left in 0..12 {
        let mut rig = Rig::new();
        of_the_pictures(&mut rig).continue_from(u32::MAX - left, 0);
        rig.key_frame(10);
        rig.prove_prompt(20 * MS);
        rig.delta_frame(3000);
        let id = wait_for_report(&mut rig);
        rig.delta_frame(3000);
        rig.take_sent();
        rig.pass(4 * MS);
        let says = Says {
            checkpoint: 0,
            missing: &[(1, 1), (2, 0xFFFF)],
            ..Says::default()
        };
        rig.answers(id, Duration::ZERO, says);
        assert_eq!(rig.take_packets(), [(1, 1)], "{left} packets before");
    }
}
