// SPDX-License-Identifier: GPL-3.0-or-later
//! The casts, and the pictures that were decoded in them.

use std::time::Duration;

use serde_json::Value;

use crate::rows::Row;
use crate::support::cast::TV;
use crate::support::chromium::{Cast, Ground};
use crate::support::wait_until;
use crate::{machine, rows, statistics};

/// The first seconds, in which Chromium finds out what it can send, are not counted.
const FIRST: usize = 2;
/// Seconds that are.
const COUNTED: usize = 20;
/// What the figure must not be below.
const TARGET: f64 = 25.0;
/// Chromium starts, finds the receiver, mirrors.
const LIMIT: Duration = Duration::from_mins(2);

/// All casts.
pub fn run() -> std::io::Result<()> {
    println!("{}", machine::describe());
    let runs = std::env::var("BENCH_RUNS")
        .ok()
        .and_then(|text| text.parse().ok());
    let Some(ground) = Ground::new() else {
        return Ok(());
    };
    let mut browser = ground.browser(&ground.root());
    let mut rates = Vec::new();
    for _ in 0..runs.unwrap_or(3).max(1) {
        let before = ground.receiver.objects().len();
        browser.cast(TV, Cast::Tab);
        let mut seconds = Vec::new();
        wait_until("a cast", LIMIT, || {
            seconds = streaming(&ground, before);
            seconds.len() >= FIRST + COUNTED
        });
        browser.stop(TV);
        wait_until("its end", LIMIT, || {
            let newest = ground.receiver.newest_object().unwrap_or_default();
            newest["state"] == "idle"
        });
        let counted = &seconds[FIRST..FIRST + COUNTED];
        rates.push(counted.iter().sum::<f64>() / COUNTED as f64);
    }
    println!("pictures a second after the first {FIRST} s of a cast: {rates:.1?}");
    let rate = statistics::median(&rates);
    let verdict = if rate < TARGET { "MISSED" } else { "" };
    println!("\n{:<32} {:>10} {:>10}", "figure", "measured", "at least");
    println!("{:<32} {rate:>10.1} {TARGET:>10} {verdict}", "chromium_fps");
    rows::merge(
        "chromium.json",
        &[Row::new("chromium_fps", rate, "pictures/s")],
    )
}

/// Pictures that were decoded in each second of the cast until now.
fn streaming(ground: &Ground, before: usize) -> Vec<f64> {
    let objects = ground.receiver.objects();
    let new = objects.get(before..).unwrap_or_default();
    let streaming = new.iter().filter(|object| object["state"] == "streaming");
    let rate = |object: &Value| object["fps"]["decoded"].as_f64().unwrap_or_default();
    streaming.map(rate).collect()
}
