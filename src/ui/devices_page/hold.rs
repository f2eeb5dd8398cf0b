// SPDX-License-Identifier: GPL-3.0-or-later
//! When the list must not move: while a pointer is over it, or somebody moves in it by keyboard. Input: pointer and focus;
//! output: [`DeviceList::set_held`](super::super::model::DeviceList::set_held).

use std::cell::Cell;
use std::rc::Rc;

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4 as gtk;
use gtk4::glib;
use libadwaita as adw;

use super::{Context, DevicesPage};

impl DevicesPage {
    pub(super) fn hold_while_choosing(&self, context: &Rc<Context>) {
        let devices = context.devices().clone();
        let pointed = Rc::new(Cell::new(0_u32));
        let moved = Rc::new(Cell::new(false));
        let decide = {
            let (pointed, moved) = (Rc::clone(&pointed), Rc::clone(&moved));
            move || devices.set_held(pointed.get() > 0 || moved.get())
        };
        for group in [&self.imp().network, &self.imp().by_address] {
            let motion = gtk::EventControllerMotion::new();
            let was = Cell::new(false);
            motion.connect_contains_pointer_notify(glib::clone!(
                #[strong]
                pointed,
                #[strong]
                decide,
                move |motion| {
                    let is = motion.contains_pointer();
                    match (was.replace(is), is) {
                        (false, true) => pointed.set(pointed.get() + 1),
                        (true, false) => pointed.set(pointed.get().saturating_sub(1)),
                        _ => return,
                    }
                    decide();
                }
            ));
            group.add_controller(motion);
        }
        // The focus that the window gives to the first row by itself is nobody's choice, and is not drawn.
        let update = glib::clone!(
            #[weak(rename_to = page)]
            self,
            #[strong]
            moved,
            move |window: &gtk::Window| {
                let focus = gtk::prelude::GtkWindowExt::focus(window);
                let within = focus.is_some_and(|focus| {
                    focus.is_ancestor(&*page.imp().network)
                        || focus.is_ancestor(&*page.imp().by_address)
                });
                moved.set(within && window.gets_focus_visible());
                decide();
            }
        );
        self.connect_root_notify(move |page| {
            if let Some(window) = page.root().and_downcast::<gtk::Window>() {
                window.connect_focus_widget_notify(update.clone());
                window.connect_focus_visible_notify(update.clone());
            }
        });
    }
}
