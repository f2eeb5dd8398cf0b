// SPDX-License-Identifier: GPL-3.0-or-later
//! What an encoder hands out: frames, and news about itself.

use async_channel::{Sender, TrySendError};
use serde::Serialize;

use super::error::EncodeError;
use crate::capture::frame::PixelFormat;
use crate::cast::frame::EncodedFrame;

/// How pictures get from the source to the encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FramePath {
    /// As DMA-BUFs: the CPU never touches the pixels.
    ZeroCopy,
    /// Through memory that the CPU reads and converts.
    Copied,
}

/// News of a running encoder, in order. The channel is bounded; a full one blocks the encoder's thread, so that the raw
/// frames before it are dropped and never an encoded one.
#[derive(Debug, Clone)]
pub enum EncoderEvent {
    /// One frame.
    Frame(EncodedFrame),
    /// A raw frame was dropped before encoding: a newer one had come, or it could not be read.
    Dropped,
    /// The encoder in use, at start and whenever it is replaced (fail-over, swap of a branch).
    Using {
        /// GStreamer's name of the element.
        element: String,
        /// Whether it runs on the GPU.
        hardware: bool,
        /// Whether it takes pictures as DMA-BUF; otherwise the capture should deliver memory that the CPU can read.
        dma_buf: bool,
    },
    /// How pictures get to the encoder, and the layout of the source's pixels: with the first one and at each change.
    Path(FramePath, PixelFormat),
    /// The last picture was lost with the encoder that had it, or in memory that the encoder whose turn it is cannot
    /// read. A still screen goes on only when its source delivers the picture again.
    PictureLost,
    /// No encoder is left for this codec. Nothing follows.
    Failed(EncodeError),
}

/// What became of news that were offered.
#[derive(Debug)]
pub enum Offered {
    /// They are taken.
    Taken,
    /// There is no room at the moment: the same again, later.
    Full(EncoderEvent),
    /// Nobody wants any more.
    Closed,
}

/// Where an encoder's news go.
pub trait Outlet: Send + 'static {
    /// Takes news, on the encoder's thread. Never blocks: while it is full, the encoder waits and raw frames are dropped.
    fn offer(&self, event: EncoderEvent) -> Offered;
}

impl Outlet for Sender<EncoderEvent> {
    fn offer(&self, event: EncoderEvent) -> Offered {
        match self.try_send(event) {
            Ok(()) => Offered::Taken,
            Err(TrySendError::Full(event)) => Offered::Full(event),
            Err(TrySendError::Closed(_)) => Offered::Closed,
        }
    }
}
