// SPDX-License-Identifier: GPL-3.0-or-later
//! Whose fault it is, this computer's or the network's, when both look alike from the other end: pictures that are late, or
//! were made smaller or fewer. [`Second`]s in, [`Signs`] out.
//!
//! A program that does not get to run sends late and hears late. The congestion control takes what piles up meanwhile for
//! a queue in the network, lowers the pictures, and raises them again only slowly, when the computer may long be idle. So
//! the fault is found when they are lowered, and stays with them. What the network does itself shows as well: it loses
//! packets, or their way takes longer than before.

use super::Second;

/// Part of the time in which something waits here, from which on this computer is the slow one. Also one that is busy but
/// keeps up lets things wait now and then.
const BUSY: f64 = 0.1;

/// Loss from which on it is the network's, in percent.
pub(super) const LOSSY: f64 = 1.0;

/// So much longer than the shortest round trip of the cast is a queue in the network, in milliseconds: a computer that is
/// busy reads and asks a little late, too, ...
const QUEUE: f64 = 80.0;

/// ... and at least so many times as long: the way to some devices takes long by itself, and varies.
const TIMES: f64 = 2.0;

/// Seconds between something waiting here and pictures that are lowered for it.
const DELAY: usize = 3;

/// What a second tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// This computer did not keep up.
    Here,
    /// The network did not.
    There,
    /// Neither.
    None,
}

/// What the last seconds tell.
#[derive(Debug, Default)]
pub(super) struct Origin {
    shortest: Option<f64>,
    /// Seconds for which the last sign of this computer counts.
    here: usize,
    /// The pictures are lowered, and by whom: `true` by this computer.
    lowered: Option<bool>,
}

impl Origin {
    /// Takes one more second.
    pub(super) fn note(&mut self, second: &Second) {
        let sign = self.sign(second);
        self.here = match sign {
            Sign::Here => DELAY,
            Sign::There => 0,
            Sign::None => self.here.saturating_sub(1),
        };
        let by_us = match (sign, self.lowered) {
            (Sign::Here, _) => true,
            (Sign::There, _) => false,
            (Sign::None, Some(before)) => before,
            (Sign::None, None) => self.here > 0,
        };
        self.lowered = second.is_lowered().then_some(by_us);
    }

    /// Whether things are late because of this computer.
    pub(super) fn is_late_here(&self) -> bool {
        self.here > 0
    }

    /// Whether pictures that are lowered are so because of this computer.
    pub(super) fn has_lowered_here(&self) -> bool {
        self.lowered == Some(true)
    }

    fn sign(&mut self, second: &Second) -> Sign {
        let queues = second.round_trip.is_some_and(|now| {
            let shortest = self.shortest.get_or_insert(now);
            *shortest = shortest.min(now);
            now > *shortest + QUEUE && now > *shortest * TIMES
        });
        if second.loss_pct >= LOSSY || queues {
            Sign::There
        } else if second.waited >= BUSY {
            Sign::Here
        } else {
            Sign::None
        }
    }
}
