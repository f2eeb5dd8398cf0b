// SPDX-License-Identifier: GPL-3.0-or-later
//! How a cast is going: a [`Health`] in; out, two parts for the page of the cast, and a sentence with its remedy for those
//! who look at the statistics.

use std::time::Duration;

use gettextrs::gettext;

use super::fill;
use super::kind::for_kind;
use crate::engine::{Advice, Cause, DeviceKind, Health, SendFault, Trouble, Verdict};

/// A verdict in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthWords {
    /// Two or three words, without a full stop.
    pub verdict: String,
    /// What it means, or what would help; also without.
    pub consequence: String,
}

/// Verdict and consequence, for people who look at their device.
pub fn health(health: &Health, kind: DeviceKind) -> HealthWords {
    let (verdict, consequence) = match health.verdict {
        Verdict::Well { behind, pictures } => {
            (gettext("Going well"), delay(behind, pictures, kind))
        }
        Verdict::Softened(cause) => (gettext("Picture softened"), busy(cause)),
        Verdict::Thinned(cause) => (gettext("Picture less smooth"), busy(cause)),
        Verdict::Stuttering(cause) => (gettext("Stuttering"), remedy(health.advice, cause)),
        Verdict::SoundGaps(cause) => (gettext("Sound has gaps"), remedy(health.advice, cause)),
        Verdict::Blocked(fault) => (gettext("Nothing gets through"), blocked(fault, kind)),
        Verdict::Waiting { trouble, pictures } => waiting(trouble, pictures, kind),
        Verdict::Paused { sound: true } => (gettext("Picture paused"), gettext("Sound continues")),
        Verdict::Paused { sound: false } => (
            gettext("Picture paused"),
            gettext("The last picture stays on the screen"),
        ),
    };
    HealthWords {
        verdict,
        consequence,
    }
}

fn waiting(trouble: Trouble, pictures: bool, kind: DeviceKind) -> (String, String) {
    let interrupted = if pictures {
        gettext("Picture interrupted")
    } else {
        gettext("Sound interrupted")
    };
    match trouble {
        Trouble::NoFeedback => (
            gettext(for_kind(
                kind,
                [
                    "TV does not answer",
                    "Display does not answer",
                    "Speaker does not answer",
                    "Speakers do not answer",
                ],
            )),
            gettext(match kind {
                DeviceKind::Group => "Check that they are switched on",
                _ => "Check that it is switched on",
            }),
        ),
        Trouble::NextCodec => (interrupted, gettext("Trying another video format")),
        Trouble::SmallerPackets => (
            interrupted,
            gettext("Trying another way through the network"),
        ),
    }
}

fn blocked(fault: SendFault, kind: DeviceKind) -> String {
    match fault {
        SendFault::NotPermitted => gettext("The firewall of this computer blocks the cast"),
        SendFault::NoRoute => gettext("This computer has lost its network"),
        SendFault::Refused => gettext(for_kind(
            kind,
            [
                "The TV may be starting again",
                "The display may be starting again",
                "The speaker may be starting again",
                "The speakers may be starting again",
            ],
        )),
        SendFault::NoRoom | SendFault::TooLarge | SendFault::Other => {
            gettext("The network card of this computer does not keep up")
        }
    }
}

/// The same for people who look at the numbers: what is the matter, and what would help; that is empty when nothing is to
/// be done.
pub fn health_in_full(health: &Health, kind: DeviceKind) -> HealthWords {
    let short = self::health(health, kind);
    let verdict = match health.verdict {
        Verdict::Well { .. } => return short,
        Verdict::Softened(cause) => softened(cause),
        Verdict::Thinned(cause) => thinned(cause),
        Verdict::Stuttering(cause) => stuttering(cause),
        Verdict::SoundGaps(cause) => sound_gaps(cause),
        Verdict::Blocked(_) | Verdict::Waiting { .. } | Verdict::Paused { .. } => short.verdict,
    };
    HealthWords {
        verdict,
        consequence: health
            .advice
            .map_or(short.consequence, |help| advice(help, kind)),
    }
}

/// Both parts in one line, for those who hear it.
pub fn verdict_and_consequence(words: &HealthWords) -> String {
    fill(
        "{verdict}: {consequence}",
        &[
            ("verdict", &words.verdict),
            ("consequence", &words.consequence),
        ],
    )
}

fn delay(behind: Duration, pictures: bool, kind: DeviceKind) -> String {
    let tenths = behind.as_millis() / 100;
    let seconds = format!("{}.{}", tenths / 10, tenths % 10);
    let text = match kind {
        DeviceKind::Tv if pictures => "The TV is {seconds} seconds behind",
        DeviceKind::Display if pictures => "The display is {seconds} seconds behind",
        _ => "The sound is {seconds} seconds behind",
    };
    fill(text, &[("seconds", &seconds)])
}

