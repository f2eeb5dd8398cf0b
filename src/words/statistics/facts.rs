// SPDX-License-Identifier: GPL-3.0-or-later
//! What a cast is made of, as a list: `SessionStats` in, names and values out. What is not known is left out.

use gettextrs::gettext;

use crate::engine::{FramePath, Link, SessionStats};
use crate::words::{fill, trust};

/// A line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What.
    pub name: String,
    /// How much, or which.
    pub value: String,
}

/// The facts, in the order in which they are shown.
pub fn facts(stats: &SessionStats) -> Vec<Fact> {
    let all = [
        (gettext("Picture"), picture(stats)),
        (gettext("Codec"), stats.codec.map(codec)),
        (gettext("Encoder"), encoder(stats)),
        (
            gettext("Pixel Format"),
            stats.pixel_format.map(str::to_owned),
        ),
        (gettext("Zero-Copy"), stats.path.map(path)),
        (gettext("Key Frames"), key_frames(stats)),
        (gettext("Pictures Left Out"), left_out(stats)),
        (gettext("Sound"), sound(stats)),
        (gettext("Address"), address(stats)),
        (gettext("Device"), stats.trust.map(trust::fact)),
        (gettext("Packet Priority"), Some(priority(stats.dscp))),
        (gettext("Packets Not Sent"), unsent(stats)),
    ];
    let known = all.into_iter().filter_map(|(name, value)| {
        let value = value?;
        Some(Fact { name, value })
    });
    known.collect()
}

fn picture(stats: &SessionStats) -> Option<String> {
    let (width, height) = stats.width.zip(stats.height)?;
    let [width, height] = [width, height].map(|length| length.to_string());
    let rate = stats.fps.limit.map(|limit| limit.to_string());
    let size = [("width", width.as_str()), ("height", height.as_str())];
    Some(match rate {
        Some(rate) => fill(
            "{width} × {height} at {rate} Hz",
            &[size[0], size[1], ("rate", &rate)],
        ),
        None => fill("{width} × {height}", &size),
    })
}

/// Names of formats are the same in every language.
fn codec(name: &str) -> String {
    match name {
        "vp8" => "VP8",
        "vp9" => "VP9",
        "h264" => "H.264",
        "av1" => "AV1",
        "opus" => "Opus",
        "aac" => "AAC",
        other => other,
    }
    .to_owned()
}

fn encoder(stats: &SessionStats) -> Option<String> {
    let element = stats.encoder.as_deref()?;
    let element = [("element", element)];
    Some(if stats.hardware {
        fill("{element}, on the graphics card", &element)
    } else {
        fill("{element}, in software", &element)
    })
}

fn path(path: FramePath) -> String {
    match path {
        FramePath::ZeroCopy => gettext("Yes, DMA-BUF"),
        FramePath::Copied => gettext("No, through memory"),
    }
}

fn key_frames(stats: &SessionStats) -> Option<String> {
    stats.codec.map(|_| stats.key_frames.to_string())
}

/// The reasons in words, the most frequent first.
fn left_out(stats: &SessionStats) -> Option<String> {
    stats.codec?;
    let mut reasons: Vec<(u64, &str)> = stats
        .dropped
        .iter()
        .filter(|(reason, count)| !reason.starts_with("send_") && **count > 0)
        .map(|(reason, count)| (*count, *reason))
        .collect();
    if reasons.is_empty() {
        return Some(gettext("None"));
    }
    reasons.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    let lines = reasons
        .into_iter()
        .map(|(count, reason)| why(reason, &count.to_string()));
    Some(lines.collect::<Vec<_>>().join("\n"))
}

fn why(reason: &str, count: &str) -> String {
    let count = [("count", count)];
    match reason {
        "encoder_busy" => fill("{count} replaced by a newer one", &count),
        "in_flight" | "duration" | "id_span" => {
            fill("{count} because the device lags behind", &count)
        }
        "rate" => fill("{count} because of the frame rate", &count),
        "no_key_frame" => fill("{count} before a key frame", &count),
        "too_large" => fill("{count} too large", &count),
        "media_time" => fill("{count} out of order", &count),
        other => fill("{count} {reason}", &[count[0], ("reason", other)]),
    }
}

fn sound(stats: &SessionStats) -> Option<String> {
    let audio = stats.audio.as_ref()?;
    let name = codec(audio.codec?);
    let rate = format!("{:.0}", f64::from(audio.bitrate) / 1000.0);
    Some(fill(
        "{codec}, 48 kHz stereo, {rate} kbit/s",
        &[("codec", &name), ("rate", &rate)],
    ))
}

fn address(stats: &SessionStats) -> Option<String> {
    let address = stats.address?.ip().to_string();
    let address = [("address", address.as_str())];
    Some(match stats.link {
        Some(Link::Wifi) => fill("{address} over Wi-Fi", &address),
        Some(Link::Cable) => fill("{address} over cable", &address),
        Some(Link::Other) | None => fill("{address}", &address),
    })
}

fn priority(dscp: Option<u8>) -> String {
    match dscp {
        Some(code_point) => fill(
            "DSCP {code_point}",
            &[("code_point", &code_point.to_string())],
        ),
        None => gettext("Not marked"),
    }
}

fn unsent(stats: &SessionStats) -> Option<String> {
    let count = stats.unsent.total();
    (count > 0).then(|| count.to_string())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn value(stats: &SessionStats, name: &str) -> Option<String> {
        let facts = facts(stats);
        facts
            .into_iter()
            .find(|fact| fact.name == name)
            .map(|fact| fact.value)
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let facts = facts(&SessionStats::default());
        let names: Vec<_> = facts.iter().map(|fact| fact.name.as_str()).collect();
        assert_eq!(names, ["Packet Priority"]);
    }

    #[test]
    fn facts_are_written_for_people() {
        let stats = SessionStats {
            codec: Some("h264"),
            encoder: Some("vah264enc".into()),
            hardware: true,
            path: Some(FramePath::ZeroCopy),
            width: Some(1920),
            height: Some(1080),
            address: Some("192.168.1.42:5004".parse().unwrap()),
            link: Some(Link::Wifi),
            dscp: Some(46),
            trust: Some("developer"),
            key_frames: 3,
            ..SessionStats::default()
        };
        for (name, expected) in [
            ("Picture", "1920 × 1080"),
            ("Codec", "H.264"),
            ("Encoder", "vah264enc, on the graphics card"),
            ("Zero-Copy", "Yes, DMA-BUF"),
            ("Key Frames", "3"),
            ("Pictures Left Out", "None"),
            ("Address", "192.168.1.42 over Wi-Fi"),
            ("Device", "Certified by your root"),
            ("Packet Priority", "DSCP 46"),
        ] {
            assert_eq!(value(&stats, name).as_deref(), Some(expected), "{name}");
        }
    }

    #[test]
    fn reasons_stand_with_the_most_frequent_first_and_packets_apart() {
        let stats = SessionStats {
            codec: Some("vp8"),
            dropped: BTreeMap::from([
                ("encoder_busy", 3),
                ("in_flight", 12),
                ("send_errors", 40),
                ("send_no_route", 40),
            ]),
            ..SessionStats::default()
        };
        assert_eq!(
            value(&stats, "Pictures Left Out").as_deref(),
            Some("12 because the device lags behind\n3 replaced by a newer one")
        );
    }
}
