// SPDX-License-Identifier: GPL-3.0-or-later
//! Which packet of a stream leaves next, written into the sender's buffer. Allocates nothing, encrypts nothing.
//!
//! The oldest frame goes first, in it the lowest packet that is wanted, whether it leaves for the first time or again.
//! When all has been sent and the receiver does not seem to know of the newest frame, the last packet of that frame is
//! repeated (kickstart): with it the receiver learns what it lacks and says so. A receiver that answers sender reports is
//! asked instead ([`probes`](super::probes)).

use std::time::{Duration, Instant};

use crate::cast::sender::path::Path;
use crate::cast::sender::stream::Stream;

/// Kickstart after the longer of two round trips and this part of the target delay (Open Screen `sender_impl.cc`). The
/// reference has neither a regard for round trips that vary nor a pause that grows: a busy receiver makes it repeat
/// packets which nothing has happened to.
const KICKSTART_PARTS: u32 = 20;

/// Before the first round trip is known, this part of the target delay.
const FIRST_KICKSTART_PARTS: u32 = 4;

/// The pause doubles with each kickstart that nothing answers, so many times.
const KICKSTART_DOUBLINGS: u32 = 4;

/// A packet that was written.
pub(super) struct Departure {
    /// Of the datagram, in bytes.
    pub(super) size: usize,
    /// It had left before.
    pub(super) again: bool,
    /// The receiver has the frame with it, and says so at once, unless something was lost.
    pub(super) asks: bool,
}

impl Stream {
    /// Whether a packet is ready to leave; none before the first sender report has left.
    pub(super) fn has_packet(&self) -> bool {
        self.reports.any_sent() && self.in_flight.any_wanted()
    }

    /// Writes the next packet to `out`.
    pub(super) fn write_packet(
        &mut self,
        now: Instant,
        path: &mut Path,
        out: &mut [u8],
    ) -> Option<Departure> {
        if !self.reports.any_sent() {
            return None;
        }
        let (packet_id, frame) = self.in_flight.next_wanted()?;
        let (slices, slicing) = (frame.slices(), frame.slicing);
        let written = self
            .packetizer
            .write_cut(&slices, slicing, packet_id, out)?;
        let number = self.reports.on_packet(written.payload_size);
        let marked = frame.mark_sent(now, packet_id, number);
        let (id, is_single) = (frame.id, frame.packet_count() == 1);
        if marked.completes {
            self.meter.on_frame_sent(now, &frame.times);
            self.arrivals.on_sent(now, frame);
        }
        self.meter.on_packet(marked.again);
        self.probes.on_packet(now);
        path.losses.on_sent(written.payload_size, marked.again);
        if is_single && !marked.again {
            self.on_single(now, id, path);
        }
        Some(Departure {
            size: written.size,
            again: marked.again,
            asks: marked.completes,
        })
    }

    /// When to ask the receiver what it lacks.
    pub(super) fn probe_due(&self, path: &Path) -> Option<Instant> {
        if self.in_flight.is_empty() {
            return None;
        }
        self.probes.due(self.in_flight.any_wanted(), path)
    }

    /// When the last packet of the newest frame is to be repeated, if it stays as quiet as it is.
    pub(super) fn kickstart_at(&self, path: &Path) -> Option<Instant> {
        let newest = self.in_flight.newest();
        if path.is_proven_prompt()
            || path.is_slow()
            || self.latest_expected >= newest
            || self.in_flight.any_wanted()
        {
            return None;
        }
        let (_, sent) = self.in_flight.get(newest)?.last_packet()?;
        let interval = match path.round_trip.patience() {
            Some(patience) => patience.max(path.target_delay / KICKSTART_PARTS),
            None => path.target_delay / FIRST_KICKSTART_PARTS,
        };
        let interval = interval * (1 << self.kickstarts.min(KICKSTART_DOUBLINGS));
        Some(sent + interval.max(Duration::from_millis(1)))
    }

    /// Marks that packet to be sent again.
    pub(super) fn kickstart(&mut self) {
        let newest = self.in_flight.newest();
        if let Some(frame) = self.in_flight.get_mut(newest)
            && let Some((packet_id, _)) = frame.last_packet()
        {
            frame.repeat(packet_id);
            self.kickstarts = self.kickstarts.saturating_add(1);
        }
    }
}
