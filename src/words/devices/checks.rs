// SPDX-License-Identifier: GPL-3.0-or-later
//! What was found about the network in words: a fact first, then what it means.

use gettextrs::gettext;

use super::super::{fill, fill_plural};
use crate::engine::{Finding, Firewall, Judgement, LinkKind, Network};

/// A thing to check, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckWords {
    /// What it is about.
    pub title: String,
    /// The fact, and what it means.
    pub text: String,
    /// What to type into a terminal.
    pub command: Option<String>,
}

/// A judgement, for those who do not see its symbol.
pub fn judgement(judgement: Judgement) -> String {
    match judgement {
        Judgement::Good => gettext("Good"),
        Judgement::Suspect => gettext("May be the cause"),
        Judgement::Unknown => gettext("Cannot be checked"),
    }
}

/// A finding in words.
pub fn check(finding: &Finding) -> CheckWords {
    let command = match finding {
        Finding::Firewall(
            firewall @ (Firewall::Firewalld {
                open: None | Some(false),
                ..
            }
            | Firewall::Ufw),
        ) => Some(firewall.command()),
        _ => None,
    };
    let (title, text) = match finding {
        Finding::Offline => (
            gettext("Network"),
            gettext("This computer is not connected to a network"),
        ),
        Finding::Connected(network) => connected(network),
        Finding::NotSearched(interface) => (
            gettext("Network"),
            fill(
                "Only “{interface}” is searched, and it is not connected. Preferences can change that.",
                &[("interface", interface)],
            ),
        ),
        Finding::SearchBroken(problem) => (
            gettext("Discovery"),
            fill(
                "Looking for devices does not work: {problem}",
                &[("problem", problem)],
            ),
        ),
        Finding::NothingAnswers => (
            gettext("Discovery"),
            gettext("Nothing on this network answered. Guest networks often block this."),
        ),
        Finding::OthersAnswer(count) => (
            gettext("Discovery"),
            fill_plural(
                "{count} other device on this network answered, so looking works here",
                "{count} other devices on this network answered, so looking works here",
                *count,
            ),
        ),
        Finding::Vpn(vpn) => (
            gettext("VPN"),
            fill(
                "“{name}” is on and may hide nearby devices",
                &[("name", &vpn.name)],
            ),
        ),
        Finding::Firewall(firewall) => (gettext("Firewall"), walled(firewall)),
    };
    CheckWords {
        title,
        text,
        command,
    }
}

fn connected(network: &Network) -> (String, String) {
    let title = match network.kind {
        LinkKind::Wifi => gettext("Wi-Fi"),
        LinkKind::Wired => gettext("Wired Network"),
        LinkKind::Tunnel | LinkKind::Inside => gettext("Network"),
    };
    let text = match &network.name {
        Some(name) => fill("Connected to “{name}”", &[("name", name)]),
        None => fill(
            "Connected through “{interface}”",
            &[("interface", &network.interface)],
        ),
    };
    (title, text)
}

fn walled(firewall: &Firewall) -> String {
    match firewall {
        Firewall::Firewalld {
            open: Some(true), ..
        } => gettext("firewalld runs and lets devices answer"),
        Firewall::Firewalld {
            open: Some(false), ..
        } => gettext("firewalld keeps devices from answering. This command lets them."),
        Firewall::Firewalld { open: None, .. } => {
            gettext("firewalld runs. This command lets devices answer.")
        }
        Firewall::Ufw => gettext("ufw runs. This command lets devices answer."),
    }
}
