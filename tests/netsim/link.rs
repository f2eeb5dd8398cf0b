// SPDX-License-Identifier: GPL-3.0-or-later
//! One direction of a path: datagrams in, the same datagrams out, later, or not at all.
//!
//! ```text
//! send ─▶ larger than the MTU? ─▶ drop-tail queue before the rate ─▶ loss, outage ─▶ delay + jitter (+ late) ─▶ arrive
//! ```
//! **Jitter keeps the order**, as Wi-Fi does: what leaves within a millisecond of the packet before shares its draw (one
//! access to the medium carries many packets), and nothing overtakes. Only `late` packets are overtaken.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

use super::random::Random;

/// Headers of IPv4 and UDP, which take their part of MTU and rate.
pub const OVERHEAD: usize = 28;

/// Packets that leave this close together go in one access to the medium.
const ACCESS: Duration = Duration::from_millis(1);

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

/// Times at which nothing passes: what leaves then is lost.
#[derive(Debug, Clone, Copy)]
pub struct Outages {
    /// From the begin of one to the begin of the next; the first begins after this long.
    pub every: Duration,
    pub length: Duration,
}

impl Outages {
    /// Whether nothing passes at this time since the link's start.
    pub fn covers(&self, at: Duration) -> bool {
        at >= self.every && at.as_nanos() % self.every.as_nanos() < self.length.as_nanos()
    }
}

/// What a path does to packets.
#[derive(Debug, Clone, Copy)]
pub struct Conditions {
    pub delay: Duration,
    /// Up to this much more, without overtaking.
    pub jitter: Duration,
    pub loss: Loss,
    /// This part of the packets is overtaken by others: it comes `late_at_least` to `late_by` later.
    pub late: f64,
    pub late_at_least: Duration,
    pub late_by: Duration,
    /// This part arrives twice.
    pub duplicated: f64,
    /// Bits per second. Change it with [`Link::set_rate`].
    pub rate: Option<u32>,
    /// A packet that would wait longer than this for the rate is dropped.
    pub queue: Duration,
    /// Bytes of IP packet; larger ones vanish.
    pub mtu: usize,
    pub outages: Option<Outages>,
}

impl Conditions {
    /// Nothing is lost, and a packet is this long on the way.
    pub fn clean(delay: Duration) -> Conditions {
        Conditions {
            delay,
            jitter: Duration::ZERO,
            loss: Loss::Random(0.0),
            late: 0.0,
            late_at_least: Duration::ZERO,
            late_by: Duration::ZERO,
            duplicated: 0.0,
            rate: None,
            queue: Duration::from_millis(200),
            mtu: 1500,
            outages: None,
        }
    }
}

/// What became of the packets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub sent: usize,
    /// With the headers of IP and UDP.
    pub bytes: usize,
    /// By loss, an outage, the queue or the MTU.
    pub lost: usize,
    pub duplicated: usize,
    pub arrived: usize,
}

/// A packet under way; ordered by arrival, then by number.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Packet {
    arrives: Instant,
    number: u64,
    /// When the rate lets it go.
    leaves: Instant,
    is_late: bool,
    datagram: Vec<u8>,
}

/// One direction.
#[derive(Debug)]
pub struct Link {
    pub conditions: Conditions,
    pub counts: Counts,
    /// When each packet was sent and how long it waited for the rate.
    pub waits: Vec<(Instant, Duration)>,
    start: Instant,
    random: Random,
    in_bad_state: bool,
    /// When the rate has room for the next packet.
    free: Instant,
    /// When the last packet that was not late left and arrives, and its jitter.
    last: Option<(Instant, Instant, Duration)>,
    number: u64,
    on_the_way: BinaryHeap<Reverse<Packet>>,
    spare: Vec<Vec<u8>>,
}

impl Link {
    pub fn new(now: Instant, conditions: Conditions, seed: u64) -> Link {
        Link {
            conditions,
            counts: Counts::default(),
            waits: Vec::new(),
            start: now,
            random: Random(seed),
            in_bad_state: false,
            free: now,
            last: None,
            number: 0,
            on_the_way: BinaryHeap::new(),
            spare: Vec::new(),
        }
    }

