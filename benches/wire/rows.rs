// SPDX-License-Identifier: GPL-3.0-or-later
//! The rows of `target/bench/path.json`: a list of `{"name", "value", "unit"}` to which several benches add theirs.

use std::io;
use std::path::PathBuf;

use serde_json::{Value, json};

/// One figure.
#[derive(Debug, Clone)]
pub struct Row {
    pub name: &'static str,
    pub value: f64,
    pub unit: &'static str,
}

impl Row {
    pub fn new(name: &'static str, value: f64, unit: &'static str) -> Row {
        Row { name, value, unit }
    }
}

/// Writes the rows into the file: those of the same name are replaced, others stay.
pub fn merge(rows: &[Row]) -> io::Result<()> {
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "target", "bench"]
        .iter()
        .collect();
    let path = folder.join("path.json");
    std::fs::create_dir_all(&folder)?;
    let mut list: Vec<Value> = match std::fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    list.retain(|row| rows.iter().all(|new| row["name"] != new.name));
    list.extend(
        rows.iter()
            .map(|row| json!({"name": row.name, "value": row.value, "unit": row.unit})),
    );
    let mut text = serde_json::to_string_pretty(&list)?;
    text.push('\n');
    // Written beside and moved, so that an interrupted run leaves the old file.
    let fresh = folder.join("path.json.new");
    std::fs::write(&fresh, text)?;
    std::fs::rename(&fresh, &path)
}
