// SPDX-License-Identifier: GPL-3.0-or-later
//! Whole casts on the zero-copy path: a producer that calls its memory files DMA-BUFs, an encoder behind a stand-in for the
//! GPU's importer, a session of ours and a receiver of ours on loopback.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use telecast::capture::pipewire::Remote;
use telecast::capture::pipewire::video::Target;
use telecast::cast::codec::VideoCodec;
use telecast::encode::output::FramePath;
use telecast::encode::profile::Profile;
use telecast::engine::{
    CodecChoice, MirrorOptions, Missing, NodeSource, Reason, Receiver, ReceiverOptions,
    SessionStats,
};
use telecast::receiver::ReceiverHandle;
use telecast::session::Session;
use telecast::session::handle::SessionHandle;
use telecast::session::options;
use telecast::session::timings::Timings;
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::faulty::Fault;
use crate::gpu;
use crate::pipewire_daemon::{Daemon, wait_for};
use crate::producer::{Picture, Producer, Spec};

const SIZE: (u32, u32) = (320, 180);
const LIMIT: Duration = Duration::from_secs(30);

/// A cast of a producer that offers the GPU's memory first.
struct Cast {
    session: SessionHandle,
    producer: Arc<Mutex<Producer>>,
    receiver: ReceiverHandle,
    _daemon: Daemon,
}

impl Cast {
    async fn start(encoders: Vec<Arc<Profile>>) -> Cast {
        Cast::start_with(encoders, gpu::TILED).await
    }

    /// Of a producer that draws with this modifier only.
    async fn start_with(encoders: Vec<Arc<Profile>>, modifier: u64) -> Cast {
        let (daemon, producer) = spawn_blocking(move || {
            let daemon = Daemon::start();
            let spec = Spec {
                modifiers: vec![modifier.cast_signed(), 7],
                plain_too: true,
                buffers: 6,
                ..Spec::bgrx(SIZE.0, SIZE.1)
            };
            let producer = Producer::start(daemon.connect(), spec);
            // A still screen, drawn whenever somebody begins to look.
            producer.draw_at_starts(0, 90);
            (daemon, Arc::new(Mutex::new(producer)))
        })
        .await
        .unwrap();
        let receiver = Receiver::start(ReceiverOptions {
            name: "Test TV".into(),
            listen: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            advertise: false,
            play_sound: false,
            ..ReceiverOptions::default()
        })
        .await
        .unwrap();
        let node = Target {
            remote: Remote::Opened(daemon.connect()),
            node: producer.lock().unwrap().node,
        };
        let session = Session::start_with(
            &Handle::current(),
            options::Target {
                name: "Test TV".to_owned(),
                addresses: vec![receiver.address()],
                has_screen: true,
                unknown: false,
                leftovers: Arc::new(telecast::session::leftover::InMemory::default()),
                trust: Arc::new(telecast::session::trust::Anyone),
                whereabouts: telecast::session::whereabouts::Whereabouts::default(),
            },
            MirrorOptions {
                codec: CodecChoice::Only(VideoCodec::Vp8),
                audio: false,
                ..MirrorOptions::default()
            },
            Box::new(NodeSource::new(node, 30, encoders)),
            Timings {
                report: Duration::from_millis(100),
                ..Timings::default()
            },
        );
        Cast {
            session,
            producer,
            receiver,
            _daemon: daemon,
        }
    }

    async fn until(&self, what: &str, mut is: impl FnMut(&SessionStats) -> bool) -> SessionStats {
        let mut stats = self.session.stats();
        let found = timeout(LIMIT, stats.wait_for(|stats| is(stats))).await;
        match found {
            Ok(Ok(stats)) => stats.clone(),
            _ => panic!(
                "waited in vain for {what}: {:?}, {:?}",
                self.session.stats().borrow().clone(),
                self.session.state().borrow().clone()
            ),
        }
    }

