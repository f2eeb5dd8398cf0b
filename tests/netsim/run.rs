// SPDX-License-Identifier: GPL-3.0-or-later
//! A profile, a receiver and a seed in, the figures of one run out.

use std::time::{Duration, Instant};

use telecast::cast::sender::SenderConfig;

use super::metrics::{Fate, freezes, longest_gap, on_time_pct, percentile, utilisation_pct};
use super::profiles::{Profile, ReceiverKind};
use super::sending_end::SendingEnd;
use super::trace::{self, Point};
use super::traffic::Content;
use super::world::{AUDIO, VIDEO, World};

/// The first moments are reported apart.
pub const START: Duration = Duration::from_secs(2);

/// The reference's player needs a frame this long before its playout time.
const PLAYER_TIME: Duration = Duration::from_millis(50);

/// A block of sound.
const SLOT: Duration = Duration::from_millis(20);

/// What was measured in one run; percentages of 100, times in ms. Unless said otherwise after the first 2 s.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Figures {
    /// Captured pictures that were complete 50 ms before their playout time.
    pub on_time_pct: f64,
    pub longest_freeze_ms: f64,
    pub frozen_ms: f64,
    pub audio_gap_ms: f64,
    /// From a picture's capture to its completeness.
    pub p50_ms: f64,
    pub p95_ms: f64,
    pub p99_ms: f64,
    /// Media delivered, of what the link carries or the bitrate's maximum allows.
    pub utilisation_pct: f64,
    /// The 95th percentile of the packets' waiting time before the link's rate.
    pub queue_ms: f64,
    pub repeated_pct: f64,
    pub overhead_pct: f64,
    /// The rest is not part of the table's targets, or of single rows only.
    pub more: More,
}

/// Figures beside the table.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct More {
    /// Pictures on time in the first 2 s.
    pub start_on_time_pct: f64,
    /// Pictures complete a second.
    pub fps: f64,
    /// Blocks of sound that were there at their time.
    pub audio_pct: f64,
    /// The slowest key frame of the whole run, from capture to completeness.
    pub key_frame_ms: f64,
    /// The largest target delay that was in force.
    pub target_delay_ms: f64,
    /// Mean bitrate of the pictures as encoded, in kbit/s.
    pub video_kbps: f64,
    /// The longest time from the end of an outage until a picture that was captured after it is complete and decodable.
    pub resume_ms: f64,
    /// The smallest estimate within a second of an outage's end, of the one before the first outage.
    pub kept_estimate_pct: f64,
    /// From a step up until 80 % of the new rate are delivered over a second.
    pub rise_s: f64,
}

/// What is run.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    pub profile: &'a Profile,
    pub receiver: ReceiverKind,
    pub pictures: &'a Content,
    pub seed: u64,
    pub length: Duration,
}

impl Run<'_> {
    /// The figures of a sender of this kind.
    pub fn measure<S: SendingEnd>(
        &self,
        sender: impl FnOnce(Instant, SenderConfig) -> S,
    ) -> Figures {
        let (world, estimates) = self.simulate(sender);
        let mut figures = evaluate(&world, self.profile, self.length);
        figures.more.kept_estimate_pct = kept_estimate(&estimates, self.profile);
        figures
    }

    /// Its course.
    pub fn trace<S: SendingEnd>(
        &self,
        sender: impl FnOnce(Instant, SenderConfig) -> S,
    ) -> Vec<Point> {
        let (world, _) = self.simulate(sender);
        trace::of(&world, self.profile, self.length)
    }

    fn simulate<S: SendingEnd>(
        &self,
        sender: impl FnOnce(Instant, SenderConfig) -> S,
    ) -> (World<S>, Vec<(Duration, u32)>) {
        let mut setup = self.profile.setup(self.receiver, self.seed);
        setup.pictures = self.pictures.clone();
        setup.sound = Content::Opus;
        let mut world = World::with_sender(&setup, sender);
        world.sent.count_from(world.start + START);
        let estimates = watch(&mut world, self.profile, self.length);
        // What is under way at the end may still arrive.
        world.run(self.profile.target_delay + Duration::from_secs(1), true);
        (world, estimates)
    }
}

/// The estimate every tenth of a second, where outages are.
fn watch<S: SendingEnd>(
    world: &mut World<S>,
    profile: &Profile,
    length: Duration,
) -> Vec<(Duration, u32)> {
    let mut estimates = Vec::new();
    if profile.conditions.outages.is_none() {
        world.run(length, true);
        return estimates;
    }
    let end = world.start + length;
    while world.now < end {
        world.run(Duration::from_millis(100), true);
        if let Some(estimate) = world.sender.estimate(world.now) {
            estimates.push((world.now - world.start, estimate));
        }
    }
    estimates
}

