// SPDX-License-Identifier: GPL-3.0-or-later
//! How much media may be unacknowledged, as durations. Pure functions; the only place that decides it.
//!
//! The reference allows clamp(2 · round trip, 66 ms, max(66 ms, target delay / 3)), for raw and encoded frames alike. On
//! a LAN that is two frames of video: with any loss the next frames are dropped until the repair is acknowledged, although
//! the path has room for them; and an encoded frame that is refused costs a key frame.
//!
//! So a raw picture is encoded when it would come in time: when what is under way, the *backlog*, will have passed soon
//! enough, as the congestion control reckons. What is unacknowledged has mostly arrived, as a frame that waits for a
//! repair holds back the acknowledgement of all after it: so the backlog counts, not the media time under way. That
//! counts until the backlog is known. What is encoded is refused much later, since that tears a hole. Sound, where every
//! drop is heard and which costs next to nothing, may fill two target delays: when a repair or an acknowledgement takes
//! long, the blocks behind it have arrived, or are in time when the path is back.

use std::time::Duration;

use crate::cast::sender::config::StreamKind;

/// Two frames at 30 a second are always allowed (Open Screen `sender_impl.cc`).
const MIN_IN_FLIGHT: Duration = Duration::from_millis(66);

/// Until the backlog is known raw pictures may fill this part of the target delay: what is left is for those in the
/// encoder.
const BEFORE_ENCODING: f64 = 0.85;

/// More than this many unacknowledged bytes of one stream are never held.
pub(super) const MAX_BYTES_IN_FLIGHT: usize = 32 << 20;

/// Up to which a raw frame is worth encoding; `backlog` is how long what is under way needs, if that is known.
pub(super) fn before_encoding(
    kind: StreamKind,
    target_delay: Duration,
    round_trip: Duration,
    backlog: Option<Duration>,
) -> Duration {
    match (kind, backlog) {
        (StreamKind::Audio, _) => after_encoding(kind, target_delay, round_trip),
        (StreamKind::Video, None) => MIN_IN_FLIGHT.max(target_delay.mul_f64(BEFORE_ENCODING)),
        (StreamKind::Video, Some(backlog)) if backlog <= in_time(target_delay) => {
            MIN_IN_FLIGHT.max(target_delay * 2)
        }
        (StreamKind::Video, Some(_)) => Duration::ZERO,
    }
}

/// What may pass before a picture that is to be in time: three quarters, as it needs some time itself.
fn in_time(target_delay: Duration) -> Duration {
    MIN_IN_FLIGHT.max(target_delay * 3 / 4)
}

/// Up to which an encoded frame is taken in.
pub(super) fn after_encoding(
    kind: StreamKind,
    target_delay: Duration,
    round_trip: Duration,
) -> Duration {
    let useful = match kind {
        StreamKind::Audio => target_delay * 2,
        // Pictures that come too late are needed by those that do not.
        StreamKind::Video => target_delay * 5 / 2,
    };
    MIN_IN_FLIGHT.max(useful + round_trip / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_pictures_stop_before_encoded_ones_and_both_follow_the_target_delay() {
        let ms = Duration::from_millis;
        // (target delay, round trip, raw video, sound, encoded video)
        for (target, round_trip, raw, sound, encoded) in [
            (0, 0, 66, 66, 66),
            (100, 5, 85, 202, 252),
            (200, 10, 170, 405, 505),
            (400, 80, 340, 840, 1040),
        ] {
            let (target, round_trip) = (ms(target), ms(round_trip));
            let before = |kind, backlog| before_encoding(kind, target, round_trip, backlog);
            let after = |kind| after_encoding(kind, target, round_trip).as_millis();
            assert_eq!(before(StreamKind::Video, None), ms(raw));
            assert_eq!(
                before(StreamKind::Audio, None).as_millis(),
                ms(sound).as_millis()
            );
            assert_eq!(after(StreamKind::Audio), ms(sound).as_millis());
            assert_eq!(after(StreamKind::Video), ms(encoded).as_millis());
            assert!(before(StreamKind::Video, Some(ms(0))) <= ms(encoded));
        }
    }

    #[test]
    fn a_picture_that_would_come_too_late_is_not_encoded() {
        let ms = Duration::from_millis;
        let limit = |backlog| before_encoding(StreamKind::Video, ms(200), ms(5), Some(ms(backlog)));
        assert_eq!(limit(150), ms(400));
        assert_eq!(limit(151), ms(0));
    }
}
