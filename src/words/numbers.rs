// SPDX-License-Identifier: GPL-3.0-or-later
//! The numbers of a running cast as one line for people, at either end.

use super::fill;
use crate::engine::{ReceiverStats, SessionStats};

/// What stands for a number that is not known.
const UNKNOWN: &str = "–";

/// A sender's numbers.
pub fn sending(stats: &SessionStats) -> String {
    let unsent = match stats.unsent.total() {
        0 => String::new(),
        count => fill("  not sent {count}", &[("count", &count.to_string())]),
    };
    let line = fill(
        "{seconds} s  {size} {codec}  {fps} fps  {rate} Mbit/s (of {target})  rtt {rtt} ms  loss {loss} %  resent {resent}",
        &[
            ("seconds", &format!("{:.0}", stats.uptime_s)),
            ("size", &size(stats.width, stats.height)),
            ("codec", stats.codec.unwrap_or(UNKNOWN)),
            ("fps", &format!("{:.0}", stats.fps.acknowledged)),
            ("rate", &megabits(stats.bitrate.actual)),
            ("target", &megabits(stats.bitrate.target)),
            (
                "rtt",
                &stats
                    .rtt_ms
                    .map_or_else(|| UNKNOWN.to_owned(), |rtt| format!("{rtt:.1}")),
            ),
            ("loss", &format!("{:.1}", stats.loss_pct)),
            ("resent", &stats.retransmitted.to_string()),
        ],
    );
    line + &unsent
}

/// A receiver's numbers.
pub fn receiving(stats: &ReceiverStats) -> String {
    fill(
        "{sender}  {size} {codec}  {fps} fps  late {late}  skipped {skipped}  frozen {frozen} ms",
        &[
            (
                "sender",
                &stats
                    .sender
                    .map_or_else(|| UNKNOWN.to_owned(), |sender| sender.to_string()),
            ),
            ("size", &size(stats.width, stats.height)),
            ("codec", stats.codec.unwrap_or(UNKNOWN)),
            ("fps", &format!("{:.0}", stats.fps.shown)),
            ("late", &stats.late.to_string()),
            ("skipped", &stats.skipped.to_string()),
            ("frozen", &stats.frozen_ms.to_string()),
        ],
    )
}

fn size(width: Option<u32>, height: Option<u32>) -> String {
    width.zip(height).map_or_else(
        || UNKNOWN.to_owned(),
        |(width, height)| format!("{width}x{height}"),
    )
}

/// Bits a second as megabits.
fn megabits(bits: u32) -> String {
    format!("{:.1}", f64::from(bits) / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_fit_on_a_line_and_unknown_ones_are_no_zeros() {
        let unknown = sending(&SessionStats::default());
        assert!(unknown.contains("– –"), "{unknown}");
        assert!(unknown.contains("rtt – ms"), "{unknown}");
        assert!(unknown.chars().count() < 120, "{unknown}");
        let idle = receiving(&ReceiverStats::default());
        assert!(idle.starts_with("–  – –"), "{idle}");
        let known = sending(&SessionStats {
            codec: Some("vp8"),
            width: Some(1280),
            height: Some(720),
            rtt_ms: Some(1.25),
            uptime_s: 12.4,
            ..SessionStats::default()
        });
        assert!(known.starts_with("12 s  1280x720 vp8"), "{known}");
        assert!(!known.contains(['{', '}']), "{known}");
    }
}
