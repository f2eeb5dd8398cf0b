// SPDX-License-Identifier: GPL-3.0-or-later
//! What is known of the way to the receiver and of the receiver's habits, shared by all streams of a session.

use std::time::{Duration, Instant};

use crate::cast::sender::large_packets::LargePackets;
use crate::cast::sender::loss::Losses;
use crate::cast::sender::reports::Answer;
use crate::cast::sender::round_trip::RoundTrip;

/// What an answer given at once counts for, and one that was not: a receiver that answers with its next regular report
/// may hold some of them for a short time only, by chance.
const PROMPT: i8 = 1;
const TARDY: i8 = -3;
const MOST: i8 = 8;

/// A receiver that speaks but has answered none of so many reports does not answer. Of these some are lost, not all.
const NEVER_ANSWERED: u32 = 64;

/// For so long a receiver keeps a loss to itself, before any was reported (Open Screen `receiver_impl.h`).
const USUAL_SILENCE: Duration = Duration::from_millis(30);

/// For no longer than this (Open Screen `constants.h`).
const MAX_SILENCE: Duration = Duration::from_millis(500);

/// A receiver that reports losses later than this leaves no time for a second attempt.
const SLOW: Duration = Duration::from_millis(100);

/// One that is not known to be slow has spoken twice in this time, if it reports losses as the reference means to.
const NOT_SLOW_YET: Duration = Duration::from_millis(70);

/// The path and the far end of it.
#[derive(Debug)]
pub(super) struct Path {
    pub(super) round_trip: RoundTrip,
    pub(super) losses: Losses,
    pub(super) large_packets: LargePackets,
    /// The target delay in force.
    pub(super) target_delay: Duration,
    /// How long what has left still needs to pass, as the congestion control reckons.
    pub(super) backlog: Option<Duration>,
    /// What left until then has arrived or was lost, whatever stream it belongs to, but for what others overtook.
    pub(super) arrived: Option<Instant>,
    promptness: i8,
    /// Sender reports that left since one was answered.
    unanswered: u32,
    /// How long the receiver keeps losses to itself, on the average, when nothing but time makes it speak.
    silence: Duration,
    /// Answers to reports that left before this moment measure our own sleep, not the path.
    awake_since: Option<Instant>,
}

impl Path {
    pub(super) fn new(target_delay: Duration, max_packet_size: usize) -> Path {
        Path {
            round_trip: RoundTrip::default(),
            losses: Losses::new(),
            large_packets: LargePackets::new(max_packet_size),
            target_delay,
            backlog: None,
            arrived: None,
            promptness: 0,
            unanswered: 0,
            silence: USUAL_SILENCE,
            awake_since: None,
        }
    }

    /// The process stood still until now, or the machine slept: what waits in the socket looks older than it is.
    pub(super) fn on_stall(&mut self, now: Instant) {
        self.awake_since = Some(now);
    }

    /// What left at this moment has arrived, and so had all that left before, but not what left after it in the same moment.
    pub(super) fn on_arrived(&mut self, left: Instant) {
        let before = left.checked_sub(Duration::from_nanos(1));
        self.arrived = self.arrived.max(before);
    }

    /// Of packets that a report lacks which came by itself now, those that left at this moment or before were lost: they are
    /// older than any round trip of late, this `age`, and something that left later has arrived. As long as nothing has, they
    /// may all wait in a queue that has become longer, for as long as all that has left needs to pass.
    pub(super) fn lost_before(&self, now: Instant, age: Duration) -> Option<Instant> {
        let old = now.checked_sub(age)?;
        let backlog = self.backlog.unwrap_or(self.target_delay);
        let waits_for_nothing = old.checked_sub(backlog);
        self.arrived.max(waits_for_nothing).map(|at| at.min(old))
    }

    /// A sender report left.
    pub(super) fn on_report(&mut self) {
        self.unanswered = self.unanswered.saturating_add(1);
    }

    /// The receiver spoke without answering a report.
    pub(super) fn on_no_answer(&mut self) {
        if self.unanswered >= NEVER_ANSWERED {
            self.vote(TARDY);
        }
    }

    fn vote(&mut self, vote: i8) {
        self.promptness = (self.promptness + vote).clamp(-MOST, MOST);
    }

    /// The answer to a report came. Returns the round trip that it measures. `advances`: a frame became complete, so the
    /// receiver would have spoken anyway.
    pub(super) fn on_answer(&mut self, answer: &Answer, advances: bool) -> Option<Duration> {
        let vote = match (answer.at_once(), advances) {
            (true, true) => 0,
            (true, false) => PROMPT,
            (false, _) => TARDY,
        };
        self.vote(vote);
        self.unanswered = 0;
        self.on_arrived(answer.left);
        if self.awake_since.is_some_and(|since| answer.left < since) {
            return None;
        }
        self.round_trip.measured(answer.round_trip);
        Some(answer.round_trip)
    }

