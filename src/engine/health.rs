// SPDX-License-Identifier: GPL-3.0-or-later
//! How a cast is going: a [`Second`] of numbers after the other in, a [`Health`] out. Reads no clock and writes no words.
//!
//! What counts is the last [`WINDOW`]; a verdict holds for [`HOLD`] before it may change, so that it can be read. Only the
//! person's own pause shows at once.
//!
//! ```text
//! first that applies   Paused ▸ Waiting ▸ Blocked ▸ Stuttering ▸ SoundGaps ▸ Softened ▸ Well
//! ```

mod second;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

pub use self::second::Second;
use crate::session::state::{SessionState, Trouble};
use crate::session::unsent::SendFault;

/// How long a verdict is shown at least.
pub const HOLD: Duration = Duration::from_secs(5);

/// Seconds that are judged together: one bad second is no verdict.
const WINDOW: usize = 3;

/// Pictures in the window below which nothing is said about their rate: a screen on which little happens.
const FEW_PICTURES: f64 = 8.0;

/// Parts of the pictures that did not make it although they could have: from when on people see it, and from when on it
/// disturbs them.
const FEWER: f64 = 0.15;
const STUTTER: f64 = 0.3;

/// A picture counts as soft when its encoder gets less than this part of the bits that it might have.
const SOFT: f64 = 1.0 / 3.0;

/// Part of the packets that may stay in this computer without a word.
const UNSENT: f64 = 0.02;

/// Interruptions of the sound in the window that are heard as one trouble.
const GAPS: u64 = 2;

/// Loss from which on it is named, in percent.
const WORTH_NAMING: f64 = 1.0;

/// A target delay that is long enough to be no remedy any more.
const LONG: Duration = Duration::from_millis(400);

/// Where the trouble is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// Between this computer and the device.
    Network {
        /// Whether it begins with Wi-Fi.
        wifi: bool,
        /// Packets lost on the way, in whole percent; 0 when loss is not the trouble.
        loss_pct: u8,
    },
    /// This computer does not keep up.
    Computer,
}

/// How it is going.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// As it should.
    Well {
        /// From capture to display, in steps of 100 ms.
        behind: Duration,
        /// Whether there are pictures at all.
        pictures: bool,
    },
    /// The picture is lowered, but whole.
    Softened(Cause),
    /// Pictures come late or not at all.
    Stuttering(Cause),
    /// The sound is interrupted again and again.
    SoundGaps(Cause),
    /// Packets do not leave this computer.
    Blocked(SendFault),
    /// The session deals with a trouble.
    Waiting(Trouble),
    /// The person froze the picture.
    Paused {
        /// Whether sound goes on.
        sound: bool,
    },
}

/// What would help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Advice {
    /// A longer delay, and less Wi-Fi between.
    MoreDelayOrNearer,
    /// The delay is long already: less Wi-Fi between.
    Nearer,
    /// Other traffic of a network without Wi-Fi.
    LessTraffic,
    /// A longer delay on a network without Wi-Fi.
    MoreDelay,
    /// Fewer programs at the same time, or a smaller picture.
    LessWork,
    /// See to the network of this computer.
    CheckNetwork,
    /// Allow outgoing UDP.
    AllowPackets,
    /// See to the device.
    CheckDevice,
}

/// How much a verdict matters to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tone {
    /// All is well.
    Good,
    /// Worth knowing.
    Information,
    /// Something should be done.
    Warning,
}

/// A verdict, and what would help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Health {
    /// How it is going.
    pub verdict: Verdict,
    /// What would help; nothing to do when `None`.
    pub advice: Option<Advice>,
}

impl Health {
    /// How much it matters.
    pub fn tone(&self) -> Tone {
        match self.verdict {
            Verdict::Well { .. } => Tone::Good,
            Verdict::Softened(_) | Verdict::Paused { .. } => Tone::Information,
            Verdict::Stuttering(_)
            | Verdict::SoundGaps(_)
            | Verdict::Blocked(_)
            | Verdict::Waiting(_) => Tone::Warning,
        }
    }
}

