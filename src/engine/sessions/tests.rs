// SPDX-License-Identifier: GPL-3.0-or-later

use std::time::{Duration, Instant};

use super::*;
use crate::engine::SourceKind;
use crate::engine::health::{Health, Verdict};
use crate::session::handle::{Reporter, Volume, pair};
use crate::session::reason::{Missing, SourceEnd};
use crate::session::state::{SessionState, Streams};
use crate::session::stats::SessionStats;

fn device(id: &str, last_byte: u8) -> Device {
    let address = SocketAddr::from(([192, 0, 2, last_byte], 8009));
    let endpoints = vec![address.into()];
    Device::unannounced(id.to_owned(), format!("TV {id}"), endpoints, Instant::now())
}

fn request() -> MirrorRequest {
    MirrorRequest {
        source: SourceKind::TestCard,
        audio: AudioChoice::None,
        restore: true,
        parent_window: None,
        options: MirrorOptions::default(),
    }
}

fn start(sessions: &Sessions, device: &Device) -> Result<Reporter, Reason> {
    let mut reporter = None;
    let begin = || {
        let (handle, of_session) = pair();
        reporter = Some(of_session);
        handle
    };
    let hold = Hold {
        sound: Weak::new(),
        place: Weak::new(),
        choosing: watch::Sender::new(false).subscribe(),
    };
    sessions.start(device, &request(), hold, begin)?;
    Ok(reporter.expect("it was started"))
}

async fn until(sessions: &Sessions, wanted: impl Fn(&[CastStatus]) -> bool) -> Arc<[CastStatus]> {
    let mut list = sessions.watch();
    let found = list.wait_for(|list| wanted(list));
    let found = tokio::time::timeout(Duration::from_secs(5), found).await;
    found.expect("in time").expect("it lives").clone()
}

fn end(reporter: &Reporter, reason: Reason) {
    reporter.state.send_replace(SessionState::Ended(reason));
}

#[tokio::test]
async fn a_cast_is_listed_with_what_it_does() {
    let sessions = Sessions::new(Handle::current());
    let reporter = start(&sessions, &device("a", 1)).unwrap();
    let list = until(&sessions, |list| list.len() == 1).await;
    assert_eq!(
        (list[0].device.as_str(), list[0].name.as_str()),
        ("a", "TV a")
    );
    assert_eq!(list[0].state, SessionState::Connecting);
    reporter.state.send_replace(SessionState::ConfirmOnTv);
    let volume = Volume {
        level: 0.5,
        muted: false,
        adjustable: true,
    };
    reporter.volume.send_replace(Some(volume));
    let list = until(&sessions, |list| list[0].volume.is_some()).await;
    assert_eq!(list[0].volume, Some(volume));
    until(&sessions, |list| list[0].state == SessionState::ConfirmOnTv).await;
    reporter.stats.send_modify(|stats| stats.width = Some(7));
    assert_eq!(list[0].stats.borrow().width, Some(7));
}

#[tokio::test]
async fn commands_reach_the_session_of_their_device_and_show() {
    let sessions = Sessions::new(Handle::current());
    let mut one = start(&sessions, &device("a", 1)).unwrap();
    let mut other = start(&sessions, &device("b", 2)).unwrap();
    sessions.command("b", Command::Pause(true)).unwrap();
    let later = Command::SetTargetDelay {
        target: Duration::from_secs(9),
        max: Duration::from_secs(10),
    };
    sessions.command("b", later.clone()).unwrap();
    sessions.command("b", Command::SetVolume(0.3)).unwrap();
    assert_eq!(other.commands.try_recv(), Ok(Command::Pause(true)));
    assert_eq!(other.commands.try_recv(), Ok(later));
    assert_eq!(other.commands.try_recv(), Ok(Command::SetVolume(0.3)));
    assert!(one.commands.try_recv().is_err());
    let list = sessions.watch().borrow().clone();
    assert_eq!(
        list.iter().map(|cast| cast.paused).collect::<Vec<_>>(),
        [false, true]
    );
    assert_eq!(list[1].target_delay, MirrorOptions::MAX_TARGET_DELAY);

    let nowhere = sessions.command("c", Command::Pause(true));
    assert_eq!(nowhere, Err(CommandError::NotCasting("c".to_owned())));
    let mut refused = Ok(());
    for _ in 0..100 {
        refused = refused.and(sessions.command("a", Command::SetMuted(true)));
    }
    assert_eq!(refused, Err(CommandError::Busy));
    let silent = sessions.set_audio("b", AudioChoice::Both).await;
    assert_eq!(silent, Err(CommandError::NoSound));
}

#[tokio::test]
async fn a_device_is_cast_to_once_by_whatever_name() {
    let sessions = Sessions::new(Handle::current());
    let reporter = start(&sessions, &device("a", 1)).unwrap();
    for same in [device("a", 9), device("manual:192.0.2.1", 1)] {
        assert_eq!(start(&sessions, &same).err(), Some(Reason::AlreadyCasting));
    }
    assert!(sessions.running("a").is_some());
    reporter
        .state
        .send_replace(SessionState::Stopping(Reason::UserStopped));
    assert!(
        start(&sessions, &device("a", 1)).is_err(),
        "it is being taken down"
    );
    end(&reporter, Reason::DeviceClosed);
    until(&sessions, |list| list[0].state.ended().is_some()).await;
    assert!(sessions.running("a").is_none());
    start(&sessions, &device("a", 1)).unwrap();
    assert_eq!(
        sessions.watch().borrow().len(),
        1,
        "the new one replaces the old one"
    );
}

