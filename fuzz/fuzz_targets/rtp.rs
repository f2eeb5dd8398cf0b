// SPDX-License-Identifier: GPL-3.0-or-later
//! One RTP packet: what is understood is the same after it was written again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telecast::cast::frame::{FrameId, Ssrc};
use telecast::cast::rtcp::{Route, route};
use telecast::cast::rtp::RtpPacket;

fuzz_target!(|datagram: &[u8]| {
    let Ok(packet) = RtpPacket::parse(datagram) else {
        return;
    };
    assert!(packet.packet_id <= packet.max_packet_id);
    assert_eq!(route(datagram), Some(Route::Rtp(packet.ssrc)));
    for id in [FrameId::LEADER, FrameId(300), FrameId(i64::MAX)] {
        assert!((packet.reference_of(id) - id).abs() <= 128);
        packet.dependency_of(id);
    }
    let mut written = vec![0; datagram.len() + 8];
    let size = packet.write(&mut written).expect("there is room");
    assert_eq!(RtpPacket::parse(&written[..size]), Ok(packet));
    assert_eq!(
        route(&written[..size]),
        Some(Route::Rtp(Ssrc(packet.ssrc.0)))
    );
});
