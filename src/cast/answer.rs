// SPDX-License-Identifier: GPL-3.0-or-later
//! The ANSWER: which streams a receiver takes, where to send them, and what it can show. Its body as JSON in, typed out,
//! and back; matched with the OFFER it answers.
//!
//! An [`Answer`] that exists names at least one stream, with the receiver's SSRC of each. The rules are those of Open
//! Screen's `answer_messages.cc`, except where those are defects (`tests/data/deviations.toml`).

mod parse;
mod recommend;
mod write;

use std::collections::BTreeSet;
use std::num::NonZeroU16;
use std::time::Duration;

pub use self::recommend::{AudioLimits, CaptureLimits, VideoLimits};
use super::codec::{AudioCodec, VideoCodec};
use super::frame::Ssrc;
use super::offer::{AudioStream, Offer, OfferedAudio, OfferedVideo, Selection, VideoStream};
use super::picture::{AspectRatio, Dimensions, Resolution};

/// What a receiver takes of an OFFER.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The UDP port for RTP and RTCP; the host is the one of the control connection.
    pub udp_port: NonZeroU16,
    /// The streams it takes; at least one.
    pub streams: Vec<AcceptedStream>,
    /// What it can receive, if it says so.
    pub constraints: Option<Constraints>,
    /// The screen, if it says so.
    pub display: Option<Display>,
    /// The streams for which it sends its event log.
    pub event_log: Vec<u32>,
    /// The streams whose RTCP it marks with the DSCP of the OFFER.
    pub dscp: Vec<u32>,
    /// The RTP extensions it understands, parallel to `streams`; may be empty as a whole.
    pub rtp_extensions: Vec<Vec<String>>,
    /// Where WebTransport would be reached; nobody here uses it.
    pub data_transport: Option<DataTransport>,
}

/// One accepted stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AcceptedStream {
    /// Its index in the OFFER.
    pub index: u32,
    /// The SSRC of the receiver's RTCP for it.
    pub ssrc: Ssrc,
}

/// What a receiver can receive.
#[derive(Debug, Clone, PartialEq)]
pub struct Constraints {
    /// Of sound.
    pub audio: AudioConstraints,
    /// Of the picture.
    pub video: VideoConstraints,
}

/// Limits of the sound; rates are above 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudioConstraints {
    /// Samples per second.
    pub max_sample_rate: u32,
    /// Channels.
    pub max_channels: u32,
    /// bit/s; not above the maximum.
    pub min_bit_rate: u32,
    /// bit/s.
    pub max_bit_rate: u32,
    /// From capture to playout.
    pub max_delay: Option<Duration>,
}

/// Limits of the picture; rates are above 0.
#[derive(Debug, Clone, PartialEq)]
pub struct VideoConstraints {
    /// Pixels per second, if it says so.
    pub max_pixels_per_second: Option<f64>,
    /// The smallest picture.
    pub min_resolution: Option<Resolution>,
    /// The largest picture and the most of them.
    pub max_dimensions: Dimensions,
    /// bit/s; below the maximum.
    pub min_bit_rate: u32,
    /// bit/s.
    pub max_bit_rate: u32,
    /// From capture to playout.
    pub max_delay: Option<Duration>,
}

/// The screen of a receiver. At least one part says something useful.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Display {
    /// Its size and rate.
    pub dimensions: Option<Dimensions>,
    /// Its shape.
    pub aspect_ratio: Option<AspectRatio>,
    /// Who fits the picture to it.
    pub scaling: Option<Scaling>,
}

/// Who fits pictures of another shape to the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scaling {
    /// The sender must scale and add borders.
    Sender,
    /// The receiver does.
    Receiver,
}

/// An offer of WebTransport.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataTransport {
    /// The UDP port.
    pub port: NonZeroU16,
    /// The hash of its certificate.
    pub certificate_fingerprint: String,
}

