// SPDX-License-Identifier: GPL-3.0-or-later
//! The command line: a projection of the engine. Parses arguments, prints states, maps ends to exit codes.

/// Runs the program with the arguments of this process.
///
/// Exit codes: 0 done; 1 failed, with one line on standard error; 2 usage.
pub fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}

mod args;
