// SPDX-License-Identifier: GPL-3.0-or-later
//! What the engine remembers, as JSON in small files of the user's (see [`crate::files`]).

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::files;

/// What the file holds; nothing when it is missing or spoiled.
pub fn read<T: DeserializeOwned>(file: &Path) -> BTreeMap<String, T> {
    let bytes = files::read(file).ok();
    bytes
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default()
}

/// Writes `all` in place of what was there.
///
/// # Errors
/// The file system's.
pub fn replace<T: Serialize>(file: &Path, all: &T) -> io::Result<()> {
    files::replace(file, &serde_json::to_vec(all).map_err(io::Error::other)?)
}
