// SPDX-License-Identifier: GPL-3.0-or-later
//! A sender without an encoder, run by this program itself on the desktop: the real engine, portal, capture, session and
//! network, but recorded frames instead of encoded pictures.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use telecast::cast::frame::Dependency;
use telecast::engine::{
    AudioChoice, CodecChoice, Engine, EngineOptions, MirrorOptions, MirrorRequest, Recording,
    SourceKind, TrustOptions, TrustRule, VideoCodec,
};

/// The argument that makes this program the sender; the receiver's address and `both` or `none` follow.
pub const COMMAND: &str = "null-sender";
/// A session that was recorded at 1280x720 and 30 pictures a second.
const SESSION: &str = "openscreen-vp8";
const SIZE: (u32, u32) = (1280, 720);

/// Sends until interrupted, and prints the session's numbers as `mirror --stats json` does.
pub fn send(address: &str, audio: &str) -> io::Result<()> {
    // As many threads as the command line has.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("telecast-io")
        .enable_all()
        .build()?;
    runtime.block_on(run(address, audio))
}

async fn run(address: &str, audio: &str) -> io::Result<()> {
    let engine = Engine::start(EngineOptions {
        recording: Some(Arc::new(recording())),
        trust: TrustOptions {
            rule: TrustRule::Any,
            ..TrustOptions::default()
        },
        ..EngineOptions::default()
    });
    let failed = |reason| io::Error::other(format!("{reason:?}"));
    let device = engine
        .find(address, Duration::from_secs(5))
        .await
        .map_err(failed)?;
    let with_sound = audio == "both";
    let session = engine.mirror(
        &device,
        MirrorRequest {
            source: SourceKind::Screen,
            audio: if with_sound {
                AudioChoice::Both
            } else {
                AudioChoice::None
            },
            restore: true,
            parent_window: None,
            options: MirrorOptions {
                audio: with_sound,
                codec: CodecChoice::Only(VideoCodec::Vp8),
                max_size: SIZE,
                ..MirrorOptions::default()
            },
        },
    );
    let session = session.map_err(failed)?;
    let mut numbers = session.stats();
    let ended = session.ended();
    tokio::pin!(ended);
    loop {
        tokio::select! {
            reason = &mut ended => {
                eprintln!("{reason:?}");
                break;
            }
            Ok(()) = numbers.changed() => {
                let line = serde_json::to_string(&*numbers.borrow_and_update())?;
                println!("{line}");
            }
            Ok(()) = tokio::signal::ctrl_c() => {
                session.stop();
            }
        }
    }
    engine.shut_down().await;
    Ok(())
}

/// The video frames of the recorded session.
fn recording() -> Recording {
    let session = crate::recording::Recording::load(SESSION);
    let video = session.streams.iter().position(|stream| stream.is_video);
    let video = video.expect("the session has video") as u32;
    let replay = session.replay();
    let mut frames = replay.frames.iter().filter(|frame| frame.stream.0 == video);
    let first = frames.next().expect("the session has frames");
    assert_eq!(first.dependency, Dependency::KeyFrame);
    Recording {
        size: SIZE,
        key: first.data.clone(),
        following: frames
            .filter(|frame| frame.dependency != Dependency::KeyFrame)
            .map(|frame| frame.data.clone())
            .collect(),
    }
}
