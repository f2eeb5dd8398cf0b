// SPDX-License-Identifier: GPL-3.0-or-later
//! Casts over real links that lose, limit and delay, from encoder to decoder: half as good as on a machine that does
//! nothing else is good enough. Counts and media time; how fast the machine is does not matter.

use std::sync::{Mutex, PoisonError};

use super::links::cast;
use super::links::figures::Figures;
use super::links::profiles::Profile;

const SECONDS: u32 = 12;
/// Pictures and blocks of sound of 20 ms that are sent in a second.
const PICTURES: u64 = 30;
const BLOCKS: u64 = 50;

/// What must be reached over every link: half of what a quiet machine shows.
const IN_TIME_PCT: f64 = 50.0;
const HEARD_PCT: f64 = 90.0;
/// Pictures that were given up, of 360: on a quiet machine none.
const SKIPPED: u64 = SECONDS as u64 * PICTURES / 10;
/// The picture stood still for so long at most, in all and at a time; sound was missing for so long at most.
const FROZEN_MS: u64 = SECONDS as u64 * 1000 / 2;
const LONGEST_FREEZE_MS: u64 = 3000;
const LONGEST_GAP_MS: u64 = 400;

/// Casts over the link of this name, on which no more than so many percent of the packets may be repeated. One at a time:
/// the programs would take each other's processors.
fn over(slug: &str, repeated_pct: f64) -> Option<Figures> {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let figures = cast::run(&Profile::named(slug), SECONDS)?;
    println!(
        "{slug}: {:.1} % in time, {:.1} % heard, {:.1} % repeated; {figures:?}",
        figures.on_time_pct(),
        figures.heard_pct(),
        figures.repeated_pct()
    );
    assert!(figures.completed >= u64::from(SECONDS) * PICTURES / 2);
    assert!(figures.heard >= u64::from(SECONDS) * BLOCKS / 2);
    assert!(figures.on_time_pct() >= IN_TIME_PCT);
    assert!(figures.heard_pct() >= HEARD_PCT);
    assert!(figures.frozen_ms <= FROZEN_MS);
    assert!(figures.longest_freeze_ms <= LONGEST_FREEZE_MS);
    assert!(figures.longest_gap_ms <= LONGEST_GAP_MS);
    assert!(figures.repeated_pct() <= repeated_pct);
    Some(figures)
}

#[test]
fn nothing_is_lost_on_a_clean_network() {
    let Some(figures) = over("lan", 5.0) else {
        return;
    };
    assert_eq!(figures.counts.lost, 0);
}

#[test]
fn two_percent_of_loss_are_repaired() {
    let Some(figures) = over("loss2", 20.0) else {
        return;
    };
    assert!(figures.counts.lost > 0 && figures.repeated > 0);
    assert!(figures.skipped <= SKIPPED);
}

#[test]
fn ten_percent_of_loss_are_repaired() {
    let Some(figures) = over("loss10", 40.0) else {
        return;
    };
    assert!(figures.counts.lost > 50 && figures.repeated > 50);
}

#[test]
fn the_picture_follows_what_the_network_carries() {
    over("rate", 40.0);
}

#[test]
fn packets_that_are_late_and_overtaken_are_no_loss() {
    let Some(figures) = over("relay", 10.0) else {
        return;
    };
    assert_eq!(figures.counts.lost, 0);
    assert!(figures.skipped <= SKIPPED);
}

#[test]
fn a_network_of_ipv6_with_small_packets_is_enough() {
    let Some(figures) = over("ipv6", 5.0) else {
        return;
    };
    // Until the path's size was found out.
    assert!(figures.counts.fragments < figures.counts.media / 3);
}
