// SPDX-License-Identifier: GPL-3.0-or-later
//! Ends that somebody wanted: signals, a time that was asked for, a reader that has gone.

use super::super::pipewire::Daemon;
use super::super::session::eventually;
use super::super::session::script::{Afterwards, Device, OnLaunch, Script};
use super::sound::{default_sink, plug_in_speakers, with_sound};
use super::*;

/// The app was stopped, both virtual connections and the TLS connection closed in an orderly way.
async fn in_order(device: &Device) {
    eventually("goodbye", || device.seen().closed_cleanly).await;
    assert_eq!(device.count("STOP"), 1, "{:?}", device.seen());
    assert_eq!(device.count("CLOSE"), 2, "{:?}", device.seen());
}

#[tokio::test]
async fn a_signal_ends_a_cast_in_order() {
    for signal in [Signal::INT, Signal::TERM] {
        let device = Device::start(Script::default()).await;
        let mut cast = Telecast::mirror(device.address, &["--audio", "tone"]);
        cast.says("Casting").await;
        eventually("pictures", || {
            !device.media.lock().unwrap().video.is_empty()
        })
        .await;
        cast.signal(signal);
        let asked = Instant::now();
        let ended = cast.end().await;
        assert!(asked.elapsed() < Duration::from_secs(5), "{ended}");
        ended.succeeded();
        in_order(&device).await;
    }
}

#[tokio::test]
async fn a_signal_ends_every_wait() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let asking = Device::start(Script {
        launch: OnLaunch::Ask(None),
        ..Script::default()
    })
    .await;
    for signal in [Signal::INT, Signal::TERM] {
        let connecting = Telecast::mirror(silent.local_addr().unwrap(), &["--audio", "none"]);
        let confirming = Telecast::mirror(asking.address, &["--audio", "none"]);
        for (mut cast, word) in [
            (connecting, "Connecting"),
            (confirming, "Confirm on the TV"),
        ] {
            cast.says(word).await;
            cast.signal(signal);
            let asked = Instant::now();
            let ended = cast.end().await;
            assert!(asked.elapsed() < Duration::from_secs(4), "{word}: {ended}");
            ended.succeeded();
        }
    }
    // A device is looked for by name: nothing is said before it is found.
    let looking = Telecast::start(&["mirror", "No such TV"]);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    looking.signal(Signal::INT);
    let ended = looking.end().await;
    ended.succeeded();
    assert!(ended.took < Duration::from_secs(7), "{ended}");
}

#[tokio::test]
async fn a_cast_that_lasts_as_long_as_it_was_asked_to() {
    let device = Device::start(Script::default()).await;
    let ended = Telecast::mirror(device.address, &["--audio", "tone", "--duration", "0.5"])
        .end()
        .await;
    ended.succeeded();
    in_order(&device).await;
}

#[tokio::test]
async fn a_reader_that_goes_away_ends_the_cast() {
    let device = Device::start(Script::default()).await;
    let mut cast = Telecast::mirror(device.address, &["--audio", "none", "--stats", "json"]);
    cast.prints("numbers", |numbers| numbers["state"] == "streaming")
        .await;
    cast.close_output();
    let ended = cast.end().await;
    ended.failed_with(&["Nobody reads", "file"]);
    in_order(&device).await;

    let list = Telecast::start(&["devices", "--json", "--timeout", "0.5"]);
    list.close_output();
    list.end().await.failed_with(&["Nobody reads", "file"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_a_cast_ends_the_sound_plays_here_again() {
    let daemon = tokio::task::spawn_blocking(Daemon::start).await.unwrap();
    plug_in_speakers(&daemon).await;
    let before = default_sink(&daemon);
    for hangs_up in [false, true] {
        let device = Device::start(Script {
            afterwards: if hangs_up {
                Afterwards::HangUp(Duration::from_secs(4))
            } else {
                Afterwards::Play
            },
            ..Script::default()
        })
        .await;
        let at = device.address.to_string();
        let arguments = [
            &["mirror", at.as_str()],
            CARD,
            &["--audio", "tv", "--reconnect", "0"],
        ]
        .concat();
        let mut cast = with_sound(&daemon, &arguments);
        cast.says("Casting").await;
        eventually("the TV's output", || default_sink(&daemon) != before).await;
        if hangs_up {
            cast.end().await.failed_with(&["closed the connection"]);
        } else {
            cast.signal(Signal::TERM);
            cast.end().await.succeeded();
            in_order(&device).await;
        }
        eventually("the old output", || default_sink(&daemon) == before).await;
    }
}

#[tokio::test]
async fn words_that_nobody_reads_do_not_stop_a_cast() {
    let device = Device::start(Script::default()).await;
    let mut cast = Telecast::mirror(
        device.address,
        &["-vv", "--audio", "none", "--duration", "1.5"],
    );
    cast.says("Casting").await;
    cast.close_errors();
    let ended = cast.end().await;
    assert_eq!(ended.status.code(), Some(0), "{ended}");
    in_order(&device).await;
    assert!(ended.errors.iter().any(|line| line.contains("DEBUG")));
    let coloured = ended.errors.iter().find(|line| line.contains('\u{1b}'));
    assert_eq!(coloured, None, "colours are for terminals");
}

#[tokio::test]
async fn a_receiver_ends_by_time_and_by_signal() {
    let receive = |arguments: &[&str]| {
        Telecast::start(&[&["receive", "--headless", "--port", "0"], arguments].concat())
    };
    let timed = receive(&["--duration", "1"]);
    let mut asked = receive(&["--listen", "127.0.0.1", "--name", "Test TV"]);
    let address = asked.says("“Test TV” is ready. Listening on ").await;
    let address: SocketAddr = address.parse().expect("an address");
    assert!(address.ip().is_loopback() && address.port() != 0);
    asked.signal(Signal::TERM);
    let (timed, asked) = tokio::join!(timed.end(), asked.end());
    timed.succeeded();
    asked.succeeded();
}
