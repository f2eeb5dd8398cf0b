// SPDX-License-Identifier: GPL-3.0-or-later
//! `AudioEncoder`: blocks of sound in, Opus frames of 10 or 20 ms out, on a thread of its own.
//!
//! Each frame's time is that of its first sample, counted in samples and so exact; what Opus delays by itself (its
//! look-ahead) is subtracted, so that picture and sound meet.
//!
//! ```no_run
//! use std::time::{Duration, Instant};
//! use telecast::capture::frame::AudioBlock;
//! use telecast::encode::audio::{AudioConfig, AudioEncoder};
//! use telecast::encode::output::EncoderEvent;
//!
//! let (events, news) = async_channel::bounded(16);
//! let config = AudioConfig { bitrate: 128_000, frame: Duration::from_millis(10), epoch: Instant::now() };
//! let encoder = AudioEncoder::start(config, events)?;
//! encoder.push(AudioBlock { captured: Instant::now(), lost: 0, samples: vec![0.0; 960] });
//! if let Ok(EncoderEvent::Frame(frame)) = news.recv_blocking() {
//!     println!("{} bytes", frame.data.len());
//! }
//! # Ok::<(), telecast::encode::error::EncodeError>(())
//! ```

mod framer;
mod opus;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use async_channel::{Sender, TrySendError};

use self::framer::{Frame, Framer};
use self::opus::{ELEMENT, LOOK_AHEAD, Opus};
use super::error::EncodeError;
use super::output::EncoderEvent;
use crate::capture::frame::{AUDIO_RATE, AudioBlock};
use crate::cast::frame::{Dependency, EncodedFrame, MediaTime, StageTimes};
use crate::chain;

/// Blocks that may wait for the encoder: half a second of PipeWire's usual ones. When it is full the newest is dropped,
/// and silence takes its place.
const QUEUE: usize = 24;

/// How long dropping the handle waits for the thread.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a full event channel is waited for between two looks at whether to stop.
const FULL_PAUSE: Duration = Duration::from_millis(2);

/// How sound is to be encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AudioConfig {
    /// Bits per second, 6 000 to 510 000.
    pub bitrate: u32,
    /// Length of a frame: 10 or 20 ms; anything else becomes 20.
    pub frame: Duration,
    /// The instant of media time 0.
    pub epoch: Instant,
}

/// A running encoder. Dropping it ends its thread.
#[derive(Debug)]
pub struct AudioEncoder {
    blocks: Option<SyncSender<AudioBlock>>,
    stopped: Arc<AtomicBool>,
    ended: Receiver<()>,
}

/// Whether sound can be encoded on this machine, tried out.
pub fn works() -> bool {
    let silence = [0.0; 960 * 2];
    Opus::start(128_000, 20).is_ok_and(|mut opus| opus.encode(&silence).is_ok())
}

impl AudioEncoder {
    /// Starts encoding. News go into `events`, which should be bounded.
    pub fn start(
        config: AudioConfig,
        events: Sender<EncoderEvent>,
    ) -> Result<AudioEncoder, EncodeError> {
        chain::init()?;
        let milliseconds = if config.frame == Duration::from_millis(10) {
            10
        } else {
            20
        };
        let opus = Opus::start(config.bitrate, milliseconds)?;
        let (blocks, inbox) = sync_channel(QUEUE);
        let (alive, ended) = sync_channel(0);
        let stopped = Arc::new(AtomicBool::new(false));
        let worker = Worker {
            config,
            milliseconds,
            opus,
            framer: Framer::new(
                config.epoch,
                milliseconds as usize * AUDIO_RATE as usize / 1000,
            ),
            events,
            stopped: Arc::clone(&stopped),
            first: true,
        };
        thread::Builder::new()
            .name("encode-audio".into())
            .spawn(move || {
                worker.run(&inbox);
                drop(alive);
            })
            .map_err(|_| EncodeError::NoThread)?;
        Ok(AudioEncoder {
            blocks: Some(blocks),
            stopped,
            ended,
        })
    }

    /// Hands over the next block. Never blocks.
    pub fn push(&self, block: AudioBlock) {
        if let Some(blocks) = &self.blocks
            && blocks.try_send(block).is_err()
        {
            tracing::debug!("a block of sound is dropped: the encoder is behind");
        }
    }
}

impl Drop for AudioEncoder {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        self.blocks = None;
        if self.ended.recv_timeout(STOP_TIMEOUT) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!("the sound encoder's thread does not end; left behind");
        }
    }
}

struct Worker {
    config: AudioConfig,
    milliseconds: u32,
    opus: Opus,
    framer: Framer,
    events: Sender<EncoderEvent>,
    stopped: Arc<AtomicBool>,
    first: bool,
}

/// The end of the thread.
struct Ended;

impl Worker {
    fn run(mut self, inbox: &Receiver<AudioBlock>) {
        let using = EncoderEvent::Using {
            element: ELEMENT.to_owned(),
            hardware: false,
            dma_buf: false,
        };
        if self.emit(using).is_err() {
            return;
        }
        while let Ok(block) = inbox.recv() {
            let received = Instant::now();
            self.framer.push(&block);
            while let Some(frame) = self.framer.next_frame() {
                if self.encode(&frame, received).is_err() {
                    return;
                }
            }
        }
    }

    fn encode(&mut self, frame: &Frame, received: Instant) -> Result<(), Ended> {
        let converted = Instant::now();
        let data = match self.opus.encode(&frame.samples) {
            Ok(data) => data,
            Err(error) => {
                tracing::warn!(%error, "the sound encoder is started again");
                match Opus::start(self.config.bitrate, self.milliseconds) {
                    Ok(opus) => self.opus = opus,
                    Err(error) => {
                        self.emit(EncoderEvent::Failed(error))?;
                        return Err(Ended);
                    }
                }
                return self.emit(EncoderEvent::Dropped);
            }
        };
        let delay = Duration::from_nanos(LOOK_AHEAD * 1_000_000_000 / u64::from(AUDIO_RATE));
        let captured = self.framer.instant(frame.position);
        let dependency = if std::mem::take(&mut self.first) {
            Dependency::KeyFrame
        } else {
            Dependency::Independent
        };
        self.emit(EncoderEvent::Frame(EncodedFrame {
            dependency,
            media_time: MediaTime(frame.position - LOOK_AHEAD as i64),
            duration: Duration::from_millis(u64::from(self.milliseconds)),
            data,
            size: None,
            times: StageTimes {
                captured: captured.checked_sub(delay).unwrap_or(captured),
                received,
                converted,
                encoded: Instant::now(),
            },
        }))
    }

    fn emit(&self, mut event: EncoderEvent) -> Result<(), Ended> {
        loop {
            match self.events.try_send(event) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Full(back)) if !self.stopped.load(Ordering::Relaxed) => {
                    event = back;
                    thread::sleep(FULL_PAUSE);
                }
                Err(_) => return Err(Ended),
            }
        }
    }
}
