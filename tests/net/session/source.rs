// SPDX-License-Identifier: GPL-3.0-or-later
//! A source whose encoders make bytes on a timer instead of coding pictures.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use telecast::cast::codec::{AudioCodec, VideoCodec};
use telecast::cast::control::EncoderControl;
use telecast::cast::frame::{Dependency, EncodedFrame, MediaTime, StageTimes};
use telecast::encode::error::EncodeError;
use telecast::encode::output::EncoderEvent;
use telecast::session::reason::Reason;
use telecast::session::source::{
    AudioSetup, BoxFuture, Codecs, EncoderPort, Ended, Feed, MediaSource, VideoSetup,
};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What became of a source, seen from outside.
#[derive(Debug, Clone)]
pub struct Probe(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    running: AtomicU32,
    dropped: AtomicBool,
    paused: AtomicBool,
    fail_video: AtomicBool,
    fail_audio: AtomicBool,
    key_frames_asked: AtomicU32,
    setups: Mutex<Vec<VideoSetup>>,
    ended: watch::Sender<Option<Reason>>,
}

impl Probe {
    /// Encoders that run.
    pub fn running(&self) -> u32 {
        self.0.running.load(Ordering::SeqCst)
    }

    /// The source is gone.
    pub fn dropped(&self) -> bool {
        self.0.dropped.load(Ordering::SeqCst)
    }

    pub fn paused(&self) -> bool {
        self.0.paused.load(Ordering::SeqCst)
    }

    /// Key frames that were asked for.
    pub fn key_frames_asked(&self) -> u32 {
        self.0.key_frames_asked.load(Ordering::SeqCst)
    }

    /// How video encoders were started.
    pub fn setups(&self) -> Vec<VideoSetup> {
        self.0.setups.lock().unwrap().clone()
    }

    /// Ends the source, as a closed window does.
    pub fn end(&self, reason: Reason) {
        self.0.ended.send_replace(Some(reason));
    }

    /// Lets the running video encoder fail.
    pub fn fail_video(&self) {
        self.0.fail_video.store(true, Ordering::SeqCst);
    }

    /// Lets the running audio encoder fail.
    pub fn fail_audio(&self) {
        self.0.fail_audio.store(true, Ordering::SeqCst);
    }
}

/// The source.
pub struct NullSource {
    shared: Arc<Shared>,
    /// What opening ends with, after this time.
    pub opening: (Duration, Option<Reason>),
    pub codecs: Codecs,
    pub may_ask: bool,
}

impl NullSource {
    pub fn new() -> (NullSource, Probe) {
        let shared = Arc::new(Shared {
            running: AtomicU32::new(0),
            dropped: AtomicBool::new(false),
            paused: AtomicBool::new(false),
            fail_video: AtomicBool::new(false),
            fail_audio: AtomicBool::new(false),
            key_frames_asked: AtomicU32::new(0),
            setups: Mutex::new(Vec::new()),
            ended: watch::channel(None).0,
        });
        let source = NullSource {
            shared: shared.clone(),
            opening: (Duration::ZERO, None),
            codecs: Codecs {
                video: vec![VideoCodec::H264, VideoCodec::Vp8],
                audio: vec![AudioCodec::Opus],
            },
            may_ask: false,
        };
        (source, Probe(shared))
    }
}

impl Drop for NullSource {
    fn drop(&mut self) {
        self.shared.dropped.store(true, Ordering::SeqCst);
    }
}

impl MediaSource for NullSource {
    fn may_ask(&self) -> bool {
        self.may_ask
    }

    fn codecs(&self) -> BoxFuture<'static, Result<Codecs, Reason>> {
        let codecs = self.codecs.clone();
        Box::pin(async move { Ok(codecs) })
    }

    fn open(&mut self) -> BoxFuture<'_, Result<Ended, Reason>> {
        let (after, failure) = self.opening.clone();
        let ended = self.shared.ended.subscribe();
        Box::pin(async move {
            tokio::time::sleep(after).await;
            failure.map_or(Ok(ended), Err)
        })
    }

    fn start_video(&mut self, setup: VideoSetup) -> Result<Feed, Reason> {
        self.shared.setups.lock().unwrap().push(setup.clone());
        self.shared.fail_video.store(false, Ordering::SeqCst);
        let (sender, events) = async_channel::bounded(8);
        let key = Arc::new(AtomicBool::new(true));
        let task = tokio::spawn(video(setup, sender, key.clone(), self.shared.clone()));
        Ok(Feed {
            events,
            port: Box::new(Port {
                task: Running::new(task, self.shared.clone()),
                key,
                shared: self.shared.clone(),
            }),
        })
    }

    fn start_audio(&mut self, setup: AudioSetup) -> Result<Feed, Reason> {
        let (sender, events) = async_channel::bounded(8);
        let task = tokio::spawn(audio(setup, sender, self.shared.clone()));
        Ok(Feed {
            events,
            port: Box::new(Running::new(task, self.shared.clone())),
        })
    }

    fn pause(&mut self, paused: bool) {
        self.shared.paused.store(paused, Ordering::SeqCst);
    }
}

