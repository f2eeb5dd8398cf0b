// SPDX-License-Identifier: GPL-3.0-or-later
//! Reading the body of an OFFER.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use super::{
    AudioStream, CastMode, DEFAULT_MAX_VIDEO_BIT_RATE, DEFAULT_TARGET_DELAY, MAX_TARGET_DELAY,
    Offer, OfferError, OfferedAudio, OfferedVideo, Stream, VideoStream,
};
use crate::cast::codec::{AudioCodec, VideoCodec};
use crate::cast::frame::Ssrc;
use crate::cast::json;
use crate::cast::keys::StreamKeys;
use crate::cast::picture::{FrameRate, Resolution};

const DEFAULT_AUDIO_CHANNELS: u32 = 2;
const DEFAULT_FRAME_RATE: FrameRate = FrameRate::whole(30);

impl Offer {
    /// Reads the value of the message's `offer` key.
    pub fn parse(body: &Value) -> Result<Offer, OfferError> {
        if !body.is_object() {
            return Err(OfferError::NotAnObject);
        }
        let streams = body["supportedStreams"]
            .as_array()
            .ok_or(OfferError::Field("supportedStreams"))?;
        let mut offer = Offer {
            cast_mode: match body["castMode"].as_str() {
                Some(word) if word.eq_ignore_ascii_case("remoting") => CastMode::Remoting,
                _ => CastMode::Mirroring,
            },
            audio: Vec::new(),
            video: Vec::new(),
            web_transport: web_transport(body)?,
        };
        for stream in streams {
            match stream["type"].as_str().ok_or(OfferError::Field("type"))? {
                "audio_source" => offer.audio.extend(audio(stream)?),
                "video_source" => offer.video.extend(video(stream)?),
                _ => {}
            }
        }
        offer.check_as_a_whole()?;
        Ok(offer)
    }

    fn check_as_a_whole(&self) -> Result<(), OfferError> {
        let audio = self.audio.iter().map(|audio| &audio.stream);
        let streams = || {
            audio
                .clone()
                .chain(self.video.iter().map(|video| &video.stream))
        };
        let mut seen = BTreeSet::new();
        if let Some(twice) = streams().find(|stream| !seen.insert(stream.index)) {
            return Err(OfferError::RepeatedIndex(twice.index));
        }
        let mut dscp = streams().map(|stream| stream.dscp);
        match dscp.next() {
            Some(first) if dscp.any(|other| other != first) => Err(OfferError::UnequalDscp),
            _ => Ok(()),
        }
    }
}

fn web_transport(body: &Value) -> Result<bool, OfferError> {
    match body.get("dataTransport") {
        None => Ok(false),
        Some(transport) => match transport["protocol"].as_str() {
            Some(word) if word.eq_ignore_ascii_case("webtransport") => Ok(true),
            _ => Err(OfferError::Field("dataTransport")),
        },
    }
}

/// `None` for a codec of which nothing is known.
fn audio(value: &Value) -> Result<Option<AudioStream>, OfferError> {
    let name = value["codecName"]
        .as_str()
        .ok_or(OfferError::Field("codecName"))?;
    let codec = match AudioCodec::from_name(name) {
        Some(codec) => OfferedAudio::Codec(codec),
        None if name.eq_ignore_ascii_case("REMOTE_AUDIO") => OfferedAudio::Remote,
        None => return Ok(None),
    };
    let parameter = parameter(value);
    let fits = match codec {
        OfferedAudio::Codec(AudioCodec::Aac) => {
            parameter.is_empty() || parameter.starts_with("mp4a.")
        }
        OfferedAudio::Codec(AudioCodec::Opus) | OfferedAudio::Remote => parameter.is_empty(),
    };
    Ok(Some(AudioStream {
        stream: stream(value, parameter, fits)?,
        codec,
        channels: match json::int(&value["channels"]) {
            Some(0) => return Err(OfferError::Field("channels")),
            channels => channels.unwrap_or(DEFAULT_AUDIO_CHANNELS),
        },
        bit_rate: json::int(&value["bitRate"]).ok_or(OfferError::Field("bitRate"))?,
    }))
}

