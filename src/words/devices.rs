// SPDX-License-Identifier: GPL-3.0-or-later
//! The list of devices in words: what stands below a name, on the buttons, in the details. Typed values in, text out.

mod checks;

use std::time::SystemTime;

use gettextrs::gettext;
use gio::glib;

use super::{describe, fill, fill_plural};
use crate::engine::{
    Capabilities, CastStatus, DeviceKind, HostError, ListedDevice, SessionState, SourceKind,
};

pub use checks::{CheckWords, check, judgement};

/// The second line of a device: the first that applies of what is cast to it, that it is away, what it plays, its model.
pub fn device_line(device: &ListedDevice, cast: Option<&CastStatus>, now: SystemTime) -> String {
    if let Some(cast) = cast {
        return cast_line(cast);
    }
    let Some(here) = &device.device else {
        return not_available(device.last_seen, now);
    };
    let line = if here.busy && !here.status.is_empty() {
        fill("Playing {what}", &[("what", &here.status)])
    } else if here.busy {
        gettext("In use")
    } else if device.kind == DeviceKind::Group {
        gettext("Speaker group")
    } else if !device.model.is_empty() {
        device.model.clone()
    } else {
        gettext("Idle")
    };
    if device.kind.has_picture() {
        line
    } else {
        fill("{device}, sound only", &[("device", &line)])
    }
}

/// What a cast does, in a few words.
pub fn cast_line(cast: &CastStatus) -> String {
    let streams = match &cast.state {
        SessionState::Streaming(streams) => streams,
        other => return describe(other, cast.kind),
    };
    if !cast.kind.has_picture() || streams.video.is_none() {
        return gettext("Casting sound");
    }
    match cast.source {
        _ if cast.paused => gettext("Picture paused"),
        SourceKind::Screen => gettext("Casting your screen"),
        SourceKind::Window => gettext("Casting a window"),
        SourceKind::Virtual => gettext("Casting a second monitor"),
        SourceKind::TestCard => gettext("Casting a test card"),
    }
}

fn not_available(last_seen: Option<SystemTime>, now: SystemTime) -> String {
    match last_seen.and_then(|seen| days_ago(seen, now)) {
        None => gettext("Not available"),
        Some(0) => gettext("Not available, last seen today"),
        Some(1) => gettext("Not available, last seen yesterday"),
        Some(days) => fill_plural(
            "Not available, last seen {count} day ago",
            "Not available, last seen {count} days ago",
            days,
        ),
    }
}

/// How many midnights lie between, where the person is; `None` for times that no calendar has.
fn days_ago(then: SystemTime, now: SystemTime) -> Option<usize> {
    let day = |time: SystemTime| {
        let local = local(time)?;
        Some(i64::from(local.year()) * 366 + i64::from(local.day_of_year()))
    };
    if then > now {
        // The clock was set back.
        return Some(0);
    }
    let (then_day, now_day) = (day(then)?, day(now)?);
    let days = now.duration_since(then).ok()?.as_secs() / 86_400;
    // Within a few days the calendar counts, beyond that the difference of a day does not matter.
    let calendar = usize::try_from(now_day - then_day).ok()?;
    let whole = usize::try_from(days).ok()?;
    Some(if whole < 7 {
        calendar.min(whole + 1)
    } else {
        whole
    })
}

fn local(time: SystemTime) -> Option<glib::DateTime> {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    glib::DateTime::from_unix_local(i64::try_from(since.as_secs()).ok()?).ok()
}

/// What the button says that casts to a device.
pub fn cast_button(name: &str) -> String {
    fill("Cast to {device}", &[("device", name)])
}

/// What the button says that stops the cast to a device.
pub fn stop_button(name: &str) -> String {
    fill("Stop Casting to {device}", &[("device", name)])
}

/// What the button says that opens the menu of a device.
pub fn more_button(name: &str) -> String {
    fill("More for {device}", &[("device", name)])
}

/// What the list says above the devices while something is cast; `None` when nothing is.
pub fn cast_banner(casts: &[CastStatus]) -> Option<String> {
    match casts {
        [] => None,
        [cast] => Some(fill("Casting to {device}", &[("device", &cast.name)])),
        many => Some(fill_plural(
            "Casting to {count} device",
            "Casting to {count} devices",
            many.len(),
        )),
    }
}

