// SPDX-License-Identifier: GPL-3.0-or-later
//! The figures of the network bench, on timelines made by hand; and the models that they are measured with.

use std::time::{Duration, Instant};

use telecast::cast::frame::{Dependency, FrameId, MediaTime, Ssrc};
use telecast::cast::rtp::packetize::{FrameSlices, Packetizer};

use crate::netsim::metrics::{
    Fate, Freezes, freezes, longest_gap, on_time_pct, percentile, utilisation_pct,
};
use crate::netsim::tally::Tally;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A picture each 100 ms, played 200 ms after its capture, that is complete and decodable at this time.
fn fate(number: u64, completed: Option<u64>) -> Fate {
    Fate {
        captured: ms(100 * number),
        playout: ms(100 * number + 200),
        completed: completed.map(ms),
        given: completed.map(ms),
        is_key_frame: number == 0,
        bytes: 1000,
    }
}

fn fates(completed: &[Option<u64>]) -> Vec<Fate> {
    (0..)
        .zip(completed)
        .map(|(number, completed)| fate(number, *completed))
        .collect()
}

#[test]
fn a_picture_is_on_time_when_it_is_complete_the_players_time_before_its_playout() {
    // Due at 200, 300, 400 and 500, hence complete at 150, 250, 350 and 450.
    let fates = fates(&[Some(150), Some(251), None, Some(330)]);
    assert!((on_time_pct(&fates, ms(50)) - 50.0).abs() < 1e-9);
    assert!((on_time_pct(&fates, ms(0)) - 75.0).abs() < 1e-9);
    assert!((on_time_pct(&[], ms(50)) - 100.0).abs() < 1e-9);
}

#[test]
fn a_picture_that_waits_for_another_is_on_time_but_not_shown_before_it_is_decodable() {
    let mut waiting = fate(1, Some(120));
    waiting.given = Some(ms(320));
    assert!(waiting.is_on_time(ms(50)));
    assert_eq!(waiting.shown(), Some(ms(320)));
    assert_eq!(waiting.latency(), Some(ms(20)));
}

#[test]
fn pictures_that_are_there_at_their_playout_time_freeze_nothing_even_without_the_players_time() {
    let fates = fates(&[Some(10), Some(300), Some(399)]);
    assert_eq!(freezes(&fates, 0, ms(1000)), Freezes::default());
}

#[test]
fn a_late_picture_freezes_until_it_is_shown() {
    let fates = fates(&[Some(10), Some(330), Some(390)]);
    let expected = Freezes {
        longest: ms(30),
        total: ms(30),
    };
    assert_eq!(freezes(&fates, 0, ms(1000)), expected);
}

#[test]
fn missing_pictures_freeze_from_the_first_of_them_until_a_later_one_is_shown() {
    // Due at 300 and 400 and never there; the next one is due at 500 and shown at 520.
    let fates = fates(&[Some(10), None, None, Some(520), Some(530)]);
    let expected = Freezes {
        longest: ms(220),
        total: ms(220),
    };
    assert_eq!(freezes(&fates, 0, ms(1000)), expected);
}

#[test]
fn separate_freezes_add_up_and_the_longest_counts() {
    let fates = fates(&[Some(10), None, Some(210), Some(560), Some(570)]);
    let expected = Freezes {
        longest: ms(100),
        total: ms(160),
    };
    assert_eq!(freezes(&fates, 0, ms(1000)), expected);
}

#[test]
fn pictures_that_are_all_late_freeze_each_by_itself_and_every_moment_counts_once() {
    // Each 130 ms late, at a distance of 100 ms.
    let fates = fates(&[Some(330), Some(430), Some(530)]);
    let expected = Freezes {
        longest: ms(130),
        total: ms(330),
    };
    assert_eq!(freezes(&fates, 0, ms(1000)), expected);
}

#[test]
fn a_freeze_that_does_not_end_lasts_until_the_end_and_the_start_can_be_left_out() {
    let fates = fates(&[None, Some(310), None]);
    let all = Freezes {
        longest: ms(600),
        total: ms(710),
    };
    assert_eq!(freezes(&fates, 0, ms(1000)), all);
    let from_second = Freezes {
        longest: ms(600),
        total: ms(610),
    };
    assert_eq!(freezes(&fates, 1, ms(1000)), from_second);
}

