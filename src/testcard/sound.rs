// SPDX-License-Identifier: GPL-3.0-or-later
//! The card's sound: a quiet tone, and a beep at each full second of the monotonic clock; and finding the beep again.

use std::f32::consts::TAU;
use std::time::Duration;

use super::picture::Card;

/// Pitch of the tone that always sounds, in hertz.
pub const TONE_HZ: f32 = 440.0;
/// Pitch of the beep, in hertz.
pub const BEEP_HZ: f32 = 1500.0;
const TONE_LEVEL: f32 = 0.08;
const BEEP_LEVEL: f32 = 0.5;

/// The sample (−1..1) of the card's sound at `time` of the monotonic clock.
pub fn sample(time: Duration) -> f32 {
    // The pitches are whole numbers, so each second begins with the same phase and only its fraction counts.
    let fraction = time.subsec_nanos() as f32 / 1e9;
    let tone = TONE_LEVEL * (TAU * TONE_HZ * fraction).sin();
    if Card::flashes(time) {
        tone + BEEP_LEVEL * (TAU * BEEP_HZ * fraction).sin()
    } else {
        tone
    }
}

/// Fills `samples` (interleaved, `channels` a frame) with the card's sound from `start` on.
pub fn fill(samples: &mut [f32], channels: usize, rate: u32, start: Duration) {
    let start = start.as_nanos() as u64;
    for (index, frame) in (0_u64..).zip(samples.chunks_mut(channels.max(1))) {
        frame.fill(sample(Duration::from_nanos(
            start + index * 1_000_000_000 / u64::from(rate.max(1)),
        )));
    }
}

/// Whether the strongest pitch of a piece of sound, in hertz, is the tone or the beep. Who listens once a second may hear
/// the beep each time: it has the same period.
pub fn is_of_the_card(pitch: Option<f64>) -> bool {
    pitch.is_some_and(|pitch| {
        [TONE_HZ, BEEP_HZ]
            .iter()
            .any(|known| (pitch - f64::from(*known)).abs() < 5.0)
    })
}

/// Finds the beginnings of beeps in a stream of sound.
///
/// The power at the beep's pitch is measured in windows of 2 ms (Goertzel); a beep begins where it rises above a tenth
/// of a full beep's after at least 300 ms of silence. Good to about 2 ms.
#[derive(Debug)]
pub struct BeepFinder {
    rate: u32,
    window: Vec<f32>,
    /// Samples seen before `window`.
    seen: u64,
    /// Windows since the last loud one.
    quiet: u32,
}

const WINDOWS_A_SECOND: u32 = 500;

impl BeepFinder {
    /// For sound of `rate` samples a second.
    pub fn new(rate: u32) -> BeepFinder {
        BeepFinder {
            rate,
            window: Vec::new(),
            seen: 0,
            quiet: 0,
        }
    }

    /// Takes the next samples of one channel; calls `beep` with the number of the sample (from the first one ever
    /// taken) at which a beep began.
    pub fn push(&mut self, samples: impl IntoIterator<Item = f32>, mut beep: impl FnMut(u64)) {
        let length = (self.rate / WINDOWS_A_SECOND).max(1) as usize;
        for sample in samples {
            self.window.push(sample);
            if self.window.len() < length {
                continue;
            }
            let loud = amplitude(&self.window, BEEP_HZ, self.rate as f32) > BEEP_LEVEL * 0.316;
            if loud && self.quiet > WINDOWS_A_SECOND * 3 / 10 {
                beep(self.seen);
            }
            self.quiet = if loud {
                0
            } else {
                self.quiet.saturating_add(1)
            };
            self.seen += self.window.len() as u64;
            self.window.clear();
        }
    }
}

/// The amplitude of the component at `hz` in `samples`.
pub fn amplitude(samples: &[f32], hz: f32, rate: f32) -> f32 {
    if samples.is_empty() {
        return 0.0;
    }
    let (mut real, mut imaginary) = (0.0, 0.0);
    for (index, sample) in samples.iter().enumerate() {
        let (sin, cos) = (TAU * hz * index as f32 / rate).sin_cos();
        real += sample * cos;
        imaginary += sample * sin;
    }
    2.0 * real.hypot(imaginary) / samples.len() as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beeps_are_found_where_seconds_begin() {
        let rate = 48_000;
        let mut samples = vec![0.0; rate as usize * 7 / 2];
        fill(&mut samples, 1, rate, Duration::from_millis(10_600));
        let mut finder = BeepFinder::new(rate);
        let mut found = Vec::new();
        for chunk in samples.chunks(777) {
            finder.push(chunk.iter().copied(), |at| found.push(at));
        }
        assert_eq!(found.len(), 4, "{found:?}");
        for (at, second) in found.iter().zip(11..) {
            let time = 10.6 + *at as f64 / f64::from(rate);
            assert!((time - f64::from(second)).abs() < 0.003, "{time}");
        }
    }

    #[test]
    fn the_tone_is_heard_between_beeps() {
        let rate = 48_000;
        let mut samples = vec![0.0; 4800];
        fill(&mut samples, 1, rate, Duration::from_millis(500));
        assert!((amplitude(&samples, TONE_HZ, 48_000.0) - TONE_LEVEL).abs() < 0.01);
        assert!(amplitude(&samples, BEEP_HZ, 48_000.0) < 0.01);
    }
}
