// SPDX-License-Identifier: GPL-3.0-or-later
//! What the session bus answers when something cannot be done: one sentence each, that programs may show to people.

use gettextrs::gettext;

use super::{fill, proven};
use crate::engine::{AuthVerdict, HostError};

/// An option of a cast that does not exist.
pub fn unknown_option(option: &str) -> String {
    fill("There is no option “{option}”.", &[("option", option)])
}

/// An option, or a property, that cannot have this value; `expected` says in words of the interface what it takes.
pub fn invalid_option(option: &str, expected: &str) -> String {
    fill(
        "“{option}” takes {expected}.",
        &[("option", option), ("expected", expected)],
    )
}

/// The device is away.
pub fn device_away(device: &str) -> String {
    fill("{device} is not available.", &[("device", device)])
}

/// Nothing is cast to the device.
pub fn not_casting(device: &str) -> String {
    fill("Nothing is being cast to {device}.", &[("device", device)])
}

/// Nothing is cast at all.
pub fn nothing_is_cast() -> String {
    gettext("Nothing is being cast.")
}

/// Too many commands wait.
pub fn busy() -> String {
    gettext("Too much was asked at once. Try again in a moment.")
}

/// The cast was begun without sound.
pub fn no_sound() -> String {
    gettext("This cast was begun without sound. Stop it and cast again with sound.")
}

/// The device does not let its volume be changed.
pub fn fixed_volume(device: &str) -> String {
    fill(
        "The volume of {device} can only be changed there.",
        &[("device", device)],
    )
}

/// An address that nobody added.
pub fn no_such_host(host: &str) -> String {
    fill("The address “{host}” was never added.", &[("host", host)])
}

/// An answer although nothing was asked.
pub fn nothing_asked(device: &str) -> String {
    fill("Nothing was asked about {device}.", &[("device", device)])
}

/// The engine has gone while something was asked of it.
pub fn engine_gone() -> String {
    gettext("Telecast has ended. Start it again.")
}

/// Whoever runs the engine does not answer as it should.
pub fn no_sense(problem: &impl std::fmt::Display) -> String {
    fill(
        "The Telecast that runs does not answer as it should: {problem}. End it and try again.",
        &[("problem", &problem.to_string())],
    )
}

/// The session bus cannot be used, and a service is nothing without.
pub fn no_bus(problem: &impl std::fmt::Display) -> String {
    fill(
        "The session bus cannot be used: {problem}. Run this in a user session.",
        &[("problem", &problem.to_string())],
    )
}

/// What was given is no address.
pub fn host_error(error: HostError) -> String {
    super::host_error(error).unwrap_or_else(|| gettext("An address looks like 192.168.1.20"))
}

/// What is known of a device that somebody has to allow.
pub fn uncertified(device: &str, verdict: AuthVerdict) -> String {
    fill(
        "{device} is not certified. {proven}",
        &[("device", device), ("proven", &proven(verdict))],
    )
}

/// A cast that runs, in a line; `volume` is 0 to 1.
pub fn status_line(device: &str, state: &str, volume: Option<f64>, latency_ms: u32) -> String {
    let latency = latency_ms.to_string();
    let mut values = vec![
        ("device", device),
        ("state", state),
        ("latency", latency.as_str()),
    ];
    let percent = volume.map(|level| format!("{:.0}", level * 100.0));
    match &percent {
        Some(percent) => {
            values.push(("volume", percent));
            fill(
                "{device}: {state} (volume {volume} %, delay {latency} ms)",
                &values,
            )
        }
        None => fill("{device}: {state} (delay {latency} ms)", &values),
    }
}

/// A cast that has ended by itself, in a line.
pub fn ended_line(device: &str, sentence: &str) -> String {
    fill(
        "{device}: Ended. {sentence}",
        &[("device", device), ("sentence", sentence)],
    )
}

/// A command for a cast, although there is none.
pub fn nothing_to_control() -> String {
    gettext("Nothing is being cast. Begin with “telecast mirror DEVICE”, or in the window.")
}

/// A command for a cast to a device that is not cast to.
pub fn not_cast_to(device: &str) -> String {
    fill(
        "Nothing is being cast to “{device}”. “telecast status” says what is.",
        &[("device", device)],
    )
}

/// There are several casts, and none was named.
pub fn which_device() -> String {
    gettext("There are several casts. Name the device, too; “telecast status” lists them.")
}

/// Somebody, here or in the window, has ended the cast that was being followed.
pub fn was_stopped() -> String {
    gettext("The cast was stopped.")
}

/// The cast of this command is over, and the engine serves those of other programs.
pub fn casts_on() -> String {
    gettext("Another program is still casting through this one. Ctrl-C ends that, too.")
}

/// A device has to be allowed, and nobody sits at a terminal.
pub fn nobody_here(about: &str) -> String {
    fill(
        "{about} Run this on a terminal, which asks you once.",
        &[("about", about)],
    )
}

/// The question on a terminal about a device. The letters stay the same in every language.
pub fn ask_here(about: &str, key: &str) -> String {
    fill(
        "{about}\nIts key: {key}\nCast to it, and remember that? y = yes; anything else = no [y/N] ",
        &[("about", about), ("key", key)],
    )
}
