// SPDX-License-Identifier: GPL-3.0-or-later
//! Which of the offered streams a receiver takes.

use super::{AudioStream, CastMode, Offer, OfferedAudio, OfferedVideo, VideoStream};
use crate::cast::codec::{AudioCodec, VideoCodec};
use crate::cast::error_code::ErrorCode;

/// What a receiver can really decode, best first. Its order decides; the order of the OFFER only breaks ties.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Abilities {
    /// Video codecs.
    pub video: Vec<VideoCodec>,
    /// Audio codecs.
    pub audio: Vec<AudioCodec>,
}

/// The streams a receiver takes: at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// The audio stream and its codec.
    pub audio: Option<(AudioCodec, AudioStream)>,
    /// The video stream and its codec.
    pub video: Option<(VideoCodec, VideoStream)>,
}

impl Offer {
    /// The streams to take, or the code of the error to answer: remoting is not supported, nothing may fit, and streams
    /// of one SSRC could not be told apart.
    pub fn select(&self, abilities: &Abilities) -> Result<Selection, ErrorCode> {
        if self.cast_mode == CastMode::Remoting {
            return Err(ErrorCode::RemotingNotSupported);
        }
        let audio = abilities.audio.iter().find_map(|codec| {
            let stream = self
                .audio
                .iter()
                .find(|stream| stream.codec == OfferedAudio::Codec(*codec))?;
            Some((*codec, stream.clone()))
        });
        let video = abilities.video.iter().find_map(|codec| {
            let stream = self
                .video
                .iter()
                .find(|stream| stream.codec == OfferedVideo::Codec(*codec))?;
            Some((*codec, stream.clone()))
        });
        if audio.is_none() && video.is_none() {
            return Err(ErrorCode::NoStreamSelected);
        }
        if let (Some((_, audio)), Some((_, video))) = (&audio, &video)
            && audio.stream.ssrc == video.stream.ssrc
        {
            return Err(ErrorCode::ParameterInvalid);
        }
        Ok(Selection { audio, video })
    }
}
