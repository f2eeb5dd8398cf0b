// SPDX-License-Identifier: GPL-3.0-or-later
//! How casts behave towards the desktop: [`DesktopOptions`] of the front ends in; what follows from them, done for as long
//! as the engine lives. Each part follows the casts on its own; what a portal is asked for is asked when something is cast.

mod abilities;
mod awake;
mod background;
mod lock;
mod notices;
mod shortcuts;

use std::sync::{Arc, Once};

use tokio::sync::watch;

use super::{Engine, SessionState};

pub use abilities::{Ability, missing_abilities};
pub use background::{Leave, ask_leave, tell_background};
pub use notices::{Notice, NoticeChange, Notices, Presence, Urgency};
pub use shortcuts::{ShortcutState, ShortcutWords};

/// What front ends want of the desktop while something is cast. By default nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DesktopOptions {
    /// Whether the computer stays awake.
    pub stay_awake: bool,
    /// What is told to people who look up who keeps it awake.
    pub reason: String,
    /// Whether pictures are paused while the screen is locked.
    pub pause_when_locked: bool,
    /// Keys that work in every program, if they are wished for.
    pub shortcuts: Option<ShortcutWords>,
}

/// What the desktop shows to people about it, in their language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesktopWords {
    /// See [`DesktopOptions::reason`].
    pub reason: String,
    /// What keys do.
    pub shortcuts: ShortcutWords,
}

/// The desktop's side of an engine.
#[derive(Debug)]
pub(super) struct Desktop {
    options: watch::Sender<DesktopOptions>,
    shortcuts: watch::Sender<ShortcutState>,
    follows: Once,
}

impl Desktop {
    /// Wants nothing of the desktop yet.
    pub(super) fn new() -> Desktop {
        Desktop {
            options: watch::Sender::new(DesktopOptions::default()),
            shortcuts: watch::Sender::default(),
            follows: Once::new(),
        }
    }
}

impl Engine {
    /// What is wanted of the desktop while something is cast, from now on. Until this is called, nothing is.
    pub fn set_desktop(self: &Arc<Self>, options: DesktopOptions) {
        let desktop = &self.desktop;
        desktop.options.send_replace(options);
        desktop.follows.call_once(|| {
            let options = || desktop.options.subscribe();
            let casts = self.sessions();
            self.runtime.spawn(awake::follow(casts, options()));
            let engine = Arc::downgrade(self);
            let lock = lock::follow(engine.clone(), options());
            self.runtime.spawn(lock);
            let shortcuts = shortcuts::follow(engine, options(), desktop.shortcuts.clone());
            self.runtime.spawn(shortcuts);
        });
    }

    /// How the wish for keys that work everywhere stands.
    pub fn shortcuts(&self) -> watch::Receiver<ShortcutState> {
        self.desktop.shortcuts.subscribe()
    }
}

/// Whether something is on the device, or on its way back there.
fn is_on(state: &SessionState) -> bool {
    matches!(
        state,
        SessionState::Streaming(_) | SessionState::Recovering(..) | SessionState::Reconnecting(_)
    )
}
