// SPDX-License-Identifier: GPL-3.0-or-later
//! One stream of a receiver: ties the parts of this folder together. Input: its packets and reports; output: its frames
//! and its feedback.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::collector::Collected;
use super::config::{ReceiverConfig, StreamConfig};
use super::event_log::EventLog;
use super::io::{Event, ReceivedFrame};
use super::key_frames::KeyFrameRequests;
use super::reception::Reception;
use super::schedule::Schedule;
use super::skipping::{Patience, Step, next_step};
use super::stats::{Counters, StreamStats};
use super::timing::{DelayTable, PlayoutClock};
use super::window::{Frame, Opening, Window};
use crate::cast::crypto::FrameCipher;
use crate::cast::expand;
use crate::cast::frame::{Dependency, FrameId, StreamId};
use crate::cast::ntp::{NtpClock, ReportDelay};
use crate::cast::rtcp::compound::FeedbackContents;
use crate::cast::rtcp::{FeedbackBuilder, Nack, ReportBlock, SenderReport};
use crate::cast::rtp::RtpPacket;

/// Events that nobody has fetched yet; the oldest are lost beyond that.
const MAX_EVENTS: usize = 64;

/// A stream of the receiver.
#[derive(Debug)]
pub(super) struct Stream {
    config: StreamConfig,
    patience: Patience,
    clock: NtpClock,
    cipher: FrameCipher,
    window: Window,
    /// The highest frame id of any packet that was wanted; wire ids expand against it.
    highest: FrameId,
    playout: PlayoutClock,
    delays: DelayTable,
    reception: Reception,
    schedule: Schedule,
    builder: FeedbackBuilder,
    /// A sender report came that the next feedback answers.
    answer_report: bool,
    answers_at_once: bool,
    key_frames: KeyFrameRequests,
    log: EventLog,
    counters: Counters,
    events: VecDeque<Event>,
    /// When a frame becomes too late.
    recheck: Option<Instant>,
    /// Something changed since the last look for a frame to give out.
    recheck_now: bool,
    missing: Vec<Nack>,
    complete: Vec<FrameId>,
}

impl Stream {
    pub fn new(
        now: Instant,
        clock: NtpClock,
        config: StreamConfig,
        receiver: &ReceiverConfig,
    ) -> Stream {
        Stream {
            patience: Patience {
                processing_time: receiver.processing_time,
                skip_to_key_frame: config.skip_to_key_frame,
            },
            clock,
            cipher: FrameCipher::new(&config.keys),
            window: Window::new(),
            highest: FrameId::FIRST,
            playout: PlayoutClock::new(clock, config.timebase),
            delays: DelayTable::new(config.target_delay),
            reception: Reception::default(),
            schedule: Schedule::new(receiver.nack_interval),
            builder: FeedbackBuilder::new(config.sender, config.receiver, receiver.max_packet_size),
            answer_report: false,
            answers_at_once: receiver.answers_reports,
            key_frames: KeyFrameRequests::new(config.picture_loss, config.proactive_picture_loss),
            log: EventLog::new(now, config.event_log),
            counters: Counters::default(),
            events: VecDeque::new(),
            recheck: None,
            recheck_now: false,
            missing: Vec::new(),
            complete: Vec::new(),
            config,
        }
    }

    pub fn id(&self) -> StreamId {
        self.config.id
    }

    pub fn config(&self) -> &StreamConfig {
        &self.config
    }

