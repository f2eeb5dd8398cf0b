// SPDX-License-Identifier: GPL-3.0-or-later
//! The engine with several casts to receivers of ours over loopback. Each scenario runs in a process of its own, with a
//! state folder of its own, so that threads and memory can be counted and nothing of the user is touched.

mod commands;
mod stress;

use std::net::IpAddr;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use telecast::engine::{
    AudioChoice, Device, MirrorOptions, MirrorRequest, Picture, Receiver, ReceiverHandle,
    ReceiverOptions, Screen, SourceKind,
};
use tokio::time::{sleep, timeout};

use super::receive::options;

/// Runs a test that is ignored otherwise. It bounds itself in time.
fn apart(test: &str) {
    let folder = format!("telecast-{}-{}", std::process::id(), test.replace(':', "-"));
    let state = std::env::temp_dir().join(folder);
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env("XDG_STATE_HOME", &state)
        .output()
        .unwrap();
    if state.exists() {
        std::fs::remove_dir_all(&state).unwrap();
    }
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Counts what is shown.
#[derive(Default)]
struct Shown(AtomicU64);

impl Shown {
    fn count(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

impl Screen for Shown {
    fn started(&self, _: IpAddr) {}
    fn show(&self, _: Picture) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
    fn stopped(&self) {}
}

struct Tv {
    device: Device,
    receiver: ReceiverHandle,
    shown: Arc<Shown>,
}

async fn tv(number: usize) -> Tv {
    let shown = Arc::new(Shown::default());
    let name = format!("TV {number}");
    let receiver = Receiver::start(ReceiverOptions {
        name: name.clone(),
        screen: Some(shown.clone()),
        ..options()
    });
    let receiver = receiver.await.expect("it starts");
    let address = receiver.address();
    let (id, endpoints) = (format!("{number:032x}"), vec![address.into()]);
    let device = Device::unannounced(id, name, endpoints, Instant::now());
    Tv {
        device,
        receiver,
        shown,
    }
}

/// The test card, in silence.
fn request(options: MirrorOptions) -> MirrorRequest {
    MirrorRequest {
        source: SourceKind::TestCard,
        audio: AudioChoice::None,
        restore: true,
        parent_window: None,
        options,
    }
}

async fn until(what: &str, so: impl Fn() -> bool) {
    let waiting = async {
        while !so() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(100), waiting)
        .await
        .expect(what);
}
