// SPDX-License-Identifier: GPL-3.0-or-later
//! Devices that are lost in the middle of a cast: it goes on with the same source and the same encoders, or ends for a
//! reason.

use telecast::session::state::Setback;
use telecast::session::whereabouts::Whereabouts;
use tokio::sync::watch;

use super::script::{MIRRORING, OnLaunch, OnOffer};
use super::*;

/// A device, and a session that has been heard by it.
pub(super) struct Cast {
    pub(super) device: Device,
    pub(super) handle: SessionHandle,
    pub(super) probe: Probe,
}

/// What becomes of a device's announcements and of the network here, for a session.
pub(super) struct News {
    pub(super) announce: watch::Sender<Vec<SocketAddr>>,
    network: watch::Sender<u64>,
}

impl News {
    /// Something has happened to the network.
    pub(super) fn of_network(&self) {
        self.network.send_modify(|count| *count += 1);
    }
}

impl Cast {
    pub(super) async fn begin(script: Script) -> Cast {
        Cast::begin_with(script, MirrorOptions::default()).await
    }

    pub(super) async fn begin_with(script: Script, options: MirrorOptions) -> Cast {
        let device = Device::start(script).await;
        let (handle, probe) = start(device.address, options);
        Cast::of(device, handle, probe).await
    }

    /// To a device that is announced where it is.
    pub(super) async fn to_announced(device: Device) -> (Cast, News) {
        Cast::to_announced_with(device, timings()).await
    }

    /// The same with other waits.
    pub(super) async fn to_announced_with(device: Device, waits: Timings) -> (Cast, News) {
        let (announce, announced) = watch::channel(vec![device.address]);
        let (network, changes) = watch::channel(0);
        let target = Target {
            whereabouts: Whereabouts::new(announced, changes),
            ..target(device.address)
        };
        let (source, probe) = NullSource::new();
        let (options, source) = (MirrorOptions::default(), Box::new(source));
        let handle = Session::start_with(&Handle::current(), target, options, source, waits);
        let cast = Cast::of(device, handle, probe).await;
        (cast, News { announce, network })
    }

    pub(super) async fn of(device: Device, handle: SessionHandle, probe: Probe) -> Cast {
        until(&handle, is_streaming).await;
        heard(&handle).await;
        device.receives(10).await;
        Cast {
            device,
            handle,
            probe,
        }
    }
}

/// Waits until the device's feedback has been noticed.
async fn heard(handle: &SessionHandle) {
    let mut numbers = handle.stats();
    let heard = numbers.wait_for(|stats| stats.fps.acknowledged > 0.0 && stats.uptime_s > 0.5);
    timeout(LIMIT, heard)
        .await
        .expect("in time")
        .expect("it lives");
}

/// Waits until the device was lost and has come back so often. The states between may pass unseen.
async fn came_back(handle: &SessionHandle, times: u64) {
    let mut numbers = handle.stats();
    let back = numbers.wait_for(|stats| stats.reconnected == times);
    timeout(LIMIT, back)
        .await
        .expect("in time")
        .expect("it lives");
}

pub(super) fn is_reconnecting(state: &SessionState) -> bool {
    matches!(state, SessionState::Reconnecting(_))
}

/// Source and encoders are those of the beginning: two encoders were started in all, and both run.
pub(super) fn goes_on(probe: &Probe) {
    assert_eq!(probe.setups().len(), 1, "the encoder is the same");
    assert_eq!(probe.running(), 2);
    assert!(!probe.dropped());
}

/// The first frame of the streams that came last is a key frame, whole and of the encoder's old numbering.
fn begins_with_a_key_frame(device: &Device) {
    let received = device.media.lock().unwrap().video.clone();
    let (key, _) = received.first().expect("a frame");
    assert!(*key);
}

