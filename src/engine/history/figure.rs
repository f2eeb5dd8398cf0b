// SPDX-License-Identifier: GPL-3.0-or-later
//! What graphs show of the samples: two in a row in, the values of a [`Figure`] out; and where the delay goes.

use super::Sample;
use crate::session::stats::SessionStats;

/// A graph's subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Figure {
    /// Video, in Mbit/s: actual, estimate, target.
    Bitrate,
    /// In ms: round trip, jitter.
    NetworkDelay,
    /// In percent: lost, sent again.
    LostPackets,
    /// Pictures a second: acknowledged, encoded, captured.
    FrameRate,
}

impl Figure {
    /// All, in the order in which they are shown.
    pub const ALL: [Figure; 4] = [
        Figure::Bitrate,
        Figure::NetworkDelay,
        Figure::LostPackets,
        Figure::FrameRate,
    ];

    /// What was measured, its companion, and what both are compared with; `None` for what is not known or not there.
    /// `before` is the sample of a second earlier.
    pub fn values(self, before: Option<&SessionStats>, now: &SessionStats) -> [Option<f64>; 3] {
        let with_pictures = |value: f64| now.codec.map(|_| value);
        let megabits = |bits: u32| f64::from(bits) / 1e6;
        match self {
            Figure::Bitrate => [
                with_pictures(megabits(now.bitrate.actual)),
                now.bitrate.estimate.map(megabits),
                with_pictures(megabits(now.bitrate.target)),
            ],
            Figure::NetworkDelay => [now.rtt_ms, now.jitter_ms, None],
            Figure::LostPackets => {
                let lost = if now.codec.is_some() {
                    Some(now.loss_pct)
                } else {
                    now.audio.as_ref().map(|audio| audio.loss_pct)
                };
                [
                    lost,
                    before.and_then(|before| sent_again(before, now)),
                    None,
                ]
            }
            Figure::FrameRate => [
                with_pictures(now.fps.acknowledged),
                with_pictures(now.fps.encoded),
                with_pictures(now.fps.captured),
            ],
        }
    }
}

/// Packets that left again, percent of all that left.
fn sent_again(before: &SessionStats, now: &SessionStats) -> Option<f64> {
    let all = now.packets.checked_sub(before.packets)?;
    let again = now.retransmitted.checked_sub(before.retransmitted)?;
    if all == 0 {
        return Some(0.0);
    }
    Some(again as f64 * 100.0 / all as f64)
}

/// Where the time from capture to display goes, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Delays {
    /// Until this process had the picture.
    pub capture: f64,
    /// Conversion and encoder.
    pub encode: f64,
    /// Until the last packet had left.
    pub pacing: f64,
    /// Until the device had all of it.
    pub network: f64,
    /// The target.
    pub target: f64,
}

impl Delays {
    /// Of the newest sample in which a frame passed all stages.
    pub fn newest<'a>(samples: impl DoubleEndedIterator<Item = &'a Sample>) -> Option<Delays> {
        samples.rev().find_map(|sample| Delays::of(&sample.stats))
    }

    fn of(stats: &SessionStats) -> Option<Delays> {
        let stages = &stats.latency_ms;
        Some(Delays {
            capture: stages.capture?,
            encode: stages.convert.unwrap_or_default() + stages.encode?,
            pacing: stages.pace?,
            network: stages.network? + stages.reassembly.unwrap_or_default(),
            target: stats.target_delay_ms?,
        })
    }

    /// What is used of the target.
    pub fn used(&self) -> f64 {
        self.capture + self.encode + self.pacing + self.network
    }

    /// What is left of it; 0 when it is exceeded.
    pub fn margin(&self) -> f64 {
        (self.target - self.used()).max(0.0)
    }

    /// Whether pictures come too late.
    pub fn is_exceeded(&self) -> bool {
        self.used() > self.target
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::session::stats::StageLatencies;

    fn stats() -> SessionStats {
        SessionStats {
            codec: Some("vp8"),
            packets: 1000,
            retransmitted: 10,
            loss_pct: 2.5,
            ..SessionStats::default()
        }
    }

    #[test]
    fn what_was_sent_again_is_a_part_of_the_packets_of_that_second() {
        let later = SessionStats {
            packets: 1400,
            retransmitted: 30,
            ..stats()
        };
        let values = |before: Option<&SessionStats>, now: &SessionStats| {
            Figure::LostPackets.values(before, now)
        };
        assert_eq!(values(Some(&stats()), &later), [Some(2.5), Some(5.0), None]);
        assert_eq!(values(None, &later), [Some(2.5), None, None]);
        assert_eq!(values(Some(&later), &stats())[1], None, "counted anew");
        assert_eq!(values(Some(&later), &later)[1], Some(0.0));
    }

    #[test]
    fn what_is_not_there_has_no_value() {
        let sound = SessionStats::default();
        for figure in Figure::ALL {
            assert_eq!(figure.values(None, &sound), [None; 3], "{figure:?}");
        }
        let unknown = Figure::Bitrate.values(None, &stats());
        assert_eq!(unknown, [Some(0.0), None, Some(0.0)]);
    }

    #[test]
    fn delays_are_those_of_the_newest_second_in_which_a_frame_passed() {
        let sample = |stages: StageLatencies, target| Sample {
            at: Instant::now(),
            stats: SessionStats {
                latency_ms: stages,
                target_delay_ms: Some(target),
                ..stats()
            },
        };
        let passed = StageLatencies {
            capture: Some(17.0),
            convert: Some(4.0),
            encode: Some(10.0),
            pace: Some(38.0),
            network: Some(40.0),
            reassembly: Some(6.0),
            playout: Some(285.0),
        };
        let samples = [
            sample(StageLatencies::default(), 400.0),
            sample(passed, 400.0),
            sample(StageLatencies::default(), 100.0),
        ];
        assert_eq!(Delays::newest(samples[..1].iter()), None);
        let found = Delays::newest(samples.iter()).unwrap();
        assert_eq!((found.used(), found.margin()), (115.0, 285.0));
        assert!(!found.is_exceeded());
        let short = Delays {
            target: 100.0,
            ..found
        };
        assert_eq!((short.margin(), short.is_exceeded()), (0.0, true));
    }
}
