// SPDX-License-Identifier: GPL-3.0-or-later
//! What can be typed: the arguments of each command. Scripts and tests depend on them.

mod mirror;
mod receive;
mod values;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
#[cfg(feature = "gui")]
use clap::{CommandFactory, error::ErrorKind};

pub use self::mirror::{Codec, MirrorArguments, Profile, Source, Trust};
pub use self::receive::{Accept, ReceiveArguments};
pub use self::values::{Audio, Bitrate, Loudness};
use self::values::{loudness, seconds};

/// Puts a Linux screen on the TV.
#[derive(Debug, Parser)]
#[command(name = "telecast", version)]
#[cfg_attr(
    not(feature = "gui"),
    command(arg_required_else_help = true, subcommand_required = true)
)]
pub struct Arguments {
    /// Say more about what happens (twice: everything)
    #[arg(short, long, action = ArgAction::Count, global = true)]
    pub verbose: u8,

    /// What to log, as in `telecast=debug`
    #[arg(long, value_name = "FILTER", global = true)]
    pub log: Option<String>,

    /// Cast to this device in the window: its name or id, or its address
    #[cfg(feature = "gui")]
    #[arg(long, value_name = "DEVICE")]
    pub device: Option<String>,

    /// What the window casts to it; what it cast last, when not given
    #[cfg(feature = "gui")]
    #[arg(long, value_enum, requires = "device")]
    pub source: Option<WindowSource>,

    /// Started by the session bus
    #[cfg(feature = "gui")]
    #[arg(long, hide = true, conflicts_with = "device")]
    pub gapplication_service: bool,

    /// The window, when there is none
    #[command(subcommand)]
    pub command: Option<Command>,
}

impl Arguments {
    /// Those of this process. Ends it when they make no sense.
    pub fn of_process() -> Arguments {
        let arguments = Arguments::parse();
        #[cfg(feature = "gui")]
        if let Some(error) = arguments.conflict() {
            error.exit();
        }
        arguments
    }

    /// The options of the window mean nothing to a command.
    #[cfg(feature = "gui")]
    fn conflict(&self) -> Option<clap::Error> {
        let of_window = self.device.is_some() || self.gapplication_service;
        (self.command.is_some() && of_window).then(|| {
            let why = "--device is for the window: it cannot be used with a command";
            Arguments::command().error(ErrorKind::ArgumentConflict, why)
        })
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the Cast devices on the network
    Devices(DevicesArguments),
    /// Mirror a screen, a window or a second monitor to a device
    Mirror(Box<MirrorArguments>),
    /// Be a Cast device: receive what others mirror
    Receive(ReceiveArguments),
    /// Say what the Telecast of this session casts
    Status(StatusArguments),
    /// End a cast of this session, or all of them
    Stop(StopArguments),
    /// Set the volume of a device that is cast to
    Volume(VolumeArguments),
    /// Run for the session bus, without a window until one is asked for
    Service(ServiceArguments),
    /// Show a moving picture with a machine-readable time code
    #[cfg(feature = "gui")]
    TestCard(TestCardArguments),
}

/// `telecast devices`
#[derive(Debug, Args)]
pub struct DevicesArguments {
    /// Print a JSON array
    #[arg(long)]
    pub json: bool,
    /// How long to look, in seconds
    #[arg(long, value_name = "S", default_value = "3", value_parser = seconds)]
    pub timeout: f64,
}

/// How statistics are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StatsFormat {
    /// One line for people, once a second
    Text,
    /// One JSON object a line, once a second
    Json,
    /// Nothing
    None,
}

/// What the window casts.
#[cfg(feature = "gui")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WindowSource {
    /// A monitor
    Screen,
    /// A window
    Window,
    /// A second, virtual monitor
    Virtual,
}

/// `telecast status`
#[derive(Debug, Args)]
pub struct StatusArguments {
    /// Print a JSON object
    #[arg(long)]
    pub json: bool,
}

/// `telecast stop`
#[derive(Debug, Args)]
pub struct StopArguments {
    /// The device's name or id, or the beginning of its name; all devices when not given
    #[arg(value_name = "DEVICE")]
    pub device: Option<String>,
}

/// `telecast volume`
#[derive(Debug, Args)]
pub struct VolumeArguments {
    /// Percent (40), louder or softer by so many (+5, -5), mute or unmute
    #[arg(value_name = "PERCENT|+N|-N|mute|unmute", value_parser = loudness, allow_hyphen_values = true)]
    pub loudness: Loudness,
    /// The device's name or id, or the beginning of its name; the one that is cast to when not given
    #[arg(value_name = "DEVICE")]
    pub device: Option<String>,
}

/// `telecast service`
#[derive(Debug, Args)]
pub struct ServiceArguments {
    /// End when nothing was cast and nobody has asked for anything for so many seconds
    #[arg(long, value_name = "S", default_value = "180", value_parser = seconds)]
    pub idle: f64,
    /// Do not end by itself
    #[arg(long, conflicts_with = "idle")]
    pub stay: bool,
}

/// `telecast test-card`
#[derive(Debug, Args)]
pub struct TestCardArguments {
    /// Most pictures a second
    #[arg(long, value_name = "N", default_value = "60", value_parser = clap::value_parser!(u32).range(1..=240))]
    pub fps: u32,
    /// Fill the screen
    #[arg(long)]
    pub fullscreen: bool,
    /// Without the tone
    #[arg(long)]
    pub silent: bool,
}

#[cfg(test)]
mod tests;
