// SPDX-License-Identifier: GPL-3.0-or-later
//! What a session does while it lives.

use serde_json::json;
use telecast::cast::codec::{AudioCodec, VideoCodec};
use telecast::session::handle::Command;
use telecast::session::reason::Missing;
use telecast::session::state::{Streams, Trouble};

use super::script::{Afterwards, MIRRORING, MIRRORING_AUDIO, OnLaunch, OnOffer};
use super::source::{length, pattern};
use super::*;

#[tokio::test]
async fn frames_arrive_decrypted_and_in_order_and_everything_is_taken_down_in_order() {
    let device = Device::start(Script::default()).await;
    let (handle, probe) = start(device.address, MirrorOptions::default());
    let state = until(&handle, is_streaming).await;
    let expected = Streams {
        video: Some(VideoCodec::H264),
        audio: Some(AudioCodec::Opus),
    };
    assert_eq!(state, SessionState::Streaming(expected));
    device.receives(30).await;
    let received = device.media.lock().unwrap().clone();
    assert_eq!(received.too_early, 0, "a sender report must come first");
    assert!(received.reports > 0 && received.audio.len() > 30);
    for (number, (key, frame)) in received.video.iter().enumerate() {
        assert!(*key || number > 0, "the first one needs no other");
        assert!(*frame == pattern(number, length(*key)), "frame {number}");
    }
    assert!(received.audio.iter().all(|frame| *frame == [7; 160]));

    assert!(handle.stop());
    assert_eq!(ended(&handle, &probe).await, Reason::UserStopped);
    eventually("the connection is closed", || device.seen().disconnected).await;
    let seen = device.seen();
    assert!(seen.closed_cleanly, "TLS ends with close_notify");
    let order = [
        "CONNECT",
        "GET_APP_AVAILABILITY",
        "GET_STATUS",
        "LAUNCH",
        "CONNECT",
        "OFFER",
        "STOP",
        "CLOSE",
        "CLOSE",
    ];
    assert_eq!(seen.types, order);
    assert_eq!(seen.launches, [MIRRORING]);
}

#[tokio::test]
async fn statistics_tell_what_happens() {
    let device = Device::start(Script::default()).await;
    let options = MirrorOptions {
        bitrate: Some(4_000_000),
        max_size: (1280, 720),
        ..MirrorOptions::default()
    };
    let (handle, probe) = start(device.address, options);
    let mut stats = handle.stats();
    let filled = stats.wait_for(|stats| stats.fps.acknowledged > 10.0 && stats.rtt_ms.is_some());
    let stats = timeout(LIMIT, filled)
        .await
        .expect("in time")
        .unwrap()
        .clone();
    assert_eq!((stats.state, stats.codec), ("streaming", Some("h264")));
    assert_eq!(stats.encoder.as_deref(), Some("nullenc"));
    assert_eq!((stats.width, stats.height), (Some(1280), Some(720)));
    assert!(
        stats.bitrate.target >= 1_500_000,
        "half of the maximum: {:?}",
        stats.bitrate
    );
    assert!(stats.bitrate.actual > 100_000, "{:?}", stats.bitrate);
    assert!(stats.latency_ms.network.is_some() && stats.latency_ms.playout.is_some());
    let audio = stats.audio.expect("there is sound");
    assert_eq!((audio.codec, audio.loss_pct), (Some("opus"), 0.0));
    assert_eq!(probe.setups()[0].bitrate, 2_000_000);
    drop(handle);
    eventually("it is over", || probe.dropped()).await;
}

