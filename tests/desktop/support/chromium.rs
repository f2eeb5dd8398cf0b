// SPDX-License-Identifier: GPL-3.0-or-later
//! A Chromium that casts to our receiver (`build-aux/desktop/chromium`).

mod ground;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

pub use self::ground::Ground;
use super::script;
use super::session::Session;

/// For each step: a browser starts, asks the network, encodes in software, all on a busy machine.
const LIMIT_S: u64 = 90;

/// What Chromium casts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cast {
    /// The page.
    Tab,
    /// The whole X server's screen, with the browser's window on it.
    Desktop,
}

/// A running browser with one page. It ends with this value.
pub struct Chromium {
    process: Child,
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Chromium {
    /// Opens `page` in a browser that believes receivers of the developer with this root certificate.
    pub fn start(session: &Session, root: &Path, page: &Path) -> Self {
        let mut process = session
            .command(script("chromium"))
            .args([root, page])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let commands = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().unwrap());
        let mut browser = Chromium {
            process,
            commands,
            answers,
        };
        let started = browser.answer();
        assert_eq!(started["done"], true, "{started}");
        browser
    }

    /// Whether it finds a receiver of this name, and believes it, within so many seconds.
    pub fn finds(&mut self, name: &str, limit_s: u64) -> bool {
        let told = self.ask(&json!({"do": "find", "name": name, "timeout": limit_s}));
        told["done"] == true
    }

    /// Casts to it, once it is found.
    #[track_caller]
    pub fn cast(&mut self, name: &str, what: Cast) {
        assert!(self.finds(name, LIMIT_S), "{name} is not found");
        let what = match what {
            Cast::Tab => "tab",
            Cast::Desktop => "desktop",
        };
        self.step(&json!({"do": "cast", "what": what, "name": name, "timeout": LIMIT_S}));
    }

    /// Ends the cast.
    #[track_caller]
    pub fn stop(&mut self, name: &str) {
        self.step(&json!({"do": "stop", "name": name, "timeout": LIMIT_S}));
    }

    #[track_caller]
    fn step(&mut self, command: &Value) {
        let told = self.ask(command);
        assert_eq!(told["done"], true, "{command}: {told}");
    }

    fn ask(&mut self, command: &Value) -> Value {
        let commands = self.commands.as_mut().unwrap();
        writeln!(commands, "{command}").unwrap();
        self.answer()
    }

    fn answer(&mut self) -> Value {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        assert!(line.ends_with('\n'), "Chromium has ended");
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // It ends with its input.
        drop(self.commands.take());
        if let Err(error) = self.process.wait() {
            eprintln!("chromium: {error}");
        }
    }
}
