// SPDX-License-Identifier: GPL-3.0-or-later
//! One frame under way: its packets that leave and the proofs of their loss in, which of them are to leave (again) out.
//! Keeps the encrypted bytes and how they were cut; never builds a packet, and knows no other frame.
//!
//! A packet has no retry limit: sending again ends with the acknowledgement. But what was sent in vain so often that loss
//! cannot be the reason (it may be too large for the path) is sent ever less often.

use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::cast::frame::{Dependency, FrameId, MediaTime, StageTimes};
use crate::cast::rtp::packetize::{FrameSlices, Slicing};

/// So often a packet may leave without a pause but the proof that it was lost; at a loss of 20 % one in 400 000 is lost
/// that often in a row.
const FREE_COPIES: u8 = 8;

/// The pause after that, …
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// … which doubles so many times.
const MAX_DOUBLINGS: u8 = 5;

/// One packet of a frame.
#[derive(Debug, Clone, Copy)]
struct Packet {
    /// When it last left.
    sent: Option<Instant>,
    /// The number of that departure among those of the stream, modulo 2³².
    number: u32,
    /// How often it left; stays at 255.
    copies: u8,
    /// It is to leave (again).
    wanted: bool,
}

/// What a report proves something about: if it lacks a packet that left earlier, that was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Proof {
    /// Packets up to this number, in the order of departure.
    pub(super) up_to: Option<u32>,
    /// Packets that left at this moment or before.
    pub(super) before: Option<Instant>,
    /// Packets that left at this moment or before, and up to this number.
    pub(super) old: Option<(Instant, u32)>,
}

/// Whether a number is this one or an earlier one, modulo 2³².
pub(super) fn is_up_to(number: u32, last: u32) -> bool {
    last.wrapping_sub(number).cast_signed() >= 0
}

impl Packet {
    /// Whether it was lost, if the report with this proof lacks it, and may be sent again.
    fn is_lost(&self, now: Instant, proof: Proof) -> bool {
        let Some(sent) = self.sent else { return false };
        let in_order = |last: u32| is_up_to(self.number, last);
        let is_proven = proof.up_to.is_some_and(in_order)
            || proof.before.is_some_and(|before| sent <= before)
            || proof
                .old
                .is_some_and(|(at, last)| sent <= at && in_order(last));
        if !is_proven {
            return false;
        }
        let pause = self.copies.checked_sub(FREE_COPIES).map(|more| {
            let doublings = more.min(MAX_DOUBLINGS);
            FIRST_PAUSE * (1 << doublings)
        });
        !self.wanted && pause.is_none_or(|pause| now.saturating_duration_since(sent) >= pause)
    }
}

/// A frame under way.
#[derive(Debug)]
pub(super) struct InFlightFrame {
    pub(super) id: FrameId,
    pub(super) dependency: Dependency,
    pub(super) media_time: MediaTime,
    pub(super) new_playout_delay_ms: Option<u16>,
    /// The whole frame, encrypted.
    pub(super) payload: Bytes,
    /// How it was cut, which stays: the receiver counts on the number of packets.
    pub(super) slicing: Slicing,
    pub(super) times: StageTimes,
    /// When the first of its packets left for the first time.
    pub(super) first_sent: Option<Instant>,
    /// When any of its packets left last.
    pub(super) last_sent: Option<Instant>,
    /// When the last of its packets left for the first time.
    pub(super) all_sent: Option<Instant>,
    /// A packet of it has left more than once, so its acknowledgement does not tell how long the way took.
    pub(super) repeated: bool,
    packets: Vec<Packet>,
    /// How many of its packets are to leave.
    pub(super) wanted: usize,
    never_sent: usize,
    /// The rest of it is not to leave for the time being.
    set_aside: bool,
}

/// What became of marking a packet as sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marked {
    /// It had left before.
    pub(super) again: bool,
    /// With it all packets of the frame have left once.
    pub(super) completes: bool,
}

impl InFlightFrame {
    pub(super) fn new(
        slices: &FrameSlices<'_>,
        payload: Bytes,
        slicing: Slicing,
        times: StageTimes,
    ) -> InFlightFrame {
        let packet_count = slicing.packet_count();
        let packet = Packet {
            sent: None,
            number: 0,
            copies: 0,
            wanted: true,
        };
        InFlightFrame {
            id: slices.id,
            dependency: slices.dependency,
            media_time: slices.media_time,
            new_playout_delay_ms: slices.new_playout_delay_ms,
            payload,
            slicing,
            times,
            first_sent: None,
            last_sent: None,
            all_sent: None,
            repeated: false,
            packets: vec![packet; packet_count],
            wanted: packet_count,
            never_sent: packet_count,
            set_aside: false,
        }
    }

