// SPDX-License-Identifier: GPL-3.0-or-later
//! The `telecast` program: everything is in the library.

fn main() -> std::process::ExitCode {
    telecast::cli::main()
}
