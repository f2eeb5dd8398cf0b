// SPDX-License-Identifier: GPL-3.0-or-later
//! The frames of one stream that are not acknowledged yet, and which of their packets are to leave. Encrypted already.
//!
//! ```text
//!  checkpoint   +1       +2       +3     …   newest
//!      ✓      | frame | done   | frame |    | frame |      done: acknowledged on its own (CST2), keeps its place
//!               └ packets: ■ sent  □ to be sent (never sent yet, or reported missing)
//! ```
//! At most [`MAX_UNACKED_FRAMES`] places. A packet has no retry limit: sending again ends with the acknowledgement. But
//! what was sent in vain so often that loss cannot be the reason (it may be too large for the path) is sent ever less
//! often.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::cast::frame::{Dependency, FrameId, MediaTime, StageTimes};
use crate::cast::rtp::packetize::{FrameSlices, Slicing};

/// At most this many frames above the checkpoint (Open Screen `constants.h`), so that 8 bits name a frame.
pub(super) const MAX_UNACKED_FRAMES: i64 = 120;

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
}

impl Packet {
    /// Whether it was lost, if the report with this proof lacks it, and may be sent again.
    fn is_lost(&self, now: Instant, proof: Proof) -> bool {
        let Some(sent) = self.sent else { return false };
        let in_order = proof
            .up_to
            .is_some_and(|last| last.wrapping_sub(self.number).cast_signed() >= 0);
        if !in_order && proof.before.is_none_or(|before| sent > before) {
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
    wanted: usize,
    never_sent: usize,
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
    fn next_wanted(&self) -> Option<u16> {
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
        for (id, packet) in (first..).zip(packets) {
            if packet.is_lost(now, proof) {
                packet.wanted = true;
                self.wanted += 1;
                each(id);
            }
        }
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

/// A place in the line of frames: it stays when the frame is done, until the checkpoint passes it.
#[derive(Debug)]
pub(super) struct Place {
    media_time: MediaTime,
    /// `None` when it is done already.
    pub(super) frame: Option<InFlightFrame>,
}

/// The unacknowledged frames of one stream.
#[derive(Debug)]
pub(super) struct InFlight {
    checkpoint: FrameId,
    places: VecDeque<Place>,
    bytes: usize,
}

impl InFlight {
    pub(super) fn new() -> InFlight {
        InFlight {
            checkpoint: FrameId::LEADER,
            places: VecDeque::new(),
            bytes: 0,
        }
    }

    /// Everything up to here is done.
    pub(super) fn checkpoint(&self) -> FrameId {
        self.checkpoint
    }

    /// The newest frame taken in.
    pub(super) fn newest(&self) -> FrameId {
        self.checkpoint + self.places.len() as i64
    }

    /// Bytes of all frames held.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether nothing is under way.
    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Whether one more frame would go beyond the id span.
    pub(super) fn is_full(&self) -> bool {
        self.places.len() as i64 >= MAX_UNACKED_FRAMES
    }

    /// Media time from the oldest unacknowledged frame to `until`, or 0 when nothing is under way.
    pub(super) fn span_until(&self, until: MediaTime, timebase: u32) -> Duration {
        let Some(oldest) = self.places.front() else {
            return Duration::ZERO;
        };
        let ticks = until.0.saturating_sub(oldest.media_time.0).max(0);
        Duration::from_secs_f64(ticks as f64 / f64::from(timebase.max(1)))
    }

    /// Adds the next frame.
    pub(super) fn push(&mut self, frame: InFlightFrame) {
        self.bytes += frame.payload.len();
        self.places.push_back(Place {
            media_time: frame.media_time,
            frame: Some(frame),
        });
    }

    /// Moves the checkpoint by one place towards `checkpoint`; call until `None`.
    pub(super) fn advance(&mut self, checkpoint: FrameId) -> Option<Place> {
        if self.checkpoint >= checkpoint {
            return None;
        }
        let place = self.places.pop_front()?;
        self.checkpoint = self.checkpoint.next();
        if let Some(frame) = &place.frame {
            self.bytes -= frame.payload.len();
        }
        Some(place)
    }

    /// Takes out a frame that was acknowledged on its own.
    pub(super) fn take(&mut self, id: FrameId) -> Option<InFlightFrame> {
        let index = self.index(id)?;
        let frame = self.places.get_mut(index)?.frame.take()?;
        self.bytes -= frame.payload.len();
        Some(frame)
    }

    /// The oldest frame that is still held.
    pub(super) fn oldest_mut(&mut self) -> Option<&mut InFlightFrame> {
        self.places.front_mut()?.frame.as_mut()
    }

    /// The oldest frame that is still held.
    pub(super) fn oldest(&self) -> Option<&InFlightFrame> {
        self.places.front()?.frame.as_ref()
    }

    /// A frame that is still held.
    pub(super) fn get_mut(&mut self, id: FrameId) -> Option<&mut InFlightFrame> {
        let index = self.index(id)?;
        self.places.get_mut(index)?.frame.as_mut()
    }

    /// A frame that is still held.
    pub(super) fn get(&self, id: FrameId) -> Option<&InFlightFrame> {
        self.places.get(self.index(id)?)?.frame.as_ref()
    }

    /// The oldest frame with a packet to send, and the lowest such packet.
    pub(super) fn next_wanted(&mut self) -> Option<(u16, &mut InFlightFrame)> {
        self.places
            .iter_mut()
            .filter_map(|place| place.frame.as_mut())
            .find_map(|frame| Some((frame.next_wanted()?, frame)))
    }

    /// Packets that are to be sent.
    pub(super) fn wanted_packets(&self) -> usize {
        let frames = self.places.iter().filter_map(|place| place.frame.as_ref());
        frames.map(|frame| frame.wanted).sum()
    }

    /// Whether any packet is to be sent.
    pub(super) fn any_wanted(&self) -> bool {
        self.places
            .iter()
            .any(|place| place.frame.as_ref().is_some_and(|frame| frame.wanted > 0))
    }

    fn index(&self, id: FrameId) -> Option<usize> {
        usize::try_from(id - self.checkpoint - 1).ok()
    }
}
