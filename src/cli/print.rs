// SPDX-License-Identifier: GPL-3.0-or-later
//! Lines on standard output: for people, or one JSON object a line; and notes on standard error.

use std::io::{self, Write};

use serde::Serialize;

use super::args::StatsFormat;
use crate::words;

/// Standard output cannot be written: its reader has gone, or the disk is full.
#[derive(Debug, thiserror::Error)]
#[error("{}", words::output_failed(.0))]
pub struct OutputError(io::Error);

// By hand: the cause is in the words already, so it is not a source whose words would follow.
impl From<io::Error> for OutputError {
    fn from(error: io::Error) -> OutputError {
        OutputError(error)
    }
}

/// Prints `numbers` in the wanted format. A reader that went away is an error, so that the program ends with it.
pub fn numbers<T: Serialize>(
    format: StatsFormat,
    numbers: &T,
    text: impl FnOnce() -> String,
) -> Result<(), OutputError> {
    match format {
        StatsFormat::None => Ok(()),
        StatsFormat::Text => line(&text()),
        StatsFormat::Json => line(&serde_json::to_string(numbers).map_err(io::Error::other)?),
    }
}

/// Prints one line at once, also into a pipe.
pub fn line(text: &str) -> Result<(), OutputError> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}

/// Tells a person something on standard error. Unlike `eprintln!` it survives a reader that has gone: then there is
/// nobody left to tell.
pub fn note(text: &str) {
    if let Err(error) = writeln!(io::stderr(), "{text}") {
        tracing::trace!(%error, "standard error");
    }
}
