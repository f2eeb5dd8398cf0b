// SPDX-License-Identifier: GPL-3.0-or-later
//! Scripts to run and conditions to wait for.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A script of `build-aux/desktop`.
pub fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("build-aux/desktop")
        .join(name)
}

/// Asks `condition` ten times a second. Panics, naming `what`, when it is still false after `limit`.
pub fn wait_until(what: &str, limit: Duration, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + limit;
    while !condition() {
        assert!(Instant::now() < deadline, "{what}: not within {limit:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}
