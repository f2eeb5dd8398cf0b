// SPDX-License-Identifier: GPL-3.0-or-later
//! Is the model of the reference sender a good one? Open Screen's real sender was run against its real receiver with a
//! clip of 1280x720 at 30 pictures a second and a target delay of 400 ms, for nine seconds, while a part of what it sent
//! was lost. Here the model runs the same, and both stand side by side.

use std::time::Duration;

use crate::netsim::link::Loss;
use crate::netsim::metrics::percentile;
use crate::netsim::profiles::ROBUST;
use crate::netsim::reference::{Limit, Reference};
use crate::netsim::traffic::{Content, Recording};
use crate::netsim::world::{AUDIO, FeedbackHabits, Setup, VIDEO, World};
use crate::plan::FILM;

/// What was measured with the real programs.
struct Measured {
    loss_pct: u32,
    pictures: u32,
    pictures_older: u32,
    gap_ms: u32,
    sound: u32,
}

const MEASURED: [Measured; 4] = [
    Measured::new(0, [275, 271, 36, 914]),
    Measured::new(2, [154, 182, 505, 494]),
    Measured::new(5, [73, 141, 551, 353]),
    Measured::new(10, [53, 133, 731, 174]),
];

impl Measured {
    const fn new(loss_pct: u32, values: [u32; 4]) -> Measured {
        let [pictures, pictures_older, gap_ms, sound] = values;
        Measured {
            loss_pct,
            pictures,
            pictures_older,
            gap_ms,
            sound,
        }
    }
}

/// 275 pictures and 915 blocks of sound, of 10 ms each.
const LENGTH: Duration = Duration::from_millis(9150);

/// The clip takes this part of the bitrate that its encoder is allowed: not measured then, but chosen to fit.
const CLIP_PART: u32 = 2;

/// Pictures and blocks of sound that arrived, and the longest time from one picture to the next in ms.
struct Simulated {
    pictures: f64,
    sound: f64,
    gap_ms: f64,
}

fn simulate(loss_pct: u32, limit: Limit, seed: u64) -> Simulated {
    let mut setup = Setup::clean(Duration::ZERO);
    setup.seed = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    setup.there.loss = Loss::Random(f64::from(loss_pct) / 100.0);
    setup.target_delay = ROBUST;
    setup.max_bitrate = 5 << 20;
    let mut clip = (*Recording::of(FILM)[0]).clone();
    clip.bitrate *= CLIP_PART;
    setup.pictures = Content::Recorded(clip.into());
    setup.sound = Content::Opus;
    setup.sound_interval = Duration::from_millis(10);
    // The loss list that it looks at is empty: it reports every 500 ms. Nor does it ask for key frames by itself.
    setup.feedback = FeedbackHabits {
        nack_interval: Duration::from_millis(500),
        answers_reports: true,
        proactive_picture_loss: false,
    };
    setup.check = false;
    let mut world = World::with_sender(&setup, |now, config| {
        Reference::with_limit(now, &config, limit)
    });
    world.run(LENGTH, true);
    let pictures = &world.delivered[&VIDEO];
    let gaps = pictures.windows(2).map(|pair| {
        pair[1]
            .given
            .saturating_duration_since(pair[0].given)
            .as_secs_f64()
    });
    Simulated {
        pictures: pictures.len() as f64,
        sound: world.delivered[&AUDIO].len() as f64,
        gap_ms: gaps.fold(0.0, f64::max) * 1000.0,
    }
}

/// Prints both tables in one; medians of 30 seeds.
pub fn print() {
    println!(
        "the reference sender, real and modelled (400 ms target, losses every 500 ms, no delay, 9.15 s)"
    );
    println!(
        "{:>6} | {:>17} | {:>17} | {:>17} | {:>17}",
        "loss", "pictures", "older limit", "longest gap ms", "blocks of sound"
    );
    for measured in MEASURED {
        let runs = |limit| -> Vec<Simulated> {
            let seeds = 1..=30;
            seeds
                .map(|seed| simulate(measured.loss_pct, limit, seed))
                .collect()
        };
        let (current, older) = (runs(Limit::Current), runs(Limit::Older));
        let median = |runs: &[Simulated], value: fn(&Simulated) -> f64| {
            let mut values: Vec<f64> = runs.iter().map(value).collect();
            percentile(&mut values, 0.5)
        };
        let side_by_side = |real: u32, model: f64| format!("{real} : {model:.0}");
        println!(
            "{:>4} % | {:>17} | {:>17} | {:>17} | {:>17}",
            measured.loss_pct,
            side_by_side(measured.pictures, median(&current, |it| it.pictures)),
            side_by_side(measured.pictures_older, median(&older, |it| it.pictures)),
            side_by_side(measured.gap_ms, median(&current, |it| it.gap_ms)),
            side_by_side(measured.sound, median(&current, |it| it.sound)),
        );
    }
}
