// SPDX-License-Identifier: GPL-3.0-or-later
//! Puts one frame together. Input: its packets in any order; output: its bytes, still encrypted.
//!
//! ```text
//! packets    2   0   1           arena  | 2 | 0 | 1 |     appended as they come, one allocation that grows
//!                                slots  0 ▶ [a..b]  1 ▶ [b..c]  2 ▶ [0..a]
//! ```
//! When the packets came in order the arena is the frame; else it is copied once into order. Packets that say another
//! number of packets than the one that opened the frame are refused, and so is what would exceed [`MAX_FRAME_BYTES`].

use crate::cast::rtp::RtpPacket;

/// No encoder makes larger frames: it is two seconds of the highest bitrate that Open Screen recommends (62 Mbit/s).
pub const MAX_FRAME_BYTES: usize = 16 << 20;
/// Room that is made for a frame in advance, at most; its header may lie about the number of packets.
const MAX_RESERVED_BYTES: usize = 1 << 20;

/// Where a packet's bytes lie in the arena.
#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    start: u32,
    length: u16,
    filled: bool,
}

/// What a packet did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Collected {
    /// It was new.
    New,
    /// It was there already.
    Duplicate,
    /// It contradicts the packet that opened the frame, or is too much.
    Refused,
}

/// A frame whose packets are arriving.
#[derive(Debug)]
pub(super) struct Collector {
    slots: Vec<Slot>,
    filled: usize,
    arena: Vec<u8>,
    in_order: bool,
}

impl Collector {
    /// A collector for the frame that `packet` belongs to; does not take the packet in.
    pub fn new(packet: &RtpPacket<'_>) -> Collector {
        let (count, reserved) = first_room(packet);
        Collector {
            slots: vec![Slot::default(); count],
            filled: 0,
            arena: Vec::with_capacity(reserved),
            in_order: true,
        }
    }

    /// Bytes of memory that a new collector takes.
    pub fn initial_size(packet: &RtpPacket<'_>) -> usize {
        let (count, reserved) = first_room(packet);
        count * size_of::<Slot>() + reserved
    }

    /// Bytes of memory that taking in a packet can add: the arena doubles when it is full.
    pub fn growth(&self, packet: &RtpPacket<'_>) -> usize {
        let is_full = self.arena.len() + packet.payload.len() > self.arena.capacity();
        if is_full {
            self.arena.capacity().max(packet.payload.len())
        } else {
            0
        }
    }

    /// Takes a packet in.
    pub fn collect(&mut self, packet: &RtpPacket<'_>) -> Collected {
        if usize::from(packet.max_packet_id) + 1 != self.slots.len()
            || self.arena.len() + packet.payload.len() > MAX_FRAME_BYTES
        {
            return Collected::Refused;
        }
        let Some(slot) = self.slots.get_mut(usize::from(packet.packet_id)) else {
            return Collected::Refused;
        };
        if slot.filled {
            return Collected::Duplicate;
        }
        let (Ok(start), Ok(length)) = (
            u32::try_from(self.arena.len()),
            u16::try_from(packet.payload.len()),
        ) else {
            return Collected::Refused;
        };
        *slot = Slot {
            start,
            length,
            filled: true,
        };
        self.in_order &= usize::from(packet.packet_id) == self.filled;
        self.filled += 1;
        self.arena.extend_from_slice(packet.payload);
        Collected::New
    }

    /// Whether every packet is there.
    pub fn is_complete(&self) -> bool {
        self.filled == self.slots.len()
    }

    /// Ids of the packets that are not there, ascending.
    pub fn missing(&self) -> impl Iterator<Item = u16> {
        (0_u16..)
            .zip(&self.slots)
            .filter(|(_, slot)| !slot.filled)
            .map(|(id, _)| id)
    }

    /// Bytes of memory.
    pub fn size(&self) -> usize {
        self.arena.capacity() + self.slots.capacity() * size_of::<Slot>()
    }

    /// The bytes of the frame, in order. Meant for complete frames; of others the bytes that are there.
    pub fn into_bytes(self) -> Vec<u8> {
        if self.in_order {
            return self.arena;
        }
        let mut ordered = Vec::with_capacity(self.arena.len());
        for slot in &self.slots {
            let start = slot.start as usize;
            ordered.extend_from_slice(
                self.arena
                    .get(start..start + usize::from(slot.length))
                    .unwrap_or_default(),
            );
        }
        ordered
    }
}

/// Slots, and bytes of arena, that a frame starts with.
fn first_room(packet: &RtpPacket<'_>) -> (usize, usize) {
    let count = usize::from(packet.max_packet_id) + 1;
    (
        count,
        count
            .saturating_mul(packet.payload.len())
            .min(MAX_RESERVED_BYTES),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cast::frame::Ssrc;

    fn packet(id: u16, max: u16, payload: &[u8]) -> RtpPacket<'_> {
        RtpPacket {
            payload_type: 96,
            marker: false,
            sequence_number: 0,
            rtp_timestamp: 0,
            ssrc: Ssrc(1),
            is_key_frame: true,
            frame_id: 0,
            packet_id: id,
            max_packet_id: max,
            reference: None,
            new_playout_delay_ms: None,
            payload,
        }
    }

    fn join(order: &[u16]) -> Vec<u8> {
        let payloads = [b"first".as_slice(), b"second", b"", b"third"];
        let mut collector = Collector::new(&packet(order[0], 3, payloads[usize::from(order[0])]));
        for id in order {
            assert!(!collector.is_complete());
            assert_eq!(
                collector.collect(&packet(*id, 3, payloads[usize::from(*id)])),
                Collected::New
            );
        }
        assert!(collector.is_complete());
        collector.into_bytes()
    }

    #[test]
    fn packets_make_the_same_frame_in_any_order() {
        for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2], [0, 2, 1, 3]] {
            assert_eq!(join(&order), b"firstsecondthird", "{order:?}");
        }
    }

    #[test]
    fn a_second_copy_of_a_packet_changes_nothing() {
        let mut collector = Collector::new(&packet(0, 1, b"a"));
        assert_eq!(collector.collect(&packet(0, 1, b"a")), Collected::New);
        assert_eq!(
            collector.collect(&packet(0, 1, b"other")),
            Collected::Duplicate
        );
        assert!(!collector.is_complete());
        assert_eq!(collector.missing().collect::<Vec<_>>(), [1]);
        assert_eq!(collector.into_bytes(), b"a");
    }

    #[test]
    fn a_packet_that_counts_the_packets_otherwise_is_refused() {
        let mut collector = Collector::new(&packet(0, 1, b"a"));
        assert_eq!(collector.collect(&packet(0, 1, b"a")), Collected::New);
        assert_eq!(collector.collect(&packet(1, 2, b"b")), Collected::Refused);
        assert_eq!(collector.collect(&packet(0, 0, b"b")), Collected::Refused);
    }

    #[test]
    fn a_frame_is_refused_beyond_its_limit_and_claims_no_memory_by_its_header() {
        let payload = vec![0; 60_000];
        let mut collector = Collector::new(&packet(0, 0xfffe, &payload));
        assert!(collector.size() <= MAX_RESERVED_BYTES + 0xffff * size_of::<Slot>());
        let taken = (0..0xffff)
            .take_while(|id| collector.collect(&packet(*id, 0xfffe, &payload)) == Collected::New);
        assert_eq!(taken.count(), MAX_FRAME_BYTES / payload.len());
    }
}
