// SPDX-License-Identifier: GPL-3.0-or-later
//! Reasons and states in the words of people, in their language, for all front ends. Decides nothing.
//!
//! Every text goes through gettext with whole sentences; what varies stands in braces and is filled in after
//! translation, so that translators can move it.

mod about;
pub mod bus;
mod casting;
mod codec;
mod devices;
mod duration;
mod ended;
mod health;
mod kind;
mod left_behind;
mod network;
mod notice;
mod numbers;
mod output;
mod permission;
mod reason;
mod receiver;
mod reconnecting;
mod settings;
mod state;
pub mod statistics;
mod steps;
mod trust;

use std::path::{Path, PathBuf};

use gettextrs::{
    LocaleCategory, bind_textdomain_codeset, bindtextdomain, gettext, ngettext, setlocale,
    textdomain,
};

pub use about::{
    about_telecast, copied, copyright, developers, facts_from, quick_settings_extension, stands_on,
};
pub use casting::{
    KeepCasting, cast_sound, casting_for, casting_reason, clock, keep_casting, latency_effect,
    mute, no_background, not_on_this_desktop, pause, preview_of, quality, quality_effect, volume,
    volume_of,
};
pub use codec::codec;
pub use devices::{
    CheckWords, cast_banner, cast_button, cast_line, check, device_facts, device_line, fact_line,
    host_error, host_hint, judgement, more_button, no_device_answers, not_offered, stop_button,
};
pub use duration::{about, moment};
pub use ended::{Ended, ended, labelled, remedies, remedy};
pub use health::{HealthWords, health, health_in_full, verdict_and_consequence};
pub use left_behind::{left_behind, left_behind_line, still_there};
pub use network::not_sent;
pub use notice::{NoticeWords, for_desktop, notice};
pub use numbers::{receiving, sending};
pub use output::{
    no_display, no_window, output_failed, search_failed, snapshot_failed, system_failed,
};
pub use permission::{Asking, ask_on_terminal, asking, no_answer_needed, nobody_to_ask};
pub use reason::{Explanation, explain};
pub use receiver::{listening, receiver_ended, receiver_failed};
pub use reconnecting::{reconnecting, still_reconnecting};
pub use settings::{
    ForgetAll, absent_interface, all_devices, auto, automatic, chosen, codec_choice, effect,
    forget, forget_all, forgotten, latency, monitor_size, picture_size, remembered_line,
    sender_line, sound, source, undo, wrong_ports,
};
pub use state::{describe, no_devices, picture_of, ready_to_receive, test_card, test_card_title};
pub use steps::{ConnectStep, Connecting, Progress, STEPS, connecting};
pub use trust::{
    TrustMark, TrustWords, add_root, ask_about_device, forget_trust, key, noteworthy, proven,
    root_failed, trust_facts, trust_mark, trust_question, trust_rule, trusted_line,
};

/// The name of the catalogues.
const DOMAIN: &str = "telecast";

/// Where the catalogues are, when the program was built for one place.
const LOCALE_DIR: Option<&str> = option_env!("TELECAST_LOCALE_DIR");

/// Where they are for a program that runs from the folder in which it was built.
const BUILT_LOCALE_DIR: &str = concat!(env!("OUT_DIR"), "/locale");

/// Chooses the language of the session. To be called once, before any text is made.
///
/// Without catalogues everything stays English; that is worth a line in the log and nothing more.
pub fn init() {
    if setlocale(LocaleCategory::LcAll, "").is_none() {
        tracing::debug!("the locale of the environment is not installed; using C");
    }
    let bound = bindtextdomain(DOMAIN, locale_dir())
        .and_then(|_| bind_textdomain_codeset(DOMAIN, "UTF-8"))
        .and_then(|_| textdomain(DOMAIN));
    if let Err(error) = bound {
        tracing::debug!(%error, "no translations");
    }
}

/// Where it was built, beside the program (`bin/telecast`, `share/locale`), or where the system has all of them.
fn locale_dir() -> PathBuf {
    if let Some(folder) = LOCALE_DIR {
        return PathBuf::from(folder);
    }
    let built = PathBuf::from(BUILT_LOCALE_DIR);
    if built.is_dir() {
        return built;
    }
    let program = std::env::current_exe().unwrap_or_default();
    let beside = program
        .parent()
        .and_then(Path::parent)
        .map(|prefix| prefix.join("share/locale"));
    beside
        .filter(|folder| folder.is_dir())
        .unwrap_or_else(|| PathBuf::from("/usr/share/locale"))
}

/// A value longer than this is cut off: a device may send whole pages as its reason.
const MAX_VALUE: usize = 200;

/// `text` without line breaks and control characters: what a stranger wrote must not move the cursor of a terminal.
pub fn one_line(text: &str) -> String {
    let shown = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c });
    shown
        .filter(|c| {
            !c.is_control() && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        })
        .collect()
}

/// A value fit to stand within a sentence.
fn value_of(text: &str) -> String {
    let mut line = one_line(text);
    if let Some((end, _)) = line.char_indices().nth(MAX_VALUE) {
        line.truncate(end);
        line.push('…');
    }
    line
}

/// Translates `text` and fills in what stands in braces; each value becomes one line of bounded length.
///
/// ```
/// # use telecast::words::fill;
/// assert_eq!(fill("{device} is not answering.", &[("device", "Kitchen")]), "Kitchen is not answering.");
/// ```
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    fill_in(&gettext(text), values)
}

/// The form of the text that goes with `count`, which is also filled in for `{count}`.
pub fn fill_plural(one: &str, many: &str, count: usize) -> String {
    let form = ngettext(one, many, u32::try_from(count).unwrap_or(u32::MAX));
    fill_in(&form, &[("count", &count.to_string())])
}

/// The same for a text that is translated already.
fn fill_in(translated: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(translated.len());
    let mut rest = translated;
    // One pass, so that braces within a value stay as they are.
    while let Some(start) = rest.find('{') {
        let (before, from) = rest.split_at(start);
        filled.push_str(before);
        let value = from.find('}').and_then(|end| {
            let name = &from[1..end];
            values
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value, end + 1))
        });
        if let Some((value, end)) = value {
            filled.push_str(&value_of(value));
            rest = &from[end..];
        } else {
            filled.push('{');
            rest = &from[1..];
        }
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_may_contain_braces_and_unknown_names_stay() {
        assert_eq!(
            fill("{a} and {b}", &[("a", "{b}"), ("b", "x")]),
            "{b} and x"
        );
        assert_eq!(fill("{nobody} { {", &[]), "{nobody} { {");
    }

    #[test]
    fn what_a_device_says_stays_on_its_line() {
        let tricks = "no\r\n\u{1b}[2Jtelecast: all is well\u{202e}";
        assert_eq!(
            fill("{why}.", &[("why", tricks)]),
            "no  [2Jtelecast: all is well."
        );
        let long = fill("{why}", &[("why", &"ä".repeat(5000))]);
        assert_eq!(long.chars().count(), MAX_VALUE + 1);
    }
}
