// SPDX-License-Identifier: GPL-3.0-or-later
//! A cast that lasts, over a network that is never the same for long (`weather`): `telecast mirror` with the test card and the
//! sound of a PipeWire of its own, to `telecast receive` on another host. Memory, descriptors, threads and PipeWire's objects
//! must not grow, pictures and sound must be back after everything that happened.
//!
//! Prints a table with slopes, writes `target/bench/soak.json`, fails when one is not flat. `docs/benchmarks.md` explains.
//!
//!     cargo bench --bench soak -- [MINUTES [WIDTHxHEIGHT]]      60 minutes, 1280x720
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a measurement that cannot be made ends with the reason"
)]

#[cfg(not(cast_alone))]
mod course;
#[cfg(not(cast_alone))]
#[path = "../support/file.rs"]
mod file;
#[cfg(not(cast_alone))]
#[expect(
    dead_code,
    reason = "shared with tests and benches that use more of it"
)]
#[path = "../../tests/links"]
mod links {
    pub mod hosts;
    #[path = "../netsim/link.rs"]
    pub mod link;
    pub mod namespace;
    pub mod profiles;
    #[path = "../netsim/random.rs"]
    mod random;
    pub mod relay;
    mod router;
    mod tun;
}
#[cfg(not(cast_alone))]
#[path = "../path/machine.rs"]
mod machine;
#[cfg(not(cast_alone))]
#[expect(dead_code, reason = "shared with a bench that uses more of it")]
#[path = "../path/process.rs"]
mod process;
#[cfg(not(cast_alone))]
mod rig;
#[cfg(not(cast_alone))]
mod series;
#[cfg(not(cast_alone))]
#[path = "../../tests/support/skipping.rs"]
mod skipping;
#[cfg(not(cast_alone))]
#[expect(dead_code, reason = "shared with benches that use more of it")]
#[path = "../support/statistics.rs"]
mod statistics;
#[cfg(not(cast_alone))]
#[expect(dead_code, reason = "shared with tests that use more of it")]
#[path = "../../tests/desktop/support"]
mod support {
    pub mod folder;
    pub mod program;
    pub mod session;
    mod steps;

    pub use steps::{script, wait_until};
}
#[cfg(not(cast_alone))]
mod watch;
#[cfg(not(cast_alone))]
mod weather;

#[cfg(not(cast_alone))]
fn main() -> std::io::Result<std::process::ExitCode> {
    watch::run()
}

/// With the protocol core alone there is nothing to measure, but cargo builds this file with the others.
#[cfg(cast_alone)]
fn main() {}
