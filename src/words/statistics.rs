// SPDX-License-Identifier: GPL-3.0-or-later
//! The statistics panel in words: names, units and numbers of its graphs, the sentences that stand for what cannot be
//! seen, and everything as text to copy.

mod facts;

use std::time::Duration;

use gettextrs::{gettext, pgettext};

use super::fill;
use super::health::{HealthWords, health_in_full};
use crate::engine::{Delays, DeviceKind, Figure, Health, SessionStats};

pub use facts::{Fact, facts};

/// What stands for a number that is not known.
const UNKNOWN: &str = "–";

/// Values of a [`Figure`]: measured, companion, reference.
pub type Values = [Option<f64>; 3];

/// The heading of a graph.
pub fn figure(figure: Figure) -> String {
    match figure {
        Figure::Bitrate => gettext("Bitrate"),
        Figure::NetworkDelay => gettext("Network Delay"),
        Figure::LostPackets => gettext("Lost Packets"),
        Figure::FrameRate => gettext("Frame Rate"),
    }
}

/// Its unit, as short as it gets.
pub fn unit(figure: Figure) -> String {
    match figure {
        Figure::Bitrate => pgettext("unit", "Mbit/s"),
        Figure::NetworkDelay => pgettext("unit", "ms"),
        Figure::LostPackets => pgettext("unit", "%"),
        Figure::FrameRate => pgettext("unit", "fps"),
    }
}

/// The names of its lines: measured, companion, reference; empty for one that it has not.
pub fn lines(figure: Figure) -> [String; 3] {
    match figure {
        Figure::Bitrate => [gettext("Actual"), gettext("Estimate"), gettext("Target")],
        Figure::NetworkDelay => [gettext("Round trip"), gettext("Jitter"), String::new()],
        Figure::LostPackets => [gettext("Lost"), gettext("Sent again"), String::new()],
        Figure::FrameRate => [gettext("Shown"), gettext("Encoded"), gettext("Captured")],
    }
}

/// A value of a graph; a dash when it is not known.
pub fn number(figure: Figure, value: Option<f64>) -> String {
    let Some(value) = value else {
        return UNKNOWN.to_owned();
    };
    match figure {
        Figure::Bitrate | Figure::LostPackets if value < 9.95 => format!("{value:.1}"),
        Figure::Bitrate | Figure::LostPackets | Figure::NetworkDelay | Figure::FrameRate => {
            format!("{value:.0}")
        }
    }
}

/// What stands at a line of the scale.
pub fn tick(value: f64) -> String {
    if value.fract() == 0.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.1}")
    }
}

/// An entry of the legend, with the value when `value` is given.
pub fn legend(name: &str, value: Option<&str>) -> String {
    match value {
        Some(value) => fill("{name} {value}", &[("name", name), ("value", value)]),
        None => name.to_owned(),
    }
}

/// A graph in a sentence: "Bitrate 9.7, target 10, estimate 14 megabits per second".
pub fn sentence(figure: Figure, values: Values) -> String {
    let [measured, companion, reference] = values.map(|value| number(figure, value));
    let values = [
        ("measured", measured.as_str()),
        ("companion", companion.as_str()),
        ("reference", reference.as_str()),
    ];
    match figure {
        Figure::Bitrate => fill(
            "Bitrate {measured}, target {reference}, estimate {companion} megabits per second",
            &values,
        ),
        Figure::NetworkDelay => fill(
            "Network delay: round trip {measured}, jitter {companion} milliseconds",
            &values,
        ),
        Figure::LostPackets => fill(
            "Lost packets {measured}, sent again {companion} percent",
            &values,
        ),
        Figure::FrameRate => fill(
            "Frame rate: shown {measured}, encoded {companion}, captured {reference} pictures per second",
            &values,
        ),
    }
}

/// How long ago a value was measured that somebody points at.
pub fn ago(age: Duration) -> String {
    match age.as_secs() {
        0 => gettext("Now"),
        seconds => fill("{seconds} s ago", &[("seconds", &seconds.to_string())]),
    }
}

/// A moment of a graph in a sentence.
pub fn sentence_ago(age: Duration, sentence: &str) -> String {
    match age.as_secs() {
        0 => sentence.to_owned(),
        seconds => fill(
            "{seconds} seconds ago: {sentence}",
            &[("seconds", &seconds.to_string()), ("sentence", sentence)],
        ),
    }
}

/// The headline of the delay: what is used, and "of 400 ms target".
pub fn delay_headline(delays: &Delays) -> (String, String) {
    let target = format!("{:.0}", delays.target);
    (
        format!("{:.0}", delays.used()),
        fill("of {target} ms target", &[("target", &target)]),
    )
}

