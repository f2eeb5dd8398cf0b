// SPDX-License-Identifier: GPL-3.0-or-later
//! Asks on the terminal whether a sender may cast. Input: questions of the receiver, lines that are typed; output:
//! answers. Without a terminal each sender is refused with a line that says why.

use std::io;

use tokio::sync::mpsc;

use super::{print, terminal};
use crate::engine::{ASK_LIMIT, Permission, Question, Viewer};
use crate::words;

/// Questions that wait for their turn. The receiver has fewer connections; one too many is a no.
const WAITING: usize = 16;

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
        if !terminal::is_there() {
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

/// Asks and waits, on a thread that may be blocked.
fn ask(question: Question) -> io::Result<()> {
    let words = words::ask_on_terminal(question.visitor(), ASK_LIMIT);
    let Some(line) = terminal::ask(&words, || question.is_withdrawn())? else {
        print::note("");
        print::note(&words::no_answer_needed(question.visitor()));
        return Ok(());
    };
    question.answer(permission(&line));
    Ok(())
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
