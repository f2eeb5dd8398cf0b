// SPDX-License-Identifier: GPL-3.0-or-later
//! What left and what was answered in; the queue on the path, its noise and what it carries out. Judges nothing.

use std::time::{Duration, Instant};

use crate::cast::congestion::delay::Delays;
use crate::cast::congestion::delivery::{Delivery, Train};
use crate::cast::congestion::ledger::Ledger;
use crate::cast::congestion::questions::{Question, Questions};

/// An answer that the receiver held back for longer tells about the past.
const PROMPT: Duration = Duration::from_millis(10);

/// One packet alone: no more than this many bytes left at the same time.
const ONE_PACKET: u64 = 1600;

/// What the path carries in this time is no queue.
const HARMLESS: Duration = Duration::from_millis(5);

/// Without any answer for this long, and for this many round trips, while something is under way, nothing passes at all:
/// that is an outage, not a queue.
const SILENCE: Duration = Duration::from_millis(250);
const SILENCE_ROUND_TRIPS: u32 = 4;

/// A shorter queue, beyond the noise, is none.
const SHORT_QUEUE: Duration = Duration::from_millis(10);

/// An answer is overdue so much later than it was expected: schedulers and radios are late by some milliseconds.
const OVERDUE: Duration = Duration::from_millis(10);

/// The path to the receiver and back, as far as answers show it.
#[derive(Debug)]
pub(super) struct Path {
    ledger: Ledger,
    delays: Delays,
    delivery: Delivery,
    /// So many of all bytes that left are known to have arrived or to be lost, whenever that was.
    passed: u64,
    /// Since when an answer is being waited for.
    waiting: Option<Instant>,
    round_trip: Duration,
    questions: Questions,
    /// Since when answers are overdue and none that came has told why.
    late: Option<Instant>,
    /// When the answer that was overdue last had been expected, until it is known how late it was; and how late that was.
    missed: Option<Instant>,
    excess: Option<Duration>,
    /// What was measured before this moment is about a path that is no more.
    changed: Option<Instant>,
}

/// A frame that was acknowledged: see [`Signal::Acknowledged`](super::Signal::Acknowledged).
#[derive(Debug, Clone, Copy)]
pub(super) struct Acknowledged {
    pub(super) bytes: usize,
    pub(super) first_sent: Instant,
    pub(super) all_sent: Option<Instant>,
    pub(super) round_trip: Duration,
}

impl Path {
    pub(super) fn new(now: Instant) -> Path {
        Path {
            ledger: Ledger::new(now),
            delays: Delays::new(now),
            delivery: Delivery::default(),
            passed: 0,
            waiting: None,
            round_trip: Duration::ZERO,
            questions: Questions::default(),
            late: None,
            missed: None,
            excess: None,
            changed: None,
        }
    }

    /// A datagram left.
    pub(super) fn on_sent(&mut self, now: Instant, bytes: usize, new: bool) {
        self.ledger.on_sent(now, bytes, new);
        if new {
            self.waiting.get_or_insert(now);
        }
    }

    /// What left last will be answered, unless it gets lost as this part of the packets does.
    pub(super) fn on_asked(&mut self, now: Instant, report: bool, lost: f64) {
        let total = self.ledger.total();
        self.questions.ask(
            Question {
                left: now,
                total,
                report,
            },
            lost,
        );
    }

    /// The answer to a sender report came.
    pub(super) fn on_round_trip(&mut self, now: Instant, sent: Instant, sample: Duration) {
        let held = now.saturating_duration_since(sent).saturating_sub(sample);
        if held < PROMPT {
            // A report leaves before all else that leaves in the same moment.
            let asked = self.questions.total_of(sent, true);
            self.on_answer(now, sent, sample, asked.or(self.ledger.before(sent)));
        }
    }

    /// A frame was acknowledged.
    pub(super) fn on_acknowledged(&mut self, now: Instant, frame: Acknowledged) {
        self.round_trip = frame.round_trip;
        let Some(all_sent) = frame.all_sent else {
            self.heard(now);
            self.questions.forget();
            return;
        };
        if let Some(base) = self.delays.base() {
            let train = Train {
                bytes: self.on_the_wire(&frame, all_sent),
                first_sent: frame.first_sent,
                all_sent,
                base,
                noise: self.noise(),
            };
            self.delivery.on_train(now, &train);
        }
        let delay = now.saturating_duration_since(all_sent);
        let asked = self.questions.total_of(all_sent, false);
        self.on_answer(now, all_sent, delay, asked.or(self.ledger.until(all_sent)));
    }

    /// What left while this frame did.
    fn on_the_wire(&self, frame: &Acknowledged, all_sent: Instant) -> u64 {
        let (before, until) = (
            self.ledger.before(frame.first_sent),
            self.ledger.until(all_sent),
        );
        let left = until.zip(before).map(|(until, before)| until - before);
        left.unwrap_or_default().max(frame.bytes as u64)
    }

    /// What left until then is on the path no more.
    pub(super) fn on_passed(&mut self, left: Instant) {
        let passed = self.ledger.until(left).unwrap_or_default();
        self.passed = self.passed.max(passed);
    }

    /// About this many bytes were reported missing.
    pub(super) fn on_lost(&mut self, now: Instant, bytes: usize) {
        self.delivery.on_lost(now, bytes);
    }

