// SPDX-License-Identifier: GPL-3.0-or-later
//! The command line: a projection of the engine. Parses arguments, prints states and numbers, maps ends to exit codes.

mod args;
mod control;
mod devices;
mod left_behind;
mod mirror;
mod print;
mod receive;
mod remote;
#[cfg(feature = "gui")]
mod renderer;
mod service;
mod signals;
mod terminal;
mod trust;
mod viewer;
#[cfg(feature = "gui")]
mod window;

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

use tokio::runtime::Runtime;
use tracing_subscriber::EnvFilter;

use crate::words;
use args::{Arguments, Command};

/// Worker threads for control channels, discovery and the bus; media has a thread of its own.
const WORKERS: usize = 2;

/// How long the end of the program waits for work that cannot be interrupted, such as an encoder that is being tried
/// out for a cast that has already failed.
const LAST_WORK: Duration = Duration::from_secs(1);

/// Runs the program with the arguments of this process.
///
/// Exit codes: 0 done; 1 failed, with one line on standard error that says what and what to do; 2 usage.
pub fn main() -> ExitCode {
    words::init();
    let arguments = Arguments::of_process();
    if let Err(error) = start_log(&arguments) {
        print::note(&format!("telecast: --log: {error}"));
        return ExitCode::from(2);
    }
    #[cfg(feature = "gui")]
    if matches!(&arguments.command, None | Some(Command::Service(_))) {
        renderer::choose();
    }
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            print::note(&format!(
                "telecast: {}",
                words::one_line(&format!("{error:#}"))
            ));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .thread_name("telecast-io")
        .enable_all()
        .build()
        .map_err(|error| anyhow::anyhow!(words::system_failed(&error)))?;
    let result = dispatch(&runtime, arguments);
    runtime.shutdown_timeout(LAST_WORK);
    result
}

fn dispatch(runtime: &Runtime, mut arguments: Arguments) -> anyhow::Result<()> {
    let Some(command) = arguments.command.take() else {
        #[cfg(feature = "gui")]
        return window::open(runtime, arguments);
        #[cfg(not(feature = "gui"))]
        anyhow::bail!(words::no_window(&"built without GTK"));
    };
    match command {
        Command::Devices(arguments) => runtime.block_on(devices::run(&arguments)),
        Command::Mirror(arguments) => runtime.block_on(mirror::run(*arguments)),
        Command::Receive(arguments) => receive::run(runtime, &arguments),
        Command::Status(arguments) => runtime.block_on(control::status(&arguments)),
        Command::Stop(arguments) => runtime.block_on(control::stop(&arguments)),
        Command::Volume(arguments) => runtime.block_on(control::volume(&arguments)),
        Command::Service(arguments) => service::run(runtime, &arguments),
        #[cfg(feature = "gui")]
        Command::TestCard(arguments) => {
            let options = crate::ui::test_card::TestCardOptions {
                fps: arguments.fps,
                fullscreen: arguments.fullscreen,
                sound: !arguments.silent,
            };
            crate::ui::test_card::run(options).map_err(|_| anyhow::anyhow!(words::no_display()))
        }
    }
}

/// Logs go to standard error, so that standard output stays readable for programs.
fn start_log(arguments: &Arguments) -> Result<(), tracing_subscriber::filter::ParseError> {
    let by_count = match arguments.verbose {
        // zbus warns of each portal object that is gone before its properties were read, which is their normal end.
        0 => "warn,zbus=error",
        1 => "warn,zbus=error,telecast=debug",
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
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
        // It would be reported on standard error, which has just failed, and panic there.
        .log_internal_errors(false)
        .init();
    Ok(())
}
