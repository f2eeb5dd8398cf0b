// SPDX-License-Identifier: GPL-3.0-or-later
//! The measurements.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::thread::sleep;
use std::time::Duration;

use rustix::process::Pid;

use crate::desk::{Desk, TV, longest_block};
use crate::process;
use crate::rows::Row;
use crate::support::accessible::{Person, named};

/// Starts of which the middle counts; one more goes before them, so that the disk's cache is warm.
const STARTS: usize = 10;
/// How long a window stands before it counts as idle, and then is looked at.
const IDLE: Duration = Duration::from_mins(1);
/// Comparisons of the statistics shown and hidden, of which the middle counts.
const ROUNDS: usize = 3;
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
    let mut threads: Vec<(String, u64)> = switches(window.pid())
        .into_iter()
        .map(|(thread, (name, count))| {
            let earlier = before.get(&thread).map_or(0, |(_, count)| *count);
            (name, count - earlier)
        })
        .collect();
    threads.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    threads.retain(|(_, count)| *count > 0);
    println!("woken within {IDLE:?}: {threads:?}");
    let wakeups = threads.iter().map(|(_, count)| *count).sum::<u64>() as f64 / IDLE.as_secs_f64();
    vec![
        Row::new("idle_pss_mb", memory, "MB"),
        Row::new("idle_wakeups_per_s", wakeups, "1/s"),
    ]
}

/// `stats_cpu_pct`: what the statistics cost more while a screen is cast on which nothing else moves.
pub fn statistics() -> Vec<Row> {
    let desk = Desk::new();
    let _receiver = desk.receiver();
    let window = desk.plain_window();
    begin(&desk, &mut desk.person());
    let cost = |shown: bool| {
        sleep(SETTLE);
        let usage = process::usage(window.pid(), LOOK);
        println!("statistics shown: {shown}: {:.1} %", usage.total);
        usage.total
    };
    let mut more: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let hidden = cost(false);
            desk.desktop.shell(&["key", "F9"]);
            let shown = cost(true);
            desk.desktop.shell(&["key", "F9"]);
            shown - hidden
        })
        .collect();
    more.sort_by(f64::total_cmp);
    vec![Row::new("stats_cpu_pct", more[ROUNDS / 2], "%")]
}

/// `longest_block_ms`, while a person uses everything once: list, preferences, cast, statistics, volume, latency, pause, stop.
pub fn blocks() -> Vec<Row> {
    let desk = Desk::new();
    let _receiver = desk.receiver();
    let (mut window, _) = desk.window();
    let mut person = desk.person();
    let key = |name: &str| desk.desktop.shell(&["key", name]);
    person.see(cast_button().as_str());
    key("Control_L+comma");
    person.see("Preferences");
    key("Escape");
    person.press(named("Window").below("What to cast"));
    person.press(named("Screen").below("What to cast"));
    begin(&desk, &mut person);
    key("F9");
    sleep(LOOK);
    key("F9");
    person.set(format!("Volume of {TV}").as_str(), 0.5);
    person.press(named("Robust").below("Latency"));
    person.press("Pause Picture");
    person.press("Resume Picture");
    sleep(SETTLE);
    person.press("Stop Casting");
    person.see(cast_button().as_str());
    sleep(SETTLE);
    let longest = longest_block(&window);
    window.interrupt(END);
    vec![Row::new("longest_block_ms", longest, "ms")]
}

fn cast_button() -> String {
    format!("Cast to {TV}")
}

/// Casts the screen.
fn begin(desk: &Desk, person: &mut Person) {
    person.press(cast_button().as_str());
    desk.desktop.press(&["Share"]);
    person.see("Stop Casting");
}

/// How often each thread of a process gave up the processor by itself, with its name.
fn switches(process: Pid) -> HashMap<OsString, (String, u64)> {
    let threads = fs::read_dir(format!("/proc/{process}/task")).expect("the process runs");
    threads
        .filter_map(|thread| {
            let thread = thread.ok()?;
            let status = fs::read_to_string(thread.path().join("status")).ok()?;
            let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name));
            let count = field("voluntary_ctxt_switches:")?.trim().parse().ok()?;
            Some((
                thread.file_name(),
                (field("Name:")?.trim().to_owned(), count),
            ))
        })
        .collect()
}
