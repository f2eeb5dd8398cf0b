// SPDX-License-Identifier: GPL-3.0-or-later
//! Peers that lie, flood and stall, against the real program, whose memory, processor time and words are counted from
//! outside.

mod devices;
mod receivers;
mod senders;

use super::*;

/// What a program has cost so far.
#[derive(Debug, Clone, Copy)]
struct Burden {
    /// The most memory that it ever had, in KiB.
    most_kb: u64,
    /// Processor time.
    busy: Duration,
    /// Lines on standard error.
    lines: usize,
}

/// Lines on standard error that a whole test may bring: what it is doing, what went wrong, and a few warnings.
const MAX_LINES: usize = 40;

impl Telecast {
    /// What it has cost. It must run.
    fn burden(&self) -> Burden {
        self.burden_while_it_runs().expect("it runs")
    }

    /// What it has cost; `None` once it has ended.
    fn burden_while_it_runs(&self) -> Option<Burden> {
        let id = self.group.as_raw_nonzero();
        let read = |name| std::fs::read_to_string(format!("/proc/{id}/{name}")).ok();
        let status = read("status")?;
        let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
        // Behind the name, which may hold anything: state is the third field, the two times the 14th and the 15th.
        let stat = read("stat")?;
        let (_, fields) = stat.rsplit_once(") ")?;
        let times = fields.split_whitespace().skip(11).take(2);
        let ticks: u64 = times.filter_map(|time| time.parse::<u64>().ok()).sum();
        let a_second = rustix::param::clock_ticks_per_second();
        Some(Burden {
            most_kb: line.split_whitespace().nth(1)?.parse().ok()?,
            busy: Duration::from_secs_f64(ticks as f64 / a_second as f64),
            lines: self.errors.lock().unwrap().len(),
        })
    }

    /// Processor time of a while in which nothing is done to it.
    async fn idles(&self, time: Duration) -> Duration {
        let before = self.burden().busy;
        tokio::time::sleep(time).await;
        self.burden().busy.saturating_sub(before)
    }
}

impl Burden {
    /// It has grown by no more than this since `before`, and has not said much.
    fn grew_at_most(&self, before: &Burden, kb: u64) {
        let grown = self.most_kb - before.most_kb;
        assert!(grown <= kb, "{grown} KiB more: {before:?}, {self:?}");
        assert!(self.lines <= MAX_LINES, "{self:?}");
    }
}
