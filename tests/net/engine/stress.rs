// SPDX-License-Identifier: GPL-3.0-or-later
//! Eight casts at once to eight receivers of ours over loopback, by one engine: recorded frames instead of encoding, the
//! rest is real. In a process of its own, so that its threads and its memory can be counted.

use std::sync::Arc;
use std::time::Duration;

use telecast::capture::slot::Next;
use telecast::capture::source::{VideoRequest, VideoSource};
use telecast::encode::config::{Encoders, VideoConfig};
use telecast::encode::output::EncoderEvent;
use telecast::encode::profile::Profile;
use telecast::encode::video::VideoEncoder;
use telecast::engine::{
    Blame, CastStatus, CodecChoice, Device, Engine, EngineOptions, MirrorOptions, MirrorRequest,
    Reason, Recording, SessionState, SourceKind, TrustOptions, TrustRule, VideoCodec,
};
use tokio::time::timeout;

use super::{Tv, apart, request, tv, until};

const CASTS: usize = 8;
const SIZE: (u32, u32) = (320, 180);
const FPS: u32 = 15;
/// Of the recording, bits per second.
const BITRATE: u32 = 300_000;
/// Long, so that it is not the machine that is tested.
const DELAY: Duration = Duration::from_secs(2);
/// The whole scenario.
const LIMIT: Duration = Duration::from_mins(5);
/// Encodes that all casts together may need.
const FEW: usize = 3;
/// Pictures that each receiver must have shown.
const ENOUGH: u64 = 60;
/// What the process may grow by while it streams. Two seconds of everything in flight are 200 kB a session.
const GROWTH_KB: u64 = 24 << 10;

