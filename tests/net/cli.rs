// SPDX-License-Identifier: GPL-3.0-or-later
//! The real program as a child, in an environment of its own: its exit code, its words, and that it leaves nothing behind.

mod accept;
mod devices;
mod ends;
mod here;
mod hostile;
mod killed;
mod language;
mod numbers;
mod reach;
mod reconnect;
mod sleep;
mod sound;
mod terminal;
mod trust;
mod unsuitable;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process_group};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::home;

/// No command of these tests runs longer, also on a busy machine.
const LIMIT: Duration = Duration::from_secs(40);
/// How long a killed process may take to vanish.
const DYING: Duration = Duration::from_secs(5);

/// What a small cast of the test card needs.
const CARD: &[&str] = &["--source", "test-card", "--max-size", "320x180"];

/// A receiver at a free port of loopback.
const RECEIVE: &[&str] = &[
    "receive",
    "--headless",
    "--listen",
    "127.0.0.1",
    "--port",
    "0",
];

/// Lines of one output.
type Lines = Arc<Mutex<Vec<String>>>;

/// A running `telecast`.
struct Telecast {
    child: Child,
    group: Pid,
    started: Instant,
    output: Lines,
    errors: Lines,
    readers: Vec<JoinHandle<()>>,
}

/// How a `telecast` ended.
struct Ended {
    status: ExitStatus,
    took: Duration,
    output: Vec<String>,
    errors: Vec<String>,
}

/// The home of all children of this test process.
static HOME: LazyLock<PathBuf> = LazyLock::new(|| home::make("cli-home"));

/// A command without a display, a session bus or PipeWire, in a process group of its own.
fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = std::process::Command::new(program);
    home::give(command.args(arguments), &HOME);
    let mut command = Command::from(command);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    command
}

/// The devices of most tests prove nothing, and nobody is there to be asked about them.
fn trusting<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = arguments.to_vec();
    if arguments.len() > 1 && arguments[0] == "mirror" && !arguments.contains(&"--trust") {
        arguments.extend(["--trust", "any"]);
    }
    arguments
}

impl Telecast {
    /// Starts `telecast` with these arguments.
    fn start(arguments: &[&str]) -> Telecast {
        let program = env!("CARGO_BIN_EXE_telecast");
        Telecast::spawn(command(program, &trusting(arguments)))
    }

    /// The same inside a network namespace.
    fn start_in(namespace: &str, arguments: &[&str]) -> Telecast {
        let words = ["netns", "exec", namespace, env!("CARGO_BIN_EXE_telecast")];
        Telecast::spawn(command("ip", &[&words[..], &trusting(arguments)].concat()))
    }

    /// Mirrors the test card to this address.
    fn mirror(to: SocketAddr, arguments: &[&str]) -> Telecast {
        Telecast::start(&[&["mirror", &to.to_string()], CARD, arguments].concat())
    }

    fn spawn(mut command: Command) -> Telecast {
        let mut child = command.spawn().expect("it starts");
        let id = child.id().expect("it runs");
        let (output, errors) = (Lines::default(), Lines::default());
        let mut readers = vec![read(child.stdout.take().expect("a pipe"), &output)];
        // Or it is a terminal's.
        if let Some(pipe) = child.stderr.take() {
            readers.push(read(pipe, &errors));
        }
        Telecast {
            group: Pid::from_raw(id.cast_signed()).expect("a process id"),
            child,
            started: Instant::now(),
            output,
            errors,
            readers,
        }
    }

    /// Asks it to end.
    fn signal(&self, signal: Signal) {
        kill_process(self.group, signal).expect("it runs");
    }

    /// Nobody reads its standard output any more.
    fn close_output(&self) {
        self.readers[0].abort();
    }

    /// Nobody reads its standard error any more.
    fn close_errors(&self) {
        self.readers[1].abort();
    }

    /// Waits for a line on standard error that contains this; returns what follows.
    async fn says(&mut self, words: &str) -> String {
        let found = |lines: &Lines| {
            let lines = lines.lock().unwrap();
            let after = lines.iter().find_map(|line| line.split_once(words));
            after.map(|(_, after)| after.to_owned())
        };
        self.until(words, found, |program| &program.errors).await
    }

