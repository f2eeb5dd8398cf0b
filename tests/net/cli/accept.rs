// SPDX-License-Identifier: GPL-3.0-or-later
//! `receive --accept`: asked on a terminal, asked where there is none, and what both ends say about it.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::*;

/// A terminal: what is typed into it, and what has appeared on it.
struct Terminal {
    keyboard: File,
    screen: Arc<Mutex<String>>,
}

impl Terminal {
    /// A new one, and the end that a program gets.
    fn open() -> (Terminal, OwnedFd) {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&master).expect("it is ours");
        unlockpt(&master).expect("it can be opened");
        let name = ptsname(&master, Vec::new()).expect("it has a name");
        let path = name.to_str().expect("a path in ASCII");
        let program = File::options()
            .read(true)
            .write(true)
            .open(path)
            .expect("its other end");
        let keyboard = File::from(master);
        let mut output = keyboard.try_clone().expect("a second handle");
        let screen = Arc::new(Mutex::new(String::new()));
        let shown = Arc::clone(&screen);
        // Ends with an error when the last program has closed its end.
        std::thread::spawn(move || {
            let mut bytes = [0; 1024];
            while let Ok(length @ 1..) = output.read(&mut bytes) {
                let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
                shown.lock().unwrap().push_str(&text);
            }
        });
        (Terminal { keyboard, screen }, program.into())
    }

    /// Waits until this appears; everything on the screen then is taken off it.
    async fn shows(&self, words: &str) -> String {
        let shown = async {
            while !self.screen.lock().unwrap().contains(words) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let in_time = timeout(LIMIT, shown).await;
        let text = std::mem::take(&mut *self.screen.lock().unwrap());
        assert!(in_time.is_ok(), "“{words}” does not appear: {text}");
        text
    }

    fn type_line(&mut self, line: &str) {
        writeln!(self.keyboard, "{line}").expect("somebody reads");
    }
}

/// A folder for what the receiver remembers.
fn state_folder(name: &str) -> PathBuf {
    let name = format!("accept-{}-{name}", std::process::id());
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// A receiver that remembers in `state`.
fn receiver(state: &Path, arguments: &[&str]) -> Command {
    let arguments = [RECEIVE, arguments].concat();
    let mut program = command(env!("CARGO_BIN_EXE_telecast"), &arguments);
    program.env("XDG_STATE_HOME", state);
    program
}

async fn address(receiver: &mut Telecast) -> SocketAddr {
    let address = receiver.says("Listening on ").await;
    address.parse().expect("an address")
}

const NOT_ALLOWED: &[&str] = &["was not allowed on 127.0.0.1", "confirm on the TV"];
const SENDER: &[&str] = &["--audio", "none", "--stats", "json", "--duration", "2"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_at_the_terminal_is_asked_and_an_always_is_remembered() {
    let state = state_folder("terminal");
    let (mut terminal, end) = Terminal::open();
    let mut program = receiver(&state, &["--accept", "ask"]);
    program
        .stdin(end.try_clone().expect("a handle"))
        .stderr(end);
    let tv = Telecast::spawn(program);
    let ready = terminal.shows("\r\n").await;
    let address = ready.trim_end().rsplit(' ').next().expect("words");
    let address: SocketAddr = address.parse().expect("an address");

    // What was typed before the question is no answer.
    terminal.type_line("a");
    let mut refused = Telecast::mirror(address, SENDER);
    let question = terminal.shows("[y/N/a] ").await;
    assert!(
        question.contains("Allow 127.0.0.1 (Telecast) to cast to this computer?"),
        "{question}"
    );
    refused.says("Confirm on the TV").await;
    terminal.type_line("no");
    refused.end().await.failed_with(NOT_ALLOWED);

    // A no holds for some seconds.
    tokio::time::sleep(Duration::from_secs(11)).await;
    let cancelled = Telecast::mirror(address, SENDER);
    terminal.shows("[y/N/a] ").await;
    cancelled.signal(Signal::INT);
    cancelled.end().await.succeeded();
    terminal
        .shows("127.0.0.1 is no longer waiting for an answer.")
        .await;

    let allowed = Telecast::mirror(address, SENDER);
    terminal.shows("[y/N/a] ").await;
    terminal.type_line("a");
    allowed.end().await.succeeded();
    tv.signal(Signal::TERM);
    let ended = tv.end().await;
    assert_eq!(ended.status.code(), Some(0), "{ended}");

    let mut known = Telecast::spawn(receiver(&state, &["--accept", "known"]));
    let at = self::address(&mut known).await;
    Telecast::mirror(at, SENDER).end().await.succeeded();
    known.signal(Signal::TERM);
    known.end().await.succeeded();
    std::fs::remove_dir_all(&state).expect("removed");
}

#[tokio::test]
async fn where_nobody_can_be_asked_the_receiver_says_so_and_refuses() {
    let state = state_folder("nobody");
    for (accept, words) in [
        ("ask", "--accept any"),
        ("known", "the sender is not known"),
    ] {
        let mut tv = Telecast::spawn(receiver(&state, &["--accept", accept]));
        let at = address(&mut tv).await;
        let refused = Telecast::mirror(at, SENDER).end().await;
        refused.failed_with(NOT_ALLOWED);
        tv.says(words).await;
        tv.signal(Signal::TERM);
        let ended = tv.end().await;
        assert_eq!(ended.status.code(), Some(0), "{ended}");
    }
}
