// SPDX-License-Identifier: GPL-3.0-or-later
//! The methods and properties of `io.github.telecast.Device1`, with their descriptions, as introspection shows them.

#![expect(
    clippy::doc_markdown,
    reason = "these words are the description on the bus, which knows no backticks"
)]

use std::collections::HashMap;
use std::sync::Arc;

use zbus::fdo;
use zbus::interface;
use zbus::zvariant::{OwnedValue, Value};

use super::DeviceObject;
use crate::dbus::begin::cast;
use crate::dbus::error::BusError;
use crate::dbus::words_of::{self, AUDIO_WORDS, QUALITY_WORDS};
use crate::dbus::{options, statistics};
use crate::words;

/// A Cast device that is known. Its object stays while the device is listed or cast to.
#[interface(name = "io.github.telecast.Device1")]
impl DeviceObject {
    /// Begins a cast. The options, all optional, have the names and words of "telecast mirror": source s, audio s, video b,
    /// codec s, hardware b, pointer b, max-size (uu), monitor-size (uu), fps u, bitrate u (0: automatic), overscan u,
    /// profile s or latency u (milliseconds), restore b, parent-window s, interface s, ports (qq), reconnect u (seconds; 0:
    /// not at all). What is not given is as the person has set it. Returns when the cast has begun; State, and Error at its
    /// end, tell what becomes of it. The desktop asks the person what to share, unless that was allowed for good and restore
    /// is not false.
    async fn cast(&self, options: HashMap<String, OwnedValue>) -> Result<(), BusError> {
        let _permit = self.shared.calls.begin()?;
        let (device, name) = {
            let facts = self.facts();
            (facts.device.clone(), facts.shown.name.clone())
        };
        let device =
            device.ok_or_else(|| BusError::NotAvailable(words::bus::device_away(&name)))?;
        cast(&self.shared, &device, options).await
    }

    /// Ends the cast, or what LeftBehind tells of. What was on the TV before does not come back.
    async fn stop(&self) -> Result<(), BusError> {
        let stopped = self.command(|cast| self.shared.engine.stop(cast));
        let left = self.facts().left_behind.clone();
        let (Err(BusError::NotCasting(_)), Some(left)) = (&stopped, left) else {
            return stopped;
        };
        let _permit = self.shared.calls.begin()?;
        let stopped = self.shared.engine.stop_left_behind(&left).await;
        stopped.map_err(|error| BusError::of_command(&error, &self.called()))
    }

    /// Freezes the picture, or lets it run again.
    fn pause(&self, paused: bool) -> Result<(), BusError> {
        self.command(|cast| self.shared.engine.pause(cast, paused))
    }

    /// The numbers of the last second: the keys of "telecast mirror --stats json", without those that are not known.
    #[zbus(out_args("statistics"))]
    fn get_statistics(&self) -> Result<HashMap<String, OwnedValue>, BusError> {
        let cast = self.casting()?;
        let session = self.shared.engine.session(&cast);
        let session =
            session.ok_or_else(|| BusError::NotCasting(words::bus::not_casting(&self.called())))?;
        let numbers = statistics::to_bus(&session.stats().borrow());
        Ok(numbers)
    }

    /// Answers TrustQuestion: "yes" casts to the device and remembers that, "no" ends the cast.
    fn answer_trust(&self, answer: &str) -> Result<(), BusError> {
        let yes = match answer {
            "yes" => true,
            "no" => false,
            _ => return Err(BusError::invalid("answer", "yes or no")),
        };
        let name = self.called();
        if self.shared.answers.answer(&name, yes) {
            Ok(())
        } else {
            Err(BusError::NothingAsked(words::bus::nothing_asked(&name)))
        }
    }

    /// Forgets how the last cast ended: State and Error are again as if there had been none.
    fn dismiss(&self) {
        if let Ok(cast) = self.casting() {
            self.shared.engine.seen(&cast);
        }
    }

    /// Forgets a device that is away, or the addresses by which it was added. One that announces itself stays.
    async fn forget(&self) -> Result<(), BusError> {
        let _permit = self.shared.calls.begin()?;
        let id = self.facts().shown.id.clone();
        match self.shared.engine.forget(&id).await {
            Some(_) => Ok(()),
            None => Err(BusError::UnknownDevice(words::bus::device_away(
                &self.called(),
            ))),
        }
    }

    /// The device's own id, or "manual:" and the address by which it was added.
    #[zbus(property(emits_changed_signal = "const"))]
    fn id(&self) -> String {
        self.facts().shown.id.clone()
    }

    /// The name that its owner gave it.
    #[zbus(property, name = "Name")]
    fn device_name(&self) -> String {
        self.called()
    }

    /// The model; may be empty.
    #[zbus(property)]
    fn model(&self) -> String {
        self.facts().shown.model.clone()
    }

    /// What it is: tv, display (a smart display), speaker or group (of speakers).
    #[zbus(property)]
    fn kind(&self) -> String {
        self.facts().shown.kind.to_owned()
    }

    /// A symbolic icon that icon themes have.
    #[zbus(property)]
    fn icon_name(&self) -> String {
        self.facts().shown.icon_name.to_owned()
    }

    /// The bit field of its announcement: 1 shows pictures, 2 has a camera, 4 plays sound, 8 has a microphone, 32 is a
    /// group.
    #[zbus(property)]
    fn capabilities(&self) -> u64 {
        self.facts().shown.capabilities
    }

    /// The addresses by which it was added; none when it was found by itself.
    #[zbus(property)]
    fn hosts(&self) -> Vec<String> {
        self.facts().shown.hosts.clone()
    }

    /// Whether something can be cast to it now.
    #[zbus(property)]
    fn available(&self) -> bool {
        self.facts().shown.available
    }