    /// Draws a picture as soon as a buffer is free.
    async fn draw(&self, value: u8) {
        let producer = Arc::clone(&self.producer);
        spawn_blocking(move || {
            wait_for("a free buffer", || {
                let picture = Picture {
                    value,
                    ..Picture::default()
                };
                producer.lock().unwrap().draw(picture).then_some(())
            });
        })
        .await
        .unwrap();
        tokio::time::sleep(Duration::from_millis(40)).await;
    }

    /// A picture that is drawn now is decoded on the other side.
    async fn shows_new_pictures(&self) {
        let mut shown = self.receiver.stats();
        let showing = async {
            let mut value = 0_u8;
            while shown.borrow_and_update().fps.shown < 5.0 {
                value = value.wrapping_add(50);
                self.draw(value).await;
            }
        };
        timeout(LIMIT, showing)
            .await
            .expect("new pictures are shown");
    }

    async fn stop(self) {
        assert!(self.session.stop());
        let reason = timeout(LIMIT, self.session.ended()).await;
        assert_eq!(reason.expect("it ends in time"), Reason::UserStopped);
        self.receiver.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dma_bufs_are_asked_for_encoded_as_they_are_and_given_back() {
    let cast = Cast::start(vec![gpu::profile()]).await;
    let stats = cast
        .until("zero copy", |stats| {
            stats.path == Some(FramePath::ZeroCopy) && stats.width.is_some()
        })
        .await;
    assert_eq!(stats.encoder.as_deref(), Some("faultyvp8enc"));
    assert_eq!(stats.width.zip(stats.height), Some(SIZE));
    // Many more pictures than there are buffers.
    for n in 0..40 {
        cast.draw(n * 5).await;
    }
    cast.shows_new_pictures().await;
    let path = cast.session.stats().borrow().path;
    assert_eq!(path, Some(FramePath::ZeroCopy));
    cast.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_still_screen_goes_on_in_shared_memory_when_the_encoder_on_the_gpu_fails_or_hangs() {
    for fault in [Fault::Error(8), Fault::Hang(8)] {
        let cast = Cast::start(gpu::failing_then_software(fault)).await;
        // Nothing is drawn but what a start of the stream brings, so it fails while it repeats.
        cast.until("zero copy", |stats| stats.path == Some(FramePath::ZeroCopy))
            .await;
        let stats = cast
            .until("shared memory", |stats| {
                stats.path == Some(FramePath::Copied)
            })
            .await;
        assert_eq!(stats.encoder.as_deref(), Some("vp8enc"), "{fault:?}");
        assert_eq!(stats.state, "streaming");
        // Repeated as before.
        cast.until("repetitions", |stats| stats.fps.acknowledged > 0.0)
            .await;
        cast.shows_new_pictures().await;
        assert_eq!(cast.session.stats().borrow().path, Some(FramePath::Copied));
        cast.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_importer_that_refuses_the_pictures_gets_them_in_shared_memory() {
    let cast = Cast::start_with(vec![gpu::profile()], gpu::REFUSED).await;
    let stats = cast
        .until("shared memory", |stats| {
            stats.path == Some(FramePath::Copied)
        })
        .await;
    assert_eq!(stats.encoder.as_deref(), Some("faultyvp8enc"));
    cast.shows_new_pictures().await;
    cast.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_software_encoder_no_dma_bufs_are_asked_for() {
    let mut software = Profile::candidates(VideoCodec::Vp8);
    software.retain(|profile| !profile.hardware);
    let cast = Cast::start(software).await;
    let mut paths = Vec::new();
    cast.until("a picture", |stats| {
        paths.extend(stats.path);
        stats.fps.acknowledged > 0.0
    })
    .await;
    assert!(!paths.contains(&FramePath::ZeroCopy));
    cast.shows_new_pictures().await;
    cast.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_no_encoder_is_left_the_cast_ends_with_that_reason() {
    let mut encoders = gpu::failing_then_software(Fault::Error(8));
    encoders.truncate(1);
    let cast = Cast::start(encoders).await;
    let reason = timeout(LIMIT, cast.session.ended()).await;
    assert_eq!(
        reason.expect("it ends"),
        Reason::Missing(Missing::VideoEncoder)
    );
    cast.receiver.stop().await;
}
