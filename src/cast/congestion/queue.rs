// SPDX-License-Identifier: GPL-3.0-or-later
//! Departures, acknowledgements and round trips in, rates out: as much media as the path carries without a queue.
//!
//! ```text
//!  Signal::Asked ───▶ questions ── what is overdue ──▶ less at once
//!  Signal::Sent ────────▶ ledger ──┐
//!                                  ├─▶ delivery ─ delivered, shown by pictures ─┐
//!  Signal::Acknowledged ─┐         │                                           ▼
//!                        ├─▶ answers ──▶ delay ─ queue, noise ───────────▶ capacity ─ estimate ─┐
//!  Signal::RoundTrip ────┘                          │                                           ▼
//!                                                   └──────────── drain the queue ──▶ media bitrate, pacing rate
//! ```
//! **Why the queue and not the loss.** A screen is sent over Wi-Fi, where packets get lost at any rate: whoever slows down
//! for each loss ends at nothing. A path that is given more than it carries puts the rest into a queue first, and that
//! shows in every answer, long before the queue overflows. So the queue decides, by three rules:
//! 1. What arrives while a queue stands is what the path carries: that becomes the [estimate](capacity).
//! 2. Without a queue the estimate rises, at once to what pictures show that were faster than it.
//! 3. Media get the estimate without headers and repetitions, less what is needed to empty the queue soon.
//!
//! **Why silence counts.** The answer that would tell of a longer queue waits in that queue itself: on a link that falls from
//! 8 to 2 Mbit/s each 10 ms until that is noticed put 40 ms into the queue. So an answer that is overdue (`questions`) slows
//! everything down at once, and what was measured before is forgotten; how much the path carries now, the next answers say.
//!
//! **Why not the receiver's event log.** It tells when each packet arrived, and so how long the way there alone took. But it
//! comes with the very answers that are measured anyway, never before them, and in whole milliseconds. Rates that listened
//! to it were no better on the simulated networks (`docs/benchmarks.md` has the figures). So it is read for the statistics
//! only (`arrivals` in [`sender`](crate::cast::sender)).
//!
//! **Why nothing falls in an outage.** When nothing passes at all (a microwave oven, a roaming laptop), no answer comes,
//! and none says anything about the rate: the estimate stays. Only what is made becomes less, since it will be late.

use std::time::{Duration, Instant};

use crate::cast::congestion::capacity::{Capacity, FASTEST};
use crate::cast::congestion::path::{Acknowledged, Path};
use crate::cast::congestion::{Bounds, CongestionControl, Decision, Signal};

/// A queue is to be gone after this many seconds; what waits for the pacer after three times as long, since that does not
/// delay the sound.
const DRAIN_TIME: f64 = 0.3;
const DRAIN_OWN_TIME: f64 = 1.0;

/// No queue is drained by making less than this part of what the path carries.
const LEAST_WHILE_DRAINING: f64 = 0.3;

/// The part of the estimate that is used; the rest empties the small queues that uneven pictures make.
const HEADROOM: f64 = 0.97;

/// Without an answer for this long, and this many round trips, less is made: half after as long again.
const PATIENCE: Duration = Duration::from_millis(60);

/// Packets leave this many times as fast as media are made on the average, so that pictures show what the path carries...
const PACING_GAIN: f64 = 1.2;

/// ... but when that would only make a queue there, hardly faster than the path carries them: behind a queue, and when
/// more is waiting than the path carries in this many seconds.
const GENTLE_GAIN: f64 = 0.97;
const LARGE: f64 = 0.04;

/// When answers are overdue, or more has left than the path carries in a round trip and this time, the path has probably
/// become slower, and the news of it waits in its queue: what leaves now would be lost at the end of that. This part of
/// the estimate is then counted on.
const WINDOW: Duration = Duration::from_millis(40);
const LATE_GAIN: f64 = 0.25;

/// When answers have been overdue for this many seconds, half as much media is made: the next picture comes out of the
/// encoder before it is known what the path carries now.
const GRACE: f64 = 0.03;

/// As long as no limit has been met: the gain that the reference's successor of today allows itself, and no slower than
/// the reference's bursts.
const FREE_GAIN: f64 = 2.5;
const FREE_PACING: f64 = 24e6;

/// Packets leave at most this fast, in bits per second.
const MAX_PACING: f64 = 100e6;

/// Decisions that are further apart count as if they were this many seconds apart: the clock jumped, or all slept.
const LONGEST_STEP: f64 = 0.1;

/// Keeps the queue of the path short.
#[derive(Debug)]
pub struct QueueControl {
    bounds: Bounds,
    path: Path,
    capacity: Capacity,
    media: f64,
    decided: Instant,
}

impl QueueControl {
    /// Begins with the bounds' start.
    pub fn new(now: Instant, bounds: Bounds) -> QueueControl {
        QueueControl {
            bounds,
            path: Path::new(now),
            capacity: Capacity::new(bounds),
            media: f64::from(bounds.start),
            decided: now,
        }
    }

