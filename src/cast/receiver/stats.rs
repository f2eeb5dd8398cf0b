// SPDX-License-Identifier: GPL-3.0-or-later
//! The numbers that a receiver shows. Input: what happens to frames; output: [`StreamStats`] at any moment.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::cast::frame::{FrameId, StreamId, StreamKind};

/// Rates are taken over this long.
const RATE_WINDOW: Duration = Duration::from_secs(1);
/// More frames in [`RATE_WINDOW`] than anybody sends.
const MAX_RATE: usize = 512;

/// The numbers of all streams.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReceiverStats {
    /// Datagrams that were neither RTP nor RTCP of a known stream, or malformed.
    pub refused_datagrams: u64,
    /// One for each stream, in the order of the configuration.
    pub streams: Vec<StreamStats>,
}

/// The numbers of one stream, since its start unless said otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamStats {
    /// The stream.
    pub stream: StreamId,
    /// Sound or pictures.
    pub kind: StreamKind,
    /// RTP packets that arrived, duplicates included.
    pub packets_received: u64,
    /// RTP packets that the sequence numbers say were sent and that did not arrive.
    pub packets_lost: u32,
    /// Packets that arrived a second time, or for a frame that was complete or given up.
    pub packets_useless: u64,
    /// Payload bytes that arrived.
    pub bytes_received: u64,
    /// Interarrival jitter.
    pub jitter: Duration,
    /// Frames whose last packet arrived.
    pub frames_completed: u64,
    /// The same per second, over the last second.
    pub frames_per_second: f64,
    /// Key frames among them.
    pub key_frames: u64,
    /// Frames that were complete only after their playout time.
    pub late: u64,
    /// Frames that were given up.
    pub skipped: u64,
    /// Time during which the picture stood still (or there was no sound) although frames existed.
    pub frozen: Duration,
    /// The longest such time.
    pub longest_freeze: Duration,
    /// How often asking for a key frame began.
    pub key_frame_requests: u64,
    /// The newest target delay.
    pub target_delay: Duration,
    /// Bytes of incomplete and waiting frames in memory.
    pub buffered_bytes: usize,
    /// When the last valid packet arrived; 15 s without one mean a dead stream.
    pub last_packet: Option<Instant>,
}

/// Counts for [`StreamStats`] what the other parts of a stream do not count.
#[derive(Debug, Clone, Default)]
pub(super) struct Counters {
    pub packets_useless: u64,
    pub bytes_received: u64,
    pub frames_completed: u64,
    pub key_frames: u64,
    pub late: u64,
    pub skipped: u64,
    pub key_frame_requests: u64,
    pub last_packet: Option<Instant>,
    completions: VecDeque<Instant>,
    pub freezes: Freezes,
}

impl Counters {
    /// A frame is complete.
    pub fn on_complete(&mut self, now: Instant, is_key_frame: bool, is_late: bool) {
        self.frames_completed += 1;
        self.key_frames += u64::from(is_key_frame);
        self.late += u64::from(is_late);
        if self.completions.len() >= MAX_RATE {
            self.completions.pop_front();
        }
        self.completions.push_back(now);
    }

    /// Frames completed in the last second.
    pub fn frames_per_second(&self, now: Instant) -> f64 {
        let is_recent = |at: &&Instant| now.saturating_duration_since(**at) < RATE_WINDOW;
        self.completions.iter().rev().take_while(is_recent).count() as f64
            / RATE_WINDOW.as_secs_f64()
    }
}

/// Measures the time during which nothing new could be shown although frames existed.
///
/// A freeze begins when the frame after the last shown one should have been shown, and ends when the next one is.
#[derive(Debug, Clone, Default)]
pub(super) struct Freezes {
    total: Duration,
    longest: Duration,
    /// The last frame given out, its playout time, and the time from one frame to the next.
    last: Option<(FrameId, Instant, Duration)>,
}

impl Freezes {
    /// A frame is given out.
    pub fn on_given(&mut self, now: Instant, id: FrameId, playout: Instant) {
        let mut interval = Duration::ZERO;
        if let Some((last_id, last_playout, _)) = self.last {
            let frames = u32::try_from(id - last_id).unwrap_or(u32::MAX).max(1);
            interval = playout.saturating_duration_since(last_playout) / frames;
            let frozen = now
                .max(playout)
                .saturating_duration_since(last_playout + interval);
            self.total += frozen;
            self.longest = self.longest.max(frozen);
        }
        self.last = Some((id, playout, interval));
    }

    /// All freezes and the longest, with the one that is going on when packets are missing.
    pub fn totals(&self, now: Instant, is_missing: bool) -> (Duration, Duration) {
        let current = match self.last {
            Some((_, playout, interval)) if is_missing => {
                now.saturating_duration_since(playout + interval)
            }
            _ => Duration::ZERO,
        };
        (self.total + current, self.longest.max(current))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_that_come_in_time_freeze_nothing_and_a_pause_of_the_sender_is_no_freeze() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut freezes = Freezes::default();
        freezes.on_given(at(0), FrameId(0), at(100));
        freezes.on_given(at(33), FrameId(1), at(133));
        freezes.on_given(at(2000), FrameId(2), at(2100));
        assert_eq!(
            freezes.totals(at(9000), false),
            (Duration::ZERO, Duration::ZERO)
        );
    }

    #[test]
    fn a_freeze_lasts_from_when_the_next_frame_was_due_until_one_is_shown() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut freezes = Freezes::default();
        freezes.on_given(at(0), FrameId(0), at(100));
        freezes.on_given(at(20), FrameId(1), at(120));
        freezes.on_given(at(200), FrameId(2), at(140));
        let late = Duration::from_millis(60);
        assert_eq!(freezes.totals(at(200), false), (late, late));
        freezes.on_given(at(205), FrameId(7), at(240));
        let skipped = Duration::from_millis(80);
        assert_eq!(freezes.totals(at(240), false), (late + skipped, skipped));
        let running = Duration::from_millis(40);
        assert_eq!(
            freezes.totals(at(300), true),
            (late + skipped + running, skipped)
        );
    }
}
