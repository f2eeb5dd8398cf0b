// SPDX-License-Identifier: GPL-3.0-or-later
//! The fates of frames in, figures out. Pure; what each figure means is said here and in `docs/benchmarks.md`.

use std::time::Duration;

/// What became of a captured frame. All times count from the start of the run, by one clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fate {
    pub captured: Duration,
    /// When it is to be shown, by the receiver's own smoothed clock.
    pub playout: Duration,
    /// When its last packet arrived; `None`: never, or it was not sent at all.
    pub completed: Option<Duration>,
    /// When the receiver gave it to the decoder: complete, and decodable after all before it.
    pub given: Option<Duration>,
    pub is_key_frame: bool,
    pub bytes: usize,
}

impl Fate {
    /// When it is on the screen, or heard.
    pub fn shown(&self) -> Option<Duration> {
        self.given.map(|given| given.max(self.playout))
    }

    /// It was complete at `before_playout` before its playout time.
    pub fn is_on_time(&self, before_playout: Duration) -> bool {
        self.completed
            .is_some_and(|at| at + before_playout <= self.playout)
    }

    /// From capture to completeness.
    pub fn latency(&self) -> Option<Duration> {
        Some(self.completed?.saturating_sub(self.captured))
    }
}

/// Captured frames that were on time, in percent; 100 of none.
pub fn on_time_pct(fates: &[Fate], before_playout: Duration) -> f64 {
    if fates.is_empty() {
        return 100.0;
    }
    let on_time = fates.iter().filter(|fate| fate.is_on_time(before_playout));
    100.0 * on_time.count() as f64 / fates.len() as f64
}

/// How long the picture stood still.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Freezes {
    /// The longest freeze.
    pub longest: Duration,
    /// Time in which there was one.
    pub total: Duration,
}

/// A freeze lasts from the playout time of a captured frame that is not there until it, or a later one, is shown; at
/// most until `end`. `all` are the frames in order; only freezes that begin with those from `first` on count.
pub fn freezes(all: &[Fate], first: usize, end: Duration) -> Freezes {
    let mut freezes = Freezes::default();
    // The earliest moment at which this frame or a later one is shown, looking from the end.
    let mut shown = end;
    let mut covered_from = end;
    for fate in all.get(first..).unwrap_or_default().iter().rev() {
        shown = fate.shown().map_or(shown, |at| at.min(shown));
        let Some(length) = shown.checked_sub(fate.playout) else {
            continue;
        };
        freezes.longest = freezes.longest.max(length);
        // Freezes overlap when several frames are missing in a row; each moment counts once.
        let until = shown.min(covered_from);
        freezes.total += until.saturating_sub(fate.playout);
        covered_from = covered_from.min(fate.playout);
    }
    freezes
}

/// The longest row of playout slots of `slot` each that had nothing to play.
pub fn longest_gap(fates: &[Fate], slot: Duration) -> Duration {
    let (mut longest, mut row) = (0, 0);
    for fate in fates {
        row = match fate.given {
            Some(given) if given <= fate.playout => 0,
            _ => row + 1,
        };
        longest = longest.max(row);
    }
    slot * longest
}

/// The value below which `part` (0 to 1) of the values lie; 0 of none. Sorts them.
pub fn percentile(values: &mut [f64], part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1) as f64;
    values
        .get((last * part).round() as usize)
        .copied()
        .unwrap_or(0.0)
}

/// Bits that were completed in these spans of time, in percent of what could have been.
pub fn utilisation_pct(
    fates: &[&[Fate]],
    spans: &[(Duration, Duration)],
    capacity: impl Fn(Duration) -> u32,
) -> f64 {
    let (mut delivered, mut possible) = (0.0, 0.0);
    for (from, to) in spans {
        possible += f64::from(capacity(*from)) * to.saturating_sub(*from).as_secs_f64();
        let completed = fates
            .iter()
            .copied()
            .flatten()
            .filter(|fate| fate.completed.is_some_and(|at| (*from..*to).contains(&at)));
        delivered += completed.map(|fate| fate.bytes as f64 * 8.0).sum::<f64>();
    }
    if possible > 0.0 {
        100.0 * delivered / possible
    } else {
        0.0
    }
}