    /// The first news of a loss came so long after the frame left, with nothing but time to make the receiver speak.
    pub(super) fn on_silence(&mut self, since: Duration) {
        let silent = since.saturating_sub(self.round_trip.or_zero());
        let silent = silent.min(MAX_SILENCE);
        self.silence = if silent > self.silence {
            (self.silence + silent) / 2
        } else {
            (self.silence * 3 + silent) / 4
        };
    }

    /// Whether the receiver answers sender reports as they come, so that asking is worth it. Believed of a new one.
    pub(super) fn is_prompt(&self) -> bool {
        self.promptness >= 0
    }

    /// Whether it did so.
    pub(super) fn is_proven_prompt(&self) -> bool {
        self.promptness > 0
    }

    /// Whether losses are reported so late that it is better to guess.
    pub(super) fn is_slow(&self) -> bool {
        !self.is_prompt() && self.silence > SLOW
    }

    /// After this long without a word from the receiver it is time to guess what it lacks. `None` if it can be asked.
    pub(super) fn suspicious_after(&self) -> Option<Duration> {
        let quiet = if self.is_slow() {
            Duration::ZERO
        } else {
            NOT_SLOW_YET
        };
        (!self.is_prompt()).then(|| self.overdue().max(quiet))
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
            self.silence
        };
        self.overdue() + wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn path() -> Path {
        Path::new(200 * MS, 1472)
    }

    fn answer(left: Instant, held: Duration) -> Answer {
        Answer {
            left,
            packets: 0,
            round_trip: 5 * MS,
            held,
        }
    }

    #[test]
    fn a_receiver_is_prompt_until_it_holds_an_answer_and_again_after_a_row_of_prompt_ones() {
        let now = Instant::now();
        let mut path = path();
        assert!(path.is_prompt() && !path.is_proven_prompt());
        path.on_answer(&answer(now, 17 * MS), false);
        assert!(!path.is_prompt());
        for _ in 0..4 {
            path.on_answer(&answer(now, MS), false);
        }
        assert!(path.is_proven_prompt());
    }

    #[test]
    fn an_answer_that_came_with_a_complete_frame_does_not_prove_promptness() {
        let now = Instant::now();
        let mut path = path();
        path.on_answer(&answer(now, MS), true);
        assert!(path.is_prompt() && !path.is_proven_prompt());
        path.on_answer(&answer(now, 17 * MS), true);
        assert!(!path.is_prompt(), "a prompt one would have spoken before");
    }

    #[test]
    fn a_receiver_whose_reports_come_by_chance_soon_after_ours_is_not_taken_for_prompt() {
        let now = Instant::now();
        let mut path = path();
        // Marks leave every 20 ms, reports come every 33 ms.
        for report in 1..200 {
            let held = Duration::from_micros(33_000 * report % 20_000);
            path.on_answer(&answer(now, held), false);
            assert!(!path.is_prompt() || report < 3, "{report}");
        }
    }

    #[test]
    fn a_receiver_that_speaks_but_never_answers_is_not_prompt() {
        let mut path = path();
        for _ in 0..1000 {
            path.on_report();
        }
        assert!(path.is_prompt(), "it may be out of reach");
        path.on_no_answer();
        assert!(!path.is_prompt());
        let mut path = super::tests::path();
        path.on_report();
        path.on_no_answer();
        assert!(path.is_prompt(), "the answer may be on its way");
    }

    #[test]
    fn one_loss_told_late_makes_a_receiver_slow_and_several_told_soon_make_it_quick_again() {
        let mut path = path();
        path.on_answer(&answer(Instant::now(), 17 * MS), false);
        assert_eq!(path.suspicious_after(), Some(NOT_SLOW_YET));
        path.on_silence(300 * MS);
        assert!(path.is_slow());
        assert_eq!(path.suspicious_after(), Some(path.overdue()));
        for _ in 0..4 {
            path.on_silence(30 * MS);
        }
        assert!(!path.is_slow());
    }

    #[test]
    fn answers_from_before_a_stall_measure_nothing() {
        let start = Instant::now();
        let mut path = path();
        path.on_stall(start + 1000 * MS);
        let before = answer(start + 999 * MS, Duration::ZERO);
        assert_eq!(path.on_answer(&before, false), None);
        let after = answer(start + 1000 * MS, Duration::ZERO);
        assert_eq!(path.on_answer(&after, false), Some(5 * MS));
    }
}