/// What the person and the session do, beside the numbers.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// Where the session stands.
    pub state: &'a SessionState,
    /// Whether the person froze the picture.
    pub paused: bool,
    /// What the person chose; used until the numbers tell the one in force.
    pub target_delay: Duration,
}

/// Watches one cast.
#[derive(Debug, Default)]
pub struct HealthMonitor {
    window: VecDeque<Second>,
    shown: Option<(Instant, Health)>,
}

impl HealthMonitor {
    /// Takes the numbers of a second.
    pub fn note(&mut self, second: Second) {
        if self.window.len() == WINDOW {
            self.window.pop_front();
        }
        self.window.push_back(second);
    }

    /// How it is going now; `None` before the first numbers, and when frames do not flow yet or any more.
    pub fn judge(&mut self, now: Instant, around: Circumstances<'_>) -> Option<Health> {
        let flows = matches!(
            around.state,
            SessionState::Streaming(_) | SessionState::Recovering(..)
        );
        if self.window.is_empty() || !flows {
            self.shown = None;
            return None;
        }
        let found = self.look(around);
        let is_pause = |health: &Health| matches!(health.verdict, Verdict::Paused { .. });
        match &self.shown {
            Some((_, shown)) if *shown == found => {}
            Some((since, shown))
                if now.saturating_duration_since(*since) < HOLD
                    && is_pause(shown) == is_pause(&found) => {}
            _ => self.shown = Some((now, found)),
        }
        self.shown.map(|(_, health)| health)
    }

    fn look(&mut self, around: Circumstances<'_>) -> Health {
        let sound = self.window.back().is_some_and(|second| second.sound);
        let of = |verdict, advice| Health { verdict, advice };
        if around.paused {
            // What is not sent says nothing; the judgement begins anew afterwards.
            let last = self.window.len().saturating_sub(1);
            self.window.drain(..last);
            return of(Verdict::Paused { sound }, None);
        }
        if let SessionState::Recovering(_, trouble) = around.state {
            let advice = (*trouble == Trouble::NoFeedback).then_some(Advice::CheckDevice);
            return of(Verdict::Waiting(*trouble), advice);
        }
        if let Some(fault) = self.blocked() {
            return of(Verdict::Blocked(fault), Some(remedy(fault)));
        }
        let window = Window::new(&self.window, around.target_delay);
        if let Some(cause) = window.stutters() {
            return of(Verdict::Stuttering(cause), Some(window.advice(cause)));
        }
        if window.gaps >= GAPS {
            let cause = window.network();
            return of(Verdict::SoundGaps(cause), Some(window.advice(cause)));
        }
        if let Some(cause) = window.softened() {
            let advice = match cause {
                Cause::Network { wifi: true, .. } => Advice::Nearer,
                Cause::Network { wifi: false, .. } => Advice::LessTraffic,
                Cause::Computer => Advice::LessWork,
            };
            return of(Verdict::Softened(cause), Some(advice));
        }
        let tenths = (window.target_delay.as_secs_f64() * 10.0).round();
        let behind = Duration::from_millis(tenths as u64 * 100);
        let pictures = window.has_pictures;
        of(Verdict::Well { behind, pictures }, None)
    }

    /// The fault that keeps most packets here, when they are many.
    fn blocked(&self) -> Option<SendFault> {
        let left: u64 = self.window.iter().map(|second| second.packets).sum();
        let stayed = |fault: SendFault| -> u64 {
            let counts = self.window.iter().map(|second| second.unsent.of(fault));
            counts.sum()
        };
        // Packets that are too large follow as smaller ones.
        let faults = SendFault::ALL
            .into_iter()
            .filter(|fault| *fault != SendFault::TooLarge);
        let (fault, count) = faults
            .map(|fault| (fault, stayed(fault)))
            .max_by_key(|(_, count)| *count)?;
        (count as f64 > UNSENT * (left + count) as f64).then_some(fault)
    }
}

