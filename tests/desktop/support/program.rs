// SPDX-License-Identifier: GPL-3.0-or-later
//! A program in the background whose words are kept; it ends with its value.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// Lines of one of its outputs.
type Lines = Arc<Mutex<Vec<String>>>;

/// A running or ended program.
pub struct Program {
    name: String,
    child: Child,
    output: Lines,
    errors: Lines,
    readers: Vec<JoinHandle<()>>,
}

impl Program {
    /// Starts `command`; `name` stands before its lines when the test fails.
    pub fn start(name: &str, command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{name}: {command:?}: {error}"));
        let (output, errors) = (Lines::default(), Lines::default());
        let readers = vec![
            read(child.stdout.take().unwrap(), &output),
            read(child.stderr.take().unwrap(), &errors),
        ];
        Program {
            name: name.to_owned(),
            child,
            output,
            errors,
            readers,
        }
    }

    /// What it printed until now.
    pub fn lines(&self) -> Vec<String> {
        self.output.lock().unwrap().clone()
    }

    /// What it printed on standard error until now.
    pub fn error_lines(&self) -> Vec<String> {
        self.errors.lock().unwrap().clone()
    }

    /// The JSON objects among its lines.
    pub fn objects(&self) -> Vec<Value> {
        self.lines()
            .iter()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    /// The newest JSON object among its lines.
    pub fn newest_object(&self) -> Option<Value> {
        let lines = self.output.lock().unwrap();
        let mut objects = lines
            .iter()
            .rev()
            .filter_map(|line| serde_json::from_str(line).ok());
        objects.next()
    }

    /// The first JSON object that fulfils `condition`, also one that it printed before. Panics after `limit`, and when
    /// the program ends without it.
    pub fn wait_for_object(
        &mut self,
        what: &str,
        limit: Duration,
        condition: impl Fn(&Value) -> bool,
    ) -> Value {
        let deadline = Instant::now() + limit;
        loop {
            let ended = self.child.try_wait().unwrap();
            if let Some(found) = self.objects().into_iter().find(&condition) {
                return found;
            }
            assert!(
                ended.is_none(),
                "{what}: {} ended before: {ended:?}",
                self.name
            );
            assert!(Instant::now() < deadline, "{what}: not within {limit:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits for a line on standard error that contains `words`; returns what follows them.
    pub fn wait_for_words(&mut self, words: &str, limit: Duration) -> String {
        let deadline = Instant::now() + limit;
        loop {
            let ended = self.child.try_wait().unwrap();
            let lines = self.error_lines();
            if let Some((_, after)) = lines.iter().find_map(|line| line.split_once(words)) {
                return after.to_owned();
            }
            assert!(
                ended.is_none() && Instant::now() < deadline,
                "{} does not say “{words}”: {ended:?}",
                self.name
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Asks it to end, as Ctrl-C does, and waits.
    pub fn interrupt(&mut self, limit: Duration) -> ExitStatus {
        self.signal(Signal::INT);
        self.wait(limit)
    }

    /// Its process.
    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed()).unwrap()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Waits until it ends by itself. Panics after `limit`.
    pub fn wait(&mut self, limit: Duration) -> ExitStatus {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                for reader in self.readers.drain(..) {
                    reader.join().unwrap();
                }
                return status;
            }
            assert!(
                Instant::now() < deadline,
                "{} did not end within {limit:?}",
                self.name
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

fn read(pipe: impl Read + Send + 'static, lines: &Lines) -> JoinHandle<()> {
    let lines = Arc::clone(lines);
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            lines.lock().unwrap().push(line);
        }
    })
}

impl Drop for Program {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None))
            && let Err(error) = self.child.kill().and_then(|()| self.child.wait())
        {
            eprintln!("{}: {error}", self.name);
        }
        if std::thread::panicking() {
            for (stream, lines) in [("out", &self.output), ("err", &self.errors)] {
                let lines = lines.lock().map(|lines| lines.clone()).unwrap_or_default();
                // The end is what tells; a test may have run for long.
                for line in lines.iter().skip(lines.len().saturating_sub(40)) {
                    eprintln!("{} {stream}: {line}", self.name);
                }
            }
        }
    }
}
