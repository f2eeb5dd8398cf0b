// SPDX-License-Identifier: GPL-3.0-or-later
//! The arguments of `telecast mirror`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::StatsFormat;
use super::values::{Audio, Bitrate, audio, bitrate, patience, port_range, seconds, size};
use crate::engine::MAX_OVERSCAN_PCT;

/// `telecast mirror`
#[derive(Debug, Args)]
pub struct MirrorArguments {
    /// The device's name or id, or its address
    #[arg(value_name = "DEVICE|HOST[:PORT]")]
    pub device: String,
    /// What to mirror
    #[arg(long, value_enum, default_value = "screen")]
    pub source: Source,
    /// Where the sound plays: tv, both, app=NAME, none, or tone (made by Telecast)
    #[arg(long, value_name = "tv|both|app=NAME|none|tone", default_value = "both", value_parser = audio)]
    pub audio: Audio,
    /// The video codec
    #[arg(long, value_enum, default_value = "auto")]
    pub codec: Codec,
    /// Encode with the processor, not with the graphics card
    #[arg(long)]
    pub no_hardware: bool,
    /// Leave the mouse pointer out of the picture, where the desktop lets programs choose
    #[arg(long)]
    pub no_pointer: bool,
    /// Largest picture
    #[arg(long, value_name = "WxH", value_parser = size)]
    pub max_size: Option<(u32, u32)>,
    /// Most pictures a second
    #[arg(long, value_name = "N", default_value = "30", value_parser = clap::value_parser!(u32).range(1..=120))]
    pub fps: u32,
    /// Bits a second for the picture, or auto
    #[arg(long, value_name = "auto|BPS", default_value = "auto", value_parser = bitrate)]
    pub bitrate: Bitrate,
    /// Shrink the picture by this many percent at each edge (0 to 10), for a TV that cuts edges off
    #[arg(long, value_name = "PERCENT", default_value = "0", value_parser = clap::value_parser!(u32).range(0..=i64::from(MAX_OVERSCAN_PCT)))]
    pub overscan: u32,
    /// When the TV is lost in the middle, look for it for this many seconds; 0: end at once
    #[arg(long, value_name = "S", default_value = "120", value_parser = patience)]
    pub reconnect: f64,
    /// Delay between this screen and the TV
    #[arg(long, value_enum, default_value = "balanced")]
    pub profile: Profile,
    /// Delay in milliseconds (instead of a profile), 20 to 5000
    #[arg(long, value_name = "MS", conflicts_with = "profile", value_parser = clap::value_parser!(u32).range(20..=5000))]
    pub latency: Option<u32>,
    /// Ask again what to share, even if it was allowed before
    #[arg(long)]
    pub no_restore: bool,
    /// Which devices will do: certified ones, and others that you are asked about once, on the terminal (ask; without a
    /// terminal they are refused); certified ones alone; or any. One that is less than before is refused in any case
    #[arg(long, value_enum, default_value = "ask")]
    pub trust: Trust,
    /// Trust devices that are certified by this root, too: certificates in PEM or DER (can be repeated)
    #[arg(long, value_name = "FILE")]
    pub trust_root: Vec<PathBuf>,
    /// Use only this network interface
    #[arg(long, value_name = "NAME")]
    pub interface: Option<String>,
    /// Send from a UDP port in this range
    #[arg(long, value_name = "A-B", value_parser = port_range)]
    pub port_range: Option<(u16, u16)>,
    /// End after this many seconds
    #[arg(long, value_name = "S", value_parser = seconds)]
    pub duration: Option<f64>,
    /// How statistics are printed
    #[arg(long, value_enum, default_value = "text")]
    pub stats: StatsFormat,
}

/// What is mirrored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Source {
    /// A monitor, chosen in the system's dialog
    Screen,
    /// A window, chosen in the system's dialog
    Window,
    /// A second, virtual monitor
    Virtual,
    /// A moving picture made by Telecast
    TestCard,
}

/// The video codec.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Codec {
    Auto,
    Vp8,
    Vp9,
    H264,
    Av1,
}

/// A named latency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// 100 ms, up to 200 ms on a bad network
    Responsive,
    /// 200 ms, up to 400 ms on a bad network
    Balanced,
    /// 400 ms, up to 800 ms on a bad network
    Robust,
}

/// Which devices will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Trust {
    /// Certified ones, and others that you allow
    Ask,
    /// Certified ones alone
    Certified,
    /// All
    Any,
}
