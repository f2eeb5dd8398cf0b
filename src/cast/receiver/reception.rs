// SPDX-License-Identifier: GPL-3.0-or-later
//! Counts the packets of one stream. Input: each RTP packet that arrived; output: the numbers of a report block.
//!
//! Sequence numbers are extended to 32 bits; the first packet defines the base. Retransmissions have numbers of their
//! own, so a loss stays counted although the frame completes; a duplicate of the network reduces the loss. Knows nothing
//! of frames.

use std::time::Duration;

use crate::cast::expand;

/// Interarrival jitter is smoothed over this many packets. Source: RFC 3550, 6.4.1.
const JITTER_INERTIA: i64 = 16;
/// The cumulative loss has 24 bits on the wire.
const MAX_CUMULATIVE_LOST: u64 = (1 << 24) - 1;

/// What was counted so far of one stream.
#[derive(Debug, Clone, Default)]
pub struct Reception {
    /// First and highest extended sequence number; `None` before the first packet.
    span: Option<(i64, i64)>,
    received: u64,
    /// Packets expected and received when the last report was made.
    reported: (u64, u64),
    /// Arrival minus media time of the last packet, in nanoseconds from an arbitrary origin.
    last_transit: Option<i64>,
    /// Nanoseconds.
    jitter: i64,
}

/// The numbers for a report block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceptionReport {
    /// Loss since the report before, in 1/256.
    pub fraction_lost: u8,
    /// Loss since the start, below 2²⁴.
    pub cumulative_lost: u32,
    /// Highest sequence number with its wraps.
    pub extended_highest_sequence: u32,
    /// Smoothed jitter.
    pub jitter: Duration,
}

impl Reception {
    /// Counts a packet. `arrival` and `media` are its times in nanoseconds, each from an origin of its own.
    pub fn count(&mut self, sequence: u16, arrival: i64, media: i64) {
        self.received += 1;
        let (first, highest) = self.span.unwrap_or((sequence.into(), sequence.into()));
        self.span = Some((first, highest.max(expand::nearest(sequence, highest))));

        let transit = arrival.wrapping_sub(media);
        if let Some(last) = self.last_transit {
            let difference = transit.wrapping_sub(last).saturating_abs();
            self.jitter += (difference - self.jitter) / JITTER_INERTIA;
        }
        self.last_transit = Some(transit);
    }

    /// Packets that the sender has sent by the sequence numbers.
    pub fn expected(&self) -> u64 {
        self.span
            .map_or(0, |(first, highest)| (highest - first).unsigned_abs() + 1)
    }

    /// Packets that arrived.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Packets that did not arrive: below 2²⁴.
    pub fn lost(&self) -> u32 {
        cumulative_lost(self.expected(), self.received)
    }

    /// Smoothed jitter.
    pub fn jitter(&self) -> Duration {
        Duration::from_nanos(self.jitter.unsigned_abs())
    }

    /// The numbers for a report, and the start of the interval of the next one. `None` before the first packet.
    pub fn report(&mut self) -> Option<ReceptionReport> {
        let (_, highest) = self.span?;
        let now = (self.expected(), self.received);
        let (expected, received) = std::mem::replace(&mut self.reported, now);
        Some(ReceptionReport {
            fraction_lost: fraction_lost(now.0 - expected, now.1 - received),
            cumulative_lost: cumulative_lost(now.0, now.1),
            extended_highest_sequence: highest as u32,
            jitter: self.jitter(),
        })
    }
}

/// The share of `expected` packets that was not received, in 1/256; truncated, at most 255.
pub fn fraction_lost(expected: u64, received: u64) -> u8 {
    let lost = expected.saturating_sub(received);
    let share = lost.saturating_mul(256).checked_div(expected).unwrap_or(0);
    u8::try_from(share).unwrap_or(u8::MAX)
}

/// The number of packets lost since the start, at most 2²⁴ − 1; duplicates reduce it, to 0 at least.
pub fn cumulative_lost(expected: u64, received: u64) -> u32 {
    expected.saturating_sub(received).min(MAX_CUMULATIVE_LOST) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_000_000;

    #[test]
    fn nothing_is_reported_before_the_first_packet() {
        assert_eq!(Reception::default().report(), None);
    }

    #[test]
    fn each_report_covers_the_packets_since_the_one_before() {
        let mut reception = Reception::default();
        for sequence in [0, 2, 4] {
            reception.count(sequence, 0, 0);
        }
        assert_eq!(
            reception.report().unwrap().fraction_lost,
            (2 * 256 / 5) as u8
        );
        for sequence in 5..15 {
            reception.count(sequence, 0, 0);
        }
        let second = reception.report().unwrap();
        assert_eq!((second.fraction_lost, second.cumulative_lost), (0, 2));
    }

    #[test]
    fn a_duplicate_of_the_network_reduces_the_loss() {
        let mut reception = Reception::default();
        for sequence in [7, 7, 9] {
            reception.count(sequence, 0, 0);
        }
        assert_eq!(reception.report().unwrap().cumulative_lost, 0);
    }

    #[test]
    fn a_late_packet_does_not_lower_the_highest_number() {
        let mut reception = Reception::default();
        for sequence in [65_535, 2, 0, 1] {
            reception.count(sequence, 0, 0);
        }
        let report = reception.report().unwrap();
        assert_eq!(
            (report.extended_highest_sequence, report.cumulative_lost),
            (65_538, 0)
        );
    }

    #[test]
    fn the_extended_number_runs_over_after_2_to_the_32_packets_and_what_is_counted_does_not() {
        const STEP: i64 = 32_000;
        let mut reception = Reception::default();
        let mut number = 0_i64;
        while number < 1 << 32 {
            reception.count(number as u16, 0, 0);
            number += STEP;
        }
        reception.report();
        reception.count(number as u16, 0, 0);
        let report = reception.report().unwrap();
        assert_eq!(report.extended_highest_sequence, number as u32);
        assert_eq!(reception.expected(), number as u64 + 1);
        assert_eq!(report.fraction_lost, 255);
        assert_eq!(report.cumulative_lost, (1 << 24) - 1);
    }

    #[test]
    fn jitter_is_zero_while_packets_keep_their_distance_and_rises_by_a_sixteenth() {
        let mut reception = Reception::default();
        for k in 0..10 {
            reception.count(k, i64::from(k) * 10 * MS, i64::from(k) * 10 * MS);
        }
        assert_eq!(reception.report().unwrap().jitter, Duration::ZERO);
        reception.count(10, 116 * MS, 100 * MS);
        assert_eq!(reception.report().unwrap().jitter, Duration::from_millis(1));
    }
}
