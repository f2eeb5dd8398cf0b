// SPDX-License-Identifier: GPL-3.0-or-later
//! Why a session ended, and what to do about it: a [`Reason`] in, an [`Explanation`] out.

use std::net::IpAddr;

use gettextrs::gettext;

use super::fill;
use crate::engine::{Fault, Layer, Missing, Reason, SourceEnd, Waiting};

/// A reason in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// A few words, without a full stop.
    pub title: String,
    /// One sentence: what happened.
    pub what: String,
    /// One sentence: what to do about it. Empty when there is nothing to do.
    pub next: String,
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
    let say = |title: &str, what: &str, next: &str| Explanation {
        title: gettext(title),
        what: fill(what, &[("device", device)]),
        next: if next.is_empty() {
            String::new()
        } else {
            fill(next, &[("device", device)])
        },
    };
    match reason {
        Reason::UserStopped | Reason::Finished | Reason::DialogCancelled => {
            say("Stopped", "The cast was stopped.", "")
        }
        Reason::SourceEnded(SourceEnd::Closed) => say(
            "Nothing left to show",
            "What was shared was closed.",
            "Choose another source to go on.",
        ),
        Reason::SourceEnded(_) => say(
            "Sharing was ended",
            "Sharing was ended by the desktop.",
            "Cast again to go on.",
        ),
        Reason::DeviceStopped { other } => stopped(other.as_deref(), device),
        Reason::DeviceClosed => say(
            "The device hung up",
            "{device} closed the connection.",
            "Check that it is still switched on, then try again.",
        ),
        Reason::DeviceGone(_) => say(
            "The device is gone",
            "Nothing has been heard from {device} for a while.",
            "Check that it is switched on and that no firewall keeps its UDP packets away, then try again.",
        ),
        Reason::AlreadyCasting => say(
            "Casting already",
            "This computer is casting to {device} already.",
            "Stop that cast first.",
        ),
        Reason::DeviceStuck => say(
            "The device is stuck",
            "{device} talks but does not listen.",
            "Switch the device off and on, then try again.",
        ),
        Reason::DeviceNotFound(name) => Explanation {
            title: gettext("Device not found"),
            what: fill(
                "No Cast device named “{name}” was found.",
                &[("name", name)],
            ),
            next: gettext("See “telecast devices” for what is there, or give its address."),
        },
        Reason::HostUnknown(host) => unknown(host),
        Reason::ConnectionRefused => say(
            "Not a Cast device",
            "{device} refuses the connection.",
            "Check that it is a Cast device and that Cast is switched on in its settings.",
        ),
        Reason::NetworkUnreachable => say(
            "Network unreachable",
            "There is no way through the network to {device}.",
            "Connect this computer to the same network as the device.",
        ),
        Reason::TimedOut(waiting) => timed_out(*waiting, device),
        Reason::NotConfirmed => say(
            "Not confirmed",
            "The cast was not allowed on {device}.",
            "Try again and confirm on the TV.",
        ),
        Reason::TlsTooOld
        | Reason::Garbage(_)
        | Reason::AppRefused { .. }
        | Reason::OfferRefused { .. }
        | Reason::NoUsableCodec
        | Reason::NoPicture => unsuitable(reason, device),
        Reason::Missing(missing) => lacking(missing),
        Reason::PermissionDenied => say(
            "Not allowed to share",
            "The desktop does not allow sharing.",
            "Allow screen sharing in the system settings.",
        ),
        Reason::PortInUse { first, last } => Explanation {
            title: gettext("No free port"),
            what: fill(
                "No UDP port is free from {first} to {last}.",
                &[("first", &first.to_string()), ("last", &last.to_string())],
            ),
            next: gettext("Choose another range of ports, or end what uses these."),
        },
        Reason::Broken(fault) => broken(*fault),
        Reason::System(text) => Explanation {
            title: gettext("Something went wrong here"),
            what: fill("The system says: {text}.", &[("text", text)]),
            next: gettext(
                "Try again; if it happens again, report it with what “telecast -v” says.",
            ),
        },
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
    Explanation {
        title: gettext("Unknown address"),
        what: fill(what, &[("host", host)]),
        next: fill(next, &[("host", host)]),
    }
}

