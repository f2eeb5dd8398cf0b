// SPDX-License-Identifier: GPL-3.0-or-later
//! A large frame that cannot arrive in time any more in, a small key frame in its place out.
//!
//! When a link becomes slower while a large frame leaves, that frame alone may need longer than all the delay there is, and
//! everything waits behind it. The receiver does not need it: it goes on with a later key frame as soon as the frames
//! before that are too late *and* it knows when they were due, which stands in packet 0 of each. So:
//!
//! ```text
//!   ■■■□□□□□□□ │ □□□□ │ □□□□            ■ sent  □ to be sent
//!   set aside    taken back: nothing of them has left, their ids are free again
//!   ■■■          └▶ key frame, small, as the encoder was told of the new bitrate before
//! ```
//! A receiver that does not go on by itself (the protocol does not say that it must) gets the rest after all, once the
//! key frame is there and nothing has come of it.
//!
//! It is done only where it pays: the frame would be late by [`TOO_LATE`], and the key frame much earlier. And it is not
//! done for ever: an encoder may not be able to make key frames as small as that, and a picture that comes late is better
//! than none. After [`MOST_IN_A_ROW`] without a key frame that arrived, what there is is sent.

use std::time::{Duration, Instant};

use crate::cast::sender::SenderEvent;
use crate::cast::sender::config::StreamKind;
use crate::cast::sender::in_flight_frame::InFlightFrame;
use crate::cast::sender::path::Path;
use crate::cast::sender::stream::Stream;
use crate::cast::stats::DropReason;

/// A picture that comes so much later than it is to be shown is a freeze that is seen.
const TOO_LATE: Duration = Duration::from_millis(100);

/// The picture must be back so much earlier, or it is not worth the key frame.
const GAIN: Duration = Duration::from_millis(100);

/// From the wish for a key frame until it comes out of the encoder.
const NEW_PICTURE: Duration = Duration::from_millis(66);

/// A key frame is as large as this much media: six frames of 30 a second.
const KEY_FRAME: Duration = Duration::from_millis(200);

/// So long after the frame set aside was due the receiver should have gone on.
const PATIENCE: Duration = Duration::from_millis(250);

/// So often it is hoped for a smaller key frame; the first ones may have been made before the encoder obeyed.
const MOST_IN_A_ROW: u32 = 3;

/// What a decision needs to know of the path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outlook {
    /// How long what has left and what waits still need to pass.
    pub(super) backlog: Duration,
    /// Bits per second that it carries.
    pub(super) rate: u32,
    /// Bits per second of the media to come.
    pub(super) media: u32,
}

impl Stream {
    /// Gives up the pictures that wait, where a key frame would be there much sooner.
    pub(super) fn weigh(
        &mut self,
        now: Instant,
        outlook: Outlook,
        path: &Path,
        events: &mut dyn FnMut(SenderEvent),
    ) {
        if self.config.kind != StreamKind::Video || self.given_up >= MOST_IN_A_ROW {
            return;
        }
        if !self.is_hopeless(now, outlook, path.target_delay) {
            return;
        }
        self.given_up += 1;
        while let Some(frame) = self.in_flight.take_back() {
            self.key_frames.on_taken_back(frame.id);
            self.new_playout_delay_ms = self.new_playout_delay_ms.or(frame.new_playout_delay_ms);
            self.meter.on_refused(DropReason::TooLate);
            events(SenderEvent::Refused {
                stream: self.config.id,
                reason: DropReason::TooLate,
            });
        }
        if let Some(frame) = self
            .in_flight
            .newest_mut()
            .filter(|it| it.all_sent.is_none())
        {
            frame.set_aside();
        }
        self.broken = true;
        self.key_frames.on_given_up();
    }

    fn is_hopeless(&self, now: Instant, outlook: Outlook, target_delay: Duration) -> bool {
        let Some(frame) = self.in_flight.first_unsent() else {
            return false;
        };
        let passing = |bytes: usize| {
            Duration::from_secs_f64(bytes as f64 * 8.0 / f64::from(outlook.rate.max(1)))
        };
        let due = frame.times.captured + target_delay;
        let unsent = self.in_flight.unsent_packets() * self.packetizer.slice_size();
        let before = outlook.backlog.saturating_sub(passing(unsent));
        let key_frame =
            KEY_FRAME.mul_f64(f64::from(outlook.media) / f64::from(outlook.rate.max(1)));
        let anew = now + before.max(NEW_PICTURE) + key_frame;
        let there = now + outlook.backlog;
        there > due + TOO_LATE && there > anew + GAIN
    }

    /// The receiver had its chance to go on without the frame set aside.
    pub(super) fn take_up_again(&mut self, now: Instant, path: &Path) {
        let next_is_there = self.in_flight.is_second_done(now.checked_sub(PATIENCE));
        let patience = path.target_delay + PATIENCE + path.round_trip.or_zero();
        if let Some(frame) = self.in_flight.oldest_mut()
            && frame.is_set_aside()
            && next_is_there
            && now > frame.times.captured + patience
        {
            frame.take_up_again();
        }
    }
}

impl InFlightFrame {
    /// No packet has left yet.
    pub(super) fn is_untouched(&self) -> bool {
        self.first_sent.is_none()
    }
}
