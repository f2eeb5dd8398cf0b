// SPDX-License-Identifier: GPL-3.0-or-later
//! `DecodeError`: why a frame did not become a picture or a sound.

use crate::cast::codec::{AudioCodec, VideoCodec};
use crate::chain::ChainError;

/// Why a frame was not decoded. For video, each of these calls for a key frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// A GStreamer element could not be used, or reported an error.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// No decoder is installed that works.
    #[error("no decoder for {0}")]
    NoVideoDecoder(VideoCodec),
    /// No decoder is installed that works.
    #[error("no decoder for {0}")]
    NoAudioDecoder(AudioCodec),
    /// The decoder made nothing of the frame.
    #[error("the frame cannot be decoded")]
    BadFrame,
    /// The stream begins, or goes on after a gap, with a frame that needs an earlier one.
    #[error("a key frame is missing")]
    NoKeyFrame,
    /// The decoder's output cannot be read.
    #[error("the decoded picture cannot be read")]
    BadPicture,
    /// No loudspeaker could be opened, or it stopped.
    #[error("the sound cannot be played")]
    NoSound,
    /// A thread could not be started.
    #[error("no thread could be started")]
    NoThread,
}
