// SPDX-License-Identifier: GPL-3.0-or-later
//! The files of `target/bench`: each a list of JSON objects.

use std::fs;
use std::io;
use std::path::PathBuf;

use serde_json::Value;

/// Where the file of this name is.
pub fn path(name: &str) -> PathBuf {
    let folders = [env!("CARGO_MANIFEST_DIR"), "target", "bench", name];
    folders.iter().collect()
}

/// Writes the list, beside the file that was there, and puts it in its place: a run that is interrupted leaves the old one.
pub fn write(name: &str, list: &[Value]) -> io::Result<()> {
    let (file, fresh) = (path(name), path(&format!("{name}.new")));
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut text = serde_json::to_string_pretty(list)?;
    text.push('\n');
    fs::write(&fresh, text)?;
    fs::rename(&fresh, &file)
}
