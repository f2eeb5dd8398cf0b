// SPDX-License-Identifier: GPL-3.0-or-later
//! The frames of one stream that are not acknowledged yet, and which of their packets are to leave. Encrypted already.
//!
//! ```text
//!  checkpoint   +1       +2       +3     …   newest
//!      ✓      | frame | done   | frame |    | frame |      done: acknowledged on its own (CST2), keeps its place
//!               └ packets: ■ sent  □ to be sent (never sent yet, or reported missing)
//! ```
//! At most [`MAX_UNACKED_FRAMES`] places. What is known of each packet is in the [frame](InFlightFrame) itself.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::cast::frame::{FrameId, MediaTime};
use crate::cast::sender::in_flight_frame::InFlightFrame;

/// At most this many frames above the checkpoint (Open Screen `constants.h`), so that 8 bits name a frame.
pub(super) const MAX_UNACKED_FRAMES: i64 = 120;

/// A place in the line of frames: it stays when the frame is done, until the checkpoint passes it.
#[derive(Debug)]
pub(super) struct Place {
    media_time: MediaTime,
    /// `None` when it is done already.
    pub(super) frame: Option<InFlightFrame>,
}

/// The unacknowledged frames of one stream.
#[derive(Debug)]
pub(super) struct InFlight {
    checkpoint: FrameId,
    places: VecDeque<Place>,
    bytes: usize,
}

impl InFlight {
    pub(super) fn new() -> InFlight {
        InFlight {
            checkpoint: FrameId::LEADER,
            places: VecDeque::new(),
            bytes: 0,
        }
    }

    /// Everything up to here is done.
    pub(super) fn checkpoint(&self) -> FrameId {
        self.checkpoint
    }

    /// The newest frame taken in.
    pub(super) fn newest(&self) -> FrameId {
        self.checkpoint + self.places.len() as i64
    }

    /// Bytes of all frames held.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether nothing is under way.
    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Whether one more frame would go beyond the id span.
    pub(super) fn is_full(&self) -> bool {
        self.places.len() as i64 >= MAX_UNACKED_FRAMES
    }

    /// Media time from the oldest unacknowledged frame to `until`, or 0 when nothing is under way. What was set aside does
    /// not count: only a frame behind it makes the receiver go on.
    pub(super) fn span_until(&self, until: MediaTime, timebase: u32) -> Duration {
        let set_aside = |place: &Place| {
            let frame = place.frame.as_ref();
            frame.is_some_and(InFlightFrame::is_set_aside)
        };
        let Some(oldest) = self.places.iter().find(|place| !set_aside(place)) else {
            return Duration::ZERO;
        };
        let ticks = until.0.saturating_sub(oldest.media_time.0).max(0);
        Duration::from_secs_f64(ticks as f64 / f64::from(timebase.max(1)))
    }

    /// Adds the next frame.
    pub(super) fn push(&mut self, frame: InFlightFrame) {
        self.bytes += frame.payload.len();
        self.places.push_back(Place {
            media_time: frame.media_time,
            frame: Some(frame),
        });
    }

    /// Moves the checkpoint by one place towards `checkpoint`; call until `None`.
    pub(super) fn advance(&mut self, checkpoint: FrameId) -> Option<Place> {
        if self.checkpoint >= checkpoint {
            return None;
        }
        let place = self.places.pop_front()?;
        self.checkpoint = self.checkpoint.next();
        if let Some(frame) = &place.frame {
            self.bytes -= frame.payload.len();
        }
        Some(place)
    }

    /// Takes out a frame that was acknowledged on its own.
    pub(super) fn take(&mut self, id: FrameId) -> Option<InFlightFrame> {
        let index = self.index(id)?;
        let frame = self.places.get_mut(index)?.frame.take()?;
        self.bytes -= frame.payload.len();
        Some(frame)
    }

    /// The oldest frame that is still held.
    pub(super) fn oldest_mut(&mut self) -> Option<&mut InFlightFrame> {
        self.places.front_mut()?.frame.as_mut()
    }

    /// The oldest frame that is still held.
    pub(super) fn oldest(&self) -> Option<&InFlightFrame> {
        self.places.front()?.frame.as_ref()
    }

    /// A frame that is still held.
    pub(super) fn get_mut(&mut self, id: FrameId) -> Option<&mut InFlightFrame> {
        let index = self.index(id)?;
        self.places.get_mut(index)?.frame.as_mut()
    }

    /// A frame that is still held.
    pub(super) fn get(&self, id: FrameId) -> Option<&InFlightFrame> {
        self.places.get(self.index(id)?)?.frame.as_ref()
    }

    /// The oldest frame with a packet to send, and the lowest such packet.
    pub(super) fn next_wanted(&mut self) -> Option<(u16, &mut InFlightFrame)> {
        self.places
            .iter_mut()
            .filter_map(|place| place.frame.as_mut())
            .find_map(|frame| Some((frame.next_wanted()?, frame)))
    }

    /// The newest frame, if it is still held.
    pub(super) fn newest_mut(&mut self) -> Option<&mut InFlightFrame> {
        self.places.back_mut()?.frame.as_mut()
    }

    /// Takes the newest frame out if no packet of it has left: its id is free again. Call until `None`.
    pub(super) fn take_back(&mut self) -> Option<InFlightFrame> {
        let is_untouched = |place: &mut Place| {
            let frame = place.frame.as_ref();
            frame.is_some_and(InFlightFrame::is_untouched)
        };
        let frame = self.places.pop_back_if(is_untouched)?.frame?;
        self.bytes -= frame.payload.len();
        Some(frame)
    }

    /// The oldest frame of which some packets have not left yet, and are to.
    pub(super) fn first_unsent(&self) -> Option<&InFlightFrame> {
        let mut frames = self.places.iter().filter_map(|place| place.frame.as_ref());
        frames.find(|frame| frame.unsent() > 0)
    }

    /// Packets that have not left yet, and are to.
    pub(super) fn unsent_packets(&self) -> usize {
        let frames = self.places.iter().filter_map(|place| place.frame.as_ref());
        frames.map(InFlightFrame::unsent).sum()
    }

    /// Whether the frame behind the oldest one is there, or left at this moment or before.
    pub(super) fn is_second_done(&self, before: Option<Instant>) -> bool {
        self.places.get(1).is_some_and(|place| {
            let sent = place.frame.as_ref().map(|frame| frame.all_sent);
            sent.is_none_or(|at| at.zip(before).is_some_and(|(at, before)| at <= before))
        })
    }

    /// Packets that are to be sent.
    pub(super) fn wanted_packets(&self) -> usize {
        let frames = self.places.iter().filter_map(|place| place.frame.as_ref());
        frames.map(|frame| frame.wanted).sum()
    }

    /// Whether any packet is to be sent.
    pub(super) fn any_wanted(&self) -> bool {
        self.places
            .iter()
            .any(|place| place.frame.as_ref().is_some_and(|frame| frame.wanted > 0))
    }

    fn index(&self, id: FrameId) -> Option<usize> {
        usize::try_from(id - self.checkpoint - 1).ok()
    }
}
