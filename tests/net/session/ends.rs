// SPDX-License-Identifier: GPL-3.0-or-later
//! Every way in which a session can end, each with its reason, in bounded time, nothing left running.

use std::net::UdpSocket;

use telecast::session::reason::{Layer, Missing, SourceEnd, Waiting};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::script::{Afterwards, OnLaunch, OnOffer};
use super::*;

const SOON: Duration = Duration::from_millis(200);

#[tokio::test]
async fn a_device_that_refuses_the_app() {
    let (reason, device, took) = outcome(Script {
        launch: OnLaunch::Refuse("NOT_FOUND", None),
        ..Script::default()
    })
    .await;
    let code = "NOT_FOUND".to_owned();
    assert_eq!(reason, Reason::AppRefused { code });
    assert!(took < Duration::from_secs(4), "{took:?}");
    eventually("goodbye", || device.seen().closed_cleanly).await;
    assert_eq!(device.count("OFFER"), 0);
}

#[tokio::test]
async fn a_device_that_asks_and_never_reads_the_answers_is_left() {
    let (reason, device, took) = outcome(Script {
        afterwards: Afterwards::Flood(SOON),
        ..Script::default()
    })
    .await;
    assert_eq!(reason, Reason::DeviceStuck);
    let asked = device.seen().pings;
    assert!(asked > 256 * 1024 / 2000, "{asked}");
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[tokio::test]
async fn a_viewer_who_declines() {
    let (reason, ..) = outcome(Script {
        launch: OnLaunch::Refuse("NOT_ALLOWED", None),
        ..Script::default()
    })
    .await;
    assert_eq!(reason, Reason::NotConfirmed);
}

#[tokio::test]
async fn a_confirmation_that_nobody_gives_can_be_cancelled() {
    let device = Device::start(Script {
        launch: OnLaunch::Ask(None),
        ..Script::default()
    })
    .await;
    let (handle, probe) = start(device.address, MirrorOptions::default());
    until(&handle, |state| *state == SessionState::ConfirmOnTv).await;
    let started = Instant::now();
    handle.stop();
    assert_eq!(ended(&handle, &probe).await, Reason::UserStopped);
    assert!(started.elapsed() < Duration::from_secs(1));
    eventually("goodbye", || device.seen().closed_cleanly).await;
}

#[tokio::test]
async fn each_step_before_the_first_picture_has_a_state_and_can_be_cancelled_there() {
    let long = Duration::from_mins(1);
    let scripts = [
        (
            true,
            OnLaunch::Start,
            OnOffer::Accept,
            SessionState::Preparing,
        ),
        (
            false,
            OnLaunch::Ignore,
            OnOffer::Accept,
            SessionState::Launching,
        ),
        (
            false,
            OnLaunch::Start,
            OnOffer::Ignore,
            SessionState::Negotiating,
        ),
    ];
    for (may_ask, launch, offer, state) in scripts {
        let device = Device::start(Script {
            launch,
            offer,
            ..Script::default()
        })
        .await;
        let (mut source, probe) = NullSource::new();
        source.may_ask = may_ask;
        source.opening = (long, None);
        let target = target(device.address);
        let handle = start_from(source, target, MirrorOptions::default());
        until(&handle, |now| *now == state).await;
        handle.stop();
        assert_eq!(ended(&handle, &probe).await, Reason::UserStopped, "{state}");
        eventually("goodbye", || device.seen().closed_cleanly).await;
    }
}

#[tokio::test]
async fn a_device_that_never_launches_within_12_seconds() {
    let (reason, device, took) = outcome(Script {
        launch: OnLaunch::Ignore,
        ..Script::default()
    })
    .await;
    assert_eq!(reason, Reason::TimedOut(Waiting::Launch));
    assert!(took > Duration::from_secs(11), "{took:?}");
    assert!(took < Duration::from_secs(14), "{took:?}");
    assert!(
        device.count("GET_STATUS") >= 2,
        "some devices only broadcast: it was asked"
    );
}

#[tokio::test]
async fn the_time_of_connecting_is_part_of_the_limit_of_the_negotiation() {
    let device = Device::start(Script {
        launch: OnLaunch::Ignore,
        ..Script::default()
    })
    .await;
    // The device serves one connection after the other, so this one keeps the session's handshake waiting.
    let before = TcpStream::connect(device.address).await.unwrap();
    let (source, probe) = NullSource::new();
    let timings = Timings {
        negotiation: Duration::from_secs(2),
        ..Timings::default()
    };
    let begun = Instant::now();
    let handle = Session::start_with(
        &Handle::current(),
        target(device.address),
        MirrorOptions::default(),
        Box::new(source),
        timings,
    );
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(*handle.state().borrow(), SessionState::Connecting);
    drop(before);
    let reason = ended(&handle, &probe).await;
    let took = begun.elapsed();
    assert_eq!(reason, Reason::TimedOut(Waiting::Launch));
    assert!(took < Duration::from_secs(3), "{took:?}");
}

#[tokio::test]
async fn the_app_that_was_launched_is_remembered_for_the_next_session() {
    let device = Device::start(Script::default()).await;
    let target = target(device.address);
    let leftovers = target.leftovers.clone();
    assert_eq!(leftovers.on(device.address), None);
    let (handle, probe) = start_at(target);
    until(&handle, is_streaming).await;
    assert!(leftovers.on(device.address).is_some());
    stop(handle, probe).await;
    assert_eq!(leftovers.on(device.address), None, "it was seen to vanish");
}

#[tokio::test]
async fn an_app_that_was_not_seen_to_end_stays_remembered_and_one_that_was_does_not() {
    let moment = Duration::from_millis(300);
    for (script, stays) in [
        (Afterwards::HangUp(moment), true),
        (Afterwards::StopApp(moment), false),
        (Afterwards::OtherApp(moment), false),
    ] {
        let device = Device::start(Script {
            afterwards: script,
            ..Script::default()
        })
        .await;
        let target = target(device.address);
        let leftovers = target.leftovers.clone();
        let (source, probe) = NullSource::new();
        let handle = start_from(source, target, seeking_for(Duration::ZERO));
        ended(&handle, &probe).await;
        let left = leftovers.on(device.address);
        assert_eq!(left.is_some(), stays, "{script:?}");
    }
    // It does not obey, so it may be there still.
    let device = Device::start(Script {
        stops: false,
        ..Script::default()
    })
    .await;
    let target = target(device.address);
    let leftovers = target.leftovers.clone();
    let (handle, probe) = start_at(target);
    until(&handle, is_streaming).await;
    stop(handle, probe).await;
    assert!(leftovers.on(device.address).is_some());
}

#[tokio::test]
async fn a_device_that_never_answers_the_offer() {
    let (reason, device, took) = outcome(Script {
        offer: OnOffer::Ignore,
        ..Script::default()
    })
    .await;
    assert_eq!(reason, Reason::TimedOut(Waiting::Answer));
    assert!(took < Duration::from_secs(12), "{took:?}");
    assert_eq!(device.count("STOP"), 1, "the app is stopped");
}

#[tokio::test]
async fn a_device_without_a_usable_codec() {
    for offer in [OnOffer::Refuse(10_107), OnOffer::Unoffered] {
        let (reason, device, _) = outcome(Script {
            offer,
            ..Script::default()
        })
        .await;
        assert_eq!(reason, Reason::NoUsableCodec);
        assert_eq!(device.count("STOP"), 1, "the app is stopped");
    }
}

#[tokio::test]
async fn a_device_that_refuses_the_offer_or_answers_with_garbage() {
    let script = |offer| Script {
        offer,
        ..Script::default()
    };
    let (reason, ..) = outcome(script(OnOffer::Refuse(10_092))).await;
    let description = "no".to_owned();
    let code = 10_092;
    assert_eq!(reason, Reason::OfferRefused { code, description });
    let (reason, device, _) = outcome(script(OnOffer::Garbage)).await;
    assert_eq!(reason, Reason::Garbage(Layer::Answer));
    assert_eq!(device.count("STOP"), 1, "the app is stopped");
}

#[tokio::test]
async fn a_device_that_never_shows_a_picture_whatever_the_codec() {
    let (reason, device, _) = outcome(Script {
        afterwards: Afterwards::NoPictureUnless("nothing"),
        ..Script::default()
    })
    .await;
    assert_eq!(reason, Reason::NoPicture);
    assert_eq!(device.seen().offered, [vec!["h264", "vp8"], vec!["vp8"]]);
}

#[tokio::test]
async fn a_device_whose_media_port_is_silent_or_closed() {
    for afterwards in [Afterwards::NoFeedback, Afterwards::NoMediaPort] {
        let (reason, device, took) = outcome(Script {
            afterwards,
            ..Script::default()
        })
        .await;
        assert!(matches!(reason, Reason::DeviceGone(_)), "{reason:?}");
        assert!(took < Duration::from_secs(8), "{took:?}");
        // That packets are refused says nothing, as long as the device speaks.
        assert!(took > timings().gone, "{took:?}");
        assert_eq!(device.count("STOP"), 1, "the app is stopped");
    }
}

#[tokio::test]
async fn a_device_that_refuses_media_and_says_nothing_has_restarted() {
    for (afterwards, gone_soon) in [
        (Afterwards::NoMediaPort, true),
        (Afterwards::NoFeedback, false),
    ] {
        let device = Device::start(Script {
            afterwards,
            ..Script::default()
        })
        .await;
        let (source, probe) = NullSource::new();
        let options = MirrorOptions::default();
        let timings = Timings {
            // Until the next PING it has nothing to say.
            restarted: Duration::from_secs(1),
            gone: Duration::from_secs(4),
            ..timings()
        };
        let target = target(device.address);
        let handle = Session::start_with(
            &Handle::current(),
            target,
            options,
            Box::new(source),
            timings,
        );
        let Reason::DeviceGone(silence) = ended(&handle, &probe).await else {
            panic!("{:?}", handle.state().borrow());
        };
        assert_eq!(silence < Duration::from_secs(3), gone_soon, "{silence:?}");
    }
}

#[tokio::test]
async fn an_app_that_is_stopped_or_replaced_at_the_tv() {
    let (reason, device, _) = outcome(Script {
        afterwards: Afterwards::OtherApp(SOON),
        ..Script::default()
    })
    .await;
    let other = Some("YouTube".to_owned());
    assert_eq!(reason, Reason::DeviceStopped { other });
    assert_eq!(device.count("STOP"), 0, "the other app is left alone");
    let (reason, ..) = outcome(Script {
        afterwards: Afterwards::StopApp(SOON),
        ..Script::default()
    })
    .await;
    assert_eq!(reason, Reason::DeviceStopped { other: None });
}

#[tokio::test]
async fn a_device_that_hangs_up_in_the_middle() {
    let (reason, _, took) = outcome(Script {
        afterwards: Afterwards::HangUp(SOON),
        ..Script::default()
    })
    .await;
    assert_eq!(reason, Reason::DeviceClosed);
    assert!(took < Duration::from_secs(4), "{took:?}");
}

#[tokio::test]
async fn garbage_on_the_control_channel() {
    let (reason, _, took) = outcome(Script {
        afterwards: Afterwards::Garbage(SOON),
        ..Script::default()
    })
    .await;
    assert_eq!(reason, Reason::Garbage(Layer::Framing));
    assert!(took < Duration::from_secs(4), "{took:?}");
}

#[tokio::test]
async fn an_app_that_does_not_stop_is_given_up_after_three_seconds() {
    let device = Device::start(Script {
        stops: false,
        ..Script::default()
    })
    .await;
    let (handle, probe) = start(device.address, MirrorOptions::default());
    until(&handle, is_streaming).await;
    let started = Instant::now();
    handle.stop();
    assert_eq!(ended(&handle, &probe).await, Reason::UserStopped);
    assert!(started.elapsed() < Duration::from_secs(5));
    eventually("goodbye", || {
        device.count("CLOSE") == 2 && device.seen().closed_cleanly
    })
    .await;
}

#[tokio::test]
async fn a_host_that_refuses_and_one_that_speaks_no_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (mut tcp, _) = listener.accept().await.unwrap();
        let mut hello = [0; 4096];
        assert!(tcp.read(&mut hello).await.unwrap() > 0);
        tcp.write_all(b"SSH-2.0-OpenSSH_9.9\r\n").await.unwrap();
    });
    let (handle, probe) = start(address, MirrorOptions::default());
    assert_eq!(ended(&handle, &probe).await, Reason::Garbage(Layer::Tls));
    server.await.unwrap();
    let (handle, probe) = start(address, MirrorOptions::default());
    assert_eq!(ended(&handle, &probe).await, Reason::ConnectionRefused);
}

