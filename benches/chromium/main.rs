// SPDX-License-Identifier: GPL-3.0-or-later
//! How many pictures a second of Debian's Chromium we decode: it mirrors a tab with moving content and a tone to `telecast
//! receive` on another host.
//!
//! Prints a table with the target, and puts its row into `target/bench/chromium.json`. `docs/benchmarks.md` explains it.
//! `BENCH_RUNS`: casts (3).
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a measurement that cannot be made ends with the reason"
)]

#[cfg(not(cast_alone))]
#[path = "../path/machine.rs"]
mod machine;
#[cfg(not(cast_alone))]
mod pictures;
#[cfg(not(cast_alone))]
#[path = "../wire/rows.rs"]
mod rows;
#[cfg(not(cast_alone))]
#[path = "../../tests/support/skipping.rs"]
mod skipping;
#[cfg(not(cast_alone))]
#[path = "../support/statistics.rs"]
#[expect(dead_code, reason = "shared with benches that use more of it")]
mod statistics;
#[cfg(not(cast_alone))]
#[expect(dead_code, reason = "shared with tests that use more of it")]
#[path = "../../tests/desktop/support"]
mod support {
    pub mod cast;
    pub mod chromium;
    pub mod folder;
    pub mod likeness;
    pub mod network;
    pub mod picture;
    pub mod program;
    pub mod session;
    mod steps;

    pub use steps::{script, wait_until};
}

#[cfg(not(cast_alone))]
fn main() -> std::io::Result<()> {
    pictures::run()
}

/// With the protocol core alone there is nothing to measure, but cargo builds this file with the others.
#[cfg(cast_alone)]
fn main() {}
