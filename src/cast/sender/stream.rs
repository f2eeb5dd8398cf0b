// SPDX-License-Identifier: GPL-3.0-or-later
//! The state of one stream of a sender. What happens to it is in [`intake`](super::intake), [`feedback`](super::feedback)
//! and [`transmit`](super::transmit).

use std::time::{Duration, Instant};

use crate::cast::congestion::ladder::{Ladder, Largest};
use crate::cast::control::EncoderControl;
use crate::cast::crypto::FrameCipher;
use crate::cast::frame::{FrameId, MediaTime};
use crate::cast::rtcp::FeedbackReader;
use crate::cast::rtp::packetize::Packetizer;
use crate::cast::sender::arrivals::Arrivals;
use crate::cast::sender::config::{SenderConfig, StreamConfig, StreamKind};
use crate::cast::sender::in_flight::InFlight;
use crate::cast::sender::key_frames::KeyFrames;
use crate::cast::sender::limits;
use crate::cast::sender::meter::Meter;
use crate::cast::sender::probes::Probes;
use crate::cast::sender::repair::Echoes;
use crate::cast::sender::reports::Reports;
use crate::cast::sender::suspicion::Suspicion;
use crate::cast::stats::StreamStats;

/// A new bitrate is told to the encoder when it differs by more than one part in this many, or reaches a bound.
const BITRATE_STEPS: u32 = 20;

/// One stream.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) config: StreamConfig,
    pub(super) cipher: FrameCipher,
    pub(super) packetizer: Packetizer,
    pub(super) reader: FeedbackReader,
    pub(super) in_flight: InFlight,
    pub(super) reports: Reports,
    pub(super) probes: Probes,
    pub(super) echoes: Echoes,
    pub(super) suspicion: Suspicion,
    pub(super) key_frames: KeyFrames,
    pub(super) arrivals: Arrivals,
    pub(super) meter: Meter,
    /// Media time of the newest frame ever taken in.
    pub(super) newest_media_time: Option<MediaTime>,
    /// When it was.
    pub(super) newest_at: Option<Instant>,
    /// The newest frame that the receiver is known to have heard of.
    pub(super) latest_expected: FrameId,
    /// The newest packet that is known to have arrived, by its number in the order of departure, modulo 2³².
    pub(super) arrived: Option<u32>,
    /// Kickstarts since the last feedback.
    pub(super) kickstarts: u32,
    /// When the receiver spoke about this stream last.
    pub(super) heard: Option<Instant>,
    /// A frame that others refer to was refused: only a key frame is taken in.
    pub(super) broken: bool,
    /// How often pictures were given up for a smaller key frame since one has arrived.
    pub(super) given_up: u32,
    /// Travels with the next frame.
    pub(super) new_playout_delay_ms: Option<u16>,
    /// Since when every report says that there is no picture.
    pub(super) picture_lost: Option<Instant>,
    /// What the encoder was asked for last.
    target_bitrate: u32,
    /// What was settled; the person may want less.
    settled_bitrate: u32,
    /// Not told to the encoder yet.
    bitrate_changed: bool,
    ladder: Option<Ladder>,
    /// What the encoder was told last that pictures may be.
    largest: Option<Largest>,
}

impl Stream {
    pub(super) fn new(now: Instant, config: StreamConfig, session: &SenderConfig) -> Stream {
        Stream {
            cipher: FrameCipher::new(&config.keys),
            packetizer: Packetizer::new(
                config.ssrc,
                config.payload_type,
                session.max_packet_size,
                config.first_sequence_number,
            ),
            reader: FeedbackReader::new(config.ssrc, config.receiver_ssrc),
            in_flight: InFlight::new(),
            reports: Reports::new(config.ssrc, config.timebase),
            probes: Probes::default(),
            echoes: Echoes::default(),
            suspicion: Suspicion::default(),
            key_frames: KeyFrames::new(session.key_frame_cool_down),
            arrivals: Arrivals::default(),
            meter: Meter::new(now),
            newest_media_time: None,
            newest_at: None,
            latest_expected: FrameId::LEADER,
            arrived: None,
            kickstarts: 0,
            heard: None,
            broken: false,
            given_up: 0,
            new_playout_delay_ms: None,
            picture_lost: None,
            target_bitrate: 0,
            settled_bitrate: config.max_bitrate,
            bitrate_changed: false,
            ladder: session
                .largest_pictures
                .filter(|_| config.kind == StreamKind::Video)
                .map(|largest| Ladder::new(now, largest)),
            largest: session.largest_pictures,
            config,
        }
    }

    /// Sets what the encoder shall aim at, within the stream's bounds.
    pub(super) fn set_bitrate(&mut self, bitrate: u32) {
        let (min, max) = (self.config.min_bitrate, self.config.max_bitrate);
        let bitrate = bitrate.min(max).max(min);
        let change = bitrate.abs_diff(self.target_bitrate);
        let at_bound = change > 0 && (bitrate == min || bitrate == max);
        if at_bound || change > self.target_bitrate / BITRATE_STEPS {
            self.target_bitrate = bitrate;
            self.bitrate_changed = true;
        }
    }