    /// Takes in a media packet of this stream.
    pub fn on_packet(&mut self, now: Instant, packet: &RtpPacket<'_>) {
        self.counters.last_packet = Some(now);
        self.counters.bytes_received += packet.payload.len() as u64;
        self.schedule.on_packet(now);
        let media_time = self.playout.expand(packet.rtp_timestamp);
        let (arrival, media) = (
            self.clock.nanos_of_instant(now),
            self.playout.media_nanos(media_time),
        );
        self.reception.count(packet.sequence_number, arrival, media);

        let id = FrameId(expand::nearest(packet.frame_id, self.highest.0));
        if !self.window.admit(id) {
            self.counters.packets_useless += 1;
            return;
        }
        self.highest = self.highest.max(id);
        self.schedule.set_missing(now, self.window.is_missing_any());
        let mut opening = None;
        if packet.packet_id == 0 {
            // Without a sender report nobody knows when the frame is due: it has to be sent again.
            let Some(captured) = self.playout.capture_time(media_time) else {
                return;
            };
            opening = Some(Opening {
                dependency: packet.dependency_of(id),
                media_time,
                captured,
            });
        }
        match self.window.collect(id, packet, opening, now) {
            Collected::New => {}
            Collected::Duplicate | Collected::Refused => {
                self.counters.packets_useless += 1;
                return;
            }
        }
        self.log
            .on_packet(now, packet.rtp_timestamp, packet.packet_id);
        if let Some(ms) = packet
            .new_playout_delay_ms
            .filter(|_| packet.packet_id == 0)
        {
            let delay = Duration::from_millis(ms.into());
            if self.delays.record(id, delay) {
                self.push_event(Event::PlayoutDelay {
                    stream: self.config.id,
                    from: id,
                    delay,
                });
            }
        }
        self.recheck_now = true;
        self.on_progress(now, id);
    }

    /// A frame may have become complete.
    fn on_progress(&mut self, now: Instant, id: FrameId) {
        let Some(frame) = self.window.get(id) else {
            return;
        };
        let (Some(opening), true) = (frame.opening, frame.completed.is_some()) else {
            return;
        };
        let is_key_frame = opening.dependency == Dependency::KeyFrame;
        if is_key_frame {
            self.key_frames.on_key_frame(id);
        }
        let playout = self.playout_time(id, opening);
        self.counters.on_complete(now, is_key_frame, now > playout);
        self.log.on_complete(opening.media_time.rtp_timestamp());
        self.advance(now);
    }

    /// Moves the checkpoint as far as it goes, and tells the sender at once.
    fn advance(&mut self, now: Instant) {
        if self.window.advance_checkpoint() {
            self.schedule.hurry();
        }
        self.schedule.set_missing(now, self.window.is_missing_any());
    }

    fn playout_time(&self, id: FrameId, opening: Opening) -> Instant {
        opening
            .captured
            .checked_add(self.delays.at(id))
            .unwrap_or(opening.captured)
    }

    /// Takes in a sender report of this stream.
    pub fn on_report(&mut self, now: Instant, report: &SenderReport) {
        self.counters.last_packet = Some(now);
        self.schedule.on_packet(now);
        self.playout.on_report(now, report);
        self.answer_report = true;
        if self.answers_at_once {
            self.schedule.hurry();
        }
    }

    /// The decoder needs a key frame.
    pub fn request_key_frame(&mut self) {
        if self.key_frames.request(self.last_given()) {
            self.on_key_frame_wanted();
        }
    }

    fn on_key_frame_wanted(&mut self) {
        self.counters.key_frame_requests += 1;
        self.push_event(Event::KeyFrameRequested(self.config.id));
        self.schedule.hurry();
    }

    pub fn on_decoded(&mut self, now: Instant, id: FrameId) {
        self.log.on_decoded(now, id);
    }

    pub fn on_played_out(&mut self, now: Instant, id: FrameId) {
        self.log.on_played_out(now, id);
    }

    fn last_given(&self) -> FrameId {
        self.window.first() + -1
    }

    /// The next frame for the decoder, if one is ready.
    pub fn next_frame(&mut self, now: Instant) -> Option<ReceivedFrame> {
        if !self.recheck_now && self.recheck.is_none_or(|at| at > now) {
            return None;
        }
        let mut follows_gap = false;
        match next_step(&self.window, &self.delays, self.patience, now) {
            Step::Take => {}
            Step::SkipTo(id) => {
                self.skip_to(now, id);
                follows_gap = true;
            }
            Step::Wait { until, is_late } => {
                if is_late && self.key_frames.on_late_frame(now, self.last_given()) {
                    self.on_key_frame_wanted();
                }
                self.recheck = until;
                self.recheck_now = false;
                return None;
            }
        }
        self.recheck_now = true;
        let (id, frame) = self.window.take_first()?;
        self.advance(now);
        self.give_out(now, id, frame, follows_gap)
    }

