// SPDX-License-Identifier: GPL-3.0-or-later

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::*;
use crate::capture::frame::{Memory, PixelFormat, Plane, Rect, Transform};
use crate::cast::codec::VideoCodec;
use crate::cast::frame::{Dependency, EncodedFrame};
use crate::encode::null::Recording;
use crate::session::source::Valve;

/// A capture by hand, and an encoder that gives out one recorded frame for each picture.
struct Rig {
    encodes: Arc<Encodes>,
    recording: Arc<Recording>,
    redrawn: Arc<AtomicU32>,
}

/// A session.
struct Viewer {
    member: Member,
    feed: Feed,
    valve: Arc<Valve>,
    epoch: Instant,
}

impl Rig {
    fn new() -> Rig {
        let redrawn = Arc::new(AtomicU32::new(0));
        let count = redrawn.clone();
        let redraw = Box::new(move || {
            count.fetch_add(1, Ordering::SeqCst);
        });
        let (memory, _) = MemoryChoice::new(crate::engine::source::memory::ASKS);
        Rig {
            encodes: Encodes::new(Handle::current(), Arc::new(memory), redraw),
            recording: Arc::new(Recording::synthetic((64, 64), 500, 100)),
            redrawn,
        }
    }

    fn join(&self) -> Viewer {
        let valve = Arc::new(Valve::default());
        let epoch = Instant::now();
        let setup = VideoSetup {
            codec: VideoCodec::Vp8,
            max_size: (64, 64),
            canvas: None,
            overscan_pct: 0,
            frame_rate: 100,
            bitrate: 1_000_000,
            max_bitrate: 2_000_000,
            epoch,
            valve: valve.clone(),
        };
        let encoders = Encoders::Null(self.recording.clone());
        let (member, mut feed) = self.encodes.join(&setup, encoders, false).unwrap();
        // As every sender core does.
        feed.port.control(EncoderControl::KeyFrame);
        Viewer {
            member,
            feed,
            valve,
            epoch,
        }
    }

    /// A new picture; when it was captured.
    async fn show(&self) -> Instant {
        // At the encoder's pace.
        tokio::time::sleep(Duration::from_millis(12)).await;
        let captured = Instant::now();
        let plane = Plane {
            offset: 0,
            stride: 256,
        };
        self.encodes.push(RawFrame {
            captured,
            received: captured,
            format: PixelFormat::Bgrx,
            size: (64, 64),
            crop: Rect {
                x: 0,
                y: 0,
                width: 64,
                height: 64,
            },
            transform: Transform::None,
            damage: None,
            planes: [plane, plane],
            memory: Memory::Bytes(Arc::new(vec![0_u8; 256 * 64])),
            cursor: None,
        });
        captured
    }

    fn encoders(&self) -> usize {
        self.encodes.lock().running.len()
    }
}

impl Viewer {
    /// The next frame.
    async fn frame(&self) -> EncodedFrame {
        loop {
            let event = tokio::time::timeout(Duration::from_secs(5), self.feed.events.recv());
            match event.await.expect("in time").expect("it lives") {
                EncoderEvent::Frame(frame) => return frame,
                EncoderEvent::Failed(error) => panic!("{error}"),
                _ => {}
            }
        }
    }

    /// Frames until the one of the picture that was captured at `until`; whether one of them is a key frame.
    async fn until(&self, until: Instant) -> bool {
        let mut key = false;
        loop {
            let frame = self.frame().await;
            key |= frame.dependency == Dependency::KeyFrame;
            if frame.times.captured >= until {
                return key;
            }
        }
    }

    fn is_quiet(&self) -> bool {
        let mut quiet = true;
        while let Ok(event) = self.feed.events.try_recv() {
            quiet &= !matches!(event, EncoderEvent::Frame(_));
        }
        quiet
    }
}

async fn two() -> (Rig, Viewer, Viewer) {
    let rig = Rig::new();
    let (one, other) = (rig.join(), rig.join());
    let shown = rig.show().await;
    one.until(shown).await;
    other.until(shown).await;
    (rig, one, other)
}

#[tokio::test]
async fn two_sessions_get_the_same_bytes_at_their_own_times() {
    let (rig, one, other) = two().await;
    assert_eq!(rig.encoders(), 1);
    for _ in 0..5 {
        rig.show().await;
        let (a, b) = (one.frame().await, other.frame().await);
        assert_eq!(a.data.as_ptr(), b.data.as_ptr());
        let apart = other.epoch.duration_since(one.epoch).as_secs_f64() * 90_000.0;
        let apart = apart - (a.media_time.0 - b.media_time.0) as f64;
        assert!(apart.abs() <= 2.0, "{apart}");
    }
}

