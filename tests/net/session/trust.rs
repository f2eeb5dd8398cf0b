// SPDX-License-Identifier: GPL-3.0-or-later
//! What a session does about the identity of a device.

use std::future::ready;

use telecast::cast::auth::{Assessment, Roots, Verdict};
use telecast::session::source::BoxFuture;
use telecast::session::trust::{Distrust, Trust};

use super::*;

/// Says the same about every device; `None`: nothing, for ever.
#[derive(Debug)]
struct Says(Option<Result<(), Distrust>>);

impl Trust for Says {
    fn roots(&self) -> Arc<Roots> {
        Arc::new(Roots::cast())
    }

    fn decide(&self, _: &Assessment) -> BoxFuture<'static, Option<Result<(), Distrust>>> {
        match self.0 {
            Some(said) => Box::pin(ready(Some(said))),
            None => Box::pin(std::future::pending()),
        }
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
