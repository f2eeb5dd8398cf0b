// SPDX-License-Identifier: GPL-3.0-or-later
//! Reads the test card from what was decoded. Input: luma and sound with their playout times; output: the times from the
//! screen to the complete frame and to the decoded picture, and how far sound and picture are apart.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::stats::{MeasureStats, Percentiles};
use crate::clock;
use crate::testcard::sound::BeepFinder;
use crate::testcard::{Luma, Reader};

/// Latencies that the percentiles are made of: the last minute at 30 pictures a second.
const SAMPLES: usize = 1800;
/// Flashes and beeps that are kept.
const MARKS: usize = 32;
/// The skew is the median of so many pairs of flash and beep.
const PAIRS: usize = 10;
/// Beeps and flashes come once a second, so those that belong together are closer than half of that.
const PAIR: Duration = Duration::from_millis(450);
/// Brighter than this is a flash; half way between limited-range black and white.
const BRIGHT: u8 = 126;

/// What happens to a picture in a receiver.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moments {
    /// Its frame's last packet arrived.
    pub(super) completed: Instant,
    /// It left the decoder.
    pub(super) decoded: Instant,
    /// It is to be shown.
    pub(super) playout: Instant,
}

/// What the pictures of one cast tell.
#[derive(Debug, Default)]
pub(super) struct Pictures {
    reader: Reader,
    first_complete: Option<Instant>,
    to_complete: VecDeque<Duration>,
    to_decoded: VecDeque<Duration>,
    was_bright: bool,
    flashes: VecDeque<Instant>,
}

impl Pictures {
    /// A frame was complete, whatever is on it.
    pub(super) fn complete(&mut self, at: Instant) {
        self.first_complete.get_or_insert(at);
    }

    /// A picture was decoded.
    pub(super) fn push(&mut self, luma: Luma<'_>, at: Moments) {
        let Some(reading) = self.reader.read(luma) else {
            return;
        };
        // Both ends must share a kernel clock; a time code from the future is somebody else's.
        let since_drawn = |at| clock::monotonic_of(at).checked_sub(reading.time);
        if let Some((complete, decoded)) = since_drawn(at.completed).zip(since_drawn(at.decoded)) {
            push(&mut self.to_complete, complete, SAMPLES);
            push(&mut self.to_decoded, decoded, SAMPLES);
        }
        let (x, y) = reading.flash();
        let sample = luma.data.get(y as usize * luma.stride + x as usize);
        let bright = sample.is_some_and(|sample| *sample > BRIGHT);
        if bright && !self.was_bright {
            // The first lit picture is drawn some time after the full second, at 30 pictures a second up to 33 ms; its
            // time code says how long. That is no skew: the beep is held against the full second.
            let since = Duration::from_nanos(reading.time.subsec_nanos().into());
            push(
                &mut self.flashes,
                at.playout.checked_sub(since).unwrap_or(at.playout),
                MARKS,
            );
        }
        self.was_bright = bright;
    }

    /// What was found so far, with the `beeps` of the sound.
    pub(super) fn stats(&self, beeps: Option<&VecDeque<Instant>>) -> MeasureStats {
        let mut skews: Vec<f64> = self
            .flashes
            .iter()
            .rev()
            .filter_map(|flash| nearest(*flash, beeps?))
            .collect();
        let pairs = skews.len();
        skews.truncate(PAIRS);
        skews.sort_by(f64::total_cmp);
        let at_ms = |at| clock::monotonic_of(at).as_secs_f64() * 1000.0;
        MeasureStats {
            screen_to_complete_ms: percentiles(&self.to_complete),
            screen_to_decoded_ms: percentiles(&self.to_decoded),
            av_skew_ms: percentile(&skews, 50),
            av_pairs: pairs,
            first_complete_at_ms: self.first_complete.map(at_ms),
        }
    }
}

/// What the sound of one cast tells.
#[derive(Debug)]
pub(super) struct Sounds {
    finder: BeepFinder,
    rate: u32,
    heard: u64,
    beeps: VecDeque<Instant>,
}

impl Sounds {
    /// For sound of `rate` samples a second.
    pub(super) fn new(rate: u32) -> Sounds {
        Sounds {
            finder: BeepFinder::new(rate),
            rate,
            heard: 0,
            beeps: VecDeque::new(),
        }
    }

    /// Sound was decoded: the samples of one channel, of which the first is to be heard at `playout`.
    pub(super) fn push(
        &mut self,
        samples: impl IntoIterator<Item = f32>,
        rate: u32,
        playout: Instant,
    ) {
        if rate != self.rate {
            *self = Sounds {
                beeps: std::mem::take(&mut self.beeps),
                ..Sounds::new(rate)
            };
        }
        let (base, heard, beeps) = (self.heard, &mut self.heard, &mut self.beeps);
        let samples = samples.into_iter().inspect(|_| *heard += 1);
        self.finder.push(samples, |at| {
            // The finder tells of a beep when its window is full, which may have begun in the block before.
            let offset = Duration::from_secs_f64(at.abs_diff(base) as f64 / f64::from(rate.max(1)));
            let time = if at >= base {
                playout.checked_add(offset)
            } else {
                playout.checked_sub(offset)
            };
            push(beeps, time.unwrap_or(playout), MARKS);
        });
    }

