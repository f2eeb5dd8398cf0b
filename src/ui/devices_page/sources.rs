// SPDX-License-Identifier: GPL-3.0-or-later
//! What is cast: the toggles above the list, which the settings remember. What the desktop does not offer cannot be
//! chosen, and a line says why.

use std::rc::Rc;

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4::glib;
use libadwaita as adw;

use super::{Context, DevicesPage};
use crate::engine::{Engine, SourceKind};
use crate::words;

impl DevicesPage {
    pub(super) fn follow_sources(&self, context: &Rc<Context>) {
        let store = context.settings().store();
        let sources = &self.imp().sources;
        store.bind("source", &**sources, "active-name").build();
        sources.connect_active_name_notify(glib::clone!(
            #[weak(rename_to = page)]
            self,
            move |_| page.show_source()
        ));
    }

    fn show_source(&self) {
        if let Some(context) = self.context() {
            let source = context.settings().source();
            self.imp().network.set_source(source);
            self.imp().by_address.set_source(source);
        }
    }

    /// Asks the desktop what it offers; until it answers, it is taken to offer all.
    pub(super) fn ask_what_is_offered(&self) {
        let Some(context) = self.context() else {
            return;
        };
        let asking = context.runtime().spawn(Engine::offered_sources());
        glib::spawn_future_local(glib::clone!(
            #[weak(rename_to = page)]
            self,
            async move {
                if let Ok(Some(offered)) = asking.await {
                    page.offer(&offered);
                }
            }
        ));
    }

    fn offer(&self, offered: &[SourceKind]) {
        let imp = self.imp();
        let mut missing = Vec::new();
        for (kind, name) in [
            (SourceKind::Screen, "screen"),
            (SourceKind::Window, "window"),
            (SourceKind::Virtual, "virtual"),
        ] {
            let is_offered = offered.contains(&kind);
            if let Some(toggle) = imp.sources.toggle_by_name(name) {
                toggle.set_enabled(is_offered);
            }
            if !is_offered {
                missing.push(kind);
            }
        }
        let chosen = self.context().map(|context| context.settings().source());
        if chosen.is_some_and(|chosen| missing.contains(&chosen))
            && offered.contains(&SourceKind::Screen)
        {
            imp.sources.set_active_name(Some("screen"));
        }
        let text = words::not_offered(&missing);
        imp.lacking.set_visible(text.is_some());
        imp.lacking.set_text(&text.unwrap_or_default());
    }
}
