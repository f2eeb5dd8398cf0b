// SPDX-License-Identifier: GPL-3.0-or-later
//! Sender and receiver over a simulated link: whatever the link does, what arrives is right; and how well it does.

use std::time::Duration;

use proptest::prelude::*;
use telecast::cast::stats::DropReason;

use crate::netsim::link::{Conditions, Loss};
use crate::netsim::world::{AUDIO, Setup, VIDEO, World};

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

/// Frames that the sender took in.
fn taken_in(world: &mut World) -> usize {
    world.given.len() - world.refused.len()
}

/// Everything that both ends count must agree with what the simulation saw.
fn check_statistics(world: &mut World) {
    let sent = world.sender.stats(world.now);
    let received = world.receiver.stats(world.now);
    assert_eq!(sent.refused_datagrams + sent.foreign_datagrams, 0);
    assert_eq!(received.refused_datagrams, 0);
    let packets: u64 = sent.streams.iter().map(|stream| stream.packets).sum();
    assert_eq!(packets, world.sent.packets as u64);
    for (stream, arrived) in sent.streams.iter().zip(&received.streams) {
        assert_eq!(stream.id, arrived.stream);
        assert!(stream.retransmitted < stream.packets.max(1));
        assert!(stream.in_flight_bytes <= 32 << 20);
        let delivered = &world.delivered[&stream.id];
        assert!(arrived.frames_completed >= delivered.len() as u64);
    }
    let raw: u64 = sent
        .streams
        .iter()
        .map(|stream| stream.dropped.of(DropReason::InFlight))
        .sum();
    assert_eq!(raw, world.raw_drops as u64);
    let dropped: u64 = sent
        .streams
        .iter()
        .map(|stream| stream.dropped.total())
        .sum();
    assert_eq!(dropped - raw, world.refused.len() as u64);
}

fn percentile(latencies: &mut [Duration], part: f64) -> Duration {
    latencies.sort_unstable();
    latencies[((latencies.len() - 1) as f64 * part) as usize]
}

#[test]
fn on_a_clean_lan_every_frame_arrives_at_once() {
    let mut world = World::new(&Setup::clean(5 * MS));
    world.run(10 * SECOND, true);
    world.run(SECOND, false);
    assert_eq!(world.delivered[&VIDEO].len(), 301);
    assert_eq!(world.delivered[&AUDIO].len(), 501);
    assert_eq!((world.raw_drops, world.refused.len()), (0, 0));
    for id in [AUDIO, VIDEO] {
        assert!(world.delivered[&id].iter().all(|frame| !frame.late));
        let mut latencies: Vec<_> = world.delivered[&id].iter().map(|f| f.latency).collect();
        assert!(percentile(&mut latencies, 0.99) < 15 * MS);
        assert!(percentile(&mut latencies, 1.0) < 40 * MS, "the key frame");
    }
    check_statistics(&mut world);
    let stats = world.sender.stats(world.now);
    assert_eq!(stats.streams[1].retransmitted, 0);
    let round_trip = stats.round_trip.unwrap();
    assert!(
        round_trip >= 5 * MS && round_trip < 6 * MS,
        "{round_trip:?}"
    );
}

#[test]
fn nothing_is_sent_again_over_a_link_that_loses_nothing() {
    // (round trip, most that is added to each direction)
    for (round_trip, jitter) in [(1, 0), (40, 0), (1, 12), (2, 20), (20, 20)] {
        let mut setup = Setup::clean(round_trip * MS);
        setup.there.jitter = jitter * MS;
        setup.back.jitter = jitter * MS;
        let mut world = World::new(&setup);
        world.run(3 * SECOND, true);
        let stats = world.sender.stats(world.now);
        let again: u64 = stats
            .streams
            .iter()
            .map(|stream| stream.retransmitted)
            .sum();
        assert_eq!(again, 0, "{round_trip} ms and up to {jitter} ms each way");
    }
}

#[test]
fn while_nobody_answers_little_is_sent_and_ever_less() {
    let mut world = World::new(&Setup::clean(5 * MS));
    world.run(2 * SECOND, true);
    world.there.conditions.loss = Loss::Random(1.0);
    world.back.conditions.loss = Loss::Random(1.0);
    world.run(100 * MS, true);
    let mut counts = Vec::new();
    for _ in 0..4 {
        let before = world.there.counts.sent;
        world.run(SECOND, false);
        counts.push(world.there.counts.sent - before);
    }
    assert!((10..=120).contains(&counts[0]), "{counts:?}");
    assert!((2..=counts[0] / 4).contains(&counts[3]), "{counts:?}");
}

#[test]
fn when_only_the_way_back_is_open_what_is_missing_is_repeated_at_the_pace_of_the_reports() {
    let mut world = World::new(&Setup::clean(5 * MS));
    world.run(2 * SECOND, true);
    world.there.conditions.loss = Loss::Random(1.0);
    world.run(100 * MS, true);
    let under_way = world.sent.packets;
    world.run(SECOND, false);
    let again = world.sent.packets - under_way;
    // All that is in flight, at most 100 ms of media, for each regular report of 500 ms.
    assert!((2..=150).contains(&again), "{again}");
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let run = || {
        let mut setup = Setup::clean(20 * MS);
        setup.there.loss = Loss::Random(0.05);
        setup.there.jitter = 10 * MS;
        let mut world = World::new(&setup);
        world.run(3 * SECOND, true);
        (world.there.counts, world.back.counts)
    };
    assert_eq!(run(), run());
}

