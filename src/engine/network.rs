// SPDX-License-Identifier: GPL-3.0-or-later
//! What the network is like, for a person who looks for a device in vain: facts that were measured in, [`Finding`]s out.
//! This file decides; `network/measure` measures.

mod measure;

pub(super) use measure::measure;

pub use crate::discovery::LinkKind;

/// What was measured. What cannot be known is not guessed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NetworkFacts {
    /// The networks that this computer is in; no tunnels, nothing that is inside this computer.
    pub networks: Vec<Network>,
    /// The VPNs that are on, by name.
    pub vpns: Vec<Vpn>,
    /// The firewall that runs.
    pub firewall: Option<Firewall>,
    /// How many other computers and devices answer a question to all; `None` when it could not be asked.
    pub answering: Option<usize>,
    /// Why the search itself does not work.
    pub problem: Option<String>,
    /// The network interface that alone is searched, where the person chose one.
    pub only: Option<String>,
}

/// A network that this computer is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// The interface, `wlan0` for example.
    pub interface: String,
    /// What it is; never [`LinkKind::Tunnel`].
    pub kind: LinkKind,
    /// What people call it: the name of the Wi-Fi or of the connection.
    pub name: Option<String>,
}

/// A VPN that is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vpn {
    /// What people call it, else the interface.
    pub name: String,
}

/// A firewall of this computer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Firewall {
    /// `firewalld`, with the zone of the network, and whether that lets devices be found; `None` where it does not tell.
    Firewalld {
        /// The zone, `public` for example.
        zone: Option<String>,
        /// Whether the service `mdns` is allowed in it.
        open: Option<bool>,
    },
    /// `ufw`; its rules are root's to read.
    Ufw,
}

impl Firewall {
    /// The command that lets devices answer. Everything in it is ours or was checked: a person copies it into a terminal.
    pub fn command(&self) -> String {
        match self {
            Firewall::Firewalld { zone, .. } => {
                match zone.as_deref().filter(|zone| is_word(zone)) {
                    Some(zone) => format!("sudo firewall-cmd --zone={zone} --add-service=mdns"),
                    None => "sudo firewall-cmd --add-service=mdns".to_owned(),
                }
            }
            Firewall::Ufw => "sudo ufw allow in proto udp to 224.0.0.251 port 5353".to_owned(),
        }
    }
}

/// Whether `text` cannot mean anything else to a shell than itself.
fn is_word(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

/// Whether something is as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// It is.
    Good,
    /// It may be what is wrong.
    Suspect,
    /// It cannot be known.
    Unknown,
}

/// One thing to know about the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// This computer is in no network.
    Offline,
    /// It is in this one.
    Connected(Network),
    /// It is in one, but only this interface, which has none, is searched.
    NotSearched(String),
    /// The search cannot work, for this reason.
    SearchBroken(String),
    /// Nobody on the network answers: it keeps devices apart, or a firewall does.
    NothingAnswers,
    /// Others answer, so many of them; the device itself does not.
    OthersAnswer(usize),
    /// A VPN is on.
    Vpn(Vpn),
    /// A firewall runs.
    Firewall(Firewall),
}

impl Finding {
    /// Whether that is as it should be.
    pub fn judgement(&self) -> Judgement {
        match self {
            Finding::Connected(_) | Finding::OthersAnswer(_) => Judgement::Good,
            Finding::Firewall(Firewall::Firewalld {
                open: Some(open), ..
            }) => {
                if *open {
                    Judgement::Good
                } else {
                    Judgement::Suspect
                }
            }
            Finding::Firewall(_) => Judgement::Unknown,
            Finding::Offline
            | Finding::NotSearched(_)
            | Finding::SearchBroken(_)
            | Finding::NothingAnswers
            | Finding::Vpn(_) => Judgement::Suspect,
        }
    }
}

