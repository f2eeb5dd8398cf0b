// SPDX-License-Identifier: GPL-3.0-or-later
//! Losses and attempts by a clock of the test's own.

use super::super::reason::SourceEnd;
use super::super::trust::Distrust;
use super::*;

const SECOND: Duration = Duration::from_secs(1);
const LIMIT: Duration = Duration::from_mins(2);

/// A session whose streams were heard for a minute.
fn steady(start: Instant) -> (Recovery, Instant) {
    let mut recovery = Recovery::new(LIMIT);
    recovery.heard(start);
    (recovery, start + Duration::from_mins(1))
}

fn pause(absence: &Absence, now: Instant) -> Duration {
    absence.next.expect("a wait").saturating_duration_since(now)
}

#[test]
fn a_lost_connection_is_sought_at_once_and_then_at_short_intervals() {
    let (mut recovery, mut now) = steady(Instant::now());
    let absence = recovery.lost(now, Reason::DeviceClosed).expect("worth it");
    assert_eq!((absence.attempt, absence.why), (1, Setback::ConnectionLost));
    assert_eq!(pause(&absence, now), Duration::ZERO);
    assert_eq!(absence.until, now + LIMIT);
    let lost = now;
    for attempt in 2..40 {
        recovery.attempt();
        now += SECOND;
        let refused = recovery.failed(now, Reason::ConnectionRefused);
        let absence = refused.expect("worth it");
        assert_eq!((absence.attempt, absence.why), (attempt, Setback::Starting));
        assert_eq!(pause(&absence, now), KNOCK, "no growth: nobody is bothered");
        assert_eq!(absence.until, lost + LIMIT);
    }
}

#[test]
fn a_network_that_comes_back_unannounced_is_found_within_two_seconds() {
    // The kernel asks at the beginning of an attempt and again after a second; then it is over, and the next one begins.
    let attempt = super::super::timings::Timings::default().knock;
    let again = SECOND;
    assert!(attempt > again);
    let gap = (attempt + KNOCK).saturating_sub(again);
    assert!(gap <= SECOND * 2, "{gap:?}");
}

#[test]
fn a_device_that_is_there_and_not_ready_is_asked_less_and_less() {
    let (mut recovery, now) = steady(Instant::now());
    recovery.lost(now, Reason::DeviceClosed).expect("worth it");
    let mut pauses = Vec::new();
    for _ in 0..6 {
        recovery.attempt();
        let late = Reason::TimedOut(Waiting::Launch);
        pauses.push(pause(&recovery.failed(now, late).expect("worth it"), now));
    }
    assert_eq!(pauses, [1, 2, 4, 8, 8, 8].map(Duration::from_secs));
}

#[test]
fn it_is_given_up_when_the_time_is_over() {
    let (mut recovery, lost) = steady(Instant::now());
    let silence = Reason::DeviceGone(SECOND * 8);
    recovery.lost(lost, silence).expect("worth it");
    let almost = lost + LIMIT.saturating_sub(SECOND / 10);
    let absence = recovery.failed(almost, Reason::NetworkUnreachable);
    assert_eq!(absence.expect("worth it").next, Some(lost + LIMIT));
    let over = recovery.failed(lost + LIMIT, Reason::NetworkUnreachable);
    let (after, why) = (LIMIT, Setback::NoNetwork);
    assert_eq!(over, Err(Reason::NotBack { after, why }));
}

#[test]
fn streams_that_do_not_last_use_up_the_same_time_and_steady_ones_begin_anew() {
    let (mut recovery, lost) = steady(Instant::now());
    recovery.lost(lost, Reason::DeviceClosed).expect("worth it");
    recovery.attempt();
    let mut now = lost + SECOND;
    let mut pauses = Vec::new();
    for _ in 0..4 {
        recovery.heard(now);
        now += SECOND;
        let absence = recovery.lost(now, Reason::DeviceClosed).expect("worth it");
        assert_eq!(absence.until, lost + LIMIT);
        pauses.push(pause(&absence, now).as_secs());
        recovery.attempt();
    }
    assert_eq!(pauses, [1, 2, 4, 8]);
    recovery.heard(now);
    now += STEADY;
    let absence = recovery.lost(now, Reason::DeviceClosed).expect("worth it");
    assert_eq!((absence.attempt, pause(&absence, now)), (1, Duration::ZERO));
    assert_eq!(absence.until, now + LIMIT);
}

