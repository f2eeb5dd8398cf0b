// SPDX-License-Identifier: GPL-3.0-or-later
//! Some [`Second`]s judged together, by their sums: whether pictures are missing or lowered, and the [`Cause`]. Holds
//! nothing over time.

use std::collections::VecDeque;
use std::time::Duration;

use super::origin::{LOSSY, Origin};
use super::{Advice, Cause, Second, UNSENT, WINDOW, remedy};
use crate::session::unsent::SendFault;

/// Pictures in the window below which nothing is said about their rate: a screen on which little happens.
const FEW_PICTURES: f64 = 8.0;

/// Parts of the pictures that did not make it although they could have: from when on people see it, and from when on it
/// disturbs them.
const FEWER: f64 = 0.15;
const STUTTER: f64 = 0.3;

/// Pictures that may be on their way at the end of the window: encoded, and acknowledged a moment later.
const UNDER_WAY: f64 = 2.0;

/// A picture counts as soft when its encoder gets less than this part of the bits that it might have.
pub(super) const SOFT: f64 = 1.0 / 3.0;

/// A target delay that is long enough to be no remedy any more.
const LONG: Duration = Duration::from_millis(400);

/// The sums of the window.
#[expect(
    clippy::struct_excessive_bools,
    reason = "observations that have nothing to do with each other"
)]
pub(super) struct Window {
    /// All of its seconds are there.
    whole: bool,
    seconds: f64,
    captured: f64,
    encoded: f64,
    acknowledged: f64,
    /// Pictures that could have been encoded.
    wanted: f64,
    /// Pictures that were held back because too much was under way.
    held: f64,
    late: usize,
    slow_here: bool,
    /// This program did not get to run.
    late_here: bool,
    /// The pictures were lowered because of that.
    lowered_here: bool,
    coarse: bool,
    slowed: bool,
    loss_pct: f64,
    /// What keeps more packets here than may be.
    unsent: Option<Cause>,
    wifi: bool,
    /// Interruptions of the sound.
    pub(super) gaps: u64,
    has_pictures: bool,
    /// The one in force, else the chosen one.
    pub(super) target_delay: Duration,
}

impl Window {
    /// These seconds together, with whose fault it is; `chosen` is the target delay that the person chose.
    pub(super) fn new(seconds: &VecDeque<Second>, origin: &Origin, chosen: Duration) -> Window {
        let sum = |of: fn(&Second) -> f64| -> f64 { seconds.iter().map(of).sum() };
        let whole = seconds.len() == WINDOW;
        let all = |of: fn(&Second) -> bool| whole && seconds.iter().all(of);
        let last = seconds.back();
        Window {
            whole,
            seconds: seconds.len() as f64,
            captured: sum(|second| second.captured),
            encoded: sum(|second| second.encoded),
            acknowledged: sum(|second| second.acknowledged),
            wanted: sum(|second| second.captured.min(second.limit)),
            held: sum(|second| second.held),
            late: seconds.iter().filter(|second| second.late).count(),
            slow_here: all(|second| second.slow_here),
            late_here: origin.is_late_here(),
            lowered_here: origin.has_lowered_here(),
            coarse: all(|second| second.smaller || second.share < SOFT),
            slowed: all(|second| second.fewer),
            loss_pct: sum(|second| second.loss_pct) / seconds.len().max(1) as f64,
            unsent: unsent(seconds),
            wifi: last.is_some_and(|second| second.wifi),
            gaps: seconds.iter().map(|second| second.gaps).sum(),
            has_pictures: last.is_some_and(|second| second.has_pictures),
            target_delay: last
                .and_then(|second| second.target_delay)
                .unwrap_or(chosen),
        }
    }