#[test]
fn a_gap_is_the_longest_row_of_slots_without_sound() {
    let slot = ms(20);
    let sound = fates(&[Some(10), None, Some(401), Some(499), None, Some(690)]);
    assert_eq!(longest_gap(&sound, slot), ms(40));
    assert_eq!(longest_gap(&sound[3..4], slot), ms(0));
    assert_eq!(longest_gap(&fates(&[None; 7]), slot), ms(140));
}

#[test]
fn percentiles_are_taken_from_sorted_values() {
    let mut values: Vec<f64> = (0..=100).rev().map(f64::from).collect();
    assert!((percentile(&mut values, 0.5) - 50.0).abs() < 1e-9);
    assert!((percentile(&mut values, 0.99) - 99.0).abs() < 1e-9);
    assert!((percentile(&mut values, 1.0) - 100.0).abs() < 1e-9);
    assert!(percentile(&mut [], 0.5).abs() < 1e-9);
}

#[test]
fn utilisation_counts_what_is_complete_within_the_spans() {
    // 1000 bytes each, complete at 50, 150 and 250; 16 000 bit/s may come: 1600 bits in each 100 ms.
    let pictures = fates(&[Some(50), Some(150), Some(250), None]);
    let of = |spans: &[(u64, u64)]| {
        let spans: Vec<_> = spans.iter().map(|(a, b)| (ms(*a), ms(*b))).collect();
        utilisation_pct(&[&pictures], &spans, |_| 160_000)
    };
    assert!((of(&[(0, 100)]) - 50.0).abs() < 1e-9);
    assert!((of(&[(0, 100), (300, 400)]) - 25.0).abs() < 1e-9);
    assert!(of(&[]).abs() < 1e-9);
    let twice = utilisation_pct(&[&pictures, &pictures], &[(ms(0), ms(100))], |_| 160_000);
    assert!((twice - 100.0).abs() < 1e-9);
}

#[test]
fn payload_sent_again_is_told_from_what_is_sent_once_also_when_frame_numbers_come_round() {
    let start = Instant::now();
    let mut tally = Tally::new(start + ms(10));
    let mut packetizer = Packetizer::new(Ssrc(1), 96, 1472, 0);
    let payload = vec![0; 2000];
    let mut out = vec![0; 1472];
    let mut send = |tally: &mut Tally, now, id: i64, packet| {
        let slices = FrameSlices {
            id: FrameId(id),
            dependency: Dependency::Dependent,
            media_time: MediaTime(id * 3000),
            new_playout_delay_ms: None,
            payload: &payload,
        };
        let written = packetizer.write(&slices, packet, &mut out).unwrap();
        tally.on_sent(now, &out[..written.size]);
        written
    };
    // What is sent before the tally begins is not counted, but known.
    send(&mut tally, start, 7, 0);
    let now = start + ms(10);
    let again = send(&mut tally, now, 7, 0);
    let once = send(&mut tally, now, 7, 1);
    let other = send(&mut tally, now, 7 + 256, 1);
    tally.on_sent(now, &[0x80, 200, 0, 6, 0, 0, 0, 1]);
    let payload = once.payload_size + other.payload_size;
    assert_eq!(tally.bytes.once, payload as u64);
    assert_eq!(tally.bytes.again, again.payload_size as u64);
    let wire = again.size + once.size + other.size + 8 + 4 * 28;
    assert_eq!(tally.bytes.wire, wire as u64);
    assert_eq!(tally.bytes.reports, 36);
    assert_eq!(tally.packets, 4);
    let repeated = 100.0 * again.payload_size as f64 / payload as f64;
    assert!((tally.bytes.repeated_pct() - repeated).abs() < 1e-9);
    let rest = wire - payload - again.payload_size;
    let overhead = 100.0 * rest as f64 / wire as f64;
    assert!((tally.bytes.overhead_pct() - overhead).abs() < 1e-9);
}
