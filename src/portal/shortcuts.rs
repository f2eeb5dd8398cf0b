// SPDX-License-Identifier: GPL-3.0-or-later
//! The `GlobalShortcuts` portal: keys that work in every program. Input: what they stand for; output: [`Shortcuts`], and
//! which were pressed.

use ashpd::desktop::global_shortcuts::{
    Activated, BindShortcutsOptions, GlobalShortcuts, NewShortcut,
};
use ashpd::desktop::{CreateSessionOptions, Session};
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;

use super::{PortalError, connection};

/// A key that is wished for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// What [`Shortcuts::next`] calls it.
    pub id: &'static str,
    /// What it does, for people.
    pub description: String,
    /// The keys that are proposed, as the shortcuts specification of freedesktop.org writes them.
    pub keys: &'static str,
}

/// Keys that work for as long as this is kept.
pub struct Shortcuts {
    pressed: BoxStream<'static, Activated>,
    // Ends with its connection, which is nobody else's.
    _session: Session<GlobalShortcuts>,
}

impl std::fmt::Debug for Shortcuts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shortcuts").finish_non_exhaustive()
    }
}

impl Shortcuts {
    /// Asks for these. The desktop may ask the person for the keys, the first time, and take as long as that.
    ///
    /// # Errors
    /// [`PortalError`]; [`PortalError::Refused`] when the person wants none of them.
    pub async fn start(wishes: &[Wish]) -> Result<Shortcuts, PortalError> {
        let portal = GlobalShortcuts::with_connection(connection::open().await?).await?;
        let pressed = portal.receive_activated().await?.boxed();
        let session = portal
            .create_session(CreateSessionOptions::default())
            .await?;
        let wishes: Vec<NewShortcut> = wishes
            .iter()
            .map(|wish| {
                NewShortcut::new(wish.id, wish.description.as_str()).preferred_trigger(wish.keys)
            })
            .collect();
        let options = BindShortcutsOptions::default();
        let bound = portal
            .bind_shortcuts(&session, &wishes, None, options)
            .await?
            .response()?;
        if bound.shortcuts().is_empty() {
            return Err(PortalError::Refused);
        }
        Ok(Shortcuts {
            pressed,
            _session: session,
        })
    }

    /// Which was pressed; `None` when the portal is gone. May be dropped unfinished.
    pub async fn next(&mut self) -> Option<String> {
        let pressed = self.pressed.next().await?;
        Some(pressed.shortcut_id().to_owned())
    }
}
