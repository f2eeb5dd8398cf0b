// SPDX-License-Identifier: GPL-3.0-or-later
//! What a report lacks in, packets to be sent again out.
//!
//! A receiver names a missing packet in every report, so the question is whether the packet that left last has been lost
//! or is still under way. The path keeps the order, mostly. So a packet that a report lacks was lost
//! * if it left before the sender report that the receiver has answered: it would have been there first. This needs no
//!   knowledge of the round trip, and holds however much that varies;
//! * or, for reports that came by themselves, if it is older than any round trip of late, and something that left later has
//!   arrived. As long as nothing has, all may wait in a queue that has become longer: on a link that is slower than was
//!   thought, what is sent again then only makes the queue longer still.
//!
//! What a report does not even mention is missing too: a receiver cannot list a frame of which no packet arrived when no
//! later one did. (The reference repeats the newest frame's last packet until it is mentioned.)
//!
//! A packet is sent again as soon as its loss is proven, without a limit but that of
//! [`in_flight_frame`](super::in_flight_frame).
//! When there is time for few more attempts only, it is sent twice, an [`ECHO`] apart so that one burst does not hit
//! both; that takes from a budget ([`loss`](super::loss)), because it is done in advance. Frames of one packet, as blocks
//! of sound are, cost little: they are always repeated twice for a receiver that cannot be asked; when the path is very
//! lossy they are sent three times to begin with, and repeated three times.
//!
//! Frames that are too late already are repaired all the same, in their turn: what refers to them cannot be shown without
//! them, a receiver does not go beyond a frame whose packet 0 it lacks, and a new key frame is as large as all that may be
//! in flight. Only a frame that is larger still, on a network that has become slower, is [given up](super::giving_up).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::cast::congestion::Signal;
use crate::cast::frame::FrameId;
use crate::cast::rtcp::{Feedback, Nack, WHOLE_FRAME};
use crate::cast::sender::feedback::Context;
use crate::cast::sender::in_flight_frame::{Proof, is_up_to};
use crate::cast::sender::path::Path;
use crate::cast::sender::stream::Stream;

/// Between a packet that is sent again and its echo.
const ECHO: Duration = Duration::from_millis(3);

/// Echoes that may wait to leave.
const MAX_ECHOES: usize = 64;

/// A player needs a frame so long before it is shown (Open Screen `receiver_impl.h`).
const PLAYER_TIME: Duration = Duration::from_millis(50);

/// With time for fewer attempts than this, a packet is sent twice.
const FEW_ATTEMPTS: u32 = 3;

/// On a path that loses fewer packets, one attempt after another is enough.
const LOSSY: f64 = 0.005;

/// On a path that loses more, sound is sent three times from the start: the reports that would ask for it are lost as often,
/// and when two of them are, a block comes too late. At 20 % loss one block in 125 needs a report then, with two copies one
/// in 25.
const VERY_LOSSY: f64 = 0.15;
const VERY_LOSSY_COPIES: u32 = 3;

/// A receiver's list of losses has room for so many entries at least, if the datagrams of its path are small (256 bytes,
/// Open Screen `rtcp_common.h`). A list that long may have been cut off.
const WHOLE_LIST: usize = 40;

/// Packets that will be sent once more in a moment.
#[derive(Debug, Default)]
pub(super) struct Echoes {
    waiting: VecDeque<(Instant, FrameId, u16)>,
}

impl Echoes {
    /// When the next one is due.
    pub(super) fn due(&self) -> Option<Instant> {
        self.waiting.front().map(|(at, ..)| *at)
    }

    /// So many copies in all leave, with the one that leaves now.
    fn add_copies(&mut self, now: Instant, frame: FrameId, packet_id: u16, copies: u32) {
        for copy in 1..copies {
            self.add(now + ECHO * copy, frame, packet_id);
        }
    }

    fn add(&mut self, at: Instant, frame: FrameId, packet_id: u16) {
        if self.waiting.len() < MAX_ECHOES {
            let index = self.waiting.partition_point(|(other, ..)| *other <= at);
            self.waiting.insert(index, (at, frame, packet_id));
        }
    }
}

impl Stream {
    /// Marks what was lost to be sent again. `is_answer`: the receiver spoke because a sender report came.
    pub(super) fn repair(
        &mut self,
        feedback: &Feedback,
        is_answer: bool,
        context: &mut Context<'_>,
    ) {
        let (now, newest) = (context.now, self.in_flight.newest());
        if feedback.missing.len() < WHOLE_LIST {
            let large_packets = &mut context.path.large_packets;
            large_packets.on_list(feedback, &self.in_flight);
        }
        self.note_arrived(feedback, context.path);
        if let Some(left) = context.path.arrived {
            context.congestion.observe(now, Signal::Passed { left });
        }
        let proof = self.proof(now, is_answer, context.path);
        for nack in &feedback.missing {
            let packet = (nack.packet != WHOLE_FRAME).then_some(nack.packet);
            self.lose(nack.frame, packet, proof, context);
        }
        let is_whole = feedback.missing.len() < WHOLE_LIST;
        if !is_whole || context.path.round_trip.known().is_none() {
            return;
        }
        let last_missing = feedback.missing.last().map(|nack| nack.frame);
        let last_complete = feedback.acknowledged.last().copied();
        let mentioned = last_missing
            .max(last_complete)
            .max(Some(feedback.checkpoint));
        let mut id = mentioned.unwrap_or(newest).next();
        while id <= newest {
            self.lose(id, None, proof, context);
            id = id.next();
        }
    }

