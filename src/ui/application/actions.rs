// SPDX-License-Identifier: GPL-3.0-or-later
//! The actions of the [`Application`], `app.*`, and all keys that stand for an action.

use adw::prelude::*;
use gtk4::{gio, glib};
use libadwaita as adw;

use super::Application;
use crate::engine::PreferencesPage;
use crate::ui::preferences::Preferences;
use crate::ui::troubleshooting::Troubleshooting;
use crate::ui::{about, shortcuts};

/// Actions and their keys. GTK and libadwaita have F10, Alt+Left and Escape themselves.
pub const KEYS: [(&str, &[&str]); 6] = [
    ("app.quit", &["<Control>q"]),
    ("app.preferences", &["<Control>comma"]),
    ("app.shortcuts", &["<Control>question"]),
    ("window.close", &["<Control>w"]),
    ("win.add-by-address", &["<Control>n"]),
    ("win.statistics", &["F9"]),
];

impl Application {
    pub(super) fn add_actions(&self) {
        let action = |name: &str, act: fn(&Application)| {
            gio::ActionEntry::builder(name)
                .activate(move |app: &Application, _, _| act(app))
                .build()
        };
        let page = gio::ActionEntry::builder("preferences-page")
            .parameter_type(Some(&String::static_variant_type()))
            .activate(|app: &Application, _, page| {
                app.show_preferences(match page.and_then(glib::Variant::str) {
                    Some("network") => PreferencesPage::Network,
                    Some("trust") => PreferencesPage::Trust,
                    _ => PreferencesPage::Casting,
                });
            })
            .build();
        self.add_action_entries([
            action("quit", Application::close_or_quit),
            action("preferences", |app| {
                app.show_preferences(PreferencesPage::Casting);
            }),
            page,
            action("shortcuts", |app| {
                if let Some(window) = app.active_window() {
                    shortcuts::show(&window);
                }
            }),
            action("troubleshooting", |app| {
                if let (Some(context), Some(window)) = (app.context(), app.active_window()) {
                    Troubleshooting::show(&window, &context);
                }
            }),
            action("about", |app| {
                if let (Some(context), Some(window)) = (app.context(), app.active_window()) {
                    about::show(&window, &context);
                }
            }),
            Application::cast_action(),
            Application::start_engine_action(),
        ]);
        self.add_action_entries(Application::notice_actions());
        for (action, keys) in KEYS {
            self.set_accels_for_action(action, keys);
        }
    }

    /// Through the window, which asks when something is being cast.
    fn close_or_quit(&self) {
        let Some(window) = self.active_window() else {
            self.stop_and_quit();
            return;
        };
        window.close();
        // A process that the session bus has started would wait for the next window, which is not what was asked for.
        if self.windows().is_empty() && !self.is_casting() {
            self.quit();
        }
    }

    fn show_preferences(&self, page: PreferencesPage) {
        let (Some(context), Some(window)) = (self.context(), self.active_window()) else {
            return;
        };
        let open = window
            .downcast_ref::<adw::ApplicationWindow>()
            .and_then(adw::prelude::AdwApplicationWindowExt::visible_dialog)
            .and_then(|dialog| dialog.downcast::<Preferences>().ok());
        match open {
            Some(preferences) => preferences.turn_to(page),
            None => Preferences::open(&context, page, &window),
        }
    }
}
