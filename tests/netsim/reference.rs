// SPDX-License-Identifier: GPL-3.0-or-later
//! A model of the reference sender, to have something to compare with: Open Screen's algorithms as it ships them today,
//! with Chromium's rate adaptation on top. Input and output are those of the program's own sender.
//!
//! ```text
//! frames ─▶ stream: id, limit of media in flight ─▶ packets to send ─▶ burst: 21 packets each 10 ms, sound first
//! feedback ─▶ stream: acknowledged, missing (if last sent a round trip ago) ─▶ round trip ─▶ rate, every 500 ms
//! ```
//! * A sender report every 500 ms, and with every frame until a round trip is known.
//! * Media in flight is limited to clamp(2 · round trip, 66 ms, max(66 ms, target delay / 3)); raw and encoded frames
//!   beyond that are dropped, the latter at the price of a key frame.
//! * The last packet of the newest frame is repeated every max(target delay / 20, 2 · round trip) while the receiver
//!   has not mentioned that frame and nothing else is to be sent.
//!
//! Only the wire formats are shared with the program's sender: packetizer, report reader, clock, cipher.

mod rate;
mod stream;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use telecast::cast::control::EncoderControl;
use telecast::cast::frame::{FrameId, StreamId, StreamKind};
use telecast::cast::ntp::NtpClock;
use telecast::cast::rtcp::{Route, route};
use telecast::cast::sender::{Input, Output, SenderConfig, SenderEvent};

use self::rate::{Rate, STEP};
use self::stream::Stream;
use super::sending_end::SendingEnd;

/// From one burst to the next.
const BURST_INTERVAL: Duration = Duration::from_millis(10);

/// Bits per second of full bursts.
const BURST_BITRATE: usize = 24 << 20;

/// No round trip is taken for shorter.
const MIN_ROUND_TRIP: Duration = Duration::from_micros(75);

/// Two frames at 30 a second may always be in flight.
const MIN_IN_FLIGHT: Duration = Duration::from_millis(66);

/// Which of its limits of media in flight it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Today's.
    Current,
    /// A third of the target delay whatever the round trip, as older versions are taken to have had.
    Older,
}

/// The sender.
pub struct Reference {
    streams: Vec<Stream>,
    clock: NtpClock,
    target_delay: Duration,
    limit: Limit,
    round_trip: Option<Duration>,
    rate: Rate,
    adapt_at: Instant,
    packets_in_burst: usize,
    /// What the burst that is going on may still send.
    budget: usize,
    last_burst: Option<Instant>,
    controls: VecDeque<(StreamId, EncoderControl)>,
    refused: VecDeque<SenderEvent>,
    out: Vec<u8>,
    timeout_told: bool,
}

