// SPDX-License-Identifier: GPL-3.0-or-later
//! What a session starts: requests for pictures and sound, and the handles that keep them running.
//!
//! Input: a [`VideoRequest`] or an [`AudioRequest`]. Output: a handle with [`SlotReader`]s of frames or blocks and a
//! queue of events. Dropping a handle stops its source, joins its thread and undoes what it changed.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::error::{CaptureEnd, CaptureError};
use super::frame::{AudioBlock, DmaBufFormat, Memory, RawFrame};
use super::pipewire::Remote;
use super::pipewire::audio::{AudioRequest, AudioStream, Sound, repair_default_output};
use super::pipewire::video::{StreamRequest, Target, VideoStream};
use super::portal;
use super::slot::{SlotHub, SlotReader, SlotWriter};
use super::synthetic::{card, tone};

/// Where pictures come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SourceKind {
    /// A whole monitor, chosen in the portal's dialog.
    Screen,
    /// One window, chosen in the portal's dialog.
    Window,
    /// A new monitor that exists only for the cast.
    Virtual,
    /// The synthetic test card; needs neither portal nor PipeWire.
    TestCard,
}

/// Told once, as soon as the portal has answered: the token for the next start, or `None` when there is none. The token
/// of the request has been used up then, whatever becomes of the source. Not told when the portal gave no answer.
#[derive(Clone)]
pub struct TokenKeeper(Arc<Keep>);

type Keep = dyn Fn(Option<&str>) + Send + Sync;

impl TokenKeeper {
    /// `keep` is called on the thread that starts the source.
    pub fn new(keep: impl Fn(Option<&str>) + Send + Sync + 'static) -> Self {
        TokenKeeper(Arc::new(keep))
    }

    /// Tells it. Only whoever opens the source does.
    pub fn keep(&self, token: Option<&str>) {
        (self.0)(token);
    }
}

impl fmt::Debug for TokenKeeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenKeeper")
    }
}

/// What pictures are wanted.
#[derive(Debug, Clone)]
pub struct VideoRequest {
    /// Where they come from.
    pub kind: SourceKind,
    /// The size of a virtual monitor or of the test card in pixels; others have a size of their own.
    pub size: (u32, u32),
    /// Whether the mouse pointer is to be seen, where the desktop lets us choose.
    pub pointer: bool,
    /// The highest number of pictures a second, 1 to 240.
    pub max_fps: u32,
    /// The token that the last cast of this source was given; single use.
    pub restore_token: Option<String>,
    /// Who is to know what became of the token.
    pub token_keeper: Option<TokenKeeper>,
    /// Ask for a token, so that the next start needs no dialog.
    pub persist: bool,
    /// The window that the dialog belongs to, in the portal's notation without its prefix (an `xdg_foreign` handle).
    pub parent_window: Option<String>,
    /// What the encoder takes without a copy at the moment; empty: shared memory only. Followed while the source runs.
    pub dma_buf: watch::Receiver<Vec<DmaBufFormat>>,
}

impl VideoRequest {
    /// A request for `kind` with the usual values: 1920x1080 where a size is needed, 30 pictures a second, shared memory.
    pub fn new(kind: SourceKind) -> Self {
        VideoRequest {
            kind,
            size: (1920, 1080),
            pointer: true,
            max_fps: 30,
            restore_token: None,
            token_keeper: None,
            persist: true,
            parent_window: None,
            dma_buf: watch::channel(Vec::new()).1,
        }
    }
}

/// What a running source of pictures tells. [`VideoEvent::Ended`] is the last one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum VideoEvent {
    /// Pictures of this size (after crop and transform) come from now on; sent again at each change.
    Started {
        /// Width and height in pixels.
        size: (u32, u32),
    },
    /// No picture came in time after the start; the stream was renegotiated.
    Stalled {
        /// How often that happened, from 1.
        attempt: u32,
    },
    /// It is over; no more frames.
    Ended(CaptureEnd),
}

/// Events that wait for the consumer: when 16 are waiting, the oldest is dropped, so the last one always arrives.
pub type VideoEvents = async_channel::Receiver<VideoEvent>;

/// Depth of the queues of events.
pub(super) const EVENTS: usize = 16;

/// Blocks of sound that wait for a slow consumer (about 320 ms of PipeWire's usual 1024 frames).
const AUDIO_BLOCKS: usize = 15;

/// What keeps a source running; dropping it stops and joins.
pub(super) trait Running: Send + Sync {
    /// Wants the last picture once more.
    fn draw_again(&self) {}

    /// Wants up to so many pictures a second. Synthetic sources keep to the rate that they were started with.
    fn set_max_fps(&self, _rate: u32) {}
}

/// A running source of pictures.
pub struct VideoSource {
    pub(super) hub: SlotHub<RawFrame>,
    pub(super) events: VideoEvents,
    pub(super) restore_token: Option<String>,
    pub(super) running: Box<dyn Running>,
}

impl VideoSource {
    /// Starts it; for a portal source that includes the dialog, for as long as the person takes. To cancel, drop the
    /// future.
    pub async fn start(request: VideoRequest) -> Result<Self, CaptureError> {
        match request.kind {
            SourceKind::TestCard => card::start(&request),
            SourceKind::Screen | SourceKind::Window | SourceKind::Virtual => {
                portal::start(request).await
            }
        }
    }