#[tokio::test]
async fn the_limits_of_the_device_reach_the_encoder() {
    let constraints = json!({
        "audio": {"maxSampleRate": 48000, "maxChannels": 2, "maxBitRate": 128_000},
        "video": {"maxDimensions": {"width": 1280, "height": 720, "frameRate": "25"},
                  "maxBitRate": 2_000_000, "maxPixelsPerSecond": 62_208_000},
    });
    let display = json!({"dimensions": {"width": 1280, "height": 720, "frameRate": "60"},
                         "scaling": "sender"});
    let device = Device::start(Script {
        limits: Some((constraints, display)),
        ..Script::default()
    })
    .await;
    let (handle, probe) = start(device.address, MirrorOptions::default());
    until(&handle, is_streaming).await;
    let setup = probe.setups().remove(0);
    assert_eq!(
        (setup.max_size, setup.canvas),
        ((1280, 720), Some((1280, 720)))
    );
    assert_eq!((setup.frame_rate, setup.bitrate), (25, 1_000_000));
    stop(handle, probe).await;
}

#[tokio::test]
async fn commands_reach_device_packets_and_source() {
    let device = Device::start(Script::default()).await;
    let (handle, probe) = start(device.address, MirrorOptions::default());
    until(&handle, is_streaming).await;
    let mut volume = handle.volume();
    let known = timeout(LIMIT, volume.wait_for(Option::is_some)).await;
    let known = known.expect("in time").unwrap().expect("it is known");
    assert!((known.level - 0.5).abs() < 1e-9 && !known.muted && known.adjustable);
    assert!(handle.command(Command::SetVolume(0.25)));
    eventually("the volume is set", || !device.seen().volumes.is_empty()).await;
    assert_eq!(device.seen().volumes[0], json!({"level": 0.25}));
    assert!(handle.command(Command::SetTargetDelay {
        target: Duration::from_millis(350),
        max: Duration::ZERO,
    }));
    eventually("the delay is announced", || {
        device.media.lock().unwrap().delays_ms.contains(&350)
    })
    .await;
    assert!(handle.command(Command::Pause(true)));
    eventually("the source is paused", || probe.paused()).await;
    stop(handle, probe).await;
}

#[tokio::test]
async fn a_device_that_answers_launch_only_by_broadcast_is_understood() {
    let device = Device::start(Script {
        launch: OnLaunch::StartSilently,
        ..Script::default()
    })
    .await;
    let (handle, probe) = start(device.address, MirrorOptions::default());
    until(&handle, is_streaming).await;
    stop(handle, probe).await;
}

#[tokio::test]
async fn the_tv_asks_its_user_and_the_session_waits() {
    let device = Device::start(Script {
        launch: OnLaunch::Ask(Some(Duration::from_millis(300))),
        ..Script::default()
    })
    .await;
    let (handle, probe) = start(device.address, MirrorOptions::default());
    until(&handle, |state| *state == SessionState::ConfirmOnTv).await;
    until(&handle, is_streaming).await;
    stop(handle, probe).await;
}

#[tokio::test]
async fn a_speaker_gets_sound_alone_and_an_old_dongle_the_other_app() {
    for launch in [
        OnLaunch::Start,
        OnLaunch::Refuse("NOT_FOUND", Some(MIRRORING)),
    ] {
        let device = Device::start(Script {
            launch,
            ..Script::default()
        })
        .await;
        let target = Target {
            has_screen: false,
            ..target(device.address)
        };
        let (handle, probe) = start_at(target);
        until(&handle, is_streaming).await;
        eventually("sound", || device.media.lock().unwrap().audio.len() > 10).await;
        assert!(device.media.lock().unwrap().video.is_empty());
        assert_eq!(device.seen().launches[0], MIRRORING_AUDIO);
        assert!(device.seen().offered[0].is_empty());
        stop(handle, probe).await;
    }
}