fn kept_estimate(estimates: &[(Duration, u32)], profile: &Profile) -> f64 {
    let Some(outages) = profile.conditions.outages else {
        return 100.0;
    };
    let before = estimates.iter().take_while(|(at, _)| *at <= outages.every);
    let Some((_, before)) = before.last() else {
        return 0.0;
    };
    let after = estimates.iter().filter(|(at, _)| *at > outages.every);
    let least = after.map(|(_, estimate)| *estimate).min().unwrap_or(0);
    100.0 * f64::from(least) / f64::from(*before)
}

fn evaluate<S: SendingEnd>(world: &World<S>, profile: &Profile, length: Duration) -> Figures {
    let all = world.fates(VIDEO);
    let sound = world.fates(AUDIO);
    let (from, to) = range(&all, START, length);
    let pictures = &all[from..to];
    let (sound_from, sound_to) = range(&sound, START, length);
    let measured_sound = &sound[sound_from..sound_to];
    let end = world.now - world.start;
    let still = freezes(&all[..to], from, end);
    let mut latencies: Vec<f64> = pictures.iter().filter_map(Fate::latency).map(ms).collect();
    let settled = profile.settled(length);
    let capacity = |at| profile.rate_at(at).min(profile.max_bitrate);
    let waits = world.there.waits.iter();
    let waits = waits.filter(|(at, _)| {
        let at = *at - world.start;
        settled.iter().any(|(from, to)| (*from..*to).contains(&at))
    });
    let mut waits: Vec<f64> = waits.map(|(_, wait)| ms(*wait)).collect();
    let heard = measured_sound
        .iter()
        .filter(|fate| fate.is_on_time(Duration::ZERO));
    let seconds = length.saturating_sub(START).as_secs_f64();
    let completed = pictures.iter().filter(|fate| fate.completed.is_some());
    let key_frames = all.iter().filter(|fate| fate.is_key_frame);
    let delays = pictures
        .iter()
        .map(|fate| fate.playout.saturating_sub(fate.captured));
    let bytes: usize = pictures.iter().map(|fate| fate.bytes).sum();
    Figures {
        on_time_pct: on_time_pct(pictures, PLAYER_TIME),
        longest_freeze_ms: ms(still.longest),
        frozen_ms: ms(still.total),
        audio_gap_ms: ms(longest_gap(measured_sound, SLOT)),
        p50_ms: percentile(&mut latencies, 0.5),
        p95_ms: percentile(&mut latencies, 0.95),
        p99_ms: percentile(&mut latencies, 0.99),
        utilisation_pct: utilisation_pct(&[&all, &sound], &settled, capacity),
        queue_ms: percentile(&mut waits, 0.95),
        repeated_pct: world.sent.bytes.repeated_pct(),
        overhead_pct: world.sent.bytes.overhead_pct(),
        more: More {
            start_on_time_pct: on_time_pct(&all[..from], PLAYER_TIME),
            fps: completed.count() as f64 / seconds,
            audio_pct: 100.0 * heard.count() as f64 / measured_sound.len().max(1) as f64,
            key_frame_ms: key_frames
                .filter_map(Fate::latency)
                .map(ms)
                .fold(0.0, f64::max),
            target_delay_ms: delays.map(ms).fold(0.0, f64::max),
            video_kbps: bytes as f64 * 8.0 / seconds / 1000.0,
            resume_ms: resume(&all, profile, length),
            kept_estimate_pct: 0.0,
            rise_s: rise(&[&all, &sound], profile, length),
        },
    }
}

/// The frames that were captured in this time.
fn range(fates: &[Fate], from: Duration, to: Duration) -> (usize, usize) {
    (
        fates.partition_point(|fate| fate.captured < from),
        fates.partition_point(|fate| fate.captured < to),
    )
}

fn resume(pictures: &[Fate], profile: &Profile, length: Duration) -> f64 {
    let Some(outages) = profile.conditions.outages else {
        return 0.0;
    };
    let mut longest = 0.0f64;
    let mut begin = outages.every;
    while begin + outages.length < length {
        let end = begin + outages.length;
        let new = pictures.iter().filter(|fate| fate.captured >= end);
        let first = new.filter_map(|fate| fate.given).min();
        longest = longest.max(first.map_or(f64::INFINITY, |at| ms(at.saturating_sub(end))));
        begin += outages.every;
    }
    longest
}

/// Over each second that begins at a multiple of 100 ms after the last step up.
fn rise(fates: &[&[Fate]], profile: &Profile, length: Duration) -> f64 {
    let Some((step, rate)) = profile.rates.last() else {
        return 0.0;
    };
    let second = Duration::from_secs(1);
    let mut from = *step;
    while from + second <= length {
        let spans = [(from, from + second)];
        if utilisation_pct(fates, &spans, |_| *rate) >= 80.0 {
            return (from + second).saturating_sub(*step).as_secs_f64();
        }
        from += Duration::from_millis(100);
    }
    f64::INFINITY
}

fn ms(span: Duration) -> f64 {
    span.as_secs_f64() * 1000.0
}
