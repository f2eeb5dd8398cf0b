// SPDX-License-Identifier: GPL-3.0-or-later
//! `SenderConfig`: what OFFER and ANSWER settled, as the sender core needs it. No behaviour.

use std::time::Duration;

pub use crate::cast::frame::{StreamId, StreamKind};

use crate::cast::congestion::ladder::Largest;
use crate::cast::frame::Ssrc;
use crate::cast::keys::StreamKeys;
use crate::cast::rtp::packetize::MAX_PACKET_SIZE_IPV4;

/// One stream of the session.
#[derive(Debug, Clone)]
pub struct StreamConfig {
    /// What it is called between the session and the sender.
    pub id: StreamId,
    /// Sound or pictures.
    pub kind: StreamKind,
    /// Our SSRC, from the OFFER.
    pub ssrc: Ssrc,
    /// The receiver's SSRC for this stream, from the ANSWER.
    pub receiver_ssrc: Ssrc,
    /// 96 to 104 or 127; Android receivers want 127 for sound and 96 for pictures whatever the codec.
    pub payload_type: u8,
    /// Ticks of media time in a second: 90 000 for video, the sample rate for audio.
    pub timebase: u32,
    /// Key and IV mask, from the OFFER.
    pub keys: StreamKeys,
    /// Bits per second that the encoder is never asked to go below.
    pub min_bitrate: u32,
    /// Bits per second that the encoder is never asked to exceed.
    pub max_bitrate: u32,
    /// Of the first packet; should be random.
    pub first_sequence_number: u16,
}

/// All of one session over one UDP flow.
#[derive(Debug, Clone)]
pub struct SenderConfig {
    /// The streams, in any order, ids and SSRCs distinct.
    pub streams: Vec<StreamConfig>,
    /// From capture to display, as offered; up to 65 535 ms.
    pub target_delay: Duration,
    /// Up to which the network may raise it; what is not above the target delay keeps that as it is.
    pub max_target_delay: Duration,
    /// UDP payload in bytes that the path carries: 1472 on IPv4, 1452 on IPv6, never less than 256.
    pub max_packet_size: usize,
    /// The wall clock at the moment that [`super::Sender::new`] is told: time since 1970.
    pub unix_time: Duration,
    /// After this long a key frame under way is given up when the receiver still reports picture loss; `None`: never
    /// (the reference's default), because a key frame that is lost in part is repaired.
    pub key_frame_cool_down: Option<Duration>,
    /// What the pictures may be at most. With it, encoders are asked for fewer and smaller ones when the bitrate is not
    /// worth these; without, only for another bitrate.
    pub largest_pictures: Option<Largest>,
}

impl SenderConfig {
    /// Without streams, for an IPv4 path of Ethernet's size; the target delay is Chromium's 200 ms.
    pub fn new(unix_time: Duration) -> SenderConfig {
        SenderConfig {
            streams: Vec::new(),
            target_delay: Duration::from_millis(200),
            max_target_delay: Duration::ZERO,
            max_packet_size: MAX_PACKET_SIZE_IPV4,
            unix_time,
            key_frame_cool_down: None,
            largest_pictures: None,
        }
    }
}
