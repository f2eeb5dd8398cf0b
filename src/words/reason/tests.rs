// SPDX-License-Identifier: GPL-3.0-or-later
use super::*;
use crate::engine::samples::reasons;
use crate::engine::{ListenError, SendFault, SessionState, Streams, Trouble};

#[test]
fn every_reason_has_a_title_and_a_sentence_and_every_failure_says_what_to_do() {
    for reason in reasons() {
        let words = explain(&reason, "Kitchen");
        assert!(
            !words.title.is_empty() && !words.title.ends_with('.'),
            "{reason:?}: {words:?}"
        );
        assert!(
            words.what.ends_with('.') && !words.what.contains(['{', '}']),
            "{reason:?}: {words:?}"
        );
        assert!(
            !reason.is_failure() || words.next.ends_with('.'),
            "{reason:?}: {words:?}"
        );
        assert_eq!(words.line().lines().count(), 1, "{reason:?}");
    }
}

#[test]
fn the_readme_quotes_what_is_really_said() {
    let mut said: Vec<String> = reasons().iter().map(|r| explain(r, "TV").line()).collect();
    said.push(explain(&Reason::DeviceNotFound("TV".into()), "TV").line());
    let port = ListenError::PortInUse(8009);
    said.push(super::super::receiver_failed(&port.into()));
    let smaller = SessionState::Recovering(Streams::default(), Trouble::SmallerPackets);
    said.push(super::super::describe(
        &smaller,
        crate::engine::DeviceKind::Tv,
    ));
    said.extend(SendFault::ALL.map(super::super::not_sent));
    let readme = include_str!("../../../README.md").replace("\n  ", " ");
    let quotes: Vec<&str> = readme
        .split("**\"")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once("\"**")?.0))
        .collect();
    assert!(quotes.len() >= 9, "{quotes:?}");
    for quote in quotes {
        assert!(said.iter().any(|line| line.contains(quote)), "{quote}");
    }
}

#[test]
fn a_name_with_braces_does_no_harm() {
    assert!(
        explain(&Reason::DeviceClosed, "{code}")
            .what
            .starts_with("{code} closed")
    );
}
