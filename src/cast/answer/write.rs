// SPDX-License-Identifier: GPL-3.0-or-later
//! Writing the body of an ANSWER.

use serde_json::{Value, json};

use super::{Answer, Constraints, Display, Scaling};

impl Answer {
    /// The value of the message's `answer` key.
    pub fn to_json(&self) -> Value {
        let indexes: Vec<u32> = self.streams.iter().map(|stream| stream.index).collect();
        let ssrcs: Vec<u32> = self.streams.iter().map(|stream| stream.ssrc.0).collect();
        let mut body = json!({
            "udpPort": self.udp_port,
            "sendIndexes": indexes,
            "ssrcs": ssrcs,
            "receiverRtcpEventLog": self.event_log,
        });
        if let Some(constraints) = &self.constraints {
            body["constraints"] = constraints.to_json();
        }
        if let Some(display) = &self.display {
            body["display"] = display.to_json();
        }
        if !self.dscp.is_empty() {
            body["receiverRtcpDscp"] = json!(self.dscp);
        }
        if !self.rtp_extensions.is_empty() {
            body["rtpExtensions"] = json!(self.rtp_extensions);
        }
        if let Some(transport) = &self.data_transport {
            body["dataTransport"] = json!({
                "protocol": "webtransport",
                "port": transport.port,
                "certificateFingerprint": transport.certificate_fingerprint,
            });
        }
        body
    }
}

impl Constraints {
    fn to_json(&self) -> Value {
        let (audio, video) = (&self.audio, &self.video);
        let mut sound = json!({
            "maxSampleRate": audio.max_sample_rate,
            "maxChannels": audio.max_channels,
            "minBitRate": audio.min_bit_rate,
            "maxBitRate": audio.max_bit_rate,
        });
        if let Some(delay) = audio.max_delay {
            sound["maxDelay"] = json!(delay.as_millis() as u64);
        }
        let mut picture = json!({
            "maxDimensions": video.max_dimensions.to_json(),
            "minBitRate": video.min_bit_rate,
            "maxBitRate": video.max_bit_rate,
        });
        // Open Screen's sender refuses an ANSWER without it, so it is always written.
        let all_of_it = video.max_dimensions.resolution.pixels() as f64
            * video.max_dimensions.frame_rate.per_second();
        picture["maxPixelsPerSecond"] = json!(video.max_pixels_per_second.unwrap_or(all_of_it));
        if let Some(least) = video.min_resolution {
            picture["minResolution"] = json!({ "width": least.width, "height": least.height });
        }
        if let Some(delay) = video.max_delay {
            picture["maxDelay"] = json!(delay.as_millis() as u64);
        }
        json!({ "audio": sound, "video": picture })
    }
}

impl Display {
    fn to_json(self) -> Value {
        let mut display = json!({});
        if let Some(dimensions) = self.dimensions {
            display["dimensions"] = dimensions.to_json();
        }
        if let Some(ratio) = self.aspect_ratio {
            display["aspectRatio"] = json!(ratio.to_string());
        }
        if let Some(scaling) = self.scaling {
            display["scaling"] = json!(match scaling {
                Scaling::Sender => "sender",
                Scaling::Receiver => "receiver",
            });
        }
        display
    }
}
