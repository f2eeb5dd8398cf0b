// SPDX-License-Identifier: GPL-3.0-or-later
//! What front ends see of one cast: `CastStatus`, and the moment of its end.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::watch;

use crate::discovery::{Device, DeviceKind};
use crate::engine::health::Health;
use crate::engine::history::History;
use crate::engine::{Assessment, AudioChoice, MirrorRequest, SourceKind};
use crate::session::handle::{SessionHandle, Volume};
use crate::session::options::Quality;
use crate::session::state::SessionState;
use crate::session::stats::SessionStats;

/// A cast, as front ends see it.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "observations that have nothing to do with each other"
)]
pub struct CastStatus {
    /// [`Device::id`].
    pub device: String,
    /// What the device was called when the cast began.
    pub name: String,
    /// What it is.
    pub kind: DeviceKind,
    /// Where the picture comes from.
    pub source: SourceKind,
    /// Where the sound comes from.
    pub audio: AudioChoice,
    /// Whether the picture is frozen.
    pub paused: bool,
    /// What the pictures may cost at most.
    pub quality: Quality,
    /// From the capture of a picture to its display on the device.
    pub target_delay: Duration,
    /// How it goes, or why it ended.
    pub state: SessionState,
    /// The device's volume; `None` until it told.
    pub volume: Option<Volume>,
    /// What the device proved about itself; `None` until it was asked.
    pub trust: Option<Assessment>,
    /// Its numbers, once a second.
    pub stats: watch::Receiver<SessionStats>,
    /// Those of the last minute.
    pub history: History,
    /// How it is going, by its numbers; `None` before the first ones and after the last.
    pub health: watch::Receiver<Option<Health>>,
    /// When it was asked for.
    pub since: Instant,
    /// When pictures or sounds could leave for the first time; `None` until then.
    pub began: Option<Instant>,
    /// Whether anything was sent of what the person shares: of the picture where there is one, else of the sound.
    pub shared: bool,
    /// When it ended; `None` while it runs.
    pub ended: Option<Ending>,
    /// Where the device was when the cast was asked for, the address that is tried first.
    pub address: Option<IpAddr>,
    /// Whether there is a picture: not on a device without a screen.
    pub has_picture: bool,
    /// Whether the person is being asked what to share, in the desktop's dialog.
    pub choosing: bool,
}

/// The moment at which a cast ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// When that was.
    pub at: SystemTime,
    /// How long something was cast; `None` when nothing of it was ever sent.
    pub lasted: Option<Duration>,
}

impl CastStatus {
    /// That of a cast that is asked for now, to the first of these addresses.
    pub(super) fn new(
        device: &Device,
        request: &MirrorRequest,
        addresses: &[SocketAddr],
        session: &SessionHandle,
        history: History,
        health: watch::Receiver<Option<Health>>,
    ) -> CastStatus {
        CastStatus {
            device: device.id.clone(),
            name: device.name.clone(),
            kind: device.kind,
            source: request.source,
            audio: request.audio.clone(),
            paused: false,
            quality: Quality::default(),
            target_delay: request.options.target_delay,
            state: session.state().borrow().clone(),
            volume: None,
            trust: None,
            stats: session.stats(),
            history,
            health,
            since: Instant::now(),
            began: None,
            shared: false,
            ended: None,
            address: addresses.first().map(SocketAddr::ip),
            has_picture: request.options.video && device.kind.has_picture(),
            choosing: false,
        }
    }

    /// Notes what a new state says about the times of the cast.
    pub(super) fn enter(&mut self, state: SessionState) {
        match &state {
            SessionState::Streaming(_) => {
                self.began.get_or_insert_with(Instant::now);
            }
            SessionState::Ended(_) => {
                self.note_sent();
                let began = self.began.filter(|_| self.shared);
                self.ended = Some(Ending {
                    at: SystemTime::now(),
                    lasted: began.map(|began| began.elapsed()),
                });
            }
            _ => {}
        }
        self.state = state;
    }

    /// Notes whether the numbers tell of something sent. They begin anew with each OFFER.
    pub(super) fn note_sent(&mut self) {
        let stats = self.stats.borrow();
        self.shared |= if self.has_picture {
            stats.key_frames > 0
        } else {
            stats.packets > 0
        };
    }
}
