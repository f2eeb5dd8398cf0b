// SPDX-License-Identifier: GPL-3.0-or-later
//! A headless GNOME desktop, or only a host with sound for a receiver (`build-aux/desktop/session`).

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::folder::Folder;
use super::program::Program;
use super::{script, wait_until};

/// GNOME Shell needs 3 s on an idle machine; the tests' machine may be anything but idle.
const UP: Duration = Duration::from_secs(90);
/// The script ends what it started within 3 s and kills the rest.
const DOWN: Duration = Duration::from_secs(15);
/// The portal's dialog and a button in it.
const DIALOG: Duration = Duration::from_mins(1);

/// A running session. All of its processes end with it.
pub struct Session {
    process: Child,
    host: Option<String>,
    environment: Vec<(String, String)>,
    // After the process: removed when that has ended.
    folder: Folder,
}

impl Session {
    /// A desktop of `size` pixels ("1280x720"), on a host (network namespace) or on this machine.
    pub fn desktop(size: &str, host: Option<&str>) -> Self {
        Self::start(&["--size", size], host)
    }

    /// The same, with what stands for the session manager and the lock screen.
    pub fn with_manager(size: &str, host: Option<&str>) -> Self {
        Self::start(&["--size", size, "--session-manager"], host)
    }

    /// The desktop of somebody who has installed `program`: the bus starts it, and GNOME Shell has its extension.
    pub fn desktop_with(program: &str, size: &str, host: Option<&str>) -> Self {
        Self::start(&["--size", size, "--installed", program], host)
    }

    /// PipeWire with a speaker and nothing else: where a receiver runs.
    pub fn sound_only(host: Option<&str>) -> Self {
        Self::start(&["--sound-only"], host)
    }

    fn start(options: &[&str], host: Option<&str>) -> Self {
        let folder = Folder::new();
        let log = File::create(folder.path().join("session.log")).unwrap();
        let mut command = Command::new(script("session"));
        command.args(options);
        if let Some(host) = host {
            command.args(["--network", host]);
        }
        let process = command
            .arg(folder.path())
            // It lasts until this end is closed: also when this process is killed.
            .stdin(Stdio::piped())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut session = Session {
            process,
            host: host.map(str::to_owned),
            environment: Vec::new(),
            folder,
        };
        let ready = session.path("env");
        wait_until("the session", UP, || {
            let ended = session.process.try_wait().unwrap();
            assert!(ended.is_none(), "the session ended: {ended:?}");
            ready.exists()
        });
        session.environment = std::fs::read_to_string(ready)
            .unwrap()
            .lines()
            .map(|line| {
                let (name, value) = line.split_once('=').unwrap();
                (name.to_owned(), value.to_owned())
            })
            .collect();
        session
    }

    /// A file in its folder, which vanishes with it.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A program on its desktop and host.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = match &self.host {
            Some(host) => {
                let mut command = Command::new("ip");
                command.args(["netns", "exec", host]).arg(program.as_ref());
                command
            }
            None => Command::new(program.as_ref()),
        };
        for foreign in [
            "DISPLAY",
            "WAYLAND_DISPLAY",
            "PULSE_SERVER",
            "XDG_CONFIG_HOME",
        ] {
            command.env_remove(foreign);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a program of this desktop to its end; its output. Panics when it fails or lasts longer than `limit`.
    pub fn run(
        &self,
        limit: Duration,
        program: impl AsRef<std::ffi::OsStr>,
        arguments: &[&str],
    ) -> String {
        let name = program.as_ref().to_string_lossy().into_owned();
        let mut program = Program::start(&name, self.command(program).args(arguments));
        let status = program.wait(limit);
        assert!(status.success(), "{name} {arguments:?}: {status}");
        program.lines().join("\n")
    }

    /// Presses these buttons of the portal's dialog, one after the other, as soon as they are there.
    pub fn press(&self, buttons: &[&str]) {
        self.run(DIALOG, script("press-portal"), buttons);
    }

    /// Presses a button of `application`, as soon as it is there.
    pub fn press_in(&self, application: &str, button: &str) {
        let arguments = ["--application", application, button];
        self.run(DIALOG, script("press-portal"), &arguments);
    }

    /// The names of everything that `application` shows, as soon as `button` is among it.
    pub fn names_in(&self, application: &str, button: &str) -> Vec<String> {
        let arguments = ["--application", application, "--look", button];
        let seen = self.run(DIALOG, script("press-portal"), &arguments);
        let seen: Value = serde_json::from_str(&seen).unwrap();
        let names = seen["names"].as_array().unwrap().iter();
        names
            .map(|name| name.as_str().unwrap().to_owned())
            .collect()
    }

    /// `build-aux/desktop/shell`: what it printed, as JSON where it is that.
    pub fn shell(&self, arguments: &[&str]) -> Value {
        let text = self.run(Duration::from_secs(30), script("shell"), arguments);
        serde_json::from_str(&text).unwrap_or(Value::String(text))
    }

    /// Its windows: objects with `title`, `app`, `focused`, `x`, `y`, `width`, `height`.
    pub fn windows(&self) -> Vec<Value> {
        match self.shell(&["windows"]) {
            Value::Array(windows) => windows,
            other => panic!("windows: {other}"),
        }
    }

    /// Its monitors, the virtual ones of casts too: objects with `x`, `y`, `width`, `height`.
    pub fn monitors(&self) -> Vec<Value> {
        match self.shell(&["monitors"]) {
            Value::Array(monitors) => monitors,
            other => panic!("monitors: {other}"),
        }
    }

    /// The text on the clipboard; empty when there is none.
    pub fn clipboard(&self) -> String {
        match self.shell(&["clipboard"]) {
            Value::String(text) => text,
            _ => String::new(),
        }
    }

    /// A picture of all monitors, where they lie beside each other.
    pub fn screenshot(&self, file: &Path) {
        self.shell(&["screenshot", &file.to_string_lossy()]);
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for log in ["session.log", "gnome-shell.log", "wireplumber.log"] {
                if let Ok(text) = std::fs::read_to_string(self.path(log)) {
                    let lines: Vec<_> = text.lines().collect();
                    for line in lines.iter().skip(lines.len().saturating_sub(15)) {
                        eprintln!("{log}: {line}");
                    }
                }
            }
        }
        // The script sees the end of its input and ends everything.
        drop(self.process.stdin.take());
        let deadline = std::time::Instant::now() + DOWN;
        while matches!(self.process.try_wait(), Ok(None)) {
            if std::time::Instant::now() > deadline {
                eprintln!("the session did not end within {DOWN:?}: killed");
                if let Err(error) = self.process.kill().and_then(|()| self.process.wait()) {
                    eprintln!("session: {error}");
                }
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}