    /// Gives up every frame before `id`.
    fn skip_to(&mut self, now: Instant, id: FrameId) {
        let first = self.window.first();
        let before = self.window.checkpoint();
        while self.window.first() < id && self.window.take_first().is_some() {}
        let frames = (id - first).unsigned_abs();
        self.counters.skipped += frames;
        self.push_event(Event::Skipped {
            stream: self.config.id,
            first,
            frames,
        });
        if self.window.checkpoint() > before {
            self.schedule.hurry();
        }
        self.advance(now);
    }

    fn give_out(
        &mut self,
        now: Instant,
        id: FrameId,
        frame: Frame,
        follows_gap: bool,
    ) -> Option<ReceivedFrame> {
        let (opening, completed) = (frame.opening?, frame.completed?);
        let playout = self.playout_time(id, opening);
        self.counters.freezes.on_given(now, id, playout);
        self.log.on_given(id, opening);
        self.delays.forget_before(id);
        let mut data = frame.into_bytes();
        self.cipher.apply(id, &mut data);
        Some(ReceivedFrame {
            stream: self.config.id,
            id,
            dependency: opening.dependency,
            media_time: opening.media_time,
            captured: opening.captured,
            playout,
            completed,
            follows_gap,
            data: Bytes::from(data),
        })
    }

    /// The oldest event that was not fetched.
    pub fn next_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    fn push_event(&mut self, event: Event) {
        if self.events.len() >= MAX_EVENTS {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }

    /// Writes feedback into `out` if it is due.
    pub fn write_feedback(&mut self, now: Instant, out: &mut Vec<u8>) -> bool {
        if self.schedule.due().is_none_or(|due| due > now) {
            return false;
        }
        self.missing.clear();
        self.window.list_missing(&mut self.missing);
        self.complete.clear();
        self.window.list_complete(&mut self.complete);
        let contents = FeedbackContents {
            now: self.clock.to_ntp(now),
            report: self.report_block(now),
            picture_loss: self.key_frames.is_asking(),
            checkpoint: self.window.checkpoint(),
            playout_delay: self.delays.newest(),
            missing: &self.missing,
            acknowledged: &self.complete,
        };
        self.builder
            .build(&contents, self.log.for_feedback(now), out);
        self.log.on_written();
        self.schedule.on_sent(now);
        true
    }

    /// The statistics that answer a sender report, if one came since the last feedback.
    fn report_block(&mut self, now: Instant) -> Option<ReportBlock> {
        let report = self
            .playout
            .report()
            .filter(|_| std::mem::take(&mut self.answer_report))?;
        let reception = self.reception.report();
        let ticks =
            |jitter: Duration| (jitter.as_secs_f64() * f64::from(self.config.timebase)) as u32;
        Some(ReportBlock {
            sender: self.config.sender,
            fraction_lost: reception.map_or(0, |it| it.fraction_lost),
            cumulative_lost: reception.map_or(0, |it| it.cumulative_lost),
            extended_highest_sequence: reception.map_or(0, |it| it.extended_highest_sequence),
            jitter: reception.map_or(0, |it| ticks(it.jitter)),
            last_report: report.id,
            delay: ReportDelay::between(report.arrival, now),
        })
    }

    /// When something is to be done even if nothing arrives.
    pub fn wake(&self) -> Option<Instant> {
        [self.recheck, self.schedule.due()]
            .into_iter()
            .flatten()
            .min()
    }

    pub fn stats(&self, now: Instant) -> StreamStats {
        let counters = &self.counters;
        let (frozen, longest_freeze) = counters.freezes.totals(now, self.window.is_missing_any());
        StreamStats {
            stream: self.config.id,
            kind: self.config.kind,
            packets_received: self.reception.received(),
            packets_lost: self.reception.lost(),
            packets_useless: counters.packets_useless,
            bytes_received: counters.bytes_received,
            jitter: self.reception.jitter(),
            frames_completed: counters.frames_completed,
            frames_per_second: counters.frames_per_second(now),
            key_frames: counters.key_frames,
            late: counters.late,
            skipped: counters.skipped,
            frozen,
            longest_freeze,
            key_frame_requests: counters.key_frame_requests,
            target_delay: self.delays.newest(),
            buffered_bytes: self.window.bytes(),
            last_packet: counters.last_packet,
        }
    }
}
