// SPDX-License-Identifier: GPL-3.0-or-later
//! `CastOptions`: a request as the options of `Cast`; the way back of [`Options`](super::super::options::Options).

use std::collections::HashMap;
use std::time::Duration;

use zbus::zvariant::Value;

use super::super::words_of;
use crate::engine::{Choice, LatencyProfile, MirrorRequest};

/// The options of a cast, each of them given.
#[derive(Debug)]
pub struct CastOptions(HashMap<&'static str, Value<'static>>);

impl CastOptions {
    /// Those that make this request.
    pub fn of(request: &MirrorRequest) -> CastOptions {
        let options = &request.options;
        let mut given = HashMap::from([
            ("source", words_of::source_word(request.source).into()),
            ("audio", words_of::audio_word(&request.audio).into()),
            ("video", options.video.into()),
            ("restore", request.restore.into()),
            ("codec", options.codec.as_str().into()),
            ("hardware", options.hardware.into()),
            ("pointer", options.pointer.into()),
            ("max-size", options.max_size.into()),
            ("fps", options.frame_rate.into()),
            ("bitrate", options.bitrate.unwrap_or(0).into()),
            ("overscan", options.overscan_pct.into()),
            ("reconnect", seconds(options.reconnect).into()),
            (
                "interface",
                options.interface.clone().unwrap_or_default().into(),
            ),
        ]);
        let profile = LatencyProfile::ALL.into_iter().find(|profile| {
            profile.target_delay() == options.target_delay
                && profile.max_target_delay() == options.max_target_delay
        });
        let (name, value) = profile.map_or_else(
            || {
                let delay = u32::try_from(options.target_delay.as_millis()).unwrap_or(u32::MAX);
                ("latency", delay.into())
            },
            |profile| ("profile", profile.as_str().into()),
        );
        given.insert(name, value);
        if let Some(size) = options.monitor_size {
            given.insert("monitor-size", size.into());
        }
        if let Some(ports) = &options.ports {
            given.insert("ports", (*ports.start(), *ports.end()).into());
        }
        CastOptions(given)
    }

    pub(super) fn as_map(&self) -> &HashMap<&'static str, Value<'static>> {
        &self.0
    }
}

/// The interface knows whole ones; a short search must not become none.
fn seconds(time: Duration) -> u32 {
    u32::try_from(time.as_millis().div_ceil(1000)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use zbus::zvariant::OwnedValue;

    use super::super::super::options::Options;
    use super::*;
    use crate::engine::{AudioChoice, CodecChoice, MirrorOptions, SourceKind, VideoCodec};

    /// What arrives at the other end, which has other defaults.
    fn arrived(request: &MirrorRequest) -> MirrorRequest {
        let given = CastOptions::of(request).0.into_iter().map(|(name, value)| {
            let value = OwnedValue::try_from(value).expect("no file descriptor");
            (name.to_owned(), value)
        });
        let mut there = MirrorRequest {
            source: SourceKind::Virtual,
            audio: AudioChoice::Tv,
            restore: true,
            parent_window: None,
            options: MirrorOptions {
                video: false,
                hardware: false,
                frame_rate: 5,
                bitrate: Some(700_000),
                overscan_pct: 10,
                reconnect: Duration::from_secs(7),
                interface: Some("wlan7".into()),
                ..MirrorOptions::default()
            },
        };
        Options::new(given.collect())
            .apply(&mut there)
            .expect("valid");
        there
    }

    #[test]
    fn a_request_arrives_as_it_was() {
        let plain = MirrorRequest {
            source: SourceKind::Screen,
            audio: AudioChoice::Both,
            restore: true,
            parent_window: None,
            options: MirrorOptions {
                max_target_delay: Duration::from_millis(400),
                ..MirrorOptions::default()
            },
        };
        let special = MirrorRequest {
            source: SourceKind::TestCard,
            audio: AudioChoice::None,
            restore: false,
            options: MirrorOptions {
                audio: false,
                codec: CodecChoice::Only(VideoCodec::Vp9),
                pointer: false,
                max_size: (640, 360),
                frame_rate: 25,
                bitrate: Some(2_000_000),
                target_delay: Duration::from_millis(150),
                ports: Some(5000..=5010),
                overscan_pct: 3,
                reconnect: Duration::ZERO,
                monitor_size: Some((1280, 720)),
                ..MirrorOptions::default()
            },
            ..plain.clone()
        };
        for request in [plain, special] {
            let there = arrived(&request);
            assert_eq!(there.options, request.options);
            assert_eq!(there.source, request.source);
            assert_eq!(there.audio, request.audio);
            assert_eq!(there.restore, request.restore);
        }
    }
}
