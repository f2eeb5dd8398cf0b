// SPDX-License-Identifier: GPL-3.0-or-later
//! A whole sender core and a whole receiver core that hand each other their datagrams: what a frame costs on both sides
//! together, reports and bookkeeping included. Time is simulated.

use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::Bytes;
use telecast::cast::frame::{
    Dependency, EncodedFrame, MediaTime, Ssrc, StageTimes, StreamId, StreamKind,
};
use telecast::cast::receiver::{self, Receiver, ReceiverConfig, Ssrcs};
use telecast::cast::sender::{self, Sender, SenderConfig};

use super::KEYS;

const VIDEO: StreamId = StreamId(0);
const INTERVAL: Duration = Duration::from_millis(33);
const MAX_BITRATE: u32 = 50_000_000;

/// Both ends.
pub struct Cores {
    now: Instant,
    sender: Sender,
    receiver: Receiver,
    frames: i64,
    delivered: i64,
    frame_size: usize,
}

impl Cores {
    pub fn new(frame_size: usize) -> Cores {
        let now = Instant::now();
        let unix_time = Duration::from_secs(1_700_000_000);
        let ssrcs = Ssrcs {
            sender: Ssrc(1),
            receiver: Ssrc(2),
        };
        let mut sending = SenderConfig::new(unix_time);
        sending.streams = vec![sender::StreamConfig {
            id: VIDEO,
            kind: StreamKind::Video,
            ssrc: ssrcs.sender,
            receiver_ssrc: ssrcs.receiver,
            payload_type: 96,
            timebase: 90_000,
            keys: KEYS,
            min_bitrate: 300_000,
            max_bitrate: MAX_BITRATE,
            first_sequence_number: 0,
        }];
        let mut receiving = ReceiverConfig::new(unix_time);
        let stream = receiver::StreamConfig::new(VIDEO, StreamKind::Video, ssrcs, 90_000, KEYS);
        receiving.streams = vec![stream];
        Cores {
            now,
            sender: Sender::new(now, sending),
            receiver: Receiver::new(now, receiving),
            frames: 0,
            delivered: 0,
            frame_size,
        }
    }

    /// Sends a frame and lets an interval pass; it must have come out by then.
    pub fn frame(&mut self) {
        self.frames += 1;
        let dependency = if self.frames == 1 {
            Dependency::KeyFrame
        } else {
            Dependency::Dependent
        };
        let frame = EncodedFrame {
            dependency,
            media_time: MediaTime(self.frames * 2970),
            duration: INTERVAL,
            data: Bytes::from(vec![7; self.frame_size]),
            size: None,
            times: StageTimes {
                captured: self.now,
                received: self.now,
                converted: self.now,
                encoded: self.now,
            },
        };
        self.sender
            .handle(self.now, sender::Input::Frame(VIDEO, frame));
        let end = self.now + INTERVAL;
        while self.now < end {
            self.now = self.exchange().min(end);
        }
        assert_eq!(self.delivered, self.frames);
    }

    /// Passes datagrams in both directions until nothing more happens now; returns when something will.
    fn exchange(&mut self) -> Instant {
        let now = self.now;
        let mut wake = now + INTERVAL;
        let mut answers: Vec<Vec<u8>> = Vec::new();
        loop {
            while let Some(output) = self.sender.poll(now) {
                match output {
                    sender::Output::Transmit(datagram) => {
                        self.receiver
                            .handle(now, receiver::Input::Datagram(datagram));
                        while let Some(output) = self.receiver.poll(now) {
                            match output {
                                receiver::Output::Transmit(answer) => answers.push(answer.into()),
                                receiver::Output::Frame(frame) => {
                                    self.delivered += 1;
                                    black_box(frame);
                                }
                                receiver::Output::Event(_) | receiver::Output::Timeout(_) => {}
                            }
                        }
                    }
                    sender::Output::Timeout(at) => wake = wake.min(at),
                    sender::Output::Encoder(..) | sender::Output::Event(_) => {}
                }
            }
            if answers.is_empty() {
                return wake;
            }
            for answer in answers.drain(..) {
                self.sender.handle(now, sender::Input::Datagram(&answer));
            }
        }
    }
}
