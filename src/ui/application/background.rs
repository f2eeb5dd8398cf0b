// SPDX-License-Identifier: GPL-3.0-or-later
//! What the [`Application`] does because of casts, whether or not there is a window: it lives until the last one is taken
//! down, and tells of an end that nobody sees.

use std::rc::Rc;

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4::{gio, glib};
use libadwaita as adw;

use super::Application;
use crate::ui::context::Context;
use crate::ui::model::{CastItem, Stage};
use crate::words;

/// Kept while something is cast.
#[derive(Debug)]
pub(super) struct Casting {
    #[expect(dead_code, reason = "held for its drop")]
    hold: gio::ApplicationHoldGuard,
}

impl Application {
    /// Whether something is cast, or is being taken down.
    pub(super) fn is_casting(&self) -> bool {
        self.imp().casting.borrow().is_some()
    }

    /// Follows the casts from now on.
    pub(super) fn follow_casts(&self, context: &Rc<Context>) {
        let changed = glib::clone!(
            #[weak(rename_to = app)]
            self,
            #[strong]
            context,
            move |casts: &gio::ListStore, at: u32, _: u32, added: u32| {
                for item in (at..at + added).filter_map(|at| casts.item(at).and_downcast()) {
                    app.follow_cast(&context, &item);
                }
                app.look_at_casts(&context);
            }
        );
        context.casts().model().connect_items_changed(changed);
    }

    fn follow_cast(&self, context: &Rc<Context>, item: &CastItem) {
        let before = std::cell::Cell::new(item.stage());
        let changed = glib::clone!(
            #[weak(rename_to = app)]
            self,
            #[strong]
            context,
            move |item: &CastItem| {
                let stage = item.stage();
                if before.replace(stage) != stage {
                    if stage == Stage::Ended {
                        app.tell_end(item);
                    }
                    app.look_at_casts(&context);
                }
            }
        );
        item.connect_changed(changed);
    }

    fn look_at_casts(&self, context: &Context) {
        // What is over is still being taken down for as long as it is listed.
        let items = context.casts().items();
        let busy = items.iter().any(|item| item.stage() != Stage::Ended);
        let casting = &self.imp().casting;
        if !busy {
            if let Some(banners) = context.banners() {
                banners.restore();
            }
            casting.take();
        } else if casting.borrow().is_none() {
            casting.replace(Some(Casting { hold: self.hold() }));
        }
    }

    /// A cast has ended by itself. Where nobody looks at the window, the desktop tells.
    fn tell_end(&self, item: &CastItem) {
        let looked_at = self
            .active_window()
            .is_some_and(|window| window.is_active());
        let Some(status) = item.status().filter(|_| !looked_at) else {
            return;
        };
        let Some(reason) = status.state.ended() else {
            return;
        };
        let told = gio::Notification::new(&words::ended_title(&status.name));
        told.set_body(Some(&words::explain(reason, &status.name).what));
        told.set_priority(gio::NotificationPriority::High);
        self.send_notification(Some(&status.device), &told);
    }

    /// Ends every cast in an orderly way, then the program.
    pub fn stop_and_quit(&self) {
        let engine = self.context().and_then(|context| context.engine());
        let app = self.clone();
        let hold = self.hold();
        // It waits for nothing but the sessions' states, which need no runtime of tokio here.
        glib::spawn_future_local(async move {
            if let Some(engine) = engine {
                engine.stop_all().await;
            }
            drop(hold);
            app.quit();
        });
    }
}
