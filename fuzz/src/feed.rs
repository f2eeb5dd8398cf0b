// SPDX-License-Identifier: GPL-3.0-or-later
//! The steps of the target `receiver`: an input in, what the receiver core is told out.

use std::time::Duration;

use telecast::cast::rtp::RtpPacket;
use telecast::cast::rtp::packetize::MAX_PACKET_SIZE_IPV4;

use crate::facts::{AUDIO, Stream, VIDEO};
use crate::script::Script;

/// What happens to a receiver. The byte before each is its position here.
#[derive(Debug)]
pub enum Step<'a> {
    /// Time passes: milliseconds, u16 modulo 4096.
    Pass(Duration),
    /// Any datagram: a slice.
    Datagram(&'a [u8]),
    /// A well-formed packet: stream and flags u8, frame id u8, packet id u16, last packet u16, timestamp u32, size u8
    /// (times 16).
    Packet(Vec<u8>),
    /// The player asks for a key frame: stream u8.
    RequestKeyFrame(Stream),
    /// A frame was decoded and played: stream u8, frame id u16.
    Played(Stream, u16),
}

impl<'a> Step<'a> {
    /// The next step, `None` at the end.
    pub fn next(script: &mut Script<'a>) -> Option<Step<'a>> {
        Some(match script.u8()? % 5 {
            0 => Step::Pass(Duration::from_millis(u64::from(script.u16()? % 4096))),
            1 => Step::Datagram(script.slice()?),
            2 => Step::Packet(packet(script)?),
            3 => Step::RequestKeyFrame(stream(script.u8()?)),
            _ => Step::Played(stream(script.u8()?), script.u16()?),
        })
    }
}

fn stream(byte: u8) -> Stream {
    if byte & 1 == 0 { AUDIO } else { VIDEO }
}

fn packet(script: &mut Script<'_>) -> Option<Vec<u8>> {
    let flags = script.u8()?;
    let frame_id = script.u8()?;
    let (packet_id, max_packet_id) = (script.u16()?, script.u16()?);
    let rtp_timestamp = script.u32()?;
    let payload = vec![flags; usize::from(script.u8()?) * 16];
    let packet = RtpPacket {
        payload_type: 96,
        marker: false,
        sequence_number: packet_id,
        rtp_timestamp,
        ssrc: stream(flags).sender,
        is_key_frame: flags & 2 != 0,
        frame_id,
        packet_id,
        max_packet_id,
        reference: (flags & 4 != 0).then(|| frame_id.wrapping_sub(flags >> 4)),
        new_playout_delay_ms: (flags & 8 != 0).then_some(u16::from(flags)),
        payload: &payload,
    };
    let mut bytes = vec![0; payload.len() + MAX_PACKET_SIZE_IPV4];
    let size = packet.write(&mut bytes)?;
    bytes.truncate(size);
    Some(bytes)
}