/// `None` for a codec of which nothing is known.
fn video(value: &Value) -> Result<Option<VideoStream>, OfferError> {
    let name = value["codecName"]
        .as_str()
        .ok_or(OfferError::Field("codecName"))?;
    let codec = match VideoCodec::from_name(name) {
        Some(codec) => OfferedVideo::Codec(codec),
        None if name.eq_ignore_ascii_case("hevc") => OfferedVideo::Hevc,
        None if name.eq_ignore_ascii_case("REMOTE_VIDEO") => OfferedVideo::Remote,
        None => return Ok(None),
    };
    let parameter = parameter(value);
    // H.265 is `hev1` and not `hvc1`, H.264 `avc1` and not `avc3`: Open Screen knows only these.
    let prefix = match codec {
        OfferedVideo::Codec(VideoCodec::Vp8) => "vp08",
        OfferedVideo::Codec(VideoCodec::Vp9) => "vp09",
        OfferedVideo::Codec(VideoCodec::H264) => "avc1",
        OfferedVideo::Codec(VideoCodec::Av1) => "av01",
        OfferedVideo::Hevc => "hev1",
        OfferedVideo::Remote => "",
    };
    let fits = parameter.is_empty() || (!prefix.is_empty() && parameter.starts_with(prefix));
    if json::int(&value["channels"]) == Some(0) {
        return Err(OfferError::Field("channels"));
    }
    Ok(Some(VideoStream {
        stream: stream(value, parameter, fits)?,
        codec,
        max_frame_rate: value["maxFrameRate"]
            .as_str()
            .and_then(|text| text.parse().ok())
            .filter(|rate: &FrameRate| rate.is_positive())
            .unwrap_or(DEFAULT_FRAME_RATE),
        max_bit_rate: match json::int(&value["maxBitRate"]) {
            Some(0) => return Err(OfferError::Field("maxBitRate")),
            rate => rate.unwrap_or(DEFAULT_MAX_VIDEO_BIT_RATE),
        },
        resolutions: json::list(&value["resolutions"], Resolution::read).unwrap_or_default(),
    }))
}

fn parameter(value: &Value) -> &str {
    value["codecParameter"].as_str().unwrap_or_default()
}

fn stream(value: &Value, parameter: &str, parameter_fits: bool) -> Result<Stream, OfferError> {
    let text = |key: &str| value[key].as_str().unwrap_or_default();
    if !parameter_fits {
        return Err(OfferError::CodecParameter);
    }
    Ok(Stream {
        index: json::int(&value["index"]).ok_or(OfferError::Field("index"))?,
        payload_type: json::int(&value["rtpPayloadType"])
            .and_then(|number| u8::try_from(number).ok())
            .filter(|number| matches!(number, 96..=104 | 127))
            .ok_or(OfferError::Field("rtpPayloadType"))?,
        ssrc: Ssrc(json::uint(&value["ssrc"]).ok_or(OfferError::Field("ssrc"))?),
        timebase: timebase(text("timeBase")).ok_or(OfferError::Field("timeBase"))?,
        target_delay: target_delay(&value["targetDelay"]),
        keys: StreamKeys::from_hex(text("aesKey"), text("aesIvMask"))
            .ok_or(OfferError::Unencrypted)?,
        codec_parameter: parameter.to_owned(),
        event_log: value["receiverRtcpEventLog"].as_bool().unwrap_or(true),
        dscp: match json::int(&value["receiverRtcpDscp"]) {
            Some(dscp @ 0..=63) => Some(dscp as u8),
            Some(_) => return Err(OfferError::Field("receiverRtcpDscp")),
            None => None,
        },
        rtp_extensions: json::list(&value["rtpExtensions"], |word| {
            word.as_str().map(str::to_owned)
        })
        .unwrap_or_default(),
    })
}

/// `1/N` with N in 16 000..=90 000.
fn timebase(text: &str) -> Option<u32> {
    let ticks = text.strip_prefix("1/")?;
    let digits = ticks.bytes().all(|byte| byte.is_ascii_digit());
    ticks
        .parse()
        .ok()
        .filter(|ticks| digits && (16_000..=90_000).contains(ticks))
}

/// 0 counts as out of range for audio and video alike: a frame that is due when it is captured is always too late.
fn target_delay(value: &Value) -> Duration {
    json::int(value)
        .map(|millis| Duration::from_millis(millis.into()))
        .filter(|delay| !delay.is_zero() && *delay <= MAX_TARGET_DELAY)
        .unwrap_or(DEFAULT_TARGET_DELAY)
}
