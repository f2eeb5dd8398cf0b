// SPDX-License-Identifier: GPL-3.0-or-later
//! A program used through its accessible tree, as a person with a screen reader would (`build-aux/desktop/accessible`).

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::script;
use super::session::Session;

/// Programs start, devices are found, encoders are proven: on a busy machine.
const LIMIT: Duration = Duration::from_secs(45);

/// Roles of what a person uses or looks at.
const NAMED: [&str; 15] = [
    "button",
    "toggle button",
    "radio button",
    "check box",
    "switch",
    "slider",
    "spin button",
    "text",
    "entry",
    "combo box",
    "menu item",
    "list item",
    "page tab",
    "link",
    "image",
];
/// Roles of what takes the keyboard only for what is in it.
const CONTAINERS: [&str; 7] = [
    "frame",
    "window",
    "dialog",
    "panel",
    "grouping",
    "scroll pane",
    "list",
];

/// What is looked for: a name, and more where that does not tell it from others.
#[derive(Debug, Clone)]
pub struct What(Value);

/// What has this name, or begins so when `name` ends with `*`, or holds it when `name` begins with `*`, too.
pub fn named(name: &str) -> What {
    What(json!({ "name": name }))
}

impl What {
    /// With this role of AT-SPI.
    pub fn role(mut self, role: &str) -> Self {
        self.0["role"] = role.into();
        self
    }

    /// With this state of AT-SPI.
    pub fn state(mut self, state: &str) -> Self {
        self.0["state"] = state.into();
        self
    }

    /// Without this state of AT-SPI.
    pub fn without(mut self, state: &str) -> Self {
        self.0["without"] = state.into();
        self
    }

    /// Within what has this name.
    pub fn below(mut self, name: &str) -> Self {
        self.0["below"] = name.into();
        self
    }
}

impl From<&str> for What {
    fn from(name: &str) -> Self {
        named(name)
    }
}

/// The hands and ears of somebody who uses one program. Every step panics when it cannot be done in time, and says what
/// could be seen instead.
pub struct Person {
    process: Child,
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Person {
    /// Sits down before `application` (its name on the accessibility bus) on this desktop.
    pub fn at(session: &Session, application: &str) -> Self {
        let mut process = session
            .command(script("accessible"))
            .arg(application)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let commands = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().unwrap());
        Person {
            process,
            commands,
            answers,
        }
    }

    /// Waits until it shows; what it is.
    #[track_caller]
    pub fn see(&mut self, what: impl Into<What>) -> Value {
        self.step("wait", what.into())
    }

    /// Waits until nothing like it shows any more.
    #[track_caller]
    pub fn miss(&mut self, what: impl Into<What>) {
        self.step("gone", what.into());
    }

    /// Whether it shows now.
    pub fn sees(&mut self, what: impl Into<What>) -> bool {
        let mut command = what.into().0;
        command["do"] = "wait".into();
        command["timeout"] = 0.into();
        self.ask(&command)["found"] == true
    }

    /// Presses it.
    #[track_caller]
    pub fn press(&mut self, what: impl Into<What>) -> Value {
        self.step("press", what.into())
    }

    /// Gives it the keyboard.
    #[track_caller]
    pub fn focus(&mut self, what: impl Into<What>) -> Value {
        self.step("focus", what.into())
    }

    /// Replaces the text in it.
    #[track_caller]
    pub fn write(&mut self, what: impl Into<What>, text: &str) {
        let mut what = what.into();
        what.0["text"] = text.into();
        self.step("type", what);
    }

    /// Moves it to this value.
    #[track_caller]
    pub fn set(&mut self, what: impl Into<What>, value: f64) {
        let mut what = what.into();
        what.0["value"] = value.into();
        self.step("set", what);
    }

    /// What shows and takes the keyboard or clicks, or is a picture, and has no name: its role, and the last name before it.
    pub fn see_nameless(&mut self) -> Vec<String> {
        let all = self.all();
        let mut nameless = Vec::new();
        let mut last = "";
        for node in all.as_array().unwrap() {
            let (role, name) = (node[0].as_str().unwrap(), node[1].as_str().unwrap_or(""));
            let used = node[2] == true || NAMED.contains(&role);
            if !name.is_empty() {
                last = name;
            } else if used && !CONTAINERS.contains(&role) {
                nameless.push(format!("{role} after “{last}”"));
            }
        }
        nameless
    }

    /// Goes round by Tab: the names of what has the keyboard, one after the other, without what takes it only to be scrolled.
    /// Panics at a stop without a name, or of which the accessibility bus does not know.
    #[track_caller]
    pub fn tour(&mut self) -> Vec<String> {
        let tour = self.ask(&json!({"do": "tour"}))["tour"].take();
        let stops = tour.as_array().unwrap().iter();
        let stops = stops.filter(|stop| stop[0] != "scroll pane" || stop[1] != "");
        let names = stops.map(|stop| stop[1].as_str().filter(|name| !name.is_empty()));
        let names = names.map(|name| name.map(str::to_owned)).collect();
        match names {
            Some(names) => names,
            None => panic!("a stop without a name: {tour}; there is {}", self.all()),
        }
    }

    /// Role and name of everything that shows, and whether it takes the keyboard.
    fn all(&mut self) -> Value {
        self.ask(&json!({"do": "all"}))["all"].take()
    }

    #[track_caller]
    fn step(&mut self, verb: &str, what: What) -> Value {
        let mut command = what.0;
        command["do"] = verb.into();
        command["timeout"] = LIMIT.as_secs().into();
        let answer = self.ask(&command);
        assert!(
            answer["late"].is_null(),
            "{command}: not within {LIMIT:?}; of it was seen {}; there is {}",
            answer["seen"],
            self.all()
        );
        answer
    }

    fn ask(&mut self, command: &Value) -> Value {
        let commands = self.commands.as_mut().unwrap();
        writeln!(commands, "{command}").unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        assert!(line.ends_with('\n'), "{command}: no answer");
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        // It ends with its input.
        drop(self.commands.take());
        if let Err(error) = self.process.wait() {
            eprintln!("accessible: {error}");
        }
    }
}
