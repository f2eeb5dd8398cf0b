// SPDX-License-Identifier: GPL-3.0-or-later
//! Writing the body of an OFFER. Its text holds the keys: it goes to the peer and nowhere else.

use serde_json::{Map, Value, json};

use super::{AudioStream, CastMode, Offer, OfferedAudio, OfferedVideo, Stream, VideoStream};

impl Offer {
    /// The value of the message's `offer` key. Holds the keys of all streams.
    pub fn to_json(&self) -> Value {
        let audio = self.audio.iter().map(AudioStream::to_json);
        let streams: Vec<Value> = audio
            .chain(self.video.iter().map(VideoStream::to_json))
            .collect();
        let mode = match self.cast_mode {
            CastMode::Mirroring => "mirroring",
            CastMode::Remoting => "remoting",
        };
        let mut body = json!({ "castMode": mode, "supportedStreams": streams });
        if self.web_transport {
            body["dataTransport"] = json!({ "protocol": "webtransport" });
        }
        body
    }
}

impl AudioStream {
    fn to_json(&self) -> Value {
        let mut stream = self.stream.to_json("audio_source");
        stream.insert("codecName".into(), json!(self.codec.name()));
        stream.insert("channels".into(), json!(self.channels));
        stream.insert("bitRate".into(), json!(self.bit_rate));
        stream.insert("sampleRate".into(), json!(self.stream.timebase));
        Value::Object(stream)
    }
}

impl VideoStream {
    fn to_json(&self) -> Value {
        let sizes = self
            .resolutions
            .iter()
            .map(|size| json!({ "width": size.width, "height": size.height }));
        let mut stream = self.stream.to_json("video_source");
        stream.insert("codecName".into(), json!(self.codec.name()));
        stream.insert("channels".into(), json!(1));
        stream.insert(
            "maxFrameRate".into(),
            json!(self.max_frame_rate.to_string()),
        );
        stream.insert("maxBitRate".into(), json!(self.max_bit_rate));
        stream.insert("resolutions".into(), sizes.collect());
        // Informational, but written by every sender. `castv2`: no frame is left out and lost ones are sent again.
        stream.insert("profile".into(), json!(""));
        stream.insert("level".into(), json!(""));
        stream.insert("protection".into(), json!(""));
        stream.insert("errorRecoveryMode".into(), json!("castv2"));
        Value::Object(stream)
    }
}

impl Stream {
    fn to_json(&self, kind: &str) -> Map<String, Value> {
        let mut stream = Map::new();
        stream.insert("type".into(), json!(kind));
        stream.insert("index".into(), json!(self.index));
        stream.insert("codecParameter".into(), json!(self.codec_parameter));
        stream.insert("rtpProfile".into(), json!("cast"));
        stream.insert("rtpPayloadType".into(), json!(self.payload_type));
        stream.insert("ssrc".into(), json!(self.ssrc.0));
        stream.insert("timeBase".into(), json!(format!("1/{}", self.timebase)));
        stream.insert(
            "targetDelay".into(),
            json!(self.target_delay.as_millis() as u64),
        );
        stream.insert("aesKey".into(), json!(self.keys.aes_key_hex()));
        stream.insert("aesIvMask".into(), json!(self.keys.iv_mask_hex()));
        stream.insert("receiverRtcpEventLog".into(), json!(self.event_log));
        if let Some(dscp) = self.dscp {
            stream.insert("receiverRtcpDscp".into(), json!(dscp));
        }
        if !self.rtp_extensions.is_empty() {
            stream.insert("rtpExtensions".into(), json!(self.rtp_extensions));
        }
        stream
    }
}

impl OfferedAudio {
    /// The word of `codecName`.
    pub fn name(self) -> &'static str {
        match self {
            OfferedAudio::Codec(codec) => codec.name(),
            OfferedAudio::Remote => "REMOTE_AUDIO",
        }
    }
}

impl OfferedVideo {
    /// The word of `codecName`.
    pub fn name(self) -> &'static str {
        match self {
            OfferedVideo::Codec(codec) => codec.name(),
            OfferedVideo::Hevc => "hevc",
            OfferedVideo::Remote => "REMOTE_VIDEO",
        }
    }
}
