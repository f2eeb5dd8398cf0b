// SPDX-License-Identifier: GPL-3.0-or-later
//! Sound while PipeWire does not go on as before.

use super::super::pipewire::Daemon;
use super::super::session::eventually;
use super::super::session::script::{Device, Script};
use super::*;

/// A setting of the session manager.
fn setting(daemon: &Daemon, key: &str) -> String {
    let all = daemon.tool("pw-metadata", &["0", key]).unwrap_or_default();
    all.lines().last().unwrap_or_default().to_owned()
}

/// The default output of sound.
pub fn default_sink(daemon: &Daemon) -> String {
    setting(daemon, "default.audio.sink")
}

/// Gives the daemon an output, and waits until it is the default one.
pub async fn plug_in_speakers(daemon: &Daemon) {
    let speakers = "{ factory.name=support.null-audio-sink node.name=speakers media.class=Audio/Sink \
                    object.linger=true audio.position=[FL FR] }";
    daemon
        .tool("pw-cli", &["create-node", "adapter", speakers])
        .expect("an output");
    eventually("a default output", || {
        default_sink(daemon).contains("speakers")
    })
    .await;
}

/// Starts `telecast` where this daemon plays.
pub fn with_sound(daemon: &Daemon, arguments: &[&str]) -> Telecast {
    let mut program = command(env!("CARGO_BIN_EXE_telecast"), &trusting(arguments));
    program.env("XDG_RUNTIME_DIR", &daemon.folder);
    // What it remembers of this daemon is not for the programs of the tests beside this one.
    program.env("XDG_STATE_HOME", daemon.folder.join("state"));
    Telecast::spawn(program)
}

/// A cast with the sound that only the TV plays, and the daemon on which it is the default output.
async fn cast(device: &Device) -> (Telecast, Daemon) {
    let daemon = tokio::task::spawn_blocking(Daemon::start).await.unwrap();
    plug_in_speakers(&daemon).await;
    let at = device.address.to_string();
    let arguments = [&["mirror", at.as_str()], CARD, &["--audio", "tv"]].concat();
    let cast = with_sound(&daemon, &arguments);
    eventually("the TV's output", || {
        default_sink(&daemon).contains("telecast.")
    })
    .await;
    more_sound(device).await;
    (cast, daemon)
}

/// Waits for sound that comes now.
async fn more_sound(device: &Device) {
    let count = || device.media.lock().unwrap().audio.len();
    let before = count();
    eventually("sound", || count() > before + 50).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sound_comes_back_when_pipewire_is_restarted() {
    let device = Device::start(Script::default()).await;
    let (cast, mut daemon) = cast(&device).await;
    let daemon = tokio::task::spawn_blocking(move || {
        daemon.restart();
        daemon
    });
    let daemon = daemon.await.unwrap();
    eventually("the TV's output again", || {
        default_sink(&daemon).contains("telecast.")
    })
    .await;
    more_sound(&device).await;
    device.receives_more("pictures", 5).await;
    assert_eq!(device.count("OFFER"), 1, "by the same streams");
    cast.signal(Signal::TERM);
    let ended = cast.end().await;
    assert!(ended.status.success(), "{ended}");
    eventually("the daemon's own output", || {
        !default_sink(&daemon).contains("telecast.")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_kill_the_next_start_gives_the_sound_back() {
    let device = Device::start(Script::default()).await;
    let (cast, daemon) = cast(&device).await;
    let configured = || setting(&daemon, "default.configured.audio.sink");
    assert!(configured().contains("telecast."), "{}", configured());
    cast.signal(Signal::KILL);
    cast.end().await;
    assert!(configured().contains("telecast."), "nobody could undo it");
    with_sound(&daemon, &["devices", "--timeout", "1"])
        .end()
        .await
        .succeeded();
    assert!(!configured().contains("telecast."), "{}", configured());
    eventually("the speakers", || {
        default_sink(&daemon).contains("speakers")
    })
    .await;
}
