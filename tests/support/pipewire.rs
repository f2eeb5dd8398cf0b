// SPDX-License-Identifier: GPL-3.0-or-later
//! A PipeWire daemon with its session manager that only the test knows, and the tools to look at it.

#![allow(
    dead_code,
    reason = "not every binary that includes this uses all of it"
)]

use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// How long anything may take that a daemon has to do.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Calls `check` until it gives something; panics after [`PATIENCE`].
pub fn wait_for<T>(what: &str, mut check: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = check() {
            return value;
        }
        assert!(Instant::now() < end, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The daemons, in a folder and a process group of their own; gone when dropped.
pub struct Daemon {
    pub folder: PathBuf,
    child: Child,
}

impl Daemon {
    /// Starts PipeWire and WirePlumber on a session bus of their own, and waits until both work.
    pub fn start() -> Daemon {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "telecast-pw-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700)).unwrap();
        let daemon = Daemon {
            child: Daemon::spawn(&folder),
            folder,
        };
        daemon.wait();
        daemon
    }

    fn spawn(folder: &Path) -> Child {
        let log = std::fs::File::create(folder.join("log")).unwrap();
        Command::new("dbus-run-session")
            .args(["--", "sh", "-c", "pipewire & sleep 0.2; wireplumber & wait"])
            .env("XDG_RUNTIME_DIR", folder)
            .env("XDG_STATE_HOME", folder.join("state"))
            .env("XDG_CONFIG_HOME", folder.join("config"))
            .env_remove("PIPEWIRE_REMOTE")
            .env_remove("DISPLAY")
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .process_group(0)
            .spawn()
            .expect("dbus-run-session, pipewire and wireplumber are installed")
    }

    fn wait(&self) {
        wait_for("the session manager", || {
            let metadata = self.tool("pw-cli", &["ls", "Metadata"])?;
            metadata.contains("\"default\"").then_some(())
        });
    }

    /// Kills the daemons and starts others in their place, which know nothing of what was made before.
    pub fn restart(&mut self) {
        self.kill();
        self.child.wait().ok();
        self.child = Daemon::spawn(&self.folder);
        self.wait();
    }

    /// The path of the daemon's socket, which is also a remote's name.
    pub fn socket(&self) -> String {
        self.folder.join("pipewire-0").display().to_string()
    }

    /// A new connection, as the portal would open it.
    pub fn connect(&self) -> OwnedFd {
        UnixStream::connect(self.socket()).unwrap().into()
    }

    /// What one of PipeWire's tools prints; `None` when it fails.
    pub fn tool(&self, tool: &str, arguments: &[&str]) -> Option<String> {
        let output = Command::new(tool)
            .args(arguments)
            .env("XDG_RUNTIME_DIR", &self.folder)
            .env("PIPEWIRE_REMOTE", self.socket())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        output
            .status
            .success()
            .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Everything the daemon knows.
    pub fn dump(&self) -> Vec<serde_json::Value> {
        let text = self.tool("pw-dump", &[]).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// The daemons' process group.
    fn group(&self) -> rustix::process::Pid {
        rustix::process::Pid::from_child(&self.child)
    }

    /// Kills the daemons at once, as a crash would.
    pub fn kill(&self) {
        rustix::process::kill_process_group(self.group(), rustix::process::Signal::KILL).ok();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.kill();
        self.child.wait().ok();
        std::fs::remove_dir_all(&self.folder).ok();
    }
}
