// SPDX-License-Identifier: GPL-3.0-or-later
//! `EncodedFrame`s and the receiver's datagrams in; datagrams, wishes to the encoders, events and a wake-up time out.
//!
//! One [`Sender`] serves all streams of a session over one UDP flow. It reads no clock and opens no socket; it does not
//! choose codecs, does not encode, and does not know how the streams were negotiated.
//!
//! ```text
//!            Input::Frame                                     Input::Datagram
//!                 │                                                 │
//!        intake   ▼  check, number, encrypt                feedback ▼  acknowledge, prove losses
//!           ┌───────────┐   send again              ┌──────────────────────┐
//!           │ in_flight │◀──────────────────────────│ repair    key_frames │
//!           └─────┬─────┘  ◀── suspicion, kickstart │ path      arrivals   │──▶ congestion ──┐
//!        transmit ▼                                 └───────┬──────────────┘                 │ bitrate,
//!     reports first, then audio, then video ◀── probes ◀────┘          Output::Encoder ◀─────┤ pacing rate
//!                 └────────── pacer ──▶ Output::Transmit                 pacer ◀─────────────┘
//! ```
//!
//! # How losses are repaired
//! What is known of the path (round trip, loss rate) and of the receiver's habits is in `path`; they decide how a loss is
//! found out:
//!
//! | receiver | how | where |
//! |---|---|---|
//! | answers sender reports at once (the reference) | it is asked, behind what it is asked about | `probes` |
//! | reports losses by itself every 30 ms or so | its reports are waited for; sender reports mark what they cover | `repair` |
//! | reports losses late, but acknowledges complete frames | the oldest frame is repeated when overdue | `suspicion` |
//! | has perhaps not heard of the newest frame | that frame's last packet is repeated | `transmit` |
//!
//! What cannot arrive in time because the network has become slower is not sent on: see `giving_up`.
//!
//! Whatever it was that made a receiver speak, `repair` decides what its report proves and what leaves again.
//!
//! # Example
//! ```
//! use std::time::{Duration, Instant};
//! use telecast::cast::sender::{Input, Output, Sender, SenderConfig};
//!
//! # fn demo(config: SenderConfig, datagram: &[u8], mut send: impl FnMut(&[u8])) -> Instant {
//! let now = Instant::now();
//! let mut sender = Sender::new(now, config);
//! let mut wake = now;
//!
//! // After each input, and whenever the wake-up time has come, everything is taken out:
//! sender.handle(now, Input::Datagram(datagram));
//! while let Some(output) = sender.poll(now) {
//!     match output {
//!         Output::Transmit(datagram) => send(datagram),
//!         Output::Encoder(stream, control) => println!("to the encoder of {stream:?}: {control:?}"),
//!         Output::Event(event) => println!("{event:?}"),
//!         Output::Timeout(at) => wake = at,
//!     }
//! }
//! # wake
//! # }
//! # let wake = demo(SenderConfig::new(Duration::ZERO), &[], |_| {});
//! # assert!(wake > Instant::now() - Duration::from_secs(10));
//! ```

mod arrivals;
mod config;
mod feedback;
mod giving_up;
mod in_flight;
mod in_flight_frame;
mod intake;
mod io;
mod key_frames;
mod large_packets;
mod limits;
mod loss;
mod meter;
mod path;
mod probes;
mod rates;
mod repair;
mod reports;
mod round_trip;
mod stream;
mod suspicion;
mod transmit;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

pub use self::config::{SenderConfig, StreamConfig, StreamId, StreamKind};
pub use self::io::{Input, Output, SenderEvent};
use self::path::Path;
use self::probes::ProbeBudget;
use self::stream::Stream;
use crate::cast::congestion::queue::QueueControl;
use crate::cast::congestion::{CongestionControl, Decision, IDLE_INTERVAL, Signal};
use crate::cast::frame::{EncodedFrame, FrameId};
use crate::cast::latency::LatencyControl;
use crate::cast::ntp::NtpClock;
use crate::cast::pacer::Pacer;
use crate::cast::rtcp::{Route, route};
use crate::cast::rtp::packetize::MIN_PACKET_SIZE;
use crate::cast::stats::{DropReason, SenderStats};

