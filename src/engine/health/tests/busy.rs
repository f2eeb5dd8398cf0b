// SPDX-License-Identifier: GPL-3.0-or-later
//! Whose fault it is when pictures are late or lowered: figures of a computer on which far too much ran, and of networks.

use super::*;

/// A second of a cast.
#[derive(Debug, Clone, Copy)]
struct Recorded {
    /// Pictures that were captured, encoded, acknowledged, and allowed.
    fps: [u32; 4],
    late_pct: u32,
    rtt_ms: u32,
    /// Capture, conversion, encoder, pacer, network, reassembly, playout.
    latency_ms: [u32; 7],
    /// What the encoder was asked for.
    kbits: u32,
    /// Pictures held back since the start.
    in_flight: u64,
}

const fn second(
    fps: [u32; 4],
    late_pct: u32,
    rtt_ms: u32,
    latency_ms: [u32; 7],
    kbits: u32,
    in_flight: u64,
) -> Recorded {
    Recorded {
        fps,
        late_pct,
        rtt_ms,
        latency_ms,
        kbits,
        in_flight,
    }
}

/// Recorded over loopback while two processors had twenty things to do; in the last two seconds they had a rest.
const OVERLOADED: [Recorded; 16] = [
    second(
        [30, 14, 11, 20],
        41,
        10,
        [9, 60, 27, 68, 10, 10, 197],
        585,
        2,
    ),
    second([24, 16, 19, 20], 41, 4, [5, 32, 11, 154, 3, 2, 163], 630, 3),
    second(
        [25, 10, 9, 20],
        37,
        20,
        [8, 58, 55, 46, 12, 18, 181],
        981,
        3,
    ),
    second(
        [36, 20, 15, 20],
        28,
        13,
        [9, 53, 25, 45, 13, 13, 239],
        1040,
        6,
    ),
    second([23, 13, 13, 20], 33, 14, [6, 41, 16, 42, 5, 8, 288], 300, 6),
    second([34, 19, 21, 20], 18, 1, [3, 30, 19, 65, 2, 1, 283], 1202, 6),
    second([26, 18, 14, 20], 8, 2, [6, 31, 18, 16, 2, 3, 325], 300, 6),
    second(
        [33, 16, 16, 15],
        23,
        7,
        [5, 29, 22, 254, 19, 15, 73],
        300,
        14,
    ),
    second(
        [26, 12, 16, 15],
        18,
        21,
        [4, 42, 19, 52, 15, 8, 263],
        300,
        15,
    ),
    second(
        [30, 14, 13, 15],
        38,
        10,
        [14, 65, 25, 71, 8, 7, 224],
        300,
        15,
    ),
    second(
        [21, 11, 11, 15],
        48,
        24,
        [8, 71, 26, 59, 29, 33, 198],
        300,
        15,
    ),
    second(
        [28, 11, 12, 15],
        45,
        23,
        [11, 84, 31, 57, 16, 9, 204],
        300,
        15,
    ),
    second(
        [32, 17, 17, 15],
        14,
        12,
        [3, 25, 19, 46, 12, 8, 302],
        329,
        15,
    ),
    second([30, 15, 15, 15], 15, 4, [1, 4, 2, 6, 11, 7, 379], 300, 15),
    second([30, 15, 15, 15], 0, 1, [1, 4, 4, 1, 1, 2, 389], 300, 15),
    second([30, 15, 15, 15], 0, 1, [1, 4, 3, 5, 1, 1, 385], 1314, 15),
];

impl Recorded {
    fn write(self, stats: &mut SessionStats) {
        let number = |number: u32| Some(f64::from(number));
        let [captured, encoded, acknowledged, limit] = self.fps;
        stats.fps = FrameRates {
            captured: f64::from(captured),
            encoded: f64::from(encoded),
            sent: f64::from(encoded),
            acknowledged: f64::from(acknowledged),
            limit: Some(limit),
        };
        stats.late_pct = f64::from(self.late_pct);
        stats.rtt_ms = number(self.rtt_ms);
        let [capture, convert, encode, pace, network, reassembly, playout] =
            self.latency_ms.map(number);
        stats.latency_ms = StageLatencies {
            capture,
            convert,
            encode,
            pace,
            network,
            reassembly,
            playout,
        };
        stats.bitrate.target = self.kbits * 1000;
        stats.lowered = Lowered {
            size: true,
            fps: true,
        };
        stats.target_delay_ms = Some(400.0);
        stats.dropped.insert("in_flight", self.in_flight);
    }
}

