// SPDX-License-Identifier: GPL-3.0-or-later
//! The measurements.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use rustix::process::Pid;

use crate::desk::{Desk, TV, longest_block};
use crate::process;
use crate::rows::Row;

/// Starts of which the middle counts; one more goes before them, so that the disk's cache is warm.
const STARTS: usize = 10;
/// How long a window stands before it counts as idle, and then is looked at.
const IDLE: Duration = Duration::from_mins(1);
/// How long each state of the statistics is looked at.
const LOOK: Duration = Duration::from_secs(20);
/// After the panel has moved in or out.
const SETTLE: Duration = Duration::from_secs(2);
const END: Duration = Duration::from_secs(10);

/// `first_window_ms`: from the start of the program to its first picture, the middle of [`STARTS`].
pub fn first() -> Vec<Row> {
    let desk = Desk::new();
    let mut times: Vec<f64> = (0..=STARTS)
        .map(|_| {
            let (mut window, time) = desk.window();
            window.interrupt(END);
            desk.wait_empty();
            time
        })
        .collect();
    times.remove(0);
    times.sort_by(f64::total_cmp);
    println!("first pictures: {times:.0?} ms");
    vec![Row::new("first_window_ms", times[STARTS / 2], "ms")]
}

/// `idle_pss_mb` and `idle_wakeups_per_s`, on a network where nothing is announced.
pub fn idle() -> Vec<Row> {
    let desk = Desk::new();
    let window = desk.plain_window();
    sleep(IDLE);
    let memory = process::memory(window.pid());
    let before = switches(window.pid());
    sleep(IDLE);
    let wakeups = (switches(window.pid()) - before) as f64 / IDLE.as_secs_f64();
    vec![
        Row::new("idle_pss_mb", memory, "MB"),
        Row::new("idle_wakeups_per_s", wakeups, "1/s"),
    ]
}

/// `stats_cpu_pct`: what the statistics cost more while a screen is cast; and `longest_block_ms` of a window that was used.
pub fn statistics() -> Vec<Row> {
    let desk = Desk::new();
    let _receiver = desk.receiver();
    let window = desk.plain_window();
    let mut person = desk.person();
    person.press(format!("Cast to {TV}").as_str());
    desk.desktop.press(&["Share"]);
    person.see("Stop Casting");
    let cost = |shown: bool| {
        sleep(SETTLE);
        let usage = process::usage(window.pid(), LOOK);
        println!("statistics shown: {shown}: {:.1} %", usage.total);
        usage.total
    };
    let mut more = Vec::new();
    for _ in 0..3 {
        let hidden = cost(false);
        desk.desktop.shell(&["key", "F9"]);
        let shown = cost(true);
        desk.desktop.shell(&["key", "F9"]);
        more.push(shown - hidden);
    }
    more.sort_by(f64::total_cmp);
    vec![
        Row::new("stats_cpu_pct", more[1], "%"),
        Row::new("longest_block_ms", blocks(&desk), "ms"),
    ]
}

/// A person uses everything once.
fn blocks(desk: &Desk) -> f64 {
    let (mut window, _) = desk.window();
    let longest = longest_block(&window);
    window.interrupt(END);
    longest
}

/// How often the threads of a process gave up the processor by themselves.
fn switches(process: Pid) -> u64 {
    let threads = fs::read_dir(format!("/proc/{process}/task")).expect("the process runs");
    threads
        .filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("status")).ok())
        .filter_map(|status| {
            let line = status
                .lines()
                .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?;
            line.trim().parse::<u64>().ok()
        })
        .sum()
}
