// SPDX-License-Identifier: GPL-3.0-or-later
//! How a cast is going: a [`Second`] of numbers after the other in, a [`Health`] out. Reads no clock and writes no words.
//!
//! What counts is the last [`WINDOW`]; a verdict holds for [`HOLD`] before it may change, so that it can be read. What is
//! certain comes and goes at once: the person's own pause, a trouble that the session knows of, and that nothing at all
//! gets through. Nothing is called good before there was a whole window, and while no picture arrives.
//!
//! ```text
//! first that applies   Paused ▸ Waiting ▸ Blocked ▸ Stuttering ▸ SoundGaps ▸ Softened ▸ Thinned ▸ Well
//! ```

mod origin;
mod second;
mod window;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use self::origin::Origin;
pub use self::second::Second;
use self::window::Window;
use crate::session::state::{SessionState, Trouble};
use crate::session::unsent::SendFault;

/// How long a verdict is shown at least.
pub const HOLD: Duration = Duration::from_secs(5);

/// Seconds that are judged together: one bad second is no verdict.
const WINDOW: usize = 3;

/// Seconds in a row in which nothing gets through, after which that is said.
const SILENT: usize = 2;

/// Part of the packets that may stay in this computer without a word.
const UNSENT: f64 = 0.02;

/// Interruptions of the sound in the window that are heard as one trouble.
const GAPS: u64 = 2;

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
    /// Some packets do not leave this computer.
    Unsent {
        /// Why most of them do not.
        fault: SendFault,
        /// So many do not, in whole percent, at least 1.
        pct: u8,
    },
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
    /// The picture is smaller or coarser than it could be, but whole.
    Softened(Cause),
    /// Some pictures are left out, too few to disturb.
    Thinned(Cause),
    /// Pictures come late or not at all.
    Stuttering(Cause),
    /// The sound is interrupted again and again.
    SoundGaps(Cause),
    /// Nothing at all gets through.
    Blocked(SendFault),
    /// The session deals with a trouble.
    Waiting {
        /// Which.
        trouble: Trouble,
        /// Whether there are pictures at all.
        pictures: bool,
    },
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
            Verdict::Softened(_) | Verdict::Thinned(_) | Verdict::Paused { .. } => {
                Tone::Information
            }
            Verdict::Stuttering(_)
            | Verdict::SoundGaps(_)
            | Verdict::Blocked(_)
            | Verdict::Waiting { .. } => Tone::Warning,
        }
    }

    /// Whether more than a few seconds of numbers speak for it.
    fn is_certain(&self) -> bool {
        matches!(
            self.verdict,
            Verdict::Paused { .. } | Verdict::Waiting { .. } | Verdict::Blocked(_)
        )
    }
}

/// What the person and the session do, beside the numbers.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// Where the session stands.
    pub state: &'a SessionState,
    /// Whether the person froze the picture.
    pub paused: bool,
    /// Whether pictures are cast.
    pub pictures: bool,
    /// Whether the person wants sound on the device.
    pub sound: bool,
    /// What the person chose; used until the numbers tell the one in force.
    pub target_delay: Duration,
}

/// Watches one cast.
#[derive(Debug, Default)]
pub struct HealthMonitor {
    window: VecDeque<Second>,
    origin: Origin,
    /// Seconds of the cast so far, up to [`WINDOW`].
    seen: usize,
    shown: Option<(Instant, Health)>,
}

impl HealthMonitor {
    /// Takes the numbers of a second.
    pub fn note(&mut self, second: Second) {
        if self.window.len() == WINDOW {
            self.window.pop_front();
        }
        self.origin.note(&second);
        self.window.push_back(second);
        self.seen = (self.seen + 1).min(WINDOW);
    }

    /// How it is going now; `None` when frames do not flow yet or any more, before the first numbers, and until there are
    /// enough of them to say that all is well.
    pub fn judge(&mut self, now: Instant, around: Circumstances<'_>) -> Option<Health> {
        let Some(found) = self.look(around) else {
            self.shown = None;
            return None;
        };
        match self.shown {
            Some((_, shown)) if shown == found => {}
            Some((since, shown)) if self.holds(now, since, &shown, &found) => {}
            _ => self.shown = Some((now, found)),
        }
        self.shown.map(|(_, health)| health)
    }

