// SPDX-License-Identifier: GPL-3.0-or-later
//! What the receiver tells the sender about frames and packets. Input: what happened; output: entries for feedback.
//!
//! Holds at most [`MAX_EVENTS`] events; when feedback has no room for more, the oldest are lost. Each is told once.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::window::Opening;
use crate::cast::frame::FrameId;
use crate::cast::rtcp::{FrameLog, LogEvent, LogEventKind};

/// Two datagrams full.
const MAX_EVENTS: usize = 700;
/// Frames that the player may still report on.
const MAX_GIVEN: usize = 128;

/// The event log of one stream.
#[derive(Debug)]
pub(super) struct EventLog {
    /// `None` when it was not negotiated.
    start: Option<Instant>,
    queue: VecDeque<FrameLog>,
    events: usize,
    /// RTP timestamps of complete frames whose acknowledgement was not sent yet.
    unacknowledged: VecDeque<u32>,
    given: VecDeque<(FrameId, Opening)>,
}

impl EventLog {
    /// `start` is the start of the session; all times count from there.
    pub fn new(start: Instant, enabled: bool) -> EventLog {
        EventLog {
            start: enabled.then_some(start),
            queue: VecDeque::new(),
            events: 0,
            unacknowledged: VecDeque::new(),
            given: VecDeque::new(),
        }
    }

    /// A packet arrived that was not there yet.
    pub fn on_packet(&mut self, now: Instant, rtp_timestamp: u32, packet: u16) {
        self.push(now, rtp_timestamp, LogEventKind::PacketReceived { packet });
    }

    /// A frame is complete.
    pub fn on_complete(&mut self, rtp_timestamp: u32) {
        push_bounded(&mut self.unacknowledged, rtp_timestamp, MAX_GIVEN);
    }

    /// A frame was given out.
    pub fn on_given(&mut self, id: FrameId, opening: Opening) {
        push_bounded(&mut self.given, (id, opening), MAX_GIVEN);
    }

    /// The decoder gave a frame out.
    pub fn on_decoded(&mut self, now: Instant, id: FrameId) {
        if let Some(opening) = self.opening(id) {
            self.push(
                now,
                opening.media_time.rtp_timestamp(),
                LogEventKind::Decoded { delay_ms: 0 },
            );
        }
    }

    /// A frame was shown or began to sound.
    pub fn on_played_out(&mut self, now: Instant, id: FrameId) {
        if let Some(opening) = self.opening(id) {
            let delay = now.saturating_duration_since(opening.captured).as_millis();
            let delay_ms = i16::try_from(delay).unwrap_or(i16::MAX);
            self.push(
                now,
                opening.media_time.rtp_timestamp(),
                LogEventKind::PlayedOut { delay_ms },
            );
        }
    }

    /// Feedback is about to be written: its acknowledgements are logged in it. Returns what is to be sent.
    pub fn for_feedback(&mut self, now: Instant) -> &mut VecDeque<FrameLog> {
        while let Some(rtp_timestamp) = self.unacknowledged.pop_front() {
            self.push(now, rtp_timestamp, LogEventKind::AckSent { delay_ms: 0 });
        }
        &mut self.queue
    }

    /// Feedback was written.
    pub fn on_written(&mut self) {
        self.events = self.queue.iter().map(|frame| frame.events.len()).sum();
    }

    fn opening(&self, id: FrameId) -> Option<Opening> {
        self.given
            .iter()
            .rev()
            .find(|(given, _)| *given == id)
            .map(|(_, opening)| *opening)
    }

    fn push(&mut self, now: Instant, rtp_timestamp: u32, kind: LogEventKind) {
        let Some(start) = self.start else { return };
        let at = Duration::from_millis(now.saturating_duration_since(start).as_millis() as u64);
        let event = LogEvent { kind, at };
        match self
            .queue
            .back_mut()
            .filter(|last| last.rtp_timestamp == rtp_timestamp)
        {
            Some(last) => last.events.push(event),
            None => self.queue.push_back(FrameLog {
                rtp_timestamp,
                events: vec![event],
            }),
        }
        self.events += 1;
        if self.events > MAX_EVENTS
            && let Some(oldest) = self.queue.front_mut()
        {
            oldest.events.remove(0);
            self.events -= 1;
            if oldest.events.is_empty() {
                self.queue.pop_front();
            }
        }
    }
}

fn push_bounded<T>(queue: &mut VecDeque<T>, item: T, limit: usize) {
    if queue.len() >= limit {
        queue.pop_front();
    }
    queue.push_back(item);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_kept_when_the_log_was_not_negotiated() {
        let now = Instant::now();
        let mut log = EventLog::new(now, false);
        log.on_packet(now, 1, 0);
        log.on_complete(1);
        assert!(log.for_feedback(now).is_empty());
    }

    #[test]
    fn the_oldest_events_are_lost_when_nothing_is_sent() {
        let now = Instant::now();
        let mut log = EventLog::new(now, true);
        for packet in 0..10_000_u16 {
            log.on_packet(now, u32::from(packet) / 100, packet);
        }
        let events: Vec<LogEvent> = log
            .for_feedback(now)
            .drain(..)
            .flat_map(|frame| frame.events)
            .collect();
        assert_eq!(events.len(), MAX_EVENTS);
        assert_eq!(
            events.last().unwrap().kind,
            LogEventKind::PacketReceived { packet: 9999 }
        );
    }
}
