// SPDX-License-Identifier: GPL-3.0-or-later
//! [`Signal`]s of the sender in, a [`Decision`] about rates out. Touches no packet and no encoder.
//!
//! The sender tells a [`CongestionControl`] everything that says something about the network. It asks for a decision, how
//! much media to make and how fast to send, after each of the receiver's datagrams, and at least every
//! [`DECISION_INTERVAL`]. It is a trait so that another way of judging can be tried on the same networks
//! ([`Sender::with_congestion_control`](crate::cast::sender::Sender::with_congestion_control)); [`queue::QueueControl`] is
//! the one in use.
//!
//! ```text
//!                          the sender                                         │        queue: QueueControl
//!  a datagram leaves ─────────────────────────────────────▶ Sent              │  ledger     how much had left, and when
//!  ... that is answered at once, a frame's last, a report ▶ Asked             │  questions  which answer is overdue
//!  a frame is complete ───────────────────────────────────▶ Acknowledged      │  delay      how long is the queue?
//!  the answer to a report ────────────────────────────────▶ RoundTrip         │  delivery   how much arrived in which time
//!  a report lacks what is older than what it has ─────────▶ Passed, Lost      │  capacity   what the path carries
//!                                                                             │
//!  ladder: frame rate, size ◀── rates: bitrate of each ◀── media_bitrate ─────┤  Decision
//!  pacer ◀──────────────────────────────────────────────── pacing_rate ───────┤
//!  which pictures come too late ◀───────────────────────── backlog ───────────┘
//! ```
//! To read it: [`queue`] says how it is judged, and why by the queue; then `path`, which puts what is left of the line
//! together; then each of those. [`ladder`] stands alone: what a bitrate is worth in pictures.

mod capacity;
mod delay;
mod delivery;
pub mod ladder;
mod ledger;
mod path;
mod questions;
pub mod queue;

use std::fmt::Debug;
use std::time::{Duration, Instant};

/// How often a decision is asked for when nothing is heard: silence says something too. Feedback asks at once.
pub const DECISION_INTERVAL: Duration = Duration::from_millis(50);

/// How often a decision is asked for while nothing is under way.
pub const IDLE_INTERVAL: Duration = Duration::from_millis(500);

/// Something the sender has seen that tells about the network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Signal {
    /// A datagram left, a report or a packet of a frame.
    Sent {
        /// UDP payload in bytes.
        bytes: usize,
        /// It is a packet of a frame, sent for the first time.
        new: bool,
    },
    /// Something left that the receiver answers as soon as it has it, unless it gets lost: the last packet of a frame, or
    /// a report. It was told of as [`Sent`](Self::Sent) before.
    Asked {
        /// It is a report.
        report: bool,
        /// The part of the packets that gets lost on the way there, as far as is known: 0 to 1.
        lost: f64,
    },
    /// A frame is complete at the receiver, or no longer wanted.
    Acknowledged {
        /// Size of the whole frame in bytes.
        bytes: usize,
        /// When its first packet left.
        first_sent: Instant,
        /// When its last packet left, if all left just once and it was this packet's arrival that the receiver answered:
        /// then the time since is a round trip.
        all_sent: Option<Instant>,
        /// The filtered round trip time when its acknowledgement came.
        round_trip: Duration,
    },
    /// What left at this moment or before has arrived or was lost, as some report shows that says nothing about when.
    Passed {
        /// That moment.
        left: Instant,
    },
    /// One measurement of the round trip, unfiltered: an answer to a sender report came.
    RoundTrip {
        /// When the report left.
        sent: Instant,
        /// From then to the answer's arrival, without what the receiver held it back for.
        sample: Duration,
    },
    /// A packet was reported missing and will be sent again.
    Lost {
        /// UDP payload in bytes, about.
        bytes: usize,
    },
}

/// The limits between which the media of all streams together is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Bits per second that are never gone below.
    pub min: u32,
    /// Bits per second to begin with.
    pub start: u32,
    /// Bits per second that are never exceeded.
    pub max: u32,
}

/// How much to make and how fast to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// What the network is believed to carry, in bits per second; `None` while unknown.
    pub estimate: Option<u32>,
    /// Bits per second for all streams together.
    pub media_bitrate: u32,
    /// How long what has left, or waits for the pacer, still needs to pass; `None` while that is unknown.
    pub backlog: Option<Duration>,
    /// Bits per second at which packets leave when there is more than a burst to send.
    pub pacing_rate: u32,
}

/// The part that judges the network.
pub trait CongestionControl: Debug + Send {
    /// Takes note of what was seen. Cheap: called for every packet.
    fn observe(&mut self, now: Instant, signal: Signal);

    /// What to do from now on. Called once at the start, after each datagram of the receiver, and at least every
    /// [`DECISION_INTERVAL`] while something is under way. `unsent` is what waits for the pacer, in bytes.
    fn decide(&mut self, now: Instant, unsent: usize) -> Decision;

    /// When silence until then would say something: a reason for another decision. `None` if there is no such moment.
    fn review_at(&self) -> Option<Instant>;
}
