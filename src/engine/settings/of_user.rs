// SPDX-License-Identifier: GPL-3.0-or-later
//! What this user has set, for those who have no [`Settings`] of their own: on any thread, read anew each time. With the
//! values of a fresh installation where the settings cannot be had.

use super::{
    DesktopOptions, DesktopWords, EngineOptions, LatencyProfile, MirrorOptions, MirrorRequest,
    Settings, SourceKind,
};
use crate::engine::AudioChoice;

/// A request to cast `source`, or what was cast last when `None`, as it is set. Blocks for as long as reading takes.
pub fn request_of_user(source: Option<SourceKind>) -> MirrorRequest {
    match Settings::open() {
        Ok(settings) => settings.request(source.unwrap_or_else(|| settings.source())),
        Err(error) => {
            tracing::warn!(%error, "casting with the defaults");
            MirrorRequest {
                source: source.unwrap_or(SourceKind::Screen),
                audio: AudioChoice::Both,
                restore: true,
                parent_window: None,
                options: MirrorOptions {
                    target_delay: LatencyProfile::Balanced.target_delay(),
                    max_target_delay: LatencyProfile::Balanced.max_target_delay(),
                    ..MirrorOptions::default()
                },
            }
        }
    }
}

/// How an engine of this user is to run. Blocks for as long as reading takes.
pub fn options_of_user() -> EngineOptions {
    match Settings::open() {
        Ok(settings) => settings.engine_options(),
        Err(error) => {
            tracing::warn!(%error, "running with the defaults");
            EngineOptions {
                remember: true,
                ..EngineOptions::default()
            }
        }
    }
}

/// What this user wants of the desktop while something is cast, with `words` for people. Blocks for as long as
/// reading takes.
pub fn desktop_of_user(words: DesktopWords) -> DesktopOptions {
    match Settings::open() {
        Ok(settings) => settings.desktop_options(words),
        Err(error) => {
            tracing::warn!(%error, "keeping the computer awake by default");
            DesktopOptions {
                stay_awake: true,
                reason: words.reason,
                pause_when_locked: true,
                shortcuts: None,
            }
        }
    }
}
