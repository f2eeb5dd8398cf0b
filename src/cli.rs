// SPDX-License-Identifier: GPL-3.0-or-later
//! The command line: a projection of the engine. Parses arguments, prints states and numbers, maps ends to exit codes.

mod args;
mod devices;
mod mirror;
mod print;
mod receive;
mod signals;

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use crate::words;
use args::{Arguments, Command};

/// Worker threads for control channels, discovery and the bus; media has a thread of its own.
const WORKERS: usize = 2;

/// Runs the program with the arguments of this process.
///
/// Exit codes: 0 done; 1 failed, with one line on standard error that says what and what to do; 2 usage.
pub fn main() -> ExitCode {
    words::init();
    let arguments = Arguments::parse();
    if let Err(error) = start_log(&arguments) {
        eprintln!("telecast: --log: {error}");
        return ExitCode::from(2);
    }
    match run(arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("telecast: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .thread_name("telecast-io")
        .enable_all()
        .build()?;
    match command {
        Command::Devices(arguments) => runtime.block_on(devices::run(&arguments)),
        Command::Mirror(arguments) => runtime.block_on(mirror::run(*arguments)),
        Command::Receive(arguments) => receive::run(&runtime, &arguments),
        #[cfg(feature = "gui")]
        Command::TestCard(arguments) => {
            let _sound = if arguments.silent {
                None
            } else {
                crate::engine::play_test_sound()
            };
            let options = crate::ui::test_card::TestCardOptions {
                fps: arguments.fps,
                fullscreen: arguments.fullscreen,
            };
            Ok(crate::ui::test_card::run(options)?)
        }
    }
}

/// Logs go to standard error, so that standard output stays readable for programs.
fn start_log(arguments: &Arguments) -> Result<(), tracing_subscriber::filter::ParseError> {
    let by_count = match arguments.verbose {
        0 => "warn",
        1 => "warn,telecast=debug",
        _ => "info,telecast=trace",
    };
    let filter = match &arguments.log {
        Some(filter) => EnvFilter::builder().parse(filter)?,
        None => EnvFilter::builder()
            .parse(std::env::var("RUST_LOG").unwrap_or_else(|_| by_count.to_owned()))?,
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    Ok(())
}
