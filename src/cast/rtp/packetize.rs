// SPDX-License-Identifier: GPL-3.0-or-later
//! An encrypted frame in, its packets out, one at a time and in any order, as often as asked.
//!
//! Every slice but the last is `max packet size − 23` bytes, also where no extension is written, so that a packet
//! sent again has the same content whatever was written the first time. The size for new frames may change; a frame
//! keeps the one that it began with ([`Slicing`]). Never allocates, never encrypts.

use crate::cast::frame::{Dependency, FrameId, MediaTime, Ssrc};
use crate::cast::rtp::{MAX_HEADER_SIZE, MAX_PACKET_ID, RtpPacket};

/// Largest UDP payload on IPv4: 1500 − 20 − 8.
pub const MAX_PACKET_SIZE_IPV4: usize = 1472;

/// Largest UDP payload on IPv6: 1500 − 40 − 8.
pub const MAX_PACKET_SIZE_IPV6: usize = 1452;

/// What every network must carry (Open Screen `constants.h`).
pub const MIN_PACKET_SIZE: usize = 256;

/// No UDP datagram carries more.
const MAX_UDP_PAYLOAD: usize = 65_507;

/// The part of a frame that its packets are made of.
#[derive(Debug, Clone, Copy)]
pub struct FrameSlices<'a> {
    /// The frame's number.
    pub id: FrameId,
    /// Key frames get the K flag.
    pub dependency: Dependency,
    /// Media time; its low 32 bits travel.
    pub media_time: MediaTime,
    /// A change of the target playout delay from this frame on: carried by packet 0, each time it is sent.
    pub new_playout_delay_ms: Option<u16>,
    /// The whole frame, encrypted.
    pub payload: &'a [u8],
}

/// How a frame is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slicing {
    /// Bytes of the frame in each packet but the last.
    slice_size: usize,
    payload_size: usize,
    max_packet_id: u16,
}

impl Slicing {
    /// How many packets it makes; an empty frame makes one.
    pub fn packet_count(&self) -> usize {
        usize::from(self.max_packet_id) + 1
    }

    /// Bytes of UDP payload that this packet may have; 0 for one that the frame does not have.
    pub fn packet_size(&self, packet_id: u16) -> usize {
        self.slice(packet_id)
            .map_or(0, |slice| slice.len() + MAX_HEADER_SIZE)
    }

    fn slice(&self, packet_id: u16) -> Option<std::ops::Range<usize>> {
        let start = usize::from(packet_id) * self.slice_size;
        let end = (start + self.slice_size).min(self.payload_size);
        (packet_id <= self.max_packet_id).then_some(start..end)
    }
}

/// Makes the packets of one stream and numbers them.
#[derive(Debug)]
pub struct Packetizer {
    ssrc: Ssrc,
    payload_type: u8,
    max_packet_size: usize,
    next_sequence_number: u16,
}

impl Packetizer {
    /// `max_packet_size` in bytes of UDP payload is kept between [`MIN_PACKET_SIZE`] and 65507; `first_sequence_number`
    /// should be random.
    pub fn new(
        ssrc: Ssrc,
        payload_type: u8,
        max_packet_size: usize,
        first_sequence_number: u16,
    ) -> Packetizer {
        Packetizer {
            ssrc,
            payload_type,
            max_packet_size: max_packet_size.clamp(MIN_PACKET_SIZE, MAX_UDP_PAYLOAD),
            next_sequence_number: first_sequence_number,
        }
    }

    /// Changes the size of the packets of frames that are cut from now on, within the bounds of [`new`](Self::new).
    pub fn set_max_packet_size(&mut self, max_packet_size: usize) {
        self.max_packet_size = max_packet_size.clamp(MIN_PACKET_SIZE, MAX_UDP_PAYLOAD);
    }

    /// Bytes of a frame in each packet but the last.
    pub fn slice_size(&self) -> usize {
        self.max_packet_size - MAX_HEADER_SIZE
    }

    /// How many packets a frame of this many bytes makes; an empty one makes one. `None` when it makes more than the
    /// 65 534 that are allowed (Open Screen `rtp_packetizer.cc`).
    pub fn packet_count(&self, payload_size: usize) -> Option<usize> {
        self.cut(payload_size).map(|slicing| slicing.packet_count())
    }

    /// How a frame of this many bytes is cut now. `None` when it makes more packets than are allowed.
    pub fn cut(&self, payload_size: usize) -> Option<Slicing> {
        let slice_size = self.slice_size();
        let count = payload_size.div_ceil(slice_size).max(1);
        let max_packet_id = u16::try_from(count - 1).ok()?;
        (max_packet_id < MAX_PACKET_ID).then_some(Slicing {
            slice_size,
            payload_size,
            max_packet_id,
        })
    }

    /// Writes packet `packet_id` of a frame to the start of `out` under the next sequence number; returns its length and
    /// how many of these bytes are payload. `None`, with no number used up, when the frame has no such packet or `out`
    /// is too short.
    pub fn write(
        &mut self,
        frame: &FrameSlices<'_>,
        packet_id: u16,
        out: &mut [u8],
    ) -> Option<Written> {
        let slicing = self.cut(frame.payload.len())?;
        self.write_cut(frame, slicing, packet_id, out)
    }