    /// Changes everything from now on; the rate as [`set_rate`](Self::set_rate) does.
    pub fn change(&mut self, now: Instant, conditions: Conditions) {
        if let (Some(_), Some(rate)) = (self.conditions.rate, conditions.rate) {
            self.set_rate(now, rate);
        }
        self.conditions = conditions;
    }

    /// Changes the rate from now on. What waits keeps its place and waits on at the new rate, however long that is; the
    /// queue is measured at the new rate for what comes.
    pub fn set_rate(&mut self, now: Instant, rate: u32) {
        let old = self.conditions.rate.replace(rate);
        let Some(old) = old else { return };
        let slower = f64::from(old) / f64::from(rate);
        let later = |at: Instant| now + at.saturating_duration_since(now).mul_f64(slower);
        let mut packets = std::mem::take(&mut self.on_the_way).into_vec();
        packets.sort_unstable_by_key(|Reverse(packet)| packet.number);
        self.free = self.free.max(later(self.free));
        let mut last_arrival = self.start;
        for Reverse(packet) in &mut packets {
            if packet.leaves > now {
                let way = packet.arrives - packet.leaves;
                packet.leaves = later(packet.leaves);
                packet.arrives = packet.leaves + way;
            }
            if !packet.is_late {
                packet.arrives = packet.arrives.max(last_arrival);
                last_arrival = packet.arrives;
                self.last = Some((packet.leaves, packet.arrives, Duration::ZERO));
            }
        }
        self.on_the_way = packets.into();
    }

    pub fn send(&mut self, now: Instant, datagram: &[u8]) {
        let conditions = self.conditions;
        let size = datagram.len() + OVERHEAD;
        self.counts.sent += 1;
        self.counts.bytes += size;
        let mut leaves = now;
        if let Some(rate) = conditions.rate {
            let begins = self.free.max(now);
            if begins - now > conditions.queue {
                self.counts.lost += 1;
                return;
            }
            self.waits.push((now, begins - now));
            leaves = begins + Duration::from_secs_f64(size as f64 * 8.0 / f64::from(rate));
            self.free = leaves;
        }
        let is_out = conditions
            .outages
            .is_some_and(|outages| outages.covers(leaves - self.start));
        if size > conditions.mtu || self.is_lost() || is_out {
            self.counts.lost += 1;
            return;
        }
        let is_late = self.random.chance(conditions.late);
        let arrives = if is_late {
            let more = conditions.late_by.saturating_sub(conditions.late_at_least);
            leaves + conditions.delay + conditions.late_at_least + self.random.duration(more)
        } else {
            let near = |left: &Instant| leaves.saturating_duration_since(*left) < ACCESS;
            let jitter = match &self.last {
                Some((left, _, shared)) if near(left) => *shared,
                _ => self.random.duration(conditions.jitter),
            };
            let arrives = leaves + conditions.delay + jitter;
            let arrives = self.last.map_or(arrives, |(_, last, _)| arrives.max(last));
            self.last = Some((leaves, arrives, jitter));
            arrives
        };
        self.put(leaves, arrives, is_late, datagram);
        if self.random.chance(conditions.duplicated) {
            self.counts.duplicated += 1;
            let again = arrives + self.random.duration(conditions.delay);
            self.put(leaves, again, true, datagram);
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

    fn put(&mut self, leaves: Instant, arrives: Instant, is_late: bool, bytes: &[u8]) {
        self.number += 1;
        let mut datagram = self.spare.pop().unwrap_or_default();
        datagram.clear();
        datagram.extend_from_slice(bytes);
        self.on_the_way.push(Reverse(Packet {
            arrives,
            number: self.number,
            leaves,
            is_late,
            datagram,
        }));
    }

    /// When the next packet arrives.
    pub fn next_arrival(&self) -> Option<Instant> {
        self.on_the_way.peek().map(|Reverse(packet)| packet.arrives)
    }

    /// A packet that has arrived by now. Give it back to [`recycle`](Self::recycle) when it was read.
    pub fn arrive(&mut self, now: Instant) -> Option<Vec<u8>> {
        if self.next_arrival()? > now {
            return None;
        }
        let Reverse(packet) = self.on_the_way.pop()?;
        self.counts.arrived += 1;
        Some(packet.datagram)
    }

    /// Memory for later packets.
    pub fn recycle(&mut self, datagram: Vec<u8>) {
        self.spare.push(datagram);
    }
}
