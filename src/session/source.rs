// SPDX-License-Identifier: GPL-3.0-or-later
//! Where a session's frames come from: the trait `MediaSource`, asked for encoded streams once the device has answered.
//!
//! The engine builds one from the capture and encode rooms; tests build one from recorded frames.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::cast::codec::{AudioCodec, VideoCodec};
use crate::cast::control::EncoderControl;
use crate::encode::output::EncoderEvent;

use super::reason::Reason;

/// A future that can be stored.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a session streams. Dropping it ends capture and encoding and puts everything back that was changed for it.
pub trait MediaSource: Send + 'static {
    /// Whether [`MediaSource::open`] may put a dialog on the screen. Then the device is left alone until it succeeded;
    /// otherwise both happen at once.
    fn may_ask(&self) -> bool;

    /// Which codecs can be offered. Called once, and awaited while the source opens: the first time on a machine it may
    /// take seconds, because encoders are proven by encoding. May be dropped unfinished.
    fn codecs(&self) -> BoxFuture<'static, Result<Codecs, Reason>>;

    /// Gets the permission and the capture streams; what it returns becomes `Some` when the source has ended. Called
    /// once; may be dropped unfinished.
    fn open(&mut self) -> BoxFuture<'_, Result<Ended, Reason>>;

    /// Starts encoding pictures. Called again with another codec when the first brought no picture; the feed before
    /// has been dropped by then.
    fn start_video(&mut self, setup: VideoSetup) -> Result<Feed, Reason>;

    /// Starts encoding sound.
    fn start_audio(&mut self, setup: AudioSetup) -> Result<Feed, Reason>;

    /// Freezes the picture (`true`) or lets it run again. The last picture goes on being repeated.
    fn pause(&mut self, paused: bool);
}

/// Becomes `Some` when a source has ended.
pub type Ended = watch::Receiver<Option<Reason>>;

/// What a source can be encoded to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Codecs {
    /// Video codecs with an encoder that was proven to work, best first; empty without pictures.
    pub video: Vec<VideoCodec>,
    /// The same for sound.
    pub audio: Vec<AudioCodec>,
}

/// How pictures are to be encoded: what was wanted, within what the device allows.
#[derive(Debug, Clone)]
pub struct VideoSetup {
    /// The accepted codec.
    pub codec: VideoCodec,
    /// No larger than this (width, height in pixels), keeping the aspect ratio.
    pub max_size: (u32, u32),
    /// Exactly this canvas, with black borders: the device does not letterbox. Inside `max_size`.
    pub canvas: Option<(u32, u32)>,
    /// Shrink the picture by this many percent at each edge, for TVs that crop.
    pub overscan_pct: u32,
    /// At most this many pictures a second.
    pub frame_rate: u32,
    /// Bits per second to start with.
    pub bitrate: u32,
    /// Bits per second never to exceed.
    pub max_bitrate: u32,
    /// The moment of media time 0, the same for pictures and sound.
    pub epoch: Instant,
    /// Each raw frame asks here before it is encoded.
    pub valve: Arc<Valve>,
}

/// How sound is to be encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AudioSetup {
    /// The accepted codec.
    pub codec: AudioCodec,
    /// Bits per second.
    pub bitrate: u32,
    /// Length of one frame.
    pub frame: Duration,
    /// The moment of media time 0, the same for pictures and sound.
    pub epoch: Instant,
}

/// Steers a running encoder.
pub trait EncoderPort: Send {
    /// Passes a wish on; takes effect at one of the next frames. Never blocks.
    fn control(&mut self, wish: EncoderControl);

    /// Another encoder is in use: the GStreamer element, and whether it takes DMA-BUFs. The source may now deliver its
    /// pictures in other memory. Never blocks.
    fn encodes_with(&mut self, _element: &str, _dma_buf: bool) {}

    /// The encoder needs the newest picture again. Never blocks.
    fn picture_lost(&mut self) {}
}

/// A running encoder. Dropping it stops the encoder.
pub struct Feed {
    /// Its frames and news, in order. Bounded: a full channel blocks the encoder, so raw frames are dropped before it.
    pub events: async_channel::Receiver<EncoderEvent>,
    /// The way back.
    pub port: Box<dyn EncoderPort>,
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed")
            .field("queued", &self.events.len())
            .finish_non_exhaustive()
    }
}

