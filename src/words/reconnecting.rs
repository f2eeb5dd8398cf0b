// SPDX-License-Identifier: GPL-3.0-or-later
//! A device that is sought: an [`Absence`] in; what is the matter, what is done about it, and for how long, out.

use std::time::{Duration, Instant};

use gettextrs::gettext;

use super::kind::for_kind;
use super::{HealthWords, clock, fill};
use crate::engine::{Absence, DeviceKind, Setback};

/// What is the matter with a device of this kind, for a status line.
pub(super) fn describe(why: Setback, kind: DeviceKind) -> String {
    let by_kind = |texts| gettext(for_kind(kind, texts));
    match why {
        Setback::ConnectionLost => gettext("Connection lost, reconnecting"),
        Setback::Silent => by_kind([
            "The TV does not answer, reconnecting",
            "The display does not answer, reconnecting",
            "The speaker does not answer, reconnecting",
            "The speakers do not answer, reconnecting",
        ]),
        Setback::Starting => by_kind([
            "The TV is not ready yet, reconnecting",
            "The display is not ready yet, reconnecting",
            "The speaker is not ready yet, reconnecting",
            "The speakers are not ready yet, reconnecting",
        ]),
        Setback::NoNetwork => gettext("No network, reconnecting"),
        _ => by_kind([
            "Looking for the TV",
            "Looking for the display",
            "Looking for the speaker",
            "Looking for the speakers",
        ]),
    }
}

/// What is the matter, and when what happens; seen from `now`.
pub fn reconnecting(absence: &Absence, kind: DeviceKind, now: Instant) -> HealthWords {
    let by_kind = |texts| gettext(for_kind(kind, texts));
    let verdict = match absence.why {
        Setback::ConnectionLost => gettext("Connection lost"),
        Setback::Silent => by_kind([
            "TV does not answer",
            "Display does not answer",
            "Speaker does not answer",
            "Speakers do not answer",
        ]),
        Setback::Starting => by_kind([
            "TV is not ready yet",
            "Display is not ready yet",
            "Speaker is not ready yet",
            "Speakers are not ready yet",
        ]),
        Setback::NoNetwork => gettext("No network"),
        _ => by_kind([
            "TV has moved",
            "Display has moved",
            "Speaker has moved",
            "Speakers have moved",
        ]),
    };
    let left = clock(left(absence.until, now));
    // Shorter waits are over before they have been read.
    let wait = absence.next.map(|next| self::left(next, now).as_secs());
    let consequence = match wait.filter(|seconds| *seconds > 1) {
        Some(seconds) => fill(
            "Trying again in {seconds} s, giving up in {time}",
            &[("seconds", &seconds.to_string()), ("time", &left)],
        ),
        None => fill("Reconnecting, giving up in {time}", &[("time", &left)]),
    };
    HealthWords {
        verdict,
        consequence,
    }
}

/// A line for a terminal, now and then while it lasts.
pub fn still_reconnecting(absence: &Absence, kind: DeviceKind, now: Instant) -> String {
    let words = reconnecting(absence, kind, now);
    format!("{}. {}.", words.verdict, words.consequence)
}

/// Whole seconds until then, as a clock that counts down shows them.
fn left(then: Instant, now: Instant) -> Duration {
    let left = then.saturating_duration_since(now);
    Duration::from_secs(left.as_millis().div_ceil(1000) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_wait_is_counted_down_and_a_short_one_is_not() {
        let now = Instant::now();
        let second = Duration::from_secs(1);
        let absence = |wait: Option<u32>| Absence {
            why: Setback::Starting,
            attempt: 3,
            next: wait.map(|seconds| now + second * seconds),
            until: now + second * 95,
        };
        let consequence =
            |wait, passed| reconnecting(&absence(wait), DeviceKind::Tv, now + passed).consequence;
        let told = consequence(Some(8), Duration::ZERO);
        assert_eq!(told, "Trying again in 8 s, giving up in 1:35");
        let told = consequence(Some(8), second / 2);
        assert_eq!(told, "Trying again in 8 s, giving up in 1:35");
        let told = consequence(Some(8), second * 3);
        assert_eq!(told, "Trying again in 5 s, giving up in 1:32");
        for (wait, passed) in [(Some(1), second / 4), (Some(8), second * 9), (None, second)] {
            let told = consequence(wait, passed);
            assert!(told.starts_with("Reconnecting, giving up in 1:"), "{told}");
        }
    }

    #[test]
    fn each_setback_is_told_apart() {
        let now = Instant::now();
        let all = [
            Setback::ConnectionLost,
            Setback::Silent,
            Setback::Starting,
            Setback::NoNetwork,
            Setback::Elsewhere,
        ];
        let words = all.map(|why| {
            let (attempt, next, until) = (1, None, now);
            let absence = Absence {
                why,
                attempt,
                next,
                until,
            };
            (
                describe(why, DeviceKind::Tv),
                reconnecting(&absence, DeviceKind::Tv, now).verdict,
            )
        });
        let distinct: std::collections::BTreeSet<_> = words.iter().collect();
        assert_eq!(distinct.len(), all.len());
    }
}