#[test]
fn streams_that_were_never_heard_are_no_cast_to_be_saved() {
    let now = Instant::now();
    let gone = Reason::DeviceGone(SECOND * 15);
    let mut recovery = Recovery::new(LIMIT);
    assert_eq!(recovery.lost(now, gone.clone()), Err(gone.clone()));
    // After an attempt they are one more setback.
    recovery.heard(now);
    recovery.lost(now, Reason::DeviceClosed).expect("worth it");
    recovery.attempt();
    let absence = recovery.lost(now + SECOND * 15, gone).expect("worth it");
    assert_eq!((absence.attempt, absence.why), (2, Setback::Silent));
}

#[test]
fn nobody_seeks_who_was_told_not_to() {
    let now = Instant::now();
    let mut recovery = Recovery::new(Duration::ZERO);
    recovery.heard(now);
    let closed = Reason::DeviceClosed;
    assert_eq!(recovery.lost(now, closed.clone()), Err(closed));
}

#[test]
fn what_somebody_wanted_and_what_would_happen_again_ends_the_cast() {
    let never = [
        Reason::UserStopped,
        Reason::Finished,
        Reason::DialogCancelled,
        Reason::SourceEnded(SourceEnd::SharingRevoked),
        Reason::SourceEnded(SourceEnd::Closed),
        Reason::DeviceStopped { other: None },
        Reason::DeviceStopped {
            other: Some("YouTube".to_owned()),
        },
        Reason::NotConfirmed,
        Reason::NotTrusted(Distrust::OtherKey),
        Reason::DeviceStuck,
        Reason::Garbage(Layer::Framing),
        Reason::Garbage(Layer::TlsSignature),
        Reason::TlsTooOld,
        Reason::AppRefused {
            code: "NOT_FOUND".to_owned(),
        },
        Reason::OfferRefused {
            code: 1,
            description: String::new(),
        },
        Reason::NoUsableCodec,
        Reason::NoPicture,
        Reason::PermissionDenied,
        Reason::Missing(Missing::VideoEncoder),
        Reason::Missing(Missing::PipeWire),
        Reason::PortInUse { first: 1, last: 2 },
    ];
    for reason in never {
        let (mut recovery, now) = steady(Instant::now());
        let lost = recovery.lost(now, reason.clone());
        assert_eq!(lost, Err(reason.clone()));
        recovery.heard(now);
        recovery.lost(now, Reason::DeviceClosed).expect("worth it");
        recovery.attempt();
        assert_eq!(recovery.failed(now, reason.clone()), Err(reason));
    }
}

#[test]
fn what_may_pass_is_worth_another_attempt() {
    for (reason, why) in [
        (Reason::ConnectionRefused, Setback::Starting),
        (Reason::NetworkUnreachable, Setback::NoNetwork),
        (
            Reason::Missing(Missing::Interface("wlan0".to_owned())),
            Setback::NoNetwork,
        ),
        (Reason::TimedOut(Waiting::Connection), Setback::Silent),
        (Reason::TimedOut(Waiting::TlsHandshake), Setback::Starting),
        (Reason::TimedOut(Waiting::Answer), Setback::Starting),
        (Reason::DeviceClosed, Setback::Starting),
        (Reason::DeviceGone(SECOND), Setback::Silent),
        (
            Reason::AppRefused {
                code: "SYSTEM_ERROR".to_owned(),
            },
            Setback::Starting,
        ),
        (Reason::OtherDevice, Setback::Elsewhere),
    ] {
        let (mut recovery, now) = steady(Instant::now());
        recovery.lost(now, Reason::DeviceClosed).expect("worth it");
        recovery.attempt();
        let absence = recovery.failed(now, reason.clone());
        assert_eq!(absence.map(|absence| absence.why), Ok(why), "{reason}");
    }
}

#[test]
fn news_end_a_wait_but_not_in_bursts() {
    let (mut recovery, now) = steady(Instant::now());
    recovery.lost(now, Reason::DeviceClosed).expect("worth it");
    recovery.attempt();
    let absence = recovery.failed(now, Reason::TimedOut(Waiting::Launch));
    let next = absence.expect("worth it").next.expect("a wait");
    assert_eq!(recovery.news(now, next), now + NEWS_PAUSE);
    let later = now + SECOND / 2;
    assert_eq!(recovery.news(later, next), later);
    let due = next + SECOND;
    assert_eq!(recovery.news(due, next), next, "it was about to end");
}
