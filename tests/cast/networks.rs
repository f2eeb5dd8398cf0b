// SPDX-License-Identifier: GPL-3.0-or-later
//! A few short runs of the network bench: what the sender reaches there must not get lost unnoticed.
//!
//! The bench (`make bench-network`) has the targets and 30 seeds of a minute; here are two of 10 s, one of each codec.

use std::time::{Duration, Instant};

use telecast::cast::sender::{Sender, SenderConfig};

use crate::netsim::profiles::{Profile, ReceiverKind};
use crate::netsim::reference::Reference;
use crate::netsim::run::{Figures, Run};
use crate::netsim::sending_end::SendingEnd;
use crate::netsim::traffic::{Content, Recording};

const LENGTH: Duration = Duration::from_secs(10);

/// What a sender reached: the means over the seeds, and the longest freeze.
#[derive(Debug)]
struct Reached {
    on_time_pct: f64,
    longest_freeze_ms: f64,
    audio_gap_ms: f64,
    repeated_pct: f64,
    p99_ms: f64,
}

fn figures<S: SendingEnd>(
    slug: &str,
    receiver: &str,
    seed: u64,
    sender: impl FnOnce(Instant, SenderConfig) -> S,
) -> Figures {
    measure(&Profile::named(slug).unwrap(), receiver, seed, sender)
}

fn measure<S: SendingEnd>(
    profile: &Profile,
    receiver: &str,
    seed: u64,
    sender: impl FnOnce(Instant, SenderConfig) -> S,
) -> Figures {
    let mut receivers = ReceiverKind::ALL.into_iter();
    let receiver = receivers.find(|it| it.name() == receiver).unwrap();
    let recordings = Recording::of("video");
    let film = Content::Recorded(recordings[seed as usize % recordings.len()].clone());
    let run = Run {
        profile,
        receiver,
        pictures: &film,
        seed,
        length: LENGTH,
    };
    run.measure(sender)
}

fn reached<S: SendingEnd>(
    slug: &str,
    receiver: &str,
    sender: fn(Instant, SenderConfig) -> S,
) -> Reached {
    let runs = [1, 2].map(|seed| figures(slug, receiver, seed, sender));
    let mean = |value: fn(&Figures) -> f64| runs.iter().map(value).sum::<f64>() / runs.len() as f64;
    let worst = |value: fn(&Figures) -> f64| runs.iter().map(value).fold(0.0, f64::max);
    Reached {
        on_time_pct: mean(|it| it.on_time_pct),
        longest_freeze_ms: worst(|it| it.longest_freeze_ms),
        audio_gap_ms: worst(|it| it.audio_gap_ms),
        repeated_pct: mean(|it| it.repeated_pct),
        p99_ms: worst(|it| it.p99_ms),
    }
}

#[test]
fn the_same_seed_gives_the_same_figures() {
    let figures = || figures("wifi_busy", "500", 5, Sender::new);
    assert_eq!(figures(), figures());
}

#[test]
fn on_a_lan_every_picture_is_on_time_at_a_target_of_100_ms() {
    let reached = reached("lan", "500", Sender::new);
    assert!(reached.on_time_pct > 99.99, "{reached:?}");
    assert!(reached.longest_freeze_ms < 1.0, "{reached:?}");
    assert!(reached.audio_gap_ms < 1.0, "{reached:?}");
    assert!(reached.p99_ms < 15.0, "{reached:?}");
}

#[test]
fn loss_jitter_and_reordering_cost_almost_no_picture_however_late_losses_are_told() {
    // (network, receiver, on time in percent at least, freeze in ms below, repeated in percent at most)
    let table = [
        ("reorder", "30", 99.9, 40.0, 3.0),
        ("wifi_busy", "500", 99.3, 140.0, 10.0),
        ("loss10_rtt5", "500", 99.8, 100.0, 19.7),
        ("loss10_rtt5", "33-", 95.0, 1100.0, 19.7),
        ("loss10_rtt40", "500", 99.5, 150.0, 19.7),
    ];
    for (slug, receiver, on_time, freeze, repeated) in table {
        let reached = reached(slug, receiver, Sender::new);
        let good = reached.on_time_pct >= on_time
            && reached.longest_freeze_ms < freeze
            && reached.audio_gap_ms < 1.0
            && reached.repeated_pct <= repeated;
        assert!(good, "{slug} {receiver}: {reached:?}");
    }
}

#[test]
fn a_link_that_becomes_four_times_slower_is_noticed_before_its_queue_is_full() {
    for receiver in ["30", "500", "33-"] {
        for seed in [1, 2] {
            let mut profile = Profile::named("steps_8_2_6").unwrap();
            profile.rates = vec![(Duration::from_secs(5), 2_000_000)];
            let figures = measure(&profile, receiver, seed, Sender::new);
            let context = format!("{receiver}, {seed}: {figures:?}");
            assert!(figures.longest_freeze_ms < 400.0, "{context}");
            // A full queue would drop it, and delay it by all of its delay.
            assert!(figures.audio_gap_ms < 1.0, "{context}");
        }
    }
}

#[test]
fn the_reference_freezes_at_five_percent_of_loss() {
    let reached = reached("loss5_rtt5", "500", Reference::new);
    assert!(reached.on_time_pct < 75.0, "{reached:?}");
    assert!(reached.longest_freeze_ms > 400.0, "{reached:?}");
}
