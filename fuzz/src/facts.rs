// SPDX-License-Identifier: GPL-3.0-or-later
//! What seeds and targets must agree on: ids, keys, an OFFER, certificates. No behaviour.

use std::time::Duration;

use telecast::cast::auth::{Certificate, Challenge, Origin, Roots, TrustAnchor};
use telecast::cast::codec::{AudioCodec, VideoCodec};
use telecast::cast::frame::{Ssrc, StreamId};
use telecast::cast::keys::StreamKeys;
use telecast::cast::offer::{Abilities, AudioPlan, Offer, OfferPlan, VideoPlan};
use telecast::cast::picture::{FrameRate, Resolution};

/// The audio stream.
pub const AUDIO: Stream = Stream {
    id: StreamId(0),
    sender: Ssrc(0x0000_1111),
    receiver: Ssrc(0x0000_1112),
    timebase: 48_000,
};
/// The video stream.
pub const VIDEO: Stream = Stream {
    id: StreamId(1),
    sender: Ssrc(0x0001_2221),
    receiver: Ssrc(0x0001_2222),
    timebase: 90_000,
};
/// Of both streams.
pub const KEYS: StreamKeys = StreamKeys {
    aes_key: [3; 16],
    iv_mask: [9; 16],
};
/// By every wall clock.
pub const UNIX_TIME: Duration = Duration::from_secs(1_700_000_000);
/// The number of the DNS question.
pub const QUESTION: u16 = 0;
/// What was asked of the device.
pub const NONCE: [u8; 16] = [0x5a; 16];
/// When the certificates are looked at: in January 2027, when the self-made ones are valid.
pub const NOW: i64 = 1_800_000_000;
/// The prefix of the sessions of the receiver; the first application is `run-1`.
pub const SESSION_PREFIX: &str = "run";
/// The number of the sender: its endpoint is `sender-7`.
pub const SENDER: u32 = 7;

/// The root of the devices (DER).
pub const ROOT: &[u8] = include_bytes!("../fixtures/root.der");
/// The root of the revocation lists (DER).
pub const LIST_ROOT: &[u8] = include_bytes!("../fixtures/list_root.der");
/// The certificate of the connection (DER).
pub const TLS: &[u8] = include_bytes!("../fixtures/tls.der");

/// A stream.
#[derive(Debug, Clone, Copy)]
pub struct Stream {
    /// Its index in the OFFER.
    pub id: StreamId,
    /// Of the media.
    pub sender: Ssrc,
    /// Of the feedback.
    pub receiver: Ssrc,
    /// Ticks per second.
    pub timebase: u32,
}

/// The question that the device answers.
pub fn challenge() -> Challenge {
    Challenge::new(NONCE)
}

/// Who is believed.
pub fn roots() -> Roots {
    Roots::only(vec![anchor(ROOT)], vec![anchor(LIST_ROOT)])
}

fn anchor(der: &[u8]) -> TrustAnchor {
    let certificate = Certificate::read(der).expect("a certificate of ours");
    TrustAnchor::of(&certificate, Origin::Cast).expect("a root of ours")
}

/// Everything that a receiver can decode.
pub fn abilities() -> Abilities {
    Abilities {
        video: VideoCodec::ALL.to_vec(),
        audio: AudioCodec::ALL.to_vec(),
    }
}

/// The OFFER that is answered: Opus, then H.264 and VP8, with keys that are always the same.
pub fn offer() -> Offer {
    let video = |codec| VideoPlan {
        codec,
        resolution: Resolution {
            width: 1920,
            height: 1080,
        },
        max_frame_rate: FrameRate::whole(30),
        max_bit_rate: 5_000_000,
    };
    let plan = OfferPlan {
        audio: vec![AudioPlan {
            codec: AudioCodec::Opus,
            sample_rate: 48_000,
            channels: 2,
            bit_rate: 128_000,
        }],
        video: vec![video(VideoCodec::H264), video(VideoCodec::Vp8)],
        target_delay: Duration::from_millis(200),
        dscp: None,
    };
    plan.offer(|bytes| bytes.fill(1))
}