fn stopped(other: Option<&str>, device: &str) -> Explanation {
    let what = match other {
        Some(app) => fill(
            "{device} shows “{app}” now.",
            &[("device", device), ("app", app)],
        ),
        None => fill("The cast was ended on {device}.", &[("device", device)]),
    };
    Explanation {
        title: gettext("Ended by the TV"),
        what,
        next: String::new(),
    }
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
    Explanation {
        title: gettext("No answer"),
        what: fill(what, &[("device", device)]),
        next: gettext(next),
    }
}

fn unsuitable(reason: &Reason, device: &str) -> Explanation {
    let (title, what, next) = match reason {
        Reason::TlsTooOld => (
            "Too old for safe TLS",
            "{device} only knows encryption that is too old for safe TLS.",
            "Update its firmware, if there is an update.",
        ),
        Reason::Garbage(Layer::TlsSignature) => (
            "Wrong certificate",
            "{device} could not prove that its certificate is its own.",
            "Somebody may be listening in; do not cast in this network.",
        ),
        Reason::Garbage(_) => (
            "Not understood",
            "{device} sent something that is not the Cast protocol.",
            "Check that the address is that of a Cast device.",
        ),
        Reason::NoUsableCodec => (
            "No common video format",
            "{device} accepts none of the formats that this computer can make.",
            "Try another codec, or install more GStreamer plug-ins.",
        ),
        Reason::NoPicture => (
            "The picture never came",
            "{device} receives the data but shows no picture.",
            "Try another codec, or switch the device off and on.",
        ),
        Reason::OfferRefused { code, description } => {
            return Explanation {
                title: gettext("Refused by the device"),
                what: fill(
                    "{device} refuses the stream ({code}: {description}).",
                    &[
                        ("device", device),
                        ("code", &code.to_string()),
                        ("description", description),
                    ],
                ),
                next: gettext("Try another codec or a smaller picture."),
            };
        }
        Reason::AppRefused { code } => {
            return Explanation {
                title: gettext("Refused by the device"),
                what: fill(
                    "{device} refuses to start screen mirroring ({code}).",
                    &[("device", device), ("code", code)],
                ),
                next: gettext(
                    "Check that the device is meant for mirroring, and that guests may cast to it.",
                ),
            };
        }
        _ => (
            "Not supported",
            "{device} cannot do this.",
            "Try another device.",
        ),
    };
    Explanation {
        title: gettext(title),
        what: fill(what, &[("device", device)]),
        next: gettext(next),
    }
}

fn lacking(missing: &Missing) -> Explanation {
    let say = |title: &str, what: &str, next: &str| Explanation {
        title: gettext(title),
        what: gettext(what),
        next: gettext(next),
    };
    match missing {
        Missing::Portal => say(
            "No screen sharing here",
            "This desktop offers no portal for screen sharing.",
            "Install xdg-desktop-portal and the back end for your desktop (on GNOME xdg-desktop-portal-gnome).",
        ),
        Missing::PipeWire => say(
            "No PipeWire",
            "PipeWire does not run in this session.",
            "Install pipewire and wireplumber, then log in again.",
        ),
        Missing::VideoEncoder => say(
            "No video encoder",
            "No working video encoder was found.",
            "Install GStreamer's “good” plug-ins (VP8) or “ugly” plug-ins (H.264).",
        ),
        Missing::AudioEncoder => say(
            "No audio encoder",
            "No working Opus encoder was found.",
            "Install GStreamer's “base” plug-ins, or cast without sound.",
        ),
        Missing::AudioApplication(name) => Explanation {
            title: gettext("No such application"),
            what: fill("“{name}” is not playing any sound.", &[("name", name)]),
            next: gettext("Start its playback first, or choose another sound."),
        },
        Missing::Interface(name) => Explanation {
            title: gettext("No such network interface"),
            what: fill("There is no network interface “{name}”.", &[("name", name)]),
            next: gettext("See “ip link” for their names."),
        },
    }
}