struct Running(JoinHandle<()>, Arc<Shared>);

impl Running {
    fn new(task: JoinHandle<()>, shared: Arc<Shared>) -> Running {
        shared.running.fetch_add(1, Ordering::SeqCst);
        Running(task, shared)
    }
}

impl EncoderPort for Running {
    fn control(&mut self, _wish: EncoderControl) {}
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
        self.1.running.fetch_sub(1, Ordering::SeqCst);
    }
}

struct Port {
    #[expect(dead_code, reason = "held for its drop")]
    task: Running,
    key: Arc<AtomicBool>,
    shared: Arc<Shared>,
}

impl EncoderPort for Port {
    fn control(&mut self, wish: EncoderControl) {
        if wish == EncoderControl::KeyFrame {
            self.key.store(true, Ordering::SeqCst);
            self.shared.key_frames_asked.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// The bytes of the frame with this number: their pattern shows that they arrived whole and in order.
pub fn pattern(number: usize, length: usize) -> Vec<u8> {
    (0..length).map(|at| (number * 31 + at * 7) as u8).collect()
}

/// Length of a frame of the null encoder.
pub fn length(key: bool) -> usize {
    if key { 20_000 } else { 4_000 }
}

async fn video(
    setup: VideoSetup,
    sender: async_channel::Sender<EncoderEvent>,
    key: Arc<AtomicBool>,
    shared: Arc<Shared>,
) {
    let using = EncoderEvent::Using {
        element: "nullenc".to_owned(),
        hardware: false,
        dma_buf: false,
    };
    if sender.send(using).await.is_err() {
        return;
    }
    let period = Duration::from_secs(1) / setup.frame_rate;
    let mut tick = tokio::time::interval(period);
    let mut number = 0;
    loop {
        tick.tick().await;
        if shared.fail_video.load(Ordering::SeqCst) {
            let failed = EncoderEvent::Failed(EncodeError::NoEncoder(setup.codec));
            sender.send(failed).await.ok();
            return;
        }
        if !setup.valve.admit() {
            continue;
        }
        let key = key.swap(false, Ordering::SeqCst);
        let frame = frame(
            if key {
                Dependency::KeyFrame
            } else {
                Dependency::Dependent
            },
            setup.epoch,
            90_000,
            period,
            pattern(number, length(key)),
            Some(setup.max_size),
        );
        number += 1;
        if sender.send(EncoderEvent::Frame(frame)).await.is_err() {
            return;
        }
    }
}

async fn audio(
    setup: AudioSetup,
    sender: async_channel::Sender<EncoderEvent>,
    shared: Arc<Shared>,
) {
    let mut tick = tokio::time::interval(setup.frame);
    let mut dependency = Dependency::KeyFrame;
    loop {
        tick.tick().await;
        if shared.fail_audio.load(Ordering::SeqCst) {
            let failed = EncoderEvent::Failed(EncodeError::NoAudioEncoder);
            sender.send(failed).await.ok();
            return;
        }
        let frame = frame(
            dependency,
            setup.epoch,
            48_000,
            setup.frame,
            vec![7; 160],
            None,
        );
        dependency = Dependency::Independent;
        if sender.send(EncoderEvent::Frame(frame)).await.is_err() {
            return;
        }
    }
}

fn frame(
    dependency: Dependency,
    epoch: Instant,
    timebase: u128,
    duration: Duration,
    data: Vec<u8>,
    size: Option<(u32, u32)>,
) -> EncodedFrame {
    let now = Instant::now();
    let ticks = now.duration_since(epoch).as_micros() * timebase / 1_000_000;
    EncodedFrame {
        dependency,
        media_time: MediaTime(ticks as i64),
        duration,
        data: Bytes::from(data),
        size,
        times: StageTimes {
            captured: now,
            received: now,
            converted: now,
            encoded: now,
        },
    }
}
