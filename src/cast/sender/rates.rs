// SPDX-License-Identifier: GPL-3.0-or-later
//! The congestion control's decision in, a bitrate for each encoder and the pacing rate out.

use std::time::Instant;

use crate::cast::congestion::{Bounds, DECISION_INTERVAL, IDLE_INTERVAL};
use crate::cast::sender::config::{SenderConfig, StreamKind};
use crate::cast::sender::giving_up::Outlook;
use crate::cast::sender::stream::Stream;
use crate::cast::sender::{Sender, remember};

impl Sender {
    /// Asks the congestion control what to do from now on.
    pub(super) fn decide(&mut self, now: Instant) {
        let idle = self
            .streams
            .iter()
            .all(|stream| stream.in_flight.is_empty());
        self.decide_at = now
            + if idle {
                IDLE_INTERVAL
            } else {
                DECISION_INTERVAL
            };
        self.decision = self.congestion.decide(now, self.unsent());
        self.path.backlog = self.decision.backlog;
        self.pacer.set_rate(now, self.decision.pacing_rate);
        if let Some(delay) = self.latency.decide(now) {
            self.set_target_delay(delay);
        }
        self.share_bitrate(now);
        self.weigh(now);
    }

    /// Looks whether pictures that wait are worth sending.
    fn weigh(&mut self, now: Instant) {
        for stream in &mut self.streams {
            stream.take_up_again(now, &self.path);
        }
        let (Some(backlog), Some(rate)) = (self.decision.backlog, self.decision.estimate) else {
            return;
        };
        let outlook = Outlook {
            backlog,
            rate,
            media: self.decision.media_bitrate,
        };
        let queue = &mut self.events;
        for stream in &mut self.streams {
            let events = &mut |event| remember(queue, event);
            stream.weigh(now, outlook, &self.path, events);
        }
    }

    /// Bytes that wait for the pacer, about.
    fn unsent(&self) -> usize {
        let of =
            |stream: &Stream| stream.in_flight.wanted_packets() * stream.packetizer.slice_size();
        self.streams.iter().map(of).sum()
    }

    /// Sound gets all it may have; the pictures share the rest.
    pub(super) fn share_bitrate(&mut self, now: Instant) {
        let mut rest = self.decision.media_bitrate;
        let mut pictures = 0;
        for stream in &mut self.streams {
            if stream.config.kind == StreamKind::Audio {
                let bitrate = stream.config.max_bitrate;
                stream.set_bitrate(bitrate);
                rest = rest.saturating_sub(bitrate);
            } else {
                pictures += 1;
            }
        }
        let Some(share) = rest.checked_div(pictures) else {
            return;
        };
        for stream in &mut self.streams {
            if stream.config.kind == StreamKind::Video {
                stream.set_bitrate(share);
                stream.climb(now);
            }
        }
    }
}

/// The bounds of all streams together: sound always has its maximum, pictures start at half of theirs.
pub(super) fn bounds(config: &SenderConfig) -> Bounds {
    let mut bounds = Bounds {
        min: 0,
        start: 0,
        max: 0,
    };
    for stream in &config.streams {
        let (min, start) = match stream.kind {
            StreamKind::Audio => (stream.max_bitrate, stream.max_bitrate),
            StreamKind::Video => (stream.min_bitrate, stream.max_bitrate / 2),
        };
        bounds.min = bounds.min.saturating_add(min);
        bounds.start = bounds.start.saturating_add(start);
        bounds.max = bounds.max.saturating_add(stream.max_bitrate);
    }
    bounds
}
