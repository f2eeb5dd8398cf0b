// SPDX-License-Identifier: GPL-3.0-or-later
//! Rows: the runs of a case, their medians and worst values, and the file that they go to.

#[path = "../support/file.rs"]
mod file;

use std::io;

use serde_json::{Map, Value, json};

use crate::netsim::metrics::percentile;
use crate::netsim::run::Figures;
use crate::plan::{Case, FILM, Task};

/// Which values are bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bad {
    Low,
    High,
}

/// A figure by name.
pub type Metric = (&'static str, Bad, fn(&Figures) -> f64);

/// Those of the file, in its order.
pub const METRICS: [Metric; 11] = [
    ("on_time_pct", Bad::Low, |it| it.on_time_pct),
    ("longest_freeze_ms", Bad::High, |it| it.longest_freeze_ms),
    ("frozen_ms", Bad::High, |it| it.frozen_ms),
    ("audio_gap_ms", Bad::High, |it| it.audio_gap_ms),
    ("p50_ms", Bad::High, |it| it.p50_ms),
    ("p95_ms", Bad::High, |it| it.p95_ms),
    ("p99_ms", Bad::High, |it| it.p99_ms),
    ("utilisation_pct", Bad::Low, |it| it.utilisation_pct),
    ("queue_ms", Bad::High, |it| it.queue_ms),
    ("repeated_pct", Bad::High, |it| it.repeated_pct),
    ("overhead_pct", Bad::High, |it| it.overhead_pct),
];

/// The runs of one case.
#[derive(Debug)]
pub struct Row {
    pub case: Case,
    pub runs: Vec<Figures>,
}

impl Row {
    pub fn median(&self, figure: impl Fn(&Figures) -> f64) -> f64 {
        let mut values: Vec<f64> = self.runs.iter().map(figure).collect();
        percentile(&mut values, 0.5)
    }

    pub fn worst(&self, bad: Bad, figure: impl Fn(&Figures) -> f64) -> f64 {
        let values = self.runs.iter().map(figure);
        match bad {
            Bad::Low => values.fold(f64::INFINITY, f64::min),
            Bad::High => values.fold(f64::NEG_INFINITY, f64::max),
        }
    }

    fn to_json(&self) -> Value {
        let mut row = Map::new();
        let case = &self.case;
        let mut put = |name: &str, value: Value| row.insert(name.to_owned(), value);
        put("profile", json!(case.profile.slug));
        put("traffic", json!(case.traffic));
        put(
            "target_delay_ms",
            json!(case.profile.target_delay.as_millis() as u64),
        );
        put("feedback_ms", json!(case.receiver.feedback_ms));
        put("answers_sr", json!(case.receiver.answers_sr));
        put("sender", json!(case.sender.name()));
        for (name, bad, figure) in METRICS {
            put(name, rounded(self.median(figure)));
            put(&format!("{name}_worst"), rounded(self.worst(bad, figure)));
        }
        Value::Object(row)
    }
}

/// To a thousandth; JSON has no infinity.
fn rounded(value: f64) -> Value {
    json!((value * 1000.0).round() / 1000.0)
}

/// Writes all rows to `target/bench/network.json`.
pub fn write(rows: &[Row]) -> io::Result<()> {
    let list: Vec<Value> = rows.iter().map(Row::to_json).collect();
    file::write("network.json", &list)
}

/// The network of which the plots show the course.
const TRACED: &str = "steps_8_2_6";

/// Writes the course of a run of each sender to `target/bench/network-traces.json`, for the plots: the first seed on
/// the network with steps, with a receiver that tells losses late.
pub fn write_traces(tasks: &[Task]) -> io::Result<()> {
    let mut traces: Vec<Value> = Vec::new();
    let mut done = Vec::new();
    for task in tasks {
        let case = &task.case;
        let is_wanted = case.profile.slug == TRACED
            && case.traffic == FILM
            && case.receiver.feedback_ms == 500
            && case.receiver.answers_sr;
        if !is_wanted || done.contains(&case.sender) {
            continue;
        }
        done.push(case.sender);
        let points: Vec<Value> = task
            .trace()
            .iter()
            .map(|point| {
                json!({
                    "seconds": point.seconds,
                    "capacity_kbps": point.capacity_kbps,
                    "delivered_kbps": rounded(point.delivered_kbps),
                    "queue_ms": rounded(point.queue_ms),
                })
            })
            .collect();
        let (profile, sender) = (case.profile.slug, case.sender.name());
        traces.push(json!({"profile": profile, "sender": sender, "points": points}));
    }
    file::write("network-traces.json", &traces)
}
