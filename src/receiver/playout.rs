// SPDX-License-Identifier: GPL-3.0-or-later
//! `Playout`: decoded pictures that wait for their moment. Sans-IO: pictures and the time in, the picture that is due out.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::cast::frame::FrameId;

/// Pictures that may wait: 400 ms of 60 pictures a second. A full queue gives up its oldest.
pub(super) const MAX_WAITING: usize = 24;
/// A picture that stands longer than it should by no more than this is not called frozen.
const FREEZE: Duration = Duration::from_millis(100);

/// A picture with its place in the stream.
#[derive(Debug, Clone)]
pub(super) struct Timed<P> {
    pub(super) id: FrameId,
    pub(super) show_at: Instant,
    pub(super) picture: P,
}

/// The queue, and what it observed.
#[derive(Debug)]
pub(super) struct Playout<P> {
    waiting: VecDeque<Timed<P>>,
    last: Option<(FrameId, Instant)>,
    frozen: Duration,
    longest_freeze: Duration,
}

impl<P> Playout<P> {
    pub(super) fn new() -> Playout<P> {
        Playout {
            waiting: VecDeque::new(),
            last: None,
            frozen: Duration::ZERO,
            longest_freeze: Duration::ZERO,
        }
    }

    /// Takes a decoded picture. Pictures come in the order of their ids.
    pub(super) fn push(&mut self, picture: Timed<P>) {
        if self.waiting.len() == MAX_WAITING {
            self.waiting.pop_front();
        }
        self.waiting.push_back(picture);
    }

    /// Whether no more pictures should be decoded for now.
    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= MAX_WAITING
    }

    /// When the next picture is due.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.waiting.front().map(|timed| timed.show_at)
    }

    /// The picture to show now: of all that are due the newest.
    pub(super) fn due(&mut self, now: Instant) -> Option<Timed<P>> {
        let due = self
            .waiting
            .iter()
            .take_while(|timed| timed.show_at <= now)
            .count();
        let timed = self.waiting.drain(..due).next_back()?;
        if let Some((last, shown_at)) = self.last {
            // The first picture that is missing was due in proportion; without gaps this is the picture itself.
            let frames = u32::try_from(timed.id - last).unwrap_or(1).max(1);
            let expected = shown_at + timed.show_at.saturating_duration_since(shown_at) / frames;
            let frozen = now.saturating_duration_since(expected);
            if frozen > FREEZE {
                self.frozen += frozen;
                self.longest_freeze = self.longest_freeze.max(frozen);
            }
        }
        self.last = Some((timed.id, now.max(timed.show_at)));
        Some(timed)
    }

    /// How long the picture stood still although another was due, in all and at most.
    pub(super) fn freezes(&self) -> (Duration, Duration) {
        (self.frozen, self.longest_freeze)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(start: Instant, milliseconds: u64) -> Instant {
        start + Duration::from_millis(milliseconds)
    }

    fn push(playout: &mut Playout<i64>, start: Instant, id: i64, milliseconds: u64) {
        playout.push(Timed {
            id: FrameId(id),
            show_at: at(start, milliseconds),
            picture: id,
        });
    }

    #[test]
    fn pictures_are_shown_at_their_time_and_only_the_newest_that_is_due() {
        let start = Instant::now();
        let mut playout = Playout::new();
        for (id, milliseconds) in [(0, 0), (1, 33), (2, 66)] {
            push(&mut playout, start, id, milliseconds);
        }
        assert_eq!(playout.due(start).map(|timed| timed.picture), Some(0));
        assert!(playout.due(at(start, 32)).is_none());
        assert_eq!(playout.deadline(), Some(at(start, 33)));
        assert_eq!(
            playout.due(at(start, 70)).map(|timed| timed.picture),
            Some(2)
        );
        assert_eq!(playout.deadline(), None);
    }

    #[test]
    fn a_still_screen_is_not_frozen_and_a_gap_is() {
        let start = Instant::now();
        let mut playout = Playout::new();
        // One picture a second, each in time: a still screen.
        for second in 0..3 {
            push(&mut playout, start, second, second as u64 * 1000);
            assert!(playout.due(at(start, second as u64 * 1000)).is_some());
        }
        assert_eq!(playout.freezes().0, Duration::ZERO);
        // Frames 3 to 11 never came; frame 12 is shown 300 ms after frame 2, so the picture stood for 270 ms.
        push(&mut playout, start, 12, 2300);
        assert!(playout.due(at(start, 2300)).is_some());
        assert_eq!(
            playout.freezes(),
            (Duration::from_millis(270), Duration::from_millis(270))
        );
        // A frame that is decoded 150 ms too late.
        push(&mut playout, start, 13, 2333);
        assert!(playout.due(at(start, 2483)).is_some());
        assert_eq!(
            playout.freezes(),
            (Duration::from_millis(420), Duration::from_millis(270))
        );
    }

    #[test]
    fn the_queue_is_bounded() {
        let start = Instant::now();
        let mut playout = Playout::new();
        for id in 0..1000 {
            push(&mut playout, start, id, 60_000 + id as u64);
        }
        assert_eq!(playout.waiting.len(), MAX_WAITING);
        assert_eq!(
            playout.due(at(start, 3_600_000)).map(|timed| timed.picture),
            Some(999)
        );
    }
}