    /// What is the matter between the encoder and the device. What stays here is known, what the network does is not.
    fn way(&self, busy_here: bool) -> Cause {
        let of_network = || Cause::Network {
            wifi: self.wifi,
            loss_pct: if self.is_lossy() {
                self.loss_pct.round().min(100.0) as u8
            } else {
                0
            },
        };
        self.unsent.unwrap_or_else(|| {
            if busy_here {
                Cause::Computer
            } else {
                of_network()
            }
        })
    }

    fn is_lossy(&self) -> bool {
        self.loss_pct >= LOSSY
    }

    /// Why the sound is interrupted. Slow pictures say something about it only where nothing is lost.
    pub(super) fn behind_gaps(&self) -> Cause {
        self.way(self.late_here || self.slow_here && !self.is_lossy())
    }

    /// Whether pictures are missing or late so that it disturbs, and why.
    pub(super) fn stutters(&self) -> Option<Cause> {
        if self.seconds < 2.0 {
            return None;
        }
        self.missing(STUTTER).or_else(|| {
            let says_something = self.has_pictures && self.captured >= FEW_PICTURES;
            (says_something && self.late >= 2).then(|| self.way_or_computer())
        })
    }

    /// Whether the picture is smaller or coarser than it could be, and why.
    pub(super) fn softened(&self) -> Option<Cause> {
        (self.has_pictures && self.coarse).then(|| self.way(self.lowered_here))
    }

    /// Whether there are fewer pictures than there could be, and why.
    pub(super) fn thinned(&self) -> Option<Cause> {
        if !self.whole {
            return None;
        }
        let slowed = || (self.has_pictures && self.slowed).then(|| self.way(self.lowered_here));
        self.missing(FEWER).or_else(slowed)
    }

    /// Why more than this part of the pictures did not make it.
    fn missing(&self, part: f64) -> Option<Cause> {
        if !self.has_pictures || self.captured < FEW_PICTURES {
            return None;
        }
        let not_encoded = (self.wanted - self.encoded - self.held).max(0.0);
        let not_arrived = self.held + (self.encoded - self.acknowledged - UNDER_WAY).max(0.0);
        let missing = (not_encoded + not_arrived) / self.wanted.max(1.0);
        (missing > part).then(|| {
            if not_encoded > not_arrived {
                Cause::Computer
            } else {
                self.way_or_computer()
            }
        })
    }

    fn way_or_computer(&self) -> Cause {
        if self.slow_here {
            Cause::Computer
        } else {
            self.way(self.late_here)
        }
    }

    /// What helps, a longer delay among it.
    pub(super) fn advice(&self, cause: Cause) -> Advice {
        let is_long = self.target_delay >= LONG;
        match cause {
            Cause::Computer => Advice::LessWork,
            Cause::Unsent { fault, .. } => remedy(fault),
            Cause::Network { wifi: true, .. } if is_long => Advice::Nearer,
            Cause::Network { wifi: true, .. } => Advice::MoreDelayOrNearer,
            Cause::Network { wifi: false, .. } if is_long => Advice::LessTraffic,
            Cause::Network { wifi: false, .. } => Advice::MoreDelay,
        }
    }
}

/// The fault that keeps most packets here, when they are many.
fn unsent(seconds: &VecDeque<Second>) -> Option<Cause> {
    let packets: u64 = seconds.iter().map(|second| second.packets).sum();
    let stayed = |fault: SendFault| -> u64 {
        let counts = seconds.iter().map(|second| second.unsent.of(fault));
        counts.sum()
    };
    // Packets that are too large follow as smaller ones, and those that are refused did leave.
    let faults = SendFault::ALL
        .into_iter()
        .filter(|fault| !matches!(fault, SendFault::TooLarge | SendFault::Refused));
    let (fault, count) = faults
        .map(|fault| (fault, stayed(fault)))
        .max_by_key(|(_, count)| *count)?;
    let part = count as f64 / packets.max(count).max(1) as f64;
    let pct = (part * 100.0).round() as u8;
    (part > UNSENT).then_some(Cause::Unsent { fault, pct })
}
