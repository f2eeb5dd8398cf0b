// SPDX-License-Identifier: GPL-3.0-or-later
//! Numbers that wrap while much is under way. `long_run` passes all of them, at two frames a second; here pictures and sound
//! flow at their real pace over a bad link, and the run must be the same, to the last frame, as one in which nothing wraps.

use std::time::Duration;

use crate::netsim::link::{Conditions, Loss};
use crate::netsim::setup::Begin;
use crate::netsim::world::{AUDIO, CLOCK_DIFFERENCE, Setup, VIDEO, World};

const MS: Duration = Duration::from_millis(1);
const LENGTH: Duration = Duration::from_secs(8);
/// NTP era 1 begins, in Unix time: 2036-02-07 06:28:16 UTC.
const ERA: u64 = 2_085_978_496;
/// From NTP's epoch to Unix's, in seconds.
const UNIX_EPOCH: u64 = 2_208_988_800;
/// The ids of reports begin anew after so many seconds.
const REPORT_IDS: u64 = 1 << 16;
/// Seconds from the start of a run to the wrap.
const SOON: u64 = 3;

/// What became of a frame: its stream and id, milliseconds from the start to its completeness and to its playout.
type Fate = (u32, i64, f64, f64);

/// Loss, late and doubled packets, in each direction.
fn setup(begin: Begin) -> Setup {
    let way = Conditions {
        jitter: 5 * MS,
        loss: Loss::Random(0.05),
        late: 0.02,
        late_at_least: 10 * MS,
        late_by: 30 * MS,
        duplicated: 0.01,
        ..Conditions::clean(20 * MS)
    };
    Setup {
        there: way,
        back: way,
        target_delay: 400 * MS,
        event_log: true,
        begin,
        ..Setup::clean(40 * MS)
    }
}

fn run(begin: Begin) -> Vec<Fate> {
    let mut world = World::new(&setup(begin));
    world.run(LENGTH, true);
    world.run(Duration::from_secs(1), false);
    let since = |at: std::time::Instant| (at - world.start).as_secs_f64() * 1000.0;
    let of = |id| {
        world.delivered[&id].iter().map(move |frame| {
            (
                id.0,
                frame.id.0,
                since(frame.completed),
                since(frame.playout),
            )
        })
    };
    let fates: Vec<Fate> = of(AUDIO).chain(of(VIDEO)).collect();
    let refused = world.receiver.stats(world.now).refused_datagrams;
    assert_eq!(refused, 0);
    fates
}

#[test]
fn a_stream_is_the_same_wherever_its_numbers_wrap() {
    let plain = Begin {
        sequence_number: Some(0),
        ..Setup::clean(MS).begin
    };
    let expected = run(plain);
    // Ids of frames pass 255 in each run.
    assert!(expected.len() > 600, "{}", expected.len());
    let mut begins = Vec::new();
    for sequence_number in [65_000, 32_300] {
        begins.push(Begin {
            sequence_number: Some(sequence_number),
            ..plain
        });
    }
    // The sign of a timestamp, and the whole of it; pictures have more ticks and get there sooner.
    for wrap in [1 << 31, 1 << 32, 5 << 32] {
        begins.push(Begin {
            media_time: wrap - 4 * 48_000,
            ..plain
        });
    }
    // The sender's clock and the receiver's; the ids of the sender's reports.
    let now = plain.unix_time.as_secs();
    let next_ids = now + REPORT_IDS - (now + UNIX_EPOCH) % REPORT_IDS;
    for wrap in [ERA, ERA - CLOCK_DIFFERENCE.as_secs(), next_ids] {
        begins.push(Begin {
            unix_time: Duration::from_secs(wrap - SOON),
            ..plain
        });
    }
    begins.push(Begin {
        unix_time: Duration::from_secs(ERA - SOON),
        media_time: (1 << 32) - 4 * 48_000,
        sequence_number: Some(65_000),
    });
    for begin in begins {
        let found = run(begin);
        assert_eq!(found.len(), expected.len(), "{begin:?}");
        for (found, expected) in found.iter().zip(&expected) {
            let is_same = (found.0, found.1) == (expected.0, expected.1)
                && (found.2 - expected.2).abs() < 0.001
                && (found.3 - expected.3).abs() < 0.1;
            assert!(is_same, "{begin:?}: {found:?}, not {expected:?}");
        }
    }
}
