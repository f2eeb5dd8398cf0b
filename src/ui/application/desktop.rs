// SPDX-License-Identifier: GPL-3.0-or-later
//! What the preferences want of the desktop while something is cast. Input: the settings, as they change; output: the
//! engine's options, and the desktop's notifications silenced and shown again.

use std::rc::Rc;

use gtk4::glib;
use gtk4::prelude::*;

use super::Application;
use crate::engine::{SourceKind, setting};
use crate::ui::context::Context;
use crate::ui::model::{CastItem, Stage};

impl Application {
    /// Follows the settings from now on.
    pub(super) fn follow_desktop_settings(context: &Rc<Context>) {
        let store = context.settings().store();
        for key in [
            setting::STAY_AWAKE,
            setting::PAUSE_WHEN_LOCKED,
            setting::GLOBAL_SHORTCUTS,
        ] {
            store.connect_changed(
                Some(key),
                glib::clone!(
                    #[weak]
                    context,
                    move |_, _| context.tell_desktop_options()
                ),
            );
        }
        store.connect_changed(
            Some(setting::DO_NOT_DISTURB),
            glib::clone!(
                #[weak]
                context,
                move |_, _| {
                    let screen = context.casts().items().iter().any(shows_the_screen);
                    let Some(banners) = context.banners().filter(|_| screen) else {
                        return;
                    };
                    if context.settings().do_not_disturb() {
                        banners.silence();
                    } else {
                        banners.restore();
                    }
                }
            ),
        );
    }
}

/// Whether a TV shows everything that is on the screen, notifications too.
pub(super) fn shows_the_screen(item: &CastItem) -> bool {
    let shows = |cast| matches!(cast, SourceKind::Screen);
    item.stage() == Stage::Casting
        && item
            .status()
            .is_some_and(|cast| cast.has_picture && shows(cast.source))
}
