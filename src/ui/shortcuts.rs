// SPDX-License-Identifier: GPL-3.0-or-later
//! The window that lists the keys. Input: its parent; output: the window, shown.

use gtk4 as gtk;
use gtk4::prelude::*;

const TEMPLATE: &str = include_str!("shortcuts.ui");

/// Shows the keys above `parent`; the keys of actions are those that the application has set.
#[expect(deprecated, reason = "its successor comes with libadwaita 1.8")]
pub fn show(parent: &gtk::Window) {
    let builder = gtk::Builder::from_string(TEMPLATE);
    let Some(window) = builder.object::<gtk::ShortcutsWindow>("shortcuts") else {
        tracing::error!("the list of shortcuts has no window");
        return;
    };
    window.set_transient_for(Some(parent));
    window.present();
}
