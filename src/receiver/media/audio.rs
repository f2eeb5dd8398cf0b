// SPDX-License-Identifier: GPL-3.0-or-later
//! The sound of one cast: frames to the decoder, samples to the loudspeaker at their time, and what they were like.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::cast::codec::AudioCodec;
use crate::cast::frame::{FrameId, StreamId};
use crate::cast::offer::AudioStream;
use crate::cast::receiver::{Input, ReceivedFrame, Receiver};
use crate::decode::audio::{AudioDecoder, Sound};
use crate::decode::error::DecodeError;
use crate::decode::player::Player;
use crate::receiver::measure::Sounds;
use crate::receiver::shared::Shared;
use crate::receiver::spectrum::Listener;
use crate::receiver::stats::{AudioStats, ReceiverStats};

/// Frames that may wait to be heard; 20 ms each, the queue lasts longer than the longest delay.
const MAX_WAITING: usize = 300;

/// The state of the sound.
pub(in crate::receiver) struct AudioPath {
    pub(in crate::receiver) stream: StreamId,
    /// Frames that never came in time.
    skipped: u64,
    /// Most of them in a row.
    longest_gap: u64,
    /// How long one sounds.
    frame_duration: Duration,
    codec: AudioCodec,
    decoder: AudioDecoder,
    decoded: u64,
    rate: u32,
    listener: Listener,
    /// Frames that are not heard yet, and when they will be.
    waiting: VecDeque<(Instant, FrameId)>,
    player: Option<Player>,
    volume: watch::Receiver<(f64, bool)>,
    measure: Option<Sounds>,
}

impl AudioPath {
    /// A loudspeaker that cannot be opened is no reason not to show the picture.
    pub(in crate::receiver) fn new(
        codec: AudioCodec,
        offered: &AudioStream,
        shared: &Shared,
    ) -> Result<AudioPath, DecodeError> {
        let rate = offered.stream.timebase;
        let player = shared.options.play_sound.then(Player::start);
        let mut volume = shared.volume.subscribe();
        volume.mark_changed();
        Ok(AudioPath {
            stream: StreamId(offered.stream.index),
            skipped: 0,
            longest_gap: 0,
            frame_duration: Duration::ZERO,
            codec,
            decoder: AudioDecoder::new(codec, rate, offered.channels)?,
            decoded: 0,
            rate,
            listener: Listener::default(),
            waiting: VecDeque::new(),
            player: player.transpose()?,
            volume,
            measure: shared.options.measure.then(|| Sounds::new(rate)),
        })
    }

    /// A frame is complete: it is decoded at once and played when it is time.
    pub(super) fn on_frame(&mut self, frame: &ReceivedFrame) {
        if frame.follows_gap {
            self.decoder.reset();
        }
        match self.decoder.decode(&frame.data) {
            Ok(sound) => {
                if self.waiting.len() == MAX_WAITING {
                    self.waiting.pop_front();
                }
                self.waiting.push_back((frame.playout, frame.id));
                self.on_sound(&sound, frame.playout);
            }
            Err(error) => tracing::debug!(%error, "sound"),
        }
    }

    /// Frames in a row were given up.
    pub(super) fn on_skipped(&mut self, frames: u64) {
        self.skipped += frames;
        self.longest_gap = self.longest_gap.max(frames);
    }

    /// Tells the core what has begun to sound by now, for its event log. Later by as long as the loop slept, which is
    /// less than a frame while sound comes.
    pub(super) fn played(&mut self, now: Instant, core: &mut Receiver) {
        while let Some((_, frame)) = self.waiting.pop_front_if(|(playout, _)| *playout <= now) {
            core.handle(
                now,
                Input::PlayedOut {
                    stream: self.stream,
                    frame,
                },
            );
        }
    }

    fn on_sound(&mut self, sound: &Sound, playout: Instant) {
        self.decoded += 1;
        self.rate = sound.rate;
        self.frame_duration = sound.duration();
        let left = || {
            sound
                .samples
                .iter()
                .step_by(sound.channels.max(1) as usize)
                .copied()
        };
        self.listener.push(left());
        if let Some(measure) = &mut self.measure {
            measure.push(left(), sound.rate, playout);
        }
        if let Some(player) = &mut self.player {
            if self.volume.has_changed().unwrap_or(false) {
                let (level, muted) = *self.volume.borrow_and_update();
                player.set_volume(level, muted);
            }
            player.play(sound, playout);
        }
    }

    /// When beeps of the test card began, if that is measured.
    pub(super) fn beeps(&self) -> Option<&VecDeque<Instant>> {
        self.measure.as_ref().map(Sounds::beeps)
    }

    pub(super) fn write(&self, stats: &mut ReceiverStats) {
        let (level, frequency_hz) = self.listener.measure(self.rate);
        stats.audio = Some(AudioStats {
            codec: self.codec.name(),
            decoded: self.decoded,
            skipped: self.skipped,
            longest_gap_ms: self.frame_duration.as_millis() as u64 * self.longest_gap,
            level,
            frequency_hz,
        });
    }
}
