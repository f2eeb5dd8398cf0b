// SPDX-License-Identifier: GPL-3.0-or-later
//! Small files in the user's state folder, readable by the user alone.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::Serialize;

/// The file of this name in `$XDG_STATE_HOME/telecast`, by default `~/.local/state/telecast`.
pub fn in_state_folder(name: &str) -> Option<PathBuf> {
    let absolute = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    absolute("XDG_STATE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/state")))
        .map(|folder| folder.join("telecast").join(name))
}

/// What the file holds; nothing when it is missing or spoiled.
pub fn read(file: &Path) -> BTreeMap<String, String> {
    let text = fs::read_to_string(file).ok();
    text.and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default()
}

/// Writes beside the file and renames, so that a crash leaves the old or the new one.
///
/// # Errors
/// The file system's.
pub fn replace<T: Serialize>(file: &Path, all: &T) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let beside = file.with_extension(format!("{}.new", std::process::id()));
    let mut out = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&beside)?;
    out.write_all(&serde_json::to_vec(all).map_err(io::Error::other)?)?;
    out.sync_all()?;
    fs::rename(&beside, file)
}
