// SPDX-License-Identifier: GPL-3.0-or-later
//! Each input of the session in, passed on to the stream that it is about; what the others learn from it too.
//!
//! What a stream makes of it is in [`intake`](super::intake) for frames and in [`feedback`](super::feedback) for the
//! receiver's reports. Nothing leaves from here: the caller polls afterwards.

use std::time::{Duration, Instant};

use crate::cast::frame::{EncodedFrame, StreamId};
use crate::cast::rtcp::{Route, route};
use crate::cast::rtp::packetize::MIN_PACKET_SIZE;
use crate::cast::sender::feedback;
use crate::cast::sender::stream::Stream;
use crate::cast::sender::{Sender, SenderEvent, remember, wire_delay};
use crate::cast::stats::DropReason;

/// A caller that comes this much later than it was told to was asleep.
const STALL: Duration = Duration::from_millis(100);

impl Sender {
    pub(super) fn on_frame(&mut self, now: Instant, id: StreamId, frame: EncodedFrame) {
        let Some(stream) = find(&mut self.streams, id) else {
            return;
        };
        stream.on_picture(now, frame.size);
        match stream.take_in(now, frame, &self.path) {
            Ok(_) => {
                self.decide_at = now;
            }
            Err(reason) => {
                let stream = id;
                remember(&mut self.events, SenderEvent::Refused { stream, reason });
            }
        }
    }

    pub(super) fn on_raw_drop(&mut self, now: Instant, id: StreamId, reason: DropReason) {
        let Some(stream) = find(&mut self.streams, id) else {
            return;
        };
        stream.meter.on_raw_drop(reason);
        stream.on_picture(now, None);
    }

    pub(super) fn on_datagram(&mut self, now: Instant, datagram: &[u8]) {
        let stream = match route(datagram) {
            Some(Route::Rtcp(author)) => self
                .streams
                .iter_mut()
                .find(|stream| stream.config.receiver_ssrc == author),
            _ => None,
        };
        let Some(stream) = stream else {
            self.foreign_datagrams += 1;
            return;
        };
        let newest = stream.in_flight.newest();
        let Ok(events) = stream.reader.read(datagram, newest) else {
            self.refused_datagrams += 1;
            return;
        };
        self.feedback_at = Some(now);
        let queue = &mut self.events;
        let mut context = feedback::Context {
            now,
            path: &mut self.path,
            congestion: self.congestion.as_mut(),
            latency: &mut self.latency,
            events: &mut |event| remember(queue, event),
        };
        stream.on_feedback(&events, &mut context);
        if let Some(size) = self.path.large_packets.verdict(now) {
            self.on_max_packet_size(size);
            remember(&mut self.events, SenderEvent::LargePacketsVanish(size));
        }
        self.decide(now);
    }

    /// From the next frame of each stream on.
    pub(super) fn set_target_delay(&mut self, delay: Duration) {
        let ms = wire_delay(delay);
        self.path.target_delay = Duration::from_millis(ms.into());
        for stream in &mut self.streams {
            // 0 means "no change" on the wire.
            stream.new_playout_delay_ms = Some(ms.max(1));
        }
    }

    pub(super) fn on_max_packet_size(&mut self, size: usize) {
        let size = size.max(MIN_PACKET_SIZE);
        if self.out.len() < size {
            self.out.resize(size, 0);
        }
        for stream in &mut self.streams {
            stream.packetizer.set_max_packet_size(size);
        }
        self.path.large_packets.set_max(size);
    }

    /// The caller comes much later than it was told to: it stood still, and so did its clock perhaps.
    pub(super) fn note_stall(&mut self, now: Instant) {
        if now.saturating_duration_since(self.wake) > STALL {
            self.path.on_stall(now);
        }
    }
}

fn find(streams: &mut [Stream], id: StreamId) -> Option<&mut Stream> {
    streams.iter_mut().find(|stream| stream.config.id == id)
}
