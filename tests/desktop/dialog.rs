// SPDX-License-Identifier: GPL-3.0-or-later
//! `telecast mirror` and the dialog that chooses what is shared: somebody cancels it, or there is none.

use std::process::ExitStatus;

use super::support::cast::{self, START};
use super::support::program::Program;
use super::support::session::Session;

/// A receiver on `session`, where it listens, and a sender that casts the screen to it.
fn start(session: &Session) -> (Program, String, Program) {
    let (receiver, address) = cast::receiver(session, &["--headless"]);
    let mirror = mirror(session, &address, &[]);
    (receiver, address, mirror)
}

/// A sender that casts the screen to `address`.
fn mirror(session: &Session, address: &str, options: &[&str]) -> Program {
    let options = [&["--audio", "none"], options].concat();
    cast::mirror(session, address, "screen", &options)
}

/// Waits for the sender's end: how it ended, and its complaints.
fn end(mirror: &mut Program) -> (ExitStatus, Vec<String>) {
    let status = mirror.wait(START);
    let mut complaints = mirror.error_lines();
    complaints.retain(|line| {
        ["telecast: ", " WARN ", " ERROR ", "panicked"]
            .iter()
            .any(|word| line.contains(word))
    });
    (status, complaints)
}

/// Ends the receiver, which never saw a picture.
fn nothing_was_cast(mut receiver: Program) {
    assert!(receiver.interrupt(START).success());
    let objects = receiver.objects();
    assert!(
        objects.iter().all(|object| object["state"] != "streaming"),
        "{objects:?}"
    );
}

#[test]
fn who_cancels_the_dialog_hears_no_complaint() {
    let desktop = Session::desktop("1280x720", None);
    let (receiver, _, mut mirror) = start(&desktop);
    desktop.press(&["Cancel"]);
    let (status, complaints) = end(&mut mirror);
    assert_eq!(status.code(), Some(0), "{complaints:?}");
    assert!(complaints.is_empty(), "{complaints:?}");
    nothing_was_cast(receiver);
}

#[test]
fn without_a_portal_one_line_says_so_and_what_to_do() {
    let host = Session::sound_only(None);
    let (receiver, _, mut mirror) = start(&host);
    let (status, complaints) = end(&mut mirror);
    assert_eq!(status.code(), Some(1), "{complaints:?}");
    let [line] = complaints.as_slice() else {
        panic!("not one line: {complaints:?}")
    };
    for words in ["no portal", "Install xdg-desktop-portal"] {
        assert!(line.contains(words), "“{words}” is not in “{line}”");
    }
    nothing_was_cast(receiver);
}

#[test]
fn the_second_cast_of_a_screen_asks_nothing_unless_it_is_told_to() {
    let desktop = Session::desktop("1280x720", None);
    let (mut receiver, address, mut first) = start(&desktop);
    desktop.press(&["Share"]);
    let streaming = |object: &serde_json::Value| object["state"] == "streaming";
    first.wait_for_object("the first cast", START, streaming);
    assert!(first.interrupt(START).success());

    // Nobody presses anything now.
    let mut second = mirror(&desktop, &address, &[]);
    second.wait_for_object("the second cast", START, streaming);
    assert!(second.interrupt(START).success());

    let mut third = mirror(&desktop, &address, &["--no-restore"]);
    desktop.press(&["Cancel"]);
    let (status, complaints) = end(&mut third);
    assert_eq!(status.code(), Some(0), "{complaints:?}");
    assert!(
        third.objects().iter().all(|object| !streaming(object)),
        "it was cancelled"
    );
    assert!(receiver.interrupt(START).success());
}