    /// Of a frame of which only some packets are missing, the others have arrived.
    fn note_arrived(&mut self, feedback: &Feedback, path: &mut Path) {
        if feedback.missing.len() >= WHOLE_LIST {
            return;
        }
        let by_frame = |one: &Nack, other: &Nack| one.frame == other.frame;
        for of_frame in feedback.missing.chunk_by(by_frame) {
            let is_missing = |id| {
                let names = |nack: &Nack| nack.packet == id || nack.packet == WHOLE_FRAME;
                of_frame.iter().any(names)
            };
            let frame = of_frame
                .first()
                .and_then(|nack| self.in_flight.get(nack.frame));
            if let Some(departure) = frame.and_then(|frame| frame.newest_arrived(is_missing)) {
                self.on_arrived(departure, path);
            }
        }
    }

    /// A packet has arrived that left at this moment, with this number.
    pub(super) fn on_arrived(&mut self, (left, number): (Instant, u32), path: &mut Path) {
        path.on_arrived(left);
        if self.arrived.is_none_or(|newest| is_up_to(newest, number)) {
            self.arrived = Some(number);
        }
    }

    /// Which packets were lost if the report that came now lacks them.
    fn proof(&self, now: Instant, is_answer: bool, path: &Path) -> Proof {
        let (before, old) = match path.round_trip.proof() {
            // It says nothing about what left after the question.
            Some(_) if is_answer => (None, None),
            Some(age) => (path.lost_before(now, age), now.checked_sub(age)),
            // Nothing is known: better twice than never.
            None => (Some(now), None),
        };
        Proof {
            up_to: self.probes.answered(),
            before,
            old: old.zip(self.arrived),
        }
    }

    /// A report lacks these packets.
    fn lose(&mut self, id: FrameId, packet: Option<u16>, proof: Proof, context: &mut Context<'_>) {
        let Some(frame) = self.in_flight.get_mut(id) else {
            return;
        };
        let (now, bytes) = (context.now, self.packetizer.slice_size());
        let age = now.saturating_duration_since(frame.times.captured) + PLAYER_TIME;
        let left = context.path.target_delay.saturating_sub(age);
        let is_cheap = frame.packet_count() == 1 && !context.path.is_prompt();
        let is_urgent = left < context.path.attempt() * FEW_ATTEMPTS;
        let (path, congestion, echoes) = (
            &mut *context.path,
            &mut *context.congestion,
            &mut self.echoes,
        );
        let slicing = frame.slicing;
        frame.mark_lost(packet, now, proof, |packet_id| {
            path.losses.on_lost();
            path.large_packets
                .on_lost(now, slicing.packet_size(packet_id));
            congestion.observe(now, Signal::Lost { bytes });
            let rate = path.losses.rate();
            if rate < LOSSY {
                return;
            }
            if is_cheap {
                echoes.add_copies(
                    now,
                    id,
                    packet_id,
                    if rate < VERY_LOSSY {
                        2
                    } else {
                        VERY_LOSSY_COPIES
                    },
                );
            } else if is_urgent && path.losses.take_ahead(bytes) {
                echoes.add(now + ECHO, id, packet_id);
            }
        });
    }

    /// A frame of one packet left for the first time.
    pub(super) fn on_single(&mut self, now: Instant, id: FrameId, path: &Path) {
        if !path.is_prompt() && path.losses.rate() >= VERY_LOSSY {
            self.echoes.add_copies(now, id, 0, VERY_LOSSY_COPIES);
        }
    }

    /// Marks the packets whose echo is due.
    pub(super) fn echo(&mut self, now: Instant) {
        while self.echoes.due().is_some_and(|at| at <= now) {
            let Some((_, id, packet_id)) = self.echoes.waiting.pop_front() else {
                return;
            };
            if let Some(frame) = self.in_flight.get_mut(id) {
                frame.repeat(packet_id);
            }
        }
    }

    /// Learns how long the receiver keeps losses to itself, from a report that came by itself: how long ago the oldest
    /// frame of which this is the first news was sent.
    pub(super) fn note_silence(&mut self, feedback: &Feedback, context: &mut Context<'_>) {
        let sent = feedback.missing.iter().find_map(|nack| {
            let frame = self.in_flight.get(nack.frame)?;
            frame.all_sent.filter(|_| !frame.repeated)
        });
        if let Some(sent) = sent {
            let silent = context.now.saturating_duration_since(sent);
            context.path.on_silence(silent);
        }
    }
}
