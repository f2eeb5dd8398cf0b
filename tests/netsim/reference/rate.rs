// SPDX-License-Identifier: GPL-3.0-or-later
//! The reference's bandwidth estimate and what is made of it: packets sent and bytes acknowledged in, a bitrate out.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use telecast::cast::sender::{SenderConfig, StreamId, StreamKind};

/// How often the bitrate is adapted.
pub const STEP: Duration = Duration::from_millis(500);

/// What the estimate looks back on.
const WINDOW: Duration = Duration::from_millis(2560);

/// The part of the estimate that is used.
const SAFETY: f64 = 0.8;

/// The estimate is never taken for less than this, in bits per second.
const LEAST_USABLE: f64 = (384 << 10) as f64;

/// The bitrate grows by this at most in a step.
const GROWTH: f64 = 1.1;

/// Raw pictures after which the suggester judges.
const SUGGESTER_WINDOW: u32 = 100;

/// Its steps, from the least to the largest bitrate.
const SUGGESTER_STEPS: f64 = 8.0;

/// Estimate and bitrate.
pub struct Rate {
    start: Instant,
    packets_in_burst: usize,
    sent: VecDeque<(Instant, usize)>,
    acknowledged: VecDeque<(Instant, usize)>,
    video: Option<StreamId>,
    least: f64,
    most: f64,
    bitrate: f64,
    suggested: f64,
    asked: u32,
    dropped: u32,
}

impl Rate {
    pub fn new(now: Instant, config: &SenderConfig, packets_in_burst: usize) -> Rate {
        let pictures = |kind| kind == StreamKind::Video;
        let video = config.streams.iter().find(|it| pictures(it.kind));
        let sum = |bitrate: fn(&telecast::cast::sender::StreamConfig) -> u32| {
            let bitrates = config.streams.iter().map(bitrate);
            bitrates.map(f64::from).sum::<f64>()
        };
        let (least, most) = (sum(|it| it.min_bitrate), sum(|it| it.max_bitrate));
        Rate {
            start: now,
            packets_in_burst,
            sent: VecDeque::new(),
            acknowledged: VecDeque::new(),
            video: video.map(|it| it.id),
            least,
            most,
            bitrate: most / 2.0,
            suggested: most,
            asked: 0,
            dropped: 0,
        }
    }

    /// Bits per second for all streams.
    pub fn bitrate(&self) -> u32 {
        self.bitrate
            .min(self.suggested)
            .clamp(self.least, self.most) as u32
    }

    pub fn on_packet(&mut self, now: Instant) {
        match self.sent.back_mut() {
            Some((at, packets)) if *at == now => *packets += 1,
            _ => self.sent.push_back((now, 1)),
        }
    }

    /// Booked when it probably arrived.
    pub fn on_acknowledged(&mut self, now: Instant, round_trip: Duration, bytes: usize) {
        let at = now.checked_sub(round_trip).unwrap_or(self.start);
        self.acknowledged.push_back((at, bytes));
    }

    /// Chromium's suggester: a step down when any of the last 100 pictures had to be dropped, else up.
    pub fn on_raw_frame(&mut self, id: StreamId, dropped: bool) {
        if self.video != Some(id) {
            return;
        }
        self.asked += 1;
        self.dropped += u32::from(dropped);
        if self.asked == SUGGESTER_WINDOW {
            let step = (self.most - self.least) / SUGGESTER_STEPS;
            let change = if self.dropped > 0 { -step } else { step };
            self.suggested = (self.suggested + change).clamp(self.least, self.most);
            (self.asked, self.dropped) = (0, 0);
        }
    }

    pub fn adapt(&mut self, now: Instant, round_trip: Duration) {
        if let Some(estimate) = self.estimate(now, round_trip) {
            let usable = (SAFETY * f64::from(estimate)).max(LEAST_USABLE);
            self.bitrate = usable.min(self.bitrate * GROWTH).min(self.most);
        }
    }

    /// What was acknowledged, by the time that sending took.
    pub fn estimate(&mut self, now: Instant, round_trip: Duration) -> Option<u32> {
        let begin = now
            .checked_sub(WINDOW)
            .unwrap_or(self.start)
            .max(self.start);
        let end = now.checked_sub(round_trip).unwrap_or(self.start);
        for history in [&mut self.sent, &mut self.acknowledged] {
            while history.pop_front_if(|(at, _)| *at < begin).is_some() {}
        }
        let window = end.saturating_duration_since(begin);
        if window < WINDOW / 2 {
            return None;
        }
        let sum = |history: &VecDeque<(Instant, usize)>| {
            let known = history.iter().filter(|(at, _)| *at <= end);
            known.map(|(_, count)| *count).sum::<usize>()
        };
        let (packets, bytes) = (sum(&self.sent), sum(&self.acknowledged));
        if packets == 0 || bytes == 0 {
            return None;
        }
        let bursts = window.as_secs_f64() * 100.0;
        let busy = packets as f64 / (bursts * self.packets_in_burst as f64);
        let seconds = window.as_secs_f64() * busy.min(1.0);
        Some((bytes as f64 * 8.0 / seconds).min(f64::from(i32::MAX)) as u32)
    }
}
