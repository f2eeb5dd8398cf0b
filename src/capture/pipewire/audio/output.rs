// SPDX-License-Identifier: GPL-3.0-or-later
//! Which output becomes the default one again after a cast, also after a crash.
//!
//! Before the virtual output is made the default, a [`Record`] of what was configured is written into the state folder;
//! after everything is restored it is removed. A record without a living output is what a crash left. A default that
//! the person has changed meanwhile is left alone. Pure decisions and one folder; the daemon is asked elsewhere.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::files;

/// Records that are read at most; there is one for each running cast.
const MOST: usize = 64;

/// Length of a name's readable part.
const NAME: usize = 48;

/// What was configured before an output of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// Our output's name.
    pub sink: String,
    /// The output that was configured; `None`: the session manager's own choice.
    pub previous: Option<String>,
}

/// The name of a device's output among nodes.
pub(super) fn sink_name(device: &str) -> String {
    let letter = |c: char| match c {
        c if c.is_ascii_alphanumeric() => c.to_ascii_lowercase(),
        _ => '-',
    };
    let name: String = device.chars().take(NAME).map(letter).collect();
    format!("telecast.{name}")
}

/// The folder of the records.
pub(super) fn default_folder() -> Option<PathBuf> {
    files::in_state_folder("outputs")
}

fn file(folder: &Path, sink: &str) -> PathBuf {
    // Names of ours have no slash; a record's could have anything.
    folder.join(format!("{}.json", sink.replace('/', "-")))
}

/// Writes a record, whole or not at all.
pub(super) fn write(folder: &Path, record: &Record) -> io::Result<()> {
    files::replace(&file(folder, &record.sink), &serde_json::to_vec(record)?)
}

/// Removes the record of `sink`. Records that would have gone back to it now go back to what was before it.
pub(super) fn forget(folder: &Path, sink: &str) -> io::Result<()> {
    let records = read_all(folder);
    if let Some(own) = records.iter().find(|record| record.sink == sink) {
        for record in &records {
            if record.previous.as_deref() == Some(sink) {
                let previous = own.previous.clone().filter(|name| *name != record.sink);
                let sink = record.sink.clone();
                write(folder, &Record { sink, previous })?;
            }
        }
    }
    remove(folder, sink)
}

fn remove(folder: &Path, sink: &str) -> io::Result<()> {
    match fs::remove_file(file(folder, sink)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// All records that can be read.
pub(super) fn read_all(folder: &Path) -> Vec<Record> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = entries.flatten().map(|entry| entry.path());
    let json = paths.filter(|path| {
        path.extension()
            .is_some_and(|extension| extension == "json")
    });
    let read = |path: PathBuf| serde_json::from_slice(&files::read(&path).ok()?).ok();
    json.take(MOST).filter_map(read).collect()
}

/// What has to be configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Restore {
    /// Everything stays as it is.
    Nothing,
    /// This output; `None`: the session manager's own choice.
    Choice(Option<String>),
}

/// What has to be configured once `sink` is gone. `configured` is what is configured now, `alive` tells whether an output
/// exists.
pub(super) fn restored(
    sink: &str,
    configured: Option<&str>,
    records: &[Record],
    alive: impl Fn(&str) -> bool,
) -> Restore {
    let find = |name: &str| records.iter().find(|record| record.sink == name);
    let Some(own) = find(sink).filter(|_| configured == Some(sink)) else {
        return Restore::Nothing;
    };
    // The output before ours may be another of ours that is gone too, and so on; records could form a circle.
    let mut candidate = own.previous.as_ref();
    for _ in 0..records.len() {
        match candidate.and_then(|name| find(name)) {
            Some(dead) if dead.sink == sink || !alive(&dead.sink) => {
                candidate = dead.previous.as_ref();
            }
            _ => break,
        }
    }
    Restore::Choice(candidate.filter(|name| *name != sink).cloned())
}

/// What crashes have left: the records without a living output, and what has to be configured.
pub(super) fn repair(
    records: &[Record],
    configured: Option<&str>,
    alive: impl Fn(&str) -> bool,
) -> (Vec<String>, Restore) {
    let dead = records.iter().map(|record| record.sink.clone());
    let dead: Vec<String> = dead.filter(|sink| !alive(sink)).collect();
    let mut choices = dead
        .iter()
        .map(|sink| restored(sink, configured, records, &alive));
    let restore = choices.find(|restore| *restore != Restore::Nothing);
    let restore = restore.unwrap_or(Restore::Nothing);
    (dead, restore)
}

#[cfg(test)]
mod tests;
