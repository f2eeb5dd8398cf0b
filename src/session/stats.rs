// SPDX-License-Identifier: GPL-3.0-or-later
//! `SessionStats`: what a running session says about itself once a second, in the words of `mirror --stats json`.
//!
//! The JSON keys are stable: scripts depend on them. What is not known yet is `null`, never an invented number.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Instant;

use serde::Serialize;

use super::link::Link;
use super::state::{Absence, SessionState};
use super::unsent::Unsent;
use crate::encode::output::FramePath;

/// Pictures a second over the last second, by stage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct FrameRates {
    /// Came from the source.
    pub captured: f64,
    /// Left the encoder.
    pub encoded: f64,
    /// Left this machine completely.
    pub sent: f64,
    /// Were acknowledged by the device.
    pub acknowledged: f64,
    /// May be encoded at the moment; unknown without pictures.
    pub limit: Option<u32>,
}

/// Video bits per second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Bitrates {
    /// What the encoder is asked for.
    pub target: u32,
    /// What left the encoder in the last second.
    pub actual: u32,
    /// What the network is believed to carry; unknown for the first second or so.
    pub estimate: Option<u32>,
    /// The most that the encoder may ever be asked for.
    pub max: u32,
}

/// What of the picture is below its best, because the network does not carry that.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Lowered {
    /// Its size.
    pub size: bool,
    /// How many there are in a second.
    pub fps: bool,
}

/// Mean milliseconds spent in each stage over the last second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct StageLatencies {
    /// Drawn until received by this process.
    pub capture: Option<f64>,
    /// Waiting for and being converted.
    pub convert: Option<f64>,
    /// In the encoder.
    pub encode: Option<f64>,
    /// From the encoder until the last packet left.
    pub pace: Option<f64>,
    /// On the way: half a round trip.
    pub network: Option<f64>,
    /// From the last packet's arrival until the device acknowledged the frame, without the way back.
    pub reassembly: Option<f64>,
    /// What is left of the target delay: waiting in the device for its moment.
    pub playout: Option<f64>,
}

/// The sound.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct AudioStats {
    /// Codec name.
    pub codec: Option<&'static str>,
    /// Bits per second over the last second.
    pub bitrate: u32,
    /// Packets lost on the way, percent, the mean of the reports of the last second.
    pub loss_pct: f64,
    /// How often the sound was interrupted since the start.
    pub gaps: u64,
}

/// A device that is being sought, at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Reconnecting {
    /// What the last look found: [`Setback::name`].
    pub why: &'static str,
    /// Which attempt it is, or will be, from 1.
    pub attempt: u32,
    /// Seconds until that begins; `None` while it is being made.
    pub next_s: Option<f64>,
    /// Seconds until the device is given up.
    pub gives_up_s: f64,
}

impl Reconnecting {
    /// A search as it is `now`.
    pub(super) fn at(now: Instant, absence: &Absence) -> Reconnecting {
        let left = |then: Instant| {
            let left = then.saturating_duration_since(now);
            left.as_millis() as f64 / 1000.0
        };
        Reconnecting {
            why: absence.why.name(),
            attempt: absence.attempt,
            next_s: absence.next.map(left),
            gives_up_s: left(absence.until),
        }
    }
}

/// A running session in numbers.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct SessionStats {
    /// [`super::state::SessionState::name`].
    pub state: &'static str,
    /// What the device proves about itself: [`Verdict::code`](crate::cast::auth::Verdict::code); `None` before it was
    /// asked.
    pub trust: Option<&'static str>,
    /// Video codec name.
    pub codec: Option<&'static str>,
    /// The element that encodes video, by GStreamer's name.
    pub encoder: Option<String>,
    /// Whether it runs on the GPU.
    pub hardware: bool,
    /// How pictures get from the source to it; `None` before the first.
    pub path: Option<FramePath>,
    /// The layout of the source's pixels; `None` before the first picture.
    pub pixel_format: Option<&'static str>,
    /// Width of the encoded picture, in pixels.
    pub width: Option<u32>,
    /// Height of the encoded picture, in pixels.
    pub height: Option<u32>,
    /// Pictures a second.
    pub fps: FrameRates,
    /// Bits per second.
    pub bitrate: Bitrates,
    /// What of the picture is below its best.
    pub lowered: Lowered,
    /// Filtered round trip time.
    pub rtt_ms: Option<f64>,
    /// How far its measurements stray from that.
    pub jitter_ms: Option<f64>,
    /// Video packets lost on the way, percent, the mean of the reports of the last second.
    pub loss_pct: f64,
    /// Packets sent since the start, those sent again included.
    pub packets: u64,
    /// Packets sent again since the start.
    pub retransmitted: u64,
    /// Key frames sent since the start.
    pub key_frames: u64,
    /// Media time that is sent and not acknowledged.
    pub in_flight_ms: f64,
    /// The part of the last second in which packets, frames or answers waited for this program to run, percent.
    pub late_pct: f64,
    /// Pictures not sent since the start, by reason: `encoder_busy`, `in_flight`, `rate`, …; and packets that could not be
    /// sent: `send_errors`, of which so many for each of the reasons `send_no_route`, `send_not_permitted`, ….
    pub dropped: BTreeMap<&'static str, u64>,
    /// Packets that could not be sent since the start; among the JSON keys as part of `dropped`.
    #[serde(skip)]
    pub unsent: Unsent,
    /// Datagrams since the start that came to the media port from somebody else than the device, and were dropped.
    pub strangers: u64,
    /// Time spent by stage.
    pub latency_ms: StageLatencies,
    /// From capture to display, as it is in force.
    pub target_delay_ms: Option<f64>,
    /// Where the media goes; `None` before it does.
    pub address: Option<SocketAddr>,
    /// What kind of network leads there.
    pub link: Option<Link>,
    /// The code point that packets are marked with.
    pub dscp: Option<u8>,
    /// The sound; `null` without.
    pub audio: Option<AudioStats>,
    /// Seconds since streaming began.
    pub uptime_s: f64,
    /// The search for a device that was lost; `null` while none is.
    pub reconnecting: Option<Reconnecting>,
    /// How often the device was lost and came back.
    pub reconnected: u64,
    /// What `reconnecting` is made of.
    #[serde(skip)]
    pub absence: Option<Absence>,
}

