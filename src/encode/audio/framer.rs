// SPDX-License-Identifier: GPL-3.0-or-later
//! Blocks of any length in, frames of one length at exact sample positions out. Pure, without a clock.
//!
//! The position of a sample is its number since the epoch. Blocks follow each other without a seam as long as their times
//! agree with the count; a small drift between the clocks is taken up by single samples, a hole is filled with silence,
//! and after a long one counting begins anew.

use std::time::{Duration, Instant};

use crate::capture::frame::{AUDIO_CHANNELS, AUDIO_RATE, AudioBlock};

/// Samples by which a block's time may differ from the count: 20 ms of jitter.
const TOLERANCE: i64 = AUDIO_RATE as i64 / 50;

/// The longest hole that is filled: 1 s.
const LONGEST_FILL: i64 = AUDIO_RATE as i64;

/// Averaged difference from which on single samples are left out or doubled: 1 ms.
const DRIFT: i64 = AUDIO_RATE as i64 / 1000;

/// How many blocks the average looks back.
const INERTIA: i64 = 32;

/// One frame's worth of sound.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Frame {
    /// Number of the first sample since the epoch.
    pub(super) position: i64,
    /// Interleaved samples.
    pub(super) samples: Vec<f32>,
}

/// Cuts blocks into frames.
#[derive(Debug)]
pub(super) struct Framer {
    epoch: Instant,
    /// Samples of each channel in a frame.
    length: usize,
    /// Sound that is not yet a frame, interleaved.
    waiting: Vec<f32>,
    /// Position of the first waiting sample; `None` before the first block.
    position: Option<i64>,
    /// Sum of an average: the difference between times and count, times [`INERTIA`].
    drift: i64,
}

impl Framer {
    /// Frames of `length` samples.
    pub(super) fn new(epoch: Instant, length: usize) -> Framer {
        Framer {
            epoch,
            length: length.max(1),
            waiting: Vec::new(),
            position: None,
            drift: 0,
        }
    }

    /// Takes a block. All frames are to be taken out before the next one.
    pub(super) fn push(&mut self, block: &AudioBlock) {
        let at = self.number(block.captured);
        let mut samples = block.samples.as_slice();
        let Some(position) = self.position else {
            self.position = Some(at);
            self.append(samples);
            return;
        };
        let lost = (block.lost as usize).min(LONGEST_FILL as usize) * AUDIO_CHANNELS;
        self.waiting.resize(self.waiting.len() + lost, 0.0);
        let expected = position + self.waiting_frames();
        let difference = at - expected;
        if difference.abs() <= TOLERANCE {
            self.follow_drift(difference, &mut samples);
            self.append(samples);
        } else if difference.abs() > LONGEST_FILL {
            // The rest of the sound before the hole is shorter than a frame.
            self.waiting.clear();
            self.drift = 0;
            self.position = Some(at.max(expected));
            self.append(samples);
        } else if difference > 0 {
            let silence = difference as usize * AUDIO_CHANNELS;
            self.waiting.resize(self.waiting.len() + silence, 0.0);
            self.drift = 0;
            self.append(samples);
        } else {
            // Sound that is there already.
            let known = (difference.unsigned_abs() as usize).saturating_mul(AUDIO_CHANNELS);
            self.drift = 0;
            self.append(samples.get(known..).unwrap_or_default());
        }
    }

    /// The next full frame.
    pub(super) fn next_frame(&mut self) -> Option<Frame> {
        let position = self.position?;
        let needed = self.length * AUDIO_CHANNELS;
        if self.waiting.len() < needed {
            return None;
        }
        let rest = self.waiting.split_off(needed);
        let samples = std::mem::replace(&mut self.waiting, rest);
        self.position = Some(position + self.length as i64);
        Some(Frame { position, samples })
    }

    /// The instant of a sample.
    pub(super) fn instant(&self, position: i64) -> Instant {
        let distance = |samples: u64| {
            Duration::from_nanos(
                (u128::from(samples) * 1_000_000_000 / u128::from(AUDIO_RATE)) as u64,
            )
        };
        if let Ok(after) = u64::try_from(position) {
            return self.epoch + distance(after);
        }
        let before = distance(position.unsigned_abs());
        self.epoch.checked_sub(before).unwrap_or(self.epoch)
    }

    /// The number of the sample taken at an instant.
    fn number(&self, at: Instant) -> i64 {
        let samples = |time: Duration| {
            ((time.as_nanos() * u128::from(AUDIO_RATE) + 500_000_000) / 1_000_000_000) as i64
        };
        match at.checked_duration_since(self.epoch) {
            Some(after) => samples(after),
            None => -samples(self.epoch.saturating_duration_since(at)),
        }
    }

    fn waiting_frames(&self) -> i64 {
        (self.waiting.len() / AUDIO_CHANNELS) as i64
    }

    fn append(&mut self, samples: &[f32]) {
        let whole = samples.len() / AUDIO_CHANNELS * AUDIO_CHANNELS;
        self.waiting
            .extend_from_slice(samples.get(..whole).unwrap_or_default());
    }

