// SPDX-License-Identifier: GPL-3.0-or-later
//! What is missing or occupied on this computer, and what was typed wrongly.

use std::net::{TcpListener, UdpSocket};

use super::super::pipewire;
use super::super::session::eventually;
use super::super::session::script::{Device, Script};
use super::*;

#[tokio::test]
async fn no_portal_and_no_pipewire() {
    let device = Device::start(Script::default()).await;
    let at = device.address.to_string();
    let ended = Telecast::start(&["mirror", &at, "--source", "screen"])
        .end()
        .await;
    ended.failed_with(&["no portal", "Install xdg-desktop-portal"]);
    assert_eq!(device.count("LAUNCH"), 0, "the TV is not bothered");

    let ended = Telecast::mirror(device.address, &["--audio", "both"])
        .end()
        .await;
    ended.failed_with(&["PipeWire does not run", "Install pipewire"]);
    eventually("nothing runs there", || {
        device.count("STOP") == device.count("LAUNCH")
    })
    .await;
}

#[tokio::test]
async fn no_encoder_and_no_decoder() {
    let bare = |arguments: &[&str]| {
        let mut program = command(env!("CARGO_BIN_EXE_telecast"), arguments);
        let registry = HOME.join("no-plugins.bin");
        program
            .env("GST_PLUGIN_SYSTEM_PATH_1_0", HOME.join("nothing"))
            .env("GST_REGISTRY_1_0", registry)
            .env("XDG_CACHE_HOME", HOME.join("bare"));
        Telecast::spawn(program).end()
    };
    let device = Device::start(Script::default()).await;
    let at = device.address.to_string();
    let mirror = [&["mirror", at.as_str()], CARD, &["--audio", "none"]].concat();
    let (mirror, receive) = tokio::join!(
        bare(&mirror),
        bare(&["receive", "--headless", "--port", "0"])
    );
    mirror.failed_with(&["No working video encoder", "Install GStreamer"]);
    assert_eq!(device.count("LAUNCH"), 0, "the TV is not bothered");
    receive.failed_with(&["No video decoder", "Install GStreamer"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_application_that_plays_nothing() {
    let daemon = tokio::task::spawn_blocking(pipewire::Daemon::start)
        .await
        .unwrap();
    let device = Device::start(Script::default()).await;
    let at = device.address.to_string();
    let arguments = [&["mirror", at.as_str()], CARD, &["--audio", "app=nobody"]].concat();
    let mut program = command(env!("CARGO_BIN_EXE_telecast"), &arguments);
    program.env("XDG_RUNTIME_DIR", &daemon.folder);
    // What it remembers of this daemon is not for the programs of the tests beside this one.
    program.env("XDG_STATE_HOME", daemon.folder.join("state"));
    let ended = Telecast::spawn(program).end().await;
    ended.failed_with(&["“nobody”", "not playing", "Start its playback"]);
    eventually("nothing runs there", || {
        device.count("STOP") == device.count("LAUNCH")
    })
    .await;
}

#[tokio::test]
async fn ports_and_places_that_cannot_be_had() {
    let taken = UdpSocket::bind("0.0.0.0:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let device = Device::start(Script::default()).await;
    let range = format!("{port}-{port}");
    let ended = Telecast::mirror(device.address, &["--audio", "none", "--port-range", &range])
        .end()
        .await;
    ended.failed_with(&["No UDP port is free", &port, "another range"]);
    assert_eq!(device.count("LAUNCH"), 0, "the TV is not bothered");

    let taken = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let receive = |arguments: &[&str]| {
        Telecast::start(&[&["receive", "--headless"], arguments].concat()).end()
    };
    let (in_use, foreign, nameless, snapshot) = tokio::join!(
        receive(&["--port", &port]),
        receive(&["--port", "0", "--listen", "192.0.2.1"]),
        receive(&["--port", "0", "--name", ""]),
        receive(&["--port", "0", "--snapshot", "/nonexistent/a.png"])
    );
    in_use.failed_with(&["Another program", &port, "--port"]);
    foreign.failed_with(&["192.0.2.1", "not an address of this computer", "ip address"]);
    snapshot.failed_with(&["/nonexistent/a.png", "No such file", "--snapshot"]);
    nameless.failed_with(&["needs a name", "--name"]);
}

#[tokio::test]
async fn a_window_without_a_display() {
    // The devices' window is what the bare name opens.
    for arguments in [&[][..], &["test-card"]] {
        let ended = Telecast::start(arguments).end().await;
        ended.failed_with(&["no display", "graphical session"]);
    }
}

#[tokio::test]
async fn what_was_typed_wrongly_is_usage() {
    for line in [
        "mirror",
        "mirror TV --audio loud",
        "mirror TV --latency 9000",
        "mirror TV --port-range 9-3",
        "devices --timeout never",
        "receive --port 70000",
        "play film.webm",
        "devices --log telecast=[",
    ] {
        let arguments: Vec<&str> = line.split_whitespace().collect();
        let ended = Telecast::start(&arguments).end().await;
        assert_eq!(ended.status.code(), Some(2), "“{line}”: {ended}");
        assert!(!ended.errors.is_empty(), "{line}: it says what is wrong");
        assert!(ended.output.is_empty(), "{line}: {ended}");
    }
}
