// SPDX-License-Identifier: GPL-3.0-or-later
//! A window with something that moves in it, for tests that need no test card.

use std::time::Duration;

use super::program::Program;
use super::session::Session;
use super::wait_until;

const APPEARS: Duration = Duration::from_mins(1);

/// Starts it and waits until it is on the screen. It is closed when the program is dropped.
pub fn moving_window(session: &Session) -> Program {
    let program = Program::start(
        "moving window",
        session.command("gst-launch-1.0").args([
            "-q",
            "videotestsrc",
            "pattern=ball",
            "!",
            "video/x-raw,width=640,height=480,framerate=30/1",
            "!",
            "videoconvert",
            "!",
            "gtk4paintablesink",
        ]),
    );
    wait_until("the window", APPEARS, || !session.windows().is_empty());
    program
}