#[tokio::test]
async fn a_device_that_restarts_shows_the_cast_again() {
    let cast = Cast::begin(Script::default()).await;
    let address = cast.device.address;
    cast.device.unplug().await;
    until(&cast.handle, |state| {
        matches!(state, SessionState::Reconnecting(absence) if absence.why == Setback::Starting)
    })
    .await;
    goes_on(&cast.probe);
    let again = Device::start_on(&address.to_string(), Script::default()).await;
    came_back(&cast.handle, 1).await;
    again.receives(10).await;
    begins_with_a_key_frame(&again);
    goes_on(&cast.probe);
    assert_eq!(again.count("LAUNCH"), 1);
    stop(cast.handle, cast.probe).await;
    assert_eq!(again.count("STOP"), 1, "the app is stopped");
}

#[tokio::test]
async fn an_app_that_survived_the_connection_is_joined() {
    let cast = Cast::begin(Script::default()).await;
    cast.device.hang_up();
    came_back(&cast.handle, 1).await;
    cast.device.receives_more("new streams", 20).await;
    goes_on(&cast.probe);
    assert_eq!(cast.device.count("LAUNCH"), 1, "it is not launched again");
    assert_eq!(cast.device.seen().offered.len(), 2);
    stop(cast.handle, cast.probe).await;
    assert_eq!(cast.device.count("STOP"), 1, "the app is stopped");
}

#[tokio::test]
async fn pictures_go_on_while_only_the_control_connection_is_lost() {
    let cast = Cast::begin(Script {
        nap: Duration::from_millis(1200),
        ..Script::default()
    })
    .await;
    cast.device.hang_up();
    until(&cast.handle, is_reconnecting).await;
    cast.device.receives_more("media without control", 10).await;
    assert_eq!(cast.device.seen().offered.len(), 1, "of the old streams");
    until(&cast.handle, is_streaming).await;
    cast.device.receives_more("new streams", 20).await;
    goes_on(&cast.probe);
    assert_eq!(cast.device.count("LAUNCH"), 1);
    stop(cast.handle, cast.probe).await;
}

#[tokio::test]
async fn an_app_that_does_not_answer_any_more_is_launched_anew() {
    let cast = Cast::begin(Script {
        deaf_from: Some(1),
        ..Script::default()
    })
    .await;
    cast.device.hang_up();
    came_back(&cast.handle, 1).await;
    cast.device.receives_more("new streams", 20).await;
    goes_on(&cast.probe);
    assert_eq!(cast.device.count("STOP"), 1);
    assert_eq!(cast.device.count("LAUNCH"), 2);
    stop(cast.handle, cast.probe).await;
}

#[tokio::test]
async fn a_device_that_hangs_up_again_and_again_is_given_up() {
    let after = Duration::from_secs(4);
    let cast = Cast::begin_with(Script::default(), seeking_for(after)).await;
    let reason = loop {
        cast.device.hang_up();
        let mut state = cast.handle.state();
        let next = state.wait_for(|state| is_streaming(state) || state.ended().is_some());
        let next = timeout(LIMIT, next).await.unwrap().unwrap().clone();
        match next.ended() {
            Some(reason) => break reason.clone(),
            None => tokio::time::sleep(Duration::from_millis(300)).await,
        }
    };
    let given_up = matches!(&reason, Reason::NotBack { after: told, .. } if *told == after);
    assert!(given_up, "{reason:?}");
    assert_eq!(ended(&cast.handle, &cast.probe).await, reason);
}

#[tokio::test]
async fn a_device_that_does_not_come_back_is_given_up_in_time_and_reason() {
    let (after, why) = (Duration::from_secs(2), Setback::Starting);
    let cast = Cast::begin_with(Script::default(), seeking_for(after)).await;
    let begun = Instant::now();
    cast.device.unplug().await;
    let reason = ended(&cast.handle, &cast.probe).await;
    assert_eq!(reason, Reason::NotBack { after, why });
    assert!(begun.elapsed() >= after);
}

#[tokio::test]
async fn a_search_can_be_stopped_at_any_time() {
    for pause in [0, 400, 900] {
        let cast = Cast::begin(Script::default()).await;
        cast.device.unplug().await;
        until(&cast.handle, is_reconnecting).await;
        tokio::time::sleep(Duration::from_millis(pause)).await;
        let asked = Instant::now();
        stop(cast.handle, cast.probe).await;
        assert!(asked.elapsed() < Duration::from_secs(3));
    }
}

