// SPDX-License-Identifier: GPL-3.0-or-later
//! Casts that were cut off and that their devices still show: offered to be stopped above the list, one after the other.

use std::rc::Rc;

use adw::subclass::prelude::*;
use gtk4::glib;
use gtk4::prelude::*;
use libadwaita as adw;

use super::super::context::Context;
use super::super::model::follow;
use super::super::window::Window;
use super::DevicesPage;
use crate::engine::AllLeftBehind;
use crate::words;

impl DevicesPage {
    pub(super) fn follow_left_behind(&self, context: &Rc<Context>) {
        let page = self.downgrade();
        context.when_engine_runs(move |engine| {
            follow(engine.left_behind(), move |all| {
                let Some(page) = page.upgrade() else {
                    return glib::ControlFlow::Break;
                };
                page.show_left_behind(all);
                glib::ControlFlow::Continue
            });
        });
        self.imp().left.connect_button_clicked(glib::clone!(
            #[weak(rename_to = page)]
            self,
            move |_| page.stop_left_behind()
        ));
    }

    fn show_left_behind(&self, all: AllLeftBehind) {
        let imp = self.imp();
        if let Some(first) = all.found.first() {
            imp.left.set_title(&words::left_behind(&first.name));
        }
        imp.left.set_revealed(!all.found.is_empty());
        imp.left_behind.replace(all);
    }

    fn stop_left_behind(&self) {
        let Some(context) = self.context() else {
            return;
        };
        let first = self.imp().left_behind.borrow().found.first().cloned();
        let (Some(engine), Some(first)) = (context.engine(), first) else {
            return;
        };
        let stopping = context
            .runtime()
            .spawn(async move { engine.stop_left_behind(&first.device).await });
        glib::spawn_future_local(glib::clone!(
            #[weak(rename_to = page)]
            self,
            async move {
                let window = page.root().and_downcast::<Window>();
                // The list tells the rest.
                if let (Ok(Err(_)), Some(window)) = (stopping.await, window) {
                    window.say(&words::still_there(&first.name));
                }
            }
        ));
    }
}