impl NetworkFacts {
    /// What a person should know, in the order in which it is to be checked. Never empty.
    pub fn findings(&self) -> Vec<Finding> {
        if self.networks.is_empty() {
            // Nothing else matters before that.
            return vec![Finding::Offline];
        }
        let mut findings: Vec<Finding> = Vec::new();
        let searched = |network: &&Network| {
            let only = self.only.as_ref();
            only.is_none_or(|only| *only == network.interface)
        };
        let networks = self.networks.iter().filter(searched);
        findings.extend(networks.cloned().map(Finding::Connected));
        if findings.is_empty()
            && let Some(only) = &self.only
        {
            return vec![Finding::NotSearched(only.clone())];
        }
        match (&self.problem, self.answering) {
            (Some(problem), _) => findings.push(Finding::SearchBroken(problem.clone())),
            (None, Some(0)) => findings.push(Finding::NothingAnswers),
            (None, Some(others)) => findings.push(Finding::OthersAnswer(others)),
            (None, None) => {}
        }
        findings.extend(self.vpns.iter().cloned().map(Finding::Vpn));
        // When others get through, so would the device.
        if self.answering.is_none_or(|others| others == 0) {
            findings.extend(self.firewall.clone().map(Finding::Firewall));
        }
        findings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wifi() -> Network {
        Network {
            interface: "wlan0".into(),
            kind: LinkKind::Wifi,
            name: Some("Maple Street".into()),
        }
    }

    fn firewalld(zone: &str, open: Option<bool>) -> Firewall {
        Firewall::Firewalld {
            zone: Some(zone.into()),
            open,
        }
    }

    #[test]
    fn without_a_network_nothing_else_is_said() {
        let facts = NetworkFacts {
            firewall: Some(Firewall::Ufw),
            answering: Some(0),
            ..NetworkFacts::default()
        };
        assert_eq!(facts.findings(), [Finding::Offline]);
    }

    #[test]
    fn a_silent_network_is_told_with_what_may_silence_it() {
        let work = Vpn {
            name: "Work".into(),
        };
        let facts = NetworkFacts {
            networks: vec![wifi()],
            vpns: vec![work.clone()],
            firewall: Some(firewalld("public", Some(false))),
            answering: Some(0),
            ..NetworkFacts::default()
        };
        let expected = [
            (Finding::Connected(wifi()), Judgement::Good),
            (Finding::NothingAnswers, Judgement::Suspect),
            (Finding::Vpn(work), Judgement::Suspect),
            (
                Finding::Firewall(firewalld("public", Some(false))),
                Judgement::Suspect,
            ),
        ];
        let found = facts.findings().into_iter();
        let found: Vec<_> = found
            .map(|finding| (finding.clone(), finding.judgement()))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_firewall_is_no_suspect_when_others_get_through() {
        let facts = NetworkFacts {
            networks: vec![wifi()],
            firewall: Some(Firewall::Ufw),
            answering: Some(3),
            ..NetworkFacts::default()
        };
        let expected = [Finding::Connected(wifi()), Finding::OthersAnswer(3)];
        assert_eq!(facts.findings(), expected);
    }

    #[test]
    fn what_could_not_be_measured_is_not_said() {
        let facts = NetworkFacts {
            networks: vec![wifi()],
            firewall: Some(Firewall::Ufw),
            ..NetworkFacts::default()
        };
        let firewall = Finding::Firewall(Firewall::Ufw);
        assert_eq!(firewall.judgement(), Judgement::Unknown);
        assert_eq!(facts.findings(), [Finding::Connected(wifi()), firewall]);
    }

    #[test]
    fn only_the_chosen_interface_counts() {
        let facts = |only: &str| NetworkFacts {
            networks: vec![wifi()],
            only: Some(only.into()),
            ..NetworkFacts::default()
        };
        assert_eq!(facts("wlan0").findings(), [Finding::Connected(wifi())]);
        let not = Finding::NotSearched("eth7".into());
        assert_eq!(facts("eth7").findings(), [not]);
    }

    #[test]
    fn a_command_to_copy_holds_nothing_that_a_stranger_wrote() {
        for (zone, command) in [
            (
                "public",
                "sudo firewall-cmd --zone=public --add-service=mdns",
            ),
            (
                "FedoraWorkstation",
                "sudo firewall-cmd --zone=FedoraWorkstation --add-service=mdns",
            ),
            ("x; rm -rf ~", "sudo firewall-cmd --add-service=mdns"),
            ("-x", "sudo firewall-cmd --add-service=mdns"),
            ("", "sudo firewall-cmd --add-service=mdns"),
        ] {
            assert_eq!(firewalld(zone, None).command(), command);
        }
    }
}
