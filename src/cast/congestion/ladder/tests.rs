// SPDX-License-Identifier: GPL-3.0-or-later
//! The ladder with bitrates that are given to it, every 50 ms.

use super::*;

const MS: Duration = Duration::from_millis(1);
const FULL_HD: Largest = Largest {
    size: (1920, 1080),
    frame_rate: 30,
};

/// Chooses every 50 ms for this long, with pictures every `interval`; what was chosen, without repetitions.
fn run(
    ladder: &mut Ladder,
    now: &mut Instant,
    span: Duration,
    bitrate: u32,
    interval: Duration,
) -> Vec<Largest> {
    let mut chosen: Vec<Largest> = Vec::new();
    let (end, mut picture) = (*now + span, *now);
    while *now < end {
        *now += 50 * MS;
        while picture <= *now {
            ladder.on_picture(picture, None);
            picture += interval;
        }
        let choice = ladder.choose(*now, bitrate);
        if chosen.last() != Some(&choice) {
            chosen.push(choice);
        }
    }
    chosen
}

fn at(size: (u32, u32), frame_rate: u32) -> Largest {
    Largest { size, frame_rate }
}

#[test]
fn enough_bits_leave_everything_as_it_is() {
    let mut now = Instant::now();
    let mut ladder = Ladder::new(now, FULL_HD);
    let chosen = run(&mut ladder, &mut now, 10_000 * MS, 3_000_000, 33 * MS);
    assert_eq!(chosen, [FULL_HD]);
}

#[test]
fn a_film_gives_up_some_pictures_first_and_then_size() {
    for (bitrate, expected) in [
        (1_800_000, at((1920, 1080), 20)),
        (1_000_000, at((1440, 808), 20)),
        (500_000, at((960, 544), 20)),
        (320_000, at((960, 544), 15)),
        (100_000, at((720, 408), 15)),
    ] {
        let mut now = Instant::now();
        let mut ladder = Ladder::new(now, FULL_HD);
        let chosen = run(&mut ladder, &mut now, 4000 * MS, bitrate, 33 * MS);
        assert_eq!(chosen.last(), Some(&expected), "{bitrate}");
    }
}

#[test]
fn text_keeps_its_size_for_longer() {
    let mut now = Instant::now();
    let mut ladder = Ladder::new(now, FULL_HD);
    run(&mut ladder, &mut now, 5000 * MS, 3_000_000, 200 * MS);
    let chosen = run(&mut ladder, &mut now, 4000 * MS, 500_000, 200 * MS);
    assert_eq!(chosen.last(), Some(&at((1920, 1080), 10)));
}

#[test]
fn a_dip_of_half_a_second_changes_nothing_unless_it_is_deep() {
    let mut now = Instant::now();
    let mut ladder = Ladder::new(now, FULL_HD);
    let chosen = run(&mut ladder, &mut now, 500 * MS, 1_800_000, 33 * MS);
    assert_eq!(chosen, [FULL_HD]);
    let chosen = run(&mut ladder, &mut now, 50 * MS, 600_000, 33 * MS);
    assert_ne!(chosen, [FULL_HD]);
}

#[test]
fn it_comes_back_rung_by_rung_and_does_not_swing() {
    let mut now = Instant::now();
    let mut ladder = Ladder::new(now, FULL_HD);
    run(&mut ladder, &mut now, 2000 * MS, 1_000_000, 33 * MS);
    let chosen = run(&mut ladder, &mut now, 20_000 * MS, 5_000_000, 33 * MS);
    let expected = [at((1440, 808), 20), at((1920, 1080), 20), FULL_HD];
    assert_eq!(chosen, expected);
    // Just enough for this rung, not for the next with its margin.
    let mut ladder = Ladder::new(now, FULL_HD);
    run(&mut ladder, &mut now, 2000 * MS, 1_800_000, 33 * MS);
    let chosen = run(&mut ladder, &mut now, 30_000 * MS, 2_600_000, 33 * MS);
    assert_eq!(chosen, [at((1920, 1080), 20)]);
}

#[test]
fn a_small_window_needs_less_and_is_made_smaller_by_its_own_size() {
    let mut now = Instant::now();
    let mut ladder = Ladder::new(now, FULL_HD);
    ladder.on_picture(now, Some((640, 480)));
    let chosen = run(&mut ladder, &mut now, 4000 * MS, 400_000, 33 * MS);
    assert_eq!(chosen, [FULL_HD]);
    let chosen = run(&mut ladder, &mut now, 4000 * MS, 150_000, 33 * MS);
    assert_eq!(chosen.last(), Some(&at((480, 360), 20)));
    ladder.on_picture(now, Some((480, 360)));
    assert_eq!(
        ladder.present(),
        at((480, 360), 20),
        "not smaller and smaller"
    );
}

#[test]
fn a_limit_bounds_the_size_until_it_is_taken_back() {
    let mut now = Instant::now();
    let mut ladder = Ladder::new(now, FULL_HD);
    ladder.limit((1280, 720));
    let chosen = run(&mut ladder, &mut now, 4000 * MS, 5_000_000, 33 * MS);
    assert_eq!(chosen, [at((1280, 720), 30)]);
    let chosen = run(&mut ladder, &mut now, 4000 * MS, 300_000, 33 * MS);
    assert!(chosen.iter().all(|it| it.size.0 <= 1280), "{chosen:?}");
    ladder.limit((u32::MAX, u32::MAX));
    let chosen = run(&mut ladder, &mut now, 30_000 * MS, 9_000_000, 33 * MS);
    assert_eq!(chosen.last(), Some(&FULL_HD));
}

#[test]
fn odd_and_tiny_pictures_have_rungs_too() {
    let now = Instant::now();
    for size in [(1, 1), (17, 33), (853, 479), (u32::MAX, 1)] {
        let mut ladder = Ladder::new(
            now,
            Largest {
                size,
                frame_rate: 1,
            },
        );
        let lowest = ladder.choose(now, 0);
        assert!(lowest.size.0 <= size.0 && lowest.size.1 <= size.1);
        assert!(lowest.frame_rate >= 1);
    }
}
