// SPDX-License-Identifier: GPL-3.0-or-later
//! The name of the [`Window`] for other programs: while it shows, the desktop's dialogs can stand above it and belong to it.
//! Output: an opaque handle, which the engine passes on to the portal. Asks no portal anything.

use gdk4_wayland::WaylandToplevel;
use gtk4::prelude::*;
use gtk4::subclass::prelude::*;

use super::Window;

impl Window {
    /// Has the compositor give the window a name whenever it comes to show, and give it up when it does not any more.
    pub(super) fn export(&self) {
        self.connect_map(|window| {
            let Some(toplevel) = window.wayland() else {
                return;
            };
            let window = window.downgrade();
            let asked = toplevel.export_handle(move |toplevel, handle| {
                let (Some(window), Ok(handle)) = (window.upgrade(), handle) else {
                    tracing::debug!("the desktop gives the window no name for its dialogs");
                    return;
                };
                if window.is_mapped() {
                    window.imp().exported.replace(Some(handle.to_owned()));
                } else {
                    toplevel.drop_exported_handle(handle);
                }
            });
            if !asked {
                tracing::debug!("the desktop knows no names of windows");
            }
        });
        self.connect_unmap(|window| {
            let handle = window.imp().exported.take();
            if let (Some(handle), Some(toplevel)) = (handle, window.wayland()) {
                toplevel.drop_exported_handle(&handle);
            }
        });
    }

    /// The window's `xdg_foreign` handle, valid while it shows; `None` where there is none, and in its first moments.
    pub fn exported(&self) -> Option<String> {
        self.imp().exported.borrow().clone()
    }

    fn wayland(&self) -> Option<WaylandToplevel> {
        self.surface()?.downcast().ok()
    }
}
