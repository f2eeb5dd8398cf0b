// SPDX-License-Identifier: GPL-3.0-or-later
//! A receiver of sound and pictures that is fed datagrams, good and bad, on a clock that the input moves (`feed`). It
//! comes to rest after each, holds no more than it says, and gives frames out in order.
#![no_main]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use telecast::cast::frame::{FrameId, StreamKind};
use telecast::cast::receiver::window::MAX_STREAM_BYTES;
use telecast::cast::receiver::{Input, Output, Receiver, ReceiverConfig, Ssrcs, StreamConfig};
use telecast_fuzz::facts::{AUDIO, KEYS, UNIX_TIME, VIDEO};
use telecast_fuzz::feed::Step;
use telecast_fuzz::script::Script;

/// Outputs after one input: feedback and frames of both streams. More means that it never comes to rest.
const MAX_OUTPUTS: usize = 2000;
/// Of one input. What is missing is asked for every 30 ms, so an hour would take a while.
const LONGEST: Duration = Duration::from_secs(30);

struct Fed {
    receiver: Receiver,
    now: Instant,
    wake: Option<Instant>,
    given: BTreeMap<u32, FrameId>,
}

impl Fed {
    fn new() -> Fed {
        let now = Instant::now();
        let mut config = ReceiverConfig::new(UNIX_TIME);
        for (stream, kind) in [(AUDIO, StreamKind::Audio), (VIDEO, StreamKind::Video)] {
            let ssrcs = Ssrcs {
                sender: stream.sender,
                receiver: stream.receiver,
            };
            let stream = StreamConfig {
                event_log: true,
                skip_to_key_frame: kind == StreamKind::Video,
                ..StreamConfig::new(stream.id, kind, ssrcs, stream.timebase, KEYS)
            };
            config.streams.push(stream);
        }
        Fed {
            receiver: Receiver::new(now, config),
            now,
            wake: None,
            given: BTreeMap::new(),
        }
    }

    fn handle(&mut self, input: Input<'_>) {
        self.receiver.handle(self.now, input);
        self.drain();
    }

    fn drain(&mut self) {
        for _ in 0..MAX_OUTPUTS {
            match self.receiver.poll(self.now) {
                Some(Output::Frame(frame)) => {
                    let before = self.given.insert(frame.stream.0, frame.id);
                    assert!(before.is_none_or(|before| before < frame.id));
                }
                Some(Output::Timeout(at)) => self.wake = Some(at),
                Some(Output::Transmit(datagram)) => assert!(datagram.len() <= 1472),
                Some(Output::Event(_)) => {}
                None => return,
            }
        }
        panic!("it never comes to rest");
    }

    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        let mut steps = 0;
        while let Some(at) = self.wake.filter(|at| *at < end) {
            // A tick each millisecond would be lively already.
            steps += 1;
            assert!(steps < 2 * (time.as_millis() + 100), "it never sleeps");
            self.wake = None;
            self.now = self.now.max(at);
            self.drain();
        }
        self.now = end;
        self.drain();
    }
}

fuzz_target!(|data: &[u8]| {
    let mut fed = Fed::new();
    fed.drain();
    let end = fed.now + LONGEST;
    let mut script = Script::new(data);
    while let Some(step) = Step::next(&mut script).filter(|_| fed.now < end) {
        match step {
            Step::Pass(time) => fed.pass(time),
            Step::Datagram(datagram) => fed.handle(Input::Datagram(datagram)),
            Step::Packet(packet) => fed.handle(Input::Datagram(&packet)),
            Step::RequestKeyFrame(stream) => fed.handle(Input::RequestKeyFrame(stream.id)),
            Step::Played(stream, frame) => {
                let (stream, frame) = (stream.id, FrameId(frame.into()));
                fed.handle(Input::Decoded { stream, frame });
                fed.handle(Input::PlayedOut { stream, frame });
            }
        }
    }
    for stream in fed.receiver.stats(fed.now).streams {
        assert!(stream.buffered_bytes <= MAX_STREAM_BYTES);
    }
});
