// SPDX-License-Identifier: GPL-3.0-or-later
//! The program without a window, as the session bus starts it: how long it stays, and how the engine is started from
//! outside. Input: that somebody uses the engine; output: holds of the application.

use std::time::Duration;

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4::{gio, glib};
use libadwaita as adw;
use tokio::sync::watch;
use tokio::time::Instant;

use super::Application;
use crate::ui::model;

/// The action by which another process asks for the engine.
const START_ENGINE: &str = "start-engine";

impl Application {
    /// Stays for as long as `idle` after the last window and cast, and after the last time that somebody `used` the engine
    /// from elsewhere; until it is quit when that is `None`.
    pub fn linger(&self, idle: Option<Duration>, used: watch::Receiver<Instant>) {
        let Some(idle) = idle else {
            self.imp().stays.replace(Some(self.hold()));
            return;
        };
        let milliseconds = u32::try_from(idle.as_millis()).unwrap_or(u32::MAX);
        self.set_inactivity_timeout(milliseconds);
        let app = self.downgrade();
        model::follow(used, move |_| match app.upgrade() {
            Some(app) => {
                // The time begins anew when the hold ends.
                drop(app.hold());
                glib::ControlFlow::Continue
            }
            None => glib::ControlFlow::Break,
        });
    }

    /// Starts the engine here, or in the process that runs already. Whether it is here.
    pub fn start_engine(&self) -> Result<bool, glib::Error> {
        self.register(gio::Cancellable::NONE)?;
        if !self.is_remote() {
            if let Some(context) = self.context() {
                context.start_engine();
            }
            return Ok(true);
        }
        self.activate_action(START_ENGINE, None);
        if let Some(bus) = self.dbus_connection() {
            // This process ends before an answer could come.
            bus.flush_sync(gio::Cancellable::NONE)?;
        }
        Ok(false)
    }

    pub(super) fn start_engine_action() -> gio::ActionEntry<Application> {
        gio::ActionEntry::builder(START_ENGINE)
            .activate(|app: &Application, _, _| {
                if let Some(context) = app.context() {
                    context.start_engine();
                }
            })
            .build()
    }
}
