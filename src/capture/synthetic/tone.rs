// SPDX-License-Identifier: GPL-3.0-or-later
//! The test card's sound as `AudioBlock`s of 10 ms, paced by the monotonic clock.

use std::time::{Duration, Instant};

use super::Paced;
use crate::capture::error::CaptureError;
use crate::capture::frame::{AUDIO_CHANNELS, AUDIO_RATE, AudioBlock};
use crate::capture::slot::SlotWriter;
use crate::capture::source::{AudioEvent, AudioSource, EVENTS};
use crate::clock::{instant_of, monotonic};
use crate::testcard::sound;

/// Sample frames of a block: 10 ms.
const BLOCK: u32 = AUDIO_RATE / 100;

/// A generator that is further behind (the machine slept) goes on from now.
const HOPELESS: Duration = Duration::from_millis(500);

/// Starts the tone.
pub fn start() -> Result<AudioSource, CaptureError> {
    let (writer, hub) = SlotWriter::new();
    let (events, receiver) = async_channel::bounded(EVENTS);
    events.force_send(AudioEvent::Started).ok();
    let mut blocks = Blocks::starting_at(monotonic());
    let paced = Paced::spawn("tone", move || {
        let now = monotonic();
        if now.saturating_sub(blocks.next_time()) > HOPELESS {
            blocks = Blocks::starting_at(now);
            events.force_send(AudioEvent::Gap(HOPELESS)).ok();
        }
        while blocks.end_of_next() <= now {
            writer.put(blocks.next());
        }
        Instant::now() + blocks.end_of_next().saturating_sub(now)
    })?;
    Ok(AudioSource {
        hub,
        events: receiver,
        running: Box::new(paced),
    })
}

/// The blocks since a time, by the number of their samples: rounding never adds up.
struct Blocks {
    start: Duration,
    count: u32,
}

impl Blocks {
    fn starting_at(start: Duration) -> Self {
        Blocks { start, count: 0 }
    }

    fn time_of(&self, block: u32) -> Duration {
        let nanos = u64::from(block) * u64::from(BLOCK) * 1_000_000_000 / u64::from(AUDIO_RATE);
        self.start + Duration::from_nanos(nanos)
    }

    fn next_time(&self) -> Duration {
        self.time_of(self.count)
    }

    fn end_of_next(&self) -> Duration {
        self.time_of(self.count + 1)
    }

    fn next(&mut self) -> AudioBlock {
        let time = self.next_time();
        let mut samples = vec![0.0; BLOCK as usize * AUDIO_CHANNELS];
        sound::fill(&mut samples, AUDIO_CHANNELS, AUDIO_RATE, time);
        self.count += 1;
        AudioBlock {
            captured: instant_of(time),
            lost: 0,
            samples,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::slot::Next;

    #[test]
    fn the_tone_is_paced_by_the_clock_and_stops_with_its_handle() {
        let source = start().unwrap();
        let blocks = source.blocks();
        let deadline = Some(Instant::now() + Duration::from_secs(10));
        let mut times = Vec::new();
        while times.len() < 10 {
            let Next::Item(block) = blocks.take_until(deadline) else {
                panic!("no sound")
            };
            assert_eq!(block.samples.len(), 960);
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

    #[test]
    fn the_blocks_carry_the_cards_sound_without_a_seam() {
        let mut blocks = Blocks::starting_at(Duration::from_millis(600));
        let mut finder = sound::BeepFinder::new(AUDIO_RATE);
        let mut beeps = Vec::new();
        for _ in 0..200 {
            let block = blocks.next();
            let left = block.samples.iter().step_by(AUDIO_CHANNELS).copied();
            finder.push(left, |at| beeps.push(at));
        }
        assert_eq!(beeps.len(), 2);
        assert!(beeps[0].abs_diff(19_200) <= 96 && beeps[1].abs_diff(67_200) <= 96);
    }
}
