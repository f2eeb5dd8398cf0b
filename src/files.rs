// SPDX-License-Identifier: GPL-3.0-or-later
//! Small files of the user's that outlive the program: where they are, reading them within bounds, replacing them whole.
//! Knows nothing of what is in them.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// More than any file of ours holds. A larger one is not ours, or spoiled.
const MAX_SIZE: u64 = 1 << 20;

/// `$XDG_STATE_HOME/telecast/NAME`, by default below `~/.local/state`: what is to survive. `None` without a home.
pub fn in_state_folder(name: &str) -> Option<PathBuf> {
    in_folder("XDG_STATE_HOME", ".local/state", name)
}

/// `$XDG_CACHE_HOME/telecast/NAME`, by default below `~/.cache`: what can be made again. `None` without a home.
pub fn in_cache_folder(name: &str) -> Option<PathBuf> {
    in_folder("XDG_CACHE_HOME", ".cache", name)
}

fn in_folder(variable: &str, default: &str, name: &str) -> Option<PathBuf> {
    let absolute = |path: &PathBuf| path.is_absolute();
    let base = std::env::var_os(variable)
        .map(PathBuf::from)
        .filter(absolute)
        .or_else(|| Some(std::env::home_dir().filter(absolute)?.join(default)))?;
    Some(base.join("telecast").join(name))
}

/// What the file holds; [`io::ErrorKind::FileTooLarge`] beyond a mebibyte.
pub fn read(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file)?
        .take(MAX_SIZE + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_SIZE {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(bytes)
}

/// Makes the folder of a file that is to be made, its owner's alone.
pub fn make_folder_of(file: &Path) -> io::Result<()> {
    let folders = file
        .parent()
        .map(|folder| DirBuilder::new().recursive(true).mode(0o700).create(folder));
    folders.unwrap_or(Ok(()))
}

/// Writes beside the file and renames, so that a crash leaves the old or the new one and nobody reads half of it. The
/// file is its owner's alone, and so are the folders that have to be made for it.
pub fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    make_folder_of(file)?;
    let beside = file.with_extension(format!("{}.new", std::process::id()));
    let mut out = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&beside)?;
    out.write_all(bytes)?;
    out.sync_all()?;
    fs::rename(&beside, file)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_is_its_owners_alone() {
        let folder = std::env::temp_dir().join(format!("telecast-files-{}", std::process::id()));
        let file = folder.join("deep/numbers.json");
        replace(&file, b"[1]").expect("written");
        replace(&file, b"[2]").expect("replaced");
        assert_eq!(read(&file).expect("read"), b"[2]");
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(&file), mode(&folder)), (0o600, 0o700));
        let beside = fs::read_dir(folder.join("deep")).expect("a folder").count();
        assert_eq!(beside, 1, "nothing is left beside it");
        fs::remove_dir_all(&folder).expect("removed");
    }

    #[test]
    fn a_file_that_cannot_be_ours_is_not_read_into_memory() {
        let file = std::env::temp_dir().join(format!("telecast-large-{}", std::process::id()));
        File::create(&file)
            .and_then(|out| out.set_len(MAX_SIZE + 1))
            .expect("made");
        let error = read(&file).expect_err("too large");
        fs::remove_file(&file).expect("removed");
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(
            read(&file).expect_err("gone").kind(),
            io::ErrorKind::NotFound
        );
    }
}
