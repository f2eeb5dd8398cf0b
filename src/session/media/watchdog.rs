// SPDX-License-Identifier: GPL-3.0-or-later
//! Notices that the device has fallen silent, or that it never shows a picture: observations in, [`MediaEvent`]s out.
//! Reads no clock.

use std::time::{Duration, Instant};

use super::{Evidence, MediaEvent, SUSPICION};
use crate::session::timings::Timings;

/// A picture that was there for this long shows that the codec works; later losses are the network's.
const PROOF_OF_PICTURE: Duration = Duration::from_secs(3);

/// What one report interval has shown.
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent observations, not a state"
)]
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Observation {
    /// Video frames were acknowledged.
    pub(super) acknowledged: bool,
    /// For how long the device has been asking for a key frame.
    pub(super) picture_lost_for: Option<Duration>,
    /// The device has ever logged a frame as decoded or played.
    pub(super) shown: bool,
    /// The device has logged something about frames in this interval.
    pub(super) logged: bool,
    /// The device's host has refused packets in this interval.
    pub(super) refused: bool,
}

/// The first datagram of the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum First {
    Awaited,
    Came,
    Told,
}

/// The watch over one session's media.
#[derive(Debug)]
pub(super) struct Watchdog {
    timings: Timings,
    heard: Instant,
    first: First,
    suspected: Option<Instant>,
    disturbed: bool,
    looked: Instant,
    picture_for: Duration,
    /// For how long the log has told of frames without a picture.
    logged_for: Duration,
    gave_up: bool,
}

impl Watchdog {
    pub(super) fn new(now: Instant, timings: Timings) -> Watchdog {
        Watchdog {
            timings,
            heard: now,
            first: First::Awaited,
            suspected: None,
            disturbed: false,
            looked: now,
            picture_for: Duration::ZERO,
            logged_for: Duration::ZERO,
            gave_up: false,
        }
    }

    /// A datagram of the device came.
    pub(super) fn heard(&mut self, now: Instant) {
        self.heard = now;
        if self.first == First::Awaited {
            self.first = First::Came;
        }
    }

    /// The way to the device may have changed. For a while a shorter silence is told.
    pub(super) fn suspect(&mut self, now: Instant) {
        self.suspected = Some(now);
    }

    /// From which silence on it is told.
    fn patience(&self, now: Instant) -> Duration {
        let suspects = |since| now.saturating_duration_since(since) < SUSPICION;
        if self.suspected.is_some_and(suspects) {
            self.timings.suspect
        } else {
            self.timings.lost
        }
    }

