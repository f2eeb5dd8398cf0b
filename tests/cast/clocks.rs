// SPDX-License-Identifier: GPL-3.0-or-later
//! Two clocks that drift apart, jump, or stand still while a machine sleeps: pictures and sound stay in their time and in
//! step.

use std::time::Duration;

use telecast::cast::frame::StreamId;

use crate::netsim::world::{AUDIO, Setup, VIDEO, World};

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

/// From capture to display of what was captured in this time and arrived, in ms: the least and the most.
fn delays(world: &World, stream: StreamId, from: Duration, to: Duration) -> (f64, f64) {
    let fates = world.fates(stream);
    let within = fates.iter().filter(|it| (from..to).contains(&it.captured));
    let arrived = within.filter(|it| it.completed.is_some());
    let delays = arrived.map(|it| (it.playout.as_secs_f64() - it.captured.as_secs_f64()) * 1e3);
    let bounds = delays.fold((f64::MAX, f64::MIN), |(least, most), it| {
        (least.min(it), most.max(it))
    });
    assert!(
        bounds.0 <= bounds.1,
        "nothing arrived from {from:?} to {to:?}"
    );
    bounds
}

/// How many of the frames captured in this time came too late or not at all.
fn missed(world: &World, stream: StreamId, from: Duration, to: Duration) -> usize {
    let fates = world.fates(stream);
    let within = fates.iter().filter(|it| (from..to).contains(&it.captured));
    within.filter(|it| !it.is_on_time(50 * MS)).count()
}

#[test]
fn a_receiver_whose_clock_drifts_shows_all_in_its_time_and_in_step() {
    const LENGTH: u32 = 60;
    for drift_ppm in [200, -200] {
        let mut setup = Setup::clean(5 * MS);
        (setup.drift_ppm, setup.check) = (drift_ppm, false);
        setup.max_bitrate = 500_000;
        let mut world = World::new(&setup);
        world.run(SECOND * LENGTH + SECOND, true);
        for stream in [AUDIO, VIDEO] {
            let end = SECOND * LENGTH;
            assert_eq!(missed(&world, stream, Duration::ZERO, end), 0);
            // Uncorrected these were 12 ms. The receiver follows with a time constant of 30 s, so it is late by what the
            // clocks drift in that time, 6 ms.
            let (least, most) = delays(&world, stream, Duration::ZERO, end);
            assert!(most - least < 8.0, "{drift_ppm} ppm: {least} to {most} ms");
            assert!(most - least > 3.0, "{drift_ppm} ppm: it does not drift");
        }
        for second in 1..LENGTH {
            let (from, to) = (SECOND * second, SECOND * (second + 1));
            let (sound, _) = delays(&world, AUDIO, from, to);
            let (pictures, _) = delays(&world, VIDEO, from, to);
            let apart = (sound - pictures).abs();
            assert!(
                apart < 2.0,
                "{drift_ppm} ppm: {apart} ms apart in second {second}"
            );
        }
    }
}

#[test]
fn after_the_machine_has_slept_all_is_shown_in_its_time_at_once() {
    for slept in [3 * SECOND, 3600 * SECOND] {
        let mut world = World::new(&Setup::clean(5 * MS));
        world.run(3 * SECOND, true);
        world.sleep(slept);
        world.run(5 * SECOND, true);
        for stream in [AUDIO, VIDEO] {
            // What was captured in the last moment before the sleep is too late.
            let (from, to) = (3 * SECOND + MS, 7700 * MS);
            let (least, most) = delays(&world, stream, from, to);
            assert!(least > 190.0 && most < 215.0, "{least} to {most} ms");
            assert_eq!(missed(&world, stream, from, to), 0, "{slept:?}");
        }
    }
}

#[test]
fn a_receiver_whose_clock_jumps_goes_on_within_two_seconds() {
    for jump in [SECOND * 3 / 2, 20 * SECOND] {
        let mut world = World::new(&Setup::clean(5 * MS));
        world.run(3 * SECOND, true);
        world.jump(jump);
        world.run(7 * SECOND, true);
        for stream in [AUDIO, VIDEO] {
            let (from, to) = (5 * SECOND, 9700 * MS);
            let (least, most) = delays(&world, stream, from, to);
            assert!(least > 190.0 && most < 215.0, "{least} to {most} ms");
            assert_eq!(missed(&world, stream, from, to), 0, "{jump:?}");
        }
    }
}