#[tokio::test]
async fn a_source_that_ends_meanwhile_ends_the_search() {
    let cast = Cast::begin(Script::default()).await;
    cast.device.unplug().await;
    until(&cast.handle, is_reconnecting).await;
    let revoked = Reason::SourceEnded(telecast::session::reason::SourceEnd::SharingRevoked);
    cast.probe.end(revoked.clone());
    assert_eq!(ended(&cast.handle, &cast.probe).await, revoked);
}

#[tokio::test]
async fn what_somebody_else_has_started_meanwhile_is_left_alone() {
    let cast = Cast::begin(Script::default()).await;
    let address = cast.device.address;
    cast.device.unplug().await;
    until(&cast.handle, is_reconnecting).await;
    // Another sender mirrors, or somebody watches something.
    let running = Some((MIRRORING, "Another Desktop"));
    let script = Script {
        running,
        session: "app-9",
        ..Script::default()
    };
    let again = Device::start_on(&address.to_string(), script).await;
    let other = Some("Another Desktop".to_owned());
    let reason = ended(&cast.handle, &cast.probe).await;
    assert_eq!(reason, Reason::DeviceStopped { other });
    assert_eq!((again.count("LAUNCH"), again.count("STOP")), (0, 0));
}

#[tokio::test]
async fn a_device_that_refuses_afterwards_is_not_asked_again() {
    for (script, expected) in [
        (
            Script {
                launch: OnLaunch::Refuse("NOT_ALLOWED", None),
                ..Script::default()
            },
            Reason::NotConfirmed,
        ),
        (
            Script {
                offer: OnOffer::Refuse(10_107),
                ..Script::default()
            },
            Reason::NoUsableCodec,
        ),
    ] {
        let cast = Cast::begin(Script::default()).await;
        let address = cast.device.address;
        cast.device.unplug().await;
        until(&cast.handle, is_reconnecting).await;
        let again = Device::start_on(&address.to_string(), script).await;
        assert_eq!(ended(&cast.handle, &cast.probe).await, expected);
        assert_eq!(again.count("LAUNCH"), 1);
    }
}

#[tokio::test]
async fn a_device_is_followed_to_the_address_that_it_announces() {
    let device = Device::start(Script::default()).await;
    let (cast, news) = Cast::to_announced(device).await;
    cast.device.unplug().await;
    until(&cast.handle, is_reconnecting).await;
    let moved = Device::start_on("127.0.0.2:0", Script::default()).await;
    news.announce.send_replace(vec![moved.address]);
    until(&cast.handle, is_streaming).await;
    moved.receives(10).await;
    goes_on(&cast.probe);
    stop(cast.handle, cast.probe).await;
}

#[tokio::test]
async fn what_was_chosen_meanwhile_holds_afterwards() {
    let cast = Cast::begin(Script::default()).await;
    let address = cast.device.address;
    cast.device.unplug().await;
    until(&cast.handle, is_reconnecting).await;
    let command = telecast::session::handle::Command::Pause(true);
    assert!(cast.handle.command(command));
    let delay = Duration::from_millis(345);
    assert!(
        cast.handle
            .command(telecast::session::handle::Command::SetTargetDelay {
                target: delay,
                max: Duration::ZERO,
            })
    );
    eventually("a frozen picture", || cast.probe.paused()).await;
    let again = Device::start_on(&address.to_string(), Script::default()).await;
    until(&cast.handle, is_streaming).await;
    again.receives(5).await;
    assert!(cast.probe.paused());
    let mut numbers = cast.handle.stats();
    let told = numbers.wait_for(|stats| stats.target_delay_ms == Some(345.0));
    timeout(LIMIT, told).await.expect("in time").unwrap();
    stop(cast.handle, cast.probe).await;
}

#[tokio::test]
async fn who_wants_no_search_gets_the_end_at_once() {
    let cast = Cast::begin_with(Script::default(), seeking_for(Duration::ZERO)).await;
    cast.device.hang_up();
    let reason = ended(&cast.handle, &cast.probe).await;
    assert_eq!(reason, Reason::DeviceClosed);
}
