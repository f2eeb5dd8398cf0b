// SPDX-License-Identifier: GPL-3.0-or-later
//! The arguments of `telecast receive`.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::StatsFormat;
use super::values::seconds;

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
