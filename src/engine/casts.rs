// SPDX-License-Identifier: GPL-3.0-or-later
//! The casts, as front ends ask for them: `MirrorRequest`s and commands in, sessions out.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::watch;

use super::apps::OfCast;
use super::sessions::Hold;
use super::source::CastSource;
use super::{
    AllLeftBehind, AudioChoice, CastStatus, Command, CommandError, Device, Endpoint, Engine,
    MirrorRequest, Preview, Quality, Reason, SessionHandle, preview, whereabouts,
};
use crate::session::Session;
use crate::session::options::Target;

impl Engine {
    /// The casts, oldest first, as they change; those that ended by themselves until they were [seen](Engine::seen).
    pub fn sessions(&self) -> watch::Receiver<Arc<[CastStatus]>> {
        self.sessions.watch()
    }

    /// Casts from here that were cut off, by a crash for example, and that their devices still show.
    pub fn left_behind(&self) -> watch::Receiver<AllLeftBehind> {
        self.left_behind.watch()
    }

    /// Ends what is left of a cast on this device. Takes 3 s at most.
    ///
    /// # Errors
    /// [`CommandError::NotCasting`] when nothing is, or it is not known yet; [`CommandError::StillThere`].
    pub fn stop_left_behind(
        &self,
        device: &str,
    ) -> impl Future<Output = Result<(), CommandError>> + Send + use<> {
        self.left_behind.stop(device)
    }

    /// Starts to mirror to `device`. The engine keeps the session, so the handle may be dropped.
    ///
    /// # Errors
    /// [`Reason::AlreadyCasting`] when there is a cast to this device, also one that is being taken down.
    /// [`Engine::session`] gives that one.
    pub fn mirror(&self, device: &Device, request: MirrorRequest) -> Result<SessionHandle, Reason> {
        let addresses: Vec<_> = device.endpoints.iter().map(Endpoint::socket_addr).collect();
        let target = Target {
            name: device.name.clone(),
            whereabouts: whereabouts::of(
                &self.runtime,
                self.discovery.watch(),
                self.discovery.changes(),
                (device.id.clone(), addresses.clone()),
            ),
            addresses,
            has_screen: device.kind.has_picture(),
            unknown: device.is_provisional(),
            leftovers: Arc::new(OfCast::new(
                Arc::clone(&self.apps),
                device.id.clone(),
                device.name.clone(),
            )),
            trust: Arc::new(self.trust_of(device)),
        };
        let reached_at = target.addresses.clone();
        let asked = request.clone();
        let source = CastSource::new(
            request,
            &target,
            self.tokens.clone(),
            Arc::clone(&self.captures),
            self.recording.clone(),
        );
        let hold = Hold {
            sound: source.sound().map(Arc::downgrade).unwrap_or_default(),
            place: Arc::downgrade(source.place()),
            choosing: source.choosing(),
        };
        let options = asked.options.clone();
        let start = || Session::start(&self.runtime, target, options, Box::new(source));
        let handle = self.sessions.start(device, &asked, hold, start)?;
        self.left_behind.give_up(&device.id, &reached_at);
        let now = SystemTime::now();
        self.devices
            .with(|listing| listing.use_device(&device.id, now));
        if device.is_provisional() {
            let devices = self.devices.clone();
            self.runtime
                .spawn(devices.listen(device.id.clone(), handle.info()));
        }
        Ok(handle)
    }

    /// Casts to this device once more what was cast to it last, with `change` applied to the request; where the device is
    /// now, if that is known. The ended cast vanishes from the list.
    ///
    /// # Errors
    /// [`Reason::DeviceNotFound`] when the list has no cast to it; see [`Engine::mirror`] for the rest.
    pub fn cast_again(
        &self,
        device: &str,
        change: impl FnOnce(&mut MirrorRequest),
    ) -> Result<SessionHandle, Reason> {
        let (before, mut request) = self
            .sessions
            .asked(device)
            .ok_or_else(|| Reason::DeviceNotFound(device.to_owned()))?;
        change(&mut request);
        let known = self.listed().borrow().clone();
        let now = known.iter().find(|known| known.is(device));
        let now = now.and_then(|known| known.device.as_ref());
        self.mirror(now.unwrap_or(&before), request)
    }

