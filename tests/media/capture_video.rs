// SPDX-License-Identifier: GPL-3.0-or-later
//! Pictures from a PipeWire producer that behaves like a compositor, and like a bad one.

use std::sync::atomic::Ordering;
use std::time::Instant;

use telecast::capture::error::CaptureEnd;
use telecast::capture::frame::{PixelFormat, Rect, Transform};
use telecast::capture::slot::Next;
use telecast::capture::source::VideoEvent;
use telecast::clock::{instant_of, monotonic};

use super::consumer::{Consumer, picture, request, value};
use super::pipewire_daemon::{Daemon, PATIENCE, wait_for};
use super::producer::{Picture, Producer, Spec};

#[test]
fn more_pictures_a_second_can_be_asked_for_while_pictures_come() {
    // The highest that the producer has.
    const FAST: u32 = 60;
    let daemon = Daemon::start();
    let producer = Producer::start(daemon.connect(), Spec::bgrx(64, 64));
    let consumer = Consumer::start(&daemon, producer.node, request(), 1);
    let agreed = |is_fast: bool| {
        wait_for("a picture at this rate", || {
            producer.draw(picture(1));
            let frame = consumer.soon();
            let rate = producer.max_fps.load(Ordering::SeqCst);
            frame.filter(|_| (rate == FAST) == is_fast)
        })
    };
    assert_eq!(value(&agreed(false)), 1);
    consumer.stream.control().set_max_fps(FAST);
    // All buffers circulate.
    for _ in 0..12 {
        assert_eq!(value(&agreed(true)), 1);
    }
    while let Ok(event) = consumer.events.try_recv() {
        assert!(!matches!(event, VideoEvent::Ended(_)), "{event:?}");
    }
}

#[test]
fn pictures_arrive_with_their_metadata() {
    let daemon = Daemon::start();
    let producer = Producer::start(daemon.connect(), Spec::bgrx(320, 200));
    let consumer = Consumer::start(&daemon, producer.node, request(), 1);
    producer.wait_streaming();
    let drawn = monotonic();
    assert!(producer.draw(Picture {
        pts: drawn.as_nanos() as i64,
        crop: Some((10, 20, 100, 50)),
        transform: 1,
        damage: vec![(10, 20, 5, 5), (30, 20, 10, 40)],
        ..picture(7)
    }));
    let frame = consumer.frame();
    assert_eq!(value(&frame), 7);
    assert_eq!(frame.format, PixelFormat::Bgrx);
    assert_eq!(frame.size, (320, 200));
    assert_eq!(
        frame.crop,
        Rect {
            x: 10,
            y: 20,
            width: 100,
            height: 50
        }
    );
    assert_eq!(frame.transform, Transform::Rotate90);
    assert_eq!(
        frame.damage,
        Some(Rect {
            x: 10,
            y: 20,
            width: 30,
            height: 40
        })
    );
    assert_eq!(frame.captured, instant_of(drawn));
    assert!(frame.received >= frame.captured);
    assert_eq!(consumer.event(), VideoEvent::Started { size: (50, 100) });
}

#[test]
fn empty_corrupted_and_impossible_buffers_are_skipped_and_given_back() {
    let daemon = Daemon::start();
    let producer = Producer::start(daemon.connect(), Spec::bgrx(64, 64));
    let consumer = Consumer::start(&daemon, producer.node, request(), 1);
    producer.wait_streaming();
    assert!(producer.draw(picture(1)));
    assert_eq!(value(&consumer.frame()), 1);
    for n in 0..12 {
        let bad = match n % 3 {
            0 => Picture {
                empty: true,
                ..picture(9)
            },
            1 => Picture {
                corrupted: true,
                ..picture(9)
            },
            _ => Picture {
                stride: Some(-256),
                ..picture(9)
            },
        };
        super::pipewire_daemon::wait_for("a free buffer", || {
            producer.draw(bad.clone()).then_some(())
        });
    }
    consumer.no_frame();
    super::pipewire_daemon::wait_for("a free buffer", || producer.draw(picture(2)).then_some(()));
    assert_eq!(value(&consumer.frame()), 2);
}

