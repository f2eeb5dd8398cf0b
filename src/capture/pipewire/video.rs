// SPDX-License-Identifier: GPL-3.0-or-later
//! A PipeWire video stream: pictures of one node, on a thread of its own.
//!
//! Input: a [`Target`] and what the consumer can take. Output: `RawFrame`s into a slot, `VideoEvent`s, and buffers back
//! to the producer once consumers drop their pictures. It never converts a picture and never waits for a consumer.

use std::sync::{Mutex, PoisonError};

use async_channel::Sender;
use tokio::sync::watch;

use self::format::Wish;
use self::memory::BufferId;
use super::connection::{Connection, Remote};
use super::thread::StreamThread;
use crate::capture::error::{CaptureEnd, CaptureError};
use crate::capture::frame::{DmaBufFormat, RawFrame};
use crate::capture::slot::SlotWriter;
use crate::capture::source::{Running, VideoEvent};

mod buffer;
mod cursor;
mod format;
mod layout;
mod margin;
mod memory;
mod pool;
mod state;
mod watchdog;

/// The producer of the pictures.
#[derive(Debug)]
pub struct Target {
    /// Whose node.
    pub remote: Remote,
    /// The id of its node.
    pub node: u32,
}

/// What is wanted from the producer.
#[derive(Debug, Clone)]
pub struct StreamRequest {
    /// The size, where the producer lets its consumer choose (a virtual monitor).
    pub size: Option<(u32, u32)>,
    /// Highest number of pictures a second.
    pub max_fps: u32,
    /// What can be taken as DMA-BUF; empty: shared memory only.
    pub dma_buf: Vec<DmaBufFormat>,
    /// Whether the transparent margin of its pictures is left out: a window, with the shadow that it draws.
    pub trim_margin: bool,
    /// The mouse pointer comes apart from the pictures, which are then asked for in shared memory only.
    pub cursor: bool,
    /// The reason that is told when the producer vanishes.
    pub when_gone: CaptureEnd,
}

/// What the stream's thread is told.
#[derive(Debug)]
enum Command {
    /// A picture was dropped.
    Return(BufferId),
    /// The consumer takes these DMA-BUFs now.
    DmaBuf(Vec<DmaBufFormat>),
    /// Up to so many pictures a second are wanted now.
    MaxFps(u32),
    /// The last picture is wanted once more.
    Again,
    /// End, for this reason.
    End(CaptureEnd),
}

/// A running stream; dropping it ends and joins the thread.
#[derive(Debug)]
pub struct VideoStream {
    control: StreamControl,
    thread: StreamThread,
}

/// Steers a [`VideoStream`] from elsewhere. Each call does nothing once the stream has ended.
#[derive(Clone)]
pub struct StreamControl(std::sync::Arc<Mutex<::pipewire::channel::Sender<Command>>>);

impl std::fmt::Debug for StreamControl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StreamControl")
    }
}

impl StreamControl {
    /// Ends the stream, with `reason` as its last event.
    pub fn end(&self, reason: CaptureEnd) {
        self.send(Command::End(reason));
    }

    /// What can be taken as DMA-BUF from now on; empty: shared memory only. The running stream is renegotiated: its
    /// buffers are exchanged, and the producer draws its picture anew.
    pub fn take_dma_buf(&self, formats: Vec<DmaBufFormat>) {
        self.send(Command::DmaBuf(formats));
    }

    /// Up to so many pictures a second are wanted from now on. The running stream is renegotiated, as for other memory.
    pub fn set_max_fps(&self, rate: u32) {
        self.send(Command::MaxFps(rate));
    }

    /// Switches the stream off and on, upon which producers draw.
    pub fn draw_again(&self) {
        self.send(Command::Again);
    }

    fn send(&self, command: Command) {
        let commands = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if commands.send(command).is_err() {
            tracing::debug!("the video stream has ended already");
        }
    }
}

impl VideoStream {
    /// Connects and starts. Pictures go to `frames`, events to `events`; both are closed when the stream ends.
    pub async fn start(
        target: Target,
        request: StreamRequest,
        frames: SlotWriter<RawFrame>,
        events: Sender<VideoEvent>,
    ) -> Result<Self, CaptureError> {
        let (commands, inbox) = ::pipewire::channel::channel();
        let control = StreamControl(std::sync::Arc::new(Mutex::new(commands.clone())));
        let wish = Wish {
            dma_buf: if request.cursor {
                // Whoever draws the pointer has to read the picture.
                Vec::new()
            } else {
                request.dma_buf
            },
            trim_margin: request.trim_margin,
            cursor: request.cursor,
            ..Wish::new(request.size, request.max_fps)
        };
        let (thread, started) = StreamThread::start(
            "pw-video",
            move || {
                let connection = Connection::open(target.remote)?;
                let when_gone = request.when_gone;
                state::connect(
                    connection,
                    target.node,
                    when_gone,
                    wish,
                    commands,
                    frames,
                    events,
                )
            },
            |stream| stream.run(inbox),
        )?;
        let stream = VideoStream { control, thread };
        started.wait().await?;
        Ok(stream)
    }

    /// Follows the consumer's wishes until there can be no more. Must be called on a tokio runtime.
    pub fn follow(&self, mut dma_buf: watch::Receiver<Vec<DmaBufFormat>>) {
        let control = self.control();
        tokio::spawn(async move {
            while dma_buf.changed().await.is_ok() {
                control.take_dma_buf(dma_buf.borrow_and_update().clone());
            }
        });
    }

    /// A handle that steers and ends the stream.
    pub fn control(&self) -> StreamControl {
        self.control.clone()
    }
}

impl Running for VideoStream {
    fn draw_again(&self) {
        self.control.draw_again();
    }

    fn set_max_fps(&self, rate: u32) {
        self.control.set_max_fps(rate);
    }
}

impl Drop for VideoStream {
    fn drop(&mut self) {
        self.control.end(CaptureEnd::Stopped);
        self.thread.join();
    }
}
