// SPDX-License-Identifier: GPL-3.0-or-later
//! Each trouble by itself: what is found, what would help, how much it matters.

use super::*;

type Change = fn(u64, &mut SessionStats);

/// A trouble, what it does to a second, and what is to be found.
type Case = (&'static str, Change, Verdict, Advice, Tone);

fn check<const N: usize>(cases: [Case; N]) {
    for (trouble, change, verdict, advice, tone) in cases {
        let health = Cast::after(change);
        assert_eq!(health.verdict, verdict, "{trouble}");
        assert_eq!(health.advice, Some(advice), "{trouble}");
        assert_eq!(health.tone(), tone, "{trouble}");
    }
}

#[test]
fn a_picture_that_is_lowered_but_whole_is_softened_and_one_of_fewer_is_less_smooth() {
    check([
        (
            "the network carries less",
            |_, stats| stats.lowered.size = true,
            Verdict::Softened(network(0)),
            Advice::LessTraffic,
            Tone::Information,
        ),
        (
            "Wi-Fi that loses packets",
            |_, stats| {
                stats.lowered = Lowered {
                    size: false,
                    fps: true,
                };
                (stats.link, stats.loss_pct) = (Some(Link::Wifi), 4.2);
            },
            Verdict::Thinned(Cause::Network {
                wifi: true,
                loss_pct: 4,
            }),
            Advice::Nearer,
            Tone::Information,
        ),
        (
            "few bits",
            |_, stats| stats.bitrate.target = 1_000_000,
            Verdict::Softened(network(0)),
            Advice::LessTraffic,
            Tone::Information,
        ),
        (
            "an encoder that lags a little",
            |_, stats| (stats.fps.encoded, stats.fps.acknowledged) = (24.0, 24.0),
            Verdict::Thinned(Cause::Computer),
            Advice::LessWork,
            Tone::Information,
        ),
        (
            "a fifth of the pictures that does not arrive",
            |_, stats| stats.fps.acknowledged = 24.0,
            Verdict::Thinned(network(0)),
            Advice::LessTraffic,
            Tone::Information,
        ),
    ]);
}

#[test]
fn what_disturbs_people_is_a_warning_with_a_remedy() {
    check([
        (
            "an encoder that lags",
            |_, stats| (stats.fps.encoded, stats.fps.acknowledged) = (12.0, 12.0),
            Verdict::Stuttering(Cause::Computer),
            Advice::LessWork,
            Tone::Warning,
        ),
        (
            "too much under way",
            |second, stats| {
                (stats.fps.encoded, stats.fps.acknowledged) = (15.0, 15.0);
                stats.dropped.insert("in_flight", 15 * second);
            },
            Verdict::Stuttering(network(0)),
            Advice::MoreDelay,
            Tone::Warning,
        ),
        (
            "pictures that are not acknowledged",
            |_, stats| (stats.fps.acknowledged, stats.loss_pct) = (10.0, 21.0),
            Verdict::Stuttering(network(21)),
            Advice::MoreDelay,
            Tone::Warning,
        ),
        (
            "pictures that are late although the delay is long",
            |_, stats| {
                stats.link = Some(Link::Wifi);
                stats.target_delay_ms = Some(400.0);
                stats.latency_ms.reassembly = Some(400.0);
                stats.latency_ms.playout = Some(0.0);
            },
            Verdict::Stuttering(Cause::Network {
                wifi: true,
                loss_pct: 0,
            }),
            Advice::Nearer,
            Tone::Warning,
        ),
        (
            "pictures that are late because this computer is slow",
            |_, stats| {
                stats.latency_ms.encode = Some(190.0);
                stats.latency_ms.playout = Some(0.0);
            },
            Verdict::Stuttering(Cause::Computer),
            Advice::LessWork,
            Tone::Warning,
        ),
        (
            "a firewall",
            firewall,
            Verdict::Blocked(SendFault::NotPermitted),
            Advice::AllowPackets,
            Tone::Warning,
        ),
        (
            "a firewall that takes a part",
            leaky_firewall,
            Verdict::Stuttering(Cause::Unsent {
                fault: SendFault::NotPermitted,
                pct: 8,
            }),
            Advice::AllowPackets,
            Tone::Warning,
        ),
        (
            "a device where nobody listens any more",
            |second, stats| {
                (stats.fps.encoded, stats.fps.acknowledged) = (20.0, 0.0);
                stats.unsent.add(SendFault::Refused, 3 * second);
            },
            Verdict::Blocked(SendFault::Refused),
            Advice::CheckDevice,
            Tone::Warning,
        ),
        (
            "a part of the pictures missing here and a part on the way",
            |second, stats| {
                (stats.fps.encoded, stats.fps.acknowledged) = (17.0, 15.0);
                stats.dropped.insert("in_flight", 5 * second);
            },
            Verdict::Stuttering(Cause::Computer),
            Advice::LessWork,
            Tone::Warning,
        ),
        (
            "sound with gaps",
            |second, stats| {
                if let Some(audio) = &mut stats.audio {
                    audio.gaps = second;
                }
            },
            Verdict::SoundGaps(network(0)),
            Advice::MoreDelay,
            Tone::Warning,
        ),
    ]);
}
