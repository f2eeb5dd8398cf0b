// SPDX-License-Identifier: GPL-3.0-or-later
//! `EncodeError`: why encoding does not start or ends.

use std::time::Duration;

use crate::cast::codec::VideoCodec;
use crate::chain::ChainError;

/// Why encoding does not start, or ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// A GStreamer element could not be used.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// An encoder did not answer in time.
    #[error("{element} gave nothing out for {after:?}")]
    Hang {
        /// The element.
        element: String,
        /// How long was waited.
        after: Duration,
    },
    /// An encoder held pictures back, or gave out something that is not a frame of its codec.
    #[error("{element} does not give one frame for one picture")]
    NotOneForOne {
        /// The element.
        element: String,
    },
    /// Nothing is installed, or works, that encodes this.
    #[error("no working encoder for {0}")]
    NoEncoder(VideoCodec),
    /// No working encoder for sound.
    #[error("no working encoder for sound")]
    NoAudioEncoder,
    /// A raw picture whose planes do not lie inside its memory, or of a layout that cannot be read here.
    #[error("the raw picture cannot be read")]
    BadPicture,
    /// A thread could not be started.
    #[error("no thread could be started")]
    NoThread,
}
