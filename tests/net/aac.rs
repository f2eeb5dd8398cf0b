// SPDX-License-Identifier: GPL-3.0-or-later
//! A session of ours casts a tone as AAC to a receiver of ours: an OFFER without Opus, real TLS, UDP and decoder.

use std::time::{Duration, Instant};

use bytes::Bytes;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::AppSink;
use telecast::cast::codec::AudioCodec;
use telecast::cast::control::EncoderControl;
use telecast::cast::frame::{Dependency, EncodedFrame, MediaTime, StageTimes};
use telecast::encode::output::EncoderEvent;
use telecast::receiver::ReceiverState;
use telecast::session::Session;
use telecast::session::options::MirrorOptions;
use telecast::session::reason::{Missing, Reason};
use telecast::session::source::{
    AudioSetup, BoxFuture, Codecs, EncoderPort, Ended, Feed, MediaSource, VideoSetup,
};
use telecast::session::state::SessionState;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::timeout;

use super::receive::{options, start, state};
use super::session::target;

const LIMIT: Duration = Duration::from_secs(20);
/// In Hz.
const PITCH: f64 = 700.0;
const RATE: u64 = 48_000;
/// Samples of an AAC frame.
const FRAME: u64 = 1024;

/// A tone, as AAC and nothing else.
struct ToneSource {
    /// Held: it would say when the source has ended, which it never does.
    ended: watch::Sender<Option<Reason>>,
}

impl MediaSource for ToneSource {
    fn may_ask(&self) -> bool {
        false
    }

    fn codecs(&self) -> BoxFuture<'static, Result<Codecs, Reason>> {
        Box::pin(async {
            Ok(Codecs {
                video: Vec::new(),
                audio: vec![AudioCodec::Aac],
            })
        })
    }

    fn open(&mut self) -> BoxFuture<'_, Result<Ended, Reason>> {
        let ended = self.ended.subscribe();
        Box::pin(async { Ok(ended) })
    }

    fn start_video(&mut self, _setup: VideoSetup) -> Result<Feed, Reason> {
        Err(Reason::Missing(Missing::VideoEncoder))
    }

    fn start_audio(&mut self, setup: AudioSetup) -> Result<Feed, Reason> {
        assert_eq!(setup.codec, AudioCodec::Aac);
        let encoder = Encoder::start(setup.bitrate);
        let frames = encoder.frames();
        let (sender, events) = async_channel::bounded(8);
        std::thread::spawn(move || send_in_time(&frames, setup.epoch, &sender));
        Ok(Feed {
            events,
            port: Box::new(encoder),
        })
    }

    fn pause(&mut self, _paused: bool) {}
}

/// A pipeline that makes ADTS frames of the tone as fast as they are taken.
struct Encoder(gst::Pipeline);

impl Encoder {
    fn start(bitrate: u32) -> Encoder {
        telecast::chain::init().unwrap();
        let pipeline = gst::parse::launch(&format!(
            "audiotestsrc samplesperbuffer={FRAME} freq={PITCH} volume=0.5 \
             ! audio/x-raw,rate={RATE},channels=2 ! audioconvert ! avenc_aac bitrate={bitrate} \
             ! aacparse ! audio/mpeg,stream-format=adts \
             ! appsink name=out sync=false max-buffers=4"
        ));
        let pipeline = pipeline.unwrap().downcast::<gst::Pipeline>().unwrap();
        pipeline.set_state(gst::State::Playing).unwrap();
        Encoder(pipeline)
    }

    fn frames(&self) -> AppSink {
        let out = self.0.by_name("out").unwrap();
        out.downcast::<AppSink>().unwrap()
    }
}

impl EncoderPort for Encoder {
    fn control(&mut self, _wish: EncoderControl) {}
}

impl Drop for Encoder {
    fn drop(&mut self) {
        self.0.set_state(gst::State::Null).unwrap();
    }
}

/// Gives the frames out at the pace of sound, until nobody wants them any more.
fn send_in_time(frames: &AppSink, epoch: Instant, sender: &async_channel::Sender<EncoderEvent>) {
    let length = Duration::from_nanos(FRAME * 1_000_000_000 / RATE);
    let begin = Instant::now();
    let first = begin.duration_since(epoch).as_micros() as i64 * RATE as i64 / 1_000_000;
    let mut dependency = Dependency::KeyFrame;
    let mut samples = 0;
    while let Ok(sample) = frames.pull_sample() {
        let captured = begin + Duration::from_nanos(samples * 1_000_000_000 / RATE);
        let ready = captured + length;
        std::thread::sleep(ready.saturating_duration_since(Instant::now()));
        let data = sample.buffer().unwrap().map_readable().unwrap().to_vec();
        let frame = EncodedFrame {
            dependency,
            media_time: MediaTime(first + samples as i64),
            duration: length,
            data: Bytes::from(data),
            size: None,
            times: StageTimes {
                captured,
                received: ready,
                converted: ready,
                encoded: Instant::now(),
            },
        };
        if sender.send_blocking(EncoderEvent::Frame(frame)).is_err() {
            return;
        }
        dependency = Dependency::Independent;
        samples += FRAME;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tone_that_is_offered_as_aac_alone_is_heard_at_its_pitch() {
    let receiver = start(options()).await;
    let handle = Session::start(
        &Handle::current(),
        target(receiver.address()),
        MirrorOptions::default(),
        Box::new(ToneSource {
            ended: watch::channel(None).0,
        }),
    );

    let mut stats = receiver.stats();
    let heard = stats.wait_for(|stats| {
        stats.audio.as_ref().is_some_and(|sound| {
            let pitch = sound.frequency_hz;
            sound.decoded > 60 && pitch.is_some_and(|pitch| (pitch - PITCH).abs() < 1.0)
        })
    });
    let heard = timeout(LIMIT, heard).await.unwrap_or_else(|_| {
        panic!(
            "no tone: {:?}; the session: {:?}",
            receiver.stats().borrow().clone(),
            handle.state().borrow().clone()
        )
    });
    let heard = heard.unwrap().clone();
    let sound = heard.audio.expect("there is sound");
    assert_eq!((heard.codec, sound.codec), (None, "aac"));
    // A sine of half the full scale.
    let level = sound.level.expect("it was measured");
    assert!((0.33..0.38).contains(&level), "{level}");

    match handle.state().borrow().clone() {
        SessionState::Streaming(streams) => {
            assert_eq!(
                (streams.video, streams.audio),
                (None, Some(AudioCodec::Aac))
            );
        }
        other => panic!("{other:?}"),
    }
    assert!(handle.stop());
    let reason = timeout(LIMIT, handle.ended()).await.expect("in time");
    assert_eq!(reason, Reason::UserStopped);
    state(&receiver, ReceiverState::Idle).await;
    receiver.stop().await;
}
