// SPDX-License-Identifier: GPL-3.0-or-later
//! From OFFER to ANSWER and to the configuration of the receiver core. Pure: what was offered, what can be decoded and
//! what the embedder wants in; the agreement out.

use std::net::IpAddr;
use std::num::NonZeroU16;
use std::time::Duration;

use super::options::ReceiverOptions;
use crate::cast::answer::{
    Answer, AudioConstraints, Constraints, Display, Scaling, VideoConstraints,
};
use crate::cast::codec::{AudioCodec, VideoCodec};
use crate::cast::frame::{Ssrc, StreamId, StreamKind};
use crate::cast::offer::{Abilities, Selection, Stream};
use crate::cast::picture::{Dimensions, FrameRate, Resolution};
use crate::cast::receiver::{ReceiverConfig, Ssrcs, StreamConfig};
use crate::cast::rtp::packetize::MAX_PACKET_SIZE_IPV6;

/// Video codecs, the one to take first in front. AV1 and VP9 give a better picture at the same rate, but a sender that
/// offers them encodes them in software at twice the cost; VP8 is what every sender does well, as Open Screen's receiver
/// prefers it too.
const VIDEO_PREFERENCE: [VideoCodec; 4] = [
    VideoCodec::Vp8,
    VideoCodec::H264,
    VideoCodec::Vp9,
    VideoCodec::Av1,
];
/// Sound codecs, the one to take first in front.
const AUDIO_PREFERENCE: [AudioCodec; 2] = [AudioCodec::Opus, AudioCodec::Aac];

/// Lowest and highest rates that are asked for, in bit/s (Open Screen's defaults for the lowest; the highest video rate is
/// what a home network carries beside other things).
const VIDEO_BIT_RATES: (u32, u32) = (300_000, 20_000_000);
const AUDIO_BIT_RATES: (u32, u32) = (32_000, 256_000);
/// The longest delay from capture to playout that the queues here are made for.
const MAX_DELAY: Duration = Duration::from_millis(1500);

/// What this receiver decodes, best first, of what `can_video` and `can_audio` say works here.
pub(super) fn abilities(
    can_video: impl Fn(VideoCodec) -> bool,
    can_audio: impl Fn(AudioCodec) -> bool,
) -> Abilities {
    Abilities {
        video: VIDEO_PREFERENCE
            .into_iter()
            .filter(|codec| can_video(*codec))
            .collect(),
        audio: AUDIO_PREFERENCE
            .into_iter()
            .filter(|codec| can_audio(*codec))
            .collect(),
    }
}

/// The ANSWER that takes `selection` on `port`.
pub(super) fn answer(selection: &Selection, options: &ReceiverOptions, port: NonZeroU16) -> Answer {
    let mut answer = Answer::to(selection, port);
    let dimensions = dimensions(options);
    answer.constraints = Some(Constraints {
        audio: AudioConstraints {
            max_sample_rate: 48_000,
            max_channels: 2,
            min_bit_rate: AUDIO_BIT_RATES.0,
            max_bit_rate: AUDIO_BIT_RATES.1,
            max_delay: Some(MAX_DELAY),
        },
        video: VideoConstraints {
            max_pixels_per_second: Some(
                dimensions.resolution.pixels() as f64 * dimensions.frame_rate.per_second(),
            ),
            min_resolution: None,
            max_dimensions: dimensions,
            min_bit_rate: VIDEO_BIT_RATES.0,
            max_bit_rate: VIDEO_BIT_RATES.1,
            max_delay: Some(MAX_DELAY),
        },
    });
    // The screen scales and letterboxes by itself; no aspect ratio, so that senders keep their own.
    answer.display = Some(Display {
        dimensions: Some(dimensions),
        aspect_ratio: None,
        scaling: Some(Scaling::Receiver),
    });
    answer
}

/// The receiver core's configuration for `selection`, with the SSRCs that [`answer`] named.
pub(super) fn core_config(
    selection: &Selection,
    unix_time: Duration,
    sender: IpAddr,
) -> ReceiverConfig {
    let mut config = ReceiverConfig::new(unix_time);
    if sender.is_ipv6() {
        config.max_packet_size = MAX_PACKET_SIZE_IPV6;
    }
    let audio = selection
        .audio
        .iter()
        .map(|(_, audio)| (&audio.stream, StreamKind::Audio));
    let video = selection
        .video
        .iter()
        .map(|(_, video)| (&video.stream, StreamKind::Video));
    config.streams = audio
        .chain(video)
        .map(|(stream, kind)| stream_config(stream, kind))
        .collect();
    config
}

