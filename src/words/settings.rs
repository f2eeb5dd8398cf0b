// SPDX-License-Identifier: GPL-3.0-or-later
//! The choices of the preferences, and what is said of a changed one.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gettextrs::gettext;

use super::{codec, fill, moment};
use crate::engine::{
    CodecChoice, Effect, FIRST_FREE_PORT, KnownSender, LatencyProfile, ListedDevice, MonitorSize,
    PictureSize, PortsError, SoundDefault, SourceKind,
};

/// The name of a latency.
pub fn latency(profile: LatencyProfile) -> String {
    gettext(match profile {
        LatencyProfile::Responsive => "Responsive",
        LatencyProfile::Balanced => "Balanced",
        LatencyProfile::Robust => "Robust",
    })
}

/// Where the sound plays.
pub fn sound(sound: SoundDefault) -> String {
    gettext(match sound {
        SoundDefault::Tv => "On the TV",
        SoundDefault::Both => "On the TV and Here",
        SoundDefault::None => "Only Here",
    })
}

/// A video format that may be chosen.
pub fn codec_choice(choice: CodecChoice) -> String {
    match choice {
        CodecChoice::Auto => gettext("Automatic"),
        CodecChoice::Only(only) => codec(only).to_owned(),
    }
}

/// A size of pictures.
pub fn picture_size(size: PictureSize) -> String {
    let (width, height) = size.pixels();
    let values = [("width", width.to_string()), ("height", height.to_string())];
    let values = values
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    left_to_right(&fill("{width} × {height}", &values))
}

/// Keeps the order of what is nothing but figures and signs, also among words that are written from right to left.
fn left_to_right(figures: &str) -> String {
    const ISOLATE: char = '\u{2066}';
    const END: char = '\u{2069}';
    format!("{ISOLATE}{figures}{END}")
}

/// The size of the second monitor.
pub fn monitor_size(size: MonitorSize) -> String {
    match size {
        MonitorSize::LargestPicture => gettext("As the Largest Picture"),
        MonitorSize::Fixed(size) => picture_size(size),
    }
}

/// What is chosen, and what that means, for those who cannot see the row.
pub fn chosen(choice: &str, meaning: &str) -> String {
    // Translators: read out by screen readers, like "Balanced: Hides short network hiccups from the picture".
    fill(
        "{choice}: {meaning}",
        &[("choice", choice), ("meaning", meaning)],
    )
}

/// A choice that the program makes itself.
pub fn automatic() -> String {
    gettext("Automatic")
}

/// The same in the place of a number, where there is little room.
pub fn auto() -> String {
    gettext("Auto")
}

/// A network interface that was chosen and is not there.
pub fn absent_interface(name: &str) -> String {
    fill("{name} (Not There)", &[("name", name)])
}

/// When a changed setting takes effect.
pub fn effect(effect: Effect) -> String {
    gettext(match effect {
        Effect::Now => "Takes effect now",
        Effect::NextCast => "Takes effect with the next cast",
        Effect::NextStart => "Takes effect with the next start of Telecast",
    })
}

/// What is wrong with a range of ports.
pub fn wrong_ports(error: PortsError) -> String {
    match error {
        PortsError::Reversed => gettext("The last port must not be below the first"),
        _ => fill(
            "Ports go from {first} to {last}",
            &[("first", &FIRST_FREE_PORT.to_string()), ("last", "65535")],
        ),
    }
}

/// What is shared, as a title.
pub fn source(kind: SourceKind) -> String {
    gettext(match kind {
        SourceKind::Screen => "Screen",
        SourceKind::Window => "Window",
        SourceKind::Virtual => "Second Monitor",
        SourceKind::TestCard => "Test Card",
    })
}

/// The button that forgets something, for those who do not see which.
pub fn forget(name: &str) -> String {
    fill("Forget {name}", &[("name", name)])
}

/// Something was forgotten.
pub fn forgotten(name: &str) -> String {
    fill("“{name}” forgotten", &[("name", name)])
}

/// Takes back what was just done.
pub fn undo() -> String {
    gettext("_Undo")
}

/// What stands below a remembered device.
pub fn remembered_line(device: &ListedDevice, now: SystemTime) -> String {
    if let Some(used) = device.used {
        fill("Last used: {moment}", &[("moment", &moment(used, now))])
    } else if let Some(host) = device.hosts.first() {
        host.clone()
    } else if let Some(seen) = device.last_seen {
        fill("Last seen: {moment}", &[("moment", &moment(seen, now))])
    } else {
        device.model.clone()
    }
}

/// What stands below the address of a sender that may always cast to this computer.
pub fn sender_line(sender: &KnownSender) -> String {
    let allowed = UNIX_EPOCH.checked_add(Duration::from_secs(sender.allowed));
    let moment = allowed.map(|at| moment(at, SystemTime::now()));
    match (&sender.program, moment) {
        (Some(program), Some(moment)) => fill(
            // Translators: "moment" is as in "Today at 21:14".
            "{program}, allowed {moment}",
            &[("program", program), ("moment", &moment)],
        ),
        (None, Some(moment)) => fill("Allowed {moment}", &[("moment", &moment)]),
        (program, None) => program.clone().unwrap_or_default(),
    }
}

/// The question before all devices are forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForgetAll {
    /// The question.
    pub title: String,
    /// What a yes does.
    pub detail: String,
    /// No.
    pub keep: String,
    /// Yes.
    pub forget: String,
}

/// See [`ForgetAll`].
pub fn forget_all() -> ForgetAll {
    ForgetAll {
        title: gettext("Forget All Devices?"),
        detail: gettext(
            "Devices that are switched on come back when they are found; addresses that you added do not.",
        ),
        keep: gettext("_Cancel"),
        forget: gettext("_Forget"),
    }
}

/// What was forgotten when all were.
pub fn all_devices() -> String {
    gettext("All Devices")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_keeps_its_order_in_every_direction_of_writing() {
        assert_eq!(
            picture_size(PictureSize::P1080),
            "\u{2066}1920 × 1080\u{2069}"
        );
    }
}
