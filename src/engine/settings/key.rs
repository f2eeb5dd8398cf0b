// SPDX-License-Identifier: GPL-3.0-or-later
//! The names of the settings, and when a changed one takes effect.

/// What the person chose above the list of devices.
pub const SOURCE: &str = "source";
/// [`SoundDefault`](super::SoundDefault).
pub const SOUND: &str = "sound";
/// [`LatencyProfile`](super::LatencyProfile).
pub const LATENCY: &str = "latency";
/// [`CodecChoice`](crate::engine::CodecChoice).
pub const CODEC: &str = "codec";
/// Whether hardware may encode.
pub const HARDWARE: &str = "hardware-encoding";
/// [`PictureSize`](super::PictureSize).
pub const LARGEST_PICTURE: &str = "largest-picture";
/// Pictures a second.
pub const FRAME_RATE: &str = "frame-rate";
/// Megabits a second; 0 is automatic.
pub const BITRATE_LIMIT: &str = "bitrate-limit";
/// Percent at each edge.
pub const OVERSCAN: &str = "overscan";
/// Whether the TV shows the pointer.
pub const SHOW_POINTER: &str = "show-pointer";
/// [`MonitorSize`](super::MonitorSize).
pub const SECOND_MONITOR_SIZE: &str = "second-monitor-size";
/// Whether the computer stays awake while it casts.
pub const STAY_AWAKE: &str = "stay-awake";
/// Whether pictures are paused while the screen is locked.
pub const PAUSE_WHEN_LOCKED: &str = "pause-when-locked";
/// Whether notifications are silenced while the screen is cast.
pub const DO_NOT_DISTURB: &str = "do-not-disturb";
/// Whether keys that work everywhere stop and pause casts.
pub const GLOBAL_SHORTCUTS: &str = "global-shortcuts";
/// Whether the program is started with the session.
pub const START_AT_LOGIN: &str = "start-at-login";
/// A network interface; empty is automatic.
pub const INTERFACE: &str = "interface";
/// A UDP port; 0 is automatic.
pub const FIRST_PORT: &str = "first-port";
/// A UDP port; 0 is automatic.
pub const LAST_PORT: &str = "last-port";
/// [`TrustRule`](crate::engine::TrustRule).
pub const TRUST: &str = "trust";
/// Width and height.
pub const WINDOW_SIZE: &str = "window-size";
/// Whether it was maximized.
pub const WINDOW_MAXIMIZED: &str = "window-maximized";

/// Our own note that it was us who silenced the desktop's notifications.
pub const BANNERS_SILENCED: &str = "banners-silenced";

/// All of them.
pub const ALL: [&str; 23] = [
    SOURCE,
    SOUND,
    LATENCY,
    CODEC,
    HARDWARE,
    LARGEST_PICTURE,
    FRAME_RATE,
    BITRATE_LIMIT,
    OVERSCAN,
    SHOW_POINTER,
    SECOND_MONITOR_SIZE,
    STAY_AWAKE,
    PAUSE_WHEN_LOCKED,
    DO_NOT_DISTURB,
    GLOBAL_SHORTCUTS,
    START_AT_LOGIN,
    INTERFACE,
    FIRST_PORT,
    LAST_PORT,
    TRUST,
    WINDOW_SIZE,
    WINDOW_MAXIMIZED,
    BANNERS_SILENCED,
];

/// When a changed setting takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// At once.
    Now,
    /// With the next cast; those that run keep what they began with.
    NextCast,
    /// With the next start of the program.
    NextStart,
}

impl Effect {
    /// When a change of `key` takes effect.
    pub fn of(key: &str) -> Effect {
        match key {
            SOURCE | STAY_AWAKE | PAUSE_WHEN_LOCKED | DO_NOT_DISTURB | GLOBAL_SHORTCUTS
            | START_AT_LOGIN | WINDOW_SIZE | WINDOW_MAXIMIZED | BANNERS_SILENCED => Effect::Now,
            // Casts that begin use another interface at once; the search for devices does not.
            INTERFACE => Effect::NextStart,
            _ => Effect::NextCast,
        }
    }
}
