// SPDX-License-Identifier: GPL-3.0-or-later
//! Forgetting a device, with a way back for those who think better of it.

use adw::prelude::*;
use gtk4::glib;
use libadwaita as adw;

use super::DevicesPage;
use crate::engine::Forgotten;
use crate::words;

impl DevicesPage {
    /// Forgets the device with this id and says so.
    pub(super) fn forget(&self, id: &str) {
        let Some(engine) = self.context().and_then(|context| context.engine()) else {
            return;
        };
        let id = id.to_owned();
        glib::spawn_future_local(glib::clone!(
            #[weak(rename_to = page)]
            self,
            async move {
                if let Some(forgotten) = engine.forget(&id).await {
                    page.offer_undo(forgotten);
                }
            }
        ));
    }

    fn offer_undo(&self, forgotten: Forgotten) {
        let toasts = self.ancestor(adw::ToastOverlay::static_type());
        let Some(toasts) = toasts.and_downcast::<adw::ToastOverlay>() else {
            return;
        };
        let toast = adw::Toast::builder()
            .title(words::forgotten(&forgotten.name))
            .use_markup(false)
            .button_label(words::undo())
            .build();
        let forgotten = std::cell::RefCell::new(Some(forgotten));
        toast.connect_button_clicked(glib::clone!(
            #[weak(rename_to = page)]
            self,
            move |_| {
                if let Some(forgotten) = forgotten.take() {
                    page.restore(forgotten);
                }
            }
        ));
        toasts.add_toast(toast);
    }

    fn restore(&self, forgotten: Forgotten) {
        if let Some(engine) = self.context().and_then(|context| context.engine()) {
            glib::spawn_future_local(async move { engine.restore(forgotten).await });
        }
    }
}
