// SPDX-License-Identifier: GPL-3.0-or-later
//! The sound's half of a cast: blocks of one `AudioSource` to an encoder.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::super::{Missing, Reason};
use super::{FEED_DEPTH, reasons};
use crate::capture::frame::AudioBlock;
use crate::capture::slot::{Next, SlotReader};
use crate::capture::source::{AudioEvent, AudioMode, AudioSource};
use crate::cast::control::EncoderControl;
use crate::encode::audio::{AudioConfig, AudioEncoder};
use crate::session::source::{AudioSetup, EncoderPort, Feed};

/// Where the blocks go: the encoder of the moment, or nowhere.
type Target = Arc<Mutex<Weak<Mutex<AudioEncoder>>>>;

/// An open source of sound. Dropping it ends the capture and restores what it changed.
#[derive(Debug)]
pub struct Sound {
    target: Target,
    tasks: [AbortHandle; 2],
    /// Held for its drop.
    _source: AudioSource,
}

impl Sound {
    /// Opens the sound. `end` is told when it ends by itself; without it the rest of the cast goes on alone.
    pub async fn open(
        mode: AudioMode,
        end: Option<watch::Sender<Option<Reason>>>,
    ) -> Result<Sound, Reason> {
        let source = AudioSource::start(mode)
            .await
            .map_err(|error| reasons::of_error(&error))?;
        let source = source.ok_or(Reason::Missing(Missing::PipeWire))?;
        let target = Target::default();
        let blocks = tokio::spawn(forward(source.blocks(), Arc::clone(&target)));
        let events = source.events();
        let watching = tokio::spawn(async move {
            while let Ok(event) = events.recv().await {
                tracing::debug!(?event, "sound");
                match event {
                    AudioEvent::Ended(why) => {
                        let reason = reasons::of_end_of_sound(&why);
                        if let Some(end) = &end {
                            end.send_replace(Some(reason));
                        } else {
                            tracing::warn!(%reason, "the cast goes on without sound");
                        }
                    }
                    AudioEvent::ChooseOutput { name } => tracing::warn!(
                        output = name,
                        "the default output may not be changed: choose this one in the sound settings"
                    ),
                    _ => {}
                }
            }
        });
        let tasks = [blocks.abort_handle(), watching.abort_handle()];
        Ok(Sound {
            target,
            tasks,
            _source: source,
        })
    }

    /// Starts to encode.
    pub fn encode(&self, setup: AudioSetup) -> Result<Feed, Reason> {
        let config = AudioConfig {
            bitrate: setup.bitrate,
            frame: setup.frame,
            epoch: setup.epoch,
        };
        let (sender, events) = async_channel::bounded(FEED_DEPTH);
        let encoder = AudioEncoder::start(config, sender).map_err(|error| {
            tracing::warn!(%error, "no encoder for sound");
            Reason::Missing(Missing::AudioEncoder)
        })?;
        let encoder = Arc::new(Mutex::new(encoder));
        *self.target.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(&encoder);
        Ok(Feed {
            events,
            port: Box::new(Port(encoder)),
        })
    }
}

impl Drop for Sound {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn forward(blocks: SlotReader<AudioBlock>, target: Target) {
    loop {
        match blocks.take().await {
            Next::Item(block) => {
                let encoder = target
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .upgrade();
                if let Some(encoder) = encoder {
                    // Held for a push, which never blocks.
                    encoder
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push(block);
                }
            }
            Next::Woken | Next::TimedOut => {}
            Next::Closed => return,
        }
    }
}

/// Keeps the encoder alive for as long as the session reads its frames.
struct Port(#[expect(dead_code, reason = "held for its drop")] Arc<Mutex<AudioEncoder>>);

impl EncoderPort for Port {
    /// Sound has one rate and no key frames: there is nothing to steer.
    fn control(&mut self, _: EncoderControl) {}
}