    /// An answer came to what had left at `sent`, when about `total` bytes had left.
    fn on_answer(&mut self, now: Instant, sent: Instant, delay: Duration, total: Option<u64>) {
        self.heard(now);
        self.delays.add(now, delay);
        if let Some(expected) = self.missed.take() {
            self.excess = Some(now.saturating_duration_since(expected));
        }
        if delay <= self.base() + self.noise() + OVERDUE && self.late.take().is_some() {
            self.on_false_alarm();
        }
        if self.was_alone(sent) {
            self.delays.add_alone(delay);
        }
        if let Some(total) = total {
            self.delivery.on_answer(now, total);
            self.questions.answer(total);
        }
    }

    /// After an outage what was measured before it says nothing.
    fn heard(&mut self, now: Instant) {
        if self.is_silent(now) {
            self.delays.forget_recent();
            self.delivery.forget();
        }
        self.waiting = None;
    }

    /// From when on the path has been busy with what is not answered, and when the decisive answer is overdue if it carries
    /// this many bits per second.
    fn due(&self, rate: f64) -> Option<(Instant, Instant)> {
        let question = self.questions.decisive()?;
        let (base, answered) = (self.delays.base()?, self.delivery.answered());
        let first = self.ledger.after(answered)? + base;
        let busy = self.delivery.last_at().map_or(first, |at| at.max(first));
        let bits = question.total.saturating_sub(answered) as f64 * 8.0;
        let passed = busy + Duration::from_secs_f64(bits / rate.max(1.0));
        let expected = passed.max(question.left + base);
        Some((busy, expected + self.noise() * 2 + OVERDUE))
    }

    /// When answers are overdue if none comes, on a path of this many bits per second; `None` when they are already.
    pub(super) fn overdue_at(&self, rate: f64) -> Option<Instant> {
        Some(self.due(rate)?.1).filter(|_| self.late.is_none())
    }

    /// Looks whether answers are overdue: then the path is another one than a moment ago.
    pub(super) fn check(&mut self, now: Instant, rate: f64) {
        let queue = self.delays.queue(now);
        if self.late.is_some() {
            if queue.is_some() {
                self.late = None;
            }
        } else if let Some((busy, overdue)) = self.due(rate)
            && overdue <= now
        {
            self.late = Some(now);
            self.missed = overdue.checked_sub(self.noise() * 2 + OVERDUE);
            self.excess = None;
            self.changed = Some(busy);
            self.delays.forget_until(now);
        }
    }

    /// An answer was overdue, and no queue was the reason: so long the radio may delay a packet. A link that is nearly full
    /// is late too, but by little.
    fn on_false_alarm(&mut self) {
        if let (Some(base), Some(excess)) = (self.delays.base(), self.excess.take())
            && excess > OVERDUE * 2
        {
            self.delays.add_alone(base + excess.saturating_sub(OVERDUE));
        }
    }

    /// A queue up to this is none.
    pub(super) fn allowed(&self) -> Duration {
        SHORT_QUEUE + self.noise()
    }

    /// Since when answers are overdue and nothing is known but that.
    pub(super) fn late(&self) -> Option<Instant> {
        self.late
    }

    /// Since when what is measured is about the path of now; `None` if it always was.
    pub(super) fn changed(&self) -> Option<Instant> {
        self.changed
    }

    /// Whether what left then was one packet, and met almost nothing else of ours on its way.
    fn was_alone(&self, sent: Instant) -> bool {
        let (Some(before), Some(until)) = (self.ledger.before(sent), self.ledger.until(sent))
        else {
            return false;
        };
        let carried = self.delivery.trains().unwrap_or_default();
        let harmless = (carried / 8.0 * HARMLESS.as_secs_f64()) as u64;
        let others = before.saturating_sub(harmless.max(ONE_PACKET / 2));
        until - before <= ONE_PACKET && self.delivery.was_answered(sent, others)
    }

    /// Bytes that are not known to have passed.
    pub(super) fn outstanding(&self) -> u64 {
        let passed = self.passed.max(self.delivery.answered());
        self.ledger.total().saturating_sub(passed)
    }

    /// The delay of the empty path.
    pub(super) fn base(&self) -> Duration {
        self.delays.base().unwrap_or_default()
    }

    /// Nothing passes, as it seems.
    pub(super) fn is_silent(&self, now: Instant) -> bool {
        let patience = SILENCE.max(self.round_trip * SILENCE_ROUND_TRIPS);
        self.unanswered(now) > patience
    }

    /// For how long nothing was heard while something was under way.
    pub(super) fn unanswered(&self, now: Instant) -> Duration {
        self.waiting
            .map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }

    /// The queue that stands on the path; `None` while that is unknown.
    pub(super) fn queue(&self, now: Instant) -> Option<Duration> {
        self.delays.queue(now).filter(|_| !self.is_silent(now))
    }

    /// How long most packets take longer than the fastest, without a queue.
    pub(super) fn noise(&self) -> Duration {
        self.delays.noise()
    }

    /// Bits per second that arrived since then.
    pub(super) fn delivered_since(&self, from: Instant) -> Option<f64> {
        self.delivery.rate_since(from)
    }

    /// Bits per second that the path can carry at least, as the last pictures show.
    pub(super) fn shown(&self) -> Option<f64> {
        self.delivery.trains()
    }

    /// What the last pictures showed is over.
    pub(super) fn forget_shown(&mut self) {
        self.delivery.forget_trains();
    }

    /// What stands on the path is not our queue: the path has become longer.
    pub(super) fn forget_base(&mut self) {
        self.delays.forget_base();
    }

    /// The part of what leaves that is new media.
    pub(super) fn media_share(&self) -> f64 {
        self.ledger.media_share()
    }
}

#[cfg(test)]
mod tests;
