// SPDX-License-Identifier: GPL-3.0-or-later
//! When the next packet may leave: a token bucket in, a moment out. Decides about time only, never about order.
//!
//! ```text
//!  bytes  ▲
//!  burst ─┤▔▔▔╲                ╱▔▔▔▔▔▔▔▔   filled at the pacing rate, never beyond a burst
//!         │    ╲              ╱
//!      0 ─┼─────╲─┬─┬─┬─┬────╱──────────▶  a packet leaves whenever the bucket is above zero,
//!         │  burst  spread     nothing       and takes out all of its bytes
//! ```
//! The first burst leaves at once (Wi-Fi likes a handful of packets in a row, and a small frame should not wait); what
//! is longer than a burst is spread at the pacing rate, so that a key frame does not overflow the queue of the access
//! point. Reports are never held back, but they use up tokens (the bucket may go below zero). So may the last packet of a
//! burst: what it takes too much, the next one waits for.
//!
//! How fast the bucket is filled is decided by [`congestion`](crate::cast::congestion): 2.5 times the estimate as long as
//! no limit is known, hardly more than the estimate where one is.

use std::time::{Duration, Instant};

/// The length of a burst (Open Screen `sender_packet_router.h`).
const BURST_INTERVAL: Duration = Duration::from_millis(10);

/// No burst is shorter than this many full packets, however slow the network is, nor longer than that many, however fast
/// it is (what 10 ms at the reference's 24 Mbit/s hold, Open Screen `sender_packet_router.h`).
const MIN_BURST_PACKETS: u32 = 2;
const MAX_BURST_PACKETS: u32 = 21;

/// Sleeping for less than this costs more in wake-ups than it gains in evenness.
const MIN_PAUSE: Duration = Duration::from_millis(1);

/// A token bucket that is filled at the pacing rate and holds one burst.
#[derive(Debug)]
pub struct Pacer {
    rate: u32,
    max_packet_size: u32,
    /// Bytes that may leave now; negative after reports that did not wait.
    tokens: f64,
    filled: Instant,
}

impl Pacer {
    /// A full bucket. `rate` in bits per second, `max_packet_size` in bytes.
    pub fn new(now: Instant, rate: u32, max_packet_size: usize) -> Pacer {
        let mut pacer = Pacer {
            rate: rate.max(1),
            max_packet_size: u32::try_from(max_packet_size).unwrap_or(u32::MAX),
            tokens: 0.0,
            filled: now,
        };
        pacer.tokens = pacer.burst();
        pacer
    }

    /// Changes the rate from now on, in bits per second.
    pub fn set_rate(&mut self, now: Instant, rate: u32) {
        self.fill(now);
        self.rate = rate.max(1);
        self.tokens = self.tokens.min(self.burst());
    }

    /// The rate in bits per second.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// Whether a packet may leave now. A packet may take the bucket below zero, so that its size does not matter.
    pub fn ready(&mut self, now: Instant) -> bool {
        self.fill(now);
        self.tokens > 0.0
    }

    /// When [`ready`](Self::ready) will be true: `now` if it is.
    pub fn ready_at(&mut self, now: Instant) -> Instant {
        if self.ready(now) {
            return now;
        }
        let wait = Duration::from_secs_f64((1.0 - self.tokens) / self.bytes_per_second());
        now + wait.max(MIN_PAUSE)
    }

    /// Accounts for a datagram of this many bytes that leaves now.
    pub fn sent(&mut self, now: Instant, bytes: usize) {
        self.fill(now);
        self.tokens -= bytes as f64;
    }

    fn fill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.filled);
        let gained = passed.as_secs_f64() * self.bytes_per_second();
        self.tokens = (self.tokens + gained).min(self.burst());
        self.filled = self.filled.max(now);
    }

    fn bytes_per_second(&self) -> f64 {
        f64::from(self.rate) / 8.0
    }

    fn burst(&self) -> f64 {
        let packets = |count: u32| f64::from(self.max_packet_size) * f64::from(count);
        let burst = self.bytes_per_second() * BURST_INTERVAL.as_secs_f64();
        burst.clamp(packets(MIN_BURST_PACKETS), packets(MAX_BURST_PACKETS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACKET: usize = 1472;

    /// Sends full packets as fast as allowed for `span`; returns when each left.
    fn blast(pacer: &mut Pacer, start: Instant, span: Duration) -> Vec<Duration> {
        let mut now = start;
        let mut left = Vec::new();
        while now < start + span {
            if pacer.ready(now) {
                pacer.sent(now, PACKET);
                left.push(now - start);
            } else {
                now = pacer.ready_at(now);
            }
        }
        left
    }

    #[test]
    fn the_first_burst_leaves_at_once_and_is_10_ms_long_within_bounds() {
        let start = Instant::now();
        for (rate, packets) in [
            (500_000, 2),
            (5_000_000, 5),
            (24 << 20, 21),
            (100_000_000, 21),
        ] {
            let mut pacer = Pacer::new(start, rate, PACKET);
            let at_once = blast(&mut pacer, start, Duration::from_nanos(1)).len();
            assert_eq!(at_once, packets, "{rate}; the last packet may overdraw");
        }
    }

    #[test]
    fn over_a_second_no_more_leaves_than_the_rate_and_one_burst() {
        for rate in [500_000, 5_000_000, 24 << 20] {
            let start = Instant::now();
            let mut pacer = Pacer::new(start, rate, PACKET);
            let burst = pacer.burst();
            let bytes = blast(&mut pacer, start, Duration::from_secs(1)).len() * PACKET;
            let most = f64::from(rate) / 8.0 + burst + PACKET as f64;
            assert!(bytes as f64 <= most, "{rate}: {bytes} of {most}");
            assert!(
                bytes as f64 >= most * 0.95 - burst,
                "{rate}: {bytes} of {most}"
            );
        }
    }

    #[test]
    fn a_pause_saves_up_no_more_than_one_burst() {
        let start = Instant::now();
        let mut pacer = Pacer::new(start, 4_000_000, PACKET);
        let later = start + Duration::from_secs(100);
        let at_once = blast(&mut pacer, later, Duration::from_nanos(1)).len();
        assert_eq!(at_once, 4, "10 ms at 4 Mbit/s");
    }

    #[test]
    fn reports_are_paid_for_by_the_packets_after_them() {
        let start = Instant::now();
        let mut pacer = Pacer::new(start, 1_000_000, PACKET);
        pacer.sent(start, 100_000);
        assert!(!pacer.ready(start + Duration::from_millis(500)));
        assert!(pacer.ready(start + Duration::from_millis(800)));
    }

    #[test]
    fn a_clock_that_stands_still_or_goes_back_fills_nothing() {
        let earlier = Instant::now();
        let start = earlier + Duration::from_secs(10);
        let mut pacer = Pacer::new(start, 1_000_000, PACKET);
        blast(&mut pacer, start, Duration::from_nanos(1));
        assert!(!pacer.ready(earlier));
        assert!(!pacer.ready(start));
    }
}
