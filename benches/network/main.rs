// SPDX-License-Identifier: GPL-3.0-or-later
//! How well the sender does on bad networks: seeded simulations of one minute each, for every profile, kind of receiver
//! and sender. Prints a table against the targets, and writes its rows to `target/bench/network.json`.
//!
//! `docs/benchmarks.md` explains the figures. No clock, no socket: the same seeds give the same table everywhere.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "the simulation is shared with the tests"
)]

mod calibration;
#[path = "../../tests/netsim/netsim.rs"]
mod netsim;
mod plan;
mod report;
mod rows;
mod targets;

use std::error::Error;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use netsim::run::Figures;
use plan::{Plan, Task};
use rows::Row;

fn main() -> Result<(), Box<dyn Error>> {
    let Some(plan) = Plan::from_args(std::env::args().skip(1))? else {
        print!("{}", plan::USAGE);
        return Ok(());
    };
    if plan.calibrates() {
        calibration::print();
    }
    let tasks = plan.tasks();
    let figures = run_all(&tasks);
    let mut rows: Vec<Row> = Vec::new();
    for (task, figures) in tasks.iter().zip(figures) {
        match rows.last_mut().filter(|row| row.case == task.case) {
            Some(row) => row.runs.push(figures),
            None => rows.push(Row {
                case: task.case.clone(),
                runs: vec![figures],
            }),
        }
    }
    report::print(&rows);
    if plan.is_whole() {
        rows::write(&rows)?;
        rows::write_traces(&tasks)?;
    }
    Ok(())
}

/// Runs them on all processors; the results are in the order of the tasks.
fn run_all(tasks: &[Task]) -> Vec<Figures> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(vec![Figures::default(); tasks.len()]);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(task) = tasks.get(index) else { break };
                    let figures = task.measure();
                    results.lock().unwrap()[index] = figures;
                }
            });
        }
    });
    results.into_inner().unwrap()
}