fn broken(fault: Fault) -> Explanation {
    let (title, what, next) = match fault {
        Fault::PictureFormat => (
            "No usable picture",
            "The desktop delivers pictures only in formats that Telecast does not know.",
            "Share another source, or update the desktop's portal.",
        ),
        Fault::SoundFormat => (
            "No usable sound",
            "PipeWire delivers the sound only in formats that Telecast does not know.",
            "Update PipeWire, or cast without sound.",
        ),
        Fault::SoundStream => (
            "The sound ended",
            "PipeWire has ended the stream of the sound.",
            "Cast again, or cast without sound.",
        ),
        _ => (
            "Something went wrong here",
            "The part of Telecast that sends picture and sound has failed.",
            "Try again; if it happens again, report it with what “telecast -v” says.",
        ),
    };
    Explanation {
        title: gettext(title),
        what: gettext(what),
        next: gettext(next),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::engine::{ListenError, SendFault, SessionState, Streams, Trouble};

    /// One of each kind; a new kind of reason belongs here.
    fn all() -> Vec<Reason> {
        let mut all = vec![
            Reason::UserStopped,
            Reason::Finished,
            Reason::DialogCancelled,
            Reason::SourceEnded(SourceEnd::SharingRevoked),
            Reason::SourceEnded(SourceEnd::Closed),
            Reason::DeviceStopped { other: None },
            Reason::DeviceStopped {
                other: Some("YouTube".into()),
            },
            Reason::DeviceClosed,
            Reason::DeviceGone(Duration::from_secs(10)),
            Reason::AlreadyCasting,
            Reason::DeviceStuck,
            Reason::DeviceNotFound("X".into()),
            Reason::HostUnknown("x".into()),
            Reason::HostUnknown("224.0.0.1".into()),
            Reason::HostUnknown("fe80::1".into()),
            Reason::ConnectionRefused,
            Reason::NetworkUnreachable,
            Reason::TlsTooOld,
            Reason::AppRefused {
                code: "NOT_FOUND".into(),
            },
            Reason::NotConfirmed,
            Reason::OfferRefused {
                code: 10107,
                description: "no stream".into(),
            },
            Reason::NoUsableCodec,
            Reason::NoPicture,
            Reason::PermissionDenied,
            Reason::PortInUse { first: 1, last: 2 },
            Reason::System("disk full".into()),
        ];
        all.extend(
            [
                Waiting::Connection,
                Waiting::TlsHandshake,
                Waiting::Launch,
                Waiting::Answer,
            ]
            .map(Reason::TimedOut),
        );
        all.extend(
            [
                Layer::Tls,
                Layer::TlsSignature,
                Layer::Framing,
                Layer::Message,
                Layer::Answer,
            ]
            .map(Reason::Garbage),
        );
        all.extend(
            [
                Missing::Portal,
                Missing::PipeWire,
                Missing::VideoEncoder,
                Missing::AudioEncoder,
                Missing::AudioApplication("Firefox".into()),
                Missing::Interface("eth9".into()),
            ]
            .map(Reason::Missing),
        );
        all.extend(
            [
                Fault::PictureFormat,
                Fault::SoundFormat,
                Fault::SoundStream,
                Fault::MediaThread,
            ]
            .map(Reason::Broken),
        );
        all
    }

    #[test]
    fn every_reason_has_a_title_and_a_sentence_and_every_failure_says_what_to_do() {
        for reason in all() {
            let words = explain(&reason, "Kitchen");
            assert!(
                !words.title.is_empty() && !words.title.ends_with('.'),
                "{reason:?}: {words:?}"
            );
            assert!(
                words.what.ends_with('.') && !words.what.contains(['{', '}']),
                "{reason:?}: {words:?}"
            );
            assert!(
                !reason.is_failure() || words.next.ends_with('.'),
                "{reason:?}: {words:?}"
            );
            assert_eq!(words.line().lines().count(), 1, "{reason:?}");
        }
    }

    #[test]
    fn the_readme_quotes_what_is_really_said() {
        let mut said: Vec<String> = all().iter().map(|r| explain(r, "TV").line()).collect();
        said.push(explain(&Reason::DeviceNotFound("TV".into()), "TV").line());
        let port = ListenError::PortInUse(8009);
        said.push(super::super::receiver_failed(&port.into()));
        let smaller = SessionState::Recovering(Streams::default(), Trouble::SmallerPackets);
        said.push(super::super::describe(&smaller));
        said.extend(SendFault::ALL.map(super::super::not_sent));
        let readme = include_str!("../../README.md").replace("\n  ", " ");
        let quotes: Vec<&str> = readme
            .split("**\"")
            .skip(1)
            .filter_map(|rest| Some(rest.split_once("\"**")?.0))
            .collect();
        assert!(quotes.len() >= 9, "{quotes:?}");
        for quote in quotes {
            assert!(said.iter().any(|line| line.contains(quote)), "{quote}");
        }
    }

    #[test]
    fn a_name_with_braces_does_no_harm() {
        assert!(
            explain(&Reason::DeviceClosed, "{code}")
                .what
                .starts_with("{code} closed")
        );
    }
}
