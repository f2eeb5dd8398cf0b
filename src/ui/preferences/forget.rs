// SPDX-License-Identifier: GPL-3.0-or-later
//! What lists of remembered things share: the button that forgets one, and the toast that takes it back.

use adw::prelude::*;
use gtk4 as gtk;
use libadwaita as adw;

use crate::words;

/// A button for a row that forgets what is called `name`.
pub fn button(name: &str) -> gtk::Button {
    let label = words::forget(name);
    let button = gtk::Button::builder()
        .icon_name("user-trash-symbolic")
        .tooltip_text(&label)
        .valign(gtk::Align::Center)
        .build();
    button.update_property(&[gtk::accessible::Property::Label(&label)]);
    button.add_css_class("flat");
    button
}

/// Says in the dialog around `widget` that `name` was forgotten; `undo` takes it back.
pub fn offer_undo(widget: &impl IsA<gtk::Widget>, name: &str, undo: impl Fn() + 'static) {
    let dialog = widget
        .ancestor(adw::PreferencesDialog::static_type())
        .and_downcast::<adw::PreferencesDialog>();
    let toast = adw::Toast::builder()
        .title(words::forgotten(name))
        .use_markup(false)
        .button_label(words::undo())
        .build();
    toast.connect_button_clicked(move |_| undo());
    if let Some(dialog) = dialog {
        dialog.add_toast(toast);
    }
}