    /// Leaves out or doubles one sample when the clocks have drifted apart for a while.
    fn follow_drift(&mut self, difference: i64, samples: &mut &[f32]) {
        self.drift += difference - self.drift / INERTIA;
        let average = self.drift / INERTIA;
        if average > DRIFT {
            // The clock is ahead of the count: one sample more.
            if let Some(first) = samples.get(..AUDIO_CHANNELS) {
                self.waiting.extend_from_slice(first);
                self.drift -= INERTIA;
            }
        } else if average < -DRIFT
            && let Some(rest) = samples.get(AUDIO_CHANNELS..)
        {
            *samples = rest;
            self.drift += INERTIA;
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::float_cmp, reason = "samples are passed on unchanged")]

    use super::*;

    fn block(epoch: Instant, at_us: u64, frames: usize, value: f32) -> AudioBlock {
        AudioBlock {
            captured: epoch + Duration::from_micros(at_us),
            lost: 0,
            samples: vec![value; frames * AUDIO_CHANNELS],
        }
    }

    fn drain(framer: &mut Framer) -> Vec<Frame> {
        std::iter::from_fn(|| framer.next_frame()).collect()
    }

    #[test]
    fn blocks_of_any_length_become_frames_at_exact_positions() {
        let epoch = Instant::now();
        let mut cutter = Framer::new(epoch, 480);
        let mut frames = Vec::new();
        // 1024 samples last 21 333.3 µs; the times are rounded, the positions are not.
        for index in 0..30 {
            cutter.push(&block(epoch, 1_000 + index * 21_333, 1024, 0.5));
            frames.extend(drain(&mut cutter));
        }
        assert_eq!(frames.len(), 30 * 1024 / 480);
        for (index, frame) in frames.iter().enumerate() {
            assert_eq!(frame.position, 48 + index as i64 * 480);
            assert_eq!(frame.samples.len(), 960);
        }
    }

    #[test]
    fn a_hole_is_filled_with_silence_of_its_length() {
        let epoch = Instant::now();
        let mut cutter = Framer::new(epoch, 480);
        cutter.push(&block(epoch, 0, 480, 1.0));
        cutter.push(&block(epoch, 110_000, 480, 1.0));
        let frames = drain(&mut cutter);
        assert_eq!(frames.len(), 12);
        assert_eq!(frames[0].samples[0], 1.0);
        assert!(
            frames[1..11]
                .iter()
                .all(|frame| frame.samples.iter().all(|s| *s == 0.0))
        );
        assert_eq!(frames[11].position, 11 * 480);
        assert_eq!(frames[11].samples[0], 1.0);
    }

    #[test]
    fn samples_that_the_capture_missed_are_silent() {
        let epoch = Instant::now();
        let mut cutter = Framer::new(epoch, 480);
        cutter.push(&block(epoch, 0, 480, 1.0));
        cutter.push(&AudioBlock {
            lost: 480,
            ..block(epoch, 20_000, 480, 1.0)
        });
        let frames = drain(&mut cutter);
        assert_eq!(frames.len(), 3);
        assert!(frames[1].samples.iter().all(|sample| *sample == 0.0));
        assert_eq!(frames[2].samples[0], 1.0);
    }

    #[test]
    fn after_a_long_silence_counting_begins_anew_and_time_never_goes_back() {
        let epoch = Instant::now();
        let mut cutter = Framer::new(epoch, 480);
        cutter.push(&block(epoch, 0, 700, 1.0));
        assert_eq!(drain(&mut cutter).len(), 1);
        cutter.push(&block(epoch, 60_000_000, 480, 1.0));
        assert_eq!(drain(&mut cutter)[0].position, 60 * 48_000);
        // A clock that jumped back by more than a second.
        cutter.push(&block(epoch, 10_000_000, 480, 1.0));
        assert_eq!(drain(&mut cutter)[0].position, 60 * 48_000 + 480);
    }

    #[test]
    fn sound_that_overlaps_is_heard_once() {
        let epoch = Instant::now();
        let mut cutter = Framer::new(epoch, 480);
        cutter.push(&block(epoch, 0, 4800, 1.0));
        cutter.push(&block(epoch, 50_000, 4800, 1.0));
        assert_eq!(drain(&mut cutter).len(), 15);
    }

    #[test]
    fn a_sound_card_that_runs_fast_or_slow_is_followed_without_a_jump() {
        for ppm in [-1000_i64, 1000] {
            let epoch = Instant::now();
            let mut cutter = Framer::new(epoch, 480);
            let mut last = 0;
            let mut count = 0_u64;
            let blocks = 6_000_u64;
            for index in 0..blocks {
                let nominal = index * 10_000;
                let skewed = (nominal as i64 + nominal as i64 * ppm / 1_000_000) as u64;
                cutter.push(&block(epoch, skewed, 480, 1.0));
                for frame in drain(&mut cutter) {
                    assert!(
                        frame.samples.iter().all(|s| *s == 1.0),
                        "no silence is needed"
                    );
                    last = frame.position;
                    count += 1;
                }
            }
            let end = (blocks * 480) as i64;
            let expected = end + end * ppm / 1_000_000;
            // The last frame begins up to two frames before the end.
            assert!(
                (last + 480 - expected).abs() < 600,
                "{ppm}: {last} of {expected}"
            );
            assert!(count > 0);
        }
    }
}