impl Reference {
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the signature of the program's sender"
    )]
    pub fn new(now: Instant, config: SenderConfig) -> Reference {
        Reference::with_limit(now, &config, Limit::Current)
    }

    pub fn with_limit(now: Instant, config: &SenderConfig, limit: Limit) -> Reference {
        let packets_in_burst = BURST_BITRATE / 8 / config.max_packet_size / 100;
        let rate = Rate::new(now, config, packets_in_burst);
        let mut streams: Vec<Stream> = config
            .streams
            .iter()
            .map(|stream| Stream::new(stream.clone(), config.max_packet_size))
            .collect();
        streams.sort_by_key(|stream| stream.config.receiver_ssrc);
        let mut sender = Reference {
            streams,
            clock: NtpClock::new(now, config.unix_time),
            target_delay: config.target_delay,
            limit,
            round_trip: None,
            rate,
            adapt_at: now + STEP,
            packets_in_burst,
            budget: 0,
            last_burst: None,
            controls: VecDeque::new(),
            refused: VecDeque::new(),
            out: vec![0; config.max_packet_size],
            timeout_told: false,
        };
        sender.tell_bitrates();
        sender
    }

    fn tell_bitrates(&mut self) {
        let mut rest = self.rate.bitrate();
        for stream in &self.streams {
            let (min, max) = (stream.config.min_bitrate, stream.config.max_bitrate);
            let bitrate = match stream.config.kind {
                StreamKind::Audio => max,
                StreamKind::Video => rest.clamp(min, max),
            };
            rest = rest.saturating_sub(bitrate);
            let control = EncoderControl::Bitrate(bitrate);
            self.controls.push_back((stream.config.id, control));
        }
    }

    fn max_in_flight(&self) -> Duration {
        let round_trip = self.round_trip.unwrap_or_default();
        match self.limit {
            Limit::Current => {
                let most = (self.target_delay / 3).max(MIN_IN_FLIGHT);
                (round_trip * 2).clamp(MIN_IN_FLIGHT, most)
            }
            Limit::Older => (self.target_delay / 3).max(MIN_IN_FLIGHT),
        }
    }

    fn kickstart_interval(&self) -> Duration {
        let twice = self.round_trip.unwrap_or_default() * 2;
        twice.max(self.target_delay / 20)
    }

    fn on_datagram(&mut self, now: Instant, datagram: &[u8]) {
        let Some(Route::Rtcp(author)) = route(datagram) else {
            return;
        };
        let streams = self.streams.iter_mut();
        let Some(stream) = { streams }.find(|it| it.config.receiver_ssrc == author) else {
            return;
        };
        let Ok(events) = stream.read(datagram) else {
            return;
        };
        if let Some(sample) = events
            .receiver_report
            .and_then(|report| stream.round_trip(now, &report))
        {
            let sample = sample.clamp(MIN_ROUND_TRIP, self.target_delay);
            self.round_trip = Some(match self.round_trip {
                None => sample,
                Some(known) if sample > known => (known + sample) / 2,
                Some(known) => (known * 7 + sample) / 8,
            });
        }
        let round_trip = self.round_trip.unwrap_or_default();
        let Some(feedback) = events.feedback else {
            return;
        };
        let bytes = stream.acknowledge(&feedback);
        if bytes > 0 {
            self.rate.on_acknowledged(now, round_trip, bytes);
        }
        stream.mark_missing(now, round_trip, &feedback);
        if events.picture_loss {
            stream.on_picture_loss(feedback.checkpoint);
        }
    }

    /// Whether a burst is wanted now or at some moment without further input.
    fn next_burst(&self, now: Instant) -> Option<Instant> {
        let interval = self.kickstart_interval();
        let wanted = self
            .streams
            .iter()
            .filter_map(|stream| {
                let reports = stream.report_at();
                let packets = stream.packet_at(now, interval);
                [reports, packets].into_iter().flatten().min()
            })
            .min()?;
        let earliest = self.last_burst.map_or(now, |last| last + BURST_INTERVAL);
        Some(wanted.max(earliest))
    }

    fn transmit(&mut self, now: Instant) -> Option<usize> {
        if self.budget == 0 || self.last_burst != Some(now) {
            if self.next_burst(now).is_none_or(|at| at > now) {
                return None;
            }
            self.last_burst = Some(now);
            self.budget = self.packets_in_burst;
        }
        let size = self.write(now)?;
        self.budget -= 1;
        self.rate.on_packet(now);
        Some(size)
    }

    fn write(&mut self, now: Instant) -> Option<usize> {
        for stream in &mut self.streams {
            if stream.report_at().is_some_and(|at| at <= now)
                && let Some(report) = stream.report(now, &self.clock)
            {
                let mut bytes = Vec::new();
                report.write(&mut bytes);
                self.out[..bytes.len()].copy_from_slice(&bytes);
                return Some(bytes.len());
            }
        }
        let interval = self.kickstart_interval();
        let out = &mut self.out;
        self.streams
            .iter_mut()
            .find_map(|stream| stream.write_packet(now, interval, out))
    }
}

impl SendingEnd for Reference {
    fn handle(&mut self, now: Instant, input: Input<'_>) {
        self.timeout_told = false;
        let limit = self.max_in_flight();
        match input {
            Input::Datagram(datagram) => self.on_datagram(now, datagram),
            Input::Frame(id, frame) => {
                self.rate.on_raw_frame(id, false);
                let answered = self.round_trip.is_some();
                let stream = self.streams.iter_mut().find(|it| it.config.id == id);
                let Some(stream) = stream else { return };
                if let Err(reason) = stream.enqueue(now, frame, limit, answered) {
                    self.refused
                        .push_back(SenderEvent::Refused { stream: id, reason });
                }
            }
            Input::Dropped(id, _) => self.rate.on_raw_frame(id, true),
            Input::TargetDelay { least, .. } => self.target_delay = least,
            // It knows neither.
            Input::PictureLimits { .. } | Input::MaxPacketSize(_) | Input::Slept(_) => {}
        }
    }

    fn poll(&mut self, now: Instant) -> Option<Output<'_>> {
        if let Some(event) = self.refused.pop_front() {
            return Some(Output::Event(event));
        }
        if now >= self.adapt_at {
            self.adapt_at = now + STEP;
            self.rate.adapt(now, self.round_trip.unwrap_or_default());
            self.tell_bitrates();
        }
        for stream in &mut self.streams {
            if stream.take_key_frame_request(now, self.target_delay) {
                let control = EncoderControl::KeyFrame;
                self.controls.push_back((stream.config.id, control));
            }
        }
        if let Some((id, control)) = self.controls.pop_front() {
            return Some(Output::Encoder(id, control));
        }
        if let Some(size) = self.transmit(now) {
            return Some(Output::Transmit(&self.out[..size]));
        }
        if std::mem::replace(&mut self.timeout_told, true) {
            self.timeout_told = false;
            return None;
        }
        let wake = self
            .next_burst(now)
            .map_or(self.adapt_at, |at| at.min(self.adapt_at));
        Some(Output::Timeout(wake))
    }

    fn may_encode(&self, now: Instant, id: StreamId, next: Duration) -> bool {
        let stream = self.streams.iter().find(|it| it.config.id == id);
        stream.is_some_and(|stream| stream.may_encode(now, next, self.max_in_flight()))
    }

    fn checkpoint(&self, id: StreamId) -> Option<FrameId> {
        let stream = self.streams.iter().find(|it| it.config.id == id);
        stream.map(Stream::checkpoint)
    }

    fn estimate(&mut self, now: Instant) -> Option<u32> {
        self.rate.estimate(now, self.round_trip.unwrap_or_default())
    }
}
