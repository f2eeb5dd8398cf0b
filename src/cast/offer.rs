// SPDX-License-Identifier: GPL-3.0-or-later
//! The OFFER: what a sender can send, stream by stream, with the key of each. Its body as JSON in, typed streams out, and
//! back; also how a sender fills one and which streams a receiver takes.
//!
//! An [`Offer`] that exists is usable: every stream has its keys, its timebase and a codec whose parameter fits. The
//! rules are those of Open Screen's `offer_messages.cc`.

mod build;
mod parse;
mod select;
mod write;

use std::time::Duration;

pub use self::build::{AudioPlan, OfferPlan, VideoPlan};
pub use self::select::{Abilities, Selection};
use super::codec::{AudioCodec, VideoCodec};
use super::error_code::ErrorCode;
use super::frame::Ssrc;
use super::keys::StreamKeys;
use super::picture::{FrameRate, Resolution};

/// The delay from capture to playout where an OFFER names none, or one out of range (Open Screen `constants.h`).
pub const DEFAULT_TARGET_DELAY: Duration = Duration::from_millis(400);

/// The longest delay that an OFFER can name.
pub const MAX_TARGET_DELAY: Duration = Duration::from_secs(5);

/// The greatest bit rate of a video stream that names none, in bit/s.
pub const DEFAULT_MAX_VIDEO_BIT_RATE: u32 = 4 << 20;

/// What a sender can send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Mirroring or remoting.
    pub cast_mode: CastMode,
    /// The audio streams, in the sender's order of preference.
    pub audio: Vec<AudioStream>,
    /// The video streams, in the sender's order of preference.
    pub video: Vec<VideoStream>,
    /// Whether the sender proposes WebTransport instead of UDP; nobody here does.
    pub web_transport: bool,
}

/// What the streams carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CastMode {
    /// A picture of the sender's screen.
    #[default]
    Mirroring,
    /// The compressed media themselves.
    Remoting,
}

/// What audio and video streams have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// Its number in the OFFER, by which the ANSWER names it.
    pub index: u32,
    /// The RTP payload type: 96..=104 or 127. Not compared with what arrives: Android senders always say 127 and 96.
    pub payload_type: u8,
    /// The sender's SSRC; the receiver uses the next number.
    pub ssrc: Ssrc,
    /// Ticks of the RTP clock per second, 16 000..=90 000; for audio also the sample rate.
    pub timebase: u32,
    /// From capture to playout, 1..=5000 ms.
    pub target_delay: Duration,
    /// Key and IV mask.
    pub keys: StreamKeys,
    /// The codec's RFC 6381 string; may be empty.
    pub codec_parameter: String,
    /// Whether the receiver is to send its event log.
    pub event_log: bool,
    /// The DSCP with which the receiver is to mark its RTCP, 0..=63.
    pub dscp: Option<u8>,
    /// RTP extensions that the sender would use.
    pub rtp_extensions: Vec<String>,
}

/// One offered audio stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudioStream {
    /// What all streams have.
    pub stream: Stream,
    /// How the sound is coded.
    pub codec: OfferedAudio,
    /// Channels, at least 1.
    pub channels: u32,
    /// bit/s; 0 means automatic.
    pub bit_rate: u32,
}

/// One offered video stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VideoStream {
    /// What all streams have.
    pub stream: Stream,
    /// How the picture is coded.
    pub codec: OfferedVideo,
    /// The most pictures per second.
    pub max_frame_rate: FrameRate,
    /// The most bit/s, above 0.
    pub max_bit_rate: u32,
    /// The sizes that may come; may be empty.
    pub resolutions: Vec<Resolution>,
}

/// The coding of an offered audio stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfferedAudio {
    /// A codec that is known here.
    Codec(AudioCodec),
    /// `REMOTE_AUDIO`: remoting only.
    Remote,
}

/// The coding of an offered video stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfferedVideo {
    /// A codec that is known here.
    Codec(VideoCodec),
    /// H.265: valid in an OFFER, never mirrored here.
    Hevc,
    /// `REMOTE_VIDEO`: remoting only.
    Remote,
}

/// Why an OFFER cannot be used. One such stream spoils the whole OFFER, as every peer has it; only a stream of an unknown
/// type or codec is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OfferError {
    /// The body is no object.
    #[error("the OFFER is no object")]
    NotAnObject,
    /// A field without which the OFFER means nothing is missing or out of its range.
    #[error("the field {0} is missing or not acceptable")]
    Field(&'static str),
    /// A codec parameter does not fit its codec.
    #[error("a codec parameter does not fit its codec")]
    CodecParameter,
    /// A stream has no key or IV mask of 32 hex digits.
    #[error("a stream is not encrypted")]
    Unencrypted,
    /// Two streams have the same index.
    #[error("two streams have the index {0}")]
    RepeatedIndex(u32),
    /// The streams ask for different DSCPs.
    #[error("the streams ask for different DSCPs")]
    UnequalDscp,
}

impl OfferError {
    /// Open Screen's name for it.
    pub fn code(self) -> ErrorCode {
        match self {
            OfferError::CodecParameter => ErrorCode::InvalidCodecParameter,
            OfferError::Unencrypted => ErrorCode::UnencryptedOffer,
            _ => ErrorCode::ParameterInvalid,
        }
    }
}

impl Offer {
    /// The stream of an index, whichever kind.
    pub fn stream(&self, index: u32) -> Option<&Stream> {
        let audio = self.audio.iter().map(|audio| &audio.stream);
        let video = self.video.iter().map(|video| &video.stream);
        audio.chain(video).find(|stream| stream.index == index)
    }
}
