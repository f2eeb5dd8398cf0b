// SPDX-License-Identifier: GPL-3.0-or-later
//! The receiver's reports in: frames are released, losses handed to [`repair`](super::repair), key frames asked for.
//!
//! A datagram was accepted or refused whole before it comes here ([`FeedbackReader`](crate::cast::rtcp::FeedbackReader)).
//! Reports that were overtaken do not come here, so each one says more than those before.

use std::time::Instant;

use crate::cast::congestion::{CongestionControl, Signal};
use crate::cast::frame::{Dependency, FrameId};
use crate::cast::latency::LatencyControl;
use crate::cast::rtcp::{Feedback, FeedbackEvents};
use crate::cast::sender::SenderEvent;
use crate::cast::sender::in_flight_frame::InFlightFrame;
use crate::cast::sender::path::Path;
use crate::cast::sender::stream::Stream;

/// What the handling of a report needs from the whole sender.
pub(super) struct Context<'a> {
    pub(super) now: Instant,
    pub(super) path: &'a mut Path,
    pub(super) congestion: &'a mut dyn CongestionControl,
    pub(super) latency: &'a mut LatencyControl,
    pub(super) events: &'a mut dyn FnMut(SenderEvent),
}

impl Stream {
    /// Handles all that one datagram says about this stream.
    pub(super) fn on_feedback(&mut self, events: &FeedbackEvents, context: &mut Context<'_>) {
        let checkpoint = events.feedback.as_ref().map(|feedback| feedback.checkpoint);
        let advances = checkpoint > Some(self.in_flight.checkpoint());
        let mut answered_at_once = false;
        if let Some(report) = &events.receiver_report {
            self.meter.on_loss(report.fraction_lost);
            if let Some(answer) = self.reports.answered(context.now, report) {
                self.probes.on_answer(answer);
                answered_at_once = answer.at_once();
                context.path.large_packets.on_answer(answer.left);
                if let Some(sample) = context.path.on_answer(&answer, advances) {
                    let sent = answer.left;
                    let signal = Signal::RoundTrip { sent, sample };
                    context.congestion.observe(context.now, signal);
                }
            }
        }
        if events.receiver_report.is_none() {
            context.path.on_no_answer();
        }
        self.probes.on_feedback();
        self.heard = Some(context.now);
        if let Some(feedback) = &events.feedback {
            self.kickstarts = 0;
            if !answered_at_once && !advances {
                self.note_silence(feedback, context);
            }
            self.release(feedback, context);
            self.repair(feedback, answered_at_once, context);
            self.note_picture_loss(events.picture_loss, feedback.checkpoint, context);
        } else if events.picture_loss {
            self.note_picture_loss(true, self.in_flight.checkpoint(), context);
        }
        if !events.log.is_empty() {
            self.arrivals.on_log(&events.log, &mut self.meter);
        }
    }

    /// Lets go of what is complete at the receiver, or no longer wanted there.
    fn release(&mut self, feedback: &Feedback, context: &mut Context<'_>) {
        let mut last: Option<InFlightFrame> = None;
        let mut unrepeated = true;
        while let Some(place) = self.in_flight.advance(feedback.checkpoint) {
            let Some(frame) = place.frame else { continue };
            unrepeated &= !frame.repeated;
            if let Some(before) = last.replace(frame) {
                self.on_acknowledged(&before, false, context);
            }
        }
        // The receiver speaks at once when the checkpoint moves: with the newest frame, unless that had been waiting for
        // a packet of another one.
        if let Some(frame) = last {
            self.on_acknowledged(&frame, unrepeated, context);
        }
        let newest = self.in_flight.newest();
        // A list that names a frame which does not exist is worth nothing.
        let acknowledged = match feedback.acknowledged.last() {
            Some(highest) if *highest > newest => &[],
            _ => feedback.acknowledged.as_slice(),
        };
        for id in acknowledged {
            if let Some(frame) = self.in_flight.take(*id) {
                self.on_acknowledged(&frame, false, context);
            }
        }
        let mentioned = [
            feedback.checkpoint,
            acknowledged.last().copied().unwrap_or(FrameId::LEADER),
            feedback
                .missing
                .iter()
                .map(|nack| nack.frame)
                .rfind(|id| *id <= newest)
                .unwrap_or(FrameId::LEADER),
        ];
        self.latest_expected = mentioned
            .into_iter()
            .fold(self.latest_expected, FrameId::max);
    }

    /// `at_once`: the receiver said so when the last packet of this frame came.
    fn on_acknowledged(&mut self, frame: &InFlightFrame, at_once: bool, context: &mut Context<'_>) {
        // A frame that has not left whole is one that the receiver has given up.
        if let (Some(first_sent), Some(all_sent)) = (frame.first_sent, frame.all_sent) {
            context.path.on_arrived(all_sent);
            if frame.dependency == Dependency::KeyFrame {
                self.given_up = 0;
            }
            if let Some(departure) = frame.newest_arrived(|_| false) {
                self.on_arrived(departure, context.path);
            }
            let signal = Signal::Acknowledged {
                bytes: frame.payload.len(),
                first_sent,
                all_sent: Some(all_sent).filter(|_| at_once),
                round_trip: context.path.round_trip.or_zero(),
            };
            context.congestion.observe(context.now, signal);
            let largest = frame.slicing.packet_size(0);
            context.path.large_packets.on_arrived(largest);
        }
        let took = context.now.saturating_duration_since(frame.times.captured);
        let back = context.path.round_trip.or_zero() / 2;
        context
            .latency
            .on_complete(context.now, took.saturating_sub(back));
        let (known, target_delay) = (context.path.round_trip.known(), context.path.target_delay);
        self.meter
            .on_acknowledged(context.now, frame, known, target_delay);
        self.arrivals.on_acknowledged(context.now, frame);
        (context.events)(SenderEvent::Acknowledged {
            stream: self.config.id,
            frame: frame.id,
        });
    }

    fn note_picture_loss(&mut self, lost: bool, checkpoint: FrameId, context: &mut Context<'_>) {
        if !lost {
            self.picture_lost = None;
            return;
        }
        self.picture_lost.get_or_insert(context.now);
        // What the receiver claims to have seen beyond the newest frame is not believed.
        let checkpoint = checkpoint.min(self.in_flight.newest());
        if self.key_frames.on_picture_loss(context.now, checkpoint) {
            (context.events)(SenderEvent::PictureLost(self.config.id));
        }
    }
}
