// SPDX-License-Identifier: GPL-3.0-or-later
//! `Player`: decoded sound in, heard at its time, on a thread of its own. It never decides when that is.
//!
//! ```text
//! appsrc (PTS = monotonic time of playout) ─▶ audioconvert ─▶ audioresample ─▶ volume ─▶ pulsesink | pipewiresink
//! ```
//! The pipeline runs on the monotonic clock with base time 0, so that a time stamp *is* the moment at which a sample is
//! heard; the sink adapts the sound card's clock to it. Both sinks play into PipeWire; the first is asked first, because
//! it follows another clock better.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_audio as gst_audio;

use super::audio::Sound;
use super::error::DecodeError;
use crate::chain;
use crate::clock;

/// Blocks that may wait for the thread, 20 ms each; what comes while it is full is not heard.
const QUEUE: usize = 100;
/// Sound that may wait in the pipeline; more means that the sink stands still, and the oldest is dropped.
const PIPELINE: gst::ClockTime = gst::ClockTime::from_seconds(3);
/// What the sink keeps between itself and the sound card, in microseconds. Small, because it must arrive before it.
const SINK_BUFFER_US: &str = "60000";
/// How long dropping the handle waits for the thread.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);
/// The elements that play, best first.
const SINKS: [&str; 2] = ["pulsesink", "pipewiresink"];

enum Command {
    Play(Sound, Instant),
    Volume { level: f64, muted: bool },
}

/// A running loudspeaker. Dropping it ends the sound.
pub struct Player {
    commands: Option<SyncSender<Command>>,
    ended: Receiver<()>,
    behind: bool,
}

impl Player {
    /// Starts the thread; the loudspeaker is opened there with the first sound, and a failure is logged there.
    pub fn start() -> Result<Player, DecodeError> {
        chain::init()?;
        let (commands, inbox) = sync_channel(QUEUE);
        let (alive, ended) = sync_channel(0);
        thread::Builder::new()
            .name("player".into())
            .spawn(move || {
                run(&inbox);
                drop(alive);
            })
            .map_err(|_| DecodeError::NoThread)?;
        Ok(Player {
            commands: Some(commands),
            ended,
            behind: false,
        })
    }

    /// Plays `sound` so that its first sample is heard at `at`. Never blocks.
    pub fn play(&mut self, sound: &Sound, at: Instant) {
        self.send(Command::Play(sound.clone(), at));
    }

    /// The loudness, 0 to 1, and whether there is to be silence.
    pub fn set_volume(&mut self, level: f64, muted: bool) {
        self.send(Command::Volume { level, muted });
    }

    fn send(&mut self, command: Command) {
        let Some(commands) = &self.commands else {
            return;
        };
        let behind = match commands.try_send(command) {
            Ok(()) => false,
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => true,
        };
        if behind && !self.behind {
            tracing::warn!("sound is lost, because it is not played");
        }
        self.behind = behind;
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        self.commands = None;
        if self.ended.recv_timeout(STOP_TIMEOUT) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!("the player's thread does not end; left behind");
        }
    }
}

/// Plays what comes until the handle is dropped. Without a loudspeaker everything is thrown away.
fn run(inbox: &Receiver<Command>) {
    let mut output = None;
    let mut volume = (1.0, false);
    let mut broken = false;
    for command in inbox {
        match command {
            Command::Volume { level, muted } => {
                volume = (level.clamp(0.0, 1.0), muted);
                if let Some(output) = &output {
                    Output::set_volume(output, volume);
                }
            }
            Command::Play(sound, at) if !broken => {
                if output.is_none() {
                    match Output::open(&sound) {
                        Ok(opened) => {
                            opened.set_volume(volume);
                            output = Some(opened);
                        }
                        Err(error) => {
                            tracing::warn!(%error, "the sound cannot be played");
                            broken = true;
                        }
                    }
                }
                if let Some(open) = &mut output
                    && let Err(error) = open.play(&sound, at)
                {
                    tracing::warn!(%error, "the sound stops");
                    (output, broken) = (None, true);
                }
            }
            Command::Play(..) => {}
        }
    }
}