#[test]
fn the_size_may_change_while_the_stream_runs() {
    let daemon = Daemon::start();
    let producer = Producer::start(daemon.connect(), Spec::bgrx(320, 200));
    let consumer = Consumer::start(&daemon, producer.node, request(), 1);
    producer.wait_streaming();
    assert!(producer.draw(picture(1)));
    let old = consumer.frame();
    assert_eq!(consumer.event(), VideoEvent::Started { size: (320, 200) });
    producer.resize(400, 300);
    let new = super::pipewire_daemon::wait_for("a picture of the new size", || {
        producer.draw(picture(2));
        consumer.soon().filter(|frame| frame.size == (400, 300))
    });
    assert_eq!(value(&new), 2);
    let mut events = vec![consumer.event()];
    while let Ok(event) = consumer.events.try_recv() {
        events.push(event);
    }
    assert_eq!(
        events.last(),
        Some(&VideoEvent::Started { size: (400, 300) })
    );
    // Its buffer has been removed meanwhile, its memory has not.
    assert_eq!(value(&old), 1);
    drop(old);
    assert!(super::pipewire_daemon::wait_for("a free buffer", || {
        producer.draw(picture(3)).then_some(true)
    }));
    assert_eq!(value(&consumer.frame()), 3);
}

#[test]
fn a_consumer_that_keeps_its_pictures_does_not_stall_the_stream() {
    let daemon = Daemon::start();
    let producer = Producer::start(daemon.connect(), Spec::bgrx(64, 64));
    let consumer = Consumer::start(&daemon, producer.node, request(), 1);
    producer.wait_streaming();
    let mut kept = Vec::new();
    for n in 0..20 {
        super::pipewire_daemon::wait_for("a free buffer", || {
            producer.draw(picture(n)).then_some(())
        });
        kept.push(consumer.frame());
    }
    for (n, frame) in (0..).zip(&kept) {
        assert_eq!(value(frame), n);
    }
}

#[test]
fn nv12_and_other_layouts_are_understood() {
    use pipewire::spa::sys as spa;
    let daemon = Daemon::start();
    for (spa_format, format) in [
        (spa::SPA_VIDEO_FORMAT_NV12, PixelFormat::Nv12),
        (spa::SPA_VIDEO_FORMAT_RGBA, PixelFormat::Rgba),
        (spa::SPA_VIDEO_FORMAT_RGBx, PixelFormat::Rgbx),
        (spa::SPA_VIDEO_FORMAT_BGRA, PixelFormat::Bgra),
    ] {
        let spec = Spec {
            formats: vec![spa_format],
            ..Spec::bgrx(64, 48)
        };
        let producer = Producer::start(daemon.connect(), spec);
        let consumer = Consumer::start(&daemon, producer.node, request(), 1);
        producer.wait_streaming();
        assert!(producer.draw(picture(5)));
        let frame = consumer.frame();
        assert_eq!(frame.format, format);
        assert_eq!(value(&frame), 5);
        if format == PixelFormat::Nv12 {
            assert_eq!(frame.planes[1].offset, 64 * 48);
        }
    }
}

#[test]
fn a_format_that_nobody_can_read_ends_the_stream_with_that_reason() {
    let daemon = Daemon::start();
    let spec = Spec {
        formats: vec![pipewire::spa::sys::SPA_VIDEO_FORMAT_RGB16],
        ..Spec::bgrx(64, 64)
    };
    let producer = Producer::start(daemon.connect(), spec);
    let consumer = Consumer::start(&daemon, producer.node, request(), 1);
    assert_eq!(
        consumer.event(),
        VideoEvent::Ended(CaptureEnd::NoCommonFormat)
    );
}