    /// The kinds of source that this desktop offers, without a dialog.
    ///
    /// # Errors
    /// [`CaptureError::NoPortal`] and what else keeps the desktop from telling.
    pub async fn offered() -> Result<Vec<SourceKind>, CaptureError> {
        portal::offered().await
    }

    /// Pictures of a PipeWire node without the portal: of a program's own producer, or of a test's. `dma_buf` is what
    /// [`VideoRequest::dma_buf`] is.
    pub async fn of_node(
        target: Target,
        mut request: StreamRequest,
        mut dma_buf: watch::Receiver<Vec<DmaBufFormat>>,
    ) -> Result<Self, CaptureError> {
        let (writer, hub) = SlotWriter::with_replay(cheap_to_keep);
        let (sender, events) = async_channel::bounded(EVENTS);
        request.dma_buf.clone_from(&dma_buf.borrow_and_update());
        let stream = VideoStream::start(target, request, writer, sender).await?;
        stream.follow(dma_buf);
        Ok(VideoSource {
            hub,
            events,
            restore_token: None,
            running: Box::new(stream),
        })
    }

    /// Asks for the newest picture once more, from a source that draws only when something changes. It comes as any
    /// other; nothing comes from a source that has ended.
    pub fn draw_again(&self) {
        self.running.draw_again();
    }

    /// Asks for up to so many pictures a second from now on, in place of [`VideoRequest::max_fps`]. Of no meaning for
    /// synthetic sources.
    pub fn set_max_fps(&self, rate: u32) {
        self.running.set_max_fps(rate);
    }

    /// A reader of the newest picture, beginning with the last one that there was, unless that was in a DMA-BUF and has
    /// been read: those go back to the compositor, which has few. Several readers share one capture.
    pub fn frames(&self) -> SlotReader<RawFrame> {
        self.hub.subscribe(1)
    }

    /// What happens to the source. One queue for all callers: each event goes to one of them.
    pub fn events(&self) -> VideoEvents {
        self.events.clone()
    }

    /// The token for the next start of the same source, where the portal gave one.
    pub fn restore_token(&self) -> Option<&str> {
        self.restore_token.as_deref()
    }
}

/// Whether a picture may be kept for readers to come.
pub(super) fn cheap_to_keep(frame: &RawFrame) -> bool {
    matches!(frame.memory, Memory::Bytes(_))
}

impl std::fmt::Debug for VideoSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VideoSource").finish_non_exhaustive()
    }
}

/// Which sound goes to the TV.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AudioMode {
    /// Only the TV plays: a virtual output becomes the default for the time of the cast.
    Tv {
        /// The device's name, as the sound settings will show it.
        device: String,
    },
    /// Both play: the monitor of the default output, whichever that is at the time.
    Both,
    /// The sound of one application.
    App {
        /// Its name as the sound settings show it (`application.name`), or its binary's.
        name: String,
    },
    /// No sound at all.
    None,
    /// A synthetic tone with a beep each second that lines up with the test card's flash.
    Tone,
}

/// What a running source of sound tells. [`AudioEvent::Ended`] is the last one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AudioEvent {
    /// Sound flows (silence counts).
    Started,
    /// Sound was lost for about this long; the next block says how many frames.
    Gap(Duration),
    /// The virtual output exists but may not become the default: the person has to choose it.
    ChooseOutput {
        /// The output's name in the sound settings.
        name: String,
    },
    /// It is over; no more blocks.
    Ended(CaptureEnd),
}

/// Events that wait for the consumer: when 16 are waiting, the oldest is dropped, so the last one always arrives.
pub type AudioEvents = async_channel::Receiver<AudioEvent>;

/// A running source of sound.
pub struct AudioSource {
    pub(super) hub: SlotHub<AudioBlock>,
    pub(super) events: AudioEvents,
    /// Held for its drop.
    #[expect(dead_code, reason = "held for its drop")]
    pub(super) running: Box<dyn Running>,
}

impl AudioSource {
    /// Starts it; `None` for [`AudioMode::None`].
    pub async fn start(mode: AudioMode) -> Result<Option<Self>, CaptureError> {
        let sound = match mode {
            AudioMode::None => return Ok(None),
            AudioMode::Tone => return tone::start().map(Some),
            AudioMode::Both => Sound::DefaultOutput,
            AudioMode::Tv { device } => Sound::VirtualOutput { device },
            AudioMode::App { name } => Sound::Application { name },
        };
        let (writer, hub) = SlotWriter::new();
        let (sender, events) = async_channel::bounded(EVENTS);
        let request = AudioRequest {
            remote: Remote::Default,
            sound,
            records: None,
        };
        let stream = AudioStream::start(request, writer, sender).await?;
        Ok(Some(AudioSource {
            hub,
            events,
            running: Box::new(stream),
        }))
    }

    /// Undoes what a crashed cast has left: the default output that it had changed. Call it once when the program
    /// starts, away from the main loop: it waits for PipeWire, at most for some seconds.
    pub fn repair() -> Result<(), CaptureError> {
        repair_default_output(Remote::Default, None)
    }

    /// A reader of the sound from now on; one that is behind loses the oldest blocks.
    pub fn blocks(&self) -> SlotReader<AudioBlock> {
        self.hub.subscribe(AUDIO_BLOCKS)
    }

    /// What happens to the source. One queue for all callers: each event goes to one of them.
    pub fn events(&self) -> AudioEvents {
        self.events.clone()
    }
}

impl std::fmt::Debug for AudioSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AudioSource").finish_non_exhaustive()
    }
}