    /// Judges one report interval.
    pub(super) fn look(&mut self, now: Instant, seen: Observation) -> Option<MediaEvent> {
        let passed = now.saturating_duration_since(self.looked);
        self.looked = now;
        let silence = now.saturating_duration_since(self.heard);
        if silence >= self.timings.gone {
            return Some(MediaEvent::Gone(silence));
        }
        let disturbed = silence >= self.timings.disturbed;
        if disturbed != std::mem::replace(&mut self.disturbed, disturbed) {
            return Some(if disturbed {
                MediaEvent::Disturbed
            } else {
                MediaEvent::Recovered
            });
        }
        if disturbed && seen.refused {
            return Some(MediaEvent::Refused(silence));
        }
        if self.first != First::Awaited && silence >= self.patience(now) {
            return Some(MediaEvent::Silent(silence));
        }
        if seen.acknowledged && seen.picture_lost_for.is_none() {
            self.picture_for += passed;
        }
        if seen.acknowledged && seen.logged && !seen.shown {
            self.logged_for += passed;
        }
        if self.first == First::Came {
            self.first = First::Told;
            return Some(MediaEvent::Heard);
        }
        let never = seen.acknowledged
            && !seen.shown
            && self.picture_for < PROOF_OF_PICTURE
            && seen
                .picture_lost_for
                .is_some_and(|lost| lost >= self.timings.no_picture);
        let evidence = if never {
            Evidence::PictureLoss
        } else if seen.acknowledged && !seen.shown && self.logged_for >= self.timings.no_picture {
            Evidence::EventLog
        } else {
            return None;
        };
        (!std::mem::replace(&mut self.gave_up, true)).then_some(MediaEvent::NoPicture(evidence))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn watch(
        seconds: u32,
        heard: impl Fn(u32) -> bool,
        seen: impl Fn(u32) -> Observation,
    ) -> Vec<(u32, MediaEvent)> {
        let start = Instant::now();
        let mut watchdog = Watchdog::new(start, Timings::default());
        let mut events = Vec::new();
        for second in 1..=seconds {
            let now = start + SECOND * second;
            if heard(second) {
                watchdog.heard(now);
            }
            let event = watchdog.look(now, seen(second));
            // Have tests of their own.
            let event =
                event.filter(|event| !matches!(event, MediaEvent::Heard | MediaEvent::Silent(_)));
            events.extend(event.map(|event| (second, event)));
        }
        events
    }

    fn good(_: u32) -> Observation {
        Observation {
            acknowledged: true,
            ..Observation::default()
        }
    }

    #[test]
    fn a_device_that_answers_is_left_alone() {
        assert_eq!(watch(60, |_| true, good), []);
    }

    #[test]
    fn silence_disturbs_and_passes_or_ends_in_gone() {
        assert_eq!(
            watch(30, |second| !(10..16).contains(&second), good),
            [(12, MediaEvent::Disturbed), (16, MediaEvent::Recovered)]
        );
        let events = watch(20, |second| second < 3, good);
        assert_eq!(events[0], (5, MediaEvent::Disturbed));
        assert_eq!(events[1], (17, MediaEvent::Gone(SECOND * 15)));
    }

    #[test]
    fn the_first_answer_and_a_long_silence_are_told() {
        let start = Instant::now();
        let timings = Timings::default();
        let mut watchdog = Watchdog::new(start, timings);
        let at = |second| start + SECOND * second;
        assert_eq!(watchdog.look(at(1), good(1)), None);
        watchdog.heard(at(2));
        assert_eq!(watchdog.look(at(2), good(2)), Some(MediaEvent::Heard));
        let mut told = Vec::new();
        for second in 3..14 {
            let event = watchdog.look(at(second), good(second));
            told.extend(event.map(|event| (second, event)));
        }
        let silent = |second| (second, MediaEvent::Silent(SECOND * (second - 2)));
        assert_eq!(told[0], (5, MediaEvent::Disturbed));
        assert_eq!(told[1..], [10, 11, 12, 13].map(silent));
    }

    #[test]
    fn a_short_silence_is_told_when_something_has_happened() {
        let start = Instant::now();
        let mut watchdog = Watchdog::new(start, Timings::default());
        let at = |second| start + SECOND * second;
        watchdog.heard(at(1));
        assert_eq!(watchdog.look(at(1), good(1)), Some(MediaEvent::Heard));
        watchdog.suspect(at(1));
        assert_eq!(watchdog.look(at(2), good(2)), None);
        let told = watchdog.look(at(3), good(3));
        assert_eq!(told, Some(MediaEvent::Silent(SECOND * 2)));
        assert_eq!(watchdog.look(at(4), good(4)), Some(MediaEvent::Disturbed));
        assert_eq!(watchdog.look(at(7), good(7)), None, "it has calmed down");
    }

    #[test]
    fn refused_packets_are_told_in_silence_only() {
        let events = watch(
            8,
            |second| second < 3,
            |second| Observation {
                refused: second != 7,
                ..good(second)
            },
        );
        let refused = |seconds| MediaEvent::Refused(SECOND * seconds);
        assert_eq!(
            events,
            [(5, MediaEvent::Disturbed), (6, refused(4)), (8, refused(6))]
        );
    }

    #[test]
    fn a_device_that_never_heard_of_us_is_gone_too() {
        let events = watch(15, |_| false, |_| Observation::default());
        assert_eq!(events.last(), Some(&(15, MediaEvent::Gone(SECOND * 15))));
    }

    fn lost_since(second: u32, since: u32) -> Observation {
        Observation {
            acknowledged: true,
            picture_lost_for: second.checked_sub(since).map(|seconds| SECOND * seconds),
            ..Observation::default()
        }
    }

    #[test]
    fn a_picture_that_never_comes_is_noticed_once() {
        let events = watch(30, |_| true, |second| lost_since(second, 1));
        assert_eq!(events, [(7, MediaEvent::NoPicture(Evidence::PictureLoss))]);
    }

    #[test]
    fn a_picture_that_was_there_is_not_given_up() {
        assert_eq!(watch(60, |_| true, |second| lost_since(second, 10)), []);
        let played = |second| Observation {
            shown: true,
            ..lost_since(second, 1)
        };
        assert_eq!(watch(60, |_| true, played), []);
    }

    #[test]
    fn a_log_that_never_tells_of_a_picture_is_noticed_once() {
        let logs = |_| Observation {
            logged: true,
            ..good(0)
        };
        let events = watch(30, |_| true, logs);
        assert_eq!(events, [(6, MediaEvent::NoPicture(Evidence::EventLog))]);
        let shown_at_the_last_moment = |second| Observation {
            shown: second >= 6,
            ..logs(second)
        };
        assert_eq!(watch(30, |_| true, shown_at_the_last_moment), []);
        let without_acknowledgement = |second| Observation {
            acknowledged: false,
            ..logs(second)
        };
        assert_eq!(watch(30, |_| true, without_acknowledgement), []);
        let a_word_now_and_then = |second| Observation {
            logged: second % 10 == 0,
            ..good(second)
        };
        assert_eq!(watch(30, |_| true, a_word_now_and_then), []);
    }

    #[test]
    fn a_loss_during_an_outage_says_nothing_about_the_codec() {
        let outage = |second| Observation {
            acknowledged: false,
            ..lost_since(second, 1)
        };
        assert_eq!(watch(60, |_| true, outage), []);
    }
}
