// SPDX-License-Identifier: GPL-3.0-or-later
//! Wishes for the volume: one request at a time, the newest wish of each kind waits. Level and mute go in requests of
//! their own, because devices take only one of them.

use std::time::Instant;

use super::types::VolumeState;
use crate::cast::channel::messages::platform::PlatformAction;
use crate::cast::channel::messages::status::{Volume, VolumeControl};

#[derive(Debug, Default)]
pub(super) struct VolumeRequests {
    level: Option<f64>,
    muted: Option<bool>,
    under_way: Option<(u32, Instant)>,
    last: Option<VolumeState>,
}

impl VolumeRequests {
    pub(super) fn want_level(&mut self, level: f64) {
        if level.is_finite() {
            self.level = Some(level.clamp(0.0, 1.0));
        }
    }

    pub(super) fn want_muted(&mut self, muted: bool) {
        self.muted = Some(muted);
    }

    /// What to send now.
    pub(super) fn next(&mut self) -> Option<PlatformAction> {
        if self.under_way.is_some() {
            return None;
        }
        match (self.level.take(), self.muted) {
            (None, None) => None,
            (None, Some(muted)) => {
                self.muted = None;
                Some(PlatformAction::SetVolume {
                    level: None,
                    muted: Some(muted),
                })
            }
            (level, _) => Some(PlatformAction::SetVolume { level, muted: None }),
        }
    }

    pub(super) fn sent(&mut self, request: u32, deadline: Instant) {
        self.under_way = Some((request, deadline));
    }

    /// Whether this reply was for the request under way.
    pub(super) fn answered(&mut self, request: u32) -> bool {
        self.under_way
            .take_if(|(sent, _)| *sent == request)
            .is_some()
    }

    /// Whether the request under way got no reply in time.
    pub(super) fn expired(&mut self, now: Instant) -> bool {
        self.under_way
            .take_if(|(_, deadline)| now >= *deadline)
            .is_some()
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.under_way.map(|(_, deadline)| deadline)
    }

    /// The state to report, if it is news. What the device leaves out stays as it was.
    pub(super) fn changed(&mut self, volume: &Volume) -> Option<VolumeState> {
        let before = self.last.unwrap_or(VolumeState {
            level: 1.0,
            muted: false,
            adjustable: true,
        });
        let level = volume
            .level
            .filter(|level| level.is_finite())
            .unwrap_or(before.level);
        let now = VolumeState {
            level: level.clamp(0.0, 1.0),
            muted: volume.muted.unwrap_or(before.muted),
            adjustable: volume.control_type != VolumeControl::Fixed,
        };
        (self.last.replace(now) != Some(now)).then_some(now)
    }
}
