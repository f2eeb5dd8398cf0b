// SPDX-License-Identifier: GPL-3.0-or-later
//! The window that lists the keys. Input: its parent; output: the window, shown.

use gtk4 as gtk;
use gtk4::prelude::*;

const TEMPLATE: &str = include_str!("shortcuts.ui");

/// Shows the keys above `parent`.
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
