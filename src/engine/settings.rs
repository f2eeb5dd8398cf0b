// SPDX-License-Identifier: GPL-3.0-or-later
//! `Settings`: what the person set once and for all, kept by `GSettings`. Output: the engine's own types. What is wrong in
//! the store counts as not set.
//!
//! The keys and their meaning are in `data/io.github.telecast.Telecast.gschema.xml`.

mod choice;
pub mod key;
mod of_user;

use std::ops::RangeInclusive;
use std::path::Path;

use gio::prelude::*;

use super::{
    AudioChoice, CodecChoice, DesktopOptions, DesktopWords, EngineOptions, MAX_OVERSCAN_PCT,
    MirrorOptions, MirrorRequest, SourceKind, TrustOptions, TrustRule,
};
use crate::config::APP_ID;

pub use choice::{Choice, LatencyProfile, MonitorSize, PictureSize, SoundDefault};
pub use key::Effect;
pub use of_user::{desktop_of_user, options_of_user, request_of_user};

/// Where the schema is compiled to when the program is built; an installed program finds it with the system's schemas.
const BUILT_SCHEMAS: &str = concat!(env!("OUT_DIR"), "/schemas");

/// Ports below belong to the system.
pub const FIRST_FREE_PORT: u16 = 1024;

/// The settings cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The schema is not installed, or only one of another version.
    #[error("the schema {APP_ID} of this version is not installed")]
    NoSchema,
}

/// The settings of this user. Belongs to the thread on which it was opened.
#[derive(Debug, Clone)]
pub struct Settings(gio::Settings);

impl Settings {
    /// Opens them.
    ///
    /// # Errors
    /// [`SettingsError::NoSchema`] when the program is neither installed nor run where it was built.
    pub fn open() -> Result<Settings, SettingsError> {
        Settings::open_in(gio::SettingsBackend::NONE)
    }

    fn open_in(backend: Option<&gio::SettingsBackend>) -> Result<Settings, SettingsError> {
        let schema = schema().ok_or(SettingsError::NoSchema)?;
        Ok(Settings(gio::Settings::new_full(&schema, backend, None)))
    }

    /// For binding widgets to keys.
    pub fn store(&self) -> &gio::Settings {
        &self.0
    }

    /// What is cast.
    pub fn source(&self) -> SourceKind {
        match self.0.string(key::SOURCE).as_str() {
            "window" => SourceKind::Window,
            "virtual" => SourceKind::Virtual,
            _ => SourceKind::Screen,
        }
    }

    /// Where the sound plays when a cast begins.
    pub fn sound(&self) -> SoundDefault {
        self.choice(key::SOUND, SoundDefault::Both)
    }

    /// How long a picture may be on its way.
    pub fn latency(&self) -> LatencyProfile {
        self.choice(key::LATENCY, LatencyProfile::Balanced)
    }

    /// Whether the computer stays awake while it casts.
    pub fn stay_awake(&self) -> bool {
        self.0.boolean(key::STAY_AWAKE)
    }

    /// Whether notifications are silenced while the screen is cast.
    pub fn do_not_disturb(&self) -> bool {
        self.0.boolean(key::DO_NOT_DISTURB)
    }

    /// Whether the program is started with the session.
    pub fn start_at_login(&self) -> bool {
        self.0.boolean(key::START_AT_LOGIN)
    }

    /// What is wanted of the desktop while something is cast, with `words` for people.
    pub fn desktop_options(&self, words: DesktopWords) -> DesktopOptions {
        let shortcuts = self.0.boolean(key::GLOBAL_SHORTCUTS);
        DesktopOptions {
            stay_awake: self.stay_awake(),
            reason: words.reason,
            pause_when_locked: self.0.boolean(key::PAUSE_WHEN_LOCKED),
            shortcuts: shortcuts.then_some(words.shortcuts),
        }
    }

    /// The only network interface that is used; any when `None`.
    pub fn interface(&self) -> Option<String> {
        let name = self.0.string(key::INTERFACE);
        Some(name.trim().to_owned()).filter(|name| !name.is_empty())
    }

    /// The local UDP ports to choose from; any when `None`.
    pub fn ports(&self) -> Option<RangeInclusive<u16>> {
        ports(self.0.uint(key::FIRST_PORT), self.0.uint(key::LAST_PORT)).ok()
    }

    /// Which devices will do.
    pub fn trust(&self) -> TrustRule {
        self.choice(key::TRUST, TrustRule::Ask)
    }

    /// How the engine is to run.
    pub fn engine_options(&self) -> EngineOptions {
        EngineOptions {
            interface: self.interface(),
            remember: true,
            trust: TrustOptions {
                rule: self.trust(),
                ..TrustOptions::default()
            },
            ..EngineOptions::default()
        }
    }

