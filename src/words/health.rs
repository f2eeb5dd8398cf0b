// SPDX-License-Identifier: GPL-3.0-or-later
//! How a cast is going: a [`Health`] in; out, two parts for the page of the cast, and a sentence with its remedy for those
//! who look at the statistics.

use std::time::Duration;

use gettextrs::gettext;

use super::fill;
use crate::engine::{Advice, Cause, Health, SendFault, Trouble, Verdict};

/// A verdict in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthWords {
    /// Two or three words, without a full stop.
    pub verdict: String,
    /// What it means, or what would help; also without.
    pub consequence: String,
}

/// Verdict and consequence, for people who look at their TV.
pub fn health(health: &Health) -> HealthWords {
    let (verdict, consequence) = match health.verdict {
        Verdict::Well { behind, pictures } => (gettext("Going well"), delay(behind, pictures)),
        Verdict::Softened(cause) => (gettext("Picture softened"), busy(cause)),
        Verdict::Stuttering(cause) => (gettext("Stuttering"), remedy(health.advice, cause)),
        Verdict::SoundGaps(cause) => (gettext("Sound has gaps"), remedy(health.advice, cause)),
        Verdict::Blocked(fault) => (
            gettext("Nothing gets through"),
            match fault {
                SendFault::NotPermitted => gettext("The firewall of this computer blocks the cast"),
                SendFault::NoRoute => gettext("This computer has lost its network"),
                SendFault::Refused => gettext("The TV may be starting again"),
                SendFault::NoRoom | SendFault::TooLarge | SendFault::Other => {
                    gettext("The network card of this computer does not keep up")
                }
            },
        ),
        Verdict::Waiting(Trouble::NoFeedback) => (
            gettext("TV does not answer"),
            gettext("Check that it is switched on"),
        ),
        Verdict::Waiting(Trouble::NextCodec) => (
            gettext("Picture interrupted"),
            gettext("Trying another video format"),
        ),
        Verdict::Waiting(Trouble::SmallerPackets) => (
            gettext("Picture interrupted"),
            gettext("Trying another way through the network"),
        ),
        Verdict::Paused { sound: true } => (gettext("Picture paused"), gettext("Sound continues")),
        Verdict::Paused { sound: false } => (
            gettext("Picture paused"),
            gettext("The TV shows the last picture"),
        ),
    };
    HealthWords {
        verdict,
        consequence,
    }
}

/// The same for people who look at the numbers: what is the matter, and what would help; that is empty when nothing is to
/// be done.
pub fn health_in_full(health: &Health) -> HealthWords {
    let short = self::health(health);
    let verdict = match health.verdict {
        Verdict::Well { .. } => return short,
        Verdict::Softened(cause) => softened(cause),
        Verdict::Stuttering(cause) => stuttering(cause),
        Verdict::SoundGaps(cause) => sound_gaps(cause),
        Verdict::Blocked(_) | Verdict::Waiting(_) | Verdict::Paused { .. } => short.verdict,
    };
    HealthWords {
        verdict,
        consequence: health.advice.map_or(short.consequence, advice),
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

fn delay(behind: Duration, pictures: bool) -> String {
    let tenths = behind.as_millis() / 100;
    let seconds = format!("{}.{}", tenths / 10, tenths % 10);
    let seconds = [("seconds", seconds.as_str())];
    if pictures {
        fill("The TV is {seconds} seconds behind", &seconds)
    } else {
        fill("The sound is {seconds} seconds behind", &seconds)
    }
}

fn busy(cause: Cause) -> String {
    match cause {
        Cause::Network { .. } => gettext("The network is busy"),
        Cause::Computer => gettext("This computer is busy"),
    }
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
fn advice(advice: Advice) -> String {
    match advice {
        Advice::MoreDelayOrNearer => gettext(
            "Robust latency hides more of this. Closer to the router, or with a cable, it goes away.",
        ),
        Advice::MoreDelay => gettext("Robust latency hides more of this."),
        Advice::Nearer => gettext("Move closer to the router, or use a cable."),
        Advice::LessTraffic => gettext("Other downloads on the network may be in the way."),
        Advice::LessWork => gettext("Close other programs, or choose a lower quality."),
        Advice::CheckNetwork => gettext("Check the network connection of this computer."),
        Advice::AllowPackets => gettext("Allow outgoing UDP to the TV in the firewall."),
        Advice::CheckDevice => gettext("Check that the TV is switched on and in the same network."),
    }
}

/// What is to be named: loss, in percent, or what it is that is slow.
enum Matter {
    WifiLoses(String),
    NetworkLoses(String),
    Wifi,
    Network,
    Computer,
}

fn lost(cause: Cause) -> Matter {
    match cause {
        Cause::Computer => Matter::Computer,
        Cause::Network { wifi, loss_pct: 0 } if wifi => Matter::Wifi,
        Cause::Network { loss_pct: 0, .. } => Matter::Network,
        Cause::Network { wifi, loss_pct } if wifi => Matter::WifiLoses(loss_pct.to_string()),
        Cause::Network { loss_pct, .. } => Matter::NetworkLoses(loss_pct.to_string()),
    }
}

fn softened(cause: Cause) -> String {
    match lost(cause) {
        Matter::WifiLoses(loss) => fill(
            "The Wi-Fi drops {loss} % of packets: quality lowered",
            &[("loss", &loss)],
        ),
        Matter::NetworkLoses(loss) => fill(
            "The network drops {loss} % of packets: quality lowered",
            &[("loss", &loss)],
        ),
        Matter::Wifi => gettext("The Wi-Fi is busy: quality lowered"),
        Matter::Network => gettext("The network is busy: quality lowered"),
        Matter::Computer => gettext("This computer is busy: fewer pictures are sent"),
    }
}

fn stuttering(cause: Cause) -> String {
    match lost(cause) {
        Matter::WifiLoses(loss) => fill(
            "The Wi-Fi drops {loss} % of packets: pictures come too late",
            &[("loss", &loss)],
        ),
        Matter::NetworkLoses(loss) => fill(
            "The network drops {loss} % of packets: pictures come too late",
            &[("loss", &loss)],
        ),
        Matter::Wifi => gettext("The Wi-Fi is too slow: pictures come too late"),
        Matter::Network => gettext("The network is too slow: pictures come too late"),
        Matter::Computer => gettext("This computer is too busy: many pictures are left out"),
    }
}

fn sound_gaps(cause: Cause) -> String {
    match lost(cause) {
        Matter::WifiLoses(loss) => fill(
            "The Wi-Fi drops {loss} % of packets: the sound has gaps",
            &[("loss", &loss)],
        ),
        Matter::NetworkLoses(loss) => fill(
            "The network drops {loss} % of packets: the sound has gaps",
            &[("loss", &loss)],
        ),
        Matter::Wifi => gettext("The Wi-Fi is too slow: the sound has gaps"),
        Matter::Network => gettext("The network is too slow: the sound has gaps"),
        Matter::Computer => gettext("This computer is too busy: the sound has gaps"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(verdict: Verdict, advice: Option<Advice>) -> (String, String) {
        let words = health(&Health { verdict, advice });
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
            let words = health_in_full(&Health {
                verdict,
                advice: Some(advice),
            });
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
        assert_eq!(line, "This computer is busy: fewer pictures are sent");
        assert!(advice.starts_with("Close other programs"), "{advice}");
    }
}
