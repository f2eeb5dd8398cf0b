// SPDX-License-Identifier: GPL-3.0-or-later
//! The dialog that lists the keys. Input: its parent; output: the dialog, shown once.

use adw::prelude::*;
use gtk4 as gtk;
use libadwaita as adw;

const TEMPLATE: &str = include_str!("shortcuts.ui");

/// Shows the keys above `parent`, unless it shows them already.
pub fn show(parent: &gtk::Window) {
    let builder = gtk::Builder::from_string(TEMPLATE);
    let Some(dialog) = builder.object::<adw::PreferencesDialog>("shortcuts") else {
        tracing::error!("the list of shortcuts has no dialog");
        return;
    };
    let open = parent
        .downcast_ref::<adw::ApplicationWindow>()
        .and_then(adw::prelude::AdwApplicationWindowExt::visible_dialog);
    if open.is_none_or(|open| open.title() != dialog.title()) {
        dialog.present(Some(parent));
    }
}

#[cfg(test)]
mod tests {
    use super::TEMPLATE;
    use crate::ui::application::KEYS;

    #[test]
    fn every_key_of_an_action_is_in_the_list() {
        for (action, keys) in KEYS {
            for key in keys {
                let key = key.replace('<', "&lt;").replace('>', "&gt;");
                let line = format!("<property name=\"accelerator\">{key}</property>");
                assert!(TEMPLATE.contains(&line), "{action}: {key}");
            }
        }
    }
}
