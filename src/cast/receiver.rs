// SPDX-License-Identifier: GPL-3.0-or-later
//! The receiving half of Cast Streaming, sans-IO. Input: the sender's datagrams; output: decrypted frames in decoding
//! order, each with its playout time, and the feedback that makes the sender repair what was lost.
//!
//! ```text
//!              ┌ RTP ─▶ reception (loss, jitter)
//!              │        window ─▶ collector: packets become frames ──┐
//!  datagrams ──┤                                                     ▼
//!              │ SR ──▶ timing: capture and playout times ──▶ skipping: which one next ─▶ decrypt ─▶ Frame
//!              └                      │                              │
//!                                     ▼                              ▼
//!                 schedule ─▶ feedback: checkpoint, losses, ACKs, key frame request, event log ─▶ Transmit
//! ```
//! The core has no clock, no socket and no thread. It holds at most 120 frames and 48 MiB for each stream, whatever
//! arrives. It never waits until playout: a frame is given out as soon as it is complete and next in order, and the
//! player keeps it until [`ReceivedFrame::playout`].
//!
//! **The remote endpoint is the embedder's.** RTP of the streams carries no address, so whoever owns the socket fixes
//! the peer: the source of the first datagram that [`Receiver::recognizes`] is the sender; datagrams from elsewhere are
//! not given to `handle`, and [`Output::Transmit`] goes to that address.
//!
//! ```
//! # use std::time::{Duration, Instant};
//! # use telecast::cast::frame::*;
//! # use telecast::cast::keys::StreamKeys;
//! use telecast::cast::receiver::*;
//!
//! # let (now, unix_time) = (Instant::now(), Duration::from_secs(1_700_000_000));
//! # let keys = StreamKeys { aes_key: [0; 16], iv_mask: [0; 16] };
//! # let datagrams: [&[u8]; 1] = [&[0x80, 0x60]];
//! let ssrcs = Ssrcs { sender: Ssrc(1), receiver: Ssrc(2) };
//! let mut config = ReceiverConfig::new(unix_time);
//! config.streams.push(StreamConfig::new(StreamId(0), StreamKind::Video, ssrcs, 90_000, keys));
//! let mut receiver = Receiver::new(now, config);
//!
//! let mut wake = None;
//! for datagram in datagrams {
//!     receiver.handle(now, Input::Datagram(datagram));
//!     while let Some(output) = receiver.poll(now) {
//!         match output {
//!             Output::Transmit(bytes) => { /* socket.send_to(bytes, sender) */ }
//!             Output::Frame(frame) => { /* queue it for the decoder of frame.stream */ }
//!             Output::Event(event) => { /* log it */ }
//!             Output::Timeout(at) => wake = Some(at), // then `poll` again, without `handle`
//!         }
//!     }
//! }
//! ```

pub mod collector;
pub mod reception;
pub mod schedule;
pub mod window;

mod config;
mod event_log;
mod io;
mod key_frames;
mod skipping;
mod stats;
mod stream;
mod timing;

use std::time::Instant;

pub use config::{ReceiverConfig, Ssrcs, StreamConfig};
pub use io::{Event, Input, Output, ReceivedFrame};
pub use stats::{ReceiverStats, StreamStats};

use crate::cast::frame::{Ssrc, StreamId};
use crate::cast::ntp::NtpClock;
use crate::cast::rtcp::{Route, SenderReport, find_sender_report, route};
use crate::cast::rtp::RtpPacket;
use stream::Stream;

/// All streams that one sender sends over one UDP flow. See the module for how it is driven.
#[derive(Debug)]
pub struct Receiver {
    streams: Vec<Stream>,
    refused: u64,
    /// The datagram that `poll` lends out.
    out: Vec<u8>,
    /// The last output was the timeout: `None` comes next.
    timeout_told: bool,
}

/// A datagram that was understood.
enum Understood<'a> {
    Packet(RtpPacket<'a>),
    Report(SenderReport),
    /// RTCP of a stream without a sender report in it.
    Nothing,
}

