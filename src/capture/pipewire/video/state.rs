// SPDX-License-Identifier: GPL-3.0-or-later
//! The stream's thread: PipeWire's callbacks, and the loop around them.
//!
//! Callbacks only note what happened or hand out pictures; whatever could call back into them (switching the stream,
//! returned buffers, the end) is done by the loop between two rounds.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Instant;

use ::pipewire::keys;
use ::pipewire::properties::properties;
use ::pipewire::registry::{Listener as RegistryListener, RegistryRc};
use ::pipewire::spa::param::ParamType;
use ::pipewire::spa::pod::Pod;
use ::pipewire::spa::utils::Direction;
use ::pipewire::stream::{Stream, StreamFlags, StreamListener, StreamRc, StreamState};
use async_channel::Sender;

use super::Command;
use super::buffer::RawBuffer;
use super::format::{Agreement, Verdict, Wish, buffer_params, fixated, offers, read};
use super::layout::visible_size;
use super::margin::Margin;
use super::memory::{BufferId, Returns};
use super::pool::{BufferQueue, Pool};
use super::watchdog::{Step, Watchdog};
use crate::capture::error::{CaptureEnd, CaptureError};
use crate::capture::frame::{DmaBufFormat, RawFrame};
use crate::capture::pipewire::connection::Connection;
use crate::capture::pipewire::pod::{Encoded, pods};
use crate::capture::slot::SlotWriter;
use crate::capture::source::VideoEvent;

impl BufferQueue for Stream {
    #[expect(
        unsafe_code,
        reason = "a picture leaves the callback, so its buffer is dequeued by hand"
    )]
    fn dequeue(&self) -> Option<RawBuffer> {
        // SAFETY: the stream's buffers live until `remove_buffer`, which makes the pool forget them; this thread only.
        unsafe { RawBuffer::new(self.dequeue_raw_buffer()) }
    }

    #[expect(unsafe_code, reason = "gives back by hand what was dequeued by hand")]
    fn queue(&self, buffer: RawBuffer) {
        // SAFETY: the pool queues each dequeued buffer of this stream once, and never after its removal.
        unsafe { self.queue_raw_buffer(buffer.as_ptr()) }
    }
}

/// What the callbacks share.
struct State {
    wish: Wish,
    when_gone: CaptureEnd,
    agreement: Option<Agreement>,
    pool: Pool,
    margin: Margin,
    frames: SlotWriter<RawFrame>,
    events: Sender<VideoEvent>,
    /// The last size that was told.
    size: Option<(u32, u32)>,
    watchdog: Watchdog,
    connected: bool,
    returned: Vec<BufferId>,
    /// What the consumer has begun to take as DMA-BUF, until the stream is renegotiated for it.
    other_dma_buf: Option<Vec<DmaBufFormat>>,
    /// How many pictures a second are wanted now, until the stream is renegotiated for it.
    other_max_fps: Option<u32>,
    end: Option<CaptureEnd>,
}

impl State {
    fn tell(&self, event: VideoEvent) {
        // Fails only when nobody listens any more.
        self.events.force_send(event).ok();
    }

    fn end(&mut self, reason: CaptureEnd) {
        self.end.get_or_insert(reason);
    }

    fn gone(&mut self) {
        self.end(self.when_gone.clone());
    }

    /// The daemon has gone, and with it everything else that was told to have gone.
    fn lost(&mut self) {
        if !matches!(self.end, Some(CaptureEnd::Stopped)) {
            self.end = Some(CaptureEnd::PipeWireGone);
        }
    }

    fn hand_over(&mut self, frame: Option<RawFrame>) {
        let Some(mut frame) = frame else { return };
        if self.wish.trim_margin {
            self.margin.trim(&mut frame);
        }
        let size = visible_size(frame.crop, frame.transform);
        if self.size != Some(size) {
            self.size = Some(size);
            self.tell(VideoEvent::Started { size });
        }
        self.frames.put(frame);
    }
}

/// The stream with everything that has to live as long as it.
pub(super) struct Streaming {
    // Dropped in this order: the listeners before the stream, the stream before its connection.
    _node_listener: RegistryListener,
    _registry: RegistryRc,
    listener: Option<StreamListener<Rc<RefCell<State>>>>,
    stream: StreamRc,
    state: Rc<RefCell<State>>,
    connection: Connection,
}

