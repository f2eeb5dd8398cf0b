// SPDX-License-Identifier: GPL-3.0-or-later
//! Picture loss and refused frames in, key frame requests out. One per video stream.
//!
//! ```text
//! L: newest key frame taken in        P: newest frame known to be useless without a key frame after it
//! needed = L ≤ P      (both are −1 at the start, so the first frame must be a key frame)
//! ```
//! A receiver repeats its picture loss in every report until a key frame is complete: while one is under way (the
//! checkpoint is below L) the indication says nothing new.

use std::time::{Duration, Instant};

use crate::cast::frame::FrameId;

/// Between two requests: the longer of this and six target delays (Chromium `video_sender.cc`). The former alone when a
/// frame was refused here: then no key frame can be on its way that would help.
const MIN_SPACING: Duration = Duration::from_millis(500);
const SPACING_IN_TARGET_DELAYS: u32 = 6;

/// The request logic of one stream.
#[derive(Debug)]
pub(super) struct KeyFrames {
    newest: FrameId,
    newest_at: Option<Instant>,
    lost: FrameId,
    /// One of our frames was refused: the receiver is left waiting by us, not by the network.
    gap: bool,
    requested: Option<Instant>,
    cool_down: Option<Duration>,
}

impl KeyFrames {
    pub(super) fn new(cool_down: Option<Duration>) -> KeyFrames {
        KeyFrames {
            newest: FrameId::LEADER,
            newest_at: None,
            lost: FrameId::LEADER,
            gap: false,
            requested: None,
            cool_down,
        }
    }

    /// Whether the next frame should be a key frame.
    pub(super) fn needed(&self) -> bool {
        self.newest <= self.lost
    }

    /// A key frame was taken in.
    pub(super) fn on_key_frame(&mut self, now: Instant, id: FrameId) {
        self.newest = self.newest.max(id);
        self.newest_at = Some(now);
        self.gap = false;
    }

    /// A frame will not be sent after all, and its id belongs to another one.
    pub(super) fn on_taken_back(&mut self, id: FrameId) {
        let before = FrameId(id.0 - 1);
        self.newest = self.newest.min(before);
        self.lost = self.lost.min(before);
    }

    /// The receiver reports picture loss. Whether that is news.
    pub(super) fn on_picture_loss(&mut self, now: Instant, checkpoint: FrameId) -> bool {
        let given_up = self
            .cool_down
            .zip(self.newest_at)
            .is_some_and(|(wait, since)| now.saturating_duration_since(since) >= wait);
        if checkpoint < self.newest && !given_up {
            return false;
        }
        let was_needed = self.needed();
        self.lost = self.lost.max(checkpoint).max(self.newest);
        !was_needed
    }

    /// A frame that others refer to was refused: nothing can be decoded until a key frame comes.
    pub(super) fn on_gap(&mut self) {
        self.gap = true;
        self.lost = self.lost.max(self.newest);
    }

    /// A frame was given up for the sake of a key frame, which is wanted at once, whenever the last one was.
    pub(super) fn on_given_up(&mut self) {
        self.on_gap();
        self.requested = None;
    }

    /// Whether a request is to go out now; it is then taken for sent.
    pub(super) fn take_request(&mut self, now: Instant, target_delay: Duration) -> bool {
        let due = self
            .request_at(now, target_delay)
            .is_some_and(|at| at <= now);
        if due {
            self.requested = Some(now);
        }
        due
    }

    /// When the next request is to go out; `None` while no key frame is needed.
    pub(super) fn request_at(&self, now: Instant, target_delay: Duration) -> Option<Instant> {
        if !self.needed() {
            return None;
        }
        let spacing = if self.gap {
            MIN_SPACING
        } else {
            MIN_SPACING.max(target_delay * SPACING_IN_TARGET_DELAYS)
        };
        Some(self.requested.map_or(now, |last| last + spacing))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET: Duration = Duration::from_millis(200);

    #[test]
    fn the_first_frame_must_be_a_key_frame() {
        let now = Instant::now();
        let mut keys = KeyFrames::new(None);
        assert!(keys.needed());
        assert!(keys.take_request(now, TARGET));
        keys.on_key_frame(now, FrameId(0));
        assert!(!keys.needed());
    }

    #[test]
    fn picture_loss_asks_for_a_key_frame_unless_one_is_under_way() {
        let now = Instant::now();
        let mut keys = KeyFrames::new(None);
        keys.on_key_frame(now, FrameId(5));
        assert!(!keys.on_picture_loss(now, FrameId(4)), "5 is under way");
        assert!(!keys.needed());
        assert!(keys.on_picture_loss(now, FrameId(5)));
        assert!(keys.needed());
        assert!(!keys.on_picture_loss(now, FrameId(7)), "known already");
        keys.on_key_frame(now, FrameId(6));
        assert!(keys.needed(), "the loss was reported after frame 7");
        keys.on_key_frame(now, FrameId(9));
        assert!(!keys.needed());
    }

    #[test]
    fn a_key_frame_under_way_is_given_up_after_the_cool_down() {
        let now = Instant::now();
        let wait = Duration::from_secs(1);
        let mut keys = KeyFrames::new(Some(wait));
        keys.on_key_frame(now, FrameId(5));
        assert!(!keys.on_picture_loss(now + wait / 2, FrameId(3)));
        assert!(keys.on_picture_loss(now + wait, FrameId(3)));
        assert!(keys.needed());
    }

    #[test]
    fn requests_are_spaced_by_half_a_second_or_six_target_delays() {
        let start = Instant::now();
        for (target_ms, spacing_ms) in [(50, 500), (100, 600), (400, 2400)] {
            let target = Duration::from_millis(target_ms);
            let mut keys = KeyFrames::new(None);
            let requests: Vec<u64> = (0..5000)
                .filter(|ms| keys.take_request(start + Duration::from_millis(*ms), target))
                .collect();
            let expected: Vec<u64> = (0..5000).step_by(spacing_ms).collect();
            assert_eq!(requests, expected);
        }
    }

    #[test]
    fn requests_are_spaced_by_half_a_second_while_our_own_gap_is_open() {
        let now = Instant::now();
        let mut keys = KeyFrames::new(None);
        assert!(keys.take_request(now, TARGET));
        keys.on_key_frame(now, FrameId(0));
        keys.on_gap();
        let later = now + MIN_SPACING;
        assert_eq!(keys.request_at(now, TARGET), Some(later));
        assert!(keys.take_request(later, TARGET));
    }

    #[test]
    fn a_refused_frame_needs_a_key_frame_even_when_one_is_under_way() {
        let now = Instant::now();
        let mut keys = KeyFrames::new(None);
        keys.on_key_frame(now, FrameId(0));
        keys.on_gap();
        assert!(keys.needed());
        keys.on_key_frame(now, FrameId(1));
        assert!(!keys.needed());
    }
}
