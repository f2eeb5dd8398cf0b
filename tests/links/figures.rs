// SPDX-License-Identifier: GPL-3.0-or-later
//! What a cast was like: the objects that both programs printed and what the way counted in, figures out. Pure.
//!
//! Counts and media time; nothing here depends on how fast the machine was, but for the delays.

use serde_json::Value;

use super::hosts::Counts;

/// Why the sender leaves out pictures that it had to send: more are unacknowledged than may be, or the picture needs one
/// that was left out. (A frame rate that it lowers on purpose leaves none out, and an encoder that is busy tells about the
/// machine.)
const FOR_THE_NETWORK: [&str; 4] = ["in_flight", "id_span", "duration", "no_key_frame"];

/// The figures of one cast.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// How long it lasted.
    pub seconds: u32,
    /// Pictures that arrived whole.
    pub completed: u64,
    /// Of these, those that were shown.
    pub shown: u64,
    /// Of these, those that came after their playout time.
    pub late: u64,
    /// Pictures that were sent and that the receiver gave up.
    pub skipped: u64,
    /// Pictures that the sender left out for the network's sake.
    pub dropped: u64,
    /// Time in which the picture stood still although pictures were due, and the longest such time.
    pub frozen_ms: u64,
    pub longest_freeze_ms: u64,
    /// Blocks of sound that were heard.
    pub heard: u64,
    /// Blocks of sound that the receiver gave up, and the longest row of them.
    pub silent: u64,
    pub longest_gap_ms: u64,
    /// From the drawing of a picture to its last packet: median, 95th and 99th percentile.
    pub delay_ms: [f64; 3],
    /// The longest round trip that the sender reported.
    pub round_trip_ms: f64,
    /// Of the pictures, in bit/s: the mean of what was encoded.
    pub bitrate: f64,
    /// Packets that the sender sent again.
    pub repeated: u64,
    /// Of the way.
    pub counts: Counts,
}

impl Figures {
    /// Reads what both ends printed. Panics when a key is missing.
    pub fn new(seconds: u32, receiver: &[Value], sender: &[Value], counts: Counts) -> Figures {
        let shown = receiver.last().expect("the receiver printed numbers");
        let sent = sender.last().expect("the sender printed numbers");
        let audio = &shown["audio"];
        let delay = &shown["screen_to_complete_ms"];
        let dropped = sent["dropped"].as_object().expect("reasons").iter();
        let of_all =
            |key: fn(&Value) -> &Value| sender.iter().filter_map(move |it| key(it).as_f64());
        let bitrates = of_all(|it| &it["bitrate"]["actual"]);
        Figures {
            seconds,
            completed: count(&shown["frames"]["completed"]),
            shown: count(&shown["frames"]["shown"]),
            late: count(&shown["late"]),
            skipped: count(&shown["skipped"]),
            dropped: dropped
                .filter(|(reason, _)| FOR_THE_NETWORK.contains(&reason.as_str()))
                .map(|(_, pictures)| count(pictures))
                .sum(),
            frozen_ms: count(&shown["frozen_ms"]),
            longest_freeze_ms: count(&shown["longest_freeze_ms"]),
            heard: count(&audio["decoded"]),
            silent: count(&audio["skipped"]),
            longest_gap_ms: count(&audio["longest_gap_ms"]),
            delay_ms: ["p50", "p95", "p99"].map(|key| delay[key].as_f64().unwrap_or(f64::NAN)),
            round_trip_ms: of_all(|it| &it["rtt_ms"]).fold(f64::NAN, f64::max),
            bitrate: bitrates.sum::<f64>() / sender.len() as f64,
            repeated: count(&sent["retransmitted"]),
            counts,
        }
    }

    /// Pictures that came in time, of those that the sender had to send, in percent.
    pub fn on_time_pct(&self) -> f64 {
        let in_time = self.completed.saturating_sub(self.late);
        percent(in_time, self.completed + self.skipped + self.dropped)
    }

    /// Pictures that arrived, a second.
    pub fn per_second(&self) -> f64 {
        self.completed as f64 / f64::from(self.seconds)
    }

    /// Blocks of sound that were heard, of those that were sent, in percent.
    pub fn heard_pct(&self) -> f64 {
        percent(self.heard, self.heard + self.silent)
    }

    /// Packets sent again, in percent of those that were sent once.
    pub fn repeated_pct(&self) -> f64 {
        let once = self.counts.media.saturating_sub(self.repeated);
        percent(self.repeated, once)
    }
}

fn percent(part: u64, of: u64) -> f64 {
    part as f64 / of as f64 * 100.0
}

fn count(value: &Value) -> u64 {
    value
        .as_u64()
        .unwrap_or_else(|| panic!("{value} is no count"))
}