    /// Bounds what pictures may cost from now on, within what was settled; sound stays as it is.
    pub(super) fn limit(&mut self, max_bitrate: u32, max_size: (u32, u32)) {
        if self.config.kind == StreamKind::Video {
            let least = self.config.min_bitrate.min(self.settled_bitrate);
            self.config.max_bitrate = max_bitrate.clamp(least, self.settled_bitrate);
            if let Some(ladder) = &mut self.ladder {
                ladder.limit(max_size);
            }
        }
    }

    /// A picture was drawn: encoded in this size, or left out.
    pub(super) fn on_picture(&mut self, now: Instant, size: Option<(u32, u32)>) {
        if let Some(ladder) = &mut self.ladder {
            ladder.on_picture(now, size);
        }
    }

    /// Looks at what size and frame rate the bitrate is worth.
    pub(super) fn climb(&mut self, now: Instant) {
        if let Some(ladder) = &mut self.ladder {
            ladder.choose(now, self.target_bitrate);
        }
    }

    /// What is to be told to the encoder now, one thing at a time.
    pub(super) fn take_control(
        &mut self,
        now: Instant,
        target_delay: Duration,
    ) -> Option<EncoderControl> {
        if std::mem::take(&mut self.bitrate_changed) {
            return Some(EncoderControl::Bitrate(self.target_bitrate));
        }
        if let (Some(ladder), Some(told)) = (&self.ladder, &mut self.largest) {
            let wanted = ladder.present();
            if wanted.frame_rate != told.frame_rate {
                told.frame_rate = wanted.frame_rate;
                return Some(EncoderControl::MaxFrameRate(wanted.frame_rate));
            }
            if wanted.size != told.size {
                told.size = wanted.size;
                return Some(EncoderControl::MaxSize(wanted.size.0, wanted.size.1));
            }
        }
        let wanted = self.asks_for_key_frames() && self.key_frames.take_request(now, target_delay);
        wanted.then_some(EncoderControl::KeyFrame)
    }

    /// When [`take_control`](Self::take_control) will have something by the passing of time.
    pub(super) fn control_at(&self, now: Instant, target_delay: Duration) -> Option<Instant> {
        self.key_frames
            .request_at(now, target_delay)
            .filter(|_| self.asks_for_key_frames())
    }

    fn asks_for_key_frames(&self) -> bool {
        self.config.kind == StreamKind::Video
    }

    /// Whether a raw frame that is captured about now, and lasts `next`, is worth encoding.
    pub(super) fn may_encode(
        &self,
        now: Instant,
        next: Duration,
        target_delay: Duration,
        round_trip: Duration,
        backlog: Option<Duration>,
    ) -> bool {
        if self.in_flight.is_full() {
            return false;
        }
        let limit = limits::before_encoding(self.config.kind, target_delay, round_trip, backlog);
        // Frames that were dropped leave a hole between the newest frame and this one, which the frame will span too.
        let until_now = self
            .reports
            .media_time_at(now)
            .map(|media_time| self.in_flight.span_until(media_time, self.config.timebase));
        let until_next = self.in_flight_media().saturating_add(next);
        let span = until_next.max(until_now.unwrap_or_default());
        self.in_flight.is_empty() || span <= limit || self.lets_one_in(next)
    }

    /// Media time between the oldest and the newest unacknowledged frame.
    pub(super) fn in_flight_media(&self) -> Duration {
        self.newest_media_time.map_or(Duration::ZERO, |newest| {
            self.in_flight.span_until(newest, self.config.timebase)
        })
    }

    /// The numbers since the last time.
    pub(super) fn take_stats(&mut self, now: Instant) -> StreamStats {
        let (fps, actual_bitrate) = self.meter.take_rates(now);
        StreamStats {
            id: self.config.id,
            kind: self.config.kind,
            fps,
            target_bitrate: self.target_bitrate,
            max_bitrate: self.config.max_bitrate,
            actual_bitrate,
            pictures: self.ladder.as_ref().map(Ladder::present),
            largest_pictures: self.ladder.as_ref().map(Ladder::largest),
            key_frames: self.meter.key_frames,
            loss: self.meter.take_loss(),
            packets: self.meter.packets,
            retransmitted: self.meter.retransmitted,
            in_flight: self.in_flight_media(),
            in_flight_bytes: self.in_flight.bytes(),
            dropped: self.meter.dropped,
            gaps: self.meter.gaps,
            latency: self.meter.take_latencies(),
            picture_lost_for: self
                .picture_lost
                .map(|since| now.saturating_duration_since(since)),
            played_out: self.meter.played_out,
            decoded: self.meter.decoded,
            logged: self.meter.logged,
        }
    }
}
