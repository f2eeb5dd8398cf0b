// SPDX-License-Identifier: GPL-3.0-or-later
//! Why a session ended, and what to do about it: a [`Reason`] in, an [`Explanation`] out.

use std::net::IpAddr;
use std::time::Duration;

use gettextrs::gettext;

use super::{fill, trust};
use crate::engine::{Fault, Layer, Missing, Reason, Setback, SourceEnd, Waiting};

/// A reason in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// A few words, with the capitals of a title and without a full stop.
    pub title: String,
    /// One sentence: what happened.
    pub what: String,
    /// One sentence: what to do about it. Empty when there is nothing to do.
    pub next: String,
}

/// These texts, translated, with these values in them; `next` may be empty.
pub(super) fn say_with(
    title: &str,
    what: &str,
    next: &str,
    values: &[(&str, &str)],
) -> Explanation {
    Explanation {
        title: gettext(title),
        what: fill(what, values),
        next: if next.is_empty() {
            String::new()
        } else {
            fill(next, values)
        },
    }
}

impl Explanation {
    /// What happened and what to do, in one line.
    pub fn line(&self) -> String {
        if self.next.is_empty() {
            self.what.clone()
        } else {
            format!("{} {}", self.what, self.next)
        }
    }
}

/// Explains why a session with `device` (the name that people gave it) ended.
pub fn explain(reason: &Reason, device: &str) -> Explanation {
    let say =
        |title: &str, what: &str, next: &str| say_with(title, what, next, &[("device", device)]);
    match reason {
        Reason::UserStopped | Reason::Finished | Reason::DialogCancelled => {
            say("Stopped", "The cast was stopped.", "")
        }
        Reason::SourceEnded(SourceEnd::Closed) => say(
            "Nothing Left to Show",
            "What was shared was closed.",
            "Choose another source to go on.",
        ),
        Reason::SourceEnded(_) => say(
            "Sharing Was Ended",
            "Sharing was ended by the desktop.",
            "Cast again to go on.",
        ),
        Reason::DeviceStopped { other } => stopped(other.as_deref(), device),
        Reason::DeviceClosed => say(
            "The Device Hung Up",
            "{device} closed the connection.",
            "Check that it is still switched on, then try again.",
        ),
        Reason::DeviceGone(_) => say(
            "The Device Is Gone",
            "Nothing has been heard from {device} for a while.",
            "Check that it is switched on and that no firewall keeps its UDP packets away, then try again.",
        ),
        Reason::NotBack { after, why } => not_back(*after, *why, device),
        Reason::OtherDevice => say(
            "Another Device Answers",
            "Where {device} was, another device answers now.",
            "Look for it in the list of devices and cast again.",
        ),
        Reason::AlreadyCasting => say(
            "Casting Already",
            "This computer is casting to {device} already.",
            "Stop that cast first.",
        ),
        Reason::NotTrusted(distrust) => trust::distrusted(*distrust, device),
        Reason::DeviceStuck => say(
            "The Device Is Stuck",
            "{device} talks but does not listen.",
            "Switch the device off and on, then try again.",
        ),
        Reason::DeviceNotFound(name) => say_with(
            "Device Not Found",
            "No Cast device named “{name}” was found.",
            "See “telecast devices” for what is there, or give its address.",
            &[("name", name)],
        ),
        Reason::HostUnknown(host) => unknown(host),
        Reason::ConnectionRefused => say(
            "Not a Cast Device",
            "{device} refuses the connection.",
            "Check that it is a Cast device and that Cast is switched on in its settings.",
        ),
        Reason::NetworkUnreachable => say(
            "Network Unreachable",
            "There is no way through the network to {device}.",
            "Connect this computer to the same network as the device.",
        ),
        Reason::TimedOut(waiting) => timed_out(*waiting, device),
        Reason::NotConfirmed => say(
            "Not Confirmed",
            "The cast was not allowed on {device}.",
            "Try again and confirm on {device}.",
        ),
        Reason::TlsTooOld
        | Reason::Garbage(_)
        | Reason::AppRefused { .. }
        | Reason::OfferRefused { .. }
        | Reason::NoUsableCodec
        | Reason::NoPicture => unsuitable(reason, device),
        Reason::Missing(missing) => lacking(missing),
        Reason::PermissionDenied => say(
            "Not Allowed to Share",
            "The desktop does not allow sharing.",
            "Allow screen sharing in the system settings.",
        ),
        Reason::PortInUse { first, last } => say_with(
            "No Free Port",
            "No UDP port is free from {first} to {last}.",
            "Choose another range of ports, or end what uses these.",
            &[("first", &first.to_string()), ("last", &last.to_string())],
        ),
        Reason::Broken(fault) => broken(*fault),
        Reason::System(text) => say_with(
            "Something Went Wrong Here",
            "The system says: {text}.",
            "Try again; if it happens again, report it with what “telecast -v” says.",
            &[("text", text)],
        ),
    }
}

fn unknown(host: &str) -> Explanation {
    let (what, next) = match host.parse::<IpAddr>() {
        Ok(IpAddr::V6(ip)) if ip.is_unicast_link_local() => (
            "The address {host} means nothing without its network interface.",
            "Add it, as in {host}%eth0.",
        ),
        Ok(_) => (
            "No device can have the address {host}.",
            "Check the spelling, or see “telecast devices”.",
        ),
        Err(_) => (
            "The name “{host}” has no address.",
            "Check the spelling, or give an IP address.",
        ),
    };
    say_with("Unknown Address", what, next, &[("host", host)])
}

