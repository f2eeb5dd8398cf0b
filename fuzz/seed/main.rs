// SPDX-License-Identifier: GPL-3.0-or-later
//! Writes the seeds of the corpora: from the vectors and recordings of `tests/data`, and from certificates that it makes
//! itself. `fuzz/make-seeds` runs it and keeps what reaches something.
//!
//!     seed FOLDER       one folder for each target in it, and `fixtures/` beside the targets, anew

// Built with the flags of the targets, it counts its edges, too.
use libfuzzer_sys as _;

mod authentication;
#[path = "../../tests/support/certificates.rs"]
mod certificates;
mod control;
mod devices;
mod media;
#[expect(dead_code, reason = "the tests want more of it")]
#[path = "../../tests/support/pcap.rs"]
mod pcap;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::Value;

/// Where the seeds go.
struct Seeds {
    folder: PathBuf,
    written: BTreeSet<Vec<u8>>,
}

impl Seeds {
    /// A seed of this target, unless there is the same already.
    fn add(&mut self, target: &str, bytes: &[u8]) {
        let key = [target.as_bytes(), b"\0", bytes].concat();
        if !self.written.insert(key) {
            return;
        }
        let folder = self.folder.join(target);
        fs::create_dir_all(&folder).expect("a folder for seeds");
        let name = format!("{:04}", self.written.len());
        fs::write(folder.join(name), bytes).expect("room for seeds");
    }
}

/// A file of `tests/data`.
fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/data")
        .join(name)
}

/// The cases of a file of vectors.
fn vectors(name: &str, list: &str) -> Vec<Value> {
    let text = fs::read_to_string(data(&format!("{name}.json"))).expect("the vectors");
    let mut vectors: Value = serde_json::from_str(&text).expect("JSON");
    match vectors[list].take() {
        Value::Array(cases) => cases,
        other => panic!("{list} of {name} is {other}"),
    }
}

fn hex(value: &Value) -> Vec<u8> {
    let text = value.as_str().expect("hex");
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hex"))
        .collect()
}

/// The recorded sessions: their messages, one JSON object each, and the capture of their media.
fn recordings() -> impl Iterator<Item = (Vec<Value>, Vec<pcap::Datagram>)> {
    [
        "chromium-156",
        "openscreen-vp8",
        "openscreen-vp9",
        "openscreen-av1",
    ]
    .into_iter()
    .map(|name| {
        let folder = data("sessions").join(name);
        let text = fs::read_to_string(folder.join("messages.jsonl")).expect("a recording");
        let messages = text
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"));
        (messages.collect(), pcap::read(&folder.join("media.pcap")))
    })
}

fn main() {
    let folder = env::args_os().nth(1).expect("usage: seed FOLDER");
    let mut seeds = Seeds {
        folder: folder.into(),
        written: BTreeSet::new(),
    };
    control::write(&mut seeds);
    devices::write(&mut seeds);
    media::write(&mut seeds);
    authentication::write(&mut seeds);
    println!("{} seeds", seeds.written.len());
}
