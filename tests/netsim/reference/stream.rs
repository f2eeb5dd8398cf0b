// SPDX-License-Identifier: GPL-3.0-or-later
//! One stream of the reference sender: frames in flight, which of their packets are to be sent, reports, key frames.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;
use telecast::cast::crypto::FrameCipher;
use telecast::cast::frame::{Dependency, EncodedFrame, FrameId, MediaTime, StreamKind};
use telecast::cast::ntp::{NtpClock, ReportId};
use telecast::cast::rtcp::compound::FeedbackEvents;
use telecast::cast::rtcp::{
    Feedback, FeedbackReader, ReportBlock, RtcpError, SenderReport, WHOLE_FRAME,
};
use telecast::cast::rtp::packetize::{FrameSlices, Packetizer};
use telecast::cast::sender::StreamConfig;
use telecast::cast::stats::DropReason;

/// Between two sender reports.
const REPORT_INTERVAL: Duration = Duration::from_millis(500);

/// Frames above the checkpoint.
const MAX_UNACKED_FRAMES: usize = 120;

/// Between two requests for a key frame, and this many target delays (Chromium).
const KEY_FRAME_INTERVAL: Duration = Duration::from_millis(500);
const KEY_FRAME_DELAYS: u32 = 6;

struct Packet {
    sent: Option<Instant>,
    to_send: bool,
}

struct Frame {
    id: FrameId,
    dependency: Dependency,
    media_time: MediaTime,
    payload: Bytes,
    packets: Vec<Packet>,
    /// Acknowledged on its own.
    done: bool,
}

pub struct Stream {
    pub config: StreamConfig,
    cipher: FrameCipher,
    packetizer: Packetizer,
    reader: FeedbackReader,
    checkpoint: FrameId,
    /// Those above the checkpoint.
    frames: VecDeque<Frame>,
    newest: Option<(MediaTime, Instant)>,
    latest_expected: FrameId,
    report_at: Option<Instant>,
    reports: VecDeque<(ReportId, Instant)>,
    packets: u32,
    octets: u32,
    last_key_frame: FrameId,
    picture_lost: FrameId,
    /// An encoded frame was refused.
    broken: bool,
    key_frame_wanted: bool,
    key_frame_asked: Option<Instant>,
}

impl Stream {
    pub fn new(config: StreamConfig, max_packet_size: usize) -> Stream {
        Stream {
            cipher: FrameCipher::new(&config.keys),
            packetizer: Packetizer::new(
                config.ssrc,
                config.payload_type,
                max_packet_size,
                config.first_sequence_number,
            ),
            reader: FeedbackReader::new(config.ssrc, config.receiver_ssrc),
            checkpoint: FrameId::LEADER,
            frames: VecDeque::new(),
            newest: None,
            latest_expected: FrameId::LEADER,
            report_at: None,
            reports: VecDeque::new(),
            packets: 0,
            octets: 0,
            last_key_frame: FrameId::LEADER,
            picture_lost: FrameId::LEADER,
            broken: false,
            key_frame_wanted: false,
            key_frame_asked: None,
            config,
        }
    }

    pub fn checkpoint(&self) -> FrameId {
        self.checkpoint
    }

    fn newest_id(&self) -> FrameId {
        self.checkpoint + self.frames.len() as i64
    }

    /// Media from the oldest frame in flight to `until`; 0 when nothing is in flight.
    fn span(&self, until: MediaTime) -> Duration {
        let Some(oldest) = self.frames.front() else {
            return Duration::ZERO;
        };
        let ticks = until.0.saturating_sub(oldest.media_time.0).max(0);
        Duration::from_secs_f64(ticks as f64 / f64::from(self.config.timebase))
    }

    /// Whether a raw frame that lasts `next` is worth encoding.
    pub fn may_encode(&self, now: Instant, next: Duration, limit: Duration) -> bool {
        let Some((newest, captured)) = self.newest else {
            return true;
        };
        let until_now = self.span(self.continued(newest, captured, now));
        let until_next = self.span(newest) + next;
        self.frames.len() < MAX_UNACKED_FRAMES
            && (self.frames.is_empty() || until_next.max(until_now) <= limit)
    }

