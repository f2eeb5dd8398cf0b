// SPDX-License-Identifier: GPL-3.0-or-later
//! `ReceiverConfig`: what OFFER and ANSWER settled, as the receiver core needs it. No behaviour.

use std::time::Duration;

use crate::cast::frame::{Ssrc, StreamId, StreamKind};
use crate::cast::keys::StreamKeys;
use crate::cast::receiver::schedule::NACK_INTERVAL;
use crate::cast::rtp::packetize::MAX_PACKET_SIZE_IPV4;

/// What a player needs between getting a frame and showing it. Source: Open Screen `receiver_impl.h`.
const DEFAULT_PROCESSING_TIME: Duration = Duration::from_millis(50);
/// How often at most a key frame is asked for because a frame came too late.
const DEFAULT_PROACTIVE_INTERVAL: Duration = Duration::from_millis(500);

/// One stream of the session.
#[derive(Debug, Clone)]
pub struct StreamConfig {
    /// What it is called between the core and its embedder.
    pub id: StreamId,
    /// Sound or pictures.
    pub kind: StreamKind,
    /// The sender's SSRC, from the OFFER.
    pub sender: Ssrc,
    /// Our SSRC for this stream, from the ANSWER.
    pub receiver: Ssrc,
    /// Ticks of media time in a second: 90 000 for video, the sample rate for audio. Zero counts as one.
    pub timebase: u32,
    /// Key and IV mask, from the OFFER.
    pub keys: StreamKeys,
    /// From capture to display, from the OFFER; packets can change it from a frame on.
    pub target_delay: Duration,
    /// The OFFER asked for the event log and the ANSWER granted it.
    pub event_log: bool,
    /// Key frames may be asked for. Off for sound.
    pub picture_loss: bool,
    /// While a frame is incomplete, go on at once with a later complete frame that needs no other, without waiting until
    /// it is too late for the incomplete one. Meant for pictures that shall be recent rather than complete.
    pub skip_to_key_frame: bool,
    /// Ask for a key frame, at most once in this time, when an incomplete frame has become too late. `None`: only
    /// [`Input::RequestKeyFrame`](super::Input::RequestKeyFrame) does.
    pub proactive_picture_loss: Option<Duration>,
}

impl StreamConfig {
    /// A stream with what is usual for its kind: key frames are asked for in video only, also when a frame came too late;
    /// no event log; no skipping before it is too late.
    pub fn new(
        id: StreamId,
        kind: StreamKind,
        ssrcs: Ssrcs,
        timebase: u32,
        keys: StreamKeys,
    ) -> StreamConfig {
        let is_video = kind == StreamKind::Video;
        StreamConfig {
            id,
            kind,
            sender: ssrcs.sender,
            receiver: ssrcs.receiver,
            timebase,
            keys,
            target_delay: Duration::from_millis(400),
            event_log: false,
            picture_loss: is_video,
            skip_to_key_frame: false,
            proactive_picture_loss: is_video.then_some(DEFAULT_PROACTIVE_INTERVAL),
        }
    }
}

/// Both ends of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ssrcs {
    /// From the OFFER.
    pub sender: Ssrc,
    /// From the ANSWER.
    pub receiver: Ssrc,
}

/// All of one session over one UDP flow.
#[derive(Debug, Clone)]
pub struct ReceiverConfig {
    /// The streams; SSRCs distinct.
    pub streams: Vec<StreamConfig>,
    /// The wall clock at the moment that [`Receiver::new`](super::Receiver::new) is told: time since 1970.
    pub unix_time: Duration,
    /// UDP payload in bytes that the path carries: 1472 on IPv4, 1452 on IPv6; less than 256 counts as 256.
    pub max_packet_size: usize,
    /// What the player needs between getting a frame and showing it; a frame that is not complete by then is late.
    pub processing_time: Duration,
    /// Feedback while packets are missing comes this long after the last. Receivers that ship differ: 30 ms is what the
    /// reference means, 500 ms what it does (it looks for losses in a list that it has emptied before).
    pub nack_interval: Duration,
    /// A sender report is answered at once, as the reference does. Else the answer waits for the next feedback.
    pub answers_reports: bool,
}

impl ReceiverConfig {
    /// Without streams, for an IPv4 path of Ethernet's size and a player that needs 50 ms.
    pub fn new(unix_time: Duration) -> ReceiverConfig {
        ReceiverConfig {
            streams: Vec::new(),
            unix_time,
            max_packet_size: MAX_PACKET_SIZE_IPV4,
            processing_time: DEFAULT_PROCESSING_TIME,
            nack_interval: NACK_INTERVAL,
            answers_reports: true,
        }
    }
}