    /// Whether a cast from here that was cut off is still on it. Stop ends that.
    #[zbus(property)]
    fn left_behind(&self) -> bool {
        self.facts().shown.left_behind
    }

    /// How it stands: away, idle, or of its cast choosing (the person is asked what to share), connecting, authenticating,
    /// preparing, launching, confirm-on-tv, negotiating, streaming, recovering, reconnecting, stopping, ended (see Error).
    /// There may be more one day: what is none of the first two and not ended is a cast.
    #[zbus(property)]
    fn state(&self) -> String {
        self.facts().shown.state.to_owned()
    }

    /// State of the cast in a few words of the person's language; empty without a cast.
    #[zbus(property)]
    fn state_text(&self) -> String {
        self.facts().shown.state_text.clone()
    }

    /// What is cast: screen, window, virtual or test-card; empty without a cast.
    #[zbus(property)]
    fn source_kind(&self) -> String {
        self.facts().shown.source_kind.to_owned()
    }

    /// What the device proved about itself when there was a cast to it last: a word of "telecast devices --json"; empty
    /// when nothing is known.
    #[zbus(property)]
    fn trust(&self) -> String {
        self.facts().shown.trust.clone()
    }

    /// The key of a device that nobody known has certified, and a sentence about it, while AnswerTrust is awaited; both
    /// empty otherwise.
    #[zbus(property)]
    fn trust_question(&self) -> (String, String) {
        self.facts().shown.trust_question.clone()
    }

    /// The device's volume, 0 to 1; 0 until it told. Can be set during a cast.
    #[zbus(property)]
    fn volume(&self) -> f64 {
        self.facts().shown.volume
    }

    #[zbus(property)]
    fn set_volume(&self, value: &Value<'_>) -> fdo::Result<()> {
        let level = match value {
            Value::F64(level) if (0.0..=1.0).contains(level) => *level,
            _ => {
                return Err(BusError::invalid("Volume", "a number from 0 to 1").into());
            }
        };
        self.adjustable()?;
        self.command(|cast| self.shared.engine.set_volume(cast, level))?;
        // Until the device tells: who has just set it sees what was set.
        self.facts().shown.volume = level;
        self.shared.look_again();
        Ok(())
    }

    /// Whether the device is muted. Can be set during a cast.
    #[zbus(property)]
    fn muted(&self) -> bool {
        self.facts().shown.muted
    }

    #[zbus(property)]
    fn set_muted(&self, value: &Value<'_>) -> fdo::Result<()> {
        let muted = options::truth("Muted", value)?;
        self.adjustable()?;
        self.command(|cast| self.shared.engine.set_muted(cast, muted))?;
        self.facts().shown.muted = muted;
        self.shared.look_again();
        Ok(())
    }

    /// Whether Volume and Muted can be set: there is a cast, and the device lets others do that.
    #[zbus(property)]
    fn volume_adjustable(&self) -> bool {
        self.facts().shown.volume_adjustable
    }

    /// From the capture of a picture to its display, in milliseconds; 0 without a cast. Can be set during a cast, from 20 to
    /// 5000.
    #[zbus(property)]
    fn latency_ms(&self) -> u32 {
        self.facts().shown.latency_ms
    }

    #[zbus(property)]
    fn set_latency_ms(&self, value: &Value<'_>) -> fdo::Result<()> {
        let target = options::latency("LatencyMs", value)?;
        let fixed = std::time::Duration::ZERO;
        self.command(|cast| self.shared.engine.set_latency(cast, target, fixed))?;
        self.facts().shown.latency_ms = u32::try_from(target.as_millis()).unwrap_or(u32::MAX);
        Ok(())
    }

    /// Where the sound plays: tv, both, app=NAME, none or tone; empty without a cast. Can be set during a cast that was
    /// begun with sound. What comes of it is told a moment later.
    #[zbus(property)]
    fn audio_mode(&self) -> String {
        self.facts().shown.audio_mode.clone()
    }

    #[zbus(property)]
    fn set_audio_mode(&self, value: &Value<'_>) -> fdo::Result<()> {
        let audio = options::word("AudioMode", value, AUDIO_WORDS, words_of::audio)?;
        let cast = self.casting()?;
        let permit = self.shared.calls.begin()?;
        let (shared, object) = (Arc::clone(&self.shared), self.clone());
        // Another sound takes its time, and the bus waits for nothing.
        tokio::spawn(async move {
            let chosen = shared.engine.set_audio(&cast, audio).await;
            let why = chosen.err().map(|error| object.sound_error(&error));
            object.facts().no_sound = why;
            shared.look_again();
            drop(permit);
        });
        Ok(())
    }

    /// What the pictures may cost: automatic, 720p or 480p; empty without a cast. Can be set during a cast.
    #[zbus(property)]
    fn quality(&self) -> String {
        self.facts().shown.quality.to_owned()
    }

    #[zbus(property)]
    fn set_quality(&self, value: &Value<'_>) -> fdo::Result<()> {
        let quality = options::word("Quality", value, QUALITY_WORDS, words_of::quality)?;
        self.command(|cast| self.shared.engine.set_quality(cast, quality))?;
        self.facts().shown.quality = words_of::quality_word(quality);
        Ok(())
    }

    /// Whether the picture is frozen.
    #[zbus(property)]
    fn paused(&self) -> bool {
        self.facts().shown.paused
    }

    /// Why the last cast ended by itself, or why the AudioMode that was set cannot be had: a word for programs and a sentence
    /// for people. Both are empty otherwise, and after Dismiss or when another cast begins.
    #[zbus(property)]
    fn error(&self) -> (String, String) {
        self.facts().shown.error.clone()
    }
}
