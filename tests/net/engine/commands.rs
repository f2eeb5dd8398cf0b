// SPDX-License-Identifier: GPL-3.0-or-later
//! Commands to running casts by device: each reaches its own cast and leaves the others alone, without reconnecting.

use std::time::Duration;

use telecast::engine::{
    AudioChoice, CastStatus, CodecChoice, CommandError, Device, Engine, EngineOptions,
    MirrorOptions, MirrorRequest, SessionState, TrustOptions, TrustRule, VideoCodec,
};
use telecast::testcard::sound::is_of_the_card;
use tokio::time::{sleep, timeout};

use super::{Tv, apart, request, tv, until};

const LIMIT: Duration = Duration::from_mins(5);

#[test]
fn sound_volume_delay_and_pause_of_one_of_two_casts_change_while_it_runs() {
    apart("engine::commands::commands_in_a_process_of_their_own");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by the test above"]
async fn commands_in_a_process_of_their_own() {
    timeout(LIMIT, scenario()).await.expect("in time");
}

async fn scenario() {
    let tvs = [tv(0).await, tv(1).await];
    let engine = Engine::start(EngineOptions {
        interface: Some("lo".to_owned()),
        trust: TrustOptions {
            rule: TrustRule::Any,
            ..TrustOptions::default()
        },
        ..EngineOptions::default()
    });
    for tv in &tvs {
        engine.mirror(&tv.device, small()).unwrap();
    }
    until("both show pictures", || {
        tvs.iter().all(|tv| tv.shown.count() > 10)
    })
    .await;
    let began: Vec<_> = tvs
        .iter()
        .map(|tv| cast(&engine, &tv.device).since)
        .collect();
    let [one, other] = &tvs;
    let id = one.device.id.as_str();

    until("silence", || !hears_tone(one) && !hears_tone(other)).await;
    engine.set_audio(id, AudioChoice::Tone).await.unwrap();
    assert_eq!(cast(&engine, &one.device).audio, AudioChoice::Tone);
    until("the tone", || hears_tone(one)).await;
    assert!(!hears_tone(other));
    engine.set_audio(id, AudioChoice::None).await.unwrap();
    while sound_frames(one, Duration::from_secs(1)).await > 0 {}
    engine.set_audio(id, AudioChoice::Tone).await.unwrap();
    while sound_frames(one, Duration::from_secs(1)).await < 20 {}
    until("the tone again", || hears_tone(one)).await;

    engine.set_volume(id, 0.25).unwrap();
    engine.set_muted(id, true).unwrap();
    until("the device tells its volume", || {
        let volume = cast(&engine, &one.device).volume;
        volume.is_some_and(|volume| volume.muted && (volume.level - 0.25).abs() < 0.01)
    })
    .await;
    let delay = Duration::from_millis(500);
    engine.set_latency(id, delay, delay * 2).unwrap();
    assert_eq!(cast(&engine, &one.device).target_delay, delay);

    // What is on its way is still shown.
    engine.pause(id, true).unwrap();
    assert!(cast(&engine, &one.device).paused && !cast(&engine, &other.device).paused);
    sleep(Duration::from_secs(2)).await;
    let (frozen, moving) = (one.shown.count(), other.shown.count());
    until("the other moves on", || other.shown.count() > moving + 60).await;
    let repeated = one.shown.count() - frozen;
    assert!(repeated < 20, "{repeated} of a still picture");
    engine.pause(id, false).unwrap();
    let still = one.shown.count();
    until("it moves again", || one.shown.count() > still + 30).await;

    for (tv, began) in tvs.iter().zip(began) {
        let now = cast(&engine, &tv.device);
        assert!(matches!(now.state, SessionState::Streaming(_)), "{now:?}");
        assert_eq!(now.since, began, "it is the same cast");
    }
    engine.stop_all().await;
    let gone = engine.pause(id, true);
    assert_eq!(gone, Err(CommandError::NotCasting(id.to_owned())));
    for tv in tvs {
        tv.receiver.stop().await;
    }
    engine.shut_down().await;
}

fn cast(engine: &Engine, device: &Device) -> CastStatus {
    let casts = engine.sessions().borrow().clone();
    let cast = casts.iter().find(|cast| cast.device == device.id);
    cast.expect("it runs").clone()
}

fn hears_tone(tv: &Tv) -> bool {
    let audio = tv.receiver.stats().borrow().audio.clone();
    is_of_the_card(audio.and_then(|audio| audio.frequency_hz))
}

/// Frames of sound that come to be heard in this time.
async fn sound_frames(tv: &Tv, time: Duration) -> u64 {
    let decoded = || {
        let audio = tv.receiver.stats().borrow().audio.clone();
        audio.map_or(0, |audio| audio.decoded)
    };
    let before = decoded();
    // The numbers are a second old at most.
    sleep(time + Duration::from_secs(1)).await;
    decoded() - before
}

fn small() -> MirrorRequest {
    request(MirrorOptions {
        codec: CodecChoice::Only(VideoCodec::Vp8),
        max_size: (320, 180),
        ..MirrorOptions::default()
    })
}
