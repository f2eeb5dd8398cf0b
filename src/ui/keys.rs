// SPDX-License-Identifier: GPL-3.0-or-later
//! The keys that windows with a picture share. Input: a window; output: its fullscreen state and its end.

use gtk4 as gtk;
use gtk4::gdk::{Key, ModifierType};
use gtk4::glib;
use gtk4::prelude::*;

/// F11 for the whole screen and back, Escape back from it, Ctrl+Q and Ctrl+W for the end.
pub fn add(window: &gtk::ApplicationWindow) {
    let keys = gtk::EventControllerKey::new();
    keys.connect_key_pressed(glib::clone!(
        #[weak]
        window,
        #[upgrade_or]
        glib::Propagation::Proceed,
        move |_, key, _, modifiers| {
            let control = modifiers.contains(ModifierType::CONTROL_MASK);
            match key {
                Key::F11 => window.set_fullscreened(!window.is_fullscreen()),
                Key::Escape if window.is_fullscreen() => window.set_fullscreened(false),
                Key::q | Key::w if control => window.close(),
                _ => return glib::Propagation::Proceed,
            }
            glib::Propagation::Stop
        }
    ));
    window.add_controller(keys);
}