/// Makes the stream and connects it to `node`.
pub(super) fn connect(
    connection: Connection,
    node: u32,
    when_gone: CaptureEnd,
    wish: Wish,
    returns: Returns,
    frames: SlotWriter<RawFrame>,
    events: Sender<VideoEvent>,
) -> Result<Streaming, CaptureError> {
    let failed = |action| move |source| CaptureError::PipeWire { action, source };
    let properties = properties! {
        *keys::MEDIA_TYPE => "Video",
        *keys::MEDIA_CATEGORY => "Capture",
        *keys::MEDIA_ROLE => "Screen",
    };
    let stream = StreamRc::new(connection.core.clone(), "Telecast", properties)
        .map_err(failed("make a stream"))?;
    let formats = offers(&wish);
    let pool = Pool::new(returns, wish.cursor);
    let state = Rc::new(RefCell::new(State {
        wish,
        when_gone,
        agreement: None,
        pool,
        margin: Margin::default(),
        frames,
        events,
        size: None,
        watchdog: Watchdog::new(),
        connected: false,
        returned: Vec::new(),
        other_dma_buf: None,
        other_max_fps: None,
        end: None,
    }));
    let listener = stream
        .add_local_listener_with_user_data(Rc::clone(&state))
        .state_changed(|_, state, _, new| state_changed(&mut state.borrow_mut(), new))
        .param_changed(|stream, state, kind, pod| {
            if kind == ParamType::Format.as_raw() {
                format_changed(stream, state, pod);
            }
        })
        .add_buffer(|_, state, buffer| {
            #[expect(unsafe_code, reason = "PipeWire announces a live buffer")]
            // SAFETY: live from now until `remove_buffer`, on this thread.
            if let Some(buffer) = unsafe { RawBuffer::new(buffer) } {
                state.borrow_mut().pool.add(buffer);
            }
        })
        .remove_buffer(|_, state, buffer| {
            #[expect(unsafe_code, reason = "PipeWire takes a live buffer away")]
            // SAFETY: still live during this call, after which the pool knows it no more.
            if let Some(buffer) = unsafe { RawBuffer::new(buffer) } {
                state.borrow_mut().pool.remove(buffer);
            }
        })
        .process(|stream, state| {
            let state = &mut *state.borrow_mut();
            if let Some(agreement) = &state.agreement {
                let frame = state.pool.collect(stream, agreement, Instant::now());
                state.hand_over(frame);
            }
        })
        .register()
        .map_err(failed("listen to a stream"))?;
    // Told apart from other ends: the node itself goes away.
    let registry = connection
        .core
        .get_registry_rc()
        .map_err(failed("read the registry"))?;
    let gone = Rc::clone(&state);
    let node_listener = registry
        .add_listener_local()
        .global_remove(move |id| {
            if id == node {
                gone.borrow_mut().gone();
            }
        })
        .register();
    // Never moved to another source: after a shared window is closed that could be the camera.
    let flags = StreamFlags::AUTOCONNECT | StreamFlags::DONT_RECONNECT;
    stream
        .connect(Direction::Input, Some(node), flags, &mut pods(&formats))
        .map_err(failed("connect a stream"))?;
    let listener = Some(listener);
    Ok(Streaming {
        _node_listener: node_listener,
        _registry: registry,
        listener,
        stream,
        state,
        connection,
    })
}

fn state_changed(state: &mut State, new: StreamState) {
    tracing::debug!(?new, "video stream");
    match new {
        StreamState::Error(message) if message.contains("format") => {
            state.end(CaptureEnd::NoCommonFormat);
        }
        StreamState::Error(message) if message.contains("target") => {
            state.gone();
        }
        StreamState::Error(message) => state.end(CaptureEnd::Failed(message)),
        StreamState::Unconnected if state.connected => state.gone(),
        StreamState::Unconnected => {}
        StreamState::Connecting | StreamState::Paused => state.connected = true,
        StreamState::Streaming => {
            state.watchdog.streaming(Instant::now(), state.pool.filled);
        }
    }
}

fn format_changed(stream: &Stream, state: &Rc<RefCell<State>>, pod: Option<&Pod>) {
    let params: Vec<Encoded> = {
        let state = &mut *state.borrow_mut();
        let Some(pod) = pod else {
            state.agreement = None;
            state.pool.forget();
            return;
        };
        match read(pod, &state.wish) {
            Verdict::Agreed(agreement) => {
                tracing::debug!(?agreement, "video format");
                state.agreement = Some(agreement);
                state.pool.forget();
                buffer_params(agreement.modifier.is_some(), state.wish.cursor)
            }
            Verdict::Choose(chosen) => {
                state.agreement = None;
                fixated(&state.wish, chosen)
            }
            Verdict::Useless => {
                state.end(CaptureEnd::NoCommonFormat);
                return;
            }
        }
    };
    if let Err(error) = stream.update_params(&mut pods(&params)) {
        state
            .borrow_mut()
            .end(CaptureEnd::Failed(error.to_string()));
    }
}

