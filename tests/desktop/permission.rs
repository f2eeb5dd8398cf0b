// SPDX-License-Identifier: GPL-3.0-or-later
//! The receiver's window asks who may cast: what its dialog says, and what its buttons and keys do.

use std::time::Duration;

use super::support::accessible::{Person, named};
use super::support::cast::{self, START};
use super::support::program::Program;
use super::support::session::Session;
use super::support::wait_until;

/// The receiver's word for how long a no holds, and a bit.
const REFUSAL: Duration = Duration::from_secs(11);
/// The name of the program on the accessibility bus.
const APPLICATION: &str = "telecast";

/// A sender of the test card.
fn sender(desktop: &Session, to: &str) -> Program {
    let options = ["--audio", "none", "--max-size", "640x360"];
    cast::mirror(desktop, to, "test-card", &options)
}

fn windows(desktop: &Session) -> usize {
    desktop.windows().len()
}

#[test]
fn the_window_asks_and_does_as_it_is_told() {
    let desktop = Session::desktop("1280x720", None);
    let (mut receiver, address) = cast::receiver(&desktop, &["--name", "My Desk"]);
    wait_until("the window", START, || windows(&desktop) == 1);
    let mut person = Person::at(&desktop, APPLICATION);
    person.see("My Desk");
    assert_eq!(person.see_nameless(), [""; 0]);

    // What it says, and that Escape is a no.
    let mut refused = sender(&desktop, &address);
    refused.wait_for_words("Confirm on the TV", START);
    wait_until("the dialog", START, || windows(&desktop) == 2);
    let names = desktop.names_in(APPLICATION, "Allow Once");
    for name in [
        "Allow 127.0.0.1 to Cast to This Screen?",
        "Refuse",
        "Always Allow",
        "Allow Once",
    ] {
        assert!(names.iter().any(|seen| seen == name), "{name}: {names:?}");
    }
    assert!(
        names
            .iter()
            .any(|seen| seen.starts_with("It calls itself “Telecast”.")),
        "{names:?}"
    );
    assert_eq!(person.see_nameless(), [""; 0]);
    person.focus(named("Refuse").role("button"));
    let mut stops = person.tour();
    stops.sort();
    assert_eq!(stops, ["Allow Once", "Always Allow", "Refuse"]);
    desktop.shell(&["key", "Escape"]);
    let status = refused.wait(START);
    assert_eq!(status.code(), Some(1));
    let words = refused.error_lines().join("\n");
    assert!(words.contains("was not allowed"), "{words}");
    wait_until("the dialog's end", START, || windows(&desktop) == 1);

    // A sender that gives up takes its question with it.
    std::thread::sleep(REFUSAL);
    let mut cancelled = sender(&desktop, &address);
    wait_until("the dialog", START, || windows(&desktop) == 2);
    assert!(cancelled.interrupt(START).success());
    wait_until("the dialog's end", START, || windows(&desktop) == 1);

    // Who is allowed casts, and next time without a question.
    let mut allowed = sender(&desktop, &address);
    desktop.press_in(APPLICATION, "Always Allow");
    let streaming = |object: &serde_json::Value| object["state"] == "streaming";
    allowed.wait_for_object("streaming", START, streaming);
    receiver.wait_for_object("pictures", START, |object| {
        object["fps"]["shown"].as_f64() > Some(1.0)
    });
    person.see(named("What is cast to My Desk").role("image"));
    assert_eq!(person.see_nameless(), [""; 0]);
    assert!(allowed.interrupt(START).success());
    let mut again = sender(&desktop, &address);
    again.wait_for_object("streaming", START, streaming);
    assert_eq!(windows(&desktop), 1);
    assert!(again.interrupt(START).success());
    assert!(receiver.interrupt(START).success());
}
