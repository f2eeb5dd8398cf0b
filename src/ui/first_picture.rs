// SPDX-License-Identifier: GPL-3.0-or-later
//! What may wait until the window can be seen. Input: a window and work; output: the work, done after its first picture.

use std::cell::RefCell;

use gtk4 as gtk;
use gtk4::glib;
use gtk4::prelude::*;

/// Does `work` once the first picture of `window` is painted, when the main loop has nothing more urgent.
pub fn after(window: &impl IsA<gtk::Widget>, work: impl FnOnce() + 'static) {
    let work = RefCell::new(Some(work));
    // The second tick begins after the first picture was painted.
    let painted = std::cell::Cell::new(false);
    window.add_tick_callback(move |_, _| {
        if !painted.replace(true) {
            return glib::ControlFlow::Continue;
        }
        if let Some(work) = work.take() {
            glib::idle_add_local_once(work);
        }
        glib::ControlFlow::Break
    });
}
