// SPDX-License-Identifier: GPL-3.0-or-later
//! The receiver's event log in, the time on the way out, although the two clocks have nothing in common.
//!
//! ```text
//!   sender    ──sent──────────────────────────────acknowledged──▶   our clock
//!                  \  network                   /  way back
//!   receiver  ──────received──────────ack sent──────────────────▶   ms since its session began, modulo 2²⁴
//!
//!   received − sent = offset + network      ack sent − acknowledged = offset − way back
//! ```
//! The smallest of the former and the largest of the latter bound the offset from above and below; it is taken to lie in
//! the middle, which is right when both ways are equally long. (The reference smooths the two with a Kalman filter,
//! `clock_offset_estimator_impl.cc`; extremes over a window need no model of the noise.)

use std::collections::VecDeque;
use std::time::Duration;
use std::time::Instant;

use crate::cast::rtcp::{FrameLog, LogEventKind};
use crate::cast::sender::in_flight_frame::InFlightFrame;
use crate::cast::sender::meter::Meter;

/// Frames that a log may still tell about (Open Screen `statistics_analyzer.cc`).
const MAX_FRAMES: usize = 200;

/// Measurements of the offset that are looked back at: some seconds, so that the drift of the clocks does not matter.
const WINDOW: usize = 128;

/// The receiver's log counts milliseconds modulo this.
const MODULUS_MS: i64 = 1 << 24;

/// A frame that was sent, for as long as the log may name it.
#[derive(Debug)]
struct Sent {
    rtp_timestamp: u32,
    last_packet: u16,
    /// When the last of its packets left for the first time.
    left: Instant,
    acknowledged: Option<Instant>,
}

/// Matches what was sent with what the log says arrived.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    origin: Option<Instant>,
    sent: VecDeque<Sent>,
    /// Offset plus time on the way, in ms.
    upper: VecDeque<f64>,
    /// Offset minus time on the way back, in ms.
    lower: VecDeque<f64>,
}

impl Arrivals {
    /// All packets of a frame have left.
    pub(super) fn on_sent(&mut self, now: Instant, frame: &InFlightFrame) {
        self.origin.get_or_insert(now);
        let Some((last_packet, _)) = frame.last_packet() else {
            return;
        };
        if self.sent.len() == MAX_FRAMES {
            self.sent.pop_front();
        }
        self.sent.push_back(Sent {
            rtp_timestamp: frame.media_time.rtp_timestamp(),
            last_packet,
            left: now,
            acknowledged: None,
        });
    }

    /// The acknowledgement of a frame came.
    pub(super) fn on_acknowledged(&mut self, now: Instant, frame: &InFlightFrame) {
        let rtp_timestamp = frame.media_time.rtp_timestamp();
        let entry = self
            .sent
            .iter_mut()
            .rev()
            .find(|sent| sent.rtp_timestamp == rtp_timestamp);
        if let Some(entry) = entry {
            entry.acknowledged = Some(now);
        }
    }

    /// The receiver's log came.
    pub(super) fn on_log(&mut self, log: &[FrameLog], meter: &mut Meter) {
        let Some(origin) = self.origin else { return };
        let ms = |at: Instant| at.saturating_duration_since(origin).as_secs_f64() * 1e3;
        for frame in log {
            let sent = self
                .sent
                .iter()
                .rev()
                .find(|sent| sent.rtp_timestamp == frame.rtp_timestamp);
            for event in &frame.events {
                let at = event.at.as_millis() as f64;
                meter.logged += 1;
                match (event.kind, sent) {
                    (LogEventKind::PacketReceived { packet }, Some(sent))
                        if packet == sent.last_packet =>
                    {
                        let sample = near_zero(at - ms(sent.left));
                        push(&mut self.upper, sample);
                        if let Some(offset) = offset(&self.upper, &self.lower) {
                            let on_the_way = (sample - offset).clamp(0.0, 1e6);
                            meter.on_logged_network(Duration::from_secs_f64(on_the_way / 1e3));
                        }
                    }
                    (LogEventKind::AckSent { .. }, Some(sent)) => {
                        if let Some(acknowledged) = sent.acknowledged {
                            push(&mut self.lower, near_zero(at - ms(acknowledged)));
                        }
                    }
                    (LogEventKind::PlayedOut { .. }, _) => meter.played_out += 1,
                    (LogEventKind::Decoded { .. }, _) => meter.decoded += 1,
                    _ => {}
                }
            }
        }
    }
}

