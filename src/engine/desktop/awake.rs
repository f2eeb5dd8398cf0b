// SPDX-License-Identifier: GPL-3.0-or-later
//! Keeps the computer awake while something is cast. Input: the casts and the wish; output: an inhibition by the portal, as
//! weak as will do and held no longer than needed: it is given back when the last cast is paused, stopped or broken, and
//! taken back by the portal when this process dies.
//!
//! A cast that is paused, or has no picture, lets the screen darken and lock, but not the computer sleep: that would end
//! it.

use std::sync::Arc;

use tokio::sync::watch;

use super::{DesktopOptions, is_on};
use crate::engine::CastStatus;
use crate::portal::inhibit::{Inhibited, Inhibition};

/// What these casts must be spared.
fn wanted(casts: &[CastStatus]) -> Option<Inhibited> {
    let running = || casts.iter().filter(|cast| is_on(&cast.state));
    let moves = |cast: &CastStatus| cast.has_picture && !cast.paused;
    if running().any(moves) {
        return Some(Inhibited::SuspendAndIdle);
    }
    running().next().map(|_| Inhibited::Suspend)
}

/// Follows them until the engine ends.
pub(super) async fn follow(
    mut casts: watch::Receiver<Arc<[CastStatus]>>,
    mut options: watch::Receiver<DesktopOptions>,
) {
    let mut asked = None;
    let mut held: Option<Inhibition> = None;
    loop {
        let (wish, reason) = {
            let options = options.borrow_and_update();
            let casts = casts.borrow_and_update();
            let wish = wanted(&casts).filter(|_| options.stay_awake);
            (wish, options.reason.clone())
        };
        // What was refused is not asked for again with each second's numbers.
        if wish != asked {
            asked = wish;
            let before = held.take();
            if let Some(wish) = wish {
                held = Inhibition::start(wish, &reason)
                    .await
                    .inspect_err(|error| tracing::info!(%error, "this computer may fall asleep"))
                    .ok();
            }
            // After the new one, so that nothing can happen in between.
            if let Some(before) = before {
                before.release().await;
            }
        }
        let going_on = tokio::select! {
            changed = casts.changed() => changed.is_ok(),
            changed = options.changed() => changed.is_ok(),
        };
        if !going_on {
            break;
        }
    }
    if let Some(held) = held {
        held.release().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Reason, SessionState, Streams};

    fn streaming() -> CastStatus {
        CastStatus::in_state("tv", SessionState::Streaming(Streams::default()))
    }

    #[test]
    fn a_moving_picture_keeps_screen_and_computer_on() {
        assert_eq!(wanted(&[streaming()]), Some(Inhibited::SuspendAndIdle));
        assert_eq!(wanted(&[]), None);
    }

    #[test]
    fn a_paused_picture_and_sound_alone_keep_the_computer_on_and_not_the_screen() {
        let paused = CastStatus {
            paused: true,
            ..streaming()
        };
        let sound = CastStatus {
            has_picture: false,
            ..streaming()
        };
        let both = [paused, sound];
        assert_eq!(wanted(&both), Some(Inhibited::Suspend));
        let [paused, sound] = both;
        let three = [paused, sound, streaming()];
        assert_eq!(wanted(&three), Some(Inhibited::SuspendAndIdle));
    }

    #[test]
    fn what_begins_ends_or_has_failed_keeps_nothing_on() {
        for state in [
            SessionState::Connecting,
            SessionState::ConfirmOnTv,
            SessionState::Stopping(Reason::UserStopped),
            SessionState::Ended(Reason::DeviceClosed),
        ] {
            assert_eq!(wanted(&[CastStatus::in_state("tv", state)]), None);
        }
    }
}