impl Streaming {
    /// Runs until the end, and tells it.
    pub fn run(mut self, inbox: ::pipewire::channel::Receiver<Command>) {
        let main_loop = self.connection.main_loop.clone();
        let state = Rc::clone(&self.state);
        let inbox = inbox.attach(main_loop.loop_(), move |command| {
            let mut state = state.borrow_mut();
            match command {
                Command::Return(id) => state.returned.push(id),
                // Whoever draws the pointer has to read the picture.
                Command::DmaBuf(_) if state.wish.cursor => {}
                Command::DmaBuf(formats) => state.other_dma_buf = Some(formats),
                Command::MaxFps(rate) => state.other_max_fps = Some(rate),
                Command::Again => state.watchdog.draw_again(),
                Command::End(reason) => state.end(reason),
            }
        });
        let reason = loop {
            let deadline = self.state.borrow().watchdog.deadline();
            self.connection.iterate(deadline);
            if self.connection.is_lost() {
                self.state.borrow_mut().lost();
            }
            self.take_back();
            self.renegotiate();
            self.watch();
            if let Some(reason) = self.state.borrow_mut().end.take() {
                break reason;
            }
        };
        drop(inbox);
        if let Err(error) = self.stream.disconnect() {
            tracing::debug!(%error, "the video stream was gone already");
        }
        self.listener = None;
        let state = self.state.borrow();
        tracing::debug!(
            ?reason,
            pictures = state.pool.filled,
            skipped = state.pool.skipped,
            "video stream ended"
        );
        state.tell(VideoEvent::Ended(reason));
    }

    /// Gives returned buffers to the producer; a picture that waited for one goes out.
    fn take_back(&self) {
        let state = &mut *self.state.borrow_mut();
        let stream: &Stream = &self.stream;
        for id in std::mem::take(&mut state.returned) {
            state.pool.returned(stream, id);
        }
        if let Some(agreement) = &state.agreement {
            let frame = state.pool.hand_out(stream, agreement);
            state.hand_over(frame);
        }
    }

    /// Offers another format to the producer, when the consumer takes other memory or another rate than before. The stream
    /// goes on with the new buffers; pictures of the old ones stay readable.
    fn renegotiate(&self) {
        let formats = {
            let state = &mut *self.state.borrow_mut();
            let wish = &mut state.wish;
            let dma_buf = state.other_dma_buf.take();
            let dma_buf = dma_buf.filter(|dma_buf| *dma_buf != wish.dma_buf);
            let rate = state.other_max_fps.take();
            let rate = rate.filter(|rate| *rate != wish.max_fps);
            if dma_buf.is_none() && rate.is_none() {
                return;
            }
            if let Some(dma_buf) = dma_buf {
                tracing::debug!(formats = dma_buf.len(), "other memory for a video stream");
                wish.before = std::mem::replace(&mut wish.dma_buf, dma_buf);
            }
            if let Some(rate) = rate {
                tracing::debug!(rate, "another rate for a video stream");
                wish.max_fps = rate;
            }
            state
                .watchdog
                .renegotiated(Instant::now(), state.pool.filled);
            offers(&state.wish)
        };
        // Calls back.
        if let Err(error) = self.stream.update_params(&mut pods(&formats)) {
            self.state
                .borrow_mut()
                .end(CaptureEnd::Failed(error.to_string()));
        }
    }

    fn watch(&self) {
        let step = {
            let state = &mut *self.state.borrow_mut();
            let step = state.watchdog.step(Instant::now(), state.pool.filled);
            if step != Step::Wait && state.watchdog.is_in_vain() && !state.wish.dma_buf.is_empty() {
                tracing::warn!("no picture comes as DMA-BUF; asking for shared memory");
                state.other_dma_buf = Some(Vec::new());
            }
            if let Step::Deactivate { attempt } = step {
                tracing::debug!(
                    attempt,
                    pictures = state.pool.filled,
                    "renegotiating a video stream"
                );
                if state.pool.filled == 0 {
                    state.tell(VideoEvent::Stalled { attempt });
                }
            }
            step
        };
        let result = match step {
            Step::Wait => Ok(()),
            Step::Deactivate { .. } => self.stream.set_active(false),
            Step::Activate => self.stream.set_active(true),
        };
        if let Err(error) = result {
            self.state
                .borrow_mut()
                .end(CaptureEnd::Failed(error.to_string()));
        }
    }
}
