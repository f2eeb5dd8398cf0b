// SPDX-License-Identifier: GPL-3.0-or-later
//! The window measured from outside, on a headless GNOME desktop: how soon it is there, what it costs when nothing happens,
//! what the statistics cost, and how long it keeps its main loop.
//!
//! Prints a table with targets, and puts its rows into `target/bench/window.json`. `docs/benchmarks.md` explains them.
//!
//!     cargo bench --bench window -- [PART...]      of: first idle statistics blocks; all by default
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a measurement that cannot be made ends with the reason"
)]

#[cfg(not(cast_alone))]
mod desk;
#[cfg(not(cast_alone))]
#[path = "../path/machine.rs"]
mod machine;
#[cfg(not(cast_alone))]
mod parts;
#[cfg(not(cast_alone))]
#[expect(dead_code, reason = "shared with a bench that uses more of it")]
#[path = "../path/process.rs"]
mod process;
#[cfg(not(cast_alone))]
#[path = "../wire/rows.rs"]
mod rows;
#[cfg(not(cast_alone))]
#[path = "../../tests/support/skipping.rs"]
mod skipping;
#[cfg(not(cast_alone))]
#[expect(dead_code, reason = "shared with tests that use more of it")]
#[path = "../../tests/desktop/support"]
mod support {
    pub mod accessible;
    pub mod folder;
    pub mod network;
    pub mod program;
    pub mod session;
    mod steps;

    pub use steps::{script, wait_until};
}

#[cfg(not(cast_alone))]
use rows::Row;

/// What each figure must stay below.
#[cfg(not(cast_alone))]
const TARGETS: [(&str, f64); 5] = [
    ("first_window_ms", 300.0),
    ("idle_pss_mb", 120.0),
    ("idle_wakeups_per_s", 1.0),
    ("stats_cpu_pct", 3.0),
    ("longest_block_ms", 16.0),
];

#[cfg(not(cast_alone))]
fn main() -> std::io::Result<()> {
    // `cargo bench` adds --bench.
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    println!("{}", machine::describe());
    let mut rows: Vec<Row> = Vec::new();
    for (name, part) in [
        ("first", parts::first as fn() -> Vec<Row>),
        ("idle", parts::idle),
        ("statistics", parts::statistics),
        ("blocks", parts::blocks),
    ] {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            rows.extend(part());
            rows::merge("window.json", &rows)?;
        }
    }
    println!("\n{:<24} {:>10} {:>8}", "figure", "measured", "below");
    for row in &rows {
        let limit = TARGETS.iter().find(|(name, _)| *name == row.name);
        let verdict = match limit {
            Some((_, limit)) if row.value > *limit => "MISSED",
            _ => "",
        };
        let limit = limit.map_or(String::new(), |(_, limit)| limit.to_string());
        println!(
            "{:<24} {:>10.1} {limit:>8} {} {verdict}",
            row.name, row.value, row.unit
        );
    }
    Ok(())
}

/// With the protocol core alone there is nothing to measure, but cargo builds this file with the others.
#[cfg(cast_alone)]
fn main() {}
