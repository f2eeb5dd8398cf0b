// SPDX-License-Identifier: GPL-3.0-or-later
//! Whether and when a lost device is sought again: [`Reason`]s and the time in, the moment of the next attempt out, or the
//! reason to give up. Pure: reads no clock, opens nothing.
//!
//! ```text
//!  streams are heard ──lost──▶ attempt at once ──not reached──▶ KNOCK, again ─┐
//!        ▲                            │      └──reached, failed──▶ 1, 2, 4, 8 s ┴──▶ limit is over: given up
//!        └────────────────────────────┘
//! ```
//! | why it was lost, or an attempt failed | |
//! |---|---|
//! | connection ended, silence | sought again |
//! | refused, unreachable, no address, interface gone, too late | sought again |
//! | handshake or app not in order: the device may be starting | sought again, at growing intervals |
//! | stopped or replaced on the device, declined there | never: somebody wanted that |
//! | refused for good: no common format, no picture, not trusted | never |
//! | garbage, a device that does not listen | never: it would do so again |
//! | the person, the end of the source, what is missing here | never |

use std::time::{Duration, Instant};

use super::reason::{Layer, Missing, Reason, Waiting};
use super::state::{Absence, Setback};

/// Between attempts that reach nobody. With an attempt's own time ([`super::timings::Timings::knock`]) the device is
/// asked at least every 1.5 s, so that pictures move within 3 s of the network's return.
pub(super) const KNOCK: Duration = Duration::from_millis(500);

/// After an attempt that reached the device and failed: it is starting, or in trouble, and more attempts add to that.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The pauses double up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// News of the network end a wait, but not sooner after the last attempt: they come in bursts.
const NEWS_PAUSE: Duration = Duration::from_millis(200);

/// Streams that were heard for so long are steady: the next loss has nothing to do with the one before.
const STEADY: Duration = Duration::from_secs(20);

/// What an attempt found, when it is worth another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Nobody(Setback),
    Trouble(Setback),
}

/// One session's losses, and what is done about them.
#[derive(Debug)]
pub(super) struct Recovery {
    limit: Duration,
    /// When the streams of the moment were heard first.
    heard: Option<Instant>,
    /// When the device was lost that has not been steady since.
    lost: Option<Instant>,
    attempts: u32,
    /// Attempts in a row that reached the device and failed, and streams that did not last.
    troubles: u32,
    /// When the last attempt ended.
    failed: Option<Instant>,
}

impl Recovery {
    /// A device is sought for `limit` at most; zero: never.
    pub(super) fn new(limit: Duration) -> Recovery {
        Recovery {
            limit,
            heard: None,
            lost: None,
            attempts: 0,
            troubles: 0,
            failed: None,
        }
    }

    /// The device has answered the streams that flow.
    pub(super) fn heard(&mut self, now: Instant) {
        self.heard.get_or_insert(now);
    }

    /// The session cannot go on as it is. When the next attempt begins; else why it ends.
    ///
    /// # Errors
    /// `reason` itself, when the device is not to be sought.
    pub(super) fn lost(&mut self, now: Instant, reason: Reason) -> Result<Absence, Reason> {
        let heard = self.heard.take();
        let setback = match reason {
            Reason::DeviceClosed => Setback::ConnectionLost,
            Reason::DeviceGone(_) => Setback::Silent,
            _ => return Err(reason),
        };
        // Nothing ever came back: a firewall, or a device that cannot do it.
        if self.limit.is_zero() || (heard.is_none() && self.lost.is_none()) {
            return Err(reason);
        }
        let lasted = heard.map_or(Duration::ZERO, |heard| now.saturating_duration_since(heard));
        if lasted >= STEADY || self.lost.is_none() {
            self.lost = Some(now);
            self.attempts = 0;
            self.troubles = 0;
        } else {
            self.troubles = self.troubles.saturating_add(1);
        }
        self.failed = Some(now);
        let pause = if self.troubles == 0 {
            Duration::ZERO
        } else {
            self.pause()
        };
        self.wait(now, pause, setback)
    }

    /// An attempt begins.
    pub(super) fn attempt(&mut self) {
        self.attempts = self.attempts.saturating_add(1);
    }

    /// It failed.
    ///
    /// # Errors
    /// `reason` itself when it is not worth another attempt; [`Reason::NotBack`] when the time is over.
    pub(super) fn failed(&mut self, now: Instant, reason: Reason) -> Result<Absence, Reason> {
        self.heard = None;
        let Some(found) = found(&reason) else {
            return Err(reason);
        };
        self.failed = Some(now);
        match found {
            Found::Nobody(setback) => self.wait(now, KNOCK, setback),
            Found::Trouble(setback) => {
                self.troubles = self.troubles.saturating_add(1);
                let pause = self.pause();
                self.wait(now, pause, setback)
            }
        }
    }

    /// The network or the device's address has changed: a wait that would go on until `next` ends at the moment returned.
    pub(super) fn news(&self, now: Instant, next: Instant) -> Instant {
        let soonest = self.failed.map_or(now, |failed| failed + NEWS_PAUSE);
        next.min(soonest.max(now))
    }

    fn pause(&self) -> Duration {
        let doublings = self.troubles.saturating_sub(1).min(8);
        (FIRST_PAUSE * 2_u32.pow(doublings)).min(LONGEST_PAUSE)
    }

    fn wait(&self, now: Instant, pause: Duration, why: Setback) -> Result<Absence, Reason> {
        let lost = self.lost.unwrap_or(now);
        let until = lost + self.limit;
        if now >= until {
            return Err(Reason::NotBack {
                after: self.limit,
                why,
            });
        }
        Ok(Absence {
            why,
            attempt: self.attempts + 1,
            next: Some((now + pause).min(until)),
            until,
        })
    }
}

/// What an attempt that ended like this found.
fn found(reason: &Reason) -> Option<Found> {
    match reason {
        Reason::ConnectionRefused => Some(Found::Nobody(Setback::Starting)),
        Reason::NetworkUnreachable | Reason::Missing(Missing::Interface(_)) => {
            Some(Found::Nobody(Setback::NoNetwork))
        }
        // Of the system: an address or an interface went while it was being used.
        Reason::System(_) => Some(Found::Nobody(Setback::NoNetwork)),
        Reason::TimedOut(Waiting::Connection) | Reason::HostUnknown(_) => {
            Some(Found::Nobody(Setback::Silent))
        }
        Reason::DeviceGone(_) => Some(Found::Trouble(Setback::Silent)),
        Reason::DeviceClosed | Reason::TimedOut(_) | Reason::Garbage(Layer::Tls) => {
            Some(Found::Trouble(Setback::Starting))
        }
        // The platform is there, and its apps are not yet. Other codes are refusals.
        Reason::AppRefused { code } if code == "SYSTEM_ERROR" => {
            Some(Found::Trouble(Setback::Starting))
        }
        // Another device has its address: announcements tell where it is now.
        Reason::OtherDevice => Some(Found::Trouble(Setback::Elsewhere)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
