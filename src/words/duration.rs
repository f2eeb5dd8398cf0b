// SPDX-License-Identifier: GPL-3.0-or-later
//! Moments and lengths of time as people say them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gettextrs::gettext;
use gio::glib::DateTime;

use super::fill_plural;

/// A length of time in its largest unit: "48 minutes".
pub fn about(time: Duration) -> String {
    let seconds = usize::try_from(time.as_secs()).unwrap_or(usize::MAX);
    match seconds {
        0..60 => fill_plural("{count} second", "{count} seconds", seconds),
        60..3600 => fill_plural("{count} minute", "{count} minutes", seconds / 60),
        _ => fill_plural("{count} hour", "{count} hours", seconds / 3600),
    }
}

/// A moment that is over, seen from `now`: "Today at 21:14".
pub fn moment(at: SystemTime, now: SystemTime) -> String {
    let (Some(at), Some(now)) = (local(at), local(now)) else {
        return String::from("–");
    };
    let days = days(&now) - days(&at);
    let format = match days {
        // Translators: see strftime(3); %H:%M is the time of day with 24 hours.
        0 => gettext("Today at %H:%M"),
        1 => gettext("Yesterday at %H:%M"),
        // Translators: see strftime(3); %e is the day of the month, %B the month.
        _ => gettext("%e %B %Y at %H:%M"),
    };
    at.format(&format)
        .map_or_else(|_| String::from("–"), |text| text.trim().to_owned())
}

fn local(time: SystemTime) -> Option<DateTime> {
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    DateTime::from_unix_local(i64::try_from(since.as_secs()).ok()?).ok()
}

/// Days since some day, for differences. A year has fewer than 400.
fn days(time: &DateTime) -> i32 {
    let (year, day) = (time.year(), time.day_of_year());
    let leap_days = (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400;
    (year - 1) * 365 + leap_days + day
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    #[test]
    fn the_largest_unit_says_how_long() {
        for (seconds, words) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (59, "59 seconds"),
            (119, "1 minute"),
            (48 * 60 + 59, "48 minutes"),
            (3600, "1 hour"),
            (1_000_000, "277 hours"),
        ] {
            assert_eq!(about(Duration::from_secs(seconds)), words);
        }
    }

    #[test]
    fn a_moment_is_told_from_today() {
        // Noon, so that no time zone of the tests' machines makes it another day.
        let now = UNIX_EPOCH + Duration::from_hours(24 * 20_000 + 12);
        assert!(moment(now, now).starts_with("Today at "));
        assert!(moment(now - DAY, now).starts_with("Yesterday at "));
        assert!(
            moment(now - 2 * DAY, now).starts_with("2 October 2024 at "),
            "{}",
            moment(now - 2 * DAY, now)
        );
    }

    #[test]
    fn the_first_day_of_a_year_follows_the_last_of_the_year_before() {
        for year in [2000, 2023, 2024, 2100] {
            let last = DateTime::from_utc(year, 12, 31, 12, 0, 0.0).expect("a day");
            let first = DateTime::from_utc(year + 1, 1, 1, 12, 0, 0.0).expect("a day");
            assert_eq!(days(&first) - days(&last), 1, "{year}");
        }
    }
}
