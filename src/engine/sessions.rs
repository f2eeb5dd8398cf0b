// SPDX-License-Identifier: GPL-3.0-or-later
//! The casts of this engine, by device: sessions and commands in, one list of [`CastStatus`] out, which every front end
//! watches. Holds the sessions: they end when they are stopped, by themselves, or with the engine.
//!
//! A cast that ended by itself stays in the list, with its reason, until somebody has [seen](Sessions::seen) it, another
//! cast to the device begins, or [`MAX_ENDED`] newer ones have ended. What the person stopped vanishes at once.

#[cfg(test)]
mod example;
mod follow;
mod list;
mod observe;
mod status;

use std::net::SocketAddr;
use std::sync::{Arc, Weak};
use std::time::SystemTime;

use tokio::runtime::Handle;
use tokio::sync::watch;

use self::follow::follow;
pub use self::list::MAX_ENDED;
use self::list::{Cast, Shared};
use self::observe::{Shown, observe};
pub use self::status::{CastStatus, Ending};
use super::history::History;
use super::preview::Place;
use super::source::sound::Sound;
use super::{Assessment, AudioChoice, MirrorRequest, Reason};
use crate::discovery::{Device, Endpoint};
use crate::session::handle::{Command, SessionHandle};
use crate::session::options::MirrorOptions;

/// Why a command had no effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// Nothing is being cast to the device.
    #[error("nothing is being cast to {0}")]
    NotCasting(String),
    /// Too many commands wait for the session.
    #[error("too many commands are waiting")]
    Busy,
    /// The cast was begun without sound, so the device expects none.
    #[error("the cast has no sound")]
    NoSound,
    /// What is left of a cast was asked to end, and did not.
    #[error("what was left behind is still there")]
    StillThere,
    /// The other sound cannot be had; the one before goes on.
    #[error("this sound cannot be had: {0}")]
    Sound(Reason),
}

/// What is kept of a cast's source: how its sound is changed, and what it tells.
#[derive(Debug)]
pub(super) struct Hold {
    /// Gone when the cast was begun without sound.
    pub(super) sound: Weak<Sound>,
    /// Where what is sent can be looked at.
    pub(super) place: Weak<Place>,
    /// Whether the person is being asked what to share.
    pub(super) choosing: watch::Receiver<bool>,
}

/// The casts.
#[derive(Debug)]
pub(super) struct Sessions {
    runtime: Handle,
    shared: Arc<Shared>,
}

impl Sessions {
    /// None yet; they are followed on `runtime`.
    pub(super) fn new(runtime: Handle) -> Sessions {
        let shared = Arc::new(Shared::new());
        Sessions { runtime, shared }
    }

    /// The list, oldest first; the newest state counts.
    pub(super) fn watch(&self) -> watch::Receiver<Arc<[CastStatus]>> {
        self.shared.list.subscribe()
    }

    /// Starts a cast with `start`, unless one to the same device runs or is still being taken down.
    ///
    /// # Errors
    /// [`Reason::AlreadyCasting`].
    pub(super) fn start(
        &self,
        device: &Device,
        request: &MirrorRequest,
        source: Hold,
        start: impl FnOnce() -> SessionHandle,
    ) -> Result<SessionHandle, Reason> {
        let addresses: Vec<SocketAddr> =
            device.endpoints.iter().map(Endpoint::socket_addr).collect();
        let mut casts = self.shared.lock();
        let same = |cast: &Cast| {
            cast.status.device == device.id
                || cast
                    .addresses
                    .iter()
                    .any(|address| addresses.contains(address))
        };
        if casts
            .all
            .iter()
            .any(|cast| cast.running.is_some() && same(cast))
        {
            return Err(Reason::AlreadyCasting);
        }
        casts.all.retain(|cast| !same(cast));
        let handle = start();
        let history = History::default();
        let (verdicts, health) = watch::channel(None);
        casts.next += 1;
        let number = casts.next;
        casts.all.push(Cast {
            number,
            status: CastStatus::new(
                device,
                request,
                &addresses,
                &handle,
                history.clone(),
                health,
            ),
            target: device.clone(),
            request: request.clone(),
            addresses,
            sound: source.sound,
            place: source.place,
            running: Some(handle.clone()),
        });
        self.shared.publish(&casts);
        drop(casts);
        let list = Arc::downgrade(&self.shared);
        let following = follow(list, number, &handle, source.choosing);
        self.runtime.spawn(following);
        let shown = Shown {
            history,
            health: verdicts,
        };
        let list = Arc::downgrade(&self.shared);
        self.runtime
            .spawn(observe(list, number, handle.stats(), shown));
        Ok(handle)
    }

