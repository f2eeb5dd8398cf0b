// SPDX-License-Identifier: GPL-3.0-or-later
//! What a world needs of a sender, so that others than the program's own can take its place.

use std::time::{Duration, Instant};

use telecast::cast::frame::{FrameId, StreamId};
use telecast::cast::sender::{self, Sender};

/// The sending side of a world.
pub trait SendingEnd {
    fn handle(&mut self, now: Instant, input: sender::Input<'_>);
    fn poll(&mut self, now: Instant) -> Option<sender::Output<'_>>;
    fn may_encode(&self, now: Instant, id: StreamId, next: Duration) -> bool;
    fn checkpoint(&self, id: StreamId) -> Option<FrameId>;
    /// What the network is believed to carry, in bits per second.
    fn estimate(&mut self, now: Instant) -> Option<u32>;
}

impl SendingEnd for Sender {
    fn handle(&mut self, now: Instant, input: sender::Input<'_>) {
        Sender::handle(self, now, input);
    }

    fn poll(&mut self, now: Instant) -> Option<sender::Output<'_>> {
        Sender::poll(self, now)
    }

    fn may_encode(&self, now: Instant, id: StreamId, next: Duration) -> bool {
        Sender::may_encode(self, now, id, next)
    }

    fn checkpoint(&self, id: StreamId) -> Option<FrameId> {
        Sender::checkpoint(self, id)
    }

    fn estimate(&mut self, now: Instant) -> Option<u32> {
        self.stats(now).estimate
    }
}
