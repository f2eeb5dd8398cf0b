// SPDX-License-Identifier: GPL-3.0-or-later
//! `docs/security.md` names a test for each claim: they exist, and so do the fuzz targets.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

/// What stands between backticks.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn is_a_test(file: &Path, function: &str) -> bool {
    let Ok(text) = fs::read_to_string(file) else {
        return false;
    };
    let head = format!("fn {function}(");
    let mut before = "";
    text.lines().any(|line| {
        let found = line
            .trim_start()
            .trim_start_matches("async ")
            .starts_with(&head);
        let is_marked = before.contains("test");
        before = line;
        found && is_marked
    })
}

#[test]
fn each_test_that_a_claim_names_exists() {
    let page = fs::read_to_string(root().join("docs/security.md")).expect("the page");
    let tests: Vec<&str> = names(&page).filter(|name| name.contains(".rs::")).collect();
    assert!(tests.len() > 50, "{tests:?}");
    let missing: Vec<&&str> = tests
        .iter()
        .filter(|name| {
            let (file, function) = name.split_once("::").expect("a file and a function");
            let folder = if file.starts_with("src/") {
                ""
            } else {
                "tests"
            };
            !is_a_test(&root().join(folder).join(file), function)
        })
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn each_fuzz_target_is_named() {
    let page = fs::read_to_string(root().join("docs/security.md")).expect("the page");
    let named: Vec<&str> = names(&page).collect();
    let targets = fs::read_dir(root().join("fuzz/fuzz_targets")).expect("targets");
    for target in targets {
        let path = target.expect("an entry").path();
        let target = path.file_stem().and_then(|name| name.to_str());
        let target = target.expect("a name");
        assert!(named.contains(&target), "{target}");
    }
}