    /// What may be made, when this much stands on the path beyond what is allowed, and this much waits for the pacer.
    fn media(&self, now: Instant, excess: Duration, unsent: usize, step: f64) -> f64 {
        let Some(estimate) = self.capacity.estimate() else {
            return self.media;
        };
        let own = unsent as f64 * 8.0 / estimate;
        let drain = excess.as_secs_f64() / DRAIN_TIME + own / DRAIN_OWN_TIME;
        let part = (1.0 - drain).max(LEAST_WHILE_DRAINING);
        let wanted = estimate * HEADROOM * self.path.media_share() * part;
        let unanswered = self.path.unanswered(now);
        let wanted = if unanswered > PATIENCE {
            wanted * PATIENCE.as_secs_f64() / unanswered.as_secs_f64()
        } else {
            wanted
        };
        let late = self.path.late().map_or(0.0, |since| {
            now.saturating_duration_since(since).as_secs_f64()
        });
        let wanted = wanted * (GRACE / (GRACE + late)).max(LATE_GAIN);
        wanted.min(self.media * FASTEST.powf(step))
    }

    /// How long all that was given to the path and the pacer needs to pass: a picture that is made now comes behind it.
    fn backlog(&self, now: Instant, unsent: usize) -> Option<Duration> {
        let bytes = self.path.outstanding() + unsent as u64;
        let slower = if self.path.late().is_some() {
            LATE_GAIN
        } else {
            1.0
        };
        let rate = self.capacity.estimate()? * slower;
        let passing = Duration::from_secs_f64(bytes as f64 * 8.0 / rate);
        // Nothing passes while nothing is answered.
        let usual = self.path.base() + self.path.noise() + PATIENCE;
        Some(passing + self.path.unanswered(now).saturating_sub(usual))
    }

    /// Bits per second that leave, as far as that shows what the path carries. Where all is made that is wanted, a large
    /// picture still leaves as slowly as the path is believed to be: it uses up what there is while it lasts, and so may
    /// find out that there is more. Otherwise one false alarm would make large pictures late for ever.
    fn used(&self, unsent: usize) -> f64 {
        let by_media = self.media / self.path.media_share() / HEADROOM;
        let is_content = self.media >= f64::from(self.bounds.max);
        match self.capacity.estimate() {
            Some(estimate) if is_content && is_large(unsent, estimate) => estimate.max(by_media),
            _ => by_media,
        }
    }

    fn pacing(&self, has_queue: bool, unsent: usize) -> f64 {
        let estimate = self.capacity.estimate().unwrap_or_default();
        if !self.capacity.is_limited() {
            return FREE_PACING.max(estimate * FREE_GAIN);
        }
        let window = self.path.base() + self.path.noise() + WINDOW;
        let is_much = self.path.outstanding() as f64 * 8.0 > estimate * window.as_secs_f64();
        let is_late = is_much || self.path.late().is_some();
        let gain = match (is_late, has_queue || is_large(unsent, estimate)) {
            (true, _) => LATE_GAIN,
            (false, true) => GENTLE_GAIN,
            (false, false) => PACING_GAIN,
        };
        estimate * gain
    }
}

/// Whether what waits for the pacer takes the path longer than a burst may.
fn is_large(unsent: usize, estimate: f64) -> bool {
    unsent as f64 * 8.0 > LARGE * estimate
}

impl CongestionControl for QueueControl {
    fn observe(&mut self, now: Instant, signal: Signal) {
        match signal {
            Signal::Sent { bytes, new } => self.path.on_sent(now, bytes, new),
            Signal::Asked { report, lost } => self.path.on_asked(now, report, lost),
            Signal::Acknowledged {
                bytes,
                first_sent,
                all_sent,
                round_trip,
            } => {
                let frame = Acknowledged {
                    bytes,
                    first_sent,
                    all_sent,
                    round_trip,
                };
                self.path.on_acknowledged(now, frame);
            }
            Signal::Passed { left } => self.path.on_passed(left),
            Signal::RoundTrip { sent, sample } => self.path.on_round_trip(now, sent, sample),
            Signal::Lost { bytes } => self.path.on_lost(now, bytes),
        }
    }

    fn decide(&mut self, now: Instant, unsent: usize) -> Decision {
        let passed = now.saturating_duration_since(self.decided);
        let step = passed.as_secs_f64().min(LONGEST_STEP);
        self.decided = now;
        if let Some(estimate) = self.capacity.estimate() {
            self.path.check(now, estimate);
        }
        let queue = self.path.queue(now);
        let allowed = self.path.allowed();
        match queue {
            Some(queue) if queue > allowed => self.capacity.lower(now, &mut self.path),
            Some(_) => {
                let used = self.used(unsent);
                self.capacity.raise(now, step, used, &self.path);
            }
            None => {}
        }
        let excess = queue.unwrap_or_default().saturating_sub(allowed / 2);
        let (min, max) = (f64::from(self.bounds.min), f64::from(self.bounds.max));
        self.media = self
            .media(now, excess, unsent, step)
            .clamp(min, max.max(min));
        let pacing = self.pacing(excess > Duration::ZERO, unsent);
        // Slower than media are made only as long as it takes to learn why nothing is heard.
        let least = if self.path.late().is_some() {
            min
        } else {
            self.media
        };
        Decision {
            estimate: self.capacity.estimate().map(|estimate| estimate as u32),
            backlog: self.backlog(now, unsent),
            media_bitrate: self.media as u32,
            pacing_rate: pacing.min(MAX_PACING).max(least) as u32,
        }
    }

    fn review_at(&self) -> Option<Instant> {
        self.path.overdue_at(self.capacity.estimate()?)
    }
}

#[cfg(test)]
mod tests;
