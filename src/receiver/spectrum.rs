// SPDX-License-Identifier: GPL-3.0-or-later
//! How loud the decoded sound is and which tone is in it. Pure: samples in, numbers out.

use std::collections::VecDeque;
use std::f32::consts::TAU;

/// Samples that are looked at: a third of a second at 48 kHz, a power of two.
const WINDOW: usize = 16_384;

/// The last samples of one channel.
#[derive(Debug, Default)]
pub(super) struct Listener {
    samples: VecDeque<f32>,
}

impl Listener {
    /// Takes the next samples.
    pub(super) fn push(&mut self, samples: impl IntoIterator<Item = f32>) {
        for sample in samples {
            if self.samples.len() == WINDOW {
                self.samples.pop_front();
            }
            self.samples
                .push_back(if sample.is_finite() { sample } else { 0.0 });
        }
    }

    /// The loudness (root mean square), as soon as there is enough, and the strongest frequency in hertz, except in
    /// silence.
    pub(super) fn measure(&self, rate: u32) -> (Option<f64>, Option<f64>) {
        if self.samples.len() < WINDOW {
            return (None, None);
        }
        let level = (self
            .samples
            .iter()
            .map(|sample| f64::from(*sample).powi(2))
            .sum::<f64>()
            / WINDOW as f64)
            .sqrt();
        if level < 1e-4 {
            return (Some(level), None);
        }
        // A Hann window, so that the neighbours of a peak fall off and can be interpolated.
        let mut signal: Vec<(f32, f32)> = (0_u16..)
            .zip(&self.samples)
            .map(|(n, sample)| {
                (
                    sample * 0.5 * (1.0 - (TAU * f32::from(n) / WINDOW as f32).cos()),
                    0.0,
                )
            })
            .collect();
        transform(&mut signal);
        let power: Vec<f64> = signal[..WINDOW / 2]
            .iter()
            .map(|(re, im)| f64::from(re * re + im * im))
            .collect();
        // Below 20 Hz nobody hears anything.
        let lowest = 20 * WINDOW / rate.max(1) as usize + 1;
        let peak = (lowest..WINDOW / 2 - 1)
            .max_by(|a, b| power[*a].total_cmp(&power[*b]))
            .unwrap_or(0);
        if peak == 0 {
            return (Some(level), None);
        }
        let [left, middle, right] =
            [power[peak - 1], power[peak], power[peak + 1]].map(|power| (power + 1e-12).ln());
        let offset = 0.5 * (left - right) / (left - 2.0 * middle + right);
        let bin = peak as f64 + if offset.is_finite() { offset } else { 0.0 };
        (Some(level), Some(bin * f64::from(rate) / WINDOW as f64))
    }
}

/// The discrete Fourier transform in place (Cooley and Tukey, radix 2); the length is a power of two.
fn transform(signal: &mut [(f32, f32)]) {
    let length = signal.len();
    let bits = length.trailing_zeros();
    for index in 0..length {
        let mirrored = index.reverse_bits() >> (usize::BITS - bits);
        if mirrored > index {
            signal.swap(index, mirrored);
        }
    }
    let mut half = 1;
    while half < length {
        for start in (0..length).step_by(2 * half) {
            for k in 0..half {
                let (sin, cos) = (-TAU * k as f32 / (2 * half) as f32).sin_cos();
                let (a, b) = (signal[start + k], signal[start + k + half]);
                let b = (b.0 * cos - b.1 * sin, b.0 * sin + b.1 * cos);
                signal[start + k] = (a.0 + b.0, a.1 + b.1);
                signal[start + k + half] = (a.0 - b.0, a.1 - b.1);
            }
        }
        half *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_found_within_a_hertz() {
        for frequency in [100.0, 440.0, 997.3, 8000.0] {
            let mut listener = Listener::default();
            listener.push(
                (0..20_000_u16).map(|n| 0.5 * (TAU * frequency * f32::from(n) / 48_000.0).sin()),
            );
            let (Some(level), Some(found)) = listener.measure(48_000) else {
                panic!("{frequency} Hz is not heard")
            };
            assert!(
                (found - f64::from(frequency)).abs() < 1.0,
                "{frequency}: {found}"
            );
            assert!((level - 0.5 / 2.0_f64.sqrt()).abs() < 0.01, "{level}");
        }
    }

    #[test]
    fn silence_and_rubbish_have_no_tone() {
        let mut listener = Listener::default();
        assert_eq!(listener.measure(48_000), (None, None));
        listener.push(std::iter::repeat_n(f32::NAN, 20_000));
        assert_eq!(listener.measure(48_000), (Some(0.0), None));
        assert_eq!(listener.measure(0), (Some(0.0), None));
    }
}
