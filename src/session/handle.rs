// SPDX-License-Identifier: GPL-3.0-or-later
//! `SessionHandle`: how the engine watches and steers a running session. `Command` in, state, statistics and volume out.

use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::options::Quality;
use super::reason::Reason;
use super::state::SessionState;
use super::stats::SessionStats;
use crate::cast::auth::Assessment;
use crate::cast::channel::messages::discovery::DeviceInfo;

/// How many commands may wait. More than a person can give; a full queue refuses.
const COMMAND_QUEUE: usize = 16;

/// A wish of the user for a running session.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// End it for this reason ([`Reason::UserStopped`], [`Reason::Finished`]).
    Stop(Reason),
    /// Set the device's volume, 0 to 1.
    SetVolume(f64),
    /// Mute the device, or unmute it.
    SetMuted(bool),
    /// Change the target delay on the fly, each 0 to 5 s.
    SetTargetDelay {
        /// On a good network.
        target: Duration,
        /// Up to which a bad one may raise it; what is not above `target` keeps that as it is.
        max: Duration,
    },
    /// Bound what the pictures may cost.
    SetQuality(Quality),
    /// Freeze the picture, or let it run again.
    Pause(bool),
}

/// The device's volume as it last told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Volume {
    /// 0 to 1.
    pub level: f64,
    /// Whether it is muted.
    pub muted: bool,
    /// Whether it can be changed at all (`controlType` is not `fixed`).
    pub adjustable: bool,
}

/// A running session. Dropping its last clone stops the session in an orderly way.
#[derive(Debug, Clone)]
pub struct SessionHandle {
    commands: mpsc::Sender<Command>,
    state: watch::Receiver<SessionState>,
    stats: watch::Receiver<SessionStats>,
    volume: watch::Receiver<Option<Volume>>,
    trust: watch::Receiver<Option<Assessment>>,
    info: watch::Receiver<Option<DeviceInfo>>,
}

impl SessionHandle {
    /// State changes; the newest counts.
    pub fn state(&self) -> watch::Receiver<SessionState> {
        self.state.clone()
    }

    /// Statistics, once a second from the first frame on; the newest counts.
    pub fn stats(&self) -> watch::Receiver<SessionStats> {
        self.stats.clone()
    }

    /// The device's volume; `None` until it told.
    pub fn volume(&self) -> watch::Receiver<Option<Volume>> {
        self.volume.clone()
    }

    /// What the device proved about itself; `None` until it was asked.
    pub fn trust(&self) -> watch::Receiver<Option<Assessment>> {
        self.trust.clone()
    }

    /// What the device says it is, where that was not [known](super::options::Target::unknown) before; `None` until it told,
    /// and many do not. Text of a stranger.
    pub fn info(&self) -> watch::Receiver<Option<DeviceInfo>> {
        self.info.clone()
    }

    /// Passes a command on. `false` when the session is over, or when too many commands wait.
    pub fn command(&self, command: Command) -> bool {
        self.commands.try_send(command).is_ok()
    }

    /// Asks it to stop because the user wants so.
    pub fn stop(&self) -> bool {
        self.command(Command::Stop(Reason::UserStopped))
    }

    /// Waits until it is over and nothing of it runs any more. Bounded once it was stopped.
    pub async fn ended(&self) -> Reason {
        let mut state = self.state.clone();
        match state.wait_for(|state| state.ended().is_some()).await {
            Ok(state) => state.ended().cloned(),
            Err(_) => None,
        }
        // The session's task always says `Ended` last, unless the runtime was shut down under it.
        .unwrap_or(Reason::UserStopped)
    }
}

/// The session's end of a [`SessionHandle`].
#[derive(Debug)]
pub(crate) struct Reporter {
    /// What the handle asks for; closed when the handle was dropped.
    pub commands: mpsc::Receiver<Command>,
    /// Shown by [`SessionHandle::state`].
    pub state: watch::Sender<SessionState>,
    /// Shown by [`SessionHandle::stats`].
    pub stats: watch::Sender<SessionStats>,
    /// Shown by [`SessionHandle::volume`].
    pub volume: watch::Sender<Option<Volume>>,
    /// Shown by [`SessionHandle::trust`].
    pub trust: watch::Sender<Option<Assessment>>,
    /// Shown by [`SessionHandle::info`].
    pub info: watch::Sender<Option<DeviceInfo>>,
}

/// A handle and the session's end of it.
pub(crate) fn pair() -> (SessionHandle, Reporter) {
    let (command_tx, command_rx) = mpsc::channel(COMMAND_QUEUE);
    let (state_tx, state_rx) = watch::channel(SessionState::Connecting);
    let (numbers_tx, numbers_rx) = watch::channel(SessionStats {
        state: SessionState::Connecting.name(),
        ..SessionStats::default()
    });
    let (volume_tx, volume_rx) = watch::channel(None);
    let (trust_tx, trust_rx) = watch::channel(None);
    let (info_tx, info_rx) = watch::channel(None);
    let handle = SessionHandle {
        commands: command_tx,
        state: state_rx,
        stats: numbers_rx,
        volume: volume_rx,
        trust: trust_rx,
        info: info_rx,
    };
    let reporter = Reporter {
        commands: command_rx,
        state: state_tx,
        stats: numbers_tx,
        volume: volume_tx,
        trust: trust_tx,
        info: info_tx,
    };
    (handle, reporter)
}
