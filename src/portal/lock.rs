// SPDX-License-Identifier: GPL-3.0-or-later
//! The session monitor of the `Inhibit` portal: whether the screen is locked. Output: [`LockWatch`].

use ashpd::desktop::Session;
use ashpd::desktop::inhibit::{CreateMonitorOptions, InhibitProxy, InhibitState};
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;

use super::{PortalError, connection};

/// Follows the lock screen for as long as it is kept.
pub struct LockWatch {
    states: BoxStream<'static, InhibitState>,
    // Ends with its connection, which is nobody else's.
    _session: Session<InhibitProxy>,
}

impl std::fmt::Debug for LockWatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LockWatch").finish_non_exhaustive()
    }
}

impl LockWatch {
    /// Begins to follow it. The portal tells how it stands at once.
    ///
    /// # Errors
    /// [`PortalError`].
    pub async fn start() -> Result<LockWatch, PortalError> {
        let portal = InhibitProxy::with_connection(connection::open().await?).await?;
        // Before the session, whose first news comes with its creation.
        let states = portal.receive_state_changed().await?.boxed();
        let session = portal
            .create_monitor(None, CreateMonitorOptions::default())
            .await?;
        Ok(LockWatch {
            states,
            _session: session,
        })
    }

    /// Whether it is locked now, at each piece of news; `None` when the portal is gone. May be dropped unfinished.
    pub async fn next(&mut self) -> Option<bool> {
        let state = self.states.next().await?;
        Some(state.screensaver_active())
    }
}
