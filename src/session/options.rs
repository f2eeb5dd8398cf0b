// SPDX-License-Identifier: GPL-3.0-or-later
//! What the user wants of a mirror, and which device it goes to: the input of [`super::Session::start`].

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use super::leftover::Leftovers;
use super::trust::Trust;
use super::whereabouts::Whereabouts;
use crate::cast::codec::VideoCodec;

/// The device, as far as a session must know it.
#[derive(Debug, Clone)]
pub struct Target {
    /// What the device is called; for logs and for the name of the sink.
    pub name: String,
    /// Its control addresses, best first; link-local IPv6 with its scope. All are tried.
    pub addresses: Vec<SocketAddr>,
    /// Whether it has a screen (from its capability bits); a speaker gets sound alone.
    pub has_screen: bool,
    /// Whether nothing is known of it but where it is: then it is asked what it is called.
    pub unknown: bool,
    /// What may have been left on it.
    pub leftovers: Arc<dyn Leftovers>,
    /// Whether to go on with it, once it is known what it proves.
    pub trust: Arc<dyn Trust>,
    /// What is learned about the way there while the session runs.
    pub whereabouts: Whereabouts,
}

/// Which video codecs may be offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CodecChoice {
    /// Every proven one in the encoder room's order, VP8 last.
    #[default]
    Auto,
    /// This one alone.
    Only(VideoCodec),
}

/// A bound on what pictures may cost, which can be changed while they are sent. What was settled with the device stays the
/// upper one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Quality {
    /// As much as network and settings allow.
    #[default]
    Automatic,
    /// 1280 × 720 and 3 Mbit/s.
    P720,
    /// 854 × 480 and 1 Mbit/s.
    P480,
}

impl Quality {
    /// All, best first.
    pub const ALL: [Quality; 3] = [Quality::Automatic, Quality::P720, Quality::P480];

    /// Pictures are not larger (width, height in pixels).
    pub fn max_size(self) -> Option<(u32, u32)> {
        match self {
            Quality::Automatic => None,
            Quality::P720 => Some((1280, 720)),
            Quality::P480 => Some((854, 480)),
        }
    }

    /// Pictures take no more bits per second.
    pub fn max_bitrate(self) -> Option<u32> {
        match self {
            Quality::Automatic => None,
            Quality::P720 => Some(3_000_000),
            Quality::P480 => Some(1_000_000),
        }
    }
}

/// What the user wants of a mirror. `Default` is what the command line does without options.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct MirrorOptions {
    /// Whether pictures are wanted; ignored (no pictures) on a device without a screen.
    pub video: bool,
    /// Whether sound is wanted.
    pub audio: bool,
    /// Video codecs to offer.
    pub codec: CodecChoice,
    /// Whether a graphics card or a video unit may encode; else only the processor does.
    pub hardware: bool,
    /// No larger picture than this (width, height in pixels) is sent.
    pub max_size: (u32, u32),
    /// At most this many pictures a second, 1 to 120.
    pub frame_rate: u32,
    /// Most bits per second of the video; `None` follows the bandwidth up to [`MirrorOptions::AUTO_BITRATE`].
    pub bitrate: Option<u32>,
    /// From the capture of a picture to its display on the device; 0 to 5 s.
    pub target_delay: Duration,
    /// Up to which a bad network may raise it; what is not above the target delay keeps that as it is.
    pub max_target_delay: Duration,
    /// Send only through this network interface.
    pub interface: Option<String>,
    /// Local UDP ports to choose from; `None` lets the kernel choose.
    pub ports: Option<RangeInclusive<u16>>,
    /// Shrinks the picture by this many percent at each edge, for TVs that crop: 0 to
    /// [`MAX_OVERSCAN_PCT`](crate::encode::config::MAX_OVERSCAN_PCT).
    pub overscan_pct: u32,
    /// Whether the mouse pointer is to be seen, where the desktop lets programs choose.
    pub pointer: bool,
    /// For how long a device is sought that was lost in the middle; zero: not at all, its loss ends the cast.
    pub reconnect: Duration,
    /// The size of a virtual monitor in pixels; `None`: that of the largest picture.
    pub monitor_size: Option<(u32, u32)>,
}

impl MirrorOptions {
    /// The ceiling of an automatic video bitrate (Chromium `mirror_settings.cc`).
    pub const AUTO_BITRATE: u32 = 5 << 20;

    /// For how long a lost device is sought unless the user wants otherwise: one that restarts takes about a minute, and
    /// who waits for longer has found something else to do.
    pub const RECONNECT: Duration = Duration::from_mins(2);

    /// The largest target delay that a device accepts (Open Screen `offer_messages.cc`).
    pub const MAX_TARGET_DELAY: Duration = Duration::from_secs(5);

    /// The video bitrate that is never exceeded, in bits per second.
    pub fn max_bitrate(&self) -> u32 {
        self.bitrate.unwrap_or(Self::AUTO_BITRATE)
    }
}

impl Default for MirrorOptions {
    fn default() -> Self {
        MirrorOptions {
            video: true,
            audio: true,
            codec: CodecChoice::Auto,
            hardware: true,
            max_size: (1920, 1080),
            frame_rate: 30,
            bitrate: None,
            target_delay: Duration::from_millis(200),
            max_target_delay: Duration::ZERO,
            interface: None,
            ports: None,
            overscan_pct: 0,
            pointer: true,
            reconnect: Self::RECONNECT,
            monitor_size: None,
        }
    }
}
