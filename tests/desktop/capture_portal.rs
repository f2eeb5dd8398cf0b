// SPDX-License-Identifier: GPL-3.0-or-later
//! The capture room against GNOME's portal: each kind of source, restore tokens, and each way in which sharing ends.
//!
//! The source runs in a child process on the session's desktop ([`child_that_captures`]), which prints what happens as
//! JSON objects, one a line.

use std::io::Write;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use telecast::capture::error::CaptureError;
use telecast::capture::slot::Next;
use telecast::capture::source::{SourceKind, VideoEvent, VideoRequest, VideoSource};

use super::support::moving_window;
use super::support::program::Program;
use super::support::session::Session;

const FEW_SECONDS: Duration = Duration::from_mins(1);

/// Starts a capture of `kind` on the session's desktop.
fn capture(session: &Session, kind: &str, token: Option<&str>) -> Program {
    let mut command: Command = session.command(std::env::current_exe().unwrap());
    command
        .args([
            "--ignored",
            "--exact",
            "--nocapture",
            "capture_portal::child_that_captures",
        ])
        .env("TELECAST_TEST_KIND", kind)
        .env_remove("TELECAST_TEST_TOKEN");
    if let Some(token) = token {
        command.env("TELECAST_TEST_TOKEN", token);
    }
    Program::start(&format!("capture of a {kind}"), &mut command)
}

fn title(session: &Session) -> String {
    let windows = session.shell(&["windows"]);
    windows[0]["title"].as_str().unwrap().to_owned()
}

/// The JSON objects that it printed.
fn objects(program: &Program) -> Vec<Value> {
    let lines = program.lines();
    let objects = lines.iter().map(|line| serde_json::from_str(line));
    objects
        .filter_map(Result::ok)
        .filter(Value::is_object)
        .collect()
}

/// The first object that fulfils `condition`, also one that was printed before.
fn wait_for(program: &Program, what: &str, condition: impl Fn(&Value) -> bool) -> Value {
    let mut found = None;
    super::support::wait_until(what, FEW_SECONDS, || {
        found = objects(program).into_iter().find(&condition);
        found.is_some()
    });
    found.unwrap()
}

fn has(key: &'static str) -> impl Fn(&Value) -> bool {
    move |object| object.get(key).is_some()
}

/// The size of the visible picture, waited for.
fn wait_size(program: &Program, what: &str, wanted: impl Fn(u64, u64) -> bool) -> (u64, u64) {
    let size = |object: &Value| {
        let side = |n: usize| object["started"][n].as_u64();
        Some((side(0)?, side(1)?))
    };
    let found = wait_for(program, what, |object| {
        size(object).is_some_and(|(width, height)| wanted(width, height))
    });
    size(&found).unwrap()
}

#[test]
fn a_monitor_is_shared_again_without_a_dialog() {
    let session = Session::desktop("1280x720", None);
    let _window = moving_window(&session);
    let first = capture(&session, "screen", None);
    session.press(&["Share"]);
    let token = wait_for(&first, "a token", has("token"));
    let token = token["token"].as_str().expect("GNOME gives tokens");
    wait_size(&first, "the monitor's size", |w, h| (w, h) == (1280, 720));
    wait_for(&first, "moving pictures", |o| o["pictures"] == 30);
    assert!(
        !objects(&first)
            .iter()
            .any(|object| object.get("stalled").is_some())
    );
    drop(first);
    // Nobody presses anything now.
    let second = capture(&session, "screen", Some(token));
    wait_for(&second, "moving pictures", |o| o["pictures"] == 30);
    assert!(
        objects(&second)
            .iter()
            .any(|object| object["token"].is_string())
    );
}