impl SessionStats {
    /// Notes what another state changes.
    pub(super) fn enter(&mut self, now: Instant, state: &SessionState) {
        self.state = state.name();
        let was_lost = self.absence.take().is_some();
        match state {
            SessionState::Reconnecting(absence) => self.absence = Some(*absence),
            SessionState::Streaming(_) if was_lost => self.reconnected += 1,
            _ => {}
        }
        self.count_down(now);
    }

    /// Brings the search for a lost device up to date.
    pub(super) fn count_down(&mut self, now: Instant) {
        let absence = self.absence.as_ref();
        self.reconnecting = absence.map(|absence| Reconnecting::at(now, absence));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::state::{Setback, Streams};
    use super::*;

    #[test]
    fn a_search_is_counted_down_and_counted_when_it_was_successful() {
        let now = Instant::now();
        let mut stats = SessionStats::default();
        let lost = SessionState::Reconnecting(Absence {
            why: Setback::Silent,
            attempt: 2,
            next: Some(now + Duration::from_secs(3)),
            until: now + Duration::from_mins(1),
        });
        stats.enter(now, &lost);
        let later = now + Duration::from_millis(500);
        stats.count_down(later);
        let expected = Reconnecting {
            why: "silent",
            attempt: 2,
            next_s: Some(2.5),
            gives_up_s: 59.5,
        };
        assert_eq!(stats.reconnecting, Some(expected));
        for _ in 0..2 {
            stats.enter(later, &SessionState::Streaming(Streams::default()));
            assert_eq!((stats.reconnecting, stats.reconnected), (None, 1));
        }
    }

    /// All keys of a JSON value, nested ones with dots.
    fn keys(prefix: &str, value: &serde_json::Value, into: &mut Vec<String>) {
        if let Some(object) = value.as_object() {
            for (key, value) in object {
                into.push(format!("{prefix}{key}"));
                keys(&format!("{prefix}{key}."), value, into);
            }
        }
    }

    #[test]
    fn the_json_has_exactly_the_documented_keys() {
        let stats = SessionStats {
            audio: Some(AudioStats::default()),
            reconnecting: Some(Reconnecting {
                why: "silent",
                attempt: 1,
                next_s: None,
                gives_up_s: 1.0,
            }),
            dropped: BTreeMap::from([("in_flight", 3)]),
            ..SessionStats::default()
        };
        let mut found = Vec::new();
        keys("", &serde_json::to_value(&stats).unwrap(), &mut found);
        found.sort();
        let mut expected: Vec<_> = "state strangers trust codec encoder hardware path pixel_format width height \
            fps fps.captured fps.encoded fps.sent fps.acknowledged fps.limit \
            bitrate bitrate.target bitrate.actual bitrate.estimate bitrate.max \
            lowered lowered.size lowered.fps rtt_ms jitter_ms loss_pct packets retransmitted key_frames in_flight_ms late_pct dropped dropped.in_flight \
            latency_ms latency_ms.capture latency_ms.convert latency_ms.encode latency_ms.pace latency_ms.network \
            latency_ms.reassembly latency_ms.playout target_delay_ms address link dscp \
            audio audio.codec audio.bitrate audio.loss_pct audio.gaps uptime_s reconnected \
            reconnecting reconnecting.why reconnecting.attempt reconnecting.next_s reconnecting.gives_up_s"
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        expected.sort();
        assert_eq!(found, expected);
    }
}
