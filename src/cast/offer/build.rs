// SPDX-License-Identifier: GPL-3.0-or-later
//! How a sender fills its OFFER: numbers, keys and payload types for what it can encode.

use std::time::Duration;

use super::{AudioStream, CastMode, Offer, OfferedAudio, OfferedVideo, Stream, VideoStream};
use crate::cast::codec::{AudioCodec, VideoCodec};
use crate::cast::frame::Ssrc;
use crate::cast::keys::StreamKeys;
use crate::cast::picture::{FrameRate, Resolution};

/// Android TV receivers expect these two, whatever the codec; others do not look.
const AUDIO_PAYLOAD_TYPE: u8 = 127;
const VIDEO_PAYLOAD_TYPE: u8 = 96;
/// The least bit rates that are offered (Open Screen `constants.h`).
const MIN_AUDIO_BIT_RATE: u32 = 32_000;
const MIN_VIDEO_BIT_RATE: u32 = 300_000;
/// SSRCs of audio are 1..=50000, of video 50001..=100000: the lower, the more urgent (Open Screen `ssrc.cc`).
const SSRC_RANGE: u32 = 50_000;
const VIDEO_TIMEBASE: u32 = 90_000;
/// The greatest picture that levels 4.0 and the like cover.
const FULL_HD_AT_30: f64 = 1920.0 * 1080.0 * 30.0;

/// What a sender would like to send.
#[derive(Debug, Clone, PartialEq)]
pub struct OfferPlan {
    /// The audio streams, best first.
    pub audio: Vec<AudioPlan>,
    /// The video streams, best first; VP8 last, because every receiver decodes it.
    pub video: Vec<VideoPlan>,
    /// From capture to playout; 1..=5000 ms.
    pub target_delay: Duration,
    /// The DSCP for the receiver's RTCP: 34 with video, 46 for audio alone, or `None`.
    pub dscp: Option<u8>,
}

/// An audio stream to offer.
#[derive(Debug, Clone, PartialEq)]
pub struct AudioPlan {
    /// The codec.
    pub codec: AudioCodec,
    /// Samples per second.
    pub sample_rate: u32,
    /// Channels.
    pub channels: u32,
    /// bit/s.
    pub bit_rate: u32,
}

/// A video stream to offer.
#[derive(Debug, Clone, PartialEq)]
pub struct VideoPlan {
    /// The codec.
    pub codec: VideoCodec,
    /// The largest picture.
    pub resolution: Resolution,
    /// The most pictures per second.
    pub max_frame_rate: FrameRate,
    /// The most bit/s.
    pub max_bit_rate: u32,
}

impl OfferPlan {
    /// The OFFER: audio streams first, then video, indexes from 0. `random` fills a buffer with cryptographically random
    /// bytes; it makes the SSRCs and the keys, new ones for each OFFER.
    pub fn offer(&self, mut random: impl FnMut(&mut [u8])) -> Offer {
        let mut number = [0; 4];
        random(&mut number);
        let base = u32::from_be_bytes(number) % SSRC_RANGE;
        let mut stream =
            |index: usize, first_ssrc: u32, payload_type, timebase, codec_parameter| {
                let mut keys = StreamKeys {
                    aes_key: [0; 16],
                    iv_mask: [0; 16],
                };
                random(&mut keys.aes_key);
                random(&mut keys.iv_mask);
                Stream {
                    index: index as u32,
                    payload_type,
                    // Two apart, because the receiver takes the number after each.
                    ssrc: Ssrc(first_ssrc + (base + 2 * index as u32) % SSRC_RANGE),
                    timebase,
                    target_delay: self.target_delay,
                    keys,
                    codec_parameter,
                    event_log: true,
                    dscp: self.dscp,
                    rtp_extensions: Vec::new(),
                }
            };
        let audio: Vec<AudioStream> = (self.audio.iter().enumerate())
            .map(|(index, plan)| AudioStream {
                stream: stream(
                    index,
                    1,
                    AUDIO_PAYLOAD_TYPE,
                    plan.sample_rate,
                    String::new(),
                ),
                codec: OfferedAudio::Codec(plan.codec),
                channels: plan.channels,
                bit_rate: plan.bit_rate.max(MIN_AUDIO_BIT_RATE),
            })
            .collect();
        let video = (self.video.iter().zip(audio.len()..))
            .map(|(plan, index)| VideoStream {
                stream: stream(
                    index,
                    SSRC_RANGE + 1,
                    VIDEO_PAYLOAD_TYPE,
                    VIDEO_TIMEBASE,
                    plan.codec_parameter(),
                ),
                codec: OfferedVideo::Codec(plan.codec),
                max_frame_rate: plan.max_frame_rate,
                max_bit_rate: plan.max_bit_rate.max(MIN_VIDEO_BIT_RATE),
                resolutions: vec![plan.resolution],
            })
            .collect();
        Offer {
            cast_mode: CastMode::Mirroring,
            audio,
            video,
            web_transport: false,
        }
    }
}

impl VideoPlan {
    /// The codec string that Chromium writes: one level up to 1920x1080 at 30, the next above.
    fn codec_parameter(&self) -> String {
        let large =
            self.resolution.pixels() as f64 * self.max_frame_rate.per_second() > FULL_HD_AT_30;
        match (self.codec, large) {
            (VideoCodec::Vp8, _) => "",
            (VideoCodec::Vp9, false) => "vp09.00.40.08",
            (VideoCodec::Vp9, true) => "vp09.00.41.08",
            (VideoCodec::H264, false) => "avc1.4D0028",
            (VideoCodec::H264, true) => "avc1.4D002A",
            (VideoCodec::Av1, false) => "av01.0.08M.08",
            (VideoCodec::Av1, true) => "av01.0.09M.08",
        }
        .to_owned()
    }
}
