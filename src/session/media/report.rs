// SPDX-License-Identifier: GPL-3.0-or-later
//! The sender core's numbers in, [`SessionStats`] out; the watchdog looks at them on the way.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::flow::Flow;
use super::watchdog::Observation;
use crate::cast::stats::StreamStats;
use crate::session::stats::{
    AudioStats, Bitrates, FrameRates, Lowered, SessionStats, StageLatencies,
};
use crate::session::unsent::SendFault;

impl Flow {
    /// Fills in everything but the state. Called once in each report interval.
    pub(super) fn report(&mut self, started: Instant, stats: &mut SessionStats) {
        let now = Instant::now();
        let core = self.sender.stats(now);
        let video = self.video.and_then(|(id, _)| core.stream(id));
        let audio = self.audio.and_then(|(id, _)| core.stream(id));
        let unsent = self.socket.counts().unsent;
        let refused = unsent.of(SendFault::Refused);
        let mut observation = video.map_or(Observation::default(), |video| Observation {
            acknowledged: video.fps.acknowledged > 0.0,
            picture_lost_for: video.picture_lost_for,
            shown: video.played_out > 0 || video.decoded > 0,
            logged: video.logged > self.logged,
            refused: false,
        });
        observation.refused = refused > std::mem::replace(&mut self.refused, refused);
        self.logged = video.map_or(0, |video| video.logged);
        stats.codec = self.video.map(|(_, codec)| codec.name());
        stats.encoder.clone_from(&self.feeds.in_use.element);
        stats.hardware = self.feeds.in_use.hardware;
        stats.path = self.feeds.in_use.path;
        stats.pixel_format = self.feeds.in_use.pixel_format;
        stats.address = Some(self.socket.device());
        stats.link = self.socket.link();
        stats.dscp = self.socket.dscp();
        (stats.width, stats.height) = self.feeds.in_use.size.unzip();
        stats.rtt_ms = core.round_trip.map(ms);
        stats.jitter_ms = core.jitter.map(ms);
        stats.late_pct = self.lateness.take(now) * 100.0;
        stats.target_delay_ms = Some(ms(core.target_delay));
        count(&core.streams, stats);
        stats.key_frames = video.map_or(0, |video| video.key_frames);
        stats.audio = self.audio.zip(audio).map(|((_, codec), audio)| AudioStats {
            codec: Some(codec.name()),
            bitrate: audio.actual_bitrate,
            loss_pct: audio.loss * 100.0,
            gaps: audio.gaps,
        });
        stats.uptime_s = now.saturating_duration_since(started).as_secs_f64();
        stats.count_down(now);
        stats.dropped = BTreeMap::new();
        stats.unsent = unsent;
        stats.strangers = self.socket.counts().strangers;
        if stats.unsent.total() > 0 {
            let kinds = stats.unsent.iter();
            stats
                .dropped
                .extend(kinds.map(|(kind, count)| (kind.name(), count)));
            stats.dropped.insert("send_errors", stats.unsent.total());
        }
        if let Some(video) = video {
            fill_video(stats, video);
            stats.bitrate.estimate = core.estimate;
        }
        if let Some(event) = self.watch.dog.look(now, observation) {
            self.tell(event);
        }
    }

    /// Fills in what was sent since the start, for a session that ends between two reports.
    pub(super) fn count(&mut self, stats: &mut SessionStats) {
        let core = self.sender.stats(Instant::now());
        let video = self.video.and_then(|(id, _)| core.stream(id));
        count(&core.streams, stats);
        stats.key_frames = video.map_or(0, |video| video.key_frames);
    }
}

fn count(streams: &[StreamStats], stats: &mut SessionStats) {
    stats.packets = streams.iter().map(|stream| stream.packets).sum();
    stats.retransmitted = streams.iter().map(|stream| stream.retransmitted).sum();
}

fn fill_video(stats: &mut SessionStats, video: &StreamStats) {
    stats.fps = FrameRates {
        captured: video.fps.captured,
        encoded: video.fps.encoded,
        sent: video.fps.sent,
        acknowledged: video.fps.acknowledged,
        limit: video.pictures.map(|pictures| pictures.frame_rate),
    };
    stats.bitrate = Bitrates {
        target: video.target_bitrate,
        actual: video.actual_bitrate,
        estimate: None,
        max: video.max_bitrate,
    };
    let both = video.pictures.zip(video.largest_pictures);
    stats.lowered = both.map_or_else(Lowered::default, |(now, most)| Lowered {
        size: now.size != most.size,
        fps: now.frame_rate != most.frame_rate,
    });
    stats.loss_pct = video.loss * 100.0;
    stats.in_flight_ms = ms(video.in_flight);
    let dropped = video.dropped.iter();
    stats
        .dropped
        .extend(dropped.map(|(reason, count)| (reason.name(), count)));
    let latency = &video.latency;
    stats.latency_ms = StageLatencies {
        capture: latency.capture.map(ms),
        convert: latency.convert.map(ms),
        encode: latency.encode.map(ms),
        pace: latency.pace.map(ms),
        network: latency.network.map(ms),
        reassembly: latency.reassembly.map(ms),
        playout: latency.playout.map(ms),
    };
}

/// Milliseconds, to the microsecond.
fn ms(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1000.0
}
