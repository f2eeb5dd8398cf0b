// SPDX-License-Identifier: GPL-3.0-or-later
//! What can be typed: the arguments of each command. Scripts and tests depend on them.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
#[cfg(feature = "gui")]
#[cfg(feature = "gui")]
use clap::{CommandFactory, error::ErrorKind};

use crate::engine::MAX_OVERSCAN_PCT;

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

/// `telecast receive`
#[derive(Debug, Args)]
pub struct ReceiveArguments {
    /// The name that senders show
    #[arg(long, value_name = "N")]
    pub name: Option<String>,
    /// Listen on this address only
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<IpAddr>,
    /// Listen on this TCP port (0: any free one)
    #[arg(long, value_name = "P", default_value = "8009")]
    pub port: u16,
    /// Decode without showing a window
    #[arg(long)]
    pub headless: bool,
    /// Who may cast: those whom you allow when you are asked, in the window or on the terminal; those whom you have
    /// allowed for ever; or everybody on the network [default: ask in a window, any without one]
    #[arg(long, value_enum)]
    pub accept: Option<Accept>,
    /// Prove to senders who this is, with keys and certificates in this folder; they are made on first use. Senders that
    /// are given DIR/root.crt know it again
    #[arg(long, value_name = "DIR")]
    pub credentials: Option<PathBuf>,
    /// Read the time code of the test card from the decoded pictures
    #[arg(long)]
    pub measure: bool,
    /// Write the last decoded picture here, once a second and at the end
    #[arg(long, value_name = "FILE.png")]
    pub snapshot: Option<PathBuf>,
    /// How statistics are printed
    #[arg(long, value_enum, default_value = "text")]
    pub stats: StatsFormat,
    /// End after this many seconds
    #[arg(long, value_name = "S", value_parser = seconds)]
    pub duration: Option<f64>,
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

/// What is to become of the volume.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Loudness {
    /// This, 0 to 1.
    To(f64),
    /// More by this, or less.
    By(f64),
    /// Silence, or no longer.
    Muted(bool),
}

/// `telecast service`
#[derive(Debug, Args)]
pub struct ServiceArguments {
    /// End when nothing was cast and nobody has asked for anything for so many seconds
    #[arg(long, value_name = "S", default_value = "180", value_parser = seconds)]
    pub idle: f64,
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

/// Who may cast to this computer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Accept {
    /// Ask about each sender that is not always allowed
    Ask,
    /// Only senders that are always allowed
    Known,
    /// Everybody on the network
    Any,
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

/// Where the sound plays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audio {
    Tv,
    Both,
    App(String),
    None,
    Tone,
}

/// Bits a second for the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bitrate {
    /// As the network allows.
    Auto,
    /// At most this.
    Limit(u32),
}

fn audio(text: &str) -> Result<Audio, String> {
    match text {
        "tv" => Ok(Audio::Tv),
        "both" => Ok(Audio::Both),
        "none" => Ok(Audio::None),
        "tone" => Ok(Audio::Tone),
        _ => match text.strip_prefix("app=") {
            Some(name) if !name.is_empty() => Ok(Audio::App(name.to_owned())),
            _ => Err("expected tv, both, app=NAME, none or tone".to_owned()),
        },
    }
}

fn loudness(text: &str) -> Result<Loudness, String> {
    let percent = |text: &str| {
        let number = text.trim_end_matches('%').parse::<u8>().ok()?;
        (number <= 100).then(|| f64::from(number) / 100.0)
    };
    let loudness = match text {
        "mute" => Some(Loudness::Muted(true)),
        "unmute" => Some(Loudness::Muted(false)),
        _ => match (text.strip_prefix('+'), text.strip_prefix('-')) {
            (Some(more), _) => percent(more).map(Loudness::By),
            (_, Some(less)) => percent(less).map(|by| Loudness::By(-by)),
            _ => percent(text).map(Loudness::To),
        },
    };
    loudness.ok_or_else(|| "expected 0 to 100, +N, -N, mute or unmute".to_owned())
}