/// The names of its parts: capture, encode, pacing, network, margin.
pub fn stages() -> [String; 5] {
    [
        gettext("Capture"),
        gettext("Encode"),
        gettext("Pacing"),
        gettext("Network"),
        gettext("Margin"),
    ]
}

/// Milliseconds with their unit.
pub fn milliseconds(value: f64) -> String {
    fill("{ms} ms", &[("ms", &format!("{value:.0}"))])
}

/// The delay in a sentence.
pub fn delay_sentence(delays: &Delays) -> String {
    let whole = |value: f64| format!("{value:.0}");
    fill(
        "Delay {used} of {target} milliseconds: capture {capture}, encode {encode}, pacing {pacing}, network {network}, margin {margin}",
        &[
            ("used", &whole(delays.used())),
            ("target", &whole(delays.target)),
            ("capture", &whole(delays.capture)),
            ("encode", &whole(delays.encode)),
            ("pacing", &whole(delays.pacing)),
            ("network", &whole(delays.network)),
            ("margin", &whole(delays.margin())),
        ],
    )
}

/// Everything that the panel shows of a device with this name and kind, as lines of text.
pub fn statistics_as_text(
    (device, kind): (&str, DeviceKind),
    health: Option<&Health>,
    figures: &[(Figure, Values)],
    delays: Option<&Delays>,
    stats: &SessionStats,
) -> String {
    let mut lines = vec![fill("Casting to {device}", &[("device", device)])];
    if let Some(HealthWords {
        verdict,
        consequence,
    }) = health.map(|health| health_in_full(health, kind))
    {
        lines.push(verdict);
        lines.push(consequence);
    }
    lines.push(String::new());
    let sentences = figures
        .iter()
        .map(|(figure, values)| sentence(*figure, *values));
    lines.extend(sentences);
    lines.extend(delays.map(delay_sentence));
    lines.push(String::new());
    let facts = facts(stats)
        .into_iter()
        .map(|Fact { name, value }| fill("{name}: {value}", &[("name", &name), ("value", &value)]));
    lines.extend(facts);
    lines.join("\n") + "\n"
}

/// The name that a saved file is given at first.
pub fn statistics_file(device: &str) -> String {
    let name: String = device
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { '-' })
        .collect();
    format!("telecast-{name}.json")
}

/// What is said when the text was copied.
pub fn copied() -> String {
    gettext("Statistics copied")
}

/// What is said when the file could not be written.
pub fn not_saved(why: &str) -> String {
    fill("The file was not saved: {why}", &[("why", why)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_graph_is_a_sentence_and_says_what_it_does_not_know() {
        assert_eq!(
            sentence(Figure::Bitrate, [Some(9.71), Some(14.0), Some(10.0)]),
            "Bitrate 9.7, target 10, estimate 14 megabits per second"
        );
        assert_eq!(
            sentence(Figure::LostPackets, [Some(0.0), None, None]),
            "Lost packets 0.0, sent again – percent"
        );
        let now = Duration::from_millis(900);
        assert_eq!(sentence_ago(now, "Bitrate 9.7"), "Bitrate 9.7");
        let then = Duration::from_secs(12);
        assert_eq!(
            sentence_ago(then, "Bitrate 9.7"),
            "12 seconds ago: Bitrate 9.7"
        );
    }

    #[test]
    fn numbers_and_ticks_are_short() {
        assert_eq!(number(Figure::LostPackets, Some(100.0)), "100");
        assert_eq!(number(Figure::NetworkDelay, Some(7.4)), "7");
        assert_eq!(number(Figure::FrameRate, None), UNKNOWN);
        assert_eq!([1.5, 3.0].map(tick), ["1.5", "3"]);
    }

    #[test]
    fn the_text_holds_the_verdict_the_graphs_the_delay_and_the_facts() {
        let delays = Delays {
            capture: 17.0,
            encode: 14.0,
            pacing: 38.0,
            network: 46.0,
            target: 400.0,
        };
        let figures = [(Figure::FrameRate, [Some(30.0), Some(30.0), Some(30.0)])];
        let stats = SessionStats {
            codec: Some("vp8"),
            ..SessionStats::default()
        };
        let text = statistics_as_text(
            ("Kitchen", DeviceKind::Tv),
            None,
            &figures,
            Some(&delays),
            &stats,
        );
        for part in [
            "Casting to Kitchen\n",
            "Frame rate: shown 30",
            "Delay 115 of 400 milliseconds: capture 17, encode 14, pacing 38, network 46, margin 285\n",
            "Codec: VP8\n",
        ] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        assert!(!text.contains(['{', '}']), "{text}");
    }

    #[test]
    fn a_file_name_has_no_path_in_it() {
        let name = statistics_file("../Küche / TV");
        assert_eq!(name, "telecast----Küche---TV.json");
    }
}
