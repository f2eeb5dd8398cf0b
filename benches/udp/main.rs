// SPDX-License-Identifier: GPL-3.0-or-later
//! What it costs to hand packets to the kernel: see `measure`. It needs the program's sockets.

#[cfg(not(cast_alone))]
mod measure;
#[cfg(not(cast_alone))]
#[path = "../wire/rows.rs"]
mod rows;

#[cfg(not(cast_alone))]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    measure::run()
}

/// With the protocol core alone there is nothing to measure, but cargo builds this file with the others.
#[cfg(cast_alone)]
fn main() {}
