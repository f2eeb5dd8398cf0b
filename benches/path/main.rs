// SPDX-License-Identifier: GPL-3.0-or-later
//! A whole cast measured from outside: delay, processor, memory, start. A headless desktop shows the test card; `telecast
//! mirror` sends it to `telecast receive --measure` on another host (network namespaces; without root on this one).
//!
//! Prints a table with targets, and puts its rows into `target/bench/path.json`. `docs/benchmarks.md` explains them.
//!
//!     cargo bench --bench path -- [PART...]      of: moving null still start large long; all but `long` by default
//!
//! `BENCH_RUNS`: runs of each measurement (3). `BENCH_LONG`: also `long`, ten minutes with a short processor.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a measurement that cannot be made ends with the reason"
)]

#[cfg(not(cast_alone))]
#[path = "../wire/aes.rs"]
mod backend;
#[cfg(not(cast_alone))]
mod machine;
#[cfg(not(cast_alone))]
mod null;
#[cfg(not(cast_alone))]
mod parts;
#[cfg(not(cast_alone))]
mod process;
#[cfg(not(cast_alone))]
#[path = "../../tests/support/recording.rs"]
mod recording;
#[cfg(not(cast_alone))]
mod report;
#[cfg(not(cast_alone))]
mod rig;
#[cfg(not(cast_alone))]
#[path = "../wire/rows.rs"]
mod rows;
#[cfg(not(cast_alone))]
#[path = "../../tests/support/skipping.rs"]
mod skipping;
#[cfg(not(cast_alone))]
#[path = "../support/statistics.rs"]
mod statistics;
#[cfg(not(cast_alone))]
#[expect(dead_code, reason = "shared with tests that use more of it")]
#[path = "../../tests/desktop/support"]
mod support {
    pub mod folder;
    pub mod network;
    pub mod program;
    pub mod session;
    mod steps;

    pub use steps::{script, wait_until};
}

#[cfg(not(cast_alone))]
use report::Report;
#[cfg(not(cast_alone))]
use rig::Rig;

#[cfg(not(cast_alone))]
fn main() -> std::io::Result<()> {
    // `cargo bench` adds --bench.
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    if let [command, address, audio] = arguments.as_slice()
        && command == null::COMMAND
    {
        return null::send(address, audio);
    }
    let long = std::env::var_os("BENCH_LONG").is_some();
    let wants = |part: &str| match part {
        "long" => long || arguments.iter().any(|wanted| wanted == part),
        _ => arguments.is_empty() || arguments.iter().any(|wanted| wanted == part),
    };
    println!("{}, AES back end: {}", machine::describe(), backend::aes());
    let mut report = Report::default();
    {
        let mut rig = Rig::start("1280x720");
        for (name, part) in [
            ("moving", parts::moving as fn(&mut Rig, &mut Report)),
            ("null", parts::null),
            ("start", parts::start),
            ("still", parts::still),
            ("long", parts::long),
        ] {
            if wants(name) {
                part(&mut rig, &mut report);
                report.save()?;
            }
        }
    }
    if wants("large") {
        parts::large(&mut Rig::start("1920x1080"), &mut report);
    }
    report.print();
    report.save()
}

/// With the protocol core alone there is nothing to measure, but cargo builds this file with the others.
#[cfg(cast_alone)]
fn main() {}