impl Receiver {
    /// A receiver for the streams of `config`. `now` is the moment to which `config.unix_time` belongs.
    pub fn new(now: Instant, mut config: ReceiverConfig) -> Receiver {
        let clock = NtpClock::new(now, config.unix_time);
        let streams = std::mem::take(&mut config.streams);
        Receiver {
            streams: streams
                .into_iter()
                .map(|stream| Stream::new(now, clock, stream, &config))
                .collect(),
            refused: 0,
            out: Vec::with_capacity(config.max_packet_size),
            timeout_told: false,
        }
    }

    /// Whether a datagram is a valid packet of one of the streams, so that whoever sent it is the sender. Changes nothing.
    pub fn recognizes(&self, datagram: &[u8]) -> bool {
        self.understand(datagram).is_some()
    }

    /// Takes something in. What it leads to comes out of [`Receiver::poll`], which is to be drained afterwards.
    pub fn handle(&mut self, now: Instant, input: Input<'_>) {
        self.timeout_told = false;
        match input {
            Input::Datagram(datagram) => self.on_datagram(now, datagram),
            Input::RequestKeyFrame(id) => {
                if let Some(stream) = self.stream(id) {
                    stream.request_key_frame();
                }
            }
            Input::Decoded { stream, frame } => {
                if let Some(stream) = self.stream(stream) {
                    stream.on_decoded(now, frame);
                }
            }
            Input::PlayedOut { stream, frame } => {
                if let Some(stream) = self.stream(stream) {
                    stream.on_played_out(now, frame);
                }
            }
        }
    }

    fn on_datagram(&mut self, now: Instant, datagram: &[u8]) {
        let Some((index, understood)) = self.understand(datagram) else {
            self.refused += 1;
            return;
        };
        let Some(stream) = self.streams.get_mut(index) else {
            return;
        };
        match understood {
            Understood::Packet(packet) => stream.on_packet(now, &packet),
            Understood::Report(report) => stream.on_report(now, &report),
            Understood::Nothing => {}
        }
    }

    /// Reads a datagram and finds its stream; `None` when it is malformed or nobody's.
    fn understand<'a>(&self, datagram: &'a [u8]) -> Option<(usize, Understood<'a>)> {
        let index_of = |ssrc: Ssrc| {
            self.streams
                .iter()
                .position(|stream| stream.config().sender == ssrc)
        };
        match route(datagram)? {
            Route::Rtp(ssrc) => {
                let packet = RtpPacket::parse(datagram).ok()?;
                Some((index_of(ssrc)?, Understood::Packet(packet)))
            }
            Route::Rtcp(ssrc) => {
                let index = index_of(ssrc)?;
                let config = self.streams.get(index)?.config();
                let report = find_sender_report(datagram, config.sender, config.receiver).ok()?;
                Some((
                    index,
                    report.map_or(Understood::Nothing, Understood::Report),
                ))
            }
        }
    }

    /// The next thing to do at `now`, until `None`. Call it after each [`Receiver::handle`] and at the moment of the last
    /// [`Output::Timeout`].
    pub fn poll(&mut self, now: Instant) -> Option<Output<'_>> {
        let timeout_told = std::mem::take(&mut self.timeout_told);
        for stream in &mut self.streams {
            if let Some(frame) = stream.next_frame(now) {
                return Some(Output::Frame(frame));
            }
            if let Some(event) = stream.next_event() {
                return Some(Output::Event(event));
            }
        }
        let out = &mut self.out;
        if self
            .streams
            .iter_mut()
            .any(|stream| stream.write_feedback(now, out))
        {
            return Some(Output::Transmit(&self.out));
        }
        let wake = self.streams.iter().filter_map(Stream::wake).min();
        let wake = wake.filter(|_| !timeout_told);
        self.timeout_told = wake.is_some();
        wake.map(Output::Timeout)
    }

    /// The numbers at `now`.
    pub fn stats(&self, now: Instant) -> ReceiverStats {
        ReceiverStats {
            refused_datagrams: self.refused,
            streams: self
                .streams
                .iter()
                .map(|stream| stream.stats(now))
                .collect(),
        }
    }

    fn stream(&mut self, id: StreamId) -> Option<&mut Stream> {
        self.streams.iter_mut().find(|stream| stream.id() == id)
    }
}
