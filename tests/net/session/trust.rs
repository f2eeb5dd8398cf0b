// SPDX-License-Identifier: GPL-3.0-or-later
//! What a session does about the identity of a device.

use std::future::ready;
use std::sync::Mutex;

use telecast::cast::auth::{Assessment, Fingerprint, Verdict};
use telecast::session::source::BoxFuture;
use telecast::session::trust::{Distrust, Expected, Trust};

use super::*;

/// Says the same about every device; `None`: nothing, for ever.
#[derive(Debug)]
struct Says(Option<Result<(), Distrust>>);

impl Trust for Says {
    fn expect(&self, _: Fingerprint) -> BoxFuture<'static, Expected> {
        Box::pin(ready(Expected::default()))
    }

    fn decide(&self, _: &Assessment) -> BoxFuture<'static, Option<Result<(), Distrust>>> {
        match self.0 {
            Some(said) => Box::pin(ready(Some(said))),
            None => Box::pin(std::future::pending()),
        }
    }

    fn learn(&self, assessment: &Assessment) -> BoxFuture<'static, ()> {
        panic!("nobody was taken for silent: {assessment:?}");
    }
}

/// Takes every device for one that says nothing, and notes what it says after all.
#[derive(Debug, Default)]
struct ExpectsSilence(Arc<Mutex<Vec<Verdict>>>);

impl Trust for ExpectsSilence {
    fn expect(&self, _: Fingerprint) -> BoxFuture<'static, Expected> {
        Box::pin(ready(Expected {
            silent: true,
            ..Expected::default()
        }))
    }

    fn decide(&self, now: &Assessment) -> BoxFuture<'static, Option<Result<(), Distrust>>> {
        assert_eq!(now.verdict, Verdict::NoAnswer);
        Box::pin(ready(Some(Ok(()))))
    }

    fn learn(&self, now: &Assessment) -> BoxFuture<'static, ()> {
        self.0.lock().unwrap().push(now.verdict);
        Box::pin(ready(()))
    }
}

fn verdict(handle: &SessionHandle) -> Option<Verdict> {
    let proved = handle.trust().borrow().clone();
    proved.map(|proved| proved.verdict)
}

#[tokio::test]
async fn silence_about_who_it_is_costs_time_and_nothing_else() {
    for (mute_about_itself, expected) in [(true, Verdict::NoAnswer), (false, Verdict::Declined)] {
        let device = Device::start(Script {
            mute_about_itself,
            ..Script::default()
        })
        .await;
        let (handle, probe) = start_at(target(device.address));
        until(&handle, is_streaming).await;
        assert_eq!(verdict(&handle), Some(expected));
        stop(handle, probe).await;
    }
}

#[tokio::test]
async fn nobody_waits_for_a_device_that_is_known_to_say_nothing_and_what_it_says_counts() {
    for (mute_about_itself, said) in [(true, &[][..]), (false, &[Verdict::Declined])] {
        let device = Device::start(Script {
            mute_about_itself,
            ..Script::default()
        })
        .await;
        let trust = ExpectsSilence::default();
        let learnt = trust.0.clone();
        let timings = Timings {
            // Whoever waits for the answer waits for longer than this test.
            authentication: Duration::from_hours(1),
            ..timings()
        };
        let target = Target {
            trust: Arc::new(trust),
            ..target(device.address)
        };
        let (source, probe) = NullSource::new();
        let (here, options) = (Handle::current(), MirrorOptions::default());
        let handle = Session::start_with(&here, target, options, Box::new(source), timings);
        until(&handle, is_streaming).await;
        let expected = said.first().copied().unwrap_or(Verdict::NoAnswer);
        let mut proved = handle.trust();
        let is_known = |proved: &Option<Assessment>| {
            proved
                .as_ref()
                .is_some_and(|proved| proved.verdict == expected)
        };
        proved.wait_for(is_known).await.unwrap();
        stop(handle, probe).await;
        assert_eq!(*learnt.lock().unwrap(), said);
    }
}

#[tokio::test]
async fn a_device_that_is_not_trusted_is_left_before_anything_is_launched() {
    let device = Device::start(Script::default()).await;
    let distrust = Distrust::OtherKey;
    let (handle, probe) = start_at(Target {
        trust: Arc::new(Says(Some(Err(distrust)))),
        ..target(device.address)
    });
    let reason = ended(&handle, &probe).await;
    assert_eq!(reason, Reason::NotTrusted(distrust));
    assert_eq!(device.count("LAUNCH"), 0);
}

#[tokio::test]
async fn a_session_that_waits_for_a_person_keeps_the_connection_and_can_be_stopped() {
    let device = Device::start(Script::default()).await;
    let (handle, probe) = start_at(Target {
        trust: Arc::new(Says(None)),
        ..target(device.address)
    });
    until(&handle, |state| *state == SessionState::Authenticating).await;
    eventually("a connection", || device.count("CONNECT") == 1).await;
    stop(handle, probe).await;
    assert_eq!(device.count("LAUNCH"), 0);
}

#[tokio::test]
async fn nobody_is_asked_what_to_show_on_a_device_that_will_not_do() {
    let device = Device::start(Script::default()).await;
    let distrust = Distrust::NoLongerCertified(Verdict::Declined);
    let target = Target {
        trust: Arc::new(Says(Some(Err(distrust)))),
        ..target(device.address)
    };
    let (mut source, probe) = NullSource::new();
    source.may_ask = true;
    // Whoever opens it is told at once that the dialog was cancelled.
    source.opening = (Duration::ZERO, Some(Reason::DialogCancelled));
    let handle = start_from(source, target, MirrorOptions::default());
    let reason = ended(&handle, &probe).await;
    assert_eq!(reason, Reason::NotTrusted(distrust));
}