#[tokio::test]
async fn one_that_leaves_disturbs_nobody_and_the_last_one_ends_the_encoder() {
    let (rig, one, other) = two().await;
    drop(one);
    for _ in 0..3 {
        let shown = rig.show().await;
        let frame = other.frame().await;
        assert_eq!(frame.times.captured, shown, "none is missing");
        assert_eq!(frame.dependency, Dependency::Dependent);
    }
    drop(other);
    assert_eq!(rig.encoders(), 0);
    assert!(rig.encodes.lock().sessions.is_empty());
}

#[tokio::test]
async fn an_encode_of_its_own_takes_over_with_a_key_frame_and_no_picture_is_lost() {
    let (rig, one, mut other) = two().await;
    for _ in 0..2 {
        other.feed.port.control(EncoderControl::KeyFrame);
    }
    assert_eq!(rig.encoders(), 2);
    let (mut last, mut keys) = (None, 0);
    for _ in 0..10 {
        let shown = rig.show().await;
        loop {
            let frame = other.frame().await;
            keys += u32::from(frame.dependency == Dependency::KeyFrame);
            assert!(last < Some(frame.media_time), "time goes on");
            last = Some(frame.media_time);
            if frame.times.captured >= shown {
                break;
            }
        }
        one.until(shown).await;
    }
    // The first wish was still for all.
    assert!((1..=2).contains(&keys), "{keys}");
    let mut state = rig.encodes.lock();
    assert_ne!(state.encode_of(one.member), state.encode_of(other.member));
}

#[tokio::test]
async fn a_paused_session_sees_nothing_more_and_the_other_goes_on() {
    let (rig, one, other) = two().await;
    rig.encodes.pause(other.member, true);
    while !other.is_quiet() {}
    let mut last = Instant::now();
    for _ in 0..5 {
        last = rig.show().await;
        one.until(last).await;
    }
    let mut seen = Vec::new();
    while let Ok(event) = other.feed.events.try_recv() {
        if let EncoderEvent::Frame(frame) = event {
            seen.push(frame);
        }
    }
    assert!(seen.len() <= 1, "the frozen picture, once");
    rig.encodes.pause(other.member, false);
    assert!(
        other.until(last).await || !seen.is_empty(),
        "it begins with a key frame"
    );
}

#[tokio::test]
async fn a_session_that_does_not_read_loses_its_frames_and_the_other_none() {
    let (rig, one, other) = two().await;
    for _ in 0..2 * FEED_DEPTH {
        let shown = rig.show().await;
        assert_eq!(one.frame().await.times.captured, shown);
    }
    assert_eq!(rig.encoders(), 2);
    assert!(other.feed.events.len() <= FEED_DEPTH);
    // When it reads again it goes on with a key frame.
    while !other.is_quiet() {}
    let shown = rig.show().await;
    assert!(other.until(shown).await);
    one.until(shown).await;
}

#[tokio::test]
async fn a_picture_is_encoded_when_one_of_the_sessions_wants_it() {
    let (rig, one, other) = two().await;
    one.valve.set_open(false);
    let shown = rig.show().await;
    assert_eq!(one.frame().await.times.captured, shown);
    assert_eq!(other.frame().await.times.captured, shown);
    other.valve.set_open(false);
    let missed = rig.show().await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(one.is_quiet() && other.is_quiet());
    assert_eq!((one.valve.counts().1, other.valve.counts().1), (1, 1));
    one.valve.set_open(true);
    assert_eq!(
        one.frame().await.times.captured,
        missed,
        "the newest is passed on"
    );
}

#[tokio::test]
async fn a_session_without_an_encoder_is_refused_and_leaves_nothing() {
    let rig = Rig::new();
    let setup = VideoSetup {
        codec: VideoCodec::Vp8,
        max_size: (64, 64),
        canvas: None,
        overscan_pct: 0,
        frame_rate: 30,
        bitrate: 1_000_000,
        max_bitrate: 2_000_000,
        epoch: Instant::now(),
        valve: Arc::default(),
    };
    let refused = rig
        .encodes
        .join(&setup, Encoders::Candidates(Vec::new()), false);
    assert_eq!(refused.err(), Some(Reason::Missing(Missing::VideoEncoder)));
    assert!(rig.encodes.lock().sessions.is_empty());
    assert_eq!(rig.redrawn.load(Ordering::SeqCst), 0);
}
