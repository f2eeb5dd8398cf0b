// SPDX-License-Identifier: GPL-3.0-or-later
//! What the sender says about itself: rates since the last sample, totals since the start. Numbers only, no keys or text.

use std::time::Duration;

use crate::cast::congestion::ladder::Largest;
use crate::cast::sender::{StreamId, StreamKind};

/// Why a frame was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DropReason {
    /// A raw frame: too much media was under way.
    InFlight,
    /// A raw frame: the encoder was behind and a newer one had come.
    EncoderBusy,
    /// A raw frame: the frame rate is limited.
    FrameRate,
    /// An encoded frame: 120 frames are unacknowledged.
    IdSpan,
    /// An encoded frame: more than the target delay's worth of media is unacknowledged.
    Duration,
    /// An encoded frame: it needs more than 65 534 packets, or unacknowledged frames fill the memory set apart for them.
    TooLarge,
    /// An encoded frame: its media time is not after that of the frame before.
    MediaTime,
    /// An encoded frame: the one it refers to was not sent.
    NoKeyFrame,
    /// An encoded frame: the network became slower, and a small key frame in its place is there sooner.
    TooLate,
}

impl DropReason {
    /// Every reason.
    pub const ALL: [DropReason; 9] = [
        DropReason::InFlight,
        DropReason::EncoderBusy,
        DropReason::FrameRate,
        DropReason::IdSpan,
        DropReason::Duration,
        DropReason::TooLarge,
        DropReason::MediaTime,
        DropReason::NoKeyFrame,
        DropReason::TooLate,
    ];

    /// The key of the statistics.
    pub fn name(self) -> &'static str {
        match self {
            DropReason::InFlight => "in_flight",
            DropReason::EncoderBusy => "encoder_busy",
            DropReason::FrameRate => "rate",
            DropReason::IdSpan => "id_span",
            DropReason::Duration => "duration",
            DropReason::TooLarge => "too_large",
            DropReason::MediaTime => "media_time",
            DropReason::NoKeyFrame => "no_key_frame",
            DropReason::TooLate => "too_late",
        }
    }
}

/// How often frames were dropped since the start, by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Drops([u64; DropReason::ALL.len()]);

impl Drops {
    /// One more.
    pub fn add(&mut self, reason: DropReason) {
        self.0[reason as usize] += 1;
    }

    /// For one reason.
    pub fn of(&self, reason: DropReason) -> u64 {
        self.0[reason as usize]
    }

    /// For all reasons.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// The reasons that occurred, with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (DropReason, u64)> + '_ {
        DropReason::ALL
            .into_iter()
            .map(|reason| (reason, self.of(reason)))
            .filter(|(_, count)| *count > 0)
    }
}

/// Frames a second since the last sample.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct FrameRates {
    /// Reached the encoder, or were dropped before it.
    pub captured: f64,
    /// Left the encoder.
    pub encoded: f64,
    /// All packets have left.
    pub sent: f64,
    /// Were acknowledged.
    pub acknowledged: f64,
}

/// Mean time that the frames acknowledged since the last sample spent in each stage; `None` where nothing is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StageLatencies {
    /// Drawn until received by this process.
    pub capture: Option<Duration>,
    /// Waiting for conversion and being converted.
    pub convert: Option<Duration>,
    /// In the encoder.
    pub encode: Option<Duration>,
    /// From the encoder until the last packet had left.
    pub pace: Option<Duration>,
    /// On the way: from the receiver's event log when it sends one, else half a round trip.
    pub network: Option<Duration>,
    /// From the arrival of what was sent first until the frame was complete, repetitions included.
    pub reassembly: Option<Duration>,
    /// What is left of the target delay: waiting in the receiver for its moment.
    pub playout: Option<Duration>,
}

/// One stream.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamStats {
    /// Which.
    pub id: StreamId,
    /// Sound or pictures.
    pub kind: StreamKind,
    /// Frames a second since the last sample.
    pub fps: FrameRates,
    /// Bits per second that the encoder was last asked for.
    pub target_bitrate: u32,
    /// The most that it may ever be asked for.
    pub max_bitrate: u32,
    /// Bits per second that left the encoder since the last sample.
    pub actual_bitrate: u32,
    /// What the encoder was last told that pictures may be; `None` for sound.
    pub pictures: Option<Largest>,
    /// What they may be at most.
    pub largest_pictures: Option<Largest>,
    /// Key frames taken in since the start.
    pub key_frames: u64,
    /// Packets lost on the way, 0 to 1: the mean of the receiver's reports since the last sample.
    pub loss: f64,
    /// Packets sent since the start, those sent again included.
    pub packets: u64,
    /// Packets sent again since the start.
    pub retransmitted: u64,
    /// Media time that is not acknowledged.
    pub in_flight: Duration,
    /// Bytes that are not acknowledged.
    pub in_flight_bytes: usize,
    /// Frames not sent since the start.
    pub dropped: Drops,
    /// How often frames were missing in a row since the start.
    pub gaps: u64,
    /// Where the time went.
    pub latency: StageLatencies,
    /// For how long the receiver has been reporting that it cannot show a picture.
    pub picture_lost_for: Option<Duration>,
    /// Frames that the receiver logged as played since the start; it may log none at all.
    pub played_out: u64,
    /// Frames that the receiver logged as decoded since the start.
    pub decoded: u64,
    /// All events that the receiver has logged since the start: 0 from one that keeps no log.
    pub logged: u64,
}

/// The sender: all streams, and the path they share.
#[derive(Debug, Clone, PartialEq)]
pub struct SenderStats {
    /// Bits per second that the network is believed to carry; `None` while unknown.
    pub estimate: Option<u32>,
    /// Bits per second at which bursts leave.
    pub pacing_rate: u32,
    /// Filtered.
    pub round_trip: Option<Duration>,
    /// How far measurements of it stray from that, on the average.
    pub jitter: Option<Duration>,
    /// From capture to display, as it is in force.
    pub target_delay: Duration,
    /// How long the receiver has been silent; `None` before its first word.
    pub since_feedback: Option<Duration>,
    /// Datagrams that were not RTCP of this session's receiver.
    pub foreign_datagrams: u64,
    /// Datagrams of the receiver that were malformed and had no effect.
    pub refused_datagrams: u64,
    /// Each stream, sound first.
    pub streams: Vec<StreamStats>,
}

impl SenderStats {
    /// The numbers of one stream.
    pub fn stream(&self, id: StreamId) -> Option<&StreamStats> {
        self.streams.iter().find(|stream| stream.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_is_counted_under_its_own_name() {
        let mut drops = Drops::default();
        for (times, reason) in DropReason::ALL.into_iter().enumerate() {
            for _ in 0..times {
                drops.add(reason);
            }
        }
        let names: std::collections::BTreeSet<_> =
            DropReason::ALL.into_iter().map(DropReason::name).collect();
        assert_eq!(names.len(), DropReason::ALL.len());
        for (times, reason) in DropReason::ALL.into_iter().enumerate() {
            assert_eq!(drops.of(reason), times as u64);
        }
        assert_eq!(drops.iter().count(), DropReason::ALL.len() - 1);
        assert_eq!(drops.total(), 36);
    }
}
