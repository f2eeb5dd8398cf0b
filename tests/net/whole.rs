// SPDX-License-Identifier: GPL-3.0-or-later
//! A session of ours casts the test card to a receiver of ours: real encoders, TLS, UDP, real decoders, no desktop.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use telecast::capture::slot::Next;
use telecast::capture::source::VideoSource;
use telecast::cast::codec::VideoCodec;
use telecast::encode::video::VideoEncoder;
use telecast::receiver::{ReceiverOptions, ReceiverState};
use telecast::session::Session;
use telecast::session::options::{CodecChoice, MirrorOptions};
use telecast::session::reason::{Missing, Reason};
use telecast::session::source::{
    AudioSetup, BoxFuture, Codecs, Ended, Feed, MediaSource, VideoSetup,
};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::timeout;

use super::links::film::{VideoPort, card, in_software};
use super::receive;
use super::session::target;

const SIZE: (u32, u32) = (640, 360);
const LIMIT: Duration = Duration::from_secs(30);

/// The test card, encoded in software.
struct CardSource {
    codec: VideoCodec,
    card: Option<VideoSource>,
    /// Held: it would say when the source has ended, which it never does.
    ended: watch::Sender<Option<Reason>>,
}

impl MediaSource for CardSource {
    fn may_ask(&self) -> bool {
        false
    }

    fn codecs(&self) -> BoxFuture<'static, Result<Codecs, Reason>> {
        let video = vec![self.codec];
        Box::pin(async {
            Ok(Codecs {
                video,
                audio: Vec::new(),
            })
        })
    }

    fn open(&mut self) -> BoxFuture<'_, Result<Ended, Reason>> {
        Box::pin(async {
            self.card = Some(card(SIZE).await);
            Ok(self.ended.subscribe())
        })
    }

    fn start_video(&mut self, setup: VideoSetup) -> Result<Feed, Reason> {
        let (sender, events) = async_channel::bounded(8);
        let encoder = Arc::new(Mutex::new(
            VideoEncoder::start(in_software(&setup), sender).unwrap(),
        ));
        let frames = self.card.as_ref().unwrap().frames();
        let weak = Arc::downgrade(&encoder);
        std::thread::spawn(move || {
            while let Next::Item(frame) = frames.take_until(None) {
                let Some(encoder) = weak.upgrade() else {
                    return;
                };
                if setup.valve.admit() {
                    encoder.lock().unwrap().push(frame);
                }
            }
        });
        Ok(Feed {
            events,
            port: Box::new(VideoPort(encoder)),
        })
    }

    fn start_audio(&mut self, _setup: AudioSetup) -> Result<Feed, Reason> {
        Err(Reason::Missing(Missing::AudioEncoder))
    }

    fn pause(&mut self, _paused: bool) {}
}

async fn the_card_is_shown(codec: VideoCodec) {
    let receiver = receive::start(ReceiverOptions {
        measure: true,
        ..receive::options()
    })
    .await;
    let handle = Session::start(
        &Handle::current(),
        target(receiver.address()),
        MirrorOptions {
            codec: CodecChoice::Only(codec),
            ..MirrorOptions::default()
        },
        Box::new(CardSource {
            codec,
            card: None,
            ended: watch::channel(None).0,
        }),
    );

    let mut stats = receiver.stats();
    let shown = stats.wait_for(|stats| {
        let measured = stats
            .measure
            .is_some_and(|measure| measure.screen_to_decoded_ms.p50 > Some(0.0));
        measured && stats.fps.shown > 10.0
    });
    let shown = timeout(LIMIT, shown).await;
    let shown = shown.unwrap_or_else(|_| {
        panic!(
            "no picture: {:?}; the session: {:?}",
            receiver.stats().borrow().clone(),
            handle.state().borrow().clone()
        )
    });
    let shown = shown.unwrap().clone();
    assert_eq!(shown.codec, Some(codec.name()));
    assert_eq!(shown.width.zip(shown.height), Some(SIZE));
    let delay = shown.measure.unwrap().screen_to_decoded_ms.p50;
    let delay = delay.expect("the card was read");
    assert!(
        delay < 500.0,
        "{delay} ms from the card to the decoded picture"
    );

    let mut stats = handle.stats();
    let known = stats.wait_for(|stats| stats.fps.acknowledged > 10.0 && stats.rtt_ms.is_some());
    let known = timeout(LIMIT, known)
        .await
        .expect("in time")
        .unwrap()
        .clone();
    assert_eq!(
        (known.codec, known.state),
        (Some(codec.name()), "streaming")
    );
    assert_eq!(known.width.zip(known.height), Some(SIZE));
    assert!(known.latency_ms.encode.is_some() && known.latency_ms.network.is_some());

    assert!(handle.stop());
    let reason = timeout(LIMIT, handle.ended())
        .await
        .expect("it ends in time");
    assert_eq!(reason, Reason::UserStopped);
    let mut doing = receiver.status();
    let idle = doing.wait_for(|doing| doing.state == ReceiverState::Idle);
    timeout(LIMIT, idle)
        .await
        .expect("the app is stopped")
        .unwrap();
    receiver.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_test_card_is_cast_as_vp8() {
    the_card_is_shown(VideoCodec::Vp8).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_test_card_is_cast_as_h264() {
    the_card_is_shown(VideoCodec::H264).await;
}