    /// The session to the device with this id, while there is one.
    pub fn session(&self, device: &str) -> Option<SessionHandle> {
        self.sessions.running(device)
    }

    /// The device to which there is a cast under this id, running or ended, as it was when that began.
    pub fn target(&self, device: &str) -> Option<Device> {
        self.sessions.asked(device).map(|(target, _)| target)
    }

    /// Asks the cast to this device to stop because the user wants so.
    ///
    /// # Errors
    /// [`CommandError::NotCasting`], and for the other commands too; [`CommandError::Busy`] when too many wait.
    pub fn stop(&self, device: &str) -> Result<(), CommandError> {
        self.command(device, Command::Stop(Reason::UserStopped))
    }

    /// Stops every cast and waits until nothing of them runs any more. Bounded in time, whatever the devices do.
    pub async fn stop_all(&self) {
        self.sessions.stop_all().await;
    }

    /// Sets the device's volume, 0 to 1. What becomes of it is told by [`CastStatus::volume`].
    ///
    /// # Errors
    /// See [`Engine::stop`].
    pub fn set_volume(&self, device: &str, level: f64) -> Result<(), CommandError> {
        self.command(device, Command::SetVolume(level))
    }

    /// Mutes the device, or unmutes it.
    ///
    /// # Errors
    /// See [`Engine::stop`].
    pub fn set_muted(&self, device: &str, muted: bool) -> Result<(), CommandError> {
        self.command(device, Command::SetMuted(muted))
    }

    /// Freezes the picture that this device shows, or lets it run again; what other devices show is left alone.
    ///
    /// # Errors
    /// See [`Engine::stop`].
    pub fn pause(&self, device: &str, paused: bool) -> Result<(), CommandError> {
        self.command(device, Command::Pause(paused))
    }

    /// Changes the time from capture to display on the fly, and up to which a bad network may raise it (not at all when
    /// that is not more); more than 5 s is 5 s.
    ///
    /// # Errors
    /// See [`Engine::stop`].
    pub fn set_latency(
        &self,
        device: &str,
        target: Duration,
        max: Duration,
    ) -> Result<(), CommandError> {
        self.command(device, Command::SetTargetDelay { target, max })
    }

    /// Bounds what the pictures may cost from now on, without reconnecting.
    ///
    /// # Errors
    /// See [`Engine::stop`].
    pub fn set_quality(&self, device: &str, quality: Quality) -> Result<(), CommandError> {
        self.command(device, Command::SetQuality(quality))
    }

    /// Sends another sound to this device, without reconnecting. Returns when it is there.
    ///
    /// # Errors
    /// See [`Engine::stop`]; [`CommandError::NoSound`] when the cast was begun without; [`CommandError::Sound`] when it
    /// cannot be had, and the one before goes on.
    pub async fn set_audio(&self, device: &str, audio: AudioChoice) -> Result<(), CommandError> {
        self.sessions.set_audio(device, audio).await
    }

    /// Small pictures of what is sent to this device, at most two a second, for as long as the receiver is kept. `None`
    /// when nothing is being cast to it.
    pub fn preview(&self, device: &str) -> Option<Preview> {
        let place = self.sessions.place(device)?;
        Some(preview::follow(place, &self.runtime))
    }

    /// Forgets how the cast to this device ended; somebody has seen it.
    pub fn seen(&self, device: &str) {
        self.sessions.seen(device);
    }

    /// How the last casts ended that ended by themselves, the oldest first.
    pub(super) fn last_ends(&self) -> Vec<(SystemTime, Reason)> {
        self.sessions.last_ends()
    }

    fn command(&self, device: &str, command: Command) -> Result<(), CommandError> {
        self.sessions.command(device, command)
    }
}
