// SPDX-License-Identifier: GPL-3.0-or-later
//! Repetition on suspicion, for a receiver that neither answers sender reports nor reports losses soon: a moment in, a
//! frame to be sent again out.
//!
//! Such a receiver still acknowledges each frame as soon as it is complete, and lists all that it lacks when it does. So
//! an acknowledgement that is overdue says that the oldest frame was hit, though not where: what may be missing of it is
//! sent again, a whole frame at worst. When that completes it, the acknowledgement tells exactly what is missing of the
//! frames behind it. The budget ([`loss`](super::loss)) ends this where losses are frequent. Every second guess about the
//! same frame waits twice as long.
//!
//! What was lost may as well be the acknowledgement itself. Then only a new frame makes the receiver speak, and none would
//! be made when as much is in flight as may be: so after each guess one more is let in ([`Stream::lets_one_in`]).

use std::time::{Duration, Instant};

use crate::cast::frame::FrameId;
use crate::cast::sender::path::Path;
use crate::cast::sender::stream::Stream;

/// So many times the pause between two guesses doubles.
const MAX_DOUBLINGS: u32 = 4;

/// A frame let in because nothing is heard is no longer than this, with what waits in the encoder.
const MAX_LET_IN: Duration = Duration::from_millis(50);

/// The frame that was suspected last.
#[derive(Debug, Default)]
pub(super) struct Suspicion {
    last: Option<Guess>,
}

/// How often it was, and when last.
#[derive(Debug, Clone, Copy)]
struct Guess {
    frame: FrameId,
    count: u32,
    at: Instant,
}

impl Stream {
    /// When what may be missing of the oldest frame is to be sent again, if its acknowledgement has not come by then.
    pub(super) fn suspicion_at(&self, path: &Path) -> Option<Instant> {
        let pause = path.suspicious_after()?;
        if self.in_flight.any_wanted() {
            return None;
        }
        let frame = self.in_flight.oldest()?;
        frame.all_sent?;
        let guess = self.guess(frame.id);
        let doublings = guess.map_or(0, |guess| guess.count).min(MAX_DOUBLINGS);
        let quiet_since = [frame.last_sent, guess.map(|guess| guess.at), self.heard];
        let from = quiet_since.into_iter().flatten().max()?;
        Some(from + pause * (1 << doublings))
    }

    /// Sends it again, if the budget allows.
    pub(super) fn suspect(&mut self, now: Instant, path: &mut Path) {
        let slice = self.packetizer.slice_size();
        let Some(frame) = self.in_flight.oldest().map(|frame| frame.id) else {
            return;
        };
        let count = self.guess(frame).map_or(1, |guess| guess.count + 1);
        self.suspicion.last = Some(Guess {
            frame,
            count,
            at: now,
        });
        if let Some(frame) = self.in_flight.oldest_mut() {
            let unsure = frame.unsure();
            let bytes = frame.payload.len().min(slice * unsure);
            // One packet costs next to nothing, and is all that a block of sound has.
            if unsure == 1 || path.losses.take_suspicion(bytes) {
                frame.repeat_unsure();
            }
        }
    }

    /// Whether a frame that lasts `next` is let in although enough is in flight, to make the receiver speak.
    pub(super) fn lets_one_in(&self, next: Duration) -> bool {
        let guess = self.in_flight.oldest().and_then(|it| self.guess(it.id));
        let since_newest = guess.zip(self.newest_at);
        next <= MAX_LET_IN && since_newest.is_some_and(|(guess, newest)| newest < guess.at)
    }

    fn guess(&self, frame: FrameId) -> Option<Guess> {
        self.suspicion.last.filter(|guess| guess.frame == frame)
    }
}
