// SPDX-License-Identifier: GPL-3.0-or-later
//! A capture of pictures that a producer of the test's own draws.

use std::time::{Duration, Instant};

use telecast::capture::error::CaptureEnd;
use telecast::capture::frame::{Memory, RawFrame};
use telecast::capture::pipewire::Remote;
use telecast::capture::pipewire::video::{StreamRequest, Target, VideoStream};
use telecast::capture::slot::{Next, SlotReader, SlotWriter};
use telecast::capture::source::{VideoEvent, VideoEvents};

use super::pipewire_daemon::{Daemon, PATIENCE};
use super::producer::Picture;

/// A capture of a producer's node.
pub struct Consumer {
    pub stream: VideoStream,
    pub frames: SlotReader<RawFrame>,
    pub events: VideoEvents,
}

/// A capture without special wishes.
pub fn request() -> StreamRequest {
    StreamRequest {
        size: None,
        max_fps: 30,
        dma_buf: Vec::new(),
        trim_margin: false,
        cursor: false,
        when_gone: CaptureEnd::SourceGone,
    }
}

impl Consumer {
    pub fn start(daemon: &Daemon, node: u32, request: StreamRequest, depth: usize) -> Consumer {
        let (writer, hub) = SlotWriter::new();
        let frames = hub.subscribe(depth);
        let (sender, events) = async_channel::bounded(16);
        let target = Target {
            remote: Remote::Opened(daemon.connect()),
            node,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let stream = runtime
            .block_on(VideoStream::start(target, request, writer, sender))
            .unwrap();
        Consumer {
            stream,
            frames,
            events,
        }
    }

    pub fn frame(&self) -> RawFrame {
        match self.frames.take_until(Some(Instant::now() + PATIENCE)) {
            Next::Item(frame) => frame,
            other => panic!("no frame but {other:?}"),
        }
    }

    pub fn soon(&self) -> Option<RawFrame> {
        let soon = Instant::now() + Duration::from_millis(50);
        match self.frames.take_until(Some(soon)) {
            Next::Item(frame) => Some(frame),
            _ => None,
        }
    }

    pub fn no_frame(&self) {
        let soon = Instant::now() + Duration::from_millis(150);
        let next = self.frames.take_until(Some(soon));
        assert!(matches!(next, Next::TimedOut), "{next:?}");
    }

    pub fn event(&self) -> VideoEvent {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        runtime
            .block_on(async { tokio::time::timeout(PATIENCE, self.events.recv()).await })
            .expect("an event in time")
            .expect("an event before the end")
    }
}

/// What the producer drew into memory.
pub fn value(frame: &RawFrame) -> u8 {
    let Memory::Bytes(bytes) = &frame.memory else {
        panic!("not in memory")
    };
    let bytes = bytes.bytes();
    let plane = frame.planes[0];
    let last = plane.offset + plane.stride * (frame.size.1 as usize - 1);
    assert_eq!(bytes[plane.offset], bytes[last]);
    bytes[plane.offset]
}

/// A picture of this value.
pub fn picture(value: u8) -> Picture {
    Picture {
        value,
        ..Picture::default()
    }
}
