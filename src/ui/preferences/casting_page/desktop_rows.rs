// SPDX-License-Identifier: GPL-3.0-or-later
//! The rows of the [`CastingPage`] that ask something of the desktop. Input: what it offers and answers; output: the
//! settings, which say what the desktop has granted. What it does not offer cannot be switched on, and the row says so.

use std::rc::Rc;

use adw::prelude::*;
use adw::subclass::prelude::*;

use gtk4::glib;
use libadwaita as adw;

use super::CastingPage;
use crate::engine::{Ability, ShortcutState, missing_abilities, setting};
use crate::ui::context::Context;
use crate::ui::model;
use crate::ui::preferences::Preferences;
use crate::words;

impl CastingPage {
    pub(super) fn bind_desktop(&self, context: &Rc<Context>) {
        self.imp()
            .do_not_disturb
            .set_visible(context.banners().is_some());
        self.ask_abilities(context);
        self.bind_start_at_login(context);
        self.follow_shortcuts(context);
    }

    fn ask_abilities(&self, context: &Context) {
        let asking = context.runtime().spawn(missing_abilities());
        glib::spawn_future_local(glib::clone!(
            #[weak(rename_to = page)]
            self,
            async move {
                if let Ok(missing) = asking.await {
                    page.show_missing(&missing);
                }
            }
        ));
    }

    fn show_missing(&self, missing: &[Ability]) {
        let rows = self.imp();
        for (row, ability) in [
            (&rows.stay_awake, Ability::StayAwake),
            (&rows.pause_when_locked, Ability::LockScreen),
            (&rows.global_shortcuts, Ability::GlobalShortcuts),
            (&rows.start_at_login, Ability::Background),
        ] {
            // What is on can always be switched off.
            if missing.contains(&ability) {
                row.set_sensitive(row.is_active());
                row.set_subtitle(&words::not_on_this_desktop());
            }
        }
    }

    /// The desktop decides; the setting is what it has granted.
    fn bind_start_at_login(&self, context: &Rc<Context>) {
        let row = &self.imp().start_at_login;
        row.set_active(context.settings().start_at_login());
        row.connect_active_notify(glib::clone!(
            #[weak(rename_to = page)]
            self,
            #[strong]
            context,
            move |row| {
                if row.is_active() != context.settings().start_at_login() {
                    page.ask_to_start_at_login(&context, row.is_active());
                }
            }
        ));
    }

    fn ask_to_start_at_login(&self, context: &Rc<Context>, wanted: bool) {
        let row = &self.imp().start_at_login;
        row.set_sensitive(false);
        let asking = context.ask_leave(wanted);
        let (page, context) = (self.downgrade(), Rc::clone(context));
        glib::spawn_future_local(async move {
            let leave = asking.await;
            let granted = wanted && leave.is_some_and(|leave| leave.at_login);
            let store = context.settings().store();
            if let Err(error) = store.set_boolean(setting::START_AT_LOGIN, granted) {
                tracing::warn!(%error, "what the desktop has granted cannot be remembered");
            }
            if let Some(page) = page.upgrade() {
                let row = &page.imp().start_at_login;
                row.set_sensitive(true);
                row.set_active(granted);
                if granted != wanted {
                    page.say(&words::not_on_this_desktop());
                }
            }
        });
    }

    /// Keys that the person has refused in the desktop's dialog are not wished for any more.
    fn follow_shortcuts(&self, context: &Context) {
        let Some(engine) = context.engine() else {
            return;
        };
        let row = self.imp().global_shortcuts.downgrade();
        model::follow(engine.shortcuts(), move |state| match row.upgrade() {
            Some(row) => {
                if state == ShortcutState::Refused {
                    row.set_active(false);
                }
                glib::ControlFlow::Continue
            }
            None => glib::ControlFlow::Break,
        });
    }

    fn say(&self, text: &str) {
        let dialog = self.ancestor(Preferences::static_type());
        if let Some(dialog) = dialog.and_downcast::<Preferences>() {
            dialog.say(text);
        }
    }
}
