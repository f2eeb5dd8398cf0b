// SPDX-License-Identifier: GPL-3.0-or-later
//! Pictures from a PipeWire producer that draws into DMA-BUFs, or could.

use telecast::capture::frame::{DmaBufFormat, Memory, PixelFormat, RawFrame};
use telecast::capture::pipewire::video::StreamRequest;
use telecast::capture::source::VideoEvent;

use super::consumer::{Consumer, picture, request, value};
use super::pipewire_daemon::{Daemon, wait_for};
use super::producer::{Producer, Spec};

/// What the producer drew into a DMA-BUF with the modifier that both know.
fn gpu_value(frame: &RawFrame) -> u8 {
    let Memory::DmaBuf(buffer) = &frame.memory else {
        panic!("not a DMA-BUF")
    };
    assert_eq!(buffer.modifier(), 3);
    let file = std::fs::File::from(buffer.dup_fd(0).unwrap());
    let mut byte = [0];
    std::os::unix::fs::FileExt::read_exact_at(&file, &mut byte, 0).unwrap();
    byte[0]
}

#[test]
fn dma_bufs_are_negotiated_with_our_best_modifier_and_held_until_released() {
    let daemon = Daemon::start();
    let spec = Spec {
        modifiers: vec![5, 3, 1],
        ..Spec::bgrx(64, 64)
    };
    let producer = Producer::start(daemon.connect(), spec);
    let request = StreamRequest {
        dma_buf: vec![DmaBufFormat {
            format: PixelFormat::Bgrx,
            modifiers: vec![9, 3, 5],
        }],
        ..request()
    };
    let consumer = Consumer::start(&daemon, producer.node, request, 1);
    producer.wait_streaming();
    let mut held = Vec::new();
    // Four buffers: the consumer may hold two, and the newest picture waits for a return.
    for n in 0..2 {
        assert!(producer.draw(picture(n)));
        held.push(consumer.frame());
    }
    assert!(producer.draw(picture(2)));
    consumer.no_frame();
    for (n, frame) in (0..).zip(&held) {
        assert_eq!(gpu_value(frame), n, "drawn into while it was held");
    }
    held.clear();
    let Memory::DmaBuf(_) = consumer.frame().memory else {
        panic!("not a DMA-BUF")
    };
    for n in 3..20 {
        wait_for("a free buffer", || producer.draw(picture(n)).then_some(()));
        consumer.frame();
    }
}

#[test]
fn a_running_stream_changes_between_dma_bufs_and_shared_memory_and_forgets_the_old_buffers() {
    let daemon = Daemon::start();
    let spec = Spec {
        modifiers: vec![3],
        plain_too: true,
        ..Spec::bgrx(64, 64)
    };
    let producer = Producer::start(daemon.connect(), spec);
    let formats = vec![DmaBufFormat {
        format: PixelFormat::Bgrx,
        modifiers: vec![3],
    }];
    let consumer = Consumer::start(&daemon, producer.node, request(), 1);
    let control = consumer.stream.control();
    let drawn = |in_dma_buf: bool| {
        wait_for("a picture in the other memory", || {
            producer.draw(picture(1));
            let frame = consumer.soon();
            frame.filter(|frame| matches!(frame.memory, Memory::DmaBuf(_)) == in_dma_buf)
        })
    };
    drop(drawn(false));
    for _ in 0..2 {
        control.take_dma_buf(formats.clone());
        // Held over the change: given back to buffers that no longer exist.
        let held = drawn(true);
        assert_eq!(gpu_value(&held), 1);
        control.take_dma_buf(Vec::new());
        let next = drawn(false);
        assert_eq!(gpu_value(&held), 1, "readable as long as it is held");
        drop(held);
        assert_eq!(value(&next), 1);
        drop(next);
        // All buffers circulate.
        for _ in 0..12 {
            drop(drawn(false));
        }
    }
    while let Ok(event) = consumer.events.try_recv() {
        assert!(!matches!(event, VideoEvent::Ended(_)), "{event:?}");
    }
}

#[test]
fn a_producer_without_dma_bufs_is_read_from_shared_memory() {
    let daemon = Daemon::start();
    let producer = Producer::start(daemon.connect(), Spec::bgrx(64, 64));
    let request = StreamRequest {
        dma_buf: vec![DmaBufFormat {
            format: PixelFormat::Bgrx,
            modifiers: vec![0],
        }],
        ..request()
    };
    let consumer = Consumer::start(&daemon, producer.node, request, 1);
    producer.wait_streaming();
    assert!(producer.draw(picture(6)));
    assert_eq!(value(&consumer.frame()), 6);
}