    /// Waits for a JSON object among its output that is so.
    async fn prints(&mut self, what: &str, so: impl Fn(&Value) -> bool) -> Value {
        let found = |lines: &Lines| objects(&lines.lock().unwrap()).into_iter().find(&so);
        self.until(what, found, |program| &program.output).await
    }

    async fn until<T>(
        &mut self,
        what: &str,
        found: impl Fn(&Lines) -> Option<T>,
        lines: impl Fn(&Telecast) -> &Lines,
    ) -> T {
        loop {
            let over = self.child.try_wait().expect("it can be asked").is_some();
            if let Some(found) = found(lines(self)) {
                return found;
            }
            assert!(
                !over && self.started.elapsed() < LIMIT,
                "{what}: {:?}",
                self.errors
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits for its end; a moment afterwards no process of its group is left.
    async fn end(mut self) -> Ended {
        let status = timeout(LIMIT, self.child.wait()).await;
        let took = self.started.elapsed();
        let Ok(status) = status else {
            kill_process_group(self.group, Signal::KILL).ok();
            panic!("it does not end: {:?}", self.errors);
        };
        // What proves encoders in a process of its own is killed with the program, which takes the kernel a moment.
        let end = Instant::now() + DYING;
        let mut left = test_kill_process_group(self.group);
        while left != Err(Errno::SRCH) && Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(20)).await;
            left = test_kill_process_group(self.group);
        }
        for reader in self.readers.drain(..) {
            // One may have been ended on purpose.
            reader.await.ok();
        }
        let lines = |lines: &Lines| lines.lock().unwrap().clone();
        let ended = Ended {
            status: status.expect("it was ours"),
            took,
            output: lines(&self.output),
            errors: lines(&self.errors),
        };
        assert_eq!(left, Err(Errno::SRCH), "something is left: {ended}");
        ended
    }
}

impl Ended {
    /// It failed: exit code 1, and one line that says what and what to do, with each of these words in it.
    fn failed_with(&self, words: &[&str]) {
        assert_eq!(self.status.code(), Some(1), "{self}");
        let lines = self.telecast_lines();
        let [line] = lines.as_slice() else {
            panic!("not one line: {self}");
        };
        for word in words {
            assert!(line.contains(word), "“{word}” is not in “{line}”");
        }
        let sentences = line.split_inclusive(['.', ';']).count();
        assert!(
            sentences >= 2 && line.ends_with(['.', '?']),
            "what and what to do: {line}"
        );
        self.is_quiet();
    }

    /// It did what it should: exit code 0, no complaint.
    fn succeeded(&self) {
        assert_eq!(self.status.code(), Some(0), "{self}");
        assert!(self.telecast_lines().is_empty(), "{self}");
        self.is_quiet();
    }

    /// What people expect to happen now and then is no reason for warnings.
    fn is_quiet(&self) {
        let loud = |line: &&String| {
            [" WARN ", " ERROR ", "panicked", "CRITICAL"]
                .iter()
                .any(|word| line.contains(word))
        };
        let noise: Vec<_> = self.errors.iter().filter(loud).collect();
        assert!(noise.is_empty(), "{noise:#?}");
    }

    fn telecast_lines(&self) -> Vec<&String> {
        let complaints = self
            .errors
            .iter()
            .filter(|line| line.starts_with("telecast: "));
        complaints.collect()
    }
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} after {:?}", self.status, self.took)?;
        for line in self.output.iter().chain(&self.errors) {
            write!(f, "\n    {line}")?;
        }
        Ok(())
    }
}

fn read(pipe: impl AsyncRead + Send + Unpin + 'static, lines: &Lines) -> JoinHandle<()> {
    let lines = Arc::clone(lines);
    tokio::spawn(async move {
        let mut from = BufReader::new(pipe).lines();
        while let Ok(Some(line)) = from.next_line().await {
            lines.lock().unwrap().push(line);
        }
    })
}

/// The JSON objects among lines.
fn objects(lines: &[String]) -> Vec<Value> {
    let values = lines
        .iter()
        .filter_map(|line| serde_json::from_str(line).ok());
    values.filter(Value::is_object).collect()
}

/// A port of loopback on which nothing listens.
fn closed_port() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address")
}
