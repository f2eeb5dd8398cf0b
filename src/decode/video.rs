// SPDX-License-Identifier: GPL-3.0-or-later
//! `VideoDecoder`: complete frames in decoding order in, [`DecoderEvent`]s out, on a thread of its own.
//!
//! ```no_run
//! use telecast::cast::codec::VideoCodec;
//! use telecast::decode::video::{Coded, DecoderEvent, VideoDecoder};
//! # fn frame() -> Coded { std::process::exit(0) }
//!
//! let (events, news) = async_channel::bounded(4);
//! let decoder = VideoDecoder::start(VideoCodec::Vp8, events)?;
//! if decoder.push(frame()).is_err() {
//!     // The decoder is too slow: this frame is lost, so ask for a key frame.
//! }
//! match news.recv_blocking() {
//!     Ok(DecoderEvent::Picture(picture)) => println!("{:?}", picture.size()),
//!     Ok(DecoderEvent::NeedKeyFrame(error)) => println!("asking for a key frame: {error}"),
//!     Err(_) => {}
//! }
//! # Ok::<(), telecast::decode::error::DecodeError>(())
//! ```

mod backend;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use async_channel::Sender;
use bytes::Bytes;

use self::backend::Backend;
use super::error::DecodeError;
use super::picture::{Label, Picture};
use crate::cast::bitstream::{colour, is_key_frame};
use crate::cast::codec::VideoCodec;
use crate::chain;

/// Frames that may wait for the decoder: the protocol's limit of unacknowledged frames, so a burst after a loss fits.
pub const QUEUE: usize = 120;

/// How long dropping the handle waits for the thread.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a full event channel is waited for between two looks at whether to stop.
const FULL_PAUSE: Duration = Duration::from_millis(2);

/// A frame to be decoded.
#[derive(Debug, Clone)]
pub struct Coded {
    /// What it is called.
    pub label: Label,
    /// Its bytes.
    pub data: Bytes,
}

/// What comes out. The channel is bounded; while it is full the decoder waits.
#[derive(Debug, Clone)]
pub enum DecoderEvent {
    /// A picture.
    Picture(Picture),
    /// A frame could not be decoded. Nothing comes out until a key frame comes in.
    NeedKeyFrame(DecodeError),
}

/// The queue is full or the decoder has ended: the frame was not taken, and the frames after it need a key frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the decoder is behind")]
pub struct Behind;

/// A running decoder. Dropping it ends its thread.
pub struct VideoDecoder {
    frames: Option<SyncSender<Coded>>,
    stopped: Arc<AtomicBool>,
    ended: Receiver<()>,
}

/// Whether pictures of this codec can be decoded on this machine.
pub fn can_decode(codec: VideoCodec) -> bool {
    chain::init().is_ok() && Backend::is_installed(codec)
}

impl VideoDecoder {
    /// Starts a decoder.
    pub fn start(
        codec: VideoCodec,
        events: Sender<DecoderEvent>,
    ) -> Result<VideoDecoder, DecodeError> {
        chain::init()?;
        if !Backend::is_installed(codec) {
            return Err(DecodeError::NoVideoDecoder(codec));
        }
        let (frames, inbox) = sync_channel(QUEUE);
        let (alive, ended) = sync_channel(0);
        let stopped = Arc::new(AtomicBool::new(false));
        let worker = Worker {
            codec,
            events,
            stopped: Arc::clone(&stopped),
            backend: None,
            matrix: None,
            starving: false,
        };
        thread::Builder::new()
            .name("decoder".into())
            .spawn(move || {
                worker.run(&inbox);
                drop(alive);
            })
            .map_err(|_| DecodeError::NoThread)?;
        Ok(VideoDecoder {
            frames: Some(frames),
            stopped,
            ended,
        })
    }

    /// Hands over the next frame. Never blocks.
    pub fn push(&self, frame: Coded) -> Result<(), Behind> {
        match &self.frames {
            Some(frames) => frames.try_send(frame).map_err(|error| match error {
                TrySendError::Full(_) | TrySendError::Disconnected(_) => Behind,
            }),
            None => Err(Behind),
        }
    }
}

impl Drop for VideoDecoder {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        self.frames = None;
        if self.ended.recv_timeout(STOP_TIMEOUT) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!("the decoder's thread does not end; left behind");
        }
    }
}

struct Worker {
    codec: VideoCodec,
    events: Sender<DecoderEvent>,
    stopped: Arc<AtomicBool>,
    backend: Option<Backend>,
    /// The matrix that the last key frame named, where GStreamer's decoders do not read it.
    matrix: Option<u8>,
    /// A key frame was asked for and has not come.
    starving: bool,
}

/// The end of the thread.
struct Ended;

impl Worker {
    fn run(mut self, inbox: &Receiver<Coded>) {
        while let Ok(frame) = inbox.recv() {
            if self.frame(&frame).is_err() {
                return;
            }
        }
    }

    fn frame(&mut self, frame: &Coded) -> Result<(), Ended> {
        let key = is_key_frame(self.codec, &frame.data);
        if !key && (self.starving || self.backend.is_none()) {
            return self.starve(DecodeError::NoKeyFrame);
        }
        if key {
            self.matrix = colour::matrix(self.codec, &frame.data);
        }
        match self.decode(frame) {
            Ok(picture) => {
                self.starving = false;
                self.emit(DecoderEvent::Picture(picture))
            }
            Err(error) => {
                // A fresh decoder remembers nothing of what went wrong.
                self.backend = None;
                self.starve(error)
            }
        }
    }

    fn decode(&mut self, frame: &Coded) -> Result<Picture, DecodeError> {
        let backend = match &mut self.backend {
            Some(backend) => backend,
            None => self.backend.insert(Backend::start(self.codec)?),
        };
        let (buffer, caps) = backend.decode(&frame.data)?;
        Picture::new(buffer, &caps, self.matrix, frame.label, Instant::now())
            .ok_or(DecodeError::BadPicture)
    }

    /// Asks for a key frame, once for each gap.
    fn starve(&mut self, error: DecodeError) -> Result<(), Ended> {
        if std::mem::replace(&mut self.starving, true) {
            return Ok(());
        }
        self.emit(DecoderEvent::NeedKeyFrame(error))
    }

    fn emit(&self, mut event: DecoderEvent) -> Result<(), Ended> {
        loop {
            match self.events.try_send(event) {
                Ok(()) => return Ok(()),
                Err(async_channel::TrySendError::Full(back))
                    if !self.stopped.load(Ordering::Relaxed) =>
                {
                    event = back;
                    thread::sleep(FULL_PAUSE);
                }
                Err(_) => return Err(Ended),
            }
        }
    }
}