/// Events that may wait to be polled; beyond that the oldest are forgotten. One input makes at most a few hundred.
const MAX_EVENTS: usize = 1024;

/// A caller that comes this much later than it was told to was asleep.
const STALL: Duration = Duration::from_millis(100);

/// The sending side of one session.
#[derive(Debug)]
pub struct Sender {
    /// Sound first, then by the receiver's SSRC.
    streams: Vec<Stream>,
    clock: NtpClock,
    path: Path,
    probes: ProbeBudget,
    /// When the caller was told to come back at the latest.
    wake: Instant,
    pacer: Pacer,
    congestion: Box<dyn CongestionControl>,
    decision: Decision,
    latency: LatencyControl,
    decide_at: Instant,
    events: VecDeque<SenderEvent>,
    /// The datagram that was polled last.
    out: Vec<u8>,
    report: Vec<u8>,
    timeout_told: bool,
    feedback_at: Option<Instant>,
    foreign_datagrams: u64,
    refused_datagrams: u64,
}

impl Sender {
    /// A sender that keeps the path's queue short ([`QueueControl`]).
    pub fn new(now: Instant, config: SenderConfig) -> Sender {
        let congestion = QueueControl::new(now, rates::bounds(&config));
        Sender::with_congestion_control(now, config, Box::new(congestion))
    }

    /// A sender whose rates are decided by `congestion`.
    pub fn with_congestion_control(
        now: Instant,
        mut config: SenderConfig,
        mut congestion: Box<dyn CongestionControl>,
    ) -> Sender {
        config.max_packet_size = config.max_packet_size.max(MIN_PACKET_SIZE);
        config.target_delay = Duration::from_millis(wire_delay(config.target_delay).into());
        let mut streams: Vec<Stream> = config
            .streams
            .iter()
            .map(|stream| Stream::new(now, stream.clone(), &config))
            .collect();
        streams.sort_by_key(|stream| (stream.config.kind, stream.config.receiver_ssrc));
        let decision = congestion.decide(now, 0);
        let mut sender = Sender {
            streams,
            clock: NtpClock::new(now, config.unix_time),
            path: Path::new(config.target_delay, config.max_packet_size),
            probes: ProbeBudget::new(now),
            wake: now,
            pacer: Pacer::new(now, decision.pacing_rate, config.max_packet_size),
            congestion,
            decision,
            latency: LatencyControl::new(now, config.target_delay, config.max_target_delay),
            decide_at: now + IDLE_INTERVAL,
            events: VecDeque::new(),
            out: vec![0; config.max_packet_size],
            report: Vec::with_capacity(MIN_PACKET_SIZE),
            timeout_told: false,
            feedback_at: None,
            foreign_datagrams: 0,
            refused_datagrams: 0,
        };
        sender.share_bitrate(now);
        sender
    }

    /// Takes an input. Drain [`poll`](Self::poll) afterwards. What names an unknown stream has no effect.
    pub fn handle(&mut self, now: Instant, input: Input<'_>) {
        self.timeout_told = false;
        self.note_stall(now);
        match input {
            Input::Frame(id, frame) => self.on_frame(now, id, frame),
            Input::Dropped(id, reason) => self.on_raw_drop(now, id, reason),
            Input::Datagram(datagram) => self.on_datagram(now, datagram),
            Input::TargetDelay { least, most } => {
                self.latency = LatencyControl::new(now, least, most);
                self.set_target_delay(least);
            }
            Input::PictureLimits {
                max_bitrate,
                max_size,
            } => {
                for stream in &mut self.streams {
                    stream.limit(max_bitrate, max_size);
                }
                self.share_bitrate(now);
            }
            Input::MaxPacketSize(size) => self.on_max_packet_size(size),
            Input::Slept(span) => {
                self.clock.advance(span);
                self.path.on_stall(now);
                for stream in &mut self.streams {
                    stream.reports.on_woken(now);
                }
            }
        }
    }

