// SPDX-License-Identifier: GPL-3.0-or-later
//! Whole sessions over loopback TLS and UDP against a scripted device, with an encoder that only makes bytes.

mod absence;
mod ends;
mod introduction;
pub mod media;
mod path;
mod recover;
pub mod script;
mod source;
mod streams;
mod trust;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use telecast::session::Session;
use telecast::session::handle::SessionHandle;
use telecast::session::leftover::InMemory;
use telecast::session::options::{MirrorOptions, Target};
use telecast::session::reason::Reason;
use telecast::session::state::SessionState;
use telecast::session::timings::Timings;
use telecast::session::trust::Anyone;
use telecast::session::whereabouts::Whereabouts;
use tokio::runtime::Handle;
use tokio::time::timeout;

use self::script::{Device, Script};
use self::source::{NullSource, Probe};

/// No test of a session takes longer.
const LIMIT: Duration = Duration::from_secs(20);

/// Short waits, so that the tests are.
fn timings() -> Timings {
    Timings {
        connect: Duration::from_secs(2),
        tls: Duration::from_secs(2),
        authentication: Duration::from_millis(300),
        disturbed: Duration::from_millis(700),
        gone: Duration::from_millis(2500),
        lost: Duration::from_millis(1500),
        suspect: Duration::from_millis(500),
        knock: Duration::from_millis(500),
        no_picture: Duration::from_millis(800),
        report: Duration::from_millis(100),
        ..Timings::default()
    }
}

/// A device with a screen at this address.
pub fn target(address: SocketAddr) -> Target {
    Target {
        name: "Test TV".to_owned(),
        addresses: vec![address],
        has_screen: true,
        unknown: false,
        leftovers: Arc::new(InMemory::default()),
        trust: Arc::new(Anyone),
        whereabouts: Whereabouts::default(),
    }
}

/// A session with a null source; the probe tells what became of the source.
fn start(address: SocketAddr, options: MirrorOptions) -> (SessionHandle, Probe) {
    let (source, probe) = NullSource::new();
    let target = target(address);
    (start_from(source, target, options), probe)
}

/// The same without wishes, with a target of the test's own.
fn start_at(target: Target) -> (SessionHandle, Probe) {
    let (source, probe) = NullSource::new();
    let options = MirrorOptions::default();
    (start_from(source, target, options), probe)
}

/// A session with this source.
fn start_from(source: NullSource, target: Target, options: MirrorOptions) -> SessionHandle {
    let source = Box::new(source);
    Session::start_with(&Handle::current(), target, options, source, timings())
}

fn is_streaming(state: &SessionState) -> bool {
    matches!(state, SessionState::Streaming(_))
}

/// Waits for a state.
async fn until(handle: &SessionHandle, wanted: impl Fn(&SessionState) -> bool) -> SessionState {
    let mut state = handle.state();
    let found = timeout(
        LIMIT,
        state.wait_for(|state| wanted(state) || state.ended().is_some()),
    );
    let found = found.await.expect("in time").expect("it lives").clone();
    assert!(wanted(&found), "it ended: {found:?}");
    found
}

/// Waits for the end; afterwards nothing of the session runs any more.
async fn ended(handle: &SessionHandle, probe: &Probe) -> Reason {
    let reason = timeout(LIMIT, handle.ended())
        .await
        .expect("it ends in time");
    assert_eq!(probe.running(), 0, "an encoder is left behind");
    assert!(probe.dropped(), "the source is left behind");
    reason
}

/// Ends a session as its user does.
async fn stop(handle: SessionHandle, probe: Probe) {
    handle.stop();
    assert_eq!(ended(&handle, &probe).await, Reason::UserStopped);
}

/// The wish that a lost device is looked for so long, and no longer; zero: not at all.
fn seeking_for(reconnect: Duration) -> MirrorOptions {
    MirrorOptions {
        reconnect,
        ..MirrorOptions::default()
    }
}

/// Runs a session against a device until it ends by itself.
async fn outcome(script: Script) -> (Reason, Device, Duration) {
    let device = Device::start(script).await;
    let (handle, probe) = start(device.address, seeking_for(Duration::ZERO));
    let started = Instant::now();
    let reason = ended(&handle, &probe).await;
    (reason, device, started.elapsed())
}

/// Waits until something that happens on another task is so.
pub async fn eventually(what: &str, so: impl Fn() -> bool) {
    let waiting = async {
        while !so() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(LIMIT, waiting).await.expect(what);
}