/// Why an ANSWER cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// The body is no object.
    #[error("the ANSWER is no object")]
    NotAnObject,
    /// A field is missing or out of its range.
    #[error("the field {0} is missing or not acceptable")]
    Field(&'static str),
    /// There are not as many SSRCs as streams.
    #[error("the ANSWER names {indexes} streams and {ssrcs} SSRCs")]
    UnequalLengths {
        /// Entries of `sendIndexes`.
        indexes: usize,
        /// Entries of `ssrcs`.
        ssrcs: usize,
    },
    /// None of the streams was offered.
    #[error("the ANSWER names no stream of the OFFER")]
    NothingOffered,
    /// Both streams have the same SSRC, so nobody could tell what their feedback is about.
    #[error("the ANSWER gives two streams one SSRC")]
    OneSsrc,
}

/// The streams that both sides agreed on: at least one, each with the receiver's SSRC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// The audio stream.
    pub audio: Option<Agreed<AudioCodec, AudioStream>>,
    /// The video stream.
    pub video: Option<Agreed<VideoCodec, VideoStream>>,
}

/// One agreed stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreed<C, S> {
    /// The codec.
    pub codec: C,
    /// As it was offered.
    pub stream: S,
    /// The SSRC of the receiver's RTCP.
    pub receiver_ssrc: Ssrc,
}

impl Answer {
    /// What a receiver that took `selection` answers: audio first, each with the SSRC after the sender's, and the event
    /// log of each stream for which the sender wants it.
    pub fn to(selection: &Selection, udp_port: NonZeroU16) -> Answer {
        let audio = selection.audio.iter().map(|(_, audio)| &audio.stream);
        let streams = || {
            audio
                .clone()
                .chain(selection.video.iter().map(|(_, video)| &video.stream))
        };
        Answer {
            udp_port,
            streams: streams()
                .map(|stream| AcceptedStream {
                    index: stream.index,
                    ssrc: Ssrc(stream.ssrc.0.wrapping_add(1)),
                })
                .collect(),
            constraints: None,
            display: None,
            event_log: streams()
                .filter(|stream| stream.event_log)
                .map(|stream| stream.index)
                .collect(),
            dscp: streams()
                .filter(|stream| stream.dscp.is_some())
                .map(|stream| stream.index)
                .collect(),
            rtp_extensions: Vec::new(),
            data_transport: None,
        }
    }

    /// The streams of `offer` that it takes: the first audio and the first video stream it names. Indexes that were not
    /// offered are skipped.
    pub fn agree(&self, offer: &Offer) -> Result<Agreement, AnswerError> {
        let mut agreement = Agreement {
            audio: None,
            video: None,
        };
        for accepted in &self.streams {
            let audio = offer
                .audio
                .iter()
                .find(|audio| audio.stream.index == accepted.index);
            let video = offer
                .video
                .iter()
                .find(|video| video.stream.index == accepted.index);
            if let (
                None,
                Some(AudioStream {
                    codec: OfferedAudio::Codec(codec),
                    ..
                }),
            ) = (&agreement.audio, audio)
            {
                agreement.audio = audio.map(|audio| agreed(*codec, audio, accepted.ssrc));
            }
            if let (
                None,
                Some(VideoStream {
                    codec: OfferedVideo::Codec(codec),
                    ..
                }),
            ) = (&agreement.video, video)
            {
                agreement.video = video.map(|video| agreed(*codec, video, accepted.ssrc));
            }
        }
        match agreement {
            Agreement {
                audio: None,
                video: None,
            } => Err(AnswerError::NothingOffered),
            Agreement {
                audio: Some(audio),
                video: Some(video),
            } if audio.receiver_ssrc == video.receiver_ssrc => Err(AnswerError::OneSsrc),
            agreement => Ok(agreement),
        }
    }

    /// Whether the receiver marks the RTCP of all accepted streams: only then the sender marks its own packets.
    pub fn marks_all_streams(&self) -> bool {
        let accepted: BTreeSet<u32> = self.streams.iter().map(|stream| stream.index).collect();
        self.dscp.iter().copied().collect::<BTreeSet<u32>>() == accepted
    }
}

fn agreed<C, S: Clone>(codec: C, stream: &S, receiver_ssrc: Ssrc) -> Agreed<C, S> {
    Agreed {
        codec,
        stream: stream.clone(),
        receiver_ssrc,
    }
}
