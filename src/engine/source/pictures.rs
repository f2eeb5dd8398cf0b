// SPDX-License-Identifier: GPL-3.0-or-later
//! The picture's half of a cast: one `VideoSource`, whose frames go to the encodes of all sessions that show it, and the
//! place of each session in it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::super::Reason;
use super::super::sharing::Member;
use super::encodes::Encodes;
use super::memory::{ASKS, MemoryChoice};
use super::reasons;
use crate::capture::frame::{DmaBufFormat, RawFrame};
use crate::capture::pipewire::video::{StreamRequest, Target};
use crate::capture::slot::{Next, SlotReader};
use crate::capture::source::{SourceKind, VideoEvent, VideoRequest, VideoSource};
use crate::encode::config::Encoders;
use crate::session::source::{Ended, Feed, VideoSetup};

/// An open source of pictures. Dropping it ends the capture.
#[derive(Debug)]
pub struct Pictures {
    encodes: Arc<Encodes>,
    tasks: [AbortHandle; 2],
    ended: watch::Sender<Option<Reason>>,
    source: Arc<VideoSource>,
    /// The most pictures a second that a session has wanted.
    rate: AtomicU32,
}

impl Pictures {
    /// Asks for the pictures. `expected`, which may block, says what the first encoder will take as DMA-BUF.
    pub async fn open(
        mut request: VideoRequest,
        expected: impl FnOnce() -> Option<Vec<DmaBufFormat>> + Send + 'static,
    ) -> Result<Pictures, Reason> {
        // A window comes with its shadow around it, which is cut off where the pixels can be read.
        let asks = if request.kind == SourceKind::Window {
            0
        } else {
            ASKS
        };
        let memory;
        (memory, request.dma_buf) = choose(asks, expected);
        let rate = request.max_fps;
        let source = VideoSource::start(request).await;
        let source = source.map_err(|error| reasons::of_error(&error))?;
        Ok(Pictures::of(source, memory, rate))
    }

    /// The same for a PipeWire node.
    pub async fn open_node(
        node: Target,
        request: StreamRequest,
        expected: impl FnOnce() -> Option<Vec<DmaBufFormat>> + Send + 'static,
    ) -> Result<Pictures, Reason> {
        let (memory, wish) = choose(ASKS, expected);
        let rate = request.max_fps;
        let source = VideoSource::of_node(node, request, wish).await;
        let source = source.map_err(|error| reasons::of_error(&error))?;
        Ok(Pictures::of(source, memory, rate))
    }

    fn of(source: VideoSource, memory: Arc<MemoryChoice>, rate: u32) -> Pictures {
        let source = Arc::new(source);
        let of_redraw = Arc::downgrade(&source);
        let redraw = Box::new(move || {
            if let Some(source) = of_redraw.upgrade() {
                source.draw_again();
            }
        });
        let encodes = Encodes::new(Handle::current(), memory, redraw);
        // Reading begins here and not with the encoder: a still screen sends a single picture.
        let frames = tokio::spawn(forward(source.frames(), Arc::clone(&encodes)));
        let (end, _) = watch::channel(None);
        let (ended, events) = (end.clone(), source.events());
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
            encodes,
            tasks,
            ended,
            source,
            rate: AtomicU32::new(rate),
        }
    }

    /// Sees to it that so many pictures a second may come, for a session that joins. What is too much for the others is left
    /// out before their encoders; the capture stays as fast when this one leaves.
    pub fn at_least(&self, rate: u32) {
        if self.rate.fetch_max(rate, Ordering::Relaxed) < rate {
            self.source.set_max_fps(rate);
        }
    }

    /// Becomes `Some` when the source has ended.
    pub fn ended(&self) -> Ended {
        self.ended.subscribe()
    }

    /// Whether it has.
    pub fn has_ended(&self) -> bool {
        self.ended.borrow().is_some()
    }
}

impl Drop for Pictures {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// The place of one session.
#[derive(Debug)]
pub struct Seat {
    pictures: Arc<Pictures>,
    state: Mutex<Seated>,
}

#[derive(Debug, Default)]
struct Seated {
    paused: bool,
    member: Option<Member>,
}

impl Seat {
    /// A place at `pictures`, which run for as long as somebody has one.
    pub fn new(pictures: Arc<Pictures>) -> Seat {
        Seat {
            pictures,
            state: Mutex::default(),
        }
    }

    /// Starts to encode, or joins an encode. What this session was fed before has been dropped.
    pub fn encode(&self, setup: &VideoSetup, encoders: Encoders) -> Result<Feed, Reason> {
        let mut state = self.lock();
        let (member, feed) = self.pictures.encodes.join(setup, encoders, state.paused)?;
        state.member = Some(member);
        Ok(feed)
    }

    /// The newest picture if it is in memory, and those that come; `None` while this session's picture is frozen. To be
    /// read and let go of soon: the source has few buffers.
    pub fn look(&self) -> Option<SlotReader<RawFrame>> {
        let paused = self.lock().paused;
        (!paused).then(|| self.pictures.source.frames())
    }

    /// Freezes the picture, or lets it run again.
    pub fn pause(&self, paused: bool) {
        let mut state = self.lock();
        let was_paused = std::mem::replace(&mut state.paused, paused);
        if let Some(member) = state.member.filter(|_| was_paused != paused) {
            self.pictures.encodes.pause(member, paused);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Seated> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the capture is asked for, at first what `expected` says; DMA-BUFs at most `asks` times.
fn choose(
    asks: u32,
    expected: impl FnOnce() -> Option<Vec<DmaBufFormat>> + Send + 'static,
) -> (Arc<MemoryChoice>, watch::Receiver<Vec<DmaBufFormat>>) {
    let (memory, wish) = MemoryChoice::new(asks);
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

async fn forward(frames: SlotReader<RawFrame>, encodes: Arc<Encodes>) {
    loop {
        match frames.take().await {
            Next::Item(frame) => encodes.push(frame),
            Next::Woken | Next::TimedOut => {}
            Next::Closed => return,
        }
    }
}