fn remedy(fault: SendFault) -> Advice {
    match fault {
        SendFault::NotPermitted => Advice::AllowPackets,
        SendFault::Refused => Advice::CheckDevice,
        SendFault::NoRoom => Advice::LessWork,
        SendFault::NoRoute | SendFault::TooLarge | SendFault::Other => Advice::CheckNetwork,
    }
}

/// The sums of the window.
#[expect(
    clippy::struct_excessive_bools,
    reason = "observations that have nothing to do with each other"
)]
struct Window {
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
    lowered: bool,
    loss_pct: f64,
    gaps: u64,
    wifi: bool,
    has_pictures: bool,
    target_delay: Duration,
}

impl Window {
    fn new(seconds: &VecDeque<Second>, chosen: Duration) -> Window {
        let sum = |of: fn(&Second) -> f64| -> f64 { seconds.iter().map(of).sum() };
        let all = |of: fn(&Second) -> bool| seconds.len() == WINDOW && seconds.iter().all(of);
        let last = seconds.back();
        Window {
            seconds: seconds.len() as f64,
            captured: sum(|second| second.captured),
            encoded: sum(|second| second.encoded),
            acknowledged: sum(|second| second.acknowledged),
            wanted: sum(|second| second.captured.min(second.limit)),
            held: sum(|second| second.held),
            late: seconds.iter().filter(|second| second.late).count(),
            slow_here: all(|second| second.slow_here),
            lowered: all(|second| second.lowered || second.share < SOFT),
            loss_pct: sum(|second| second.loss_pct) / seconds.len().max(1) as f64,
            gaps: seconds.iter().map(|second| second.gaps).sum(),
            wifi: last.is_some_and(|second| second.wifi),
            has_pictures: last.is_some_and(|second| second.has_pictures),
            target_delay: last
                .and_then(|second| second.target_delay)
                .unwrap_or(chosen),
        }
    }

    fn network(&self) -> Cause {
        let named = self.loss_pct >= WORTH_NAMING;
        Cause::Network {
            wifi: self.wifi,
            loss_pct: if named {
                self.loss_pct.round().min(100.0) as u8
            } else {
                0
            },
        }
    }

    /// The part of the pictures that this computer did not get encoded.
    fn not_encoded(&self) -> f64 {
        let lacking = self.wanted - self.encoded - self.held;
        lacking / self.wanted.max(1.0)
    }

    fn stutters(&self) -> Option<Cause> {
        if !self.has_pictures || self.captured < FEW_PICTURES || self.seconds < 2.0 {
            return None;
        }
        if self.not_encoded() > STUTTER {
            return Some(Cause::Computer);
        }
        let held = self.held / self.captured;
        let lost = 1.0 - self.acknowledged / self.encoded.max(1.0);
        if held > STUTTER || lost > STUTTER || self.late >= 2 {
            let cause = self.network();
            return Some(if self.slow_here {
                Cause::Computer
            } else {
                cause
            });
        }
        None
    }

    fn softened(&self) -> Option<Cause> {
        if !self.has_pictures {
            return None;
        }
        if self.lowered {
            return Some(self.network());
        }
        let fewer = self.captured >= FEW_PICTURES && self.not_encoded() > FEWER;
        fewer.then_some(Cause::Computer)
    }

    fn advice(&self, cause: Cause) -> Advice {
        let is_long = self.target_delay >= LONG;
        match cause {
            Cause::Computer => Advice::LessWork,
            Cause::Network { wifi: true, .. } if is_long => Advice::Nearer,
            Cause::Network { wifi: true, .. } => Advice::MoreDelayOrNearer,
            Cause::Network { wifi: false, .. } if is_long => Advice::LessTraffic,
            Cause::Network { wifi: false, .. } => Advice::MoreDelay,
        }
    }
}

#[cfg(test)]
mod tests;