#[tokio::test]
async fn an_end_is_remembered_until_it_was_seen_unless_the_user_wanted_it() {
    let sessions = Sessions::new(Handle::current());
    let one = start(&sessions, &device("a", 1)).unwrap();
    let other = start(&sessions, &device("b", 2)).unwrap();
    let closed = Reason::SourceEnded(SourceEnd::Closed);
    end(&one, closed.clone());
    end(&other, Reason::UserStopped);
    let list = until(&sessions, |list| list.len() == 1).await;
    let list = match list[0].state.ended() {
        Some(_) => list,
        None => until(&sessions, |list| list[0].state.ended().is_some()).await,
    };
    assert_eq!(list[0].state.ended(), Some(&closed));
    let late = sessions.command("a", Command::Pause(true));
    assert_eq!(late, Err(CommandError::NotCasting("a".to_owned())));
    sessions.seen("a");
    assert!(sessions.watch().borrow().is_empty());
}

#[tokio::test]
async fn what_runs_is_not_forgotten_by_being_seen() {
    let sessions = Sessions::new(Handle::current());
    let _reporter = start(&sessions, &device("a", 1)).unwrap();
    sessions.seen("a");
    assert_eq!(sessions.watch().borrow().len(), 1);
}

#[tokio::test]
async fn ended_casts_do_not_pile_up() {
    let sessions = Sessions::new(Handle::current());
    let running = start(&sessions, &device("runs", 250)).unwrap();
    for number in 0..60 {
        let id = format!("{number}");
        let reporter = start(&sessions, &device(&id, number)).unwrap();
        end(&reporter, Reason::DeviceClosed);
        until(&sessions, |list| {
            let cast = list.iter().find(|cast| cast.device == id);
            cast.is_some_and(|cast| cast.state.ended().is_some())
        })
        .await;
    }
    let list = sessions.watch().borrow().clone();
    assert_eq!(list.len(), MAX_ENDED + 1);
    assert_eq!(list[0].device, "runs");
    assert_eq!(list[1].device, "28", "the oldest are forgotten");
    drop(running);
}

#[tokio::test]
async fn when_all_are_stopped_none_is_left_in_the_list() {
    let sessions = Sessions::new(Handle::current());
    for number in 0..3 {
        let mut reporter = start(&sessions, &device(&format!("{number}"), number)).unwrap();
        tokio::spawn(async move {
            if let Some(Command::Stop(reason)) = reporter.commands.recv().await {
                end(&reporter, reason);
            }
        });
    }
    sessions.stop_all().await;
    assert!(sessions.watch().borrow().is_empty());
}

#[tokio::test]
async fn what_was_never_sent_has_not_lasted_however_long_it_took() {
    let sessions = Sessions::new(Handle::current());
    for (id, key_frames, was_shared) in [("a", 0, false), ("b", 1, true)] {
        let reporter = start(&sessions, &device(id, key_frames as u8)).unwrap();
        let streaming = SessionState::Streaming(Streams::default());
        reporter.state.send_replace(streaming);
        until(&sessions, |list| {
            list.iter()
                .any(|cast| cast.device == id && cast.began.is_some())
        })
        .await;
        // The counts of the last moment come without a report.
        let counted =
            |stats: &mut SessionStats| (stats.packets, stats.key_frames) = (9, key_frames);
        reporter.stats.send_modify(counted);
        end(&reporter, Reason::Missing(Missing::VideoEncoder));
        let is_ended = |cast: &&CastStatus| cast.device == id && cast.ended.is_some();
        let list = until(&sessions, |list| list.iter().any(|cast| is_ended(&cast))).await;
        let cast = list.iter().find(is_ended).expect("it ended");
        assert_eq!(cast.shared, was_shared, "{id}");
        assert_eq!(cast.ended.unwrap().lasted.is_some(), was_shared, "{id}");
    }
}

#[tokio::test]
async fn a_session_that_vanishes_is_taken_out() {
    let sessions = Sessions::new(Handle::current());
    drop(start(&sessions, &device("a", 1)).unwrap());
    until(&sessions, <[CastStatus]>::is_empty).await;
}

#[tokio::test]
async fn numbers_become_history_and_a_verdict_which_shows_a_pause_at_once() {
    let sessions = Sessions::new(Handle::current());
    let reporter = start(&sessions, &device("a", 1)).unwrap();
    reporter
        .state
        .send_replace(SessionState::Streaming(Streams::default()));
    let list = until(&sessions, |list| list[0].began.is_some()).await;
    let mut health = list[0].health.clone();
    assert_eq!(*health.borrow(), None);
    let mut samples = list[0].history.changes();
    for second in 1..=3_u32 {
        let stats = SessionStats {
            uptime_s: f64::from(second),
            ..SessionStats::default()
        };
        reporter.stats.send_replace(stats);
        let taken = samples.wait_for(|count| *count == u64::from(second));
        let taken = tokio::time::timeout(Duration::from_secs(5), taken).await;
        assert!(taken.is_ok(), "second {second}");
    }
    let found = health.wait_for(Option::is_some);
    let found = *tokio::time::timeout(Duration::from_secs(5), found)
        .await
        .unwrap()
        .unwrap();
    assert!(matches!(found.unwrap().verdict, Verdict::Well { .. }));
    assert_eq!(list[0].history.samples().len(), 3);
    sessions.command("a", Command::Pause(true)).unwrap();
    let paused = |health: &Option<Health>| {
        health.is_some_and(|health| matches!(health.verdict, Verdict::Paused { .. }))
    };
    let found = health.wait_for(paused);
    assert!(
        tokio::time::timeout(Duration::from_secs(5), found)
            .await
            .is_ok()
    );
}