/// A fact as a line of text.
pub fn fact_line(title: &str, value: &str) -> String {
    let value = value.replace('\n', ", ");
    // Translators: a line of the details that are copied as text.
    fill("{title}: {value}", &[("title", title), ("value", &value)])
}

/// What to say below the list when there are devices in it, and none of them is there.
pub fn no_device_answers() -> String {
    gettext("None of your devices is available at the moment.")
}

/// The desktop does not offer these kinds of source; `None` when it offers all.
pub fn not_offered(missing: &[SourceKind]) -> Option<String> {
    let has = |kind| missing.contains(&kind);
    let text = match (
        has(SourceKind::Screen),
        has(SourceKind::Window),
        has(SourceKind::Virtual),
    ) {
        (false, false, false) => return None,
        (true, true, true) => gettext("This desktop does not let apps share the screen."),
        (false, false, true) => gettext("This desktop does not offer a second monitor."),
        (false, true, false) => gettext("This desktop does not offer single windows."),
        (false, true, true) => {
            gettext("This desktop offers neither single windows nor a second monitor.")
        }
        (true, ..) => gettext("This desktop does not offer whole screens."),
    };
    Some(text)
}

/// What a typed address may look like.
pub fn host_hint() -> String {
    gettext("For example tv.local or 192.168.1.20")
}

/// What is wrong with an address that is being typed; `None` while there is nothing to say.
pub fn host_error(error: HostError) -> Option<String> {
    let text = match error {
        HostError::Empty => return None,
        HostError::Incomplete => gettext("An address looks like 192.168.1.20"),
        HostError::Port => gettext("A port is a number up to 65535, for example 192.168.1.20:8009"),
        HostError::Zone => {
            gettext("This address needs its network device, for example fe80::1%wlan0")
        }
        HostError::TooMany => gettext("Too many addresses. Forget one of them first."),
        _ => gettext("Not a name or an address of a device"),
    };
    Some(text)
}

/// All that is known of a device, as titles and values, for its details.
pub fn device_facts(device: &ListedDevice, now: SystemTime) -> Vec<(String, String)> {
    let mut facts = vec![(gettext("Name"), device.name.clone())];
    if !device.model.is_empty() {
        facts.push((gettext("Model"), device.model.clone()));
    }
    facts.push((gettext("Kind"), kind(device.kind)));
    let abilities = abilities(device.capabilities);
    if !abilities.is_empty() {
        facts.push((gettext("Abilities"), abilities));
    }
    if !device.addresses.is_empty() {
        facts.push((gettext("Addresses"), device.addresses.join("\n")));
    }
    if !device.hosts.is_empty() {
        facts.push((gettext("Added by Address"), device.hosts.join("\n")));
    }
    facts.push((gettext("Last Seen"), last_seen(device, now)));
    if let Some(used) = device.used.and_then(date) {
        facts.push((gettext("Last Cast To"), used));
    }
    facts.push((gettext("Identifier"), device.id.clone()));
    facts
}

fn kind(kind: DeviceKind) -> String {
    match kind {
        DeviceKind::Tv => gettext("TV"),
        DeviceKind::Display => gettext("Smart display"),
        DeviceKind::Speaker => gettext("Speaker"),
        DeviceKind::Group => gettext("Speaker group"),
    }
}

fn abilities(capabilities: Capabilities) -> String {
    let all = [
        (Capabilities::VIDEO_OUT, gettext("Picture")),
        (Capabilities::AUDIO_OUT, gettext("Sound")),
        (Capabilities::VIDEO_IN, gettext("Camera")),
        (Capabilities::AUDIO_IN, gettext("Microphone")),
    ];
    let has = all
        .into_iter()
        .filter(|(bit, _)| capabilities.contains(*bit));
    let words: Vec<String> = has.map(|(_, word)| word).collect();
    // Translators: between the items of a list.
    words.join(&gettext(", "))
}

fn last_seen(device: &ListedDevice, now: SystemTime) -> String {
    match device.last_seen {
        _ if device.is_available() => gettext("Available now"),
        None => gettext("Never"),
        Some(seen) => date(seen).unwrap_or_else(|| not_available(Some(seen), now)),
    }
}

/// Date and time as they are written where the person is.
fn date(time: SystemTime) -> Option<String> {
    Some(local(time)?.format("%x %H:%M").ok()?.into())
}

#[cfg(test)]
mod tests;
