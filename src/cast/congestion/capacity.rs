// SPDX-License-Identifier: GPL-3.0-or-later
//! What the path shows in, what it is believed to carry out.
//!
//! ```text
//!            queue is short                                  queue is long
//!   ┌─────────────────────────────────┐        ┌──────────────────────────────────────┐
//!   │ what pictures show, at once     │ ─────▶ │ what is delivered since then, however │
//!   │ else feel upwards while limited │ ◀───── │ often that is measured anew           │
//!   └─────────────────────────────────┘        └──────────────────────────────────────┘
//!        unknown (outage, too few answers): nothing changes
//! ```
//! Loss changes nothing here: on the radio it says nothing about the rate, and in a full queue the queue says it before.

use std::time::{Duration, Instant};

use crate::cast::congestion::Bounds;
use crate::cast::congestion::delay::TROUGH_WINDOW;
use crate::cast::congestion::path::Path;

/// What is delivered is measured over this at most.
const MEASURE: Duration = Duration::from_millis(500);

/// While a queue is long and nothing can be measured yet, this part of what was believed.
const AT_FIRST: f64 = 0.7;

/// Growth in a second: by evidence; without, when a limit was met before; and without, before any limit was met.
pub(super) const FASTEST: f64 = 20.0;
const FEEL: f64 = 1.25;
const START: f64 = 2.0;

/// For some time after a limit was met it is felt for with care when it comes close: from this part of it on, this much
/// growth in a second.
const MEMORY: Duration = Duration::from_millis(1500);
const CLOSE: f64 = 0.95;
const CAREFUL: f64 = 1.04;

/// It is felt upwards only while at least this part of the estimate is used; else nothing would be learnt.
const USED: f64 = 0.9;

/// With less noise than this, pictures show the limit exactly but for this factor: no need to feel further.
const EXACT: Duration = Duration::from_millis(2);
const TRAIN_ERROR: f64 = 1.03;

/// A path that carries this many times what may be used is no limit.
const NO_LIMIT: f64 = 2.0;

/// A queue that is still long after so much time with so little sent is not ours.
const NOT_OURS: Duration = Duration::from_secs(3);

/// What the path carries, in bits per second on the wire.
#[derive(Debug)]
pub(super) struct Capacity {
    bounds: Bounds,
    estimate: Option<f64>,
    /// The estimate is what a queue or an exact picture showed, not merely what was tried.
    limited: bool,
    /// Since when the queue has been long, and what was believed then.
    long: Option<(Instant, f64)>,
    /// When a queue last showed a limit, and which.
    met: Option<(Instant, f64)>,
}

impl Capacity {
    pub(super) fn new(bounds: Bounds) -> Capacity {
        Capacity {
            bounds,
            estimate: None,
            limited: false,
            long: None,
            met: None,
        }
    }

    /// What is believed; `None` before the first answers.
    pub(super) fn estimate(&self) -> Option<f64> {
        self.estimate
    }

    /// Whether a limit was met that matters.
    pub(super) fn is_limited(&self) -> bool {
        self.limited
    }

    /// The queue is long.
    pub(super) fn lower(&mut self, now: Instant, path: &mut Path) {
        let known = self.estimate.unwrap_or(f64::from(self.bounds.max));
        let begun = now.checked_sub(TROUGH_WINDOW).unwrap_or(now);
        let lately = |changed: &Instant| now.saturating_duration_since(*changed) < MEASURE;
        let begun = path.changed().filter(lately).unwrap_or(begun);
        let (since, before) = *self.long.get_or_insert((begun, known));
        let from = now
            .checked_sub(MEASURE)
            .map_or(since, |from| from.max(since));
        let measured = path.delivered_since(from).map(|rate| rate.min(before));
        let least = f64::from(self.bounds.min);
        let estimate = measured.unwrap_or(known.min(AT_FIRST * before)).max(least);
        self.estimate = Some(estimate);
        self.met = Some((now, estimate));
        self.limited = true;
        path.forget_shown();
        if now.saturating_duration_since(since) > NOT_OURS {
            path.forget_base();
            self.long = None;
        }
    }

    /// The queue is short, and `used` bits per second leave. `step`: seconds since the last time.
    pub(super) fn raise(&mut self, now: Instant, step: f64, used: f64, path: &Path) {
        self.long = None;
        let shown = path.shown().unwrap_or_default();
        let Some(estimate) = self.estimate else {
            self.estimate = Some(shown.max(used));
            return;
        };
        let by_evidence = shown.min(estimate * FASTEST.powf(step));
        let is_close = self.met.is_some_and(|(at, limit)| {
            now.saturating_duration_since(at) < MEMORY && estimate > CLOSE * limit
        });
        let growth = match (self.limited, is_close) {
            (true, true) => CAREFUL,
            (true, false) => FEEL,
            (false, _) => START,
        };
        let felt = if used > USED * estimate {
            estimate * growth.powf(step)
        } else {
            estimate
        };
        let felt = if path.noise() < EXACT && shown > 0.0 {
            felt.min(estimate.max(shown * TRAIN_ERROR))
        } else {
            felt
        };
        let estimate = felt.max(by_evidence);
        self.estimate = Some(estimate);
        self.limited &= estimate < NO_LIMIT * f64::from(self.bounds.max);
    }
}