    pub(super) fn slices(&self) -> FrameSlices<'_> {
        FrameSlices {
            id: self.id,
            dependency: self.dependency,
            media_time: self.media_time,
            new_playout_delay_ms: self.new_playout_delay_ms,
            payload: &self.payload,
        }
    }

    /// The lowest packet that is to leave.
    pub(super) fn next_wanted(&self) -> Option<u16> {
        if self.wanted == 0 {
            return None;
        }
        let index = self.packets.iter().position(|packet| packet.wanted)?;
        u16::try_from(index).ok()
    }

    /// A packet left, as the stream's `number`-th.
    pub(super) fn mark_sent(&mut self, now: Instant, packet_id: u16, number: u32) -> Marked {
        let Some(packet) = self.packets.get_mut(usize::from(packet_id)) else {
            return Marked {
                again: false,
                completes: false,
            };
        };
        let again = packet.sent.replace(now).is_some();
        self.first_sent.get_or_insert(now);
        self.last_sent = Some(now);
        self.repeated |= again;
        packet.number = number;
        packet.copies = packet.copies.saturating_add(1);
        if packet.wanted {
            packet.wanted = false;
            self.wanted -= 1;
        }
        self.never_sent -= usize::from(!again);
        let completes = !again && self.never_sent == 0;
        if completes {
            self.all_sent = Some(now);
        }
        Marked { again, completes }
    }

    /// Marks those of these packets that were lost to be sent again, and calls `each` with the id of each. The report with
    /// this proof lacks them. `None` names all packets of the frame.
    pub(super) fn mark_lost(
        &mut self,
        packet_id: Option<u16>,
        now: Instant,
        proof: Proof,
        mut each: impl FnMut(u16),
    ) {
        let range = match packet_id {
            Some(id) => usize::from(id)..usize::from(id) + 1,
            None => 0..self.packets.len(),
        };
        let first = packet_id.unwrap_or(0);
        let packets = self.packets.get_mut(range).unwrap_or_default();
        // Of a frame that is set aside the first packet tells when it was due.
        let set_aside = self.set_aside;
        let counts = |id: &u16| !set_aside || *id == 0;
        for (id, packet) in (first..).zip(packets).filter(|(id, _)| counts(id)) {
            if packet.is_lost(now, proof) {
                packet.wanted = true;
                self.wanted += 1;
                each(id);
            }
        }
    }

    /// When the newest left of those packets that have arrived, if all but the `missing` have, and its number. What left more
    /// than once does not count: which copy it was is not known.
    pub(super) fn newest_arrived(&self, missing: impl Fn(u16) -> bool) -> Option<(Instant, u32)> {
        let has_arrived = |(id, packet): &(u16, &Packet)| packet.copies == 1 && !missing(*id);
        let arrived = (0..=u16::MAX).zip(&self.packets).filter(has_arrived);
        let departures = arrived.filter_map(|(_, packet)| Some((packet.sent?, packet.number)));
        departures.reduce(|newest, it| if is_up_to(it.1, newest.1) { newest } else { it })
    }

    /// Packets that have not left yet, and are to.
    pub(super) fn unsent(&self) -> usize {
        if self.set_aside { 0 } else { self.never_sent }
    }

    /// Whether the rest of it is not to leave for the time being.
    pub(super) fn is_set_aside(&self) -> bool {
        self.set_aside
    }

    /// Nothing but its first packet is to leave any more.
    pub(super) fn set_aside(&mut self) {
        self.set_aside = true;
        for packet in self.packets.iter_mut().skip(1) {
            packet.wanted = false;
        }
        self.wanted = self.packets.iter().filter(|packet| packet.wanted).count();
    }

    /// What has not left is to leave after all.
    pub(super) fn take_up_again(&mut self) {
        self.set_aside = false;
        for packet in &mut self.packets {
            packet.wanted |= packet.sent.is_none();
        }
        self.wanted = self.packets.iter().filter(|packet| packet.wanted).count();
    }

    /// Marks a packet that left to be sent once more, whatever became of it.
    pub(super) fn repeat(&mut self, packet_id: u16) {
        if let Some(packet) = self.packets.get_mut(usize::from(packet_id))
            && packet.sent.is_some()
            && !packet.wanted
        {
            packet.wanted = true;
            self.wanted += 1;
        }
    }

    /// Marks all that may be missing to be sent once more: what was found missing before, or all of it.
    pub(super) fn repeat_unsure(&mut self) {
        let found = self.repeated;
        for packet in &mut self.packets {
            if packet.sent.is_some() && !packet.wanted && (packet.copies > 1 || !found) {
                packet.wanted = true;
                self.wanted += 1;
            }
        }
    }

    /// How many packets that marks.
    pub(super) fn unsure(&self) -> usize {
        let found = self.repeated;
        let unsure = |packet: &&Packet| packet.copies > 1 || !found;
        self.packets.iter().filter(unsure).count()
    }

    /// How many packets it makes.
    pub(super) fn packet_count(&self) -> usize {
        self.packets.len()
    }

    /// The number of the last packet, and when it last left.
    pub(super) fn last_packet(&self) -> Option<(u16, Instant)> {
        let id = u16::try_from(self.packets.len().checked_sub(1)?).ok()?;
        Some((id, self.packets.last()?.sent?))
    }
}
