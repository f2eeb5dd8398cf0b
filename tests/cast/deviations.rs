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
    defect: Vec<Defect>,
    deviation: Vec<Entry>,
}

/// A known defect of the reference.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Defect {
    number: usize,
    reference: String,
    ours: Decision,
    reason: String,
    proof: Option<Proof>,
}

#[derive(Deserialize, PartialEq)]
enum Decision {
    #[serde(rename = "deviates")]
    Deviates,
    #[serde(rename = "same")]
    Same,
    #[serde(rename = "does not apply")]
    DoesNotApply,
}

/// The test that shows what is done.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Proof {
    file: String,
    test: String,
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

/// How many defects of the reference are known.
const DEFECTS: usize = 12;

fn register() -> Register {
    let text = std::fs::read_to_string(data_path("deviations.toml")).unwrap();
    toml::from_str(&text).unwrap()
}

impl Deviations {
    /// The entries for a file of vectors.
    pub fn of(file: &str) -> Deviations {
        assert!(CHECKED.contains(&file), "add {file} to CHECKED");
        let entries: Vec<Entry> = register()
            .deviation
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
    for entry in register().deviation {
        let file = entry.file.as_str();
        assert!(
            CHECKED.contains(&file) || CHECKED_ELSEWHERE.contains(&file),
            "{file}"
        );
        assert!(entry.reason.len() > 20, "{}", entry.case);
    }
}

#[test]
fn every_known_defect_of_the_reference_is_decided_on_with_a_reason_and_a_test_that_shows_it() {
    let defects = register().defect;
    let numbers: Vec<usize> = defects.iter().map(|defect| defect.number).collect();
    assert_eq!(numbers, (1..=DEFECTS).collect::<Vec<_>>());
    for defect in defects {
        let number = defect.number;
        assert!(
            defect.reference.len() > 20 && defect.reason.len() > 20,
            "{number}"
        );
        let Some(proof) = defect.proof else {
            assert!(defect.ours == Decision::DoesNotApply, "{number}: no proof");
            continue;
        };
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(&proof.file);
        let text = std::fs::read_to_string(&file)
            .unwrap_or_else(|error| panic!("{number}: {}: {error}", proof.file));
        let name = format!("fn {}() {{", proof.test);
        let is_test = text
            .find(&name)
            .is_some_and(|at| text[..at].trim_end().ends_with("#[test]"));
        assert!(
            is_test,
            "{number}: no test {} in {}",
            proof.test, proof.file
        );
    }
}
