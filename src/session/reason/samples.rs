// SPDX-License-Identifier: GPL-3.0-or-later
//! Reasons of every kind, for the tests of what is made of them.

use std::time::Duration;

use super::{Fault, Layer, Missing, Reason, SourceEnd, Waiting};
use crate::cast::auth::Verdict;
use crate::session::state::Setback;
use crate::session::trust::Distrust;

/// One of each kind; a new kind of reason belongs here.
pub fn reasons() -> Vec<Reason> {
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
        Reason::OtherDevice,
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
            Distrust::OtherKey,
            Distrust::NoLongerCertified(Verdict::SelfMade),
            Distrust::NoLongerProven(Verdict::Declined),
            Distrust::NobodyToAsk(Verdict::SelfMade),
            Distrust::NotCertified(Verdict::SelfMade),
        ]
        .map(Reason::NotTrusted),
    );
    all.extend(
        [
            Setback::ConnectionLost,
            Setback::Silent,
            Setback::Starting,
            Setback::NoNetwork,
            Setback::Elsewhere,
        ]
        .map(|why| Reason::NotBack {
            after: Duration::from_mins(2),
            why,
        }),
    );
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
