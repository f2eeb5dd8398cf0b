// SPDX-License-Identifier: GPL-3.0-or-later
//! What the kernel says about a process: processor time, whole and by thread; memory.

use std::collections::BTreeMap;
use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::Pid;

/// Processor time over a while, in percent of one core.
#[derive(Debug, Clone, Default)]
pub struct Usage {
    pub total: f64,
    /// By the threads' names (15 characters), those of the same name together.
    pub threads: BTreeMap<String, f64>,
}

impl Usage {
    /// What threads with names that start with `prefix` used.
    pub fn of(&self, prefix: &str) -> f64 {
        self.threads
            .iter()
            .filter(|(name, _)| name.starts_with(prefix))
            .map(|(_, percent)| percent)
            .sum()
    }
}

/// Watches a process for `time`.
pub fn usage(process: Pid, time: Duration) -> Usage {
    let (start, before, total) = (Instant::now(), threads(process), ticks_of(process, None));
    sleep(time);
    let (after, end) = (threads(process), ticks_of(process, None));
    let per_percent =
        start.elapsed().as_secs_f64() * rustix::param::clock_ticks_per_second() as f64 / 100.0;
    let mut usage = Usage {
        total: (end - total) as f64 / per_percent,
        threads: BTreeMap::new(),
    };
    for (thread, (name, ticks)) in after {
        let earlier = before.get(&thread).map_or(0, |(_, ticks)| *ticks);
        *usage.threads.entry(name).or_default() += (ticks - earlier) as f64 / per_percent;
    }
    usage
}

/// Its memory with its share of what it shares (PSS), in megabytes.
pub fn memory(process: Pid) -> f64 {
    memory_of(process, "Pss").unwrap_or_else(|| panic!("process {process} has no memory"))
}

/// Its memory of this kind (`Pss`, `Rss`: a line of `smaps_rollup`), in megabytes. `None` when it has ended.
pub fn memory_of(process: Pid, kind: &str) -> Option<f64> {
    let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?;
    let kilobytes: f64 = text.lines().find_map(|line| {
        let rest = line.strip_prefix(kind)?.strip_prefix(':')?;
        rest.trim().strip_suffix(" kB")?.parse().ok()
    })?;
    Some(kilobytes * 1024.0 / 1e6)
}

fn threads(process: Pid) -> BTreeMap<i32, (String, u64)> {
    let entries = fs::read_dir(format!("/proc/{process}/task")).expect("the process runs");
    entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let thread: i32 = entry.file_name().to_str()?.parse().ok()?;
            let name = fs::read_to_string(entry.path().join("comm")).ok()?;
            Some((
                thread,
                (name.trim().to_owned(), ticks_of(process, Some(thread))),
            ))
        })
        .collect()
}

/// Ticks in user and kernel mode of a process or of one of its threads; 0 for a thread that has ended.
fn ticks_of(process: Pid, thread: Option<i32>) -> u64 {
    let path = match thread {
        Some(thread) => format!("/proc/{process}/task/{thread}/stat"),
        None => format!("/proc/{process}/stat"),
    };
    let text = fs::read_to_string(path).unwrap_or_default();
    // The name in parentheses may contain anything; utime and stime are the 12th and 13th field after it.
    let fields = text.rsplit_once(") ").map_or("", |(_, fields)| fields);
    fields
        .split(' ')
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum()
}
