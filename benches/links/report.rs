// SPDX-License-Identifier: GPL-3.0-or-later
//! The table, and the rows of the file: of each figure the median of the runs and the worst.

#[path = "../support/file.rs"]
mod file;

use serde_json::{Value, json};

use crate::links::figures::Figures;
use crate::links::profiles::Profile;

/// A figure: its key in the file, its heading, and whether more is worse.
struct Column {
    key: &'static str,
    heading: &'static str,
    more_is_worse: bool,
    of: fn(&Figures) -> f64,
}

const COLUMNS: [Column; 13] = [
    better("on_time_pct", "in time %", Figures::on_time_pct),
    worse("longest_freeze_ms", "freeze ms", |it| {
        it.longest_freeze_ms as f64
    }),
    worse("frozen_ms", "frozen ms", |it| it.frozen_ms as f64),
    better("heard_pct", "sound %", Figures::heard_pct),
    worse("audio_gap_ms", "gap ms", |it| it.longest_gap_ms as f64),
    worse("p50_ms", "p50 ms", |it| it.delay_ms[0]),
    worse("p95_ms", "p95 ms", |it| it.delay_ms[1]),
    worse("p99_ms", "p99 ms", |it| it.delay_ms[2]),
    worse("round_trip_ms", "rtt ms", |it| it.round_trip_ms),
    better("fps", "pictures/s", Figures::per_second),
    better("bitrate_kbps", "kbit/s", |it| it.bitrate / 1000.0),
    worse("repeated_pct", "again %", Figures::repeated_pct),
    worse("lost_packets", "lost", |it| it.counts.lost as f64),
];

const fn worse(key: &'static str, heading: &'static str, of: fn(&Figures) -> f64) -> Column {
    Column {
        key,
        heading,
        more_is_worse: true,
        of,
    }
}

const fn better(key: &'static str, heading: &'static str, of: fn(&Figures) -> f64) -> Column {
    Column {
        more_is_worse: false,
        ..worse(key, heading, of)
    }
}

/// All runs, by link.
#[derive(Default)]
pub struct Report {
    rows: Vec<(Profile, Vec<Figures>)>,
}

impl Report {
    /// Adds a run.
    pub fn add(&mut self, profile: &Profile, figures: Figures) {
        match self.rows.last_mut() {
            Some((last, runs)) if last.slug == profile.slug => runs.push(figures),
            _ => self.rows.push((*profile, vec![figures])),
        }
    }

    pub fn print(&self) {
        println!("median, and the worst run below it");
        print!("{:<8}{:<18}{:>8}", "link", "between", "delay ms");
        for column in &COLUMNS {
            print!("{:>11}", column.heading);
        }
        println!();
        for (profile, runs) in &self.rows {
            print!(
                "{:<8}{:<18}{:>8}",
                profile.slug,
                profile.what,
                profile.target_delay.as_millis()
            );
            for column in &COLUMNS {
                print!("{:>11.1}", column.median(runs));
            }
            print!("\n{:<34}", "");
            for column in &COLUMNS {
                print!("{:>11.1}", column.worst(runs));
            }
            println!();
        }
    }

    /// Writes `target/bench/links.json`.
    pub fn save(&self) -> std::io::Result<()> {
        let rows: Vec<Value> = self
            .rows
            .iter()
            .map(|(profile, runs)| row(profile, runs))
            .collect();
        file::write("links.json", &rows)
    }
}

fn row(profile: &Profile, runs: &[Figures]) -> Value {
    let mut row = json!({"profile": profile.slug, "target_delay_ms": profile.target_delay.as_millis() as u64, "runs": runs.len()});
    for column in &COLUMNS {
        row[column.key] = column.median(runs).into();
        row[format!("{}_worst", column.key)] = column.worst(runs).into();
    }
    row
}

impl Column {
    fn sorted(&self, runs: &[Figures]) -> Vec<f64> {
        let mut values: Vec<f64> = runs.iter().map(self.of).collect();
        values.sort_by(f64::total_cmp);
        values
    }

    /// The middle value; of an even number of them the upper one of the two.
    fn median(&self, runs: &[Figures]) -> f64 {
        let values = self.sorted(runs);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    }

    fn worst(&self, runs: &[Figures]) -> f64 {
        let values = self.sorted(runs);
        let worst = if self.more_is_worse {
            values.last()
        } else {
            values.first()
        };
        worst.copied().unwrap_or(f64::NAN)
    }
}
