// SPDX-License-Identifier: GPL-3.0-or-later
//! Asks on the terminal whether a sender may cast. Input: questions of the receiver, lines that are typed; output:
//! answers. Without a terminal each sender is refused with a line that says why.

use std::io::{self, IsTerminal, Write};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::termios::{QueueSelector, tcflush, tcgetpgrp};
use tokio::sync::mpsc;

use super::print;
use crate::engine::{ASK_LIMIT, Permission, Question, Viewer, Visitor};
use crate::words;

/// Questions that wait for their turn. The receiver has fewer connections; one too many is a no.
const WAITING: usize = 16;

/// The longest line that is looked at, in bytes.
const LINE: usize = 256;

/// How often an open question is looked at, whether its sender is still there: 0.2 s.
const LOOK: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 200_000_000,
};

/// Asks one question after the other on the terminal.
pub struct TerminalViewer {
    questions: mpsc::Sender<Question>,
}

impl TerminalViewer {
    /// Starts to wait for questions, on the current tokio runtime.
    pub fn start() -> TerminalViewer {
        let (questions, asked) = mpsc::channel(WAITING);
        tokio::spawn(ask_in_turn(asked));
        TerminalViewer { questions }
    }
}

impl Viewer for TerminalViewer {
    fn ask(&self, question: Question) {
        if let Err(refused) = self.questions.try_send(question) {
            tracing::warn!(%refused, "too many questions at a time");
        }
    }
}

async fn ask_in_turn(mut questions: mpsc::Receiver<Question>) {
    while let Some(question) = questions.recv().await {
        if question.is_withdrawn() {
            continue;
        }
        if !has_terminal() {
            print::note(&words::nobody_to_ask(question.visitor()));
            continue;
        }
        match tokio::task::spawn_blocking(|| ask(question)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the terminal cannot be asked"),
            Err(error) => tracing::warn!(%error, "a question was not asked"),
        }
    }
}

/// Whether a question would be seen, and its answer could be typed: a program in the background of a shell would be
/// stopped by reading.
fn has_terminal() -> bool {
    let input = io::stdin();
    let in_front = tcgetpgrp(&input).map_or(true, |front| front == rustix::process::getpgrp());
    input.is_terminal() && io::stderr().is_terminal() && in_front
}

/// Asks and waits, on a thread that may be blocked.
fn ask(question: Question) -> io::Result<()> {
    let input = io::stdin();
    // What was typed before the question is no answer to it.
    tcflush(&input, QueueSelector::IFlush)?;
    prompt(question.visitor())?;
    while !has_input(&input)? {
        if question.is_withdrawn() {
            print::note("");
            print::note(&words::no_answer_needed(question.visitor()));
            return Ok(());
        }
    }
    // The terminal gives one line; nothing at the end of the input.
    let mut line = [0; LINE];
    let length = rustix::io::read(&input, &mut line)?;
    question.answer(permission(&String::from_utf8_lossy(&line[..length])));
    Ok(())
}

fn prompt(visitor: &Visitor) -> io::Result<()> {
    let mut out = io::stderr().lock();
    write!(out, "{}", words::ask_on_terminal(visitor, ASK_LIMIT))?;
    out.flush()
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

/// What a typed line means; whatever is not a clear yes is a no.
fn permission(line: &str) -> Permission {
    match line.trim().to_lowercase().as_str() {
        "y" | "yes" => Permission::Once,
        "a" | "always" => Permission::Always,
        _ => Permission::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_yes_is_one() {
        for (line, meaning) in [
            ("y\n", Permission::Once),
            (" YES \n", Permission::Once),
            ("a\n", Permission::Always),
            ("always\n", Permission::Always),
            ("\n", Permission::Refused),
            ("", Permission::Refused),
            ("n\n", Permission::Refused),
            ("yesterday\n", Permission::Refused),
        ] {
            assert_eq!(permission(line), meaning, "{line:?}");
        }
    }
}
