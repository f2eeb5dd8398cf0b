// SPDX-License-Identifier: GPL-3.0-or-later
//! Takes out of a text what is secret or says who or where somebody is: addresses, tokens and keys, the names of the
//! computer and its user. Text in, text out; knows nothing of what the text is about.

use std::env;
use std::net::IpAddr;

/// What stands in the place of what was taken out.
const ADDRESS: &str = "‹address›";
const NAME: &str = "‹name›";
const SECRET: &str = "‹removed›";

/// Random text is at least this long, words and versions are shorter.
const SHORTEST_SECRET: usize = 20;

/// See the module.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    home: Option<String>,
    /// The names of the computer and of the user.
    names: Vec<String>,
}

impl Redactor {
    /// Knows the names of this computer and its user.
    pub fn of_system() -> Redactor {
        let host = rustix::system::uname();
        let host = host.nodename().to_string_lossy().into_owned();
        let user = env::var("USER").ok();
        Redactor::new(
            env::var("HOME").ok(),
            user.into_iter().chain([host]).collect(),
        )
    }

    fn new(home: Option<String>, names: Vec<String>) -> Redactor {
        let names = names
            .into_iter()
            // "root" and "localhost" say nothing.
            .filter(|name| name.len() > 2 && !["root", "localhost"].contains(&name.as_str()))
            .collect();
        Redactor {
            home: home.filter(|home| home.len() > 1),
            names,
        }
    }

    /// `text` without any of it. Line breaks and the spaces between words stay as they are.
    pub fn redact(&self, text: &str) -> String {
        let text = match &self.home {
            Some(home) => text.replace(home.as_str(), "~"),
            None => text.to_owned(),
        };
        let mut clean = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(start) = rest.find(is_of_word) {
            let (before, from) = rest.split_at(start);
            let end = from.find(|c| !is_of_word(c)).unwrap_or(from.len());
            let (word, after) = from.split_at(end);
            clean.push_str(before);
            clean.push_str(&self.word(word));
            rest = after;
        }
        clean + rest
    }

    fn word(&self, word: &str) -> String {
        let core = word.trim_end_matches(['.', ':', '/']);
        let tail = &word[core.len()..];
        let replaced = if is_address(core) {
            ADDRESS
        } else if self.names.iter().any(|name| names(core, name)) {
            NAME
        } else if core.split(['/', '.']).any(is_secret) {
            SECRET
        } else if let Some(interface) = without_mac(core) {
            return format!("{interface}{ADDRESS}{tail}");
        } else {
            return word.to_owned();
        };
        format!("{replaced}{tail}")
    }
}

/// What addresses, tokens and names are made of.
fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || "_-.:%+/@".contains(c)
}

/// Whether `word` is this name, also with a domain behind or a user before it.
fn names(word: &str, name: &str) -> bool {
    let mut parts = word.split(['.', '@', '/', ':']);
    parts.any(|part| part.eq_ignore_ascii_case(name)) || word.eq_ignore_ascii_case(name)
}

fn is_address(word: &str) -> bool {
    let host = word.split(['%', '/']).next().unwrap_or(word);
    let without_port = host.rsplit_once(':').map_or(host, |(host, _)| host);
    host.parse::<IpAddr>().is_ok() || without_port.parse::<IpAddr>().is_ok() || is_mac(host)
}

/// Six pairs of hexadecimal digits.
fn is_mac(word: &str) -> bool {
    [':', '-'].iter().any(|separator| {
        let pairs: Vec<&str> = word.split(*separator).collect();
        pairs.len() == 6 && pairs.iter().all(|pair| pair.len() == 2 && is_hex(pair))
    })
}

/// The kind of an interface that is named after its MAC address ("enx0123456789ab").
fn without_mac(word: &str) -> Option<&str> {
    let at = word.len().checked_sub(12)?;
    let (kind, digits) = (word.get(..at)?, word.get(at..)?);
    (kind.ends_with('x') && is_hex(digits)).then_some(kind)
}

/// A UUID, or something long that no language has as a word.
fn is_secret(word: &str) -> bool {
    let letters = word.chars().filter(char::is_ascii_alphabetic).count();
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let upper = word.chars().filter(char::is_ascii_uppercase).count();
    let mixed = digits > 2 && letters > 0 || upper > 2 && upper < letters && digits > 0;
    let all_hex = is_hex(word) && digits > 0;
    word.len() >= SHORTEST_SECRET && (mixed || all_hex)
}

fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redact(text: &str) -> String {
        let home = Some("/home/anna".to_owned());
        Redactor::new(home, vec!["anna".into(), "annas-laptop".into()]).redact(text)
    }

    #[test]
    fn addresses_are_taken_out() {
        for (text, clean) in [
            ("to 192.0.2.7:8009, again", "to ‹address›, again"),
            ("to [fe80::1%wlan0]:8009.", "to [‹address›]:8009."),
            ("2001:db8::1/64", "‹address›"),
            ("mac 00:1A:2b:3c:4d:5e", "mac ‹address›"),
            ("enx001a2b3c4d5e: IPv4", "enx‹address›: IPv4"),
            ("wlx001a2b3c4d5e", "wlx‹address›"),
        ] {
            assert_eq!(redact(text), clean);
        }
    }

    #[test]
    fn tokens_and_keys_are_taken_out() {
        for secret in [
            "3f2b8c1e-7a54-4d0b-9c3e-2b1a0f9e8d7c",
            "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7",
            "ZXhhbXBsZS10b2tlbi1mb3ItdGVzdHM",
        ] {
            for text in [
                secret.to_owned(),
                format!("token={secret};"),
                format!("a/{secret}"),
            ] {
                let clean = redact(&text);
                assert!(!clean.contains(secret) && clean.contains(SECRET), "{clean}");
            }
        }
    }

    #[test]
    fn the_computer_and_its_user_are_not_named() {
        for (text, clean) in [
            ("on annas-laptop.local", "on ‹name›"),
            ("Anna says", "‹name› says"),
            ("/home/anna/.local/state/x", "~/.local/state/x"),
        ] {
            assert_eq!(redact(text), clean);
        }
    }

    #[test]
    fn versions_and_words_stay() {
        for text in [
            "Telecast 0.1.0\n\n  GTK: 4.18.6, 1.26.2\n",
            "Kernel: 6.12.48+deb13-amd64",
            "vp8: vp8enc (processor), nvh264enc, vah264lpenc",
            "en_GB.UTF-8, x86_64, wlan0, enp0s31f6, docker0",
            "hardware-encoding: false, second-monitor-size: 'largest-picture'",
            "2026-11-22 13:12:00 UTC: timed out: TlsHandshake",
            "org.freedesktop.portal.ScreenCast",
            "‹›",
        ] {
            assert_eq!(redact(text), text);
        }
    }
}
