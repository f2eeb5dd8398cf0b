// SPDX-License-Identifier: GPL-3.0-or-later
//! Lines on standard output: for people, or one JSON object a line.

use std::io::{self, Write};

use serde::Serialize;

use super::args::StatsFormat;

/// Prints `numbers` in the wanted format. A reader that went away is an error, so that the program ends with it.
pub fn numbers<T: Serialize>(
    format: StatsFormat,
    numbers: &T,
    text: impl FnOnce() -> String,
) -> io::Result<()> {
    match format {
        StatsFormat::None => Ok(()),
        StatsFormat::Text => line(&text()),
        StatsFormat::Json => line(&serde_json::to_string(numbers).map_err(io::Error::other)?),
    }
}

/// Prints one line at once, also into a pipe.
pub fn line(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}

/// A number that may be unknown, with one decimal.
pub fn or_dash(number: Option<f64>) -> String {
    number.map_or_else(|| "–".to_owned(), |number| format!("{number:.1}"))
}

/// Bits a second as megabits.
pub fn megabits(bits: u32) -> String {
    format!("{:.1}", f64::from(bits) / 1e6)
}
