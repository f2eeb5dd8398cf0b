// SPDX-License-Identifier: GPL-3.0-or-later
//! `VideoEncoder`: raw frames and wishes in, [`EncoderEvent`]s out, on a thread of its own.
//!
//! ```no_run
//! use telecast::cast::codec::VideoCodec;
//! use telecast::cast::control::EncoderControl;
//! use telecast::encode::config::{Encoders, VideoConfig};
//! use telecast::encode::output::EncoderEvent;
//! use telecast::encode::profile::Profile;
//! use telecast::encode::video::VideoEncoder;
//! # fn frame() -> telecast::capture::frame::RawFrame { std::process::exit(0) }
//!
//! let (events, news) = async_channel::bounded(8);
//! let candidates = Encoders::Candidates(Profile::candidates(VideoCodec::Vp8));
//! let encoder = VideoEncoder::start(VideoConfig::new(VideoCodec::Vp8, candidates), events)?;
//! encoder.control(EncoderControl::Bitrate(2_000_000));
//! encoder.push(frame());
//! while let Ok(event) = news.recv_blocking() {
//!     if let EncoderEvent::Frame(frame) = event {
//!         println!("{} bytes", frame.data.len());
//!     }
//! }
//! # Ok::<(), telecast::encode::error::EncodeError>(())
//! ```

mod coder;
mod pace;
mod timeline;
mod worker;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::Duration;

use super::config::VideoConfig;
use super::error::EncodeError;
use super::output::Outlet;
use super::slot::Slot;
use crate::capture::frame::RawFrame;
use crate::cast::control::EncoderControl;
use crate::chain;

/// How long dropping the handle waits for the encoder's thread. An element that hangs keeps its thread.
const STOP_TIMEOUT: Duration = Duration::from_secs(3);

/// A running encoder. Dropping it ends its threads.
pub struct VideoEncoder {
    slot: Arc<Slot>,
    ended: Receiver<()>,
}

impl VideoEncoder {
    /// Starts encoding. News go into `events`; a channel should be bounded: while it is full, raw frames are dropped.
    ///
    /// Nothing is encoded, and no encoder is started, before the first raw frame.
    pub fn start(config: VideoConfig, events: impl Outlet) -> Result<VideoEncoder, EncodeError> {
        chain::init()?;
        let slot = Arc::new(Slot::default());
        let (alive, ended) = sync_channel(0);
        let of_worker = Arc::clone(&slot);
        thread::Builder::new()
            .name("encoder".into())
            .spawn(move || {
                worker::run(config, &of_worker, &events);
                drop(events);
                // The other end learns of the end by this being gone.
                drop(alive);
            })
            .map_err(|_| EncodeError::NoThread)?;
        Ok(VideoEncoder { slot, ended })
    }

    /// Offers a raw frame. Never blocks; a frame that still waits is given up for the newer one.
    pub fn push(&self, frame: RawFrame) {
        self.slot.put(frame);
    }

    /// Notes a wish for the next frames.
    pub fn control(&self, control: EncoderControl) {
        self.slot.wish(control);
    }
}

impl Drop for VideoEncoder {
    fn drop(&mut self) {
        self.slot.stop();
        if self.ended.recv_timeout(STOP_TIMEOUT) == Err(std::sync::mpsc::RecvTimeoutError::Timeout)
        {
            tracing::warn!("the encoder's thread does not end; left behind");
        }
    }
}
