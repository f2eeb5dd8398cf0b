// SPDX-License-Identifier: GPL-3.0-or-later
use std::time::Duration;

use super::*;
use crate::engine::{ListenError, SendFault, SessionState, Streams, Trouble};

/// One of each kind; a new kind of reason belongs here.
pub fn all() -> Vec<Reason> {
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
    said.push(super::super::describe(
        &smaller,
        crate::engine::DeviceKind::Tv,
    ));
    said.extend(SendFault::ALL.map(super::super::not_sent));
    let readme = include_str!("../../../README.md").replace("\n  ", " ");
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
