// SPDX-License-Identifier: GPL-3.0-or-later
//! What both ends do together when retransmission is not enough: key frames on request, and going on without a frame.

use std::time::Duration;

use telecast::cast::frame::StreamKind;
use telecast::cast::receiver::{Input, StreamStats};

use crate::netsim::link::Loss;
use crate::netsim::world::{AUDIO, Setup, VIDEO, World};

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

fn stats(world: &World, kind: StreamKind) -> StreamStats {
    let stats = world.receiver.stats(world.now);
    let mut streams = stats.streams.into_iter();
    streams.find(|stream| stream.kind == kind).unwrap()
}

fn video(world: &World) -> StreamStats {
    stats(world, StreamKind::Video)
}

#[test]
fn a_decoder_that_asks_gets_one_key_frame_within_a_round_trip() {
    let mut world = World::new(&Setup::clean(20 * MS));
    world.run(2 * SECOND, true);
    assert_eq!(video(&world).key_frames, 1);
    for _ in 0..3 {
        world
            .receiver
            .handle(world.now, Input::RequestKeyFrame(VIDEO));
    }
    // A round trip, the wait for the next picture, and the pacing of a large one.
    world.run(20 * MS + 34 * MS + 40 * MS, true);
    assert_eq!(video(&world).key_frames, 2);
    world.run(3 * SECOND, true);
    let stats = video(&world);
    assert_eq!((stats.key_frames, stats.key_frame_requests), (2, 1));
    assert_eq!((stats.late, stats.skipped), (0, 0));
}

#[test]
fn a_request_whose_feedback_is_lost_is_repeated_until_the_key_frame_comes() {
    let mut world = World::new(&Setup::clean(20 * MS));
    world.run(2 * SECOND, true);
    world.back.conditions.loss = Loss::Random(1.0);
    world
        .receiver
        .handle(world.now, Input::RequestKeyFrame(VIDEO));
    world.run(80 * MS, true);
    assert_eq!(video(&world).key_frames, 1);
    world.back.conditions.loss = Loss::Random(0.0);
    world.run(200 * MS, true);
    assert_eq!(video(&world).key_frames, 2);
}

#[test]
fn a_decoder_that_keeps_asking_gets_a_key_frame_for_each_that_it_was_given() {
    let mut world = World::new(&Setup::clean(20 * MS));
    world.run(SECOND, true);
    for _ in 0..100 {
        world
            .receiver
            .handle(world.now, Input::RequestKeyFrame(VIDEO));
        world.run(100 * MS, true);
    }
    let stats = video(&world);
    assert!(
        stats.key_frames <= stats.key_frame_requests + 1,
        "{stats:?}"
    );
    assert!(stats.key_frames >= 5, "{stats:?}");
}

/// A round trip so long that a packet that was lost comes again about when it is too late.
fn far(loss: f64) -> Setup {
    let mut setup = Setup::clean(150 * MS);
    setup.target_delay = 300 * MS;
    setup.there.loss = Loss::Random(loss);
    setup
}

#[test]
fn sound_that_was_lost_comes_again_and_the_stream_stays_in_time() {
    let mut world = World::new(&far(0.05));
    world.run(20 * SECOND, true);
    let stats = stats(&world, StreamKind::Audio);
    let blocks = &world.delivered[&AUDIO];
    // A block is one packet: as long as it is missing nobody knows when it was due, so it is waited for.
    assert_eq!(stats.skipped, 0);
    assert!(
        blocks
            .windows(2)
            .all(|pair| pair[1].id == pair[0].id.next())
    );
    let last = blocks.last().unwrap();
    assert!(
        20_000 - last.media_time / 48 < 500,
        "the stream stopped at {}",
        last.media_time
    );
}

#[test]
fn a_picture_that_does_not_come_in_time_makes_the_receiver_ask_for_a_key_frame() {
    let mut world = World::new(&far(0.1));
    world.run(30 * SECOND, true);
    let stats = video(&world);
    assert!(stats.late + stats.skipped > 0, "{stats:?}");
    assert!(stats.key_frame_requests > 0, "{stats:?}");
    // The last one may be on its way.
    let answered = stats.key_frame_requests..=stats.key_frame_requests + 1;
    assert!(answered.contains(&stats.key_frames), "{stats:?}");
    assert!(stats.longest_freeze < SECOND, "{stats:?}");
    let last = world.delivered[&VIDEO].last().unwrap();
    assert!(
        30_000 - last.media_time / 90 < 1000,
        "the stream stopped at {}",
        last.media_time
    );
}

#[test]
fn the_player_has_each_frame_long_before_its_time_on_a_clean_link() {
    let mut world = World::new(&Setup::clean(20 * MS));
    world.run(5 * SECOND, true);
    for kind in [StreamKind::Audio, StreamKind::Video] {
        let stats = stats(&world, kind);
        assert_eq!(
            (stats.frozen, stats.late, stats.skipped),
            (Duration::ZERO, 0, 0),
            "{stats:?}"
        );
        assert!(stats.packets_useless <= 1, "{stats:?}");
    }
    let rate = video(&world).frames_per_second;
    assert!((29.0..=31.0).contains(&rate), "{rate}");
}