    /// A request to cast `source` as it is set here.
    pub fn request(&self, source: SourceKind) -> MirrorRequest {
        let sound = self.sound();
        MirrorRequest {
            source,
            audio: sound.audio(),
            restore: true,
            parent_window: None,
            options: self.options(sound),
        }
    }

    /// A request to cast the sound alone. Somebody who asks for nothing else wants to hear it on the TV, whatever is set.
    pub fn sound_request(&self) -> MirrorRequest {
        let mut request = self.request(SourceKind::Screen);
        request.options.video = false;
        request.options.audio = true;
        if request.audio == AudioChoice::None {
            request.audio = AudioChoice::Both;
        }
        request
    }

    fn options(&self, sound: SoundDefault) -> MirrorOptions {
        let latency = self.latency();
        let store = &self.0;
        let bitrate = store.uint(key::BITRATE_LIMIT).min(MAX_BITRATE_LIMIT);
        let monitor = self.choice(key::SECOND_MONITOR_SIZE, MonitorSize::LargestPicture);
        MirrorOptions {
            audio: sound != SoundDefault::None,
            codec: self.choice(key::CODEC, CodecChoice::Auto),
            hardware: store.boolean(key::HARDWARE),
            max_size: self
                .choice(key::LARGEST_PICTURE, PictureSize::P1080)
                .pixels(),
            frame_rate: store.uint(key::FRAME_RATE).clamp(1, MAX_FRAME_RATE),
            bitrate: (bitrate > 0).then(|| bitrate * 1_000_000),
            target_delay: latency.target_delay(),
            max_target_delay: latency.max_target_delay(),
            interface: self.interface(),
            ports: self.ports(),
            overscan_pct: store.uint(key::OVERSCAN).min(MAX_OVERSCAN_PCT),
            pointer: store.boolean(key::SHOW_POINTER),
            monitor_size: match monitor {
                MonitorSize::LargestPicture => None,
                MonitorSize::Fixed(size) => Some(size.pixels()),
            },
            ..MirrorOptions::default()
        }
    }

    /// The settings that differ from their defaults, as they are written; those of the window aside.
    pub fn changed(&self) -> Vec<(&'static str, String)> {
        let of_people = key::ALL
            .into_iter()
            .filter(|key| ![key::WINDOW_SIZE, key::WINDOW_MAXIMIZED].contains(key));
        of_people
            .filter(|key| self.0.default_value(key).as_ref() != Some(&self.0.value(key)))
            .map(|key| (key, self.0.value(key).print(false).to_string()))
            .collect()
    }

    fn choice<C: Choice>(&self, key: &str, otherwise: C) -> C {
        C::from_word(&self.0.string(key)).unwrap_or(otherwise)
    }
}

/// The most that can be set, in megabits a second.
const MAX_BITRATE_LIMIT: u32 = 100;

/// The most pictures a second that can be set.
const MAX_FRAME_RATE: u32 = 120;

/// What is wrong with a range of ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PortsError {
    /// No range was given.
    #[error("no ports")]
    None,
    /// A port belongs to the system, or is none.
    #[error("a port below {FIRST_FREE_PORT} or above 65535")]
    OutOfRange,
    /// The last one comes before the first.
    #[error("the last port comes before the first")]
    Reversed,
}

/// The range from `first` to `last`, as it is typed in or stored.
///
/// # Errors
/// [`PortsError`]; [`PortsError::None`] when both are 0.
pub fn ports(first: u32, last: u32) -> Result<RangeInclusive<u16>, PortsError> {
    if (first, last) == (0, 0) {
        return Err(PortsError::None);
    }
    let port = |number: u32| {
        let port = u16::try_from(number).ok();
        port.filter(|port| *port >= FIRST_FREE_PORT)
            .ok_or(PortsError::OutOfRange)
    };
    let range = port(first)?..=port(last)?;
    if range.is_empty() {
        return Err(PortsError::Reversed);
    }
    Ok(range)
}

/// The schema with all keys: asking for one that it does not have would end the process.
fn schema() -> Option<gio::SettingsSchema> {
    let installed = gio::SettingsSchemaSource::default();
    let complete = |source: &gio::SettingsSchemaSource| {
        let schema = source.lookup(APP_ID, true)?;
        key::ALL
            .iter()
            .all(|key| schema.has_key(key))
            .then_some(schema)
    };
    installed.as_ref().and_then(complete).or_else(|| {
        let built = Path::new(BUILT_SCHEMAS);
        let source =
            gio::SettingsSchemaSource::from_directory(built, installed.as_ref(), true).ok()?;
        complete(&source)
    })
}

#[cfg(test)]
mod tests;
