// SPDX-License-Identifier: GPL-3.0-or-later
//! The casts of this engine, by device: sessions and commands in, one list of [`CastStatus`] out, which every front end
//! watches. Holds the sessions: they end when they are stopped, by themselves, or with the engine.
//!
//! A cast that ended by itself stays in the list, with its reason, until somebody has [seen](Sessions::seen) it, another
//! cast to the device begins, or [`MAX_ENDED`] newer ones have ended. What the person stopped vanishes at once.

mod observe;

use std::collections::VecDeque;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant, SystemTime};

use tokio::runtime::Handle;
use tokio::sync::watch;

use self::observe::{Shown, observe};
use super::health::Health;
use super::history::History;
use super::preview::Place;
use super::source::sound::Sound;
use super::{Assessment, AudioChoice, MirrorRequest, Reason, SourceKind};
use crate::discovery::{Device, DeviceKind, Endpoint};
use crate::session::handle::{Command, SessionHandle, Volume};
use crate::session::options::{MirrorOptions, Quality};
use crate::session::reason::Blame;
use crate::session::state::SessionState;
use crate::session::stats::SessionStats;

/// Ends that are kept for the troubleshooting report.
const LAST_ENDS: usize = 8;

/// Ended casts that are remembered at most.
pub const MAX_ENDED: usize = 32;

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
    /// Notes what a new state says about the times of the cast.
    fn enter(&mut self, state: SessionState) {
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
    fn note_sent(&mut self) {
        let stats = self.stats.borrow();
        self.shared |= if self.has_picture {
            stats.key_frames > 0
        } else {
            stats.packets > 0
        };
    }
}

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

#[derive(Debug)]
struct Shared {
    casts: Mutex<Casts>,
    list: watch::Sender<Arc<[CastStatus]>>,
}

#[derive(Debug, Default)]
struct Casts {
    all: Vec<Cast>,
    next: u64,
    /// How the last ones ended; also of those whose end was seen.
    ends: VecDeque<(SystemTime, Reason)>,
}

#[derive(Debug)]
struct Cast {
    number: u64,
    status: CastStatus,
    /// The device and what was asked for, to ask for it again.
    target: Device,
    request: MirrorRequest,
    addresses: Vec<SocketAddr>,
    sound: Weak<Sound>,
    place: Weak<Place>,
    /// `None` once it has ended.
    running: Option<SessionHandle>,
}

impl Sessions {
    /// None yet; they are followed on `runtime`.
    pub(super) fn new(runtime: Handle) -> Sessions {
        let shared = Arc::new(Shared {
            casts: Mutex::default(),
            list: watch::Sender::new(Arc::default()),
        });
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
            status: CastStatus {
                device: device.id.clone(),
                name: device.name.clone(),
                kind: device.kind,
                source: request.source,
                audio: request.audio.clone(),
                paused: false,
                quality: Quality::default(),
                target_delay: request.options.target_delay,
                state: handle.state().borrow().clone(),
                volume: None,
                trust: None,
                stats: handle.stats(),
                history: history.clone(),
                health,
                since: Instant::now(),
                began: None,
                shared: false,
                ended: None,
                address: addresses.first().map(SocketAddr::ip),
                has_picture: request.options.video && device.kind.has_picture(),
                choosing: false,
            },
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
        let casts = self.shared.lock();
        let mut all = casts.all.iter();
        all.find_map(|cast| {
            cast.running
                .clone()
                .filter(|_| cast.status.device == device)
        })
    }

    /// How the last casts ended that ended by themselves, the oldest first.
    pub(super) fn last_ends(&self) -> Vec<(SystemTime, Reason)> {
        self.shared.lock().ends.iter().cloned().collect()
    }

    /// What was asked for when the cast to this device began that is in the list, running or ended.
    pub(super) fn asked(&self, device: &str) -> Option<(Device, MirrorRequest)> {
        let casts = self.shared.lock();
        let mut all = casts.all.iter();
        let cast = all.find(|cast| cast.status.device == device)?;
        Some((cast.target.clone(), cast.request.clone()))
    }

