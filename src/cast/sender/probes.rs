// SPDX-License-Identifier: GPL-3.0-or-later
//! When a stream asks its receiver what is missing, by a sender report. One [`Probes`] per stream, one [`ProbeBudget`]
//! for all.
//!
//! The reference's receiver answers each sender report at once, with a list of all that it lacks, and keeps quiet about
//! losses otherwise, for 30 to 500 ms. So a report that leaves right behind the last packet of a frame brings the news of
//! a loss after one round trip. It is worth its 56 bytes when losses are to be expected; else the acknowledgement, which
//! comes by itself when the frame is complete, is waited for, and the question asked when that is overdue:
//!
//! ```text
//! packets ■■■■■■■■■  ?                              ■ ?            ? = probe, behind what it asks about
//!                     \                            / \ \
//! receiver              1 2 · 4 5 6 7 8 9  ✗3 ─▶  3 ✓ ─▶ checkpoint
//! ```
//! * Something left since the last probe: ask behind it at once, if that is expected to bring the news of a loss a
//!   millisecond earlier than waiting for the acknowledgement; else when the acknowledgement is overdue.
//! * Nothing left since, and no answer: ask again when the answer is overdue, ever less often while nothing is heard.
//! * A receiver that is not prompt is not asked but given marks: its next report names the newest sender report that it
//!   had, which tells what it could have had.

use std::time::{Duration, Instant};

use crate::cast::sender::path::Path;
use crate::cast::sender::reports::Answer;

/// No two probes are closer than this, over all streams.
const MIN_SPACING: Duration = Duration::from_millis(5);

/// Between two marks for a receiver that is not prompt: somewhat less than the interval of its reports.
const MARK_SPACING: Duration = Duration::from_millis(20);

/// While a long frame is being sent, what left this long ago is asked about already.
const WITHIN_FRAME: Duration = Duration::from_millis(10);

/// A probe is worth it when the news comes this much earlier on the average.
const WORTH: Duration = Duration::from_millis(1);

/// When an answer left something open that cannot be repeated yet, it is asked for again after this.
const STILL_OPEN: Duration = Duration::from_millis(20);

/// While nothing is heard, the pause between probes is this part of the silence.
const SILENCE_PARTS: u32 = 16;

/// The longest such pause: regular reports are as frequent.
const MAX_PAUSE: Duration = Duration::from_millis(500);

/// When the reports of one stream left, and what they were about.
#[derive(Debug, Default)]
pub(super) struct Probes {
    /// Packets that left since the last report, and when the first and the last of them did.
    news: u32,
    first_news: Option<Instant>,
    last_news: Option<Instant>,
    last_report: Option<Instant>,
    /// The newest report whose answer came.
    answered: Option<Answer>,
    /// The first report since the receiver was last heard left then.
    silent_since: Option<Instant>,
}

impl Probes {
    /// A packet of the stream left.
    pub(super) fn on_packet(&mut self, now: Instant) {
        if self.news == 0 {
            self.first_news = Some(now);
        }
        self.news = self.news.saturating_add(1);
        self.last_news = Some(now);
    }

    /// A report of the stream left, for whatever reason.
    pub(super) fn on_report(&mut self, now: Instant) {
        self.news = 0;
        self.last_report = Some(now);
        self.silent_since.get_or_insert(now);
    }

    /// The receiver spoke.
    pub(super) fn on_feedback(&mut self) {
        self.silent_since = None;
    }

    /// The receiver answered a report; it does so in order.
    pub(super) fn on_answer(&mut self, answer: Answer) {
        self.answered = Some(answer);
    }

    /// The packets that left before this one, by number, had reached the receiver or never would when it spoke last.
    pub(super) fn answered(&self) -> Option<u32> {
        self.answered.map(|answer| answer.packets)
    }

    /// When to ask, for a stream with something unacknowledged; `sending` while packets of it wait to leave.
    pub(super) fn due(&self, sending: bool, path: &Path) -> Option<Instant> {
        let last = self.last_report?;
        if !path.is_prompt() {
            return (self.news > 0 && !sending).then(|| last + MARK_SPACING);
        }
        let due = match (self.first_news, self.last_news) {
            (Some(first), _) if self.news > 0 && sending => {
                first + path.overdue().max(WITHIN_FRAME)
            }
            (_, Some(behind)) if self.news > 0 => {
                let gain = path
                    .overdue()
                    .mul_f64(path.losses.rate() * f64::from(self.news));
                let wait = if gain >= WORTH {
                    Duration::ZERO
                } else {
                    path.overdue()
                };
                behind + wait
            }
            _ => last + self.pause(last, path),
        };
        Some(due.max(last + MIN_SPACING))
    }

    /// How long to wait when nothing left since the last report.
    fn pause(&self, last: Instant, path: &Path) -> Duration {
        if self.answered.map(|answer| answer.left) >= self.last_report {
            return path.overdue().max(STILL_OPEN);
        }
        let silence = self.silent_since.map_or(Duration::ZERO, |since| {
            last.saturating_duration_since(since)
        });
        (silence / SILENCE_PARTS).clamp(path.overdue().min(MAX_PAUSE), MAX_PAUSE)
    }
}

/// Probes of all streams together use at most this many bits per second, …
const BUDGET: u32 = 60_000;

/// … and what they saved up for so many: no second sees more than 64 kbit.
const SAVED: f64 = 8.0;

/// A sender report with the headers of UDP and IPv4, in bytes.
const SIZE: f64 = 56.0;

/// What all probes together may use.
#[derive(Debug)]
pub(super) struct ProbeBudget {
    /// Probes that may leave now; negative after reports that did not ask.
    saved: f64,
    filled: Instant,
    last: Option<Instant>,
}

impl ProbeBudget {
    pub(super) fn new(now: Instant) -> ProbeBudget {
        ProbeBudget {
            saved: SAVED,
            filled: now,
            last: None,
        }
    }

    /// When a probe may leave; `now` or earlier if it may at once.
    pub(super) fn ready_at(&self, now: Instant) -> Instant {
        let missing = 1.0 - self.at(now);
        let wait = Duration::from_secs_f64((missing / Self::per_second()).max(0.0));
        // A microsecond for the rounding, or the budget might be a hair short then.
        let paid = if wait.is_zero() {
            now
        } else {
            now + wait + Duration::from_micros(1)
        };
        self.last.map_or(paid, |last| paid.max(last + MIN_SPACING))
    }

    /// A report left.
    pub(super) fn on_report(&mut self, now: Instant) {
        self.saved = (self.at(now) - 1.0).max(-SAVED);
        self.filled = self.filled.max(now);
        self.last = Some(now);
    }

    fn at(&self, now: Instant) -> f64 {
        let passed = now.saturating_duration_since(self.filled).as_secs_f64();
        (self.saved + passed * Self::per_second()).min(SAVED)
    }

    fn per_second() -> f64 {
        f64::from(BUDGET) / 8.0 / SIZE
    }
}
