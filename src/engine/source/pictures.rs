// SPDX-License-Identifier: GPL-3.0-or-later
//! The picture's half of a cast: frames of one `VideoSource` to the encoder of the moment.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::super::{Missing, Reason};
use super::memory::MemoryChoice;
use super::{FEED_DEPTH, reasons};
use crate::capture::frame::{DmaBufFormat, Memory, RawFrame};
use crate::capture::pipewire::video::{StreamRequest, Target};
use crate::capture::slot::{Next, SlotReader};
use crate::capture::source::{VideoEvent, VideoRequest, VideoSource};
use crate::cast::control::EncoderControl;
use crate::encode::config::{Encoders, VideoConfig};
use crate::encode::import;
use crate::encode::layout::Fit;
use crate::encode::profile::Profile;
use crate::encode::video::VideoEncoder;
use crate::session::source::{EncoderPort, Feed, Valve, VideoSetup};

/// An open source of pictures. Dropping it ends the capture.
#[derive(Debug)]
pub struct Pictures {
    switch: Arc<Switch>,
    tasks: [AbortHandle; 2],
    source: Arc<VideoSource>,
    memory: Arc<MemoryChoice>,
}

impl Pictures {
    /// Asks for the pictures. `end` is told when the source ends; `expected`, which may block, says what the first encoder
    /// will take as DMA-BUF.
    pub async fn open(
        mut request: VideoRequest,
        expected: impl FnOnce() -> Option<Vec<DmaBufFormat>> + Send + 'static,
        end: watch::Sender<Option<Reason>>,
    ) -> Result<Pictures, Reason> {
        let memory;
        (memory, request.dma_buf) = choose(expected);
        let source = VideoSource::start(request).await;
        let source = source.map_err(|error| reasons::of_error(&error))?;
        Ok(Pictures::of(source, memory, end))
    }

    /// The same for a PipeWire node.
    pub async fn open_node(
        node: Target,
        request: StreamRequest,
        expected: impl FnOnce() -> Option<Vec<DmaBufFormat>> + Send + 'static,
        end: watch::Sender<Option<Reason>>,
    ) -> Result<Pictures, Reason> {
        let (memory, wish) = choose(expected);
        let source = VideoSource::of_node(node, request, wish).await;
        let source = source.map_err(|error| reasons::of_error(&error))?;
        Ok(Pictures::of(source, memory, end))
    }

    fn of(
        source: VideoSource,
        memory: Arc<MemoryChoice>,
        end: watch::Sender<Option<Reason>>,
    ) -> Pictures {
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
        Pictures {
            switch,
            tasks,
            source: Arc::new(source),
            memory,
        }
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
        let profiles = match &config.encoders {
            Encoders::Candidates(profiles) => profiles.clone(),
            Encoders::Null(_) => Vec::new(),
        };
        // Before the first picture: fewer are drawn for nothing.
        let first = profiles.first().filter(|_| setup.overscan_pct == 0);
        let first = first.map(|profile| import::accepted(profile));
        self.memory.want(first.unwrap_or_default());
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
        if !self.switch.turn_to(&encoder, Arc::clone(&setup.valve)) {
            self.source.draw_again();
        }
        Ok(Feed {
            events,
            port: Box::new(Port {
                encoder,
                profiles,
                memory: Arc::clone(&self.memory),
                switch: Arc::downgrade(&self.switch),
                source: Arc::downgrade(&self.source),
            }),
        })
    }

    /// Freezes the picture, or lets it run again.
    pub fn pause(&self, paused: bool) {
        let was_paused = self.switch.paused.swap(paused, Ordering::Relaxed);
        if was_paused && !paused && !self.switch.push_last() {
            self.source.draw_again();
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

/// What the capture is asked for, at first what `expected` says.
fn choose(
    expected: impl FnOnce() -> Option<Vec<DmaBufFormat>> + Send + 'static,
) -> (Arc<MemoryChoice>, watch::Receiver<Vec<DmaBufFormat>>) {
    let (memory, wish) = MemoryChoice::new();
    let memory = Arc::new(memory);
    let of_expected = Arc::clone(&memory);
    // Beside the start of the capture, which may take as long as a person: most often it knows in time.
    tokio::task::spawn_blocking(move || {
        if let Some(formats) = expected() {
            of_expected.expect(formats);
        }
    });
    (memory, wish)
}

/// Where the pictures go. Keeps the newest one: the next encoder begins with it, and so does the end of a pause. One in a
/// DMA-BUF is kept only until an encoder has it, because the compositor has few of them.
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
    /// Pictures so far: the number of the last one.
    number: u64,
}

impl Direction {
    /// The last picture, for an encoder.
    fn hand_out(&mut self) -> Option<RawFrame> {
        match &self.last {
            Some(last) if matches!(last.memory, Memory::DmaBuf(_)) => self.last.take(),
            last => last.clone(),
        }
    }
}

impl Switch {
    fn lock(&self) -> MutexGuard<'_, Direction> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// False when the last picture is needed and went to the encoder before.
    fn turn_to(&self, encoder: &Shared, valve: Arc<Valve>) -> bool {
        let mut to = self.lock();
        to.encoder = Arc::downgrade(encoder);
        to.valve = Some(valve);
        match to.hand_out() {
            Some(last) => push(encoder, last),
            None => return to.number == 0,
        }
        true
    }

    fn push(&self, frame: RawFrame) {
        let mut to = self.lock();
        let older = to.last.replace(frame);
        to.number += 1;
        let number = to.number;
        let target = (to.encoder.upgrade(), to.valve.clone());
        drop(to);
        // Outside the lock: giving a buffer back calls into the capture.
        drop(older);
        if let (Some(encoder), Some(valve)) = target
            && valve.admit()
            && !self.paused.load(Ordering::Relaxed)
        {
            let frame = {
                let mut to = self.lock();
                // Otherwise somebody else has passed it on meanwhile.
                (to.number == number).then(|| to.hand_out()).flatten()
            };
            if let Some(frame) = frame {
                push(&encoder, frame);
            }
        }
    }

    /// Passes the last picture on, again if need be; false when there is none to pass on.
    fn push_last(&self) -> bool {
        if self.paused.load(Ordering::Relaxed) {
            return true;
        }
        let mut to = self.lock();
        let Some(encoder) = to.encoder.upgrade() else {
            return false;
        };
        let last = to.hand_out();
        drop(to);
        let any = last.is_some();
        if let Some(last) = last {
            push(&encoder, last);
        }
        any
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

/// Keeps the encoder alive for as long as the session reads its frames. Does not keep the capture.
struct Port {
    encoder: Shared,
    profiles: Vec<Arc<Profile>>,
    memory: Arc<MemoryChoice>,
    switch: Weak<Switch>,
    source: Weak<VideoSource>,
}

impl EncoderPort for Port {
    fn control(&mut self, wish: EncoderControl) {
        lock(&self.encoder).control(wish);
    }

    fn encodes_with(&mut self, element: &str, dma_buf: bool) {
        let mut profiles = self.profiles.iter();
        let profile = profiles.find(|profile| dma_buf && profile.element == element);
        let formats = profile.map(|profile| import::accepted(profile));
        self.memory.want(formats.unwrap_or_default());
    }

    fn picture_lost(&mut self) {
        let passed_on = self
            .switch
            .upgrade()
            .is_some_and(|switch| switch.push_last());
        if !passed_on && let Some(source) = self.source.upgrade() {
            source.draw_again();
        }
    }
}
