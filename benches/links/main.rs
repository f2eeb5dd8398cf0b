// SPDX-License-Identifier: GPL-3.0-or-later
//! Whole casts over real sockets and bad networks (`tests/links`), longer and more often than the tests do it. Prints a table and
//! writes `target/bench/links.json`. `docs/benchmarks.md` explains the figures.
//!
//!     cargo bench --bench links -- [PROFILE...]     of: lan loss2 loss10 rate relay ipv6; all by default
//!
//! `BENCH_RUNS`: casts over each link (3). `BENCH_SECONDS`: how long each lasts (30).
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a measurement that cannot be made ends with the reason"
)]

#[cfg(not(cast_alone))]
#[path = "../../tests/support/home.rs"]
mod home;
#[cfg(not(cast_alone))]
#[path = "../../tests/links/links.rs"]
mod links;
#[cfg(not(cast_alone))]
mod report;
#[cfg(not(cast_alone))]
#[path = "../../tests/support/skipping.rs"]
mod skipping;

#[cfg(not(cast_alone))]
use links::cast;
#[cfg(not(cast_alone))]
use links::profiles::Profile;
#[cfg(not(cast_alone))]
use report::Report;

#[cfg(not(cast_alone))]
fn main() -> std::io::Result<()> {
    let number = |name: &str, or: u32| {
        let text = std::env::var(name).ok();
        text.map_or(or, |text| text.parse().expect("a number"))
    };
    let (runs, seconds) = (number("BENCH_RUNS", 3), number("BENCH_SECONDS", 30));
    // `cargo bench` adds --bench.
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    let profiles: Vec<Profile> = if wanted.is_empty() {
        Profile::all().into()
    } else {
        wanted.iter().map(|slug| Profile::named(slug)).collect()
    };
    let mut report = Report::default();
    for profile in profiles {
        for run in 1..=runs {
            eprintln!("{} {run}/{runs}", profile.slug);
            let Some(figures) = cast::run(&profile, seconds) else {
                break;
            };
            report.add(&profile, figures);
        }
    }
    report.print();
    report.save()
}

/// With the protocol core alone there is nothing to measure, but cargo builds this file with the others.
#[cfg(cast_alone)]
fn main() {}
