// SPDX-License-Identifier: GPL-3.0-or-later
//! The sender: a session of the library that casts the [`Film`], in this process, but on the sender's host.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use telecast::cast::codec::VideoCodec;
use telecast::session::Session;
use telecast::session::leftover::InMemory;
use telecast::session::options::{CodecChoice, MirrorOptions, Target};
use telecast::session::reason::Reason;
use telecast::session::state::SessionState;
use telecast::session::trust::Anyone;
use telecast::session::whereabouts::Whereabouts;
use tokio::runtime::{Builder, Handle};
use tokio::time::{sleep, timeout};

use super::film::{Film, SIZE};
use super::namespace::Namespace;

/// From the first packet of the control channel to the first of the media, on a busy machine; and to end.
const PATIENCE: Duration = Duration::from_secs(45);

/// Casts for so many seconds from the first packet on. The objects that `mirror --stats json` would print.
pub fn cast(
    from: &Namespace,
    to: SocketAddr,
    target_delay: Duration,
    length: Duration,
) -> Vec<Value> {
    from.enter(|| {
        // Its threads are born on the host, too.
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(run(to, target_delay, length))
    })
}

async fn run(to: SocketAddr, target_delay: Duration, length: Duration) -> Vec<Value> {
    let target = Target {
        name: "Test TV".to_owned(),
        addresses: vec![to],
        has_screen: true,
        unknown: false,
        leftovers: Arc::new(InMemory::default()),
        trust: Arc::new(Anyone),
        whereabouts: Whereabouts::default(),
    };
    let options = MirrorOptions {
        codec: CodecChoice::Only(VideoCodec::Vp8),
        max_size: SIZE,
        target_delay,
        ..MirrorOptions::default()
    };
    let session = Session::start(&Handle::current(), target, options, Box::new(Film::new()));
    let mut numbers = session.stats();
    let collect = tokio::spawn(async move {
        let (mut objects, mut told) = (Vec::new(), 0.0);
        while numbers.changed().await.is_ok() {
            let latest = numbers.borrow_and_update().clone();
            // A change of state alone is no news.
            if latest.uptime_s > told {
                told = latest.uptime_s;
                objects.push(serde_json::to_value(latest).expect("numbers"));
            }
        }
        objects
    });
    let mut state = session.state();
    let streaming = state.wait_for(|state| {
        assert!(state.ended().is_none(), "{state:?}");
        matches!(state, SessionState::Streaming(_))
    });
    timeout(PATIENCE, streaming)
        .await
        .expect("it streams in time")
        .expect("it runs");
    sleep(length).await;
    assert!(session.stop(), "{:?}", session.state().borrow());
    let reason = timeout(PATIENCE, session.ended()).await;
    assert_eq!(reason.expect("it ends in time"), Reason::UserStopped);
    drop(session);
    collect.await.expect("no panic")
}
