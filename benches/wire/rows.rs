// SPDX-License-Identifier: GPL-3.0-or-later
//! The rows of a file in `target/bench`: a list of `{"name", "value", "unit"}` to which several benches may add theirs.

#[path = "../support/file.rs"]
mod file;

use std::io;

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

/// Writes the rows into `target/bench/NAME`: those with a name that is there already are replaced, others stay.
pub fn merge(name: &str, rows: &[Row]) -> io::Result<()> {
    let mut list: Vec<Value> = match std::fs::read(file::path(name)) {
        Ok(bytes) => serde_json::from_slice(&bytes)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    list.retain(|row| rows.iter().all(|new| row["name"] != new.name));
    list.extend(
        rows.iter()
            .map(|row| json!({"name": row.name, "value": row.value, "unit": row.unit})),
    );
    file::write(name, &list)
}