#[test]
fn eight_casts_at_once_are_complete_and_end_clean_and_a_killed_one_disturbs_nobody() {
    apart("engine::stress::eight_in_a_process_of_their_own");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by the test above"]
async fn eight_in_a_process_of_their_own() {
    timeout(LIMIT, scenario()).await.expect("in time");
}

async fn scenario() {
    let recording = tokio::task::spawn_blocking(recorded).await.unwrap();
    let mut tvs = Vec::new();
    for number in 0..CASTS {
        tvs.push(tv(number).await);
    }
    let engine = Engine::start(EngineOptions {
        interface: Some("lo".to_owned()),
        recording: Some(Arc::new(recording)),
        trust: TrustOptions {
            rule: TrustRule::Any,
            ..TrustOptions::default()
        },
        ..EngineOptions::default()
    });
    for tv in &tvs {
        engine.mirror(&tv.device, slow()).unwrap();
    }
    let again = engine.mirror(&tvs[0].device, slow()).err();
    assert_eq!(again, Some(Reason::AlreadyCasting));

    until("all show pictures", || {
        tvs.iter().all(|tv| tv.shown.count() > 0)
    })
    .await;
    // One, but for sessions that a machine with much to do made fall behind: they come back later.
    until("few encodes feed all", || threads("encoder") <= FEW).await;
    assert_eq!(threads("media"), 1);
    assert_eq!(threads("test-card"), 1, "one capture");
    let memory = resident_kb();
    let before: Vec<u64> = tvs.iter().map(|tv| tv.shown.count()).collect();
    until("many pictures", || {
        tvs.iter()
            .zip(&before)
            .all(|(tv, before)| tv.shown.count() >= before + ENOUGH)
    })
    .await;
    everything_is_complete(&engine, &tvs);

    // One dies without a word, one is stopped.
    let killed = tvs.swap_remove(5);
    drop(killed.receiver);
    engine.stop(&tvs[2].device.id).unwrap();
    let stopped = tvs.swap_remove(2);
    until("both have ended", || {
        let casts = engine.sessions().borrow().clone();
        let of = |device: &Device| casts.iter().find(|cast| cast.device == device.id).cloned();
        let lost = of(&killed.device).is_some_and(|cast| cast.state.ended().is_some());
        lost && of(&stopped.device).is_none()
    })
    .await;
    let casts = engine.sessions().borrow().clone();
    let lost = casts
        .iter()
        .find(|cast| cast.device == killed.device.id)
        .unwrap();
    let why = lost.state.ended().unwrap();
    let by_device = matches!(why.blame(), Blame::Device | Blame::Network);
    assert!(by_device, "{why:?}");
    engine.seen(&killed.device.id);
    let before: Vec<u64> = tvs.iter().map(|tv| tv.shown.count()).collect();
    until("the others go on", || {
        tvs.iter()
            .zip(&before)
            .all(|(tv, before)| tv.shown.count() >= before + ENOUGH)
    })
    .await;
    everything_is_complete(&engine, &tvs);
    let grown = resident_kb().saturating_sub(memory);
    assert!(grown < GROWTH_KB, "{grown} kB more");

    engine.stop_all().await;
    assert!(engine.sessions().borrow().is_empty());
    until("the capture has ended", || threads("test-card") == 0).await;
    until("the encoder has ended", || threads("encoder") == 0).await;
    for tv in tvs.into_iter().chain([stopped]) {
        tv.receiver.stop().await;
    }
    engine.shut_down().await;
}

/// Nothing was given up at any receiver, and what is under way is bounded.
fn everything_is_complete(engine: &Engine, tvs: &[Tv]) {
    for tv in tvs {
        let stats = tv.receiver.stats().borrow().clone();
        assert_eq!((stats.skipped, stats.frozen_ms), (0, 0), "{stats:?}");
        let casts = engine.sessions().borrow().clone();
        let is_ours = |cast: &&CastStatus| cast.device == tv.device.id;
        let cast = casts.iter().find(is_ours).expect("it runs");
        assert!(matches!(cast.state, SessionState::Streaming(_)), "{cast:?}");
        let numbers = cast.stats.borrow().clone();
        assert!(
            numbers.in_flight_ms <= DELAY.as_secs_f64() * 1000.0,
            "{numbers:?}"
        );
        assert_eq!(numbers.width.zip(numbers.height), Some(SIZE));
        assert!(numbers.fps.acknowledged > 0.0, "{numbers:?}");
    }
}

fn slow() -> MirrorRequest {
    request(MirrorOptions {
        audio: false,
        codec: CodecChoice::Only(VideoCodec::Vp8),
        max_size: SIZE,
        frame_rate: FPS,
        target_delay: DELAY,
        // Little above the recording's: a machine with much to do still lets all reach it, and so share an encode.
        bitrate: Some(BITRATE * 3 / 2),
        ..MirrorOptions::default()
    })
}

/// A second of the test card as VP8.
fn recorded() -> Recording {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let card = runtime.block_on(VideoSource::start(VideoRequest {
        size: SIZE,
        max_fps: FPS,
        ..VideoRequest::new(SourceKind::TestCard)
    }));
    let card = card.unwrap();
    let software = Profile::candidates(VideoCodec::Vp8)
        .into_iter()
        .filter(|profile| !profile.hardware)
        .collect();
    let config = VideoConfig {
        max_frame_rate: FPS,
        bitrate: BITRATE,
        ..VideoConfig::new(VideoCodec::Vp8, Encoders::Candidates(software))
    };
    let (sender, events) = async_channel::bounded(8);
    let encoder = VideoEncoder::start(config, sender).unwrap();
    let pictures = card.frames();
    let mut frames = Vec::new();
    while frames.len() < FPS as usize {
        if let Next::Item(frame) = pictures.take_until(None) {
            encoder.push(frame);
        }
        while let Ok(event) = events.try_recv() {
            if let EncoderEvent::Frame(frame) = event {
                frames.push(frame.data);
            }
        }
    }
    let key = frames.remove(0);
    Recording {
        size: SIZE,
        key,
        following: frames,
    }
}

/// Threads of this process with this name.
fn threads(name: &str) -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names =
        tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|comm| comm.trim_end() == name).count()
}

fn resident_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
