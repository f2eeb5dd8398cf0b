// SPDX-License-Identifier: GPL-3.0-or-later
//! A home for the programs that tests start, and an environment that has nothing else in it: no display, no session bus,
//! no PipeWire.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Makes the home of this name. What was found out about encoders is found out anew, because a machine that was very busy
/// may have been wrong about them; the list of GStreamer's plug-ins stays.
pub fn make(name: &str) -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let run = home.join("run");
    fs::create_dir_all(&run).expect("a home");
    fs::set_permissions(&run, fs::Permissions::from_mode(0o700)).expect("it is ours");
    // It need not be there.
    fs::remove_file(home.join("cache/telecast/encoders.json")).ok();
    home
}

/// Gives the program this home, and of this process's environment the `PATH` alone.
pub fn give(command: &mut Command, home: &Path) {
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .env("LANG", "C.UTF-8")
        .env("XDG_RUNTIME_DIR", home.join("run"));
    for (name, folder) in [
        ("XDG_CACHE_HOME", "cache"),
        ("XDG_CONFIG_HOME", "config"),
        ("XDG_DATA_HOME", "data"),
        ("XDG_STATE_HOME", "state"),
    ] {
        command.env(name, home.join(folder));
    }
}
