// SPDX-License-Identifier: GPL-3.0-or-later
//! `EncodedFrame` in: it is checked, numbered, encrypted once and put in flight, or refused for a named reason.
//!
//! A refused frame uses up no id. When others refer to it, everything up to the next key frame is refused with it, and
//! that key frame is asked for.

use std::time::{Duration, Instant};

use crate::cast::frame::{Dependency, EncodedFrame, FrameId};
use crate::cast::rtp::packetize::{FrameSlices, Slicing};
use crate::cast::sender::config::StreamKind;
use crate::cast::sender::in_flight_frame::InFlightFrame;
use crate::cast::sender::limits;
use crate::cast::sender::path::Path;
use crate::cast::sender::stream::Stream;
use crate::cast::stats::DropReason;

impl Stream {
    /// Takes a frame in and returns its id, or says why not.
    pub(super) fn take_in(
        &mut self,
        now: Instant,
        frame: EncodedFrame,
        path: &Path,
    ) -> Result<FrameId, DropReason> {
        let limit = limits::after_encoding(
            self.config.kind,
            path.target_delay,
            path.round_trip.or_zero(),
        );
        let slicing = match self.check(&frame, limit) {
            Ok(slicing) => slicing,
            Err(reason) => {
                self.meter.on_refused(reason);
                self.on_gap(&frame);
                return Err(reason);
            }
        };
        let size = frame.data.len();
        let id = self.in_flight.newest().next();
        // Decoders are started by a key frame, those of sound too; what stands alone may be called one.
        let dependency = match frame.dependency {
            Dependency::Independent if id == FrameId::FIRST => Dependency::KeyFrame,
            other => other,
        };
        let payload = self.cipher.apply_owned(id, frame.data);
        let slices = FrameSlices {
            id,
            dependency,
            media_time: frame.media_time,
            new_playout_delay_ms: self.new_playout_delay_ms.take(),
            payload: &payload,
        };
        let in_flight = InFlightFrame::new(&slices, payload.clone(), slicing, frame.times);
        self.in_flight.push(in_flight);
        self.newest_media_time = Some(frame.media_time);
        self.newest_at = Some(now);
        let is_key = dependency == Dependency::KeyFrame;
        if is_key {
            self.key_frames.on_key_frame(now, id);
            self.broken = false;
        }
        let (captured, answered) = (frame.times.captured, path.round_trip.known().is_some());
        self.reports
            .on_frame(now, frame.media_time, captured, answered);
        self.meter.on_frame(size, is_key);
        Ok(id)
    }

    /// How a frame that is all right is cut. The order is the reference's: id span, duration, size.
    fn check(&self, frame: &EncodedFrame, limit: Duration) -> Result<Slicing, DropReason> {
        let first_or_broken = self.newest_media_time.is_none() || self.broken;
        let needs_another = match self.config.kind {
            StreamKind::Video => frame.dependency != Dependency::KeyFrame,
            StreamKind::Audio => frame.dependency == Dependency::Dependent,
        };
        if first_or_broken && needs_another {
            return Err(DropReason::NoKeyFrame);
        }
        if self
            .newest_media_time
            .is_some_and(|newest| frame.media_time <= newest)
        {
            return Err(DropReason::MediaTime);
        }
        if self.in_flight.is_full() {
            return Err(DropReason::IdSpan);
        }
        let timebase = self.config.timebase;
        let span = self.in_flight.span_until(frame.media_time, timebase);
        if span > limit && !self.lets_one_in(Duration::ZERO) {
            return Err(DropReason::Duration);
        }
        if self.in_flight.bytes() + frame.data.len() > limits::MAX_BYTES_IN_FLIGHT {
            return Err(DropReason::TooLarge);
        }
        self.packetizer
            .cut(frame.data.len())
            .ok_or(DropReason::TooLarge)
    }

    /// A frame will be missing.
    fn on_gap(&mut self, frame: &EncodedFrame) {
        let others_refer_to_it =
            self.config.kind == StreamKind::Video || frame.dependency == Dependency::Dependent;
        if others_refer_to_it {
            self.broken = true;
            self.key_frames.on_gap();
        }
    }
}