    /// The session that runs to a device.
    pub(super) fn running(&self, device: &str) -> Option<SessionHandle> {
        self.shared.lock().running(device)?.running.clone()
    }

    /// How the last casts ended that ended by themselves, the oldest first.
    pub(super) fn last_ends(&self) -> Vec<(SystemTime, Reason)> {
        self.shared.lock().ends().cloned().collect()
    }

    /// What was asked for when the cast to this device began that is in the list, running or ended.
    pub(super) fn asked(&self, device: &str) -> Option<(Device, MirrorRequest)> {
        let casts = self.shared.lock();
        let cast = casts.to(device)?;
        Some((cast.target.clone(), cast.request.clone()))
    }

    /// What the device proved in the cast to it that is in the list, running or ended.
    pub(super) fn proved(&self, device: &str) -> Option<Assessment> {
        self.shared.lock().to(device)?.status.trust.clone()
    }

    /// Where what is sent to a device can be looked at.
    pub(super) fn place(&self, device: &str) -> Option<Weak<Place>> {
        let casts = self.shared.lock();
        let cast = casts.running(device)?;
        Some(Weak::clone(&cast.place))
    }

    /// Stops every session that runs; none of them is running in the list when this returns.
    pub(super) async fn stop_all(&self) {
        let running: Vec<(u64, SessionHandle)> = {
            let casts = self.shared.lock();
            let running = |cast: &Cast| Some((cast.number, cast.running.clone()?));
            casts.all.iter().filter_map(running).collect()
        };
        for (_, session) in &running {
            if !session.stop() {
                tracing::debug!("it has ended, or is about to");
            }
        }
        for (number, session) in running {
            let reason = session.ended().await;
            // Whoever follows it may not have got to it yet.
            self.shared.end(number, Some(reason), None);
        }
    }

    /// Somebody knows how the cast to this device ended; nothing when it runs.
    pub(super) fn seen(&self, device: &str) {
        let mut casts = self.shared.lock();
        let before = casts.all.len();
        casts
            .all
            .retain(|cast| cast.running.is_some() || cast.status.device != device);
        if casts.all.len() != before {
            self.shared.publish(&casts);
        }
    }

    /// Passes a command on, and shows what it changes.
    pub(super) fn command(&self, device: &str, command: Command) -> Result<(), CommandError> {
        let mut casts = self.shared.lock();
        let mut all = casts.all.iter_mut();
        let cast = all.find(|cast| cast.running.is_some() && cast.status.device == device);
        let not_casting = || CommandError::NotCasting(device.to_owned());
        let cast = cast.ok_or_else(not_casting)?;
        let running = cast.running.as_ref().ok_or_else(not_casting)?;
        let shown = command.clone();
        if !running.command(command) {
            // It may have ended a moment ago.
            let ended = running.state().borrow().ended().is_some();
            return Err(if ended {
                not_casting()
            } else {
                CommandError::Busy
            });
        }
        match shown {
            Command::Pause(paused) => cast.status.paused = paused,
            Command::SetQuality(quality) => cast.status.quality = quality,
            Command::SetTargetDelay { target, .. } => {
                cast.status.target_delay = target.min(MirrorOptions::MAX_TARGET_DELAY);
            }
            // The session and the device tell what becomes of these.
            Command::Stop(_) | Command::SetVolume(_) | Command::SetMuted(_) => return Ok(()),
        }
        self.shared.publish(&casts);
        Ok(())
    }

    /// Lets a session send another sound; returns when it is there, or cannot be had.
    pub(super) async fn set_audio(
        &self,
        device: &str,
        choice: AudioChoice,
    ) -> Result<(), CommandError> {
        let (number, sound) = {
            let casts = self.shared.lock();
            let cast = casts.running(device);
            let cast = cast.ok_or_else(|| CommandError::NotCasting(device.to_owned()))?;
            (cast.number, cast.sound.upgrade())
        };
        let sound = sound.ok_or(CommandError::NoSound)?;
        // Starting to capture needs the runtime, from which the caller may be far.
        let wanted = choice.clone();
        let chosen = self
            .runtime
            .spawn(async move { sound.choose(wanted).await })
            .await;
        chosen
            .unwrap_or_else(|error| Err(Reason::System(error.to_string())))
            .map_err(CommandError::Sound)?;
        self.shared
            .change(number, |cast| cast.status.audio = choice);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
