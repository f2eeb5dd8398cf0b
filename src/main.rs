// SPDX-License-Identifier: GPL-3.0-or-later
//! The `telecast` program: everything is in the library.

#[cfg(not(cast_alone))]
fn main() -> std::process::ExitCode {
    telecast::cli::main()
}

/// With the protocol core alone there is no program, but cargo builds this file for the integration tests.
#[cfg(cast_alone)]
fn main() {}