fn stopped(other: Option<&str>, device: &str) -> Explanation {
    let what = match other {
        Some(_) => "{device} shows “{app}” now.",
        None => "The cast was ended on {device}.",
    };
    let values = [("device", device), ("app", other.unwrap_or_default())];
    say_with("Ended on the Device", what, "", &values)
}

fn not_back(after: Duration, why: Setback, device: &str) -> Explanation {
    let next = match why {
        Setback::NoNetwork => "Connect this computer to the network again, then cast again.",
        Setback::Elsewhere => {
            "Another device has its address: look for it in the list of devices and cast again."
        }
        _ => "Check that it is switched on and in the same network, then cast again.",
    };
    say_with(
        "The Device Did Not Come Back",
        "{device} was lost and did not come back within {time}.",
        next,
        &[("device", device), ("time", &super::about(after))],
    )
}

fn timed_out(waiting: Waiting, device: &str) -> Explanation {
    let what = match waiting {
        Waiting::Launch => "{device} did not start the app in time.",
        Waiting::Answer => "{device} did not agree on picture and sound in time.",
        _ => "{device} is not answering.",
    };
    let next = match waiting {
        Waiting::Launch | Waiting::Answer => {
            "Wait a minute, or switch the device off and on, then try again."
        }
        _ => "Check that it is switched on and in the same network, then try again.",
    };
    say_with("No Answer", what, next, &[("device", device)])
}

fn unsuitable(reason: &Reason, device: &str) -> Explanation {
    let say =
        |title: &str, what: &str, next: &str| say_with(title, what, next, &[("device", device)]);
    match reason {
        Reason::TlsTooOld => say(
            "Too Old for Safe TLS",
            "{device} only knows encryption that is too old for safe TLS.",
            "Update its firmware, if there is an update.",
        ),
        Reason::Garbage(Layer::TlsSignature) => say(
            "Wrong Certificate",
            "{device} could not prove that its certificate is its own.",
            "Somebody may be listening in; do not cast in this network.",
        ),
        Reason::Garbage(_) => say(
            "Not Understood",
            "{device} sent something that is not the Cast protocol.",
            "Check that the address is that of a Cast device.",
        ),
        Reason::NoUsableCodec => say(
            "No Common Video Format",
            "{device} accepts none of the formats that this computer can make.",
            "Try another codec, or install more GStreamer plug-ins.",
        ),
        Reason::NoPicture => say(
            "The Picture Never Came",
            "{device} receives the data but shows no picture.",
            "Try another codec, or switch the device off and on.",
        ),
        Reason::OfferRefused { code, description } => say_with(
            "Refused by the Device",
            "{device} refuses the stream ({code}: {description}).",
            "Try another codec or a smaller picture.",
            &[
                ("device", device),
                ("code", &code.to_string()),
                ("description", description),
            ],
        ),
        Reason::AppRefused { code } => say_with(
            "Refused by the Device",
            "{device} refuses to start screen mirroring ({code}).",
            "Check that the device is meant for mirroring, and that guests may cast to it.",
            &[("device", device), ("code", code)],
        ),
        _ => say(
            "Not Supported",
            "{device} cannot do this.",
            "Try another device.",
        ),
    }
}

fn lacking(missing: &Missing) -> Explanation {
    let say = |title: &str, what: &str, next: &str| say_with(title, what, next, &[]);
    match missing {
        Missing::Portal => say(
            "No Screen Sharing Here",
            "This desktop offers no portal for screen sharing.",
            "Install xdg-desktop-portal and the back end for your desktop (on GNOME xdg-desktop-portal-gnome).",
        ),
        Missing::PipeWire => say(
            "No PipeWire",
            "PipeWire does not run in this session.",
            "Install pipewire and wireplumber, then log in again.",
        ),
        Missing::VideoEncoder => say(
            "No Video Encoder",
            "No working video encoder was found.",
            "Install GStreamer's “good” plug-ins (VP8) or “ugly” plug-ins (H.264).",
        ),
        Missing::AudioEncoder => say(
            "No Audio Encoder",
            "No working Opus encoder was found.",
            "Install GStreamer's “base” plug-ins, or cast without sound.",
        ),
        Missing::AudioApplication(name) => say_with(
            "No Such Application",
            "“{name}” is not playing any sound.",
            "Start its playback first, or choose another sound.",
            &[("name", name)],
        ),
        Missing::Interface(name) => say_with(
            "No Such Network Interface",
            "There is no network interface “{name}”.",
            "See “ip link” for their names.",
            &[("name", name)],
        ),
    }
}

fn broken(fault: Fault) -> Explanation {
    let say = |title: &str, what: &str, next: &str| say_with(title, what, next, &[]);
    match fault {
        Fault::PictureFormat => say(
            "No Usable Picture",
            "The desktop delivers pictures only in formats that Telecast does not know.",
            "Share another source, or update the desktop's portal.",
        ),
        Fault::SoundFormat => say(
            "No Usable Sound",
            "PipeWire delivers the sound only in formats that Telecast does not know.",
            "Update PipeWire, or cast without sound.",
        ),
        Fault::SoundStream => say(
            "The Sound Ended",
            "PipeWire has ended the stream of the sound.",
            "Cast again, or cast without sound.",
        ),
        _ => say(
            "Something Went Wrong Here",
            "The part of Telecast that sends picture and sound has failed.",
            "Try again; if it happens again, report it with what “telecast -v” says.",
        ),
    }
}

#[cfg(test)]
mod tests;