#[tokio::test]
async fn a_codec_without_a_picture_makes_way_for_the_next() {
    let device = Device::start(Script {
        afterwards: Afterwards::NoPictureUnless("vp8"),
        ..Script::default()
    })
    .await;
    let (handle, probe) = start(device.address, MirrorOptions::default());
    until(&handle, is_streaming).await;
    until(&handle, |state| {
        matches!(state, SessionState::Recovering(_, Trouble::NextCodec))
    })
    .await;
    let vp8 = Some(VideoCodec::Vp8);
    until(
        &handle,
        |state| matches!(state, SessionState::Streaming(streams) if streams.video == vp8),
    )
    .await;
    assert_eq!(device.seen().offered, [vec!["h264", "vp8"], vec!["vp8"]]);
    assert!(
        probe.key_frames_asked() > 0,
        "the device asked for key frames"
    );
    assert_eq!(device.count("LAUNCH"), 1, "the app goes on");
    device.receives_more("frames of the second codec", 11).await;
    stop(handle, probe).await;
}

#[tokio::test]
async fn pictures_go_on_without_sound_and_sound_alone_ends_with_its_encoder() {
    let device = Device::start(Script::default()).await;
    let (handle, probe) = start(device.address, MirrorOptions::default());
    until(&handle, is_streaming).await;
    eventually("sound", || device.media.lock().unwrap().audio.len() > 10).await;
    let stats = handle.stats();
    eventually("its numbers", || stats.borrow().audio.is_some()).await;
    probe.fail_audio();
    eventually("the end of the sound", || stats.borrow().audio.is_none()).await;
    device.receives_more("pictures without sound", 21).await;
    stop(handle, probe).await;

    let device = Device::start(Script::default()).await;
    let options = MirrorOptions {
        video: false,
        ..MirrorOptions::default()
    };
    let (handle, probe) = start(device.address, options);
    until(&handle, is_streaming).await;
    probe.fail_audio();
    let reason = Reason::Missing(Missing::AudioEncoder);
    assert_eq!(ended(&handle, &probe).await, reason);
}

#[tokio::test]
async fn an_outage_passes() {
    let device = Device::start(Script {
        afterwards: Afterwards::Outage(Duration::from_millis(1300)),
        ..Script::default()
    })
    .await;
    let (handle, probe) = start(device.address, MirrorOptions::default());
    until(&handle, |state| {
        matches!(state, SessionState::Recovering(_, Trouble::NoFeedback))
    })
    .await;
    let (_, refused) = probe.setups()[0].valve.counts();
    assert!(
        refused > 0,
        "nothing is encoded while too much is under way"
    );
    until(&handle, is_streaming).await;
    device.receives_more("frames after the outage", 21).await;
    let dropped = handle.stats().borrow().dropped.clone();
    assert!(dropped.contains_key("in_flight"), "{dropped:?}");
    stop(handle, probe).await;
}

#[tokio::test]
async fn an_encoder_that_fails_makes_way_for_the_next_codec() {
    let device = Device::start(Script::default()).await;
    let (handle, probe) = start(device.address, MirrorOptions::default());
    until(&handle, is_streaming).await;
    probe.fail_video();
    let vp8 = Some(VideoCodec::Vp8);
    until(
        &handle,
        |state| matches!(state, SessionState::Streaming(streams) if streams.video == vp8),
    )
    .await;
    stop(handle, probe).await;
}

#[tokio::test]
async fn an_answer_is_waited_for_while_the_source_still_opens() {
    let device = Device::start(Script {
        offer: OnOffer::Accept,
        ..Script::default()
    })
    .await;
    let (mut source, probe) = NullSource::new();
    source.opening = (Duration::from_millis(300), None);
    let target = target(device.address);
    let handle = start_from(source, target, MirrorOptions::default());
    eventually("the OFFER", || device.count("OFFER") == 1).await;
    assert_eq!(probe.running(), 0, "the source is not open yet");
    until(&handle, is_streaming).await;
    stop(handle, probe).await;
}

#[tokio::test]
async fn garbage_among_good_messages_changes_nothing() {
    let device = Device::start(Script {
        afterwards: Afterwards::Noise,
        ..Script::default()
    })
    .await;
    let (handle, probe) = start(device.address, MirrorOptions::default());
    until(&handle, is_streaming).await;
    device.receives(60).await;
    assert!(is_streaming(&handle.state().borrow()));
    stop(handle, probe).await;
}

