// SPDX-License-Identifier: GPL-3.0-or-later
//! A quiet tone with a loud beep at each whole second of the monotonic clock, as `AudioBlock`s.
//!
//! The test card flashes at the same times, so the two show how far sound and picture are apart.

use std::f64::consts::TAU;
use std::time::{Duration, Instant};

use super::Paced;
use crate::capture::clock::{instant_of, monotonic_nanos};
use crate::capture::error::CaptureError;
use crate::capture::frame::{AUDIO_CHANNELS, AUDIO_RATE, AudioBlock};
use crate::capture::slot::SlotWriter;
use crate::capture::source::{AudioEvent, AudioSource, EVENTS};

/// Frequency of the quiet tone in Hz; a whole number, so that every second sounds alike.
pub const TONE_HZ: u32 = 440;

/// Frequency of the beep in Hz.
pub const BEEP_HZ: u32 = 1000;

/// How long the beep sounds from each whole second on.
pub const BEEP: Duration = Duration::from_millis(100);

/// Loudness of the tone and of the beep (full scale is 1).
const TONE_LEVEL: f64 = 0.1;
const BEEP_LEVEL: f64 = 0.5;

/// Sample frames of a block: 10 ms.
const BLOCK: u32 = AUDIO_RATE / 100;

/// Starts the tone.
pub fn start() -> Result<AudioSource, CaptureError> {
    let (writer, hub) = SlotWriter::new();
    let (events, receiver) = async_channel::bounded(EVENTS);
    let mut generator = Generator::starting_at(monotonic_nanos());
    let mut started = false;
    let paced = Paced::spawn("tone", move || {
        let now = Instant::now();
        let nanos = monotonic_nanos();
        if !started {
            started = true;
            events.force_send(AudioEvent::Started).ok();
        }
        if generator.behind(nanos) {
            // The machine slept: the sound goes on from now.
            generator = Generator::starting_at(nanos);
        }
        while generator.end_of_block() <= nanos {
            let captured = instant_of(generator.next_nanos(), now).unwrap_or(now);
            writer.put(AudioBlock {
                captured,
                lost: 0,
                samples: generator.block(),
            });
        }
        now + Duration::from_nanos(
            generator
                .end_of_block()
                .saturating_sub(nanos)
                .unsigned_abs(),
        )
    })?;
    Ok(AudioSource {
        hub,
        events: receiver,
        running: Box::new(paced),
    })
}

/// The samples, by their number since the start.
struct Generator {
    start: i64,
    next: u64,
}

impl Generator {
    fn starting_at(start: i64) -> Self {
        Generator { start, next: 0 }
    }

    fn nanos_of(&self, sample: u64) -> i64 {
        let elapsed = u128::from(sample) * 1_000_000_000 / u128::from(AUDIO_RATE);
        self.start
            .saturating_add(i64::try_from(elapsed).unwrap_or(i64::MAX))
    }

    fn next_nanos(&self) -> i64 {
        self.nanos_of(self.next)
    }

    fn end_of_block(&self) -> i64 {
        self.nanos_of(self.next + u64::from(BLOCK))
    }

    fn behind(&self, nanos: i64) -> bool {
        nanos.saturating_sub(self.next_nanos()) > 500_000_000
    }

    fn block(&mut self) -> Vec<f32> {
        let mut samples = Vec::with_capacity(BLOCK as usize * AUDIO_CHANNELS);
        for _ in 0..BLOCK {
            let value = level(self.nanos_of(self.next)) as f32;
            samples.extend([value; AUDIO_CHANNELS]);
            self.next += 1;
        }
        samples
    }
}

/// The sample at `nanos` of the monotonic clock.
fn level(nanos: i64) -> f64 {
    let in_second = nanos.rem_euclid(1_000_000_000) as f64 / 1e9;
    let tone = (in_second * f64::from(TONE_HZ) * TAU).sin() * TONE_LEVEL;
    if in_second < BEEP.as_secs_f64() {
        tone + (in_second * f64::from(BEEP_HZ) * TAU).sin() * BEEP_LEVEL
    } else {
        tone
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::slot::Next;

    #[test]
    fn the_beep_begins_at_whole_seconds() {
        let loudest = |from_ms: i64| {
            let from = 7_000_000_000 + from_ms * 1_000_000;
            (0..480)
                .map(|n| level(from + n * 20_833).abs())
                .fold(0.0, f64::max)
        };
        assert!(loudest(0) > 0.4 && loudest(89) > 0.4);
        assert!(loudest(101) < 0.11 && loudest(989) < 0.11);
    }

    #[test]
    fn blocks_follow_each_other_without_a_seam() {
        let mut generator = Generator::starting_at(123);
        let (one, two) = (generator.block(), generator.block());
        assert_eq!(one.len(), 960);
        assert_eq!(generator.next_nanos(), 123 + 20_000_000);
        // The steepest step of the beep and the tone together.
        assert!((one[958] - two[0]).abs() < 0.08);
    }

    #[test]
    fn the_tone_is_paced_by_the_clock() {
        let source = start().unwrap();
        let blocks = source.blocks();
        let deadline = Some(Instant::now() + Duration::from_secs(10));
        let mut times = Vec::new();
        while times.len() < 10 {
            let Next::Item(block) = blocks.take_until(deadline) else {
                panic!("no sound")
            };
            times.push(block.captured);
        }
        assert_eq!(blocks.dropped(), 0);
        for pair in times.windows(2) {
            let step = pair[1] - pair[0];
            assert!(
                step.abs_diff(Duration::from_millis(10)) < Duration::from_micros(1),
                "{step:?}"
            );
        }
        assert!(times[9] <= Instant::now());
        drop(source);
        while blocks.try_take().is_some() {}
        assert_eq!(blocks.take_until(deadline), Next::Closed);
    }
}
