// SPDX-License-Identifier: GPL-3.0-or-later
//! A mark of this process that vanishes with it: a locked file. The kernel gives the lock back however the process ends,
//! so that another one can tell an app that was left behind from one of a cast that runs.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::files;

/// The mark.
#[derive(Debug)]
pub(super) struct Run {
    name: String,
    file: PathBuf,
    #[expect(dead_code, reason = "held for its lock")]
    locked: File,
}

impl Run {
    /// Marks this process in `folder`, which is made if need be.
    ///
    /// # Errors
    /// The file system's.
    pub(super) fn begin(folder: &Path) -> io::Result<Run> {
        let name = format!("{:016x}", rand::random::<u64>());
        let file = folder.join(&name);
        files::make_folder_of(&file)?;
        let mut options = OpenOptions::new();
        let locked = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&file)?;
        locked.try_lock()?;
        Ok(Run { name, file, locked })
    }

    /// Names it.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whether the process of this name is over. What is no name of a process is not.
    pub(super) fn is_over(folder: &Path, name: &str) -> bool {
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return false;
        }
        let file = folder.join(name);
        // Shared: others may be looking at this moment, too.
        match File::open(&file).map(|opened| opened.try_lock_shared()) {
            Ok(Ok(())) => {
                remove(&file);
                true
            }
            Ok(Err(TryLockError::WouldBlock)) => false,
            Ok(Err(TryLockError::Error(error))) => {
                tracing::debug!(%error, "whether a process runs");
                false
            }
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        remove(&self.file);
    }
}

fn remove(file: &Path) {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::debug!(%error, file = %file.display(), "a mark stays");
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_over_when_its_lock_is() {
        let folder = std::env::temp_dir().join(format!("telecast-run-{}", std::process::id()));
        let run = Run::begin(&folder).unwrap();
        let name = run.name().to_owned();
        assert!(!Run::is_over(&folder, &name));
        // As after a SIGKILL: the file is there, and nobody holds it.
        let file = folder.join("00ff");
        File::create(&file).unwrap();
        assert!(Run::is_over(&folder, "00ff"));
        assert!(!file.exists(), "it is taken away");
        drop(run);
        assert!(Run::is_over(&folder, &name));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        for strange in ["", "../x", "a b"] {
            assert!(!Run::is_over(&folder, strange), "{strange:?}");
        }
        fs::remove_dir_all(&folder).unwrap();
    }
}
