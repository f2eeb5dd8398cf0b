// SPDX-License-Identifier: GPL-3.0-or-later
//! What the rows of devices wish of the [`Window`], as its actions: `win.cast`, `win.cast-sound` and `win.stop-cast` with
//! the id of a device, and `win.add-by-address`.

use adw::prelude::*;
use gtk4::{gio, glib};
use libadwaita as adw;

use super::Window;
use super::casts::Wish;
use crate::ui::address_dialog::AddressDialog;
use crate::words;

impl Window {
    pub(super) fn add_wishes(&self) {
        let of_device = |name: &str, act: fn(&Window, &str)| {
            gio::ActionEntry::builder(name)
                .parameter_type(Some(&String::static_variant_type()))
                .activate(move |window: &Window, _, id| {
                    if let Some(id) = id.and_then(glib::Variant::str) {
                        act(window, id);
                    }
                })
                .build()
        };
        let add = gio::ActionEntry::builder("add-by-address")
            .activate(|window: &Window, _, _| window.ask_for_address())
            .build();
        self.add_action_entries([
            of_device("cast", |window, id| window.cast(id, Wish::Chosen)),
            of_device("cast-sound", |window, id| window.cast(id, Wish::SoundOnly)),
            of_device("stop-cast", Window::stop_cast),
            add,
        ]);
    }

    fn cast(&self, id: &str, wish: Wish) {
        let Some(context) = self.context() else {
            return;
        };
        if let Some(item) = context.devices().item(id) {
            self.cast_to(&context, &item, wish);
        }
    }

    fn stop_cast(&self, id: &str) {
        let engine = self.context().and_then(|context| context.engine());
        if let Some(engine) = engine
            && let Err(error) = engine.stop(id)
        {
            // It has ended in this moment, which the list is about to show.
            tracing::debug!(%error, "nothing to stop");
        }
    }

    fn ask_for_address(&self) {
        let dialog = AddressDialog::new(glib::clone!(
            #[weak(rename_to = window)]
            self,
            move |address| window.add_address(address)
        ));
        dialog.present(Some(self));
    }

    fn add_address(&self, address: String) {
        let Some(engine) = self.context().and_then(|context| context.engine()) else {
            return;
        };
        glib::spawn_future_local(glib::clone!(
            #[weak(rename_to = window)]
            self,
            async move {
                if let Err(error) = engine.add_host(&address).await
                    && let Some(text) = words::host_error(error)
                {
                    window.say(&text);
                }
            }
        ));
    }
}