#[tokio::test]
async fn rtcp_counts_from_another_announced_address_and_from_no_other() {
    let other = "127.0.0.2".parse().unwrap();
    for is_announced in [true, false] {
        let device = Device::start(Script {
            afterwards: Afterwards::AnswersFrom(other),
            ..Script::default()
        })
        .await;
        let mut target = target(device.address);
        if is_announced {
            let announced = SocketAddr::new(other, device.address.port());
            target.addresses.push(announced);
        }
        let (handle, probe) = start_at(target);
        until(&handle, is_streaming).await;
        if is_announced {
            device.receives(60).await;
            assert!(is_streaming(&handle.state().borrow()));
            stop(handle, probe).await;
        } else {
            let reason = ended(&handle, &probe).await;
            assert!(matches!(reason, Reason::DeviceGone(_)), "{reason:?}");
        }
    }
}

#[tokio::test]
async fn everything_works_over_ipv6_too() {
    let device = Device::start_on("[::1]:0", Script::default()).await;
    let (handle, probe) = start(device.address, MirrorOptions::default());
    until(&handle, is_streaming).await;
    device.receives(30).await;
    stop(handle, probe).await;
}

#[tokio::test]
async fn an_app_that_was_left_behind_is_stopped_before_the_next_launch() {
    let device = Device::start(Script {
        afterwards: Afterwards::HangUp(Duration::from_millis(200)),
        ..Script::default()
    })
    .await;
    let target = target(device.address);
    let begin = || {
        let (source, probe) = NullSource::new();
        (
            start_from(source, target.clone(), seeking_for(Duration::ZERO)),
            probe,
        )
    };
    let (handle, probe) = begin();
    assert_eq!(ended(&handle, &probe).await, Reason::DeviceClosed);
    let (handle, probe) = begin();
    until(&handle, is_streaming).await;
    assert_eq!(ended(&handle, &probe).await, Reason::DeviceClosed);
    let seen = device.seen().types;
    let second = seen.iter().rposition(|kind| kind == "LAUNCH").unwrap();
    assert_eq!(seen[second - 1], "STOP", "{seen:?}");
}

/// The DSCPs of IPv4 packets to this UDP port of loopback, as they are on the wire.
fn captured_code_points(socket: &std::net::UdpSocket, port: u16, count: usize) -> Vec<u8> {
    let mut packet = [0; 2048];
    let mut found = Vec::new();
    while found.len() < count {
        let length = socket.recv(&mut packet).expect("packets keep coming");
        let header = usize::from(packet[0] & 0x0f) * 4;
        let destination = u16::from_be_bytes([packet[header + 2], packet[header + 3]]);
        if length > header && destination == port {
            found.push(packet[1] >> 2);
        }
    }
    found
}

#[tokio::test]
async fn packets_carry_the_dscp_on_the_wire_when_the_device_marks_too() {
    if !crate::skipping::can_open_raw_sockets() {
        return;
    }
    let raw = socket2::Socket::new(
        socket2::Domain::IPV4,
        socket2::Type::RAW,
        Some(socket2::Protocol::UDP),
    );
    let raw = std::net::UdpSocket::from(raw.unwrap());
    raw.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    for (marks, has_screen, expected) in [(true, true, 34), (true, false, 46), (false, true, 0)] {
        let device = Device::start(Script {
            marks,
            ..Script::default()
        })
        .await;
        let target = Target {
            has_screen,
            ..target(device.address)
        };
        let (handle, probe) = start_at(target);
        until(&handle, is_streaming).await;
        let port = device.media.lock().unwrap().port;
        let socket = raw.try_clone().unwrap();
        let captured =
            tokio::task::spawn_blocking(move || captured_code_points(&socket, port, 50)).await;
        assert_eq!(captured.unwrap(), [expected; 50]);
        stop(handle, probe).await;
    }
}