#[test]
fn the_end_of_the_source_ends_the_stream_with_the_given_reason() {
    let daemon = Daemon::start();
    let producer = Producer::start(daemon.connect(), Spec::bgrx(64, 64));
    let consumer = Consumer::start(&daemon, producer.node, request(), 1);
    producer.wait_streaming();
    assert!(producer.draw(picture(1)));
    let frame = consumer.frame();
    drop(producer);
    let mut last = consumer.event();
    while let Ok(event) = consumer.events.recv_blocking() {
        last = event;
    }
    assert_eq!(last, VideoEvent::Ended(CaptureEnd::SourceGone));
    assert!(matches!(
        consumer.frames.take_until(Some(Instant::now() + PATIENCE)),
        Next::Closed
    ));
    assert_eq!(value(&frame), 1);
}

#[test]
fn the_end_of_the_daemon_ends_the_stream() {
    let daemon = Daemon::start();
    let producer = Producer::start(daemon.connect(), Spec::bgrx(64, 64));
    let consumer = Consumer::start(&daemon, producer.node, request(), 1);
    producer.wait_streaming();
    daemon.kill();
    let mut last = consumer.event();
    while let Ok(event) = consumer.events.recv_blocking() {
        last = event;
    }
    assert_eq!(last, VideoEvent::Ended(CaptureEnd::PipeWireGone));
}

#[test]
fn a_producer_that_never_draws_is_renegotiated_a_bounded_number_of_times() {
    let daemon = Daemon::start();
    let producer = Producer::start(daemon.connect(), Spec::bgrx(64, 64));
    let consumer = Consumer::start(&daemon, producer.node, request(), 1);
    for attempt in 1..=5 {
        assert_eq!(consumer.event(), VideoEvent::Stalled { attempt });
    }
    // And it still works when the producer wakes up at last.
    super::pipewire_daemon::wait_for("a picture", || {
        producer.draw(picture(4));
        consumer.soon()
    });
}

#[test]
fn the_only_picture_of_a_still_screen_is_fetched_again_when_it_got_lost_at_the_start() {
    let daemon = Daemon::start();
    let producer = Producer::start(daemon.connect(), Spec::bgrx(64, 64));
    producer.draw_at_starts(1, 9);
    let consumer = Consumer::start(&daemon, producer.node, request(), 1);
    assert_eq!(value(&consumer.frame()), 9);
    assert_eq!(consumer.event(), VideoEvent::Stalled { attempt: 1 });
}

#[test]
fn the_first_picture_after_a_change_of_size_is_fetched_again_when_it_got_lost() {
    let daemon = Daemon::start();
    let producer = Producer::start(daemon.connect(), Spec::bgrx(64, 64));
    producer.draw_at_starts(0, 1);
    let consumer = Consumer::start(&daemon, producer.node, request(), 4);
    // The first start and the restart of a still screen.
    assert_eq!(value(&consumer.frame()), 1);
    assert_eq!(value(&consumer.frame()), 1);
    producer.draw_at_starts(1, 2);
    producer.resize(128, 96);
    let new = consumer.frame();
    assert_eq!((value(&new), new.size), (2, (128, 96)));
}

#[test]
fn dropping_the_handle_ends_the_thread_and_closes_everything() {
    let daemon = Daemon::start();
    let producer = Producer::start(daemon.connect(), Spec::bgrx(64, 64));
    let consumer = Consumer::start(&daemon, producer.node, request(), 1);
    producer.wait_streaming();
    let Consumer {
        stream,
        frames,
        events,
    } = consumer;
    drop(stream);
    assert!(matches!(frames.take_until(None), Next::Closed));
    let mut last = None;
    while let Ok(event) = events.try_recv() {
        last = Some(event);
    }
    assert_eq!(last, Some(VideoEvent::Ended(CaptureEnd::Stopped)));
}
