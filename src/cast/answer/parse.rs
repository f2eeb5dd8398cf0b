// SPDX-License-Identifier: GPL-3.0-or-later
//! Reading the body of an ANSWER.

use std::num::NonZeroU16;
use std::time::Duration;

use serde_json::Value;

use super::{
    AcceptedStream, Answer, AnswerError, AudioConstraints, Constraints, DataTransport, Display,
    Scaling, VideoConstraints,
};
use crate::cast::frame::Ssrc;
use crate::cast::json;
use crate::cast::picture::{Dimensions, FrameRate, Resolution};

/// The least bit rates where a receiver names none, in bit/s (Open Screen `constants.h`).
const DEFAULT_MIN_AUDIO_BIT_RATE: u32 = 32_000;
const DEFAULT_MIN_VIDEO_BIT_RATE: u32 = 300_000;

impl Answer {
    /// Reads the value of the message's `answer` key.
    pub fn parse(body: &Value) -> Result<Answer, AnswerError> {
        if !body.is_object() {
            return Err(AnswerError::NotAnObject);
        }
        Ok(Answer {
            udp_port: json::port(&body["udpPort"]).ok_or(AnswerError::Field("udpPort"))?,
            streams: streams(body)?,
            constraints: optional(&body["constraints"], "constraints", constraints)?,
            display: optional(&body["display"], "display", display)?,
            event_log: json::list(&body["receiverRtcpEventLog"], json::int).unwrap_or_default(),
            dscp: json::list(&body["receiverRtcpDscp"], json::int).unwrap_or_default(),
            rtp_extensions: json::list(&body["rtpExtensions"], |list| {
                json::list(list, |word| word.as_str().map(str::to_owned))
            })
            .unwrap_or_default(),
            // Unlike the others, `null` is not the same as absent here.
            data_transport: match body.get("dataTransport") {
                None => None,
                Some(value) => {
                    Some(data_transport(value).ok_or(AnswerError::Field("dataTransport"))?)
                }
            },
        })
    }
}

fn streams(body: &Value) -> Result<Vec<AcceptedStream>, AnswerError> {
    let numbers = |key, read: fn(&Value) -> Option<u32>| {
        json::list(&body[key], read)
            .filter(|list| !list.is_empty())
            .ok_or(AnswerError::Field(key))
    };
    let indexes = numbers("sendIndexes", json::int)?;
    let ssrcs = numbers("ssrcs", json::uint)?;
    if indexes.len() != ssrcs.len() {
        return Err(AnswerError::UnequalLengths {
            indexes: indexes.len(),
            ssrcs: ssrcs.len(),
        });
    }
    Ok(indexes
        .into_iter()
        .zip(ssrcs)
        .map(|(index, ssrc)| AcceptedStream {
            index,
            ssrc: Ssrc(ssrc),
        })
        .collect())
}

fn optional<T>(
    value: &Value,
    key: &'static str,
    read: impl Fn(&Value) -> Option<T>,
) -> Result<Option<T>, AnswerError> {
    unless_absent(value, read).map_err(|_| AnswerError::Field(key))
}

fn constraints(value: &Value) -> Option<Constraints> {
    Some(Constraints {
        audio: audio(&value["audio"])?,
        video: video(&value["video"])?,
    })
}

fn positive(value: &Value) -> Option<u32> {
    json::int(value).filter(|number| *number > 0)
}

/// It is there and does not fit.
struct Misfit;

/// Absent and `null` are the same; anything else must fit.
fn unless_absent<T>(
    value: &Value,
    read: impl Fn(&Value) -> Option<T>,
) -> Result<Option<T>, Misfit> {
    match value {
        Value::Null => Ok(None),
        value => read(value).map(Some).ok_or(Misfit),
    }
}

fn audio(value: &Value) -> Option<AudioConstraints> {
    let constraints = AudioConstraints {
        max_sample_rate: positive(&value["maxSampleRate"])?,
        max_channels: positive(&value["maxChannels"])?,
        min_bit_rate: unless_absent(&value["minBitRate"], positive)
            .ok()?
            .unwrap_or(DEFAULT_MIN_AUDIO_BIT_RATE),
        max_bit_rate: positive(&value["maxBitRate"])?,
        max_delay: unless_absent(&value["maxDelay"], json::int)
            .ok()?
            .map(millis),
    };
    (constraints.min_bit_rate <= constraints.max_bit_rate).then_some(constraints)
}

fn video(value: &Value) -> Option<VideoConstraints> {
    let constraints = VideoConstraints {
        max_pixels_per_second: unless_absent(&value["maxPixelsPerSecond"], |rate| {
            rate.as_f64().filter(|rate| rate.is_finite() && *rate > 0.0)
        })
        .ok()?,
        min_resolution: unless_absent(&value["minResolution"], min_resolution).ok()?,
        max_dimensions: Dimensions::read(&value["maxDimensions"])?,
        min_bit_rate: unless_absent(&value["minBitRate"], positive)
            .ok()?
            .unwrap_or(DEFAULT_MIN_VIDEO_BIT_RATE),
        max_bit_rate: positive(&value["maxBitRate"])?,
        max_delay: unless_absent(&value["maxDelay"], positive)
            .ok()?
            .map(millis),
    };
    (constraints.min_bit_rate < constraints.max_bit_rate).then_some(constraints)
}

/// The frame rate may be there, even as 0, but must be one.
fn min_resolution(value: &Value) -> Option<Resolution> {
    unless_absent(&value["frameRate"], FrameRate::read).ok()?;
    Resolution::read(value)
}

fn display(value: &Value) -> Option<Display> {
    let display = Display {
        dimensions: unless_absent(&value["dimensions"], Dimensions::read).ok()?,
        aspect_ratio: unless_absent(&value["aspectRatio"], |text| text.as_str()?.parse().ok())
            .ok()?,
        scaling: match value["scaling"].as_str() {
            Some(word) if word.eq_ignore_ascii_case("sender") => Some(Scaling::Sender),
            Some(word) if word.eq_ignore_ascii_case("receiver") => Some(Scaling::Receiver),
            _ => None,
        },
    };
    // A sender that is to scale must know to what.
    let useful = display.dimensions.is_some()
        || display.aspect_ratio.is_some()
        || display.scaling == Some(Scaling::Receiver);
    useful.then_some(display)
}

fn data_transport(value: &Value) -> Option<DataTransport> {
    let port: NonZeroU16 = json::port(&value["port"])?;
    let named = value["protocol"]
        .as_str()?
        .eq_ignore_ascii_case("webtransport");
    let certificate_fingerprint = json::word(&value["certificateFingerprint"])?.to_owned();
    named.then_some(DataTransport {
        port,
        certificate_fingerprint,
    })
}

fn millis(number: u32) -> Duration {
    Duration::from_millis(number.into())
}
