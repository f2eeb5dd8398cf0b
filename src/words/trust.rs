// SPDX-License-Identifier: GPL-3.0-or-later
//! What a device proves about itself, and why that may not do.

use std::path::Path;

use gettextrs::gettext;

use super::fill;
use super::reason::{Explanation, say_with};
use crate::engine::{
    AuthVerdict as Verdict, Distrust, Fingerprint, Remembered, TrustQuestion, TrustRule,
};

/// What the device proves, in one sentence.
pub fn proven(verdict: Verdict) -> String {
    proven_by(verdict.code())
}

/// The same of a verdict's [code](Verdict::code), as it is remembered.
fn proven_by(code: &str) -> String {
    gettext(match code {
        "genuine" => "It is a genuine Cast device.",
        "genuine-audio" => "It is a genuine Cast device, made for sound alone.",
        "developer" => "It is certified by a root that you added.",
        "known-expired" => {
            "It is a genuine Cast device whose maker's certificate has expired, as is known of this model."
        }
        "expired-intermediate" => {
            "It was certified by Cast, but its maker's certificate has expired."
        }
        "sound-alone" => "It says that it has a screen, but it is certified for sound alone.",
        "expired" => "Its certificate has expired.",
        "revoked" => "Its certificate was revoked: its key may be in other hands.",
        "revocation-unknown" => "It does not show whether its certificate was revoked.",
        "clock-wrong" => {
            "Its certificate is not valid at this time: the clock of this computer or of the device is wrong."
        }
        "wrong-tls-certificate" => {
            "Its proof is for another connection: something may stand between this computer and the device."
        }
        "tls-lives-too-long" => "Its connection is certified for longer than devices do that.",
        "not-fresh" => "Its proof is an old one, which somebody may have copied.",
        "self-made" => "Nobody known has certified it.",
        "bad-chain" => "Its certificates break the rules.",
        "declined" | "no-answer" => "It does not prove who it is.",
        // Malformed, and what may come later.
        _ => "Its proof cannot be understood.",
    })
}

/// The verdict of a cast that runs, in the facts about it: `code` is [`Verdict::code`].
pub(super) fn fact(code: &str) -> String {
    gettext(match code {
        "genuine" | "genuine-audio" => "Genuine",
        "developer" => "Certified by your root",
        "known-expired" => "Genuine, expired",
        _ => "Not certified",
    })
}

/// How far a device is trusted that there was a cast to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustMark {
    /// The name of a symbol.
    pub icon: &'static str,
    /// One or two sentences.
    pub text: String,
}

/// The mark of a device in the list; `None` when nothing was found out about it that a person has to do with.
pub fn trust_mark(known: &Remembered) -> Option<TrustMark> {
    let proven = proven_by(&known.verdict);
    Some(if known.certified {
        TrustMark {
            icon: "security-high-symbolic",
            text: proven,
        }
    } else if known.allowed {
        TrustMark {
            icon: "security-medium-symbolic",
            text: fill("You allowed it. {proven}", &[("proven", &proven)]),
        }
    } else {
        return None;
    })
}

/// What is remembered of a device, as titles and values, for its details.
pub fn trust_facts(known: &Remembered) -> Vec<(String, String)> {
    let (title, shown) = match known.leaf_key {
        Some(leaf) => (gettext("Key"), leaf),
        None => (gettext("Key of the Connection"), known.tls_key),
    };
    vec![(gettext("Trust"), trusted_line(known)), (title, key(shown))]
}

/// What is remembered of a device in the preferences, in a few words.
pub fn trusted_line(known: &Remembered) -> String {
    trust_mark(known).map_or_else(|| proven_by(&known.verdict), |mark| mark.text)
}

/// A key for people: its first 32 digits in groups, which nobody can forge.
pub fn key(key: Fingerprint) -> String {
    let digits = key.to_string();
    let groups = digits.as_bytes()[..KEY_DIGITS].chunks(4);
    let groups: Vec<&str> = groups
        .filter_map(|four| std::str::from_utf8(four).ok())
        .collect();
    groups.join(" ")
}

/// Half of the digits of a fingerprint: 128 bits.
const KEY_DIGITS: usize = 32;

/// The question in a dialog whether to cast to a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustWords {
    /// A few words.
    pub title: String,
    /// What is known, and what a yes means.
    pub detail: String,
    /// What the key is called.
    pub key_title: String,
    /// The key.
    pub key: String,
    /// The button for no.
    pub cancel: String,
    /// The button for yes.
    pub cast: String,
}

/// The question whether to cast to a device that is not certified.
pub fn trust_question(question: &TrustQuestion) -> TrustWords {
    let changed = question.is_about_a_change();
    let assessment = question.assessment();
    let (title, detail) = if changed {
        (
            "“{device}” Has Changed",
            "It is not what it was when you allowed it. {proven} Cast only if you know why: whoever runs it sees and hears what you cast.",
        )
    } else {
        (
            "Cast to “{device}”?",
            "{proven} Cast only if you know it: whoever runs it sees and hears what you cast. You are asked once.",
        )
    };
    let values = [
        ("device", question.device()),
        ("proven", &proven(assessment.verdict)),
    ];
    TrustWords {
        title: fill(title, &values),
        detail: fill(detail, &values),
        key_title: match assessment.leaf_key {
            Some(_) => gettext("Its Key"),
            None => gettext("Key of Its Connection"),
        },
        key: key(question.key()),
        cancel: gettext("_Cancel"),
        cast: gettext("Cast _Anyway"),
    }
}

/// The question whether to forget what is known of a device that was refused: title, what that means, no, yes.
pub fn forget_trust(device: &str) -> [String; 4] {
    let values = [("device", device)];
    [
        fill("Forget “{device}”?", &values),
        fill(
            "Do this only if you know why it has changed, for instance because it was replaced or reset. It is then like a new device: if nobody has certified it, you are asked before something is cast to it.",
            &values,
        ),
        gettext("_Cancel"),
        gettext("_Forget and Cast"),
    ]
}

/// What to do in the window about a device that proves too little.
pub(super) fn what_to_do(distrust: Distrust) -> String {
    gettext(match distrust {
        Distrust::OtherKey | Distrust::NoLongerCertified(_) | Distrust::NoLongerProven(_) => {
            "Somebody may pretend to be this device. If you know why it has changed, for instance because it was replaced or reset, let Telecast forget what it was."
        }
        Distrust::NobodyToAsk(_) => "Try again, and allow it when you are asked.",
        Distrust::NotCertified(_) => {
            "Your preferences allow certified devices only. They can also name roots that certify devices."
        }
    })
}

/// What the preferences say about devices that are not certified.
pub fn trust_rule(rule: TrustRule) -> String {
    gettext(match rule {
        TrustRule::Ask => "Ask Once",
        TrustRule::Certified => "Never",
        TrustRule::Any => "Always",
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

/// The title of the dialog in which the file of a root is chosen.
pub fn add_root() -> String {
    gettext("Add Root")
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
