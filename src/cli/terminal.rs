// SPDX-License-Identifier: GPL-3.0-or-later
//! A question on the terminal: words out, one typed line in. Blocks; knows nothing of what is asked.

use std::io::{self, IsTerminal as _, Write as _};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::termios::{QueueSelector, tcflush, tcgetpgrp};

/// The longest line that is looked at, in bytes.
const LINE: usize = 256;

/// How often an open question is looked at, whether it still matters: 0.2 s.
const LOOK: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 200_000_000,
};

/// Whether a question would be seen, and its answer could be typed: a program in the background of a shell would be
/// stopped by reading.
pub fn is_there() -> bool {
    let input = io::stdin();
    let in_front = tcgetpgrp(&input).map_or(true, |front| front == rustix::process::getpgrp());
    input.is_terminal() && io::stderr().is_terminal() && in_front
}

/// Asks, and waits for a line; `None` when the question no longer matters.
pub fn ask(words: &str, is_withdrawn: impl Fn() -> bool) -> io::Result<Option<String>> {
    let input = io::stdin();
    // What was typed before the question is no answer to it.
    tcflush(&input, QueueSelector::IFlush)?;
    let mut out = io::stderr().lock();
    write!(out, "{words}")?;
    out.flush()?;
    drop(out);
    while !has_input(&input)? {
        if is_withdrawn() {
            return Ok(None);
        }
    }
    // The terminal gives one line; nothing at the end of the input.
    let mut line = [0; LINE];
    let length = rustix::io::read(&input, &mut line)?;
    Ok(Some(String::from_utf8_lossy(&line[..length]).into_owned()))
}

/// Whether a line was typed; waits for one no longer than [`LOOK`].
fn has_input(input: &io::Stdin) -> io::Result<bool> {
    let mut polled = [PollFd::new(input, PollFlags::IN)];
    match poll(&mut polled, Some(&LOOK)) {
        Ok(ready) => Ok(ready > 0),
        Err(Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
