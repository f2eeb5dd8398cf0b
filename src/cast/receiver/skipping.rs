// SPDX-License-Identifier: GPL-3.0-or-later
//! Decides which frame is given out next. Input: the window and the time; output: a [`Step`].
//!
//! * Frames are given out in order, each as soon as it is complete.
//! * An incomplete frame is waited for until its playout time minus the player's processing time.
//! * After that, a later complete frame that needs no other may take its place, if everything before it can be passed:
//!   a frame is passed only when it is too late *and* its packet 0 has come (else nobody knows when it is due). So a
//!   frame without packet 0 blocks everything behind it, and a dependent frame never replaces anything.

use std::time::{Duration, Instant};

use super::timing::DelayTable;
use super::window::{Frame, Window};
use crate::cast::frame::FrameId;

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The first frame is complete.
    Take,
    /// Give up everything before this frame, then take it.
    SkipTo(FrameId),
    /// Nothing yet.
    Wait {
        /// When an incomplete frame becomes too late.
        until: Option<Instant>,
        /// One is too late already.
        is_late: bool,
    },
}

/// How patient the stream is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    pub processing_time: Duration,
    /// Go on with a complete frame that needs no other without waiting.
    pub skip_to_key_frame: bool,
}

/// The next step at `now`.
pub(super) fn next_step(
    window: &Window,
    delays: &DelayTable,
    patience: Patience,
    now: Instant,
) -> Step {
    let first = window.first();
    let mut is_late = false;
    let mut until = None;
    let ids = (first.0..=window.latest().0).map(FrameId);
    if window
        .get(first)
        .is_some_and(|frame| frame.completed.is_some())
    {
        return Step::Take;
    }
    if patience.skip_to_key_frame
        && let Some(id) = ids
            .clone()
            .find(|id| window.get(*id).is_some_and(Frame::is_entry_point))
    {
        return Step::SkipTo(id);
    }
    for id in ids {
        let Some(frame) = window.get(id) else { break };
        if frame.is_entry_point() {
            return Step::SkipTo(id);
        }
        let Some(opening) = frame.opening else { break };
        let deadline = deadline(opening.captured, delays.at(id), patience.processing_time);
        if deadline > now {
            until = Some(deadline);
            break;
        }
        is_late |= frame.completed.is_none();
        if patience.skip_to_key_frame {
            break;
        }
    }
    Step::Wait { until, is_late }
}

/// When a frame that is not complete is too late to be shown in time.
fn deadline(captured: Instant, delay: Duration, processing_time: Duration) -> Instant {
    let playout = captured.checked_add(delay).unwrap_or(captured);
    playout.checked_sub(processing_time).unwrap_or(playout)
}
