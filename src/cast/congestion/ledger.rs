// SPDX-License-Identifier: GPL-3.0-or-later
//! When how much had left: datagrams in, the bytes up to a moment out. Also which part of them was new media.
//!
//! An answer to what left at a moment says that the path has passed on, or lost, everything that had left before: so
//! two answers tell how many bytes the path carried between their arrivals, whatever they answer.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Headers of IPv4 and UDP, which take their part of the path; IPv6 has 20 bytes more, which does not matter here.
const IP_UDP: usize = 28;

/// Headers of a packet of a frame, which are no media.
const RTP: usize = 19;

/// Answers to what left longer ago than this are of no use.
const MEMORY: Duration = Duration::from_secs(3);

/// Departures that are remembered at most; at 1000 packets a second more than the memory.
const MAX_ENTRIES: usize = 8192;

/// Half-life of the share of media.
const SHARE_HALF_LIFE: Duration = Duration::from_millis(500);

/// Before anything is known: full packets, some sound, some reports.
const SHARE_AT_FIRST: f64 = 0.92;

/// What has left.
#[derive(Debug)]
pub(super) struct Ledger {
    /// Moments of departure and all bytes up to and with them, oldest first.
    left: VecDeque<(Instant, u64)>,
    total: u64,
    /// Bytes on the wire and bytes of new media in them, old ones fading away.
    wire: f64,
    media: f64,
    faded: Instant,
}

impl Ledger {
    pub(super) fn new(now: Instant) -> Ledger {
        Ledger {
            left: VecDeque::new(),
            total: 0,
            wire: 0.0,
            media: 0.0,
            faded: now,
        }
    }

    /// A datagram of this many bytes left; `new`: with media that had not left before.
    pub(super) fn on_sent(&mut self, now: Instant, bytes: usize, new: bool) {
        let wire = bytes + IP_UDP;
        self.total += wire as u64;
        match self.left.back_mut() {
            Some((at, total)) if *at >= now => *total = self.total,
            _ => self.left.push_back((now, self.total)),
        }
        let old = |(at, _): &(Instant, u64)| *at + MEMORY < now;
        while self.left.len() > MAX_ENTRIES || self.left.front().is_some_and(old) {
            self.left.pop_front();
        }
        self.fade(now);
        self.wire += wire as f64;
        if new {
            self.media += bytes.saturating_sub(RTP) as f64;
        }
    }

    /// All bytes that have left.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// Bytes that had left at this moment; `None` when it is too long ago.
    pub(super) fn until(&self, moment: Instant) -> Option<u64> {
        let next = self.left.partition_point(|(at, _)| *at <= moment);
        Some(self.left.get(next.checked_sub(1)?)?.1)
    }

    /// Bytes that had left before this moment; `None` when it is too long ago.
    pub(super) fn before(&self, moment: Instant) -> Option<u64> {
        let next = self.left.partition_point(|(at, _)| *at < moment);
        Some(self.left.get(next.checked_sub(1)?)?.1)
    }

    /// When the first byte left that comes after so many; `None` when it has not, or too long ago.
    pub(super) fn after(&self, total: u64) -> Option<Instant> {
        let next = self.left.partition_point(|(_, left)| *left <= total);
        Some(self.left.get(next)?.0)
    }

    /// The part of what leaves that is new media; the rest are headers, reports and repetitions.
    pub(super) fn media_share(&self) -> f64 {
        // As if some packets of the usual kind had been there before.
        let weight = 10_000.0;
        (self.media + SHARE_AT_FIRST * weight) / (self.wire + weight)
    }

    fn fade(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.faded);
        if passed < SHARE_HALF_LIFE / 20 {
            return;
        }
        self.faded = now;
        let kept = 0.5f64.powf(passed.as_secs_f64() / SHARE_HALF_LIFE.as_secs_f64());
        self.wire *= kept;
        self.media *= kept;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn it_knows_how_much_had_left_at_each_moment() {
        let start = Instant::now();
        let mut ledger = Ledger::new(start);
        ledger.on_sent(start + MS, 72, true);
        ledger.on_sent(start + 3 * MS, 72, true);
        ledger.on_sent(start + 3 * MS, 172, true);
        assert_eq!(ledger.until(start), None);
        assert_eq!(ledger.until(start + MS), Some(100));
        assert_eq!(ledger.until(start + 2 * MS), Some(100));
        assert_eq!(ledger.before(start + 3 * MS), Some(100));
        assert_eq!(ledger.until(start + 3 * MS), Some(400));
    }

    #[test]
    fn it_forgets_after_some_seconds_and_holds_little() {
        let start = Instant::now();
        let mut ledger = Ledger::new(start);
        for step in 0..100_000 {
            ledger.on_sent(start + step * MS / 10, 1000, true);
        }
        assert!(ledger.left.len() <= MAX_ENTRIES + 1);
        assert_eq!(ledger.until(start + 6000 * MS), None);
        assert!(ledger.until(start + 9900 * MS).is_some());
    }

    #[test]
    fn repetitions_and_reports_are_no_media() {
        let start = Instant::now();
        let mut ledger = Ledger::new(start);
        for step in 0..2000u32 {
            // Of 1500 bytes on the wire 1453 are payload, and every second packet is a repetition.
            let new = step.is_multiple_of(2);
            ledger.on_sent(start + step * MS, 1472, new);
        }
        let share = ledger.media_share();
        assert!((share - 0.489).abs() < 0.01, "{share}");
    }
}
