// SPDX-License-Identifier: GPL-3.0-or-later
//! A cast for the tests of those who only read it.

use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::CastStatus;
use crate::engine::{AudioChoice, DeviceKind, History, Quality, SessionState, SourceKind};

impl CastStatus {
    /// A cast of the screen to this device.
    pub(crate) fn in_state(device: &str, state: SessionState) -> CastStatus {
        CastStatus {
            device: device.to_owned(),
            name: "Kitchen".to_owned(),
            kind: DeviceKind::Tv,
            source: SourceKind::Screen,
            audio: AudioChoice::Both,
            paused: false,
            quality: Quality::default(),
            target_delay: Duration::from_millis(200),
            state,
            volume: None,
            trust: None,
            stats: watch::Sender::default().subscribe(),
            history: History::default(),
            health: watch::Sender::default().subscribe(),
            since: Instant::now(),
            began: None,
            shared: false,
            ended: None,
            address: None,
            has_picture: true,
            choosing: false,
        }
    }
}