    /// What the device proved in the cast to it that is in the list, running or ended.
    pub(super) fn proved(&self, device: &str) -> Option<Assessment> {
        let casts = self.shared.lock();
        let mut all = casts.all.iter();
        all.find(|cast| cast.status.device == device)?
            .status
            .trust
            .clone()
    }

    /// Where what is sent to a device can be looked at.
    pub(super) fn place(&self, device: &str) -> Option<Weak<Place>> {
        let casts = self.shared.lock();
        let mut all = casts.all.iter();
        let cast = all.find(|cast| cast.running.is_some() && cast.status.device == device);
        cast.map(|cast| Weak::clone(&cast.place))
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
            let mut all = casts.all.iter();
            let cast = all.find(|cast| cast.running.is_some() && cast.status.device == device);
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

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Casts> {
        self.casts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn publish(&self, casts: &Casts) {
        let list: Vec<CastStatus> = casts.all.iter().map(|cast| cast.status.clone()).collect();
        self.list.send_replace(list.into());
    }

    fn change(&self, number: u64, change: impl FnOnce(&mut Cast)) {
        let mut casts = self.lock();
        if let Some(cast) = casts.all.iter_mut().find(|cast| cast.number == number) {
            change(cast);
            self.publish(&casts);
        }
    }

    fn end(&self, number: u64, reason: Option<Reason>, proved: Option<Assessment>) {
        let mut casts = self.lock();
        let Some(cast) = casts.all.iter_mut().find(|cast| cast.number == number) else {
            return;
        };
        cast.running = None;
        cast.status.trust = proved.or(cast.status.trust.take());
        match reason.filter(|reason| reason.blame() != Blame::User) {
            Some(reason) => {
                cast.status.enter(SessionState::Ended(reason.clone()));
                casts.ends.push_back((SystemTime::now(), reason));
                if casts.ends.len() > LAST_ENDS {
                    casts.ends.pop_front();
                }
            }
            None => casts.all.retain(|cast| cast.number != number),
        }
        let ended = casts.all.iter().filter(|cast| cast.running.is_none());
        let mut too_many = ended.count().saturating_sub(MAX_ENDED);
        casts.all.retain(|cast| {
            let forget = cast.running.is_none() && too_many > 0;
            too_many -= usize::from(forget);
            !forget
        });
        self.publish(&casts);
    }
}

/// Shows what a session does until it is over. Holds neither the list nor the session.
fn follow(
    list: Weak<Shared>,
    number: u64,
    session: &SessionHandle,
    mut choosing: watch::Receiver<bool>,
) -> impl Future<Output = ()> + use<> {
    let (mut state, mut volume) = (session.state(), session.volume());
    let mut trust = session.trust();
    async move {
        loop {
            let now = state.borrow_and_update().clone();
            let loudness = *volume.borrow_and_update();
            let asking = *choosing.borrow_and_update();
            let proved = trust.borrow_and_update().clone();
            let Some(shared) = list.upgrade() else {
                return;
            };
            if let SessionState::Ended(reason) = now {
                return shared.end(number, Some(reason), proved);
            }
            shared.change(number, |cast| {
                cast.status.enter(now);
                cast.status.volume = loudness;
                cast.status.choosing = asking;
                cast.status.trust = proved;
            });
            drop(shared);
            let going_on = tokio::select! {
                changed = state.changed() => changed.is_ok(),
                Ok(()) = volume.changed() => true,
                Ok(()) = choosing.changed() => true,
                Ok(()) = trust.changed() => true,
            };
            // Otherwise the runtime was shut down under the session.
            if !going_on && let Some(shared) = list.upgrade() {
                return shared.end(number, None, None);
            }
        }
    }
}

#[cfg(test)]
mod tests;
