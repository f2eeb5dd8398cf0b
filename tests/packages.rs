// SPDX-License-Identifier: GPL-3.0-or-later
//! The crates that all this is built from: their licences and which of them come in several versions, against what `deny.toml`
//! allows. `make deny` has cargo-deny look at the same file, and at advisories.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde::Deserialize;

/// What of `deny.toml` is read here.
#[derive(Debug, Deserialize)]
struct Rules {
    graph: Graph,
    licenses: Licences,
    bans: Bans,
}

#[derive(Debug, Deserialize)]
struct Graph {
    targets: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Licences {
    allow: BTreeSet<String>,
    exceptions: Vec<Exception>,
}

#[derive(Debug, Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    name: String,
    allow: BTreeSet<String>,
}

#[derive(Debug, Deserialize)]
struct Bans {
    skip: Vec<Skip>,
}

#[derive(Debug, Deserialize)]
struct Skip {
    /// `NAME@VERSION`, the version's first numbers.
    #[serde(rename = "crate")]
    spec: String,
    reason: String,
}

/// A crate that is built from.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Package {
    name: String,
    version: String,
    licence: String,
}

fn rules() -> Rules {
    let text = include_str!("../deny.toml");
    toml::from_str(text).expect("deny.toml")
}

/// All crates that are compiled on a machine like this one, those of tests and of the fuzz targets too.
fn packages(rules: &Rules) -> BTreeSet<Package> {
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    assert!(
        rules.graph.targets.contains(&target),
        "{target} is not in deny.toml"
    );
    let output = Command::new(std::env::var_os("CARGO").expect("cargo runs this"))
        .args(["tree", "--locked", "--workspace", "--all-features"])
        .args(["--edges", "normal,build,dev", "--prefix", "none"])
        .args(["--format", "{p}|{l}", "--target", &target])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words}");
    let text = String::from_utf8(output.stdout).expect("text");
    let lines = text.lines().filter(|line| !line.is_empty());
    let packages: BTreeSet<Package> = lines.map(package).collect();
    assert!(packages.len() > 200, "{packages:?}");
    packages
}

/// A line: `NAME vVERSION (what else there is)|LICENCE (*)`.
fn package(line: &str) -> Package {
    let (package, licence) = line.split_once('|').expect("two columns");
    let mut words = package.split(' ');
    let mut word = || words.next().expect("a name and a version");
    Package {
        name: word().to_owned(),
        version: word().trim_start_matches('v').to_owned(),
        licence: licence.trim_end_matches(" (*)").trim().to_owned(),
    }
}

/// Whether an SPDX expression is fulfilled by these licences alone; each that was needed goes into `used`.
///
/// The old way of writing "or", a slash, is understood.
fn is_allowed(expression: &str, allowed: &BTreeSet<String>, used: &mut BTreeSet<String>) -> bool {
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace(" WITH ", "\u{a0}WITH\u{a0}");
    let words: Vec<&str> = spaced.split(' ').filter(|word| !word.is_empty()).collect();
    let mut rest = words.as_slice();
    let allowed = any_of(&mut rest, allowed, used);
    assert!(rest.is_empty(), "{expression}");
    allowed
}

fn any_of(rest: &mut &[&str], allowed: &BTreeSet<String>, used: &mut BTreeSet<String>) -> bool {
    let mut is_one = all_of(rest, allowed, used);
    while let Some(("OR", after)) = rest.split_first().map(|(word, after)| (*word, after)) {
        *rest = after;
        is_one |= all_of(rest, allowed, used);
    }
    is_one
}

fn all_of(rest: &mut &[&str], allowed: &BTreeSet<String>, used: &mut BTreeSet<String>) -> bool {
    let mut is_all = one(rest, allowed, used);
    while let Some(("AND", after)) = rest.split_first().map(|(word, after)| (*word, after)) {
        *rest = after;
        is_all &= one(rest, allowed, used);
    }
    is_all
}

fn one(rest: &mut &[&str], allowed: &BTreeSet<String>, used: &mut BTreeSet<String>) -> bool {
    let (word, after) = rest.split_first().expect("a licence or a bracket");
    *rest = after;
    if *word == "(" {
        let inside = any_of(rest, allowed, used);
        let (end, after) = rest.split_first().expect("a bracket");
        assert_eq!(*end, ")");
        *rest = after;
        return inside;
    }
    let licence = word.replace('\u{a0}', " ");
    let is_allowed = allowed.contains(&licence);
    if is_allowed {
        used.insert(licence);
    }
    is_allowed
}

#[test]
fn all_licences_are_allowed_and_none_is_allowed_in_vain() {
    let rules = rules();
    let mut used = BTreeSet::new();
    for package in packages(&rules) {
        let mut exceptions = rules.licenses.exceptions.iter();
        let exception = exceptions.find(|exception| exception.name == package.name);
        let allowed = exception.map_or(&rules.licenses.allow, |exception| &exception.allow);
        assert!(
            is_allowed(&package.licence, allowed, &mut used),
            "{package:?}"
        );
    }
    let in_vain: Vec<_> = rules.licenses.allow.difference(&used).collect();
    assert!(in_vain.is_empty(), "{in_vain:?}");
}

#[test]
fn no_crate_comes_in_two_versions_without_a_reason() {
    let rules = rules();
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in packages(&rules) {
        versions
            .entry(package.name)
            .or_default()
            .insert(package.version);
    }
    for skip in &rules.bans.skip {
        assert!(!skip.reason.is_empty(), "{skip:?}");
        let (name, version) = skip.spec.split_once('@').expect("NAME@VERSION");
        let found = versions.get_mut(name).expect(name);
        let before = found.len();
        found.retain(|it| !it.starts_with(&format!("{version}.")));
        assert!(
            found.len() < before && before > 1,
            "nobody needs this any more: {skip:?}"
        );
    }
    let doubled: Vec<_> = versions.iter().filter(|(_, all)| all.len() > 1).collect();
    assert!(doubled.is_empty(), "{doubled:?}");
}

#[test]
fn licences_are_understood_as_they_are_written() {
    let allowed: BTreeSet<String> = ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"]
        .map(str::to_owned)
        .into();
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-2.0", false),
        ("GPL-2.0 OR MIT", true),
        ("GPL-2.0/MIT", true),
        ("GPL-2.0 / MIT", true),
        ("GPL-2.0 AND MIT", false),
        ("MIT AND ISC", true),
        ("GPL-2.0 OR MIT AND ISC", true),
        ("GPL-2.0 AND MIT OR ISC", true),
        ("GPL-2.0 AND (MIT OR ISC)", false),
        ("(MIT OR GPL-2.0) AND ISC", true),
        ("Apache-2.0", false),
        ("Apache-2.0 WITH LLVM-exception", true),
    ] {
        let found = is_allowed(expression, &allowed, &mut BTreeSet::new());
        assert_eq!(found, expected, "{expression}");
    }
}
