// SPDX-License-Identifier: GPL-3.0-or-later
//! `Settings`: what the person set once and for all, kept by `GSettings`. Output: the engine's own types.
//!
//! The keys and their meaning are in `data/io.github.telecast.Telecast.gschema.xml`.

use std::path::Path;
use std::time::Duration;

use gio::prelude::*;

use super::{AudioChoice, MirrorOptions, MirrorRequest, SourceKind};
use crate::config::APP_ID;

/// Where the schema is compiled to when the program is built; an installed program finds it with the system's schemas.
const BUILT_SCHEMAS: &str = concat!(env!("OUT_DIR"), "/schemas");

/// The settings cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The schema is not installed.
    #[error("the schema {APP_ID} is not installed")]
    NoSchema,
}

/// How long a picture may be on its way, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LatencyProfile {
    /// 100 ms.
    Responsive,
    /// 200 ms, what Chrome uses.
    Balanced,
    /// 400 ms.
    Robust,
}

impl LatencyProfile {
    /// All, shortest first.
    pub const ALL: [LatencyProfile; 3] = [
        LatencyProfile::Responsive,
        LatencyProfile::Balanced,
        LatencyProfile::Robust,
    ];

    /// From the capture of a picture to its display, on a good network.
    pub fn target_delay(self) -> Duration {
        Duration::from_millis(match self {
            LatencyProfile::Responsive => 100,
            LatencyProfile::Balanced => 200,
            LatencyProfile::Robust => 400,
        })
    }

    /// The same on a bad network.
    pub fn max_target_delay(self) -> Duration {
        self.target_delay() * 2
    }

    /// The word of the settings and of scripts.
    pub fn as_str(self) -> &'static str {
        match self {
            LatencyProfile::Responsive => "responsive",
            LatencyProfile::Balanced => "balanced",
            LatencyProfile::Robust => "robust",
        }
    }
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
        let schema = schema().ok_or(SettingsError::NoSchema)?;
        let settings = gio::Settings::new_full(&schema, gio::SettingsBackend::NONE, None);
        Ok(Settings(settings))
    }

    /// For binding widgets to keys.
    pub fn store(&self) -> &gio::Settings {
        &self.0
    }

    /// What is cast.
    pub fn source(&self) -> SourceKind {
        match self.0.string("source").as_str() {
            "window" => SourceKind::Window,
            "virtual" => SourceKind::Virtual,
            _ => SourceKind::Screen,
        }
    }

    /// Where the sound plays when a cast begins.
    pub fn audio(&self) -> AudioChoice {
        match self.0.string("sound").as_str() {
            "tv" => AudioChoice::Tv,
            "none" => AudioChoice::None,
            _ => AudioChoice::Both,
        }
    }

    /// How long a picture may be on its way.
    pub fn latency(&self) -> LatencyProfile {
        let name = self.0.string("latency");
        LatencyProfile::ALL
            .into_iter()
            .find(|profile| profile.as_str() == name)
            .unwrap_or(LatencyProfile::Balanced)
    }

    /// The network interface that is searched; all when `None`.
    pub fn interface(&self) -> Option<String> {
        None
    }

    /// A request to cast `source` as it is set here.
    pub fn request(&self, source: SourceKind) -> MirrorRequest {
        let latency = self.latency();
        let options = MirrorOptions {
            target_delay: latency.target_delay(),
            max_target_delay: latency.max_target_delay(),
            ..MirrorOptions::default()
        };
        MirrorRequest {
            source,
            audio: self.audio(),
            restore: true,
            parent_window: None,
            options,
        }
    }
}

fn schema() -> Option<gio::SettingsSchema> {
    let installed = gio::SettingsSchemaSource::default();
    let found = installed
        .as_ref()
        .and_then(|source| source.lookup(APP_ID, true));
    found.or_else(|| {
        let built = Path::new(BUILT_SCHEMAS);
        let source =
            gio::SettingsSchemaSource::from_directory(built, installed.as_ref(), true).ok()?;
        source.lookup(APP_ID, true)
    })
}