    /// When the last beeps began.
    pub(super) fn beeps(&self) -> &VecDeque<Instant> {
        &self.beeps
    }
}

/// How much later than `flash` the nearest beep is, in milliseconds, if it belongs to it.
fn nearest(flash: Instant, beeps: &VecDeque<Instant>) -> Option<f64> {
    let skew = |beep: &Instant| {
        let ahead = beep.saturating_duration_since(flash).as_secs_f64();
        ahead - flash.saturating_duration_since(*beep).as_secs_f64()
    };
    let nearest = beeps
        .iter()
        .map(skew)
        .min_by(|a, b| a.abs().total_cmp(&b.abs()))?;
    (nearest.abs() < PAIR.as_secs_f64()).then_some(nearest * 1000.0)
}

fn push<T>(queue: &mut VecDeque<T>, value: T, most: usize) {
    if queue.len() == most {
        queue.pop_front();
    }
    queue.push_back(value);
}

/// In milliseconds.
fn percentiles(latencies: &VecDeque<Duration>) -> Percentiles {
    let mut sorted: Vec<f64> = latencies
        .iter()
        .map(|latency| latency.as_secs_f64() * 1000.0)
        .collect();
    sorted.sort_by(f64::total_cmp);
    Percentiles {
        p50: percentile(&sorted, 50),
        p95: percentile(&sorted, 95),
        p99: percentile(&sorted, 99),
    }
}

/// The value below which `percent` of 100 of the sorted `values` are; `None` when there are none.
fn percentile(values: &[f64], percent: usize) -> Option<f64> {
    let index = (values.len() * percent / 100).min(values.len().saturating_sub(1));
    values.get(index).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testcard::{Card, sound};

    /// The card at `time` as luma, 640x360.
    fn card(time: Duration) -> Vec<u8> {
        let (width, height) = (640, 360);
        let mut bgrx = vec![0; width * height * 4];
        Card::new(width as u32, height as u32).draw(time, &mut bgrx);
        let luma = |p: &[u8]| {
            16 + (u32::from(p[2]) * 66 + u32::from(p[1]) * 129 + u32::from(p[0]) * 25) / 256
        };
        bgrx.chunks(4).map(|p| luma(p) as u8).collect()
    }

    fn plane(data: &[u8]) -> Luma<'_> {
        Luma {
            data,
            stride: 640,
            width: 640,
            height: 360,
        }
    }

    #[test]
    fn latency_and_skew_of_a_simulated_cast_are_found() {
        let (mut pictures, mut sounds) = (Pictures::default(), Sounds::new(48_000));
        let start = clock::monotonic();
        let end = start + Duration::from_secs(3);
        // Sound is stamped 30 ms later than it is; pictures take 60 ms to arrive and 20 ms to be decoded.
        let late = Duration::from_millis(30);
        let mut time = start;
        while time < end {
            let at = clock::instant_of(time);
            let moments = Moments {
                completed: at + Duration::from_millis(60),
                decoded: at + Duration::from_millis(80),
                playout: at,
            };
            pictures.complete(moments.completed);
            pictures.push(plane(&card(time)), moments);
            time += Duration::from_millis(20);
        }
        let mut time = start;
        while time < end {
            let mut block = vec![0.0; 960];
            sound::fill(&mut block, 1, 48_000, time);
            sounds.push(block, 48_000, clock::instant_of(time) + late);
            time += Duration::from_millis(20);
        }
        let stats = pictures.stats(Some(sounds.beeps()));
        let about = |value: Option<f64>, wanted: f64| {
            let value = value.expect("there are samples");
            assert!((value - wanted).abs() < 2.0, "{stats:?}");
        };
        about(stats.screen_to_decoded_ms.p50, 80.0);
        assert!(stats.screen_to_decoded_ms.p99 >= stats.screen_to_decoded_ms.p95);
        about(stats.screen_to_complete_ms.p50, 60.0);
        let first = stats.first_complete_at_ms.expect("frames were complete");
        assert!((first - start.as_secs_f64() * 1000.0 - 60.0).abs() < 1.0);
        let skew = stats.av_skew_ms.expect("flashes and beeps were found");
        assert!((27.0..33.0).contains(&skew), "{skew}");
        assert!((2..=3).contains(&stats.av_pairs), "{stats:?}");
    }

    #[test]
    fn a_picture_without_a_card_says_nothing() {
        let (mut pictures, mut sounds) = (Pictures::default(), Sounds::new(48_000));
        let now = Instant::now();
        let moments = Moments {
            completed: now,
            decoded: now,
            playout: now,
        };
        pictures.push(plane(&vec![128; 640 * 360]), moments);
        sounds.push(vec![0.0; 48_000], 44_100, now);
        assert_eq!(
            pictures.stats(Some(sounds.beeps())),
            MeasureStats::default()
        );
    }
}
