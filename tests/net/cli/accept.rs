// SPDX-License-Identifier: GPL-3.0-or-later
//! `receive --accept`: asked on a terminal, asked where there is none, and what both ends say about it.

use super::terminal::Terminal;
use super::*;

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

const NOT_ALLOWED: &[&str] = &["was not allowed on 127.0.0.1", "confirm on"];
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