/// The valve between capture and encoder: the protocol core closes it while too much media is in flight, and each raw
/// frame asks it before being encoded. It counts both answers.
///
/// A screen may stand still right after a frame that was refused, so the source can ask to be told when the valve opens
/// again with nothing admitted since; it then passes its newest frame on.
#[derive(Default)]
pub struct Valve {
    closed: AtomicBool,
    /// The newest raw frame was refused.
    missed: AtomicBool,
    captured: AtomicU64,
    refused: AtomicU64,
    reopened: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

impl Valve {
    /// A raw frame has come: whether it may be encoded. A refused one is not to be queued.
    pub fn admit(&self) -> bool {
        self.captured.fetch_add(1, Ordering::Relaxed);
        if !self.closed.load(Ordering::SeqCst) {
            self.missed.store(false, Ordering::SeqCst);
            return true;
        }
        self.missed.store(true, Ordering::SeqCst);
        // Opened in this very moment: whoever takes the mark back lets the frame pass.
        if !self.closed.load(Ordering::SeqCst) && self.missed.swap(false, Ordering::SeqCst) {
            return true;
        }
        self.refused.fetch_add(1, Ordering::Relaxed);
        false
    }

    /// A raw frame has come and is encoded whatever the valve says, because another session wants it: whether the valve
    /// was open.
    pub fn pass(&self) -> bool {
        self.captured.fetch_add(1, Ordering::Relaxed);
        self.missed.store(false, Ordering::SeqCst);
        self.is_open()
    }

    /// Whether a raw frame would be admitted now.
    pub fn is_open(&self) -> bool {
        !self.closed.load(Ordering::SeqCst)
    }

    /// Asks for `pass_on_newest` to be called, from the media thread and without being allowed to block, when the valve
    /// opens after the newest frame was refused. Only the first call has an effect.
    pub fn when_reopened(&self, pass_on_newest: impl Fn() + Send + Sync + 'static) {
        if self.reopened.set(Box::new(pass_on_newest)).is_err() {
            tracing::debug!("somebody waits for the valve already");
        }
    }

    /// Opens or closes it.
    pub fn set_open(&self, open: bool) {
        let was_closed = self.closed.swap(!open, Ordering::SeqCst);
        if open
            && was_closed
            && self.missed.swap(false, Ordering::SeqCst)
            && let Some(pass_on_newest) = self.reopened.get()
        {
            pass_on_newest();
        }
    }

    /// Raw frames that came, and how many of them were refused, since the start.
    pub fn counts(&self) -> (u64, u64) {
        (
            self.captured.load(Ordering::Relaxed),
            self.refused.load(Ordering::Relaxed),
        )
    }
}

impl fmt::Debug for Valve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Valve")
            .field("closed", &self.closed)
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_valve_refuses_and_counts() {
        let valve = Valve::default();
        assert!(valve.admit());
        valve.set_open(false);
        assert!(!valve.admit());
        valve.set_open(true);
        assert!(valve.admit());
        assert_eq!(valve.counts(), (3, 1));
    }

    #[test]
    fn a_frame_that_others_want_passes_a_closed_valve_and_is_not_missed() {
        let valve = Valve::default();
        let told = Arc::new(AtomicU64::new(0));
        let count = told.clone();
        valve.when_reopened(move || {
            count.fetch_add(1, Ordering::Relaxed);
        });
        assert!(valve.pass());
        valve.set_open(false);
        assert!(!valve.admit());
        assert!(!valve.pass());
        valve.set_open(true);
        assert_eq!(told.load(Ordering::Relaxed), 0);
        assert_eq!(valve.counts(), (3, 1));
    }

    #[test]
    fn the_source_is_told_when_the_newest_frame_was_refused_and_may_pass_now() {
        let valve = Valve::default();
        let told = Arc::new(AtomicU64::new(0));
        let count = told.clone();
        valve.when_reopened(move || {
            count.fetch_add(1, Ordering::Relaxed);
        });
        let told = move || told.load(Ordering::Relaxed);
        valve.set_open(true);
        valve.set_open(false);
        valve.set_open(true);
        assert_eq!(told(), 0, "nothing was refused");
        valve.set_open(false);
        assert!(!valve.admit() && !valve.admit());
        valve.set_open(true);
        valve.set_open(true);
        assert_eq!(told(), 1, "once for all that were refused");
        assert!(valve.admit());
        valve.set_open(false);
        valve.set_open(true);
        assert_eq!(told(), 1);
    }
}