#[tokio::test]
async fn a_host_that_never_shakes_hands() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (handle, probe) = start(listener.local_addr().unwrap(), MirrorOptions::default());
    let reason = ended(&handle, &probe).await;
    assert_eq!(reason, Reason::TimedOut(Waiting::TlsHandshake));
}

#[tokio::test]
async fn an_unreachable_network() {
    let group = "224.0.0.1:8009".parse().unwrap();
    let (handle, probe) = start(group, MirrorOptions::default());
    assert_eq!(ended(&handle, &probe).await, Reason::NetworkUnreachable);
}

#[tokio::test]
async fn a_port_in_use_is_found_before_the_app_is_launched() {
    let taken = UdpSocket::bind("0.0.0.0:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let device = Device::start(Script::default()).await;
    let options = MirrorOptions {
        ports: Some(port..=port),
        ..MirrorOptions::default()
    };
    let (handle, probe) = start(device.address, options);
    let expected = Reason::PortInUse {
        first: port,
        last: port,
    };
    assert_eq!(ended(&handle, &probe).await, expected);
    eventually("goodbye", || device.seen().closed_cleanly).await;
    assert_eq!(device.count("LAUNCH"), 0);
}

#[tokio::test]
async fn a_source_that_ends_or_never_begins() {
    let device = Device::start(Script::default()).await;
    let (handle, probe) = start(device.address, MirrorOptions::default());
    until(&handle, is_streaming).await;
    let closed = Reason::SourceEnded(SourceEnd::Closed);
    probe.end(closed.clone());
    assert_eq!(ended(&handle, &probe).await, closed);
    assert_eq!(device.count("STOP"), 1, "the app is stopped");

    for (may_ask, reason) in [
        (true, Reason::DialogCancelled),
        (false, Reason::Missing(Missing::PipeWire)),
    ] {
        let device = Device::start(Script::default()).await;
        let (mut source, probe) = NullSource::new();
        source.may_ask = may_ask;
        source.opening = (SOON, Some(reason.clone()));
        let target = target(device.address);
        let handle = start_from(source, target, MirrorOptions::default());
        assert_eq!(ended(&handle, &probe).await, reason);
        eventually("goodbye", || device.seen().closed_cleanly).await;
        assert_eq!(
            device.count("LAUNCH"),
            usize::from(!may_ask),
            "a device is not bothered while a dialog is open"
        );
    }
}

#[tokio::test]
async fn no_encoder_at_all() {
    let device = Device::start(Script::default()).await;
    let (mut source, probe) = NullSource::new();
    source.codecs.video.clear();
    source.codecs.audio.clear();
    let target = target(device.address);
    let handle = start_from(source, target, MirrorOptions::default());
    let reason = ended(&handle, &probe).await;
    assert_eq!(reason, Reason::Missing(Missing::VideoEncoder));
    assert_eq!(device.count("LAUNCH"), 0);
}

#[tokio::test]
async fn a_handle_that_is_dropped_stops_its_session() {
    let device = Device::start(Script::default()).await;
    let (handle, probe) = start(device.address, MirrorOptions::default());
    until(&handle, is_streaming).await;
    let mut state = handle.state();
    drop(handle);
    let end = timeout(LIMIT, state.wait_for(|state| state.ended().is_some())).await;
    assert_eq!(end.unwrap().unwrap().ended(), Some(&Reason::UserStopped));
    assert!(probe.dropped());
    assert_eq!(device.count("STOP"), 1, "the app is stopped");
}