/// What was shown while these seconds went by.
fn shown(cast: &mut Cast, seconds: &[Recorded]) -> Vec<Health> {
    let before = cast.second;
    cast.run(seconds.len() as u64, |number, stats| {
        let at = usize::try_from(number - before - 1).expect("a few");
        seconds[at].write(stats);
    })
}

fn cause(health: &Health) -> Option<Cause> {
    match health.verdict {
        Verdict::Softened(cause)
        | Verdict::Thinned(cause)
        | Verdict::Stuttering(cause)
        | Verdict::SoundGaps(cause) => Some(cause),
        _ => None,
    }
}

#[test]
fn a_computer_that_is_too_busy_is_not_taken_for_a_bad_network_nor_while_it_recovers() {
    let mut cast = Cast::new();
    let overloaded = shown(&mut cast, &OVERLOADED);
    assert!(overloaded.len() >= OVERLOADED.len() - 2, "it is said soon");
    for health in &overloaded {
        assert_eq!(cause(health), Some(Cause::Computer), "{health:?}");
        assert_eq!(health.advice, Some(Advice::LessWork));
    }
    // The rest goes on, and the pictures come up again only slowly.
    let resting = [OVERLOADED[15]; 20];
    for health in shown(&mut cast, &resting) {
        assert_eq!(health.verdict, Verdict::Softened(Cause::Computer));
    }
    let good = cast.run(8, |_, stats| stats.rtt_ms = Some(1.0));
    let last = good.last().expect("eight").verdict;
    assert!(matches!(last, Verdict::Well { .. }), "{last:?}");
}

/// A second in which a queue stands in the network and this computer is idle.
const QUEUE: Recorded = second(
    [30, 15, 15, 15],
    1,
    160,
    [1, 4, 4, 40, 80, 30, 240],
    400,
    15,
);

#[test]
fn pictures_that_were_lowered_for_a_queue_in_the_network_are_the_networks_also_when_it_is_gone() {
    let mut cast = Cast::new();
    cast.run(6, |_, stats| stats.rtt_ms = Some(12.0));
    let queued = shown(&mut cast, &[QUEUE; 8]);
    let network = Some(network(0));
    assert_eq!(cause(queued.last().expect("eight")), network);
    let gone = Recorded {
        rtt_ms: 14,
        ..QUEUE
    };
    for health in shown(&mut cast, &[gone; 10]) {
        assert_eq!(cause(&health), network);
    }
    // Both at the same time: what the network does can be seen from here only where nothing else explains it.
    let busy_now = Recorded {
        late_pct: 40,
        ..gone
    };
    let busy = shown(&mut cast, &[busy_now; 8]);
    assert_eq!(cause(busy.last().expect("eight")), Some(Cause::Computer));
}

#[test]
fn loss_is_the_networks_however_busy_the_computer_is() {
    let health = Cast::after(|_, stats| {
        OVERLOADED[3].write(stats);
        stats.fps.acknowledged = 8.0;
        stats.loss_pct = 6.0;
        stats.late_pct = 20.0;
        stats.fps.encoded = 20.0;
    });
    assert_eq!(cause(&health), Some(network(6)));
}

#[test]
fn a_way_that_is_long_by_itself_is_no_queue() {
    let health = Cast::after(|second, stats| {
        OVERLOADED[3].write(stats);
        stats.rtt_ms = Some([120.0, 150.0, 210.0][(second % 3) as usize]);
    });
    assert_eq!(cause(&health), Some(Cause::Computer));
}

/// Pictures that are late, most of the time behind the encoder.
fn late(stats: &mut SessionStats) {
    stats.latency_ms.pace = Some(190.0);
    stats.latency_ms.playout = Some(0.0);
}

#[test]
fn pictures_and_sound_that_leave_late_are_the_computers_fault_when_it_was_not_running() {
    for (late_pct, expected) in [(35.0, Cause::Computer), (3.0, network(0))] {
        let pictures = Cast::after(|_, stats| {
            late(stats);
            stats.late_pct = late_pct;
        });
        assert_eq!(pictures.verdict, Verdict::Stuttering(expected));
        let sound = Cast::after(|second, stats| {
            stats.audio = Some(AudioStats {
                gaps: second,
                ..AudioStats::default()
            });
            stats.late_pct = late_pct;
        });
        assert_eq!(sound.verdict, Verdict::SoundGaps(expected));
    }
}

#[test]
fn a_compositor_that_is_late_is_this_computer() {
    let health = Cast::after(|_, stats| {
        stats.latency_ms.capture = Some(150.0);
        stats.latency_ms.playout = Some(2.0);
    });
    assert_eq!(health.verdict, Verdict::Stuttering(Cause::Computer));
}