    /// Whether what is shown since then stays, although something else was found.
    fn holds(&self, now: Instant, since: Instant, shown: &Health, found: &Health) -> bool {
        let refuted = shown.tone() == Tone::Good && self.arrives_nothing();
        let certain = shown.is_certain() || found.is_certain();
        !refuted && !certain && now.saturating_duration_since(since) < HOLD
    }

    fn look(&mut self, around: Circumstances<'_>) -> Option<Health> {
        let of = |verdict, advice| Some(Health { verdict, advice });
        match around.state {
            SessionState::Recovering(streams, trouble) if !around.paused => {
                // What did not arrive meanwhile says nothing about the time afterwards.
                self.window.clear();
                let advice = (*trouble == Trouble::NoFeedback).then_some(Advice::CheckDevice);
                let (trouble, pictures) = (*trouble, streams.video.is_some());
                return of(Verdict::Waiting { trouble, pictures }, advice);
            }
            SessionState::Streaming(_) | SessionState::Recovering(..) => {}
            _ => return None,
        }
        let last = self.window.back()?;
        if around.paused {
            let sound = last.sound && around.sound;
            // What is not sent says nothing; the judgement begins anew afterwards.
            self.begin_anew();
            return of(Verdict::Paused { sound }, None);
        }
        if let Some(fault) = self.blocked() {
            return of(Verdict::Blocked(fault), Some(remedy(fault)));
        }
        if !last.is_blocked() && self.is_shown_as_blocked() {
            self.begin_anew();
        }
        let window = Window::new(&self.window, &self.origin, around.target_delay);
        if let Some(cause) = window.stutters() {
            return of(Verdict::Stuttering(cause), Some(window.advice(cause)));
        }
        if window.gaps >= GAPS {
            let cause = window.behind_gaps();
            return of(Verdict::SoundGaps(cause), Some(window.advice(cause)));
        }
        if let Some(cause) = window.softened() {
            return of(Verdict::Softened(cause), Some(without_delay(cause)));
        }
        if let Some(cause) = window.thinned() {
            return of(Verdict::Thinned(cause), Some(without_delay(cause)));
        }
        if self.seen < WINDOW {
            return None;
        }
        let tenths = (window.target_delay.as_secs_f64() * 10.0).round();
        let behind = Duration::from_millis(tenths as u64 * 100);
        let pictures = around.pictures;
        of(Verdict::Well { behind, pictures }, None)
    }

    fn begin_anew(&mut self) {
        let last = self.window.len().saturating_sub(1);
        self.window.drain(..last);
    }

    /// The last seconds, when there are enough of them to say that something does not happen.
    fn silence(&self) -> Option<impl Iterator<Item = &Second> + Clone> {
        let before = self.window.len().checked_sub(SILENT)?;
        Some(self.window.range(before..))
    }

    /// What lets nothing through.
    fn blocked(&self) -> Option<SendFault> {
        let mut silence = self.silence()?;
        let seconds = silence.clone();
        let stayed = |fault: SendFault| -> u64 {
            let counts = seconds.clone().map(|second| second.unsent.of(fault));
            counts.sum()
        };
        let faults = SendFault::ALL.into_iter();
        silence
            .all(Second::is_blocked)
            .then(|| faults.max_by_key(|fault| stayed(*fault)))?
    }

    /// Whether pictures were made and none of them has arrived.
    fn arrives_nothing(&self) -> bool {
        self.silence().is_some_and(|mut silence| {
            silence.all(|second| second.encoded > 0.0 && second.acknowledged <= 0.0)
        })
    }

    fn is_shown_as_blocked(&self) -> bool {
        matches!(
            self.shown,
            Some((
                _,
                Health {
                    verdict: Verdict::Blocked(_),
                    ..
                }
            ))
        )
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

/// What helps against a picture that is whole: a longer delay does not.
fn without_delay(cause: Cause) -> Advice {
    match cause {
        Cause::Network { wifi: true, .. } => Advice::Nearer,
        Cause::Network { wifi: false, .. } => Advice::LessTraffic,
        Cause::Computer => Advice::LessWork,
        Cause::Unsent { fault, .. } => remedy(fault),
    }
}

#[cfg(test)]
mod tests;