#[test]
fn with_little_loss_almost_every_picture_is_on_time() {
    // (loss, at least so many of 300 pictures on time)
    for (loss, least) in [(0.02, 295), (0.05, 280)] {
        let mut setup = Setup::clean(5 * MS);
        setup.there.loss = Loss::Random(loss);
        let mut world = World::new(&setup);
        world.run(10 * SECOND, true);
        let on_time = world.delivered[&VIDEO].iter().filter(|frame| !frame.late);
        let on_time = on_time.count();
        assert!(on_time >= least, "{on_time} of 300 at a loss of {loss}");
        check_statistics(&mut world);
    }
}

#[test]
fn a_slow_link_brings_the_bitrate_down_and_pictures_go_on() {
    let mut setup = Setup::clean(20 * MS);
    setup.there.rate = Some(1_500_000);
    let mut world = World::new(&setup);
    world.run(20 * SECOND, true);
    let before = world.delivered[&VIDEO].len();
    world.run(10 * SECOND, true);
    let pictures = world.delivered[&VIDEO].len() - before;
    assert!(pictures > 150, "{pictures} of 300 pictures");
    let lowest = world.bitrates.iter().map(|(_, bitrate)| *bitrate).min();
    assert!(lowest.unwrap() < 1_500_000);
    check_statistics(&mut world);
}

#[test]
fn the_network_latency_is_read_from_the_receivers_event_log() {
    let mut setup = Setup::clean(60 * MS);
    // Not half of the round trip each: the log cannot know that, and takes the middle.
    setup.there.jitter = 4 * MS;
    setup.event_log = true;
    let mut world = World::new(&setup);
    world.run(3 * SECOND, true);
    let stats = world.sender.stats(world.now);
    for stream in &stats.streams {
        let network = stream.latency.network.unwrap();
        assert!(network >= 29 * MS && network <= 36 * MS, "{network:?}");
    }
}

#[test]
fn after_an_outage_the_stream_goes_on_by_itself() {
    let mut world = World::new(&Setup::clean(10 * MS));
    world.run(2 * SECOND, true);
    let good = world.there.conditions;
    world.there.conditions.loss = Loss::Random(1.0);
    world.back.conditions.loss = Loss::Random(1.0);
    world.run(2 * SECOND, true);
    world.there.conditions = good;
    world.back.conditions = good;
    let before = world.delivered[&VIDEO].len();
    world.run(2 * SECOND, true);
    let pictures = world.delivered[&VIDEO].len() - before;
    assert!(pictures >= 45, "{pictures} of 60 pictures");
    check_statistics(&mut world);
}

#[test]
fn a_path_that_lets_no_packet_through_makes_the_sender_hold_little() {
    let mut setup = Setup::clean(10 * MS);
    setup.there.mtu = 100;
    let mut world = World::new(&setup);
    world.run(10 * SECOND, true);
    assert_eq!(world.delivered[&VIDEO].len(), 0);
    let stats = world.sender.stats(world.now);
    let video = &stats.streams[1];
    assert!(video.in_flight <= 400 * MS, "{:?}", video.in_flight);
    assert!(video.dropped.of(DropReason::InFlight) > 250);
}

fn conditions() -> impl Strategy<Value = Conditions> {
    let loss = prop_oneof![
        (0.0..0.3).prop_map(Loss::Random),
        (0.01..0.2, 1.0..20.0, 0.1..1.0).prop_map(|(bad, length, lost)| Loss::Bursts {
            bad,
            length,
            lost
        }),
    ];
    let rate = prop_oneof![Just(None), (500_000u32..20_000_000).prop_map(Some)];
    (
        (0u64..100, 0u64..40, loss),
        (0.0..0.2, 0u64..60, 0.0..0.2),
        (rate, 10u64..300),
    )
        .prop_map(
            |((delay, jitter, loss), (late, late_by, duplicated), (rate, queue))| Conditions {
                delay: Duration::from_millis(delay),
                jitter: Duration::from_millis(jitter),
                loss,
                late,
                late_by: Duration::from_millis(late_by),
                duplicated,
                rate,
                queue: Duration::from_millis(queue),
                ..Conditions::clean(Duration::ZERO)
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// The world itself checks that every frame is bit-identical, in order and decodable, and that memory is bounded.
    #[test]
    fn whatever_the_link_does_what_is_delivered_is_right(
        seed in any::<u64>(),
        there in conditions(),
        back in conditions(),
        target in 50u64..1000,
        max_packet_size in 256usize..1472,
        event_log in any::<bool>(),
    ) {
        let mut world = World::new(&Setup {
            seed,
            there,
            back,
            target_delay: Duration::from_millis(target),
            max_packet_size,
            max_bitrate: 3_000_000,
            event_log,
            ..Setup::clean(Duration::ZERO)
        });
        world.run(4 * SECOND, true);
        check_statistics(&mut world);
    }

    #[test]
    fn when_the_loss_ends_every_frame_has_arrived(
        seed in any::<u64>(),
        mut there in conditions(),
        mut back in conditions(),
    ) {
        there.rate = None;
        back.rate = None;
        let mut setup = Setup::clean(Duration::ZERO);
        (setup.seed, setup.there, setup.back) = (seed, there, back);
        // Nothing is ever too late, so nothing is given up.
        setup.target_delay = 60 * SECOND;
        setup.max_bitrate = 1_000_000;
        let mut world = World::new(&setup);
        world.run(3 * SECOND, true);
        world.there.conditions.loss = Loss::Random(0.0);
        world.back.conditions.loss = Loss::Random(0.0);
        // The kickstart comes after a twentieth of the target delay.
        world.run(8 * SECOND, false);
        let delivered: usize = world.delivered.values().map(Vec::len).sum();
        prop_assert_eq!(delivered, taken_in(&mut world));
        prop_assert!(delivered > 100);
        let stats = world.sender.stats(world.now);
        for stream in &stats.streams {
            prop_assert_eq!(stream.in_flight_bytes, 0);
        }
        check_statistics(&mut world);
    }
}
