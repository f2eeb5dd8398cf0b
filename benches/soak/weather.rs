// SPDX-License-Identifier: GPL-3.0-or-later
//! What the way between the hosts is like, moment by moment: the time since the start in, conditions out. Pure.
//!
//! ```text
//!  fair ─ 2 % lost ─ slow ─ slower ─ faster ─ rough ─ gone (10 s, 2 s, control alone, 60 s: in turn) ─ fair ─ …
//! ```
//! All lengths are those of a real home. What is measured is compared in fair weather only: in the other kinds a cast holds
//! more, or less, and that is no trend.

use std::time::Duration;

use crate::links::link::{Conditions, Loss};
use crate::links::relay::Carries;

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// How long fair weather must have lasted until both ends have settled: the device is back, sizes and rates have grown
/// again.
const SETTLING: Duration = s(12);

/// After such a silence a device counts as lost (8 s, see the session's timings).
const LOST: Duration = s(10);

/// The kinds of weather.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A good Wi-Fi.
    Fair,
    /// 2 % lost, jitter of 10 ms.
    Lossy,
    /// Less than the pictures want.
    Slow,
    /// Much less.
    Slower,
    /// Much more again, though not what they want.
    Faster,
    /// Losses in bursts, packets that are late, overtaken and doubled.
    Rough,
    /// Nothing passes.
    Gone,
    /// The control channel is silent, media flow.
    ControlGone,
}

/// A time of one kind of weather.
#[derive(Debug, Clone, Copy)]
struct Spell {
    kind: Kind,
    length: Duration,
}

const fn spell(kind: Kind, length: Duration) -> Spell {
    Spell { kind, length }
}

const FAIR: Spell = spell(Kind::Fair, s(40));
/// From one absence to the next.
const BAD: [Spell; 5] = [
    spell(Kind::Lossy, s(15)),
    spell(Kind::Slow, s(10)),
    spell(Kind::Slower, s(10)),
    spell(Kind::Faster, s(10)),
    spell(Kind::Rough, s(10)),
];
/// In turn. After 10 s a device counts as lost and is sought, after 2 s not; 60 s are longer than either end waits for a
/// word.
const ABSENCES: [Spell; 4] = [
    spell(Kind::Gone, s(10)),
    spell(Kind::Gone, s(2)),
    spell(Kind::ControlGone, s(25)),
    spell(Kind::Gone, s(60)),
];

/// The weather of a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Which spell it is, counted from the start.
    pub number: usize,
    /// Its kind.
    pub kind: Kind,
    /// It is fair, and both ends have had the time to settle.
    pub is_settled: bool,
    /// Nothing passes, for longer than a device may be silent without being lost.
    pub loses_device: bool,
}

/// All spells, without end.
fn spells() -> impl Iterator<Item = Spell> {
    let absences = ABSENCES.into_iter().cycle();
    absences.flat_map(|absence| [FAIR].into_iter().chain(BAD).chain([absence]))
}

/// The weather after so long.
pub fn at(since_start: Duration) -> Moment {
    let mut begin = Duration::ZERO;
    let mut found = Moment {
        number: 0,
        kind: Kind::Fair,
        is_settled: false,
        loses_device: false,
    };
    for (number, spell) in spells().enumerate() {
        found = Moment {
            number,
            kind: spell.kind,
            is_settled: spell.kind == Kind::Fair && since_start >= begin + SETTLING,
            loses_device: spell.kind == Kind::Gone && spell.length >= LOST,
        };
        begin += spell.length;
        if begin > since_start {
            break;
        }
    }
    found
}

impl Kind {
    /// What the way does to packets then, in each direction.
    pub fn conditions(self) -> Conditions {
        let fair = Conditions {
            jitter: ms(2),
            rate: Some(20_000_000),
            mtu: 1500 + crate::links::link::OVERHEAD,
            ..Conditions::clean(ms(4))
        };
        let at = |rate| Conditions {
            rate: Some(rate),
            ..fair
        };
        match self {
            Kind::Fair | Kind::Gone | Kind::ControlGone => fair,
            Kind::Lossy => Conditions {
                jitter: ms(10),
                loss: Loss::Random(0.02),
                ..fair
            },
            Kind::Slow => at(1_000_000),
            Kind::Slower => at(250_000),
            Kind::Faster => at(600_000),
            Kind::Rough => Conditions {
                loss: Loss::Bursts {
                    bad: 0.05,
                    length: 6.0,
                    lost: 0.5,
                },
                late: 0.02,
                late_at_least: ms(10),
                late_by: ms(30),
                duplicated: 0.01,
                ..fair
            },
        }
    }

    /// What passes at all then.
    pub fn carries(self) -> Carries {
        match self {
            Kind::Gone => Carries::Nothing,
            Kind::ControlGone => Carries::AllButControl,
            _ => Carries::Everything,
        }
    }

    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Fair => "fair",
            Kind::Lossy => "2 % lost",
            Kind::Slow => "1 Mbit/s",
            Kind::Slower => "250 kbit/s",
            Kind::Faster => "600 kbit/s",
            Kind::Rough => "bursts of loss, late and doubled packets",
            Kind::Gone => "nothing passes",
            Kind::ControlGone => "the control channel is silent",
        }
    }
}