    /// The media time of this moment.
    fn continued(&self, newest: MediaTime, captured: Instant, now: Instant) -> MediaTime {
        let since = now.saturating_duration_since(captured).as_secs_f64();
        MediaTime(newest.0 + (since * f64::from(self.config.timebase)) as i64)
    }

    /// Takes a frame in, or says why not.
    pub fn enqueue(
        &mut self,
        now: Instant,
        frame: EncodedFrame,
        limit: Duration,
        answered: bool,
    ) -> Result<(), DropReason> {
        let is_key_frame = frame.dependency == Dependency::KeyFrame;
        let refusal = if self.broken && !is_key_frame && self.config.kind == StreamKind::Video {
            Some(DropReason::NoKeyFrame)
        } else if self.frames.len() >= MAX_UNACKED_FRAMES {
            Some(DropReason::IdSpan)
        } else if self.span(frame.media_time) > limit {
            Some(DropReason::Duration)
        } else {
            None
        };
        if let Some(reason) = refusal {
            self.broken = true;
            self.key_frame_wanted = true;
            return Err(reason);
        }
        let count = self.packetizer.packet_count(frame.data.len());
        let count = count.ok_or(DropReason::TooLarge)?;
        let id = self.newest_id().next();
        if is_key_frame {
            self.last_key_frame = id;
            self.key_frame_wanted = false;
            self.broken = false;
        }
        if !answered || self.report_at.is_none() {
            self.report_at = Some(now);
        }
        self.newest = Some((frame.media_time, frame.times.captured));
        let packet = || Packet {
            sent: None,
            to_send: true,
        };
        self.frames.push_back(Frame {
            id,
            dependency: frame.dependency,
            media_time: frame.media_time,
            payload: self.cipher.apply_owned(id, frame.data),
            packets: std::iter::repeat_with(packet).take(count).collect(),
            done: false,
        });
        Ok(())
    }

    pub fn read(&mut self, datagram: &[u8]) -> Result<FeedbackEvents, RtcpError> {
        let newest = self.newest_id();
        self.reader.read(datagram, newest)
    }

    pub fn round_trip(&self, now: Instant, answer: &ReportBlock) -> Option<Duration> {
        let sent = self
            .reports
            .iter()
            .find(|(id, _)| *id == answer.last_report);
        let passed = now.saturating_duration_since(sent?.1);
        Some(passed.saturating_sub(answer.delay.to_duration()))
    }

    /// Lets go of what is acknowledged; returns its bytes.
    pub fn acknowledge(&mut self, feedback: &Feedback) -> usize {
        let mut bytes = 0;
        let newest = self.newest_id();
        while self.checkpoint < feedback.checkpoint
            && let Some(frame) = self.frames.pop_front()
        {
            self.checkpoint = frame.id;
            bytes += if frame.done { 0 } else { frame.payload.len() };
        }
        let mut expected = feedback.checkpoint;
        let acknowledged = match feedback.acknowledged.last() {
            Some(highest) if *highest > newest => &[],
            _ => feedback.acknowledged.as_slice(),
        };
        for id in acknowledged {
            expected = expected.max(*id);
            if let Some(frame) = self.frame(*id).filter(|frame| !frame.done) {
                frame.done = true;
                bytes += frame.payload.len();
            }
        }
        let missing = feedback.missing.iter().map(|nack| nack.frame);
        let expected = missing
            .filter(|id| *id <= newest)
            .fold(expected, FrameId::max);
        self.latest_expected = self.latest_expected.max(expected);
        bytes
    }

    fn frame(&mut self, id: FrameId) -> Option<&mut Frame> {
        let index = usize::try_from(id - self.checkpoint - 1).ok()?;
        self.frames.get_mut(index)
    }