/// An open pipeline.
struct Output {
    pipeline: gst::Pipeline,
    source: gst_app::AppSrc,
    volume: gst::Element,
    format: (u32, u32),
}

impl Output {
    fn open(sound: &Sound) -> Result<Output, DecodeError> {
        let mut last = DecodeError::NoSound;
        for sink in SINKS {
            match Output::try_open(sink, sound) {
                Ok(output) => return Ok(output),
                Err(error) => {
                    tracing::debug!(sink, %error, "loudspeaker not usable");
                    last = error;
                }
            }
        }
        Err(last)
    }

    fn try_open(sink: &str, sound: &Sound) -> Result<Output, DecodeError> {
        let source = gst_app::AppSrc::builder()
            .format(gst::Format::Time)
            .max_time(PIPELINE)
            .leaky_type(gst_app::AppLeakyType::Downstream)
            .build();
        let volume = chain::make("volume")?;
        let sink = chain::make(sink)?;
        chain::set(&sink, "buffer-time", SINK_BUFFER_US)?;
        chain::set(&sink, "latency-time", "10000")?;
        let elements = [
            source.clone().upcast(),
            chain::make("audioconvert")?,
            chain::make("audioresample")?,
            volume.clone(),
            sink.clone(),
        ];
        let pipeline = gst::Pipeline::new();
        pipeline
            .add_many(&elements)
            .map_err(|_| DecodeError::NoSound)?;
        gst::Element::link_many(&elements).map_err(|_| DecodeError::NoSound)?;
        pipeline.use_clock(Some(&gst::SystemClock::obtain()));
        pipeline.set_start_time(gst::ClockTime::NONE);
        pipeline.set_base_time(gst::ClockTime::ZERO);
        let mut output = Output {
            pipeline,
            source,
            volume,
            format: (0, 0),
        };
        output.set_format(sound)?;
        // The server is asked here, so that the next kind of sink can be tried.
        sink.set_state(gst::State::Ready)
            .map_err(|_| DecodeError::NoSound)?;
        output
            .pipeline
            .set_state(gst::State::Playing)
            .map_err(|_| DecodeError::NoSound)?;
        Ok(output)
    }

    fn set_format(&mut self, sound: &Sound) -> Result<(), DecodeError> {
        if self.format != (sound.rate, sound.channels) {
            self.format = (sound.rate, sound.channels);
            let info = gst_audio::AudioInfo::builder(
                gst_audio::AudioFormat::F32le,
                sound.rate,
                sound.channels,
            );
            let caps = info
                .build()
                .and_then(|info| info.to_caps())
                .map_err(|_| DecodeError::NoSound)?;
            self.source.set_caps(Some(&caps));
        }
        Ok(())
    }

    fn set_volume(&self, (level, muted): (f64, bool)) {
        // The ear hears loudness about as the cube of the amplitude; PulseAudio's and Chromecasts' scales agree on it.
        self.volume.set_property("volume", level.powi(3));
        self.volume.set_property("mute", muted);
    }

    fn play(&mut self, sound: &Sound, at: Instant) -> Result<(), DecodeError> {
        self.set_format(sound)?;
        let bytes: Vec<u8> = sound
            .samples
            .iter()
            .flat_map(|sample| sample.to_le_bytes())
            .collect();
        let mut buffer = gst::Buffer::from_slice(bytes);
        if let Some(buffer) = buffer.get_mut() {
            let time =
                |duration: Duration| gst::ClockTime::from_nseconds(duration.as_nanos() as u64);
            buffer.set_pts(time(clock::monotonic_of(at)));
            buffer.set_duration(time(sound.duration()));
        }
        self.source
            .push_buffer(buffer)
            .map_err(|_| DecodeError::NoSound)?;
        let bus = self.pipeline.bus();
        match bus.and_then(|bus| bus.pop_filtered(&[gst::MessageType::Error])) {
            Some(error) => {
                tracing::debug!(?error, "loudspeaker");
                Err(DecodeError::NoSound)
            }
            None => Ok(()),
        }
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if self.pipeline.set_state(gst::State::Null).is_err() {
            tracing::debug!("the loudspeaker did not close properly");
        }
    }
}