fn bitrate(text: &str) -> Result<Bitrate, String> {
    if text == "auto" {
        return Ok(Bitrate::Auto);
    }
    match text.parse() {
        Ok(bits @ 100_000..=100_000_000) => Ok(Bitrate::Limit(bits)),
        _ => Err("expected auto, or 100000 to 100000000 bits a second".to_owned()),
    }
}

fn size(text: &str) -> Result<(u32, u32), String> {
    let parts = text
        .split_once(['x', 'X'])
        .and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    match parts {
        Some(size @ (64..=7680, 64..=4320)) => Ok(size),
        _ => Err("expected WIDTHxHEIGHT, as in 1280x720".to_owned()),
    }
}

fn port_range(text: &str) -> Result<(u16, u16), String> {
    let parts = text
        .split_once('-')
        .and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
    match parts {
        Some((first, last)) if 0 < first && first <= last => Ok((first, last)),
        _ => Err("expected FIRST-LAST, as in 32768-32800".to_owned()),
    }
}

fn patience(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(0.0) => Ok(0.0),
        _ => seconds(text),
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.1..=1e7).contains(&seconds) => Ok(seconds),
        _ => Err("expected a number of seconds, at least 0.1".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(line: &str) -> Result<Arguments, clap::Error> {
        let arguments = Arguments::try_parse_from(line.split(' '))?;
        match arguments.conflict() {
            Some(error) => Err(error),
            None => Ok(arguments),
        }
    }

    #[test]
    fn the_definition_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn each_documented_line_is_understood() {
        for line in [
            "telecast devices --json --timeout 2",
            "telecast mirror TV --source window --audio app=Firefox --codec vp8 --max-size 1280x720 --fps 60 --bitrate 4000000",
            "telecast mirror 192.0.2.7:8010 --source virtual --audio tv --latency 150 --no-restore --duration 5 --stats json",
            "telecast mirror TV --source test-card --audio tone --overscan 10 --no-hardware --no-pointer --profile robust --interface eth0 --port-range 40000-40010 --reconnect 0",
            "telecast receive --name TV --listen ::1 --port 0 --headless --accept known --credentials keys --measure --snapshot a.png --stats json --duration 3",
            "telecast mirror TV --trust certified --trust-root a.crt --trust-root b.crt",
            "telecast -v --log telecast=trace devices",
            "telecast status --json",
            "telecast stop",
            "telecast stop TV",
            "telecast volume 40",
            "telecast volume +5 TV",
            "telecast volume -5",
            "telecast volume mute TV",
            "telecast service --idle 5",
            "telecast --device TV",
            "telecast -v --device TV --source virtual",
            "telecast --gapplication-service",
        ] {
            assert!(
                parse(line).is_ok(),
                "{line}: {}",
                parse(line).expect_err("an error")
            );
        }
    }

    #[test]
    fn nonsense_is_refused_as_usage() {
        for line in [
            "telecast mirror",
            "telecast --source screen",
            "telecast --device TV --source test-card",
            "telecast --device TV devices",
            "telecast mirror TV --audio loud",
            "telecast mirror TV --audio app=",
            "telecast mirror TV --max-size 12",
            "telecast mirror TV --bitrate 1",
            "telecast mirror TV --latency 6000",
            "telecast mirror TV --profile robust --latency 100",
            "telecast mirror TV --port-range 9-3",
            "telecast mirror TV --fps 0",
            "telecast mirror TV --overscan 11",
            "telecast mirror TV --reconnect -1",
            "telecast devices --timeout never",
            "telecast receive --accept nobody",
            "telecast mirror TV --trust nobody",
            "telecast volume",
            "telecast volume 101",
            "telecast volume +-5",
            "telecast volume loud",
            "telecast service --idle 0",
        ] {
            assert_eq!(parse(line).expect_err(line).exit_code(), 2, "{line}");
        }
    }
}
