// SPDX-License-Identifier: GPL-3.0-or-later
//! The picture's half of a cast: frames of one `VideoSource` to the encoder of the moment.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::super::{Missing, Reason};
use super::{FEED_DEPTH, reasons};
use crate::capture::frame::RawFrame;
use crate::capture::slot::{Next, SlotReader};
use crate::capture::source::{VideoEvent, VideoRequest, VideoSource};
use crate::cast::control::EncoderControl;
use crate::encode::config::{Encoders, VideoConfig};
use crate::encode::layout::Fit;
use crate::encode::video::VideoEncoder;
use crate::session::source::{EncoderPort, Feed, Valve, VideoSetup};

/// An open source of pictures. Dropping it ends the capture.
#[derive(Debug)]
pub struct Pictures {
    switch: Arc<Switch>,
    tasks: [AbortHandle; 2],
    /// Held for its drop.
    _source: VideoSource,
}

impl Pictures {
    /// Asks for the pictures. `end` is told when the source ends.
    pub async fn open(
        request: VideoRequest,
        end: watch::Sender<Option<Reason>>,
    ) -> Result<Pictures, Reason> {
        let source = VideoSource::start(request)
            .await
            .map_err(|error| reasons::of_error(&error))?;
        let switch = Arc::new(Switch::default());
        // Reading begins here and not with the encoder: a still screen sends a single picture.
        let frames = tokio::spawn(forward(source.frames(), Arc::clone(&switch)));
        let events = source.events();
        let watching = tokio::spawn(async move {
            while let Ok(event) = events.recv().await {
                tracing::debug!(?event, "pictures");
                if let VideoEvent::Ended(why) = event {
                    end.send_replace(Some(reasons::of_end(&why)));
                }
            }
        });
        let tasks = [frames.abort_handle(), watching.abort_handle()];
        Ok(Pictures {
            switch,
            tasks,
            _source: source,
        })
    }

    /// Starts to encode. Whatever was encoding before gets no more pictures.
    pub fn encode(&self, setup: &VideoSetup, encoders: Encoders) -> Result<Feed, Reason> {
        if matches!(&encoders, Encoders::Candidates(profiles) if profiles.is_empty()) {
            return Err(Reason::Missing(Missing::VideoEncoder));
        }
        let config = VideoConfig {
            max_size: setup.canvas.unwrap_or(setup.max_size),
            fit: if setup.canvas.is_some() {
                Fit::Borders
            } else {
                Fit::Picture
            },
            overscan_percent: setup.overscan_pct,
            max_frame_rate: setup.frame_rate,
            bitrate: setup.bitrate,
            epoch: setup.epoch,
            ..VideoConfig::new(setup.codec, encoders)
        };
        let (sender, events) = async_channel::bounded(FEED_DEPTH);
        let encoder = VideoEncoder::start(config, sender).map_err(|error| {
            tracing::warn!(%error, "no encoder");
            Reason::Missing(Missing::VideoEncoder)
        })?;
        let encoder: Shared = Arc::new(Mutex::new(encoder));
        // The last change before the screen stands still must not be the one that the valve refused. Weak, because the
        // switch holds the valve.
        let switch = Arc::downgrade(&self.switch);
        setup.valve.when_reopened(move || {
            if let Some(switch) = switch.upgrade() {
                switch.push_last();
            }
        });
        self.switch.turn_to(&encoder, Arc::clone(&setup.valve));
        Ok(Feed {
            events,
            port: Box::new(Port(encoder)),
        })
    }

    /// Freezes the picture, or lets it run again.
    pub fn pause(&self, paused: bool) {
        self.switch.paused.store(paused, Ordering::Relaxed);
        if !paused {
            self.switch.push_last();
        }
    }
}

impl Drop for Pictures {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// The encoder of the moment. Its calls never block, so neither does the lock.
type Shared = Arc<Mutex<VideoEncoder>>;

fn lock(encoder: &Mutex<VideoEncoder>) -> MutexGuard<'_, VideoEncoder> {
    encoder.lock().unwrap_or_else(PoisonError::into_inner)
}

fn push(encoder: &Mutex<VideoEncoder>, frame: RawFrame) {
    lock(encoder).push(frame);
}

/// Where the pictures go. Keeps the newest one: the next encoder begins with it, and so does the end of a pause.
#[derive(Debug, Default)]
struct Switch {
    paused: AtomicBool,
    state: Mutex<Direction>,
}

#[derive(Debug, Default)]
struct Direction {
    encoder: Weak<Mutex<VideoEncoder>>,
    valve: Option<Arc<Valve>>,
    last: Option<RawFrame>,
}

impl Switch {
    fn lock(&self) -> MutexGuard<'_, Direction> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn_to(&self, encoder: &Shared, valve: Arc<Valve>) {
        let mut to = self.lock();
        to.encoder = Arc::downgrade(encoder);
        to.valve = Some(valve);
        if let Some(last) = to.last.clone() {
            push(encoder, last);
        }
    }

    fn push(&self, frame: RawFrame) {
        let mut to = self.lock();
        let older = to.last.replace(frame.clone());
        let target = (to.encoder.upgrade(), to.valve.clone());
        drop(to);
        // Outside the lock: giving a buffer back calls into the capture.
        drop(older);
        if let (Some(encoder), Some(valve)) = target
            && valve.admit()
            && !self.paused.load(Ordering::Relaxed)
        {
            push(&encoder, frame);
        }
    }

    fn push_last(&self) {
        if self.paused.load(Ordering::Relaxed) {
            return;
        }
        let to = self.lock();
        if let (Some(encoder), Some(last)) = (to.encoder.upgrade(), to.last.clone()) {
            push(&encoder, last);
        }
    }
}

async fn forward(frames: SlotReader<RawFrame>, switch: Arc<Switch>) {
    loop {
        match frames.take().await {
            Next::Item(frame) => switch.push(frame),
            Next::Woken | Next::TimedOut => {}
            Next::Closed => return,
        }
    }
}

/// Keeps the encoder alive for as long as the session reads its frames.
struct Port(Shared);

impl EncoderPort for Port {
    fn control(&mut self, wish: EncoderControl) {
        lock(&self.0).control(wish);
    }
}
