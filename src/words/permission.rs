// SPDX-License-Identifier: GPL-3.0-or-later
//! The question whether a sender may cast to this computer, in a window and on a terminal.

use std::time::Duration;

use gettextrs::gettext;

use super::{fill, one_line};
use crate::engine::Visitor;

/// The dialog, as its window shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asking {
    /// The question.
    pub title: String,
    /// What is known about the sender, and what that is worth.
    pub detail: String,
    /// No.
    pub refuse: String,
    /// Yes, always.
    pub always: String,
    /// Yes, now.
    pub once: String,
}

/// The question about `visitor`, which is a no by itself after `limit`.
pub fn asking(visitor: &Visitor, limit: Duration) -> Asking {
    let seconds = limit.as_secs().to_string();
    let values = [("program", program(visitor)), ("seconds", seconds)];
    let values = values
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    Asking {
        title: fill(
            "Allow {address} to Cast to This Screen?",
            &[("address", &visitor.address.to_string())],
        ),
        detail: fill(
            "It calls itself “{program}”. Neither that nor the address proves who it is: allow it if you know who wants to cast. Without an answer it is refused after {seconds} seconds.",
            &values,
        ),
        refuse: gettext("_Refuse"),
        always: gettext("_Always Allow"),
        once: gettext("Allow _Once"),
    }
}

/// The question on a terminal; the answer is typed behind it. The letters stay the same in every language.
pub fn ask_on_terminal(visitor: &Visitor, limit: Duration) -> String {
    fill(
        "Allow {address} ({program}) to cast to this computer? y = yes, once; a = always; anything else = no, as is no answer within {seconds} s [y/N/a] ",
        &[
            ("address", &visitor.address.to_string()),
            ("program", &program(visitor)),
            ("seconds", &limit.as_secs().to_string()),
        ],
    )
}

/// The question on the terminal needs no answer any more.
pub fn no_answer_needed(visitor: &Visitor) -> String {
    fill(
        "{address} is no longer waiting for an answer.",
        &[("address", &visitor.address.to_string())],
    )
}

/// A sender was refused because nobody can be asked.
pub fn nobody_to_ask(visitor: &Visitor) -> String {
    fill(
        "Refused {address} ({program}): there is neither a window nor a terminal to ask you on. Let everybody cast with --accept any, or run this on a terminal once and answer “a”.",
        &[
            ("address", &visitor.address.to_string()),
            ("program", &program(visitor)),
        ],
    )
}

/// What the sender's program calls itself, short. A browser's name stands among those of all that it claims to be.
fn program(visitor: &Visitor) -> String {
    let Some(agent) = visitor.user_agent.as_deref() else {
        return gettext("no name");
    };
    let browsers = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Vivaldi/", "Vivaldi"),
        ("Chrome/", "Chrome"),
    ];
    let name = if agent.starts_with("Mozilla/") {
        let known = browsers.iter().find(|(mark, _)| agent.contains(mark));
        known.map_or("Mozilla", |(_, name)| name)
    } else {
        agent.split('/').next().unwrap_or(agent)
    };
    one_line(name).chars().take(MAX_PROGRAM).collect()
}

/// How much of a stranger's name stands in a dialog, in characters.
const MAX_PROGRAM: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    fn visitor(user_agent: Option<&str>) -> Visitor {
        Visitor {
            address: "192.0.2.7".parse().expect("an address"),
            user_agent: user_agent.map(str::to_owned),
        }
    }

    #[test]
    fn programs_are_called_by_a_name_that_people_know() {
        for (agent, name) in [
            (Some("Telecast/0.1.0"), "Telecast"),
            (
                Some(
                    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
                ),
                "Chrome",
            ),
            (
                Some("Mozilla/5.0 (Windows NT 10.0) Chrome/156.0.0.0 Safari/537.36 Edg/156.0"),
                "Edge",
            ),
            (Some("Unknown (Open Screen)"), "Unknown (Open Screen)"),
            (Some("Evil\u{1b}[2J\nTV"), "Evil[2J TV"),
            (None, "no name"),
        ] {
            assert_eq!(program(&visitor(agent)), name);
        }
        assert_eq!(
            program(&visitor(Some(&"ä".repeat(300)))).chars().count(),
            40
        );
    }

    #[test]
    fn the_question_names_the_address_and_what_that_is_worth() {
        let limit = Duration::from_mins(1);
        let asking = asking(&visitor(Some("Telecast/1")), limit);
        assert!(asking.title.contains("192.0.2.7"), "{asking:?}");
        for word in ["“Telecast”", "60 seconds", "proves"] {
            assert!(asking.detail.contains(word), "{asking:?}");
        }
        let typed = ask_on_terminal(&visitor(None), limit);
        assert!(typed.contains("192.0.2.7 (no name)") && typed.ends_with("[y/N/a] "));
        assert!(nobody_to_ask(&visitor(None)).contains("--accept any"));
    }
}
