// SPDX-License-Identifier: GPL-3.0-or-later
//! Follows what one session says about itself: states, volume, who the device is, and whether the person is being asked;
//! the list shows it. Ends with the session.

use std::future::Future;
use std::sync::Weak;

use tokio::sync::watch;

use super::list::Shared;
use crate::engine::remembered::Introduction;
use crate::session::handle::SessionHandle;
use crate::session::state::SessionState;

/// Shows what a session does until it is over. Holds neither the list nor the session.
pub(super) fn follow(
    list: Weak<Shared>,
    number: u64,
    session: &SessionHandle,
    mut choosing: watch::Receiver<bool>,
) -> impl Future<Output = ()> + use<> {
    let (mut state, mut volume) = (session.state(), session.volume());
    let (mut trust, mut info) = (session.trust(), session.info());
    async move {
        loop {
            let now = state.borrow_and_update().clone();
            let loudness = *volume.borrow_and_update();
            let asking = *choosing.borrow_and_update();
            let proved = trust.borrow_and_update().clone();
            let itself = info.borrow_and_update().as_ref().and_then(Introduction::of);
            let Some(shared) = list.upgrade() else {
                return;
            };
            if let SessionState::Ended(reason) = now {
                return shared.end(number, Some(reason), proved);
            }
            shared.change(number, |cast| {
                cast.status.enter(now);
                cast.status.volume = loudness;
                cast.status.choosing = asking;
                cast.status.trust = proved;
                if let Some(itself) = itself {
                    cast.status.name = itself.name;
                }
            });
            drop(shared);
            let going_on = tokio::select! {
                changed = state.changed() => changed.is_ok(),
                Ok(()) = volume.changed() => true,
                Ok(()) = choosing.changed() => true,
                Ok(()) = trust.changed() => true,
                Ok(()) = info.changed() => true,
            };
            // Otherwise the runtime was shut down under the session.
            if !going_on && let Some(shared) = list.upgrade() {
                return shared.end(number, None, None);
            }
        }
    }
}