/// The offset between the clocks in ms, once both ways were seen.
fn offset(upper: &VecDeque<f64>, lower: &VecDeque<f64>) -> Option<f64> {
    let smallest = upper.iter().copied().reduce(f64::min)?;
    let largest = lower.iter().copied().reduce(f64::max)?;
    Some(f64::midpoint(smallest, largest))
}

/// The receiver's clock wraps; differences are kept within half of its range around zero.
fn near_zero(difference_ms: f64) -> f64 {
    let half = (MODULUS_MS / 2) as f64;
    (difference_ms + half).rem_euclid(MODULUS_MS as f64) - half
}

fn push(window: &mut VecDeque<f64>, sample: f64) {
    if window.len() == WINDOW {
        window.pop_front();
    }
    window.push_back(sample);
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    use crate::cast::frame::Ssrc;
    use crate::cast::frame::{Dependency, FrameId, MediaTime, StageTimes};
    use crate::cast::rtcp::LogEvent;
    use crate::cast::rtp::packetize::{FrameSlices, MIN_PACKET_SIZE, Packetizer};

    /// A frame of two packets, both sent.
    fn frame(now: Instant, media_time: i64) -> InFlightFrame {
        let slices = FrameSlices {
            id: FrameId(media_time),
            dependency: Dependency::Independent,
            media_time: MediaTime(media_time),
            new_playout_delay_ms: None,
            payload: &[],
        };
        let times = StageTimes {
            captured: now,
            received: now,
            converted: now,
            encoded: now,
        };
        let packetizer = Packetizer::new(Ssrc(1), 96, MIN_PACKET_SIZE, 0);
        let slicing = packetizer.cut(MIN_PACKET_SIZE).unwrap();
        let mut frame = InFlightFrame::new(&slices, Bytes::new(), slicing, times);
        frame.mark_sent(now, 0, 1);
        frame.mark_sent(now, 1, 2);
        frame
    }

    #[test]
    fn the_way_there_is_measured_although_the_receivers_clock_starts_anywhere_and_wraps() {
        let start = Instant::now();
        let ms = Duration::from_millis;
        // The receiver's clock is 1 s before its wrap when ours begins.
        let theirs = |at_ms: u64| ms(((1 << 24) - 1000 + at_ms) % (1 << 24));
        let mut arrivals = Arrivals::default();
        let mut meter = Meter::new(start);
        for index in 0..100 {
            // 8 ms there, 2 ms until the frame is complete, 8 ms back.
            let at = index * 33;
            let frame = frame(start + ms(at), index as i64 * 3000);
            arrivals.on_sent(start + ms(at), &frame);
            arrivals.on_acknowledged(start + ms(at + 18), &frame);
            let events = [
                (LogEventKind::PacketReceived { packet: 0 }, at + 3),
                (LogEventKind::PacketReceived { packet: 1 }, at + 8),
                (LogEventKind::AckSent { delay_ms: 0 }, at + 10),
                (LogEventKind::Decoded { delay_ms: 0 }, at + 190),
                (LogEventKind::PlayedOut { delay_ms: 200 }, at + 200),
            ];
            let log = FrameLog {
                rtp_timestamp: frame.media_time.rtp_timestamp(),
                events: events
                    .map(|(kind, at)| LogEvent {
                        kind,
                        at: theirs(at),
                    })
                    .to_vec(),
            };
            let unknown = FrameLog {
                rtp_timestamp: 1,
                ..log.clone()
            };
            arrivals.on_log(&[log, unknown], &mut meter);
        }
        let network = meter.take_latencies().network.unwrap();
        assert!(network.abs_diff(ms(8)) < ms(1), "{network:?}");
        assert_eq!((meter.played_out, meter.decoded), (200, 200));
        assert_eq!(meter.logged, 1000);
        assert!(arrivals.sent.len() <= MAX_FRAMES && arrivals.upper.len() <= WINDOW);
    }

    #[test]
    fn a_log_before_anything_was_sent_says_nothing() {
        let mut meter = Meter::new(Instant::now());
        let log = FrameLog {
            rtp_timestamp: 0,
            events: vec![LogEvent {
                kind: LogEventKind::PacketReceived { packet: 0 },
                at: Duration::ZERO,
            }],
        };
        Arrivals::default().on_log(&[log], &mut meter);
        assert_eq!(meter.take_latencies().network, None);
    }
}