fn busy(cause: Cause) -> String {
    match cause {
        Cause::Network { .. } => gettext("The network is busy"),
        Cause::Computer => gettext("This computer is busy"),
        Cause::Unsent { fault, .. } => unsent(fault),
    }
}

/// Why a part of what is cast stays here.
fn unsent(fault: SendFault) -> String {
    gettext(match fault {
        SendFault::NotPermitted => "The firewall of this computer blocks a part of it",
        SendFault::NoRoute => "This computer loses its network now and then",
        _ => "The network card of this computer does not keep up",
    })
}

/// A remedy in few words.
fn remedy(advice: Option<Advice>, cause: Cause) -> String {
    match advice {
        Some(Advice::MoreDelayOrNearer) => gettext("Try Robust or move closer to the router"),
        Some(Advice::MoreDelay) => gettext("Try Robust"),
        Some(Advice::Nearer) => gettext("Move closer to the router"),
        _ => busy(cause),
    }
}

/// A remedy in a sentence.
fn advice(advice: Advice, kind: DeviceKind) -> String {
    match advice {
        Advice::MoreDelayOrNearer => gettext(
            "Robust latency hides more of this. Closer to the router, or with a cable, it goes away.",
        ),
        Advice::MoreDelay => gettext("Robust latency hides more of this."),
        Advice::Nearer => gettext("Move closer to the router, or use a cable."),
        Advice::LessTraffic => gettext("Other downloads on the network may be in the way."),
        Advice::LessWork => gettext("Close other programs, or choose a lower quality."),
        Advice::CheckNetwork => gettext("Check the network connection of this computer."),
        Advice::AllowPackets => gettext(for_kind(
            kind,
            [
                "Allow outgoing UDP to the TV in the firewall.",
                "Allow outgoing UDP to the display in the firewall.",
                "Allow outgoing UDP to the speaker in the firewall.",
                "Allow outgoing UDP to the speakers in the firewall.",
            ],
        )),
        Advice::CheckDevice => gettext(for_kind(
            kind,
            [
                "Check that the TV is switched on and in the same network.",
                "Check that the display is switched on and in the same network.",
                "Check that the speaker is switched on and in the same network.",
                "Check that the speakers are switched on and in the same network.",
            ],
        )),
    }
}

/// One of these texts, by what is to be named: how much is lost, or what it is that is slow.
fn by_cause(cause: Cause, texts: &Texts) -> String {
    let (text, part) = match cause {
        Cause::Computer => (texts.computer, 0),
        Cause::Unsent { pct, .. } => (texts.unsent, pct),
        Cause::Network { wifi, loss_pct } => (
            match (wifi, loss_pct) {
                (true, 0) => texts.wifi,
                (false, 0) => texts.network,
                (true, _) => texts.wifi_loses,
                (false, _) => texts.network_loses,
            },
            loss_pct,
        ),
    };
    fill(text, &[("loss", &part.to_string())])
}

/// A trouble with each of its causes.
struct Texts {
    wifi_loses: &'static str,
    network_loses: &'static str,
    wifi: &'static str,
    network: &'static str,
    computer: &'static str,
    unsent: &'static str,
}

fn softened(cause: Cause) -> String {
    by_cause(
        cause,
        &Texts {
            wifi_loses: "The Wi-Fi drops {loss} % of packets: quality lowered",
            network_loses: "The network drops {loss} % of packets: quality lowered",
            wifi: "The Wi-Fi is busy: quality lowered",
            network: "The network is busy: quality lowered",
            computer: "This computer is busy: quality lowered",
            unsent: "{loss} % of packets do not leave this computer: quality lowered",
        },
    )
}

fn thinned(cause: Cause) -> String {
    by_cause(
        cause,
        &Texts {
            wifi_loses: "The Wi-Fi drops {loss} % of packets: fewer pictures arrive",
            network_loses: "The network drops {loss} % of packets: fewer pictures arrive",
            wifi: "The Wi-Fi is busy: fewer pictures are sent",
            network: "The network is busy: fewer pictures are sent",
            computer: "This computer is busy: fewer pictures are sent",
            unsent: "{loss} % of packets do not leave this computer: fewer pictures arrive",
        },
    )
}

fn stuttering(cause: Cause) -> String {
    by_cause(
        cause,
        &Texts {
            wifi_loses: "The Wi-Fi drops {loss} % of packets: pictures come too late",
            network_loses: "The network drops {loss} % of packets: pictures come too late",
            wifi: "The Wi-Fi is too slow: pictures come too late",
            network: "The network is too slow: pictures come too late",
            computer: "This computer is too busy: many pictures are left out",
            unsent: "{loss} % of packets do not leave this computer: pictures come too late",
        },
    )
}

