// SPDX-License-Identifier: GPL-3.0-or-later
//! A host: a network namespace of this process, gone with its value.

use std::fs::File;
use std::os::fd::AsFd;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A namespace of its own. Programs in it must have ended before it is dropped.
pub struct Namespace(String);

impl Namespace {
    /// An empty one; `side` becomes part of its name.
    pub fn new(side: char) -> Namespace {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("telecast-link-{}-{number}{side}", std::process::id());
        run("ip", &["netns", "add", &name]);
        let namespace = Namespace(name);
        namespace.ip("link set lo up");
        namespace
    }

    /// Its name, as `ip netns` takes it.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// Runs `ip` with these words on its devices and routes.
    pub fn ip(&self, words: &str) {
        let words: Vec<_> = ["-n", &self.0]
            .into_iter()
            .chain(words.split_whitespace())
            .collect();
        run("ip", &words);
    }

    /// Runs `tc` with these words on its devices; what it printed.
    pub fn tc(&self, words: &str) -> String {
        let words: Vec<_> = ["-n", &self.0]
            .into_iter()
            .chain(words.split_whitespace())
            .collect();
        run("tc", &words)
    }

    /// Runs `nft` with these arguments in it; what it printed.
    pub fn nft(&self, arguments: &[&str]) -> String {
        let inside = ["netns", "exec", &self.0, "nft"];
        run("ip", &[&inside, arguments].concat())
    }

    /// A command that runs in it.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.0, program]);
        command
    }

    /// Runs `body` on a thread inside it.
    pub fn enter<T: Send>(&self, body: impl FnOnce() -> T + Send) -> T {
        std::thread::scope(|scope| {
            let inside = scope.spawn(|| {
                let file = File::open(format!("/run/netns/{}", self.0)).expect("it is there");
                move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network))
                    .expect("root may enter it");
                body()
            });
            inside.join().expect("no panic inside")
        })
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let status = Command::new("ip").args(["netns", "del", &self.0]).status();
        if !status.is_ok_and(|status| status.success()) {
            eprintln!("cannot remove {}", self.0);
        }
    }
}

/// Runs a tool to its end; what it printed. Panics when it fails.
fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}
