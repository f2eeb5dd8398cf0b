// SPDX-License-Identifier: GPL-3.0-or-later
//! What a verdict needs of two [`SessionStats`] in a row: a [`Second`].

use std::time::Duration;

use super::UNSENT;
use super::window::SOFT;
use crate::session::link::Link;
use crate::session::stats::SessionStats;
use crate::session::unsent::{SendFault, Unsent};

/// A player needs some time for a picture; one that is complete later than this before its moment is late.
const LATE_MS: f64 = 10.0;

/// Pictures that take longer than this part of the target delay to be drawn, converted and encoded make this computer the
/// slow one.
const SLOW_HERE: f64 = 1.0 / 3.0;

/// Reasons of `dropped` that mean: too much is under way.
const HELD: [&str; 3] = ["in_flight", "duration", "id_span"];

/// One second of a cast.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "observations that have nothing to do with each other"
)]
pub struct Second {
    /// Pictures that came from the source.
    pub captured: f64,
    /// Pictures that left the encoder.
    pub encoded: f64,
    /// Pictures that the device acknowledged.
    pub acknowledged: f64,
    /// Pictures that might be encoded; without bound when that is unknown.
    pub limit: f64,
    /// Pictures that were held back because too much was under way.
    pub held: f64,
    /// Pictures were complete too late, on the average.
    pub late: bool,
    /// Most of the time went in this computer.
    pub slow_here: bool,
    /// The part of the time in which packets, frames or answers waited for this program to run, 0 to 1.
    pub waited: f64,
    /// The round trip, in milliseconds.
    pub round_trip: Option<f64>,
    /// Pictures are smaller than they could be.
    pub smaller: bool,
    /// Fewer pictures are made than there could be.
    pub fewer: bool,
    /// The part of the most bits that the encoder may have now.
    pub share: f64,
    /// Packets lost on the way, percent: those of the sound where there are no pictures.
    pub loss_pct: f64,
    /// Packets that were to leave.
    pub packets: u64,
    /// Packets that did not, or were refused at the other end.
    pub unsent: Unsent,
    /// Interruptions of the sound.
    pub gaps: u64,
    /// Whether there is sound.
    pub sound: bool,
    /// Whether there are pictures.
    pub has_pictures: bool,
    /// Whether it begins with Wi-Fi.
    pub wifi: bool,
    /// From capture to display.
    pub target_delay: Option<Duration>,
}

impl Second {
    /// The second that ended with `now`; `before` are the numbers of its beginning.
    pub fn between(before: &SessionStats, now: &SessionStats) -> Second {
        let audio = |stats: &SessionStats| stats.audio.as_ref().map_or(0, |audio| audio.gaps);
        let latency = &now.latency_ms;
        let here = sum([latency.capture, latency.convert, latency.encode]);
        let outside = sum([latency.pace, latency.network, latency.reassembly]);
        let target = now.target_delay_ms.unwrap_or(f64::INFINITY);
        Second {
            captured: now.fps.captured,
            encoded: now.fps.encoded,
            acknowledged: now.fps.acknowledged,
            limit: now.fps.limit.map_or(f64::INFINITY, f64::from),
            held: HELD
                .into_iter()
                .map(|reason| grown(dropped(before, reason), dropped(now, reason)))
                .sum::<u64>() as f64,
            late: latency.playout.is_some_and(|left| left < LATE_MS),
            slow_here: here > outside && here > SLOW_HERE * target,
            waited: now.late_pct / 100.0,
            round_trip: now.rtt_ms,
            smaller: now.lowered.size,
            fewer: now.lowered.fps,
            share: f64::from(now.bitrate.target) / f64::from(now.bitrate.max.max(1)),
            loss_pct: match (now.codec, &now.audio) {
                (None, Some(audio)) => audio.loss_pct,
                _ => now.loss_pct,
            },
            packets: grown(before.packets, now.packets),
            unsent: unsent(before.unsent, now.unsent),
            gaps: grown(audio(before), audio(now)),
            sound: now.audio.is_some(),
            has_pictures: now.codec.is_some(),
            wifi: now.link == Some(Link::Wifi),
            target_delay: now
                .target_delay_ms
                .and_then(|ms| Duration::try_from_secs_f64(ms / 1000.0).ok()),
        }
    }

    /// Whether the pictures are below their best.
    pub(super) fn is_lowered(&self) -> bool {
        self.smaller || self.fewer || self.share < SOFT
    }

    /// Whether packets were kept from the device and nothing has reached it, as far as that can be known.
    pub(super) fn is_blocked(&self) -> bool {
        let refused = self.unsent.of(SendFault::Refused);
        let stayed = self.unsent.total() - refused;
        let left = self.packets.saturating_sub(stayed);
        let none_left = stayed > 0 && left as f64 <= UNSENT * self.packets as f64;
        self.acknowledged <= 0.0 && (none_left || refused > 0)
    }
}

fn sum(parts: [Option<f64>; 3]) -> f64 {
    parts.into_iter().flatten().sum()
}

fn dropped(stats: &SessionStats, reason: &str) -> u64 {
    stats.dropped.get(reason).copied().unwrap_or_default()
}

/// Counters begin anew when streams are negotiated anew.
fn grown(before: u64, now: u64) -> u64 {
    now.checked_sub(before).unwrap_or(now)
}

fn unsent(before: Unsent, now: Unsent) -> Unsent {
    let mut more = Unsent::default();
    for fault in SendFault::ALL {
        more.add(fault, grown(before.of(fault), now.of(fault)));
    }
    more
}