    /// A packet is sent again when it was last sent a round trip before the report came.
    pub fn mark_missing(&mut self, now: Instant, round_trip: Duration, feedback: &Feedback) {
        let Some(before) = now.checked_sub(round_trip) else {
            return;
        };
        for nack in &feedback.missing {
            let Some(frame) = self.frame(nack.frame).filter(|frame| !frame.done) else {
                continue;
            };
            for (packet, id) in frame.packets.iter_mut().zip(0u16..) {
                let is_named = nack.packet == WHOLE_FRAME || nack.packet == id;
                if is_named && packet.sent.is_some_and(|sent| sent <= before) {
                    packet.to_send = true;
                }
            }
        }
    }

    pub fn on_picture_loss(&mut self, checkpoint: FrameId) {
        if checkpoint >= self.last_key_frame {
            self.picture_lost = checkpoint.max(self.last_key_frame);
            self.key_frame_wanted = true;
        }
    }

    pub fn take_key_frame_request(&mut self, now: Instant, target_delay: Duration) -> bool {
        let pause = KEY_FRAME_INTERVAL.max(target_delay * KEY_FRAME_DELAYS);
        let is_soon = |asked| now.saturating_duration_since(asked) < pause;
        let is_wanted = self.key_frame_wanted && self.config.kind == StreamKind::Video;
        // A frame that was refused breaks the stream: that cannot wait.
        if !is_wanted || (!self.broken && self.key_frame_asked.is_some_and(is_soon)) {
            return false;
        }
        self.key_frame_wanted = false;
        self.key_frame_asked = Some(now);
        true
    }

    /// When the next sender report is due.
    pub fn report_at(&self) -> Option<Instant> {
        self.report_at
    }

    pub fn report(&mut self, now: Instant, clock: &NtpClock) -> Option<SenderReport> {
        let (media_time, captured) = self.newest?;
        let media_time = self.continued(media_time, captured, now);
        let report = SenderReport {
            sender: self.config.ssrc,
            reference_time: clock.to_ntp(now),
            rtp_timestamp: media_time.rtp_timestamp(),
            packet_count: self.packets,
            octet_count: self.octets,
            block: None,
        };
        self.reports.push_back((report.id(), now));
        if self.reports.len() > 256 {
            self.reports.pop_front();
        }
        self.report_at = Some(now + REPORT_INTERVAL);
        Some(report)
    }

    fn any_to_send(&self) -> bool {
        let mut frames = self.frames.iter().filter(|frame| !frame.done);
        frames.any(|frame| frame.packets.iter().any(|packet| packet.to_send))
    }

    /// When a packet is to be sent: now, or as a kickstart.
    pub fn packet_at(&self, now: Instant, kickstart: Duration) -> Option<Instant> {
        if self.any_to_send() {
            return Some(now);
        }
        let frame = self.frames.back().filter(|frame| !frame.done)?;
        if self.latest_expected >= frame.id {
            return None;
        }
        Some(frame.packets.last()?.sent? + kickstart)
    }

    /// The oldest frame first, in it the lowest packet.
    pub fn write_packet(
        &mut self,
        now: Instant,
        kickstart: Duration,
        out: &mut [u8],
    ) -> Option<usize> {
        if self.packet_at(now, kickstart)? > now {
            return None;
        }
        if !self.any_to_send() {
            self.frames.back_mut()?.packets.last_mut()?.to_send = true;
        }
        let frames = self.frames.iter_mut().filter(|frame| !frame.done);
        let (frame, index) = { frames }.find_map(|frame| {
            let index = frame.packets.iter().position(|packet| packet.to_send)?;
            Some((frame, index))
        })?;
        let slices = FrameSlices {
            id: frame.id,
            dependency: frame.dependency,
            media_time: frame.media_time,
            new_playout_delay_ms: None,
            payload: &frame.payload,
        };
        let packet_id = u16::try_from(index).ok()?;
        let written = self.packetizer.write(&slices, packet_id, out)?;
        frame.packets[index] = Packet {
            sent: Some(now),
            to_send: false,
        };
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(written.payload_size as u32);
        Some(written.size)
    }
}
