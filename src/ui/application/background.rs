// SPDX-License-Identifier: GPL-3.0-or-later
//! What the [`Application`] does because of casts, whether or not there is a window: it lives until the last one is taken
//! down, silences the desktop where that is wished, and asks for leave to go on without a window.

use std::cell::Cell;
use std::rc::Rc;

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4::{gio, glib};
use libadwaita as adw;

use super::Application;
use super::desktop::shows_the_screen;
use crate::engine::{CastStatus, Presence, tell_background};
use crate::ui::context::Context;
use crate::ui::model::{CastItem, Stage};
use crate::words;

/// Kept while something is cast.
#[derive(Debug)]
pub(super) struct Casting {
    #[expect(dead_code, reason = "held for its drop")]
    hold: gio::ApplicationHoldGuard,
    /// Whether the desktop was silenced as the settings want. Once: the person may want otherwise for this cast.
    silenced: Cell<bool>,
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
        item.connect_changed(glib::clone!(
            #[weak(rename_to = app)]
            self,
            #[strong]
            context,
            move |_: &CastItem| app.look_at_casts(&context)
        ));
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
            casting.replace(Some(Casting {
                hold: self.hold(),
                silenced: Cell::new(false),
            }));
        }
        if let Some(casting) = &*casting.borrow()
            && !casting.silenced.get()
            && items.iter().any(shows_the_screen)
        {
            casting.silenced.set(true);
            if context.settings().do_not_disturb()
                && let Some(banners) = context.banners()
            {
                banners.silence();
            }
        }
        self.tell(context);
        self.go_on_without_window(context);
    }

    /// Asks for leave where casts run and no window was ever there to ask from, and says what goes on.
    pub(super) fn go_on_without_window(&self, context: &Context) {
        let items = context.casts().items();
        let running = items.iter().filter(|item| item.stage() == Stage::Casting);
        let running: Vec<CastStatus> = running.filter_map(CastItem::status).collect();
        if self.presence() != Presence::Absent {
            return;
        }
        let status = words::cast_banner(&running).unwrap_or_default();
        let told = &self.imp().told_status;
        if *told.borrow() == status {
            return;
        }
        told.replace(status.clone());
        if !running.is_empty() && !context.has_asked_leave() {
            let asking = context.ask_leave(context.settings().start_at_login());
            glib::spawn_future_local(async move {
                if asking.await.is_some_and(|leave| !leave.background) {
                    tracing::warn!("the desktop may end this program while it has no window");
                }
            });
        }
        context.runtime().spawn(tell_background(status));
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
            // The lists may not have followed yet.
            for device in app.imp().notices.take().shown() {
                app.withdraw_notification(device);
            }
            let context = app.context();
            if let Some(banners) = context.as_ref().and_then(|context| context.banners()) {
                banners.restore();
            }
            drop(hold);
            app.quit();
        });
    }
}