    /// The same for a frame that was cut before.
    pub fn write_cut(
        &mut self,
        frame: &FrameSlices<'_>,
        slicing: Slicing,
        packet_id: u16,
        out: &mut [u8],
    ) -> Option<Written> {
        let max_packet_id = slicing.max_packet_id;
        let payload = frame.payload.get(slicing.slice(packet_id)?)?;
        let reference = match frame.dependency {
            Dependency::KeyFrame | Dependency::Independent => frame.id,
            Dependency::Dependent => frame.id + -1,
        };
        let packet = RtpPacket {
            payload_type: self.payload_type,
            marker: packet_id == max_packet_id,
            sequence_number: self.next_sequence_number,
            rtp_timestamp: frame.media_time.rtp_timestamp(),
            ssrc: self.ssrc,
            is_key_frame: frame.dependency == Dependency::KeyFrame,
            frame_id: frame.id.low_byte(),
            packet_id,
            max_packet_id,
            reference: Some(reference.low_byte()),
            new_playout_delay_ms: frame.new_playout_delay_ms.filter(|_| packet_id == 0),
            payload,
        };
        let size = packet.write(out)?;
        self.next_sequence_number = self.next_sequence_number.wrapping_add(1);
        Some(Written {
            size,
            payload_size: payload.len(),
        })
    }
}

/// How much was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Bytes of the datagram.
    pub size: usize,
    /// Bytes of these that belong to the frame.
    pub payload_size: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(payload: &[u8]) -> FrameSlices<'_> {
        FrameSlices {
            id: FrameId(300),
            dependency: Dependency::Dependent,
            media_time: MediaTime((7 << 32) + 5),
            new_playout_delay_ms: Some(250),
            payload,
        }
    }

    #[test]
    fn the_delay_change_is_written_again_whenever_packet_0_is() {
        let mut packetizer = Packetizer::new(Ssrc(1), 96, MIN_PACKET_SIZE, u16::MAX);
        let payload = [7; 400];
        let mut out = [0; MIN_PACKET_SIZE];
        let mut seen = Vec::new();
        for id in [0, 1, 0] {
            let size = packetizer
                .write(&frame(&payload), id, &mut out)
                .unwrap()
                .size;
            let packet = RtpPacket::parse(&out[..size]).unwrap();
            seen.push((packet.sequence_number, packet.new_playout_delay_ms));
            assert_eq!(packet.rtp_timestamp, 5);
        }
        assert_eq!(seen, [(65_535, Some(250)), (0, None), (1, Some(250))]);
    }

    #[test]
    fn all_packets_together_are_the_frame() {
        let mut packetizer = Packetizer::new(Ssrc(1), 96, 300, 0);
        let payload: Vec<u8> = (0..1000u32).map(|i| i as u8).collect();
        let mut out = [0; 300];
        let mut joined = Vec::new();
        for id in 0..packetizer.packet_count(payload.len()).unwrap() as u16 {
            let size = packetizer
                .write(&frame(&payload), id, &mut out)
                .unwrap()
                .size;
            let packet = RtpPacket::parse(&out[..size]).unwrap();
            assert_eq!(packet.reference_of(FrameId(300)), FrameId(299));
            assert_eq!(packet.marker, id == packet.max_packet_id);
            joined.extend_from_slice(packet.payload);
        }
        assert_eq!(joined, payload);
    }

    #[test]
    fn a_frame_of_more_packets_than_allowed_is_refused() {
        let packetizer = Packetizer::new(Ssrc(1), 96, MIN_PACKET_SIZE, 0);
        let most = packetizer.slice_size() * 65_534;
        assert_eq!(packetizer.packet_count(most), Some(65_534));
        assert_eq!(packetizer.packet_count(most + 1), None);
    }

    #[test]
    fn a_frame_keeps_its_packets_when_the_size_changes() {
        let mut packetizer = Packetizer::new(Ssrc(1), 96, 300, 0);
        let payload: Vec<u8> = (0..1000u32).map(|i| i as u8).collect();
        let slicing = packetizer.cut(payload.len()).unwrap();
        let mut out = [0; 300];
        let mut joined = Vec::new();
        for id in 0..slicing.packet_count() as u16 {
            // Smaller, and larger than a datagram may be.
            packetizer.set_max_packet_size(if id % 2 == 0 { 1 } else { 100_000 });
            let size = packetizer
                .write_cut(&frame(&payload), slicing, id, &mut out)
                .unwrap()
                .size;
            assert!(size <= slicing.packet_size(id) && slicing.packet_size(id) <= 300);
            let packet = RtpPacket::parse(&out[..size]).unwrap();
            assert_eq!(
                usize::from(packet.max_packet_id),
                slicing.packet_count() - 1
            );
            joined.extend_from_slice(packet.payload);
        }
        assert_eq!(joined, payload);
        assert_eq!(slicing.packet_size(4), 0);
        packetizer.set_max_packet_size(1);
        assert_eq!(packetizer.packet_count(1000), Some(5), "of 256 bytes");
    }

    #[test]
    fn a_packet_that_the_frame_does_not_have_uses_up_no_sequence_number() {
        let mut packetizer = Packetizer::new(Ssrc(1), 96, MIN_PACKET_SIZE, 10);
        let mut out = [0; MIN_PACKET_SIZE];
        assert_eq!(packetizer.write(&frame(&[1]), 1, &mut out), None);
        assert_eq!(packetizer.write(&frame(&[1; 90]), 0, &mut out[..50]), None);
        let size = packetizer.write(&frame(&[1]), 0, &mut out).unwrap().size;
        assert_eq!(RtpPacket::parse(&out[..size]).unwrap().sequence_number, 10);
    }
}
