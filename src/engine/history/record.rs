// SPDX-License-Identifier: GPL-3.0-or-later
//! A [`History`] as JSON, for those who want to look into it later or send it to somebody.

use std::time::Instant;

use serde::Serialize;

use super::History;
use crate::session::stats::SessionStats;

/// The file.
#[derive(Serialize)]
struct Record<'a> {
    program: &'static str,
    version: &'static str,
    samples: Vec<Line<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    seconds_ago: f64,
    #[serde(flatten)]
    stats: &'a SessionStats,
}

impl History {
    /// The samples, oldest first, in the words of `mirror --stats json`, each with its age at `now`. The keys are
    /// documented in `docs/json.md`.
    ///
    /// # Errors
    /// When a number cannot be written, which JSON has no form for.
    pub fn to_json(&self, now: Instant) -> serde_json::Result<String> {
        let samples = self.samples();
        let lines = samples.iter().map(|sample| {
            let age = now.saturating_duration_since(sample.at).as_secs_f64();
            Line {
                seconds_ago: (age * 10.0).round() / 10.0,
                stats: &sample.stats,
            }
        });
        serde_json::to_string_pretty(&Record {
            program: "telecast",
            version: env!("CARGO_PKG_VERSION"),
            samples: lines.collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_sample_has_its_age_and_the_keys_of_the_command_line() {
        let (history, start) = (History::default(), Instant::now());
        for second in [0, 1] {
            let stats = SessionStats {
                codec: Some("vp8"),
                ..SessionStats::default()
            };
            history.push(start + Duration::from_secs(second), stats);
        }
        let text = history.to_json(start + Duration::from_millis(1500));
        let read: serde_json::Value = serde_json::from_str(&text.unwrap()).unwrap();
        assert_eq!(read["program"], "telecast");
        let samples = read["samples"].as_array().unwrap();
        let ages: Vec<_> = samples
            .iter()
            .map(|it| it["seconds_ago"].as_f64())
            .collect();
        assert_eq!(ages, [Some(1.5), Some(0.5)]);
        assert_eq!(samples[1]["codec"], "vp8");
        assert!(samples[1]["latency_ms"].is_object());
    }
}
