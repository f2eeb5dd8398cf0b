// SPDX-License-Identifier: GPL-3.0-or-later
//! What was sent that will be answered in, the first answer that is overdue out: a path that became slower tells so by
//! silence long before an answer comes through its queue.
//!
//! ```text
//!  asked     ●     ●     ●     ●        each answer is expected when, at the rate believed, all before it has passed;
//!  answered  ○     ○     ·  ▲           when it has not come by then, the path is slower, or the question is lost
//!                           overdue
//! ```

use std::collections::VecDeque;
use std::time::Instant;

/// Questions that are remembered; the newest are the first to be forgotten.
const MAX_WAITING: usize = 64;

/// One may take so rarely for slow what was merely lost.
const DOUBT: f64 = 0.01;

/// However lossy the path is, so many questions in a row are not lost by chance.
const MOST_LOST: usize = 6;

/// Something that will be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Question {
    /// When it left.
    pub(super) left: Instant,
    /// All bytes up to and with it.
    pub(super) total: u64,
    /// It is a report, not a frame.
    pub(super) report: bool,
}

/// Those that are not answered yet.
#[derive(Debug, Default)]
pub(super) struct Questions {
    waiting: VecDeque<Question>,
    /// The part of the packets that gets lost.
    lost: f64,
}

impl Questions {
    /// One left on a path that loses this part of the packets.
    pub(super) fn ask(&mut self, question: Question, lost: f64) {
        self.lost = lost;
        if self.waiting.len() < MAX_WAITING {
            self.waiting.push_back(question);
        }
    }

    /// The bytes up to what was asked at this moment, without what left after it in the same moment; if several things were
    /// asked then, they are answered in order.
    pub(super) fn total_of(&self, left: Instant, report: bool) -> Option<u64> {
        let is_it = |it: &&Question| it.left == left && it.report == report;
        let found = self.waiting.iter().find(is_it);
        found.map(|question| question.total)
    }

    /// Everything that left with these bytes is answered.
    pub(super) fn answer(&mut self, total: u64) {
        let answered = self.waiting.partition_point(|it| it.total <= total);
        self.waiting.drain(..answered);
    }

    /// Nobody waits for any of them.
    pub(super) fn forget(&mut self) {
        self.waiting.clear();
    }

    /// The one that matters: the oldest, or a later one where questions and answers are lost.
    pub(super) fn decisive(&self) -> Option<Question> {
        // It may be lost on both ways.
        let lost = (self.lost * 2.0).min(0.9);
        let doubts = |count: &usize| lost.powi(*count as i32) > DOUBT;
        let index = (1..MOST_LOST).find(|count| !doubts(count));
        self.waiting.get(index.unwrap_or(MOST_LOST) - 1).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(left: Instant, total: u64) -> Question {
        Question {
            left,
            total,
            report: false,
        }
    }

    fn asked(lost: f64) -> (Instant, Questions) {
        let start = Instant::now();
        let mut questions = Questions::default();
        for total in 1..=1000 {
            questions.ask(question(start, total), lost);
        }
        (start, questions)
    }

    #[test]
    fn the_oldest_that_is_not_answered_decides_on_a_path_without_loss() {
        let (left, mut questions) = asked(0.0);
        assert_eq!(questions.decisive(), Some(question(left, 1)));
        questions.answer(10);
        assert_eq!(questions.decisive(), Some(question(left, 11)));
        questions.forget();
        assert_eq!(questions.decisive(), None);
    }

    #[test]
    fn the_more_is_lost_the_more_must_be_missing() {
        for (lost, total) in [(0.003, 1), (0.02, 2), (0.1, 3), (0.2, 6), (1.0, 6)] {
            let (left, questions) = asked(lost);
            assert_eq!(questions.decisive(), Some(question(left, total)));
        }
    }

    #[test]
    fn memory_is_bounded() {
        assert_eq!(asked(0.0).1.waiting.len(), MAX_WAITING);
    }
}
