// SPDX-License-Identifier: GPL-3.0-or-later
//! Arrivals and losses of packets by size in; out comes the size to go down to, when the large ones never get through.
//!
//! A path that takes less than 1500 bytes should say so (ICMP), and then the session hears of it from the kernel. Tunnels,
//! firewalls and some access points do not: small packets pass, large ones vanish, each time. Loss at random or a full
//! queue cannot be mistaken for it, because some large packets arrive then.

use std::time::{Duration, Instant};

use crate::cast::rtcp::{Feedback, Nack, WHOLE_FRAME};
use crate::cast::sender::in_flight::InFlight;

/// The sizes to go down to, in bytes of UDP payload: what QUIC takes for granted on the Internet (RFC 9000, section 14),
/// and what every IPv4 host must take (RFC 791: 576 bytes with headers).
const STEPS: [usize; 2] = [1200, 548];

/// So many lost in a row are no chance: with half of all packets lost it happens once in 4096 times.
const LOST_IN_A_ROW: u32 = 12;

/// And they were lost during this time at least, longer than an outage that a report tells about all at once.
const LOST_FOR: Duration = Duration::from_millis(400);

/// The watch over the large packets of a session. Those of a size in use count that are larger than the next step.
#[derive(Debug)]
pub(super) struct LargePackets {
    /// The size in use.
    max: usize,
    /// Large ones that were lost since one has arrived, …
    lost: u32,
    /// … and when the first of these was missed.
    since: Option<Instant>,
    /// Something small has arrived since.
    small_arrived: bool,
}

impl LargePackets {
    pub(super) fn new(max_packet_size: usize) -> LargePackets {
        LargePackets {
            max: max_packet_size,
            lost: 0,
            since: None,
            small_arrived: false,
        }
    }

    /// From now on packets are no larger than this.
    pub(super) fn set_max(&mut self, max_packet_size: usize) {
        *self = LargePackets::new(max_packet_size);
    }

    /// A packet of this size was lost.
    pub(super) fn on_lost(&mut self, now: Instant, size: usize) {
        if self.is_large(size) {
            self.lost = self.lost.saturating_add(1);
            self.since.get_or_insert(now);
        }
    }

    /// A packet of this size is there.
    pub(super) fn on_arrived(&mut self, size: usize) {
        if self.is_large(size) {
            self.set_max(self.max);
        } else if size <= self.next_step().unwrap_or(0) {
            self.small_arrived |= self.since.is_some();
        }
    }

    /// The answer to a report that left at this moment came.
    pub(super) fn on_answer(&mut self, left: Instant) {
        self.small_arrived |= self.since.is_some_and(|since| left >= since);
    }

    /// What the receiver's list of losses tells about what is there.
    pub(super) fn on_list(&mut self, feedback: &Feedback, in_flight: &InFlight) {
        let of_one_frame = |a: &Nack, b: &Nack| a.frame == b.frame;
        for missing in feedback.missing.chunk_by(of_one_frame) {
            let Some(first) = missing.first() else { return };
            let Some(frame) = in_flight.get(first.frame) else {
                continue;
            };
            if missing.iter().any(|nack| nack.packet == WHOLE_FRAME) {
                continue;
            }
            let count = frame.slicing.packet_count();
            let Some(last) = u16::try_from(count - 1).ok() else {
                continue;
            };
            // All but the last are of one size.
            let is_last_missing = missing.iter().any(|nack| nack.packet == last);
            if !is_last_missing {
                self.on_arrived(frame.slicing.packet_size(last));
            }
            if missing.len() - usize::from(is_last_missing) < count - 1 {
                self.on_arrived(frame.slicing.packet_size(0));
            }
        }
    }

    /// The size to go down to, if it is time.
    pub(super) fn verdict(&self, now: Instant) -> Option<usize> {
        let lasts = |since: Instant| now.saturating_duration_since(since) >= LOST_FOR;
        let never = self.lost >= LOST_IN_A_ROW && self.since.is_some_and(lasts);
        self.next_step().filter(|_| never && self.small_arrived)
    }

    fn is_large(&self, size: usize) -> bool {
        size <= self.max && self.next_step().is_some_and(|step| size > step)
    }

    fn next_step(&self) -> Option<usize> {
        STEPS.into_iter().find(|step| *step < self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// Loses a packet of 1472 bytes each 10 ms, for 2 s; says when the verdict comes, and which.
    fn run(each: impl Fn(&mut LargePackets, Instant)) -> Option<(u128, usize)> {
        let start = Instant::now();
        let mut large = LargePackets::new(1472);
        (1..200).find_map(|step| {
            let now = start + MS * 10 * step;
            large.on_lost(now, 1472);
            each(&mut large, now);
            let size = large.verdict(now)?;
            Some(((now - start).as_millis(), size))
        })
    }

    #[test]
    fn large_packets_that_never_arrive_while_small_ones_do_are_a_black_hole() {
        assert_eq!(run(|large, _| large.on_arrived(300)), Some((410, 1200)));
        assert_eq!(run(LargePackets::on_answer), Some((410, 1200)));
    }

    #[test]
    fn a_path_that_carries_nothing_or_now_and_then_a_large_one_is_not() {
        assert_eq!(run(|_, _| {}), None);
        let before = Instant::now();
        assert_eq!(run(|large, _| large.on_answer(before)), None);
        let start = Instant::now();
        let rare = |large: &mut LargePackets, now: Instant| {
            large.on_arrived(300);
            if (now - start).as_millis() % 350 < 10 {
                large.on_arrived(1472);
            }
        };
        assert_eq!(run(rare), None);
    }

    #[test]
    fn there_are_two_steps_and_what_is_left_of_larger_packets_counts_for_neither() {
        let start = Instant::now();
        let mut large = LargePackets::new(1472);
        for (max, next) in [(1472, Some(1200)), (1200, Some(548)), (548, None)] {
            large.set_max(max);
            for _ in 0..20 {
                large.on_lost(start, 1473);
            }
            large.on_arrived(300);
            assert_eq!(large.verdict(start + LOST_FOR), None);
            for _ in 0..20 {
                large.on_lost(start, max);
            }
            large.on_arrived(300);
            assert_eq!(large.verdict(start), None, "too early");
            assert_eq!(large.verdict(start + LOST_FOR), next);
        }
    }
}
