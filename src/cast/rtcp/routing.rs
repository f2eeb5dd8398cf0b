// SPDX-License-Identifier: GPL-3.0-or-later
//! Tells RTP, RTCP and everything else apart by the first bytes of a datagram.
//!
//! RTP and RTCP of all streams, in both directions, share one pair of UDP ports. The byte after the first decides:
//! packet types 200 to 207 are RTCP, payload types 96 to 104 and 127 (with or without the marker bit) are RTP; the sets
//! do not overlap.

use super::header::Header;
use crate::cast::frame::Ssrc;
use crate::cast::rtp::{MIN_PACKET_SIZE, is_payload_type};

/// What a datagram is, and which stream it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// Media; the SSRC is the sender's.
    Rtp(Ssrc),
    /// Reports; the SSRC is that of the author.
    Rtcp(Ssrc),
}

/// First byte of each RTP packet of Cast: version 2 and nothing else.
const RTP_FIRST_BYTE: u8 = 0b1000_0000;

/// Classifies a datagram; `None` when it is neither.
pub fn route(datagram: &[u8]) -> Option<Route> {
    if Header::read(datagram).is_ok() {
        let author = datagram.get(4..8)?.try_into().ok()?;
        return Some(Route::Rtcp(Ssrc(u32::from_be_bytes(author))));
    }
    if datagram.len() < MIN_PACKET_SIZE || datagram.first() != Some(&RTP_FIRST_BYTE) {
        return None;
    }
    if !is_payload_type(datagram.get(1)? & 0x7f) {
        return None;
    }
    let source = datagram.get(8..12)?.try_into().ok()?;
    Some(Route::Rtp(Ssrc(u32::from_be_bytes(source))))
}