    /// The next thing to do, until `None`.
    pub fn poll(&mut self, now: Instant) -> Option<Output<'_>> {
        self.note_stall(now);
        if let Some(event) = self.events.pop_front() {
            return Some(Output::Event(event));
        }
        let review = self.congestion.review_at();
        if now >= self.decide_at || review.is_some_and(|at| at <= now) {
            self.decide(now);
        }
        for stream in &mut self.streams {
            if let Some(control) = stream.take_control(now, self.path.target_delay) {
                return Some(Output::Encoder(stream.config.id, control));
            }
        }
        if self.write_report(now) {
            return Some(Output::Transmit(&self.report));
        }
        if let Some(size) = self.write_packet(now) {
            return Some(Output::Transmit(&self.out[..size]));
        }
        // What is sent again on suspicion is asked about as well.
        if self.write_report(now) {
            return Some(Output::Transmit(&self.report));
        }
        if std::mem::replace(&mut self.timeout_told, true) {
            self.timeout_told = false;
            return None;
        }
        self.wake = self.wake_at(now);
        Some(Output::Timeout(self.wake))
    }

    /// Whether a raw frame that was captured about `now` is worth encoding; `next` is how long it lasts, with what waits
    /// in the encoder added. When not, drop it and say so with [`Input::Dropped`]. `false` for an unknown stream.
    pub fn may_encode(&self, now: Instant, id: StreamId, next: Duration) -> bool {
        let (target_delay, round_trip) = (self.path.target_delay, self.path.round_trip.or_zero());
        let backlog = self.decision.backlog;
        self.stream(id)
            .is_some_and(|stream| stream.may_encode(now, next, target_delay, round_trip, backlog))
    }

    /// Media time of this stream that is not acknowledged; 0 for an unknown stream.
    pub fn in_flight(&self, id: StreamId) -> Duration {
        self.stream(id)
            .map_or(Duration::ZERO, Stream::in_flight_media)
    }

    /// The newest frame of this stream that, with all before it, is done.
    pub fn checkpoint(&self, id: StreamId) -> Option<FrameId> {
        self.stream(id).map(|stream| stream.in_flight.checkpoint())
    }

    /// When the receiver was heard last: a datagram of its that was well-formed and for one of the streams.
    pub fn heard_at(&self) -> Option<Instant> {
        self.feedback_at
    }

    /// From capture to display.
    pub fn target_delay(&self) -> Duration {
        self.path.target_delay
    }

    /// The numbers; rates and means are those since the last call. Made to be called once a second.
    pub fn stats(&mut self, now: Instant) -> SenderStats {
        SenderStats {
            estimate: self.decision.estimate,
            pacing_rate: self.pacer.rate(),
            round_trip: self.path.round_trip.known(),
            jitter: self.path.round_trip.jitter(),
            target_delay: self.path.target_delay,
            since_feedback: self.feedback_at.map(|at| now.saturating_duration_since(at)),
            foreign_datagrams: self.foreign_datagrams,
            refused_datagrams: self.refused_datagrams,
            streams: self
                .streams
                .iter_mut()
                .map(|stream| stream.take_stats(now))
                .collect(),
        }
    }

    fn on_frame(&mut self, now: Instant, id: StreamId, frame: EncodedFrame) {
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

    fn on_raw_drop(&mut self, now: Instant, id: StreamId, reason: DropReason) {
        let Some(stream) = find(&mut self.streams, id) else {
            return;
        };
        stream.meter.on_raw_drop(reason);
        stream.on_picture(now, None);
    }

    fn on_datagram(&mut self, now: Instant, datagram: &[u8]) {
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
    fn set_target_delay(&mut self, delay: Duration) {
        let ms = wire_delay(delay);
        self.path.target_delay = Duration::from_millis(ms.into());
        for stream in &mut self.streams {
            // 0 means "no change" on the wire.
            stream.new_playout_delay_ms = Some(ms.max(1));
        }
    }

    fn on_max_packet_size(&mut self, size: usize) {
        let size = size.max(MIN_PACKET_SIZE);
        if self.out.len() < size {
            self.out.resize(size, 0);
        }
        for stream in &mut self.streams {
            stream.packetizer.set_max_packet_size(size);
        }
        self.path.large_packets.set_max(size);
    }

    /// Writes a sender report that is due, a regular one or a probe; these do not wait for the pacer.
    fn write_report(&mut self, now: Instant) -> bool {
        let (path, may_probe) = (&self.path, self.probes.ready_at(now) <= now);
        let is_due = |stream: &&mut Stream| {
            let due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
            due(stream.reports.due()) || may_probe && due(stream.probe_due(path))
        };
        let Some(stream) = self.streams.iter_mut().find(is_due) else {
            return false;
        };
        let Some(report) = stream.reports.take(now, &self.clock) else {
            return false;
        };
        stream.probes.on_report(now);
        self.probes.on_report(now);
        self.path.on_report();
        self.report.clear();
        report.write(&mut self.report);
        self.account(now, self.report.len(), false);
        if self.path.is_proven_prompt() {
            self.note_question(now, true);
        }
        true
    }

    /// Writes the next packet if the pacer allows; returns its size.
    fn write_packet(&mut self, now: Instant) -> Option<usize> {
        for stream in &mut self.streams {
            stream.echo(now);
            let at = stream.kickstart_at(&self.path);
            if at.is_some_and(|at| at <= now) {
                stream.kickstart();
            }
            let at = stream.suspicion_at(&self.path);
            if at.is_some_and(|at| at <= now) {
                stream.suspect(now, &mut self.path);
            }
        }
        if !self.pacer.ready(now) {
            return None;
        }
        let (out, path) = (&mut self.out, &mut self.path);
        let written = self
            .streams
            .iter_mut()
            .find_map(|stream| stream.write_packet(now, path, out))?;
        self.account(now, written.size, !written.again);
        if written.asks {
            self.note_question(now, false);
        }
        Some(written.size)
    }

    /// The caller comes much later than it was told to: it stood still, and so did its clock perhaps.
    fn note_stall(&mut self, now: Instant) {
        if now.saturating_duration_since(self.wake) > STALL {
            self.path.on_stall(now);
        }
    }

    fn account(&mut self, now: Instant, bytes: usize, new: bool) {
        self.pacer.sent(now, bytes);
        self.congestion.observe(now, Signal::Sent { bytes, new });
    }

    /// The receiver will answer at once what left last.
    fn note_question(&mut self, now: Instant, report: bool) {
        let lost = self.path.losses.rate();
        self.congestion.observe(now, Signal::Asked { report, lost });
    }

    /// When something will happen without an input.
    fn wake_at(&mut self, now: Instant) -> Instant {
        let review = self.congestion.review_at();
        let mut wake = review.map_or(self.decide_at, |at| at.min(self.decide_at));
        for stream in &self.streams {
            let probe = stream.probe_due(&self.path);
            let moments = [
                stream.reports.due(),
                probe.map(|at| at.max(self.probes.ready_at(now))),
                stream.echoes.due(),
                stream.control_at(now, self.path.target_delay),
                stream.kickstart_at(&self.path),
                stream.suspicion_at(&self.path),
            ];
            wake = moments.into_iter().flatten().fold(wake, Instant::min);
        }
        if self.streams.iter().any(Stream::has_packet) {
            wake = wake.min(self.pacer.ready_at(now));
        }
        wake
    }

    fn stream(&self, id: StreamId) -> Option<&Stream> {
        self.streams.iter().find(|stream| stream.config.id == id)
    }
}

fn find(streams: &mut [Stream], id: StreamId) -> Option<&mut Stream> {
    streams.iter_mut().find(|stream| stream.config.id == id)
}

/// A playout delay in the milliseconds of the wire.
fn wire_delay(delay: Duration) -> u16 {
    u16::try_from(delay.as_millis()).unwrap_or(u16::MAX)
}

fn remember(events: &mut VecDeque<SenderEvent>, event: SenderEvent) {
    if events.len() == MAX_EVENTS {
        events.pop_front();
    }
    events.push_back(event);
}

#[cfg(test)]
mod tests;
