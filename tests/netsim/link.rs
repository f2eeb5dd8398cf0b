// SPDX-License-Identifier: GPL-3.0-or-later
//! One direction of a path: datagrams in, the same datagrams out, later, or not at all.
//!
//! ```text
//! send ─▶ larger than the MTU? ─▶ drop-tail queue before the rate ─▶ loss ─▶ delay + jitter (+ late) ─▶ arrive
//! ```

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

use super::random::Random;

/// Headers of IPv4 and UDP, which take their part of MTU and rate.
const OVERHEAD: usize = 28;

/// How packets are lost.
#[derive(Debug, Clone, Copy)]
pub enum Loss {
    /// Each by itself with this probability.
    Random(f64),
    /// In two states (Gilbert and Elliott): in the bad one `lost` of the packets are.
    Bursts {
        /// The part of all packets that meets the bad state.
        bad: f64,
        /// The mean number of packets in a row that do.
        length: f64,
        lost: f64,
    },
}

/// What a path does to packets.
#[derive(Debug, Clone, Copy)]
pub struct Conditions {
    pub delay: Duration,
    /// Up to this much more, without overtaking.
    pub jitter: Duration,
    pub loss: Loss,
    /// This part of the packets is late by up to `late_by` and overtaken by others.
    pub late: f64,
    pub late_by: Duration,
    /// This part arrives twice.
    pub duplicated: f64,
    /// Bits per second.
    pub rate: Option<u32>,
    /// A packet that would wait longer than this for the rate is dropped.
    pub queue: Duration,
    /// Bytes of IP packet; larger ones vanish.
    pub mtu: usize,
}

impl Conditions {
    /// Nothing is lost, and a packet is this long on the way.
    pub fn clean(delay: Duration) -> Conditions {
        Conditions {
            delay,
            jitter: Duration::ZERO,
            loss: Loss::Random(0.0),
            late: 0.0,
            late_by: Duration::ZERO,
            duplicated: 0.0,
            rate: None,
            queue: Duration::from_millis(200),
            mtu: 1500,
        }
    }
}

/// What became of the packets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub sent: usize,
    pub bytes: usize,
    /// By loss, the queue or the MTU.
    pub lost: usize,
    pub duplicated: usize,
    pub arrived: usize,
}

/// One direction.
#[derive(Debug)]
pub struct Link {
    pub conditions: Conditions,
    pub counts: Counts,
    random: Random,
    in_bad_state: bool,
    /// When the rate has room for the next packet.
    free: Instant,
    /// When the last packet that was not late arrives.
    last: Instant,
    number: u64,
    on_the_way: BinaryHeap<Reverse<(Instant, u64, Vec<u8>)>>,
}

impl Link {
    pub fn new(now: Instant, conditions: Conditions, seed: u64) -> Link {
        Link {
            conditions,
            counts: Counts::default(),
            random: Random(seed),
            in_bad_state: false,
            free: now,
            last: now,
            number: 0,
            on_the_way: BinaryHeap::new(),
        }
    }

    pub fn send(&mut self, now: Instant, datagram: &[u8]) {
        let Conditions {
            delay,
            jitter,
            late,
            late_by,
            duplicated,
            rate,
            queue,
            mtu,
            ..
        } = self.conditions;
        let size = datagram.len() + OVERHEAD;
        self.counts.sent += 1;
        self.counts.bytes += size;
        let mut leaves = now;
        if let Some(rate) = rate {
            let begins = self.free.max(now);
            leaves = begins + Duration::from_secs_f64(size as f64 * 8.0 / f64::from(rate));
            if begins - now > queue {
                self.counts.lost += 1;
                return;
            }
            self.free = leaves;
        }
        if size > mtu || self.is_lost() {
            self.counts.lost += 1;
            return;
        }
        let mut arrives = leaves + delay + self.random.duration(jitter);
        if self.random.chance(late) {
            arrives += self.random.duration(late_by);
        } else {
            arrives = arrives.max(self.last);
            self.last = arrives;
        }
        self.put(arrives, datagram);
        if self.random.chance(duplicated) {
            self.counts.duplicated += 1;
            let again = arrives + self.random.duration(delay);
            self.put(again, datagram);
        }
    }

    fn is_lost(&mut self) -> bool {
        match self.conditions.loss {
            Loss::Random(lost) => self.random.chance(lost),
            Loss::Bursts { bad, length, lost } => {
                let leave = 1.0 / length;
                let enter = leave * bad / (1.0 - bad);
                let change = if self.in_bad_state { leave } else { enter };
                self.in_bad_state ^= self.random.chance(change);
                self.in_bad_state && self.random.chance(lost)
            }
        }
    }

    fn put(&mut self, arrives: Instant, datagram: &[u8]) {
        self.number += 1;
        self.on_the_way
            .push(Reverse((arrives, self.number, datagram.to_vec())));
    }

    /// When the next packet arrives.
    pub fn next_arrival(&self) -> Option<Instant> {
        self.on_the_way.peek().map(|Reverse((at, ..))| *at)
    }

    /// A packet that has arrived by now.
    pub fn arrive(&mut self, now: Instant) -> Option<Vec<u8>> {
        if self.next_arrival()? > now {
            return None;
        }
        let Reverse((_, _, datagram)) = self.on_the_way.pop()?;
        self.counts.arrived += 1;
        Some(datagram)
    }
}
