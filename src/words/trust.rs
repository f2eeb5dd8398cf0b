// SPDX-License-Identifier: GPL-3.0-or-later
//! What a device proves about itself, and why that may not do.

use std::path::Path;

use gettextrs::gettext;

use super::fill;
use super::reason::{Explanation, say_with};
use crate::engine::{AuthVerdict as Verdict, Distrust};

/// What the device proves, in one sentence.
pub fn proven(verdict: Verdict) -> String {
    gettext(match verdict {
        Verdict::Genuine { audio_only: false } => "It is a genuine Cast device.",
        Verdict::Genuine { audio_only: true } => {
            "It is a genuine Cast device, made for sound alone."
        }
        Verdict::Developer { .. } => "It is certified by a root that you added.",
        Verdict::ExpiredIntermediate { known: true, .. } => {
            "It is a genuine Cast device whose maker's certificate has expired, as is known of this model."
        }
        Verdict::ExpiredIntermediate { known: false, .. } => {
            "It was certified by Cast, but its maker's certificate has expired."
        }
        Verdict::SoundAlone => "It says that it has a screen, but it is certified for sound alone.",
        Verdict::Expired => "Its certificate has expired.",
        Verdict::Revoked => "Its certificate was revoked: its key may be in other hands.",
        Verdict::RevocationUnknown => "It does not show whether its certificate was revoked.",
        Verdict::ClockWrong => {
            "Its certificate is not valid at this time: the clock of this computer or of the device is wrong."
        }
        Verdict::WrongTlsCertificate => {
            "Its proof is for another connection: something may stand between this computer and the device."
        }
        Verdict::TlsLivesTooLong => "Its connection is certified for longer than devices do that.",
        Verdict::NotFresh => "Its proof is an old one, which somebody may have copied.",
        Verdict::SelfMade => "Nobody known has certified it.",
        Verdict::BadChain(_) => "Its certificates break the rules.",
        Verdict::Declined | Verdict::NoAnswer => "It does not prove who it is.",
        // Malformed, and what may come later.
        _ => "Its proof cannot be understood.",
    })
}

/// Why there is no cast to a device that proves too little.
pub(super) fn distrusted(distrust: Distrust, device: &str) -> Explanation {
    let another = |what: &str, verdict: Option<Verdict>| {
        say_with(
            "Not the Same Device",
            what,
            "If you know why, for instance because it was replaced, remove it from ~/.local/state/telecast/trusted-devices.json.",
            &[
                ("device", device),
                ("proven", &verdict.map(proven).unwrap_or_default()),
            ],
        )
    };
    let unknown = |next: &str, verdict: Verdict| {
        say_with(
            "Not Certified",
            "{device} is not certified. {proven}",
            next,
            &[("device", device), ("proven", &proven(verdict))],
        )
    };
    match distrust {
        Distrust::OtherKey => another(
            "{device} is another device than before: it has another key.",
            None,
        ),
        Distrust::NoLongerCertified(verdict) => another(
            "{device} was a certified device before and is not now. {proven}",
            Some(verdict),
        ),
        Distrust::NoLongerProven(verdict) => another(
            "{device} proved before which device it is and does not now. {proven}",
            Some(verdict),
        ),
        Distrust::NobodyToAsk(verdict) => unknown(
            "Run this on a terminal, which asks you once; or cast to whatever answers with --trust any.",
            verdict,
        ),
        Distrust::NotCertified(verdict) => unknown(
            "Cast without --trust certified, or name its root with --trust-root.",
            verdict,
        ),
    }
}

/// What the device proves, before the cast begins; nothing to say about a genuine one.
pub fn noteworthy(verdict: Verdict, device: &str) -> Option<String> {
    match verdict {
        Verdict::Genuine { .. } => None,
        other => Some(fill(
            "About {device}: {proven}",
            &[("device", device), ("proven", &proven(other))],
        )),
    }
}

/// The question on a terminal whether to cast to this device. The letters stay the same in every language.
pub fn ask_about_device(
    device: &str,
    verdict: Verdict,
    fingerprint: &str,
    changed: bool,
) -> String {
    let text = if changed {
        "{device} is not what it was when you allowed it. {proven}\nIts key: {key}\nCast to it all the same, and remember that? y = yes; anything else = no [y/N] "
    } else {
        "{device} is not certified. {proven}\nIts key: {key}\nCast to it, and remember that? y = yes; anything else = no [y/N] "
    };
    fill(
        text,
        &[
            ("device", device),
            ("proven", &proven(verdict)),
            ("key", fingerprint),
        ],
    )
}

/// The file of a root cannot be used.
pub fn root_failed(file: &Path, problem: &str) -> String {
    fill(
        "{file} is not a root that can be trusted: {problem}. Name a file with the certificate of an authority, in PEM or DER.",
        &[("file", &file.display().to_string()), ("problem", problem)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_is_known_and_what_to_do() {
        for distrust in [
            Distrust::OtherKey,
            Distrust::NoLongerCertified(Verdict::SelfMade),
            Distrust::NoLongerProven(Verdict::NoAnswer),
            Distrust::NobodyToAsk(Verdict::NotFresh),
            Distrust::NotCertified(Verdict::Revoked),
        ] {
            let line = distrusted(distrust, "TV").line();
            assert!(line.starts_with("TV ") && line.ends_with('.'), "{line}");
            assert!(!line.contains(['{', '}']), "{line}");
        }
    }

    #[test]
    fn only_a_genuine_device_goes_without_saying() {
        assert_eq!(
            noteworthy(Verdict::Genuine { audio_only: false }, "TV"),
            None
        );
        let said = noteworthy(Verdict::SelfMade, "TV").expect("a line");
        assert_eq!(said, "About TV: Nobody known has certified it.");
    }

    #[test]
    fn the_question_shows_the_key() {
        let asked = ask_about_device("TV", Verdict::NoAnswer, "0123", false);
        assert!(
            asked.contains("0123") && asked.ends_with("[y/N] "),
            "{asked}"
        );
        assert_ne!(
            asked,
            ask_about_device("TV", Verdict::NoAnswer, "0123", true)
        );
    }
}
