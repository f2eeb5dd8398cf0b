// SPDX-License-Identifier: GPL-3.0-or-later
//! The streams in; the next datagram of the session out, and the moment at which there will be one without any input.
//!
//! ```text
//!  1  reports that are due, regular ones and probes      of any stream; do not wait for the pacer
//!  2  what has come to be repeated is marked             echoes, kickstart, suspicion
//!  3  the next packet, if the pacer is ready             sound before pictures; in a stream the oldest frame first
//! ```
//! Reports go first because they are small, and because an answer is worth more the earlier it comes. Sound goes before
//! pictures because a gap in it is heard, and because it hardly delays them: a block of it is one packet.
//!
//! Which packet of a stream is the next is decided in [`transmit`](super::transmit). All that leaves is told to the pacer
//! and to the congestion control here, and nowhere else.

use std::time::Instant;

use crate::cast::congestion::Signal;
use crate::cast::sender::Sender;
use crate::cast::sender::stream::Stream;

impl Sender {
    /// Writes a sender report that is due, a regular one or a probe; these do not wait for the pacer.
    pub(super) fn write_report(&mut self, now: Instant) -> bool {
        let (path, may_probe) = (&self.path, self.probes.ready_at(now) <= now);
        let is_due = |stream: &&mut Stream| {
            let due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
            due(stream.reports.due()) || may_probe && due(stream.probe_due(path))
        };
        let Some(stream) = self.streams.iter_mut().find(is_due) else {
            return false;
        };
        let Some(report) = stream.reports.take(now, &self.clock) else {
            return false;
        };
        stream.probes.on_report(now);
        self.probes.on_report(now);
        self.path.on_report();
        self.report.clear();
        report.write(&mut self.report);
        self.account(now, self.report.len(), false);
        if self.path.is_proven_prompt() {
            self.note_question(now, true);
        }
        true
    }

    /// Writes the next packet if the pacer allows; returns its size.
    pub(super) fn write_packet(&mut self, now: Instant) -> Option<usize> {
        for stream in &mut self.streams {
            stream.echo(now);
            let at = stream.kickstart_at(&self.path);
            if at.is_some_and(|at| at <= now) {
                stream.kickstart();
            }
            let at = stream.suspicion_at(&self.path);
            if at.is_some_and(|at| at <= now) {
                stream.suspect(now, &mut self.path);
            }
        }
        if !self.pacer.ready(now) {
            return None;
        }
        let (out, path) = (&mut self.out, &mut self.path);
        let written = self
            .streams
            .iter_mut()
            .find_map(|stream| stream.write_packet(now, path, out))?;
        self.account(now, written.size, !written.again);
        if written.asks {
            self.note_question(now, false);
        }
        Some(written.size)
    }

    fn account(&mut self, now: Instant, bytes: usize, new: bool) {
        self.pacer.sent(now, bytes);
        self.congestion.observe(now, Signal::Sent { bytes, new });
    }

    /// The receiver will answer at once what left last.
    fn note_question(&mut self, now: Instant, report: bool) {
        let lost = self.path.losses.rate();
        self.congestion.observe(now, Signal::Asked { report, lost });
    }

    /// When something will happen without an input.
    pub(super) fn wake_at(&mut self, now: Instant) -> Instant {
        let review = self.congestion.review_at();
        let mut wake = review.map_or(self.decide_at, |at| at.min(self.decide_at));
        for stream in &self.streams {
            let probe = stream.probe_due(&self.path);
            let moments = [
                stream.reports.due(),
                probe.map(|at| at.max(self.probes.ready_at(now))),
                stream.echoes.due(),
                stream.control_at(now, self.path.target_delay),
                stream.kickstart_at(&self.path),
                stream.suspicion_at(&self.path),
            ];
            wake = moments.into_iter().flatten().fold(wake, Instant::min);
        }
        if self.streams.iter().any(Stream::has_packet) {
            wake = wake.min(self.pacer.ready_at(now));
        }
        wake
    }
}
