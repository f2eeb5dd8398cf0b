// SPDX-License-Identifier: GPL-3.0-or-later
//! How much media may be unacknowledged, as durations. Pure functions; the only place that decides it.
//!
//! The reference allows clamp(2 · round trip, 66 ms, max(66 ms, target delay / 3)), for raw and encoded frames alike. On
//! a LAN that is two frames of video: with any loss the next frames are dropped until the repair is acknowledged, and an
//! encoded frame that is refused costs a key frame. So there are two limits here: raw frames stop a little before the
//! target delay is full, where stopping is cheap; encoded frames and sound, where every drop is heard or seen, may fill
//! all of it and the way of the acknowledgement back (as in Chromium's older `frame_sender_impl.cc`).
//!
//! What is unacknowledged has mostly arrived: a frame that waits for a repair holds back the acknowledgement of all after
//! it. So a limit far below the target delay drops pictures that would have been in time; a queue that grows is the
//! business of the congestion control, which sees it long before.

use std::time::Duration;

use crate::cast::sender::config::StreamKind;

/// Two frames at 30 a second are always allowed (Open Screen `sender_impl.cc`).
const MIN_IN_FLIGHT: Duration = Duration::from_millis(66);

/// Raw pictures may fill this part of the target delay: what is left is for those in the encoder.
const BEFORE_ENCODING: f64 = 0.85;

/// More than this many unacknowledged bytes of one stream are never held.
pub(super) const MAX_BYTES_IN_FLIGHT: usize = 32 << 20;

/// Up to which a raw frame is worth encoding.
pub(super) fn before_encoding(
    kind: StreamKind,
    target_delay: Duration,
    round_trip: Duration,
) -> Duration {
    match kind {
        StreamKind::Video => MIN_IN_FLIGHT.max(target_delay.mul_f64(BEFORE_ENCODING)),
        StreamKind::Audio => after_encoding(target_delay, round_trip),
    }
}

/// Up to which an encoded frame is taken in.
pub(super) fn after_encoding(target_delay: Duration, round_trip: Duration) -> Duration {
    MIN_IN_FLIGHT.max(target_delay + round_trip / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_pictures_stop_before_encoded_ones_and_both_follow_the_target_delay() {
        let ms = Duration::from_millis;
        // (target delay, round trip, raw video, raw audio and all encoded frames)
        for (target, round_trip, video, encoded) in [
            (0, 0, 66, 66),
            (100, 5, 85, 102),
            (200, 10, 170, 205),
            (400, 80, 340, 440),
        ] {
            let (target, round_trip) = (ms(target), ms(round_trip));
            let raw = |kind| before_encoding(kind, target, round_trip).as_millis();
            assert_eq!(raw(StreamKind::Video), video);
            assert_eq!(raw(StreamKind::Audio), encoded);
            assert_eq!(after_encoding(target, round_trip).as_millis(), encoded);
        }
    }
}
