// SPDX-License-Identifier: GPL-3.0-or-later
//! `tests/data/deviations.toml`: where we decide otherwise than the reference, and the proof that each entry is true.

use std::fmt::Display;

use serde::Deserialize;

use crate::support::data_path;

/// The vector files whose tests go through [`Deviations`]; an entry for another file would never be checked.
const CHECKED: [&str; 3] = [
    "offers.json",
    "answers.json",
    "capture_recommendations.json",
];

/// Checked beside the code of discovery, which is no part of the protocol core.
const CHECKED_ELSEWHERE: [&str; 1] = ["txt_records.json"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Register {
    deviation: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    file: String,
    case: String,
    reference: String,
    ours: String,
    reason: String,
}

/// The entries of one vector file. Compare everything through it, then call [`Deviations::finish`].
pub struct Deviations {
    entries: Vec<Entry>,
    met: Vec<bool>,
}

fn register() -> Vec<Entry> {
    let text = std::fs::read_to_string(data_path("deviations.toml")).unwrap();
    toml::from_str::<Register>(&text).unwrap().deviation
}

impl Deviations {
    /// The entries for a file of vectors.
    pub fn of(file: &str) -> Deviations {
        assert!(CHECKED.contains(&file), "add {file} to CHECKED");
        let entries: Vec<Entry> = register()
            .into_iter()
            .filter(|entry| entry.file == file)
            .collect();
        let met = vec![false; entries.len()];
        Deviations { entries, met }
    }

    /// Fails unless both are equal, or differ in exactly the way that the register says.
    pub fn compare(&mut self, case: &str, what: &str, reference: impl Display, ours: impl Display) {
        let (reference, ours) = (format!("{what}: {reference}"), format!("{what}: {ours}"));
        if reference == ours {
            return;
        }
        let listed = self.entries.iter().position(|entry| {
            entry.case == case && entry.reference == reference && entry.ours == ours
        });
        match listed {
            Some(at) => self.met[at] = true,
            None => panic!("{case}: the reference says \"{reference}\", we say \"{ours}\""),
        }
    }

    /// Fails if an entry was not met.
    pub fn finish(self) {
        for (entry, met) in self.entries.iter().zip(self.met) {
            assert!(
                met,
                "the deviation \"{}\" ({}) is stale",
                entry.case, entry.reference
            );
        }
    }
}

#[test]
fn every_deviation_belongs_to_a_file_that_is_checked_and_gives_a_reason() {
    for entry in register() {
        let file = entry.file.as_str();
        assert!(
            CHECKED.contains(&file) || CHECKED_ELSEWHERE.contains(&file),
            "{file}"
        );
        assert!(entry.reason.len() > 20, "{}", entry.case);
    }
}
