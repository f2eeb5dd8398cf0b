// SPDX-License-Identifier: GPL-3.0-or-later
//! What is known of the way to the receiver and of the receiver's habits, shared by all streams of a session.

use std::time::{Duration, Instant};

use crate::cast::sender::loss::Losses;
use crate::cast::sender::reports::Answer;
use crate::cast::sender::round_trip::RoundTrip;

/// What an answer given at once counts for, and one that was not: a receiver that answers with its next regular report
/// may hold some of them for a short time only, by chance.
const PROMPT: i8 = 1;
const TARDY: i8 = -3;
const MOST: i8 = 8;

/// Between two reports of a receiver that is not prompt, before any were seen (Open Screen `receiver_impl.h`).
const USUAL_INTERVAL: Duration = Duration::from_millis(30);

/// The longest interval of a receiver (Open Screen `constants.h`).
const MAX_INTERVAL: Duration = Duration::from_millis(500);

/// The path and the far end of it.
#[derive(Debug)]
pub(super) struct Path {
    pub(super) round_trip: RoundTrip,
    pub(super) losses: Losses,
    /// The target delay in force.
    pub(super) target_delay: Duration,
    promptness: i8,
    /// Between two reports that said that something is missing.
    interval: Duration,
    /// Answers to reports that left before this moment measure our own sleep, not the path.
    awake_since: Option<Instant>,
}

impl Path {
    pub(super) fn new(target_delay: Duration) -> Path {
        Path {
            round_trip: RoundTrip::default(),
            losses: Losses::new(),
            target_delay,
            promptness: 0,
            interval: USUAL_INTERVAL,
            awake_since: None,
        }
    }

    /// The process stood still until now, or the machine slept: what waits in the socket looks older than it is.
    pub(super) fn on_stall(&mut self, now: Instant) {
        self.awake_since = Some(now);
    }

    /// The answer to a report came. Returns the round trip that it measures.
    pub(super) fn on_answer(&mut self, answer: &Answer) -> Option<Duration> {
        let vote = if answer.at_once() { PROMPT } else { TARDY };
        self.promptness = (self.promptness + vote).clamp(-MOST, MOST);
        if self.awake_since.is_some_and(|since| answer.left < since) {
            return None;
        }
        self.round_trip.measured(answer.round_trip);
        Some(answer.round_trip)
    }

    /// A report about losses came this long after the one before of the same stream.
    pub(super) fn on_interval(&mut self, passed: Duration) {
        self.interval = (self.interval * 7 + passed.min(MAX_INTERVAL)) / 8;
    }

    /// Whether the receiver answers sender reports as they come, so that asking is worth it. Believed of a new one.
    pub(super) fn is_prompt(&self) -> bool {
        self.promptness >= 0
    }

    /// Whether it did so.
    pub(super) fn is_proven_prompt(&self) -> bool {
        self.promptness > 0
    }

    /// After this long without an answer it is time to ask again.
    pub(super) fn overdue(&self) -> Duration {
        self.round_trip.overdue(self.target_delay)
    }

    /// How long one attempt to repair takes: until the receiver speaks, the report is here, and the packet is there.
    pub(super) fn attempt(&self) -> Duration {
        let wait = if self.is_prompt() {
            Duration::ZERO
        } else {
            self.interval
        };
        self.overdue() + wait
    }
}