fn stream_config(stream: &Stream, kind: StreamKind) -> StreamConfig {
    let ssrcs = Ssrcs {
        sender: stream.ssrc,
        receiver: Ssrc(stream.ssrc.0.wrapping_add(1)),
    };
    let mut config = StreamConfig::new(
        StreamId(stream.index),
        kind,
        ssrcs,
        stream.timebase,
        stream.keys,
    );
    config.target_delay = stream.target_delay;
    config.event_log = stream.event_log;
    config
}

fn dimensions(options: &ReceiverOptions) -> Dimensions {
    Dimensions {
        resolution: Resolution {
            width: options.max_size.0.max(1),
            height: options.max_size.1.max(1),
        },
        frame_rate: FrameRate::whole(options.max_frame_rate.max(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cast::offer::Offer;

    fn offer() -> Offer {
        let stream = |index: u32, kind: &str, codec: &str, more: serde_json::Value| {
            let mut stream = serde_json::json!({
                "index": index, "type": kind, "codecName": codec, "rtpPayloadType": 96, "ssrc": 100 + index,
                "timeBase": "1/90000", "targetDelay": 200, "aesKey": "00".repeat(16), "aesIvMask": "11".repeat(16),
            });
            for (key, value) in more.as_object().unwrap() {
                stream[key] = value.clone();
            }
            stream
        };
        let streams = serde_json::json!([
            stream(
                0,
                "audio_source",
                "opus",
                serde_json::json!({ "bitRate": 0, "timeBase": "1/48000" })
            ),
            stream(
                1,
                "video_source",
                "vp9",
                serde_json::json!({ "maxBitRate": 5_000_000 })
            ),
            stream(
                2,
                "video_source",
                "h264",
                serde_json::json!({ "maxBitRate": 5_000_000 })
            ),
        ]);
        Offer::parse(&serde_json::json!({ "castMode": "mirroring", "supportedStreams": streams }))
            .unwrap()
    }

    #[test]
    fn an_offer_is_answered_by_what_can_be_decoded() {
        let all = abilities(|_| true, |_| true);
        assert_eq!(all.video[0], VideoCodec::Vp8);
        let selection = offer().select(&all).unwrap();
        assert_eq!(
            selection.video.as_ref().map(|(codec, _)| *codec),
            Some(VideoCodec::H264)
        );
        let no_h264 = abilities(|codec| codec != VideoCodec::H264, |_| false);
        let selection = offer().select(&no_h264).unwrap();
        assert_eq!(
            selection.video.as_ref().map(|(codec, _)| *codec),
            Some(VideoCodec::Vp9)
        );
        assert!(selection.audio.is_none());
        assert!(offer().select(&abilities(|_| false, |_| false)).is_err());
    }

    #[test]
    fn answer_and_core_agree_about_ssrcs_and_delays() {
        let selection = offer().select(&abilities(|_| true, |_| true)).unwrap();
        let options = ReceiverOptions {
            max_size: (1280, 720),
            max_frame_rate: 30,
            ..Default::default()
        };
        let answer = answer(&selection, &options, NonZeroU16::new(5000).unwrap());
        let config = core_config(
            &selection,
            Duration::from_secs(1_700_000_000),
            "10.0.0.1".parse().unwrap(),
        );
        assert_eq!(answer.streams.len(), config.streams.len());
        for (accepted, stream) in answer.streams.iter().zip(&config.streams) {
            assert_eq!(
                (StreamId(accepted.index), accepted.ssrc),
                (stream.id, stream.receiver)
            );
            assert_eq!(stream.target_delay, Duration::from_millis(200));
        }
        let limits = answer.capture_limits();
        assert_eq!(
            limits.video.maximum.resolution,
            Resolution {
                width: 1280,
                height: 720
            }
        );
        // What we write is what a sender reads.
        let written = Answer::parse(&answer.to_json()).unwrap();
        assert_eq!(written.capture_limits(), limits);
    }
}