#[test]
fn a_window_is_followed_when_it_is_resized_and_until_it_is_closed() {
    let session = Session::desktop("1280x720", None);
    let _window = moving_window(&session);
    let title = title(&session);
    let capture = capture(&session, "window", None);
    session.press(&[&format!("{title}*"), "Share"]);
    // To the pixel: without the shadow that belongs to GNOME's picture of it.
    let window_size = || {
        let windows = session.shell(&["windows"]);
        let side = |key: &str| windows[0][key].as_u64().unwrap();
        (side("width"), side("height"))
    };
    wait_size(&capture, "the window's size", |w, h| {
        (w, h) == window_size()
    });
    session.shell(&["resize", &title, "500", "400"]);
    wait_size(&capture, "the new size", |w, h| (w, h) == (500, 400));
    session.shell(&["close", &title]);
    let end = wait_for(&capture, "the end", has("ended"));
    assert_eq!(end["ended"], "SharingEnded(Window)");
}

#[test]
fn a_virtual_monitor_has_the_asked_size() {
    let session = Session::desktop("1280x720", None);
    let capture = capture(&session, "virtual", None);
    session.press(&["Share"]);
    wait_size(&capture, "the asked size", |w, h| (w, h) == (1024, 768));
}

#[test]
fn sharing_that_is_revoked_in_the_panel_ends_with_that_reason() {
    let session = Session::desktop("1280x720", None);
    let _window = moving_window(&session);
    let capture = capture(&session, "screen", None);
    session.press(&["Share"]);
    wait_for(&capture, "pictures", |object| object["pictures"] == 1);
    // What the panel's button does.
    session.shell(&[
        "eval",
        "Main.panel.statusArea.screenSharing._handles.forEach(handle => handle.stop())",
    ]);
    let end = wait_for(&capture, "the end", has("ended"));
    assert_eq!(end["ended"], "SharingEnded(Screen)");
}

#[test]
fn a_dialog_that_is_cancelled_is_told_apart() {
    let session = Session::desktop("1280x720", None);
    let capture = capture(&session, "screen", None);
    session.press(&["Cancel"]);
    let failed = wait_for(&capture, "the error", has("failed"));
    assert_eq!(failed["failed"], "Cancelled");
}

#[test]
fn a_session_without_a_portal_is_told_apart() {
    let session = Session::sound_only(None);
    let capture = capture(&session, "screen", None);
    let failed = wait_for(&capture, "the error", has("failed"));
    assert_eq!(failed["failed"], "NoPortal");
}

fn tell(object: &Value) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{object}").unwrap();
    out.flush().unwrap();
}

/// Not a test by itself: what the others run inside the session, as the session's environment cannot be this process's.
#[test]
#[ignore = "run by the other tests of this module"]
fn child_that_captures() {
    let kind = match std::env::var("TELECAST_TEST_KIND").unwrap().as_str() {
        "screen" => SourceKind::Screen,
        "window" => SourceKind::Window,
        "virtual" => SourceKind::Virtual,
        other => panic!("no kind {other}"),
    };
    let request = VideoRequest {
        size: (1024, 768),
        restore_token: std::env::var("TELECAST_TEST_TOKEN").ok(),
        ..VideoRequest::new(kind)
    };
    // The test runner's own words have no line end before the first object.
    println!();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let source = match runtime.block_on(VideoSource::start(request)) {
        Ok(source) => source,
        Err(error) => {
            let name = match error {
                CaptureError::Portal(other) => format!("Portal: {other}"),
                other => format!("{other:?}"),
            };
            tell(&json!({ "failed": name }));
            return;
        }
    };
    tell(&json!({ "token": source.restore_token() }));
    let (frames, events) = (source.frames(), source.events());
    let end = Instant::now() + 2 * FEW_SECONDS;
    let mut pictures = 0;
    while Instant::now() < end {
        while let Ok(event) = events.try_recv() {
            tell(&match event {
                VideoEvent::Started { size } => json!({ "started": [size.0, size.1] }),
                VideoEvent::Stalled { attempt } => json!({ "stalled": attempt }),
                VideoEvent::Ended(reason) => json!({ "ended": format!("{reason:?}") }),
                other => json!({ "other": format!("{other:?}") }),
            });
        }
        match frames.take_until(Some(Instant::now() + Duration::from_millis(50))) {
            Next::Item(_) => {
                pictures += 1;
                tell(&json!({ "pictures": pictures }));
            }
            Next::Closed if events.is_empty() => return,
            _ => {}
        }
    }
}
