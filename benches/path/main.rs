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

#[path = "../wire/aes.rs"]
mod backend;
mod machine;
mod null;
mod parts;
mod process;
#[path = "../../tests/support/recording.rs"]
mod recording;
mod report;
mod rig;
#[path = "../wire/rows.rs"]
mod rows;
#[path = "../../tests/support/skipping.rs"]
mod skipping;
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

use report::Report;
use rig::Rig;

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
