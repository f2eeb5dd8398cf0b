// SPDX-License-Identifier: GPL-3.0-or-later
//! What a running cast is called and says on its page.

use std::time::Duration;

use gettextrs::{gettext, ngettext};

use super::fill;
use super::kind::for_kind;
use crate::engine::{AudioChoice, DeviceKind, LatencyProfile, Quality};

/// How long a cast has been running.
pub fn casting_for(time: Duration) -> String {
    fill("Casting for {time}", &[("time", &clock(time))])
}

/// A time as a clock shows it: `0:07`, `12:34`, `1:02:03`.
pub fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours == 0 {
        format!("{minutes}:{seconds:02}")
    } else {
        format!("{hours}:{minutes:02}:{seconds:02}")
    }
}

/// The title of the volume's row.
pub fn volume_of(kind: DeviceKind) -> String {
    gettext(for_kind(
        kind,
        [
            "TV Volume",
            "Display Volume",
            "Speaker Volume",
            "Speaker Volume",
        ],
    ))
}

/// What the volume's slider changes.
pub fn volume(device: &str) -> String {
    fill("Volume of {device}", &[("device", device)])
}

/// What the button beside it does.
pub fn mute(device: &str, muted: bool) -> String {
    if muted {
        fill("Unmute {device}", &[("device", device)])
    } else {
        fill("Mute {device}", &[("device", device)])
    }
}

/// What a profile is good for.
pub fn latency_effect(profile: LatencyProfile) -> String {
    match profile {
        LatencyProfile::Responsive => gettext("Shortest delay, may stutter on busy Wi-Fi"),
        LatencyProfile::Balanced => gettext("Hides short network hiccups from the picture"),
        LatencyProfile::Robust => gettext("Longest delay, best for films"),
    }
}

/// Where the sound plays, or whose it is.
pub fn cast_sound(choice: &AudioChoice, kind: DeviceKind) -> String {
    match choice {
        AudioChoice::Tv => gettext(for_kind(
            kind,
            [
                "On the TV",
                "On the Display",
                "On the Speaker",
                "On the Speakers",
            ],
        )),
        AudioChoice::Both => gettext(for_kind(
            kind,
            [
                "On the TV and Here",
                "On the Display and Here",
                "On the Speaker and Here",
                "On the Speakers and Here",
            ],
        )),
        AudioChoice::App(name) => fill("Only {application}", &[("application", name)]),
        AudioChoice::Tone => gettext("Test Sound"),
        AudioChoice::None => gettext("None"),
    }
}

/// A bound on what the pictures may cost.
pub fn quality(quality: Quality) -> String {
    match quality {
        Quality::Automatic => gettext("Automatic"),
        Quality::P720 => gettext("Up to 720p"),
        Quality::P480 => gettext("Up to 480p"),
    }
}

/// What such a bound is good for.
pub fn quality_effect(quality: Quality) -> String {
    match quality {
        Quality::Automatic => gettext("As good as the network allows"),
        Quality::P720 => gettext("Takes at most 3 megabits per second"),
        Quality::P480 => gettext("Takes at most 1 megabit per second"),
    }
}

/// The button that freezes the picture, or lets it run again.
pub fn pause(paused: bool) -> String {
    if paused {
        gettext("_Resume Picture")
    } else {
        gettext("_Pause Picture")
    }
}

/// What the picture on the page is of.
pub fn preview_of(device: &str) -> String {
    fill("What {device} shows", &[("device", device)])
}

/// Why the computer stays awake, for the desktop's own list.
pub fn casting_reason() -> String {
    gettext("Casting to a TV")
}

/// The desktop does not let the program go on without its window.
pub fn no_background() -> String {
    gettext("This desktop does not let Telecast run without a window")
}

/// Something that programs can ask of other desktops.
pub fn not_on_this_desktop() -> String {
    gettext("This desktop does not offer it")
}

/// A question before the window closes, with its answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeepCasting {
    /// A few words.
    pub title: String,
    /// What runs.
    pub what: String,
    /// Closes nothing.
    pub cancel: String,
    /// Stops what runs.
    pub stop: String,
    /// Lets it go on in the background.
    pub keep: String,
}

/// Asks whether the casts to `devices` are to go on without a window.
pub fn keep_casting(devices: &[String]) -> KeepCasting {
    let what = match devices {
        [device] => fill(
            "{device} goes on showing what you share until you stop it here or on the device.",
            &[("device", device)],
        ),
        several => ngettext(
            "One device goes on showing what you share until you stop it here or on the device.",
            "{count} devices go on showing what you share until you stop them here or on the devices.",
            u32::try_from(several.len()).unwrap_or(u32::MAX),
        )
        .replace("{count}", &several.len().to_string()),
    };
    KeepCasting {
        title: gettext("Keep Casting in the Background?"),
        what,
        cancel: gettext("_Cancel"),
        stop: gettext("_Stop Casting"),
        keep: gettext("_Keep Casting"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_reads_like_a_clock() {
        for (seconds, shown) in [
            (0, "0:00"),
            (7, "0:07"),
            (754, "12:34"),
            (3599, "59:59"),
            (3723, "1:02:03"),
            (90_000, "25:00:00"),
        ] {
            assert_eq!(clock(Duration::from_secs(seconds)), shown);
        }
    }
}
