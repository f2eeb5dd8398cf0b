// SPDX-License-Identifier: GPL-3.0-or-later
//! `EncodedFrame`s and the receiver's datagrams in; datagrams, wishes to the encoders, events and a wake-up time out.
//!
//! One [`Sender`] serves all streams of a session over one UDP flow. It reads no clock and opens no socket; it does not
//! choose codecs, does not encode, and does not know how the streams were negotiated.
//!
//! ```text
//!  Input::Frame                                       Input::Datagram, a report of the receiver
//!     │ intake: check, number, encrypt                    │ feedback: what is there, what is missing
//!     ▼                                                   ▼
//!  ┌───────────────────────────┐   send again   ┌───────────────────────────────────────┐
//!  │ in_flight                 │◀───────────────│ repair      what was lost, for certain │
//!  │  frames, their packets,   │   done         │ path        round trip, losses, habits │
//!  │  and which are to leave   │◀───────────────│ key_frames  is there a picture?        │
//!  └──┬────────────────────────┘                └───┬───────────────────────────────┬───┘
//!     │ transmit: the next packet                   │ what is not known             │ Signal
//!     ▼                                             ▼                               ▼
//!  departures ◀──────────────────────────── probes: ask                   cast::congestion
//!     │  reports, then sound, then pictures                                         │ Decision
//!     ▼                                    pacing rate                              ▼
//!  cast::pacer ◀───────────────────────────────────────────────────────────────── rates
//!     │                                                                             │
//!     ▼ Output::Transmit               bitrate, frame rate, size  Output::Encoder ◀─┘
//! ```
//!
//! # Two calls
//! [`handle`](Sender::handle) takes one input and changes what is known; nothing leaves. [`poll`](Sender::poll) then gives
//! out one thing after the other, the most urgent first: events, wishes to the encoders, reports, packets as far as the
//! pacer lets them, and at last when to come back.
//!
//! # Where to read on
//! | about | in the order of reading |
//! |---|---|
//! | the session | `handling` (an input comes), `departures` (what leaves next), `rates` (what the encoders are told) |
//! | one stream | `stream` (its state), `intake`, `in_flight` with `in_flight_frame`, `transmit`, `reports`, `limits` |
//! | losses | `feedback`, `repair`, `probes`, `suspicion`, `giving_up`, `key_frames` |
//! | the way there | `path` with `round_trip`, `loss` and `large_packets`; `arrivals` and `meter` for the statistics |
//!
//! How fast anything may leave is not judged here but in [`congestion`](crate::cast::congestion), and when exactly in
//! [`pacer`](crate::cast::pacer).
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
//! Whatever it was that made a receiver speak, `repair` decides what its report proves and what leaves again. What cannot
//! arrive in time because the network has become slower is not sent on: see `giving_up`.
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
mod departures;
mod feedback;
mod giving_up;
mod handling;
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
use crate::cast::congestion::{CongestionControl, Decision, IDLE_INTERVAL};
use crate::cast::frame::FrameId;
use crate::cast::latency::LatencyControl;
use crate::cast::ntp::NtpClock;
use crate::cast::pacer::Pacer;
use crate::cast::rtp::packetize::MIN_PACKET_SIZE;
use crate::cast::stats::SenderStats;

/// Events that may wait to be polled; beyond that the oldest are forgotten. One input makes at most a few hundred.
const MAX_EVENTS: usize = 1024;

/// The sending side of one session.
#[derive(Debug)]
pub struct Sender {
    /// Sound first, then by the receiver's SSRC.
    streams: Vec<Stream>,
    clock: NtpClock,
    /// What the streams know of the way to the receiver, together.
    path: Path,
    /// What the reports of all streams together may use.
    probes: ProbeBudget,
    /// When the caller was told to come back at the latest.
    wake: Instant,
    pacer: Pacer,
    congestion: Box<dyn CongestionControl>,
    /// The last one, in force.
    decision: Decision,
    /// When the next one is due, if nothing is heard.
    decide_at: Instant,
    latency: LatencyControl,
    events: VecDeque<SenderEvent>,
    /// The packet that was polled last.
    out: Vec<u8>,
    /// The report that was polled last.
    report: Vec<u8>,
    /// After the wake-up time comes `None`.
    timeout_told: bool,
    /// When the receiver was heard last.
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

    fn stream(&self, id: StreamId) -> Option<&Stream> {
        self.streams.iter().find(|stream| stream.config.id == id)
    }
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