fn sound_gaps(cause: Cause) -> String {
    by_cause(
        cause,
        &Texts {
            wifi_loses: "The Wi-Fi drops {loss} % of packets: the sound has gaps",
            network_loses: "The network drops {loss} % of packets: the sound has gaps",
            wifi: "The Wi-Fi is too slow: the sound has gaps",
            network: "The network is too slow: the sound has gaps",
            computer: "This computer is too busy: the sound has gaps",
            unsent: "{loss} % of packets do not leave this computer: the sound has gaps",
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(verdict: Verdict, advice: Option<Advice>) -> (String, String) {
        let words = health(&Health { verdict, advice }, DeviceKind::Tv);
        (words.verdict, words.consequence)
    }

    #[test]
    fn a_verdict_has_two_parts() {
        let behind = Duration::from_millis(400);
        let wifi = Cause::Network {
            wifi: true,
            loss_pct: 4,
        };
        for (verdict, advice, expected) in [
            (
                Verdict::Well {
                    behind,
                    pictures: true,
                },
                None,
                ("Going well", "The TV is 0.4 seconds behind"),
            ),
            (
                Verdict::Softened(wifi),
                Some(Advice::Nearer),
                ("Picture softened", "The network is busy"),
            ),
            (
                Verdict::Stuttering(wifi),
                Some(Advice::MoreDelayOrNearer),
                ("Stuttering", "Try Robust or move closer to the router"),
            ),
            (
                Verdict::Paused { sound: true },
                None,
                ("Picture paused", "Sound continues"),
            ),
        ] {
            let (verdict, consequence) = parts(verdict, advice);
            assert_eq!((verdict.as_str(), consequence.as_str()), expected);
        }
    }

    #[test]
    fn whoever_looks_at_numbers_learns_how_much_is_lost_and_what_helps() {
        let of = |cause, advice| {
            let verdict = Verdict::Softened(cause);
            let health = Health {
                verdict,
                advice: Some(advice),
            };
            let words = health_in_full(&health, DeviceKind::Tv);
            (words.verdict, words.consequence)
        };
        let lossy = |wifi, loss_pct| Cause::Network { wifi, loss_pct };
        let (line, advice) = of(lossy(true, 4), Advice::Nearer);
        assert_eq!(line, "The Wi-Fi drops 4 % of packets: quality lowered");
        assert_eq!(advice, "Move closer to the router, or use a cable.");
        let (line, _) = of(lossy(false, 12), Advice::LessTraffic);
        assert_eq!(line, "The network drops 12 % of packets: quality lowered");
        let (line, _) = of(lossy(true, 0), Advice::Nearer);
        assert_eq!(line, "The Wi-Fi is busy: quality lowered");
        let (line, advice) = of(Cause::Computer, Advice::LessWork);
        assert_eq!(line, "This computer is busy: quality lowered");
        assert!(advice.starts_with("Close other programs"), "{advice}");
        let fault = SendFault::NotPermitted;
        let (line, advice) = of(Cause::Unsent { fault, pct: 8 }, Advice::AllowPackets);
        assert_eq!(
            line,
            "8 % of packets do not leave this computer: quality lowered"
        );
        assert_eq!(advice, "Allow outgoing UDP to the TV in the firewall.");
    }

    #[test]
    fn a_part_that_stays_here_is_not_said_to_be_everything() {
        let fault = SendFault::NotPermitted;
        let some = Verdict::Stuttering(Cause::Unsent { fault, pct: 8 });
        let (verdict, consequence) = parts(some, Some(Advice::AllowPackets));
        assert_eq!(verdict, "Stuttering");
        assert_eq!(
            consequence,
            "The firewall of this computer blocks a part of it"
        );
        let (verdict, _) = parts(Verdict::Blocked(fault), Some(Advice::AllowPackets));
        assert_eq!(verdict, "Nothing gets through");
    }

    #[test]
    fn no_speaker_is_called_a_tv_or_has_pictures() {
        let behind = Duration::from_millis(400);
        let network = Cause::Network {
            wifi: false,
            loss_pct: 0,
        };
        let mut verdicts = vec![
            Verdict::Well {
                behind,
                pictures: false,
            },
            Verdict::SoundGaps(network),
        ];
        verdicts.extend(SendFault::ALL.map(Verdict::Blocked));
        verdicts.extend(
            [Trouble::NoFeedback, Trouble::SmallerPackets].map(|trouble| Verdict::Waiting {
                trouble,
                pictures: false,
            }),
        );
        let help = [
            Advice::MoreDelay,
            Advice::AllowPackets,
            Advice::CheckDevice,
            Advice::CheckNetwork,
        ];
        for kind in [DeviceKind::Speaker, DeviceKind::Group] {
            for verdict in &verdicts {
                for advice in help {
                    let health = Health {
                        verdict: *verdict,
                        advice: Some(advice),
                    };
                    for words in [self::health(&health, kind), health_in_full(&health, kind)] {
                        let said = verdict_and_consequence(&words);
                        assert!(!said.contains("TV") && !said.contains("icture"), "{said}");
                    }
                }
            }
        }
    }
}
