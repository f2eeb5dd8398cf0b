// SPDX-License-Identifier: GPL-3.0-or-later
//! The table at the end, and the rows of the file.

use crate::rows::{self, Row};

/// What each figure must stay below; figures without a target are not here.
const TARGETS: [(&str, f64); 8] = [
    ("pixel_to_complete_p50_ms", 40.0),
    ("pixel_to_complete_p95_ms", 55.0),
    ("process_cpu_pct", 30.0),
    ("sender_cpu_pct", 4.0),
    ("still_cpu_pct", 2.0),
    ("pss_720_mb", 100.0),
    ("pss_1080_mb", 200.0),
    ("first_frame_ms", 600.0),
];

/// All figures of a run.
#[derive(Default)]
pub struct Report {
    rows: Vec<Row>,
}

impl Report {
    /// Adds a figure.
    pub fn add(&mut self, name: &'static str, value: f64, unit: &'static str) {
        self.rows.push(Row::new(name, value, unit));
    }

    /// Writes what there is into the file.
    pub fn save(&self) -> std::io::Result<()> {
        rows::merge("path.json", &self.rows)
    }

    pub fn print(&self) {
        println!("\n{:<32} {:>10} {:>10}", "figure", "measured", "below");
        for row in &self.rows {
            let target = TARGETS.iter().find(|(name, _)| *name == row.name);
            let (limit, verdict) = match target {
                Some((_, limit)) if row.value < *limit => (format!("{limit}"), ""),
                Some((_, limit)) => (format!("{limit}"), "MISSED"),
                None => (String::new(), ""),
            };
            println!(
                "{:<32} {:>10.1} {limit:>10} {} {verdict}",
                row.name, row.value, row.unit
            );
        }
    }
}
