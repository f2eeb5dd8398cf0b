// SPDX-License-Identifier: GPL-3.0-or-later
//! Which devices `telecast mirror` trusts: options in, the engine's out; and the question on the terminal.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::args::{MirrorArguments, Trust};
use super::{print, terminal};
use crate::engine::{Roots, TrustAsker, TrustOptions, TrustQuestion, TrustRule};
use crate::{files, words};

/// What the arguments say about trust.
pub fn options(arguments: &MirrorArguments) -> anyhow::Result<TrustOptions> {
    let mut roots = Roots::cast();
    for file in &arguments.trust_root {
        add(&mut roots, file)?;
    }
    Ok(TrustOptions {
        roots: Arc::new(roots),
        rule: match arguments.trust {
            Trust::Ask => TrustRule::Ask,
            Trust::Certified => TrustRule::Certified,
            Trust::Any => TrustRule::Any,
        },
        asker: Some(Arc::new(OnTerminal)),
        ..TrustOptions::default()
    })
}

fn add(roots: &mut Roots, file: &Path) -> anyhow::Result<()> {
    let unusable = |problem: &dyn std::fmt::Display| {
        anyhow::anyhow!(words::root_failed(file, &problem.to_string()))
    };
    let bytes = files::read(file).map_err(|error| unusable(&error))?;
    roots.add_user(&bytes).map_err(|error| unusable(&error))
}

/// Asks where the program was started.
#[derive(Debug)]
struct OnTerminal;

impl TrustAsker for OnTerminal {
    fn ask(&self, question: TrustQuestion) {
        if !terminal::is_there() {
            return question.nobody();
        }
        tokio::task::spawn_blocking(|| {
            if let Err(error) = ask(question) {
                tracing::warn!(%error, "the terminal cannot be asked");
            }
        });
    }
}

/// Asks and waits, on a thread that may be blocked.
fn ask(question: TrustQuestion) -> io::Result<()> {
    let words = words::ask_about_device(
        question.device(),
        question.assessment().verdict,
        &question.key().to_string(),
        question.is_about_a_change(),
    );
    let Some(line) = terminal::ask(&words, || question.is_withdrawn())? else {
        // The words of why it ended follow on a line of their own.
        print::note("");
        return Ok(());
    };
    question.answer(is_yes(&line));
    Ok(())
}

/// Whatever is not a clear yes is a no.
pub(super) fn is_yes(line: &str) -> bool {
    matches!(line.trim().to_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_yes_is_one() {
        for yes in ["y\n", "YES\n", " y "] {
            assert!(is_yes(yes), "{yes:?}");
        }
        for no in ["", "\n", "n\n", "yesterday\n", "a\n"] {
            assert!(!is_yes(no), "{no:?}");
        }
    }
}
