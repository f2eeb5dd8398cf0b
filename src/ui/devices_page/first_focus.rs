// SPDX-License-Identifier: GPL-3.0-or-later
//! What has the keyboard while nobody has used it yet: the first device, or the button that helps where there is none. Input:
//! what is shown; output: the focus.

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4 as gtk;
use gtk4::{gdk, glib};
use libadwaita as adw;

use super::DevicesPage;
use crate::ui::device_row::DeviceRow;

impl DevicesPage {
    /// From the first key or click on, the focus is the person's.
    pub(super) fn notice_a_person(&self) {
        let events = gtk::EventControllerLegacy::new();
        events.set_propagation_phase(gtk::PropagationPhase::Capture);
        events.connect_event(glib::clone!(
            #[weak(rename_to = page)]
            self,
            #[upgrade_or]
            glib::Propagation::Proceed,
            move |events, event| {
                let by_hand = matches!(
                    event.event_type(),
                    gdk::EventType::KeyPress
                        | gdk::EventType::ButtonPress
                        | gdk::EventType::TouchBegin
                );
                if by_hand {
                    page.imp().touched.set(true);
                    page.remove_controller(events);
                }
                glib::Propagation::Proceed
            }
        ));
        self.add_controller(events);
    }

    /// Moves the focus to the first device, or to `help`, unless it is somebody's choice or in a dialog.
    pub(super) fn choose_first_focus(&self, help: bool) {
        let Some(window) = self.root().and_downcast::<gtk::Window>() else {
            return;
        };
        let focus = gtk::prelude::GtkWindowExt::focus(&window);
        let elsewhere = focus.as_ref().is_some_and(|focus| !focus.is_ancestor(self));
        if self.imp().touched.get() || elsewhere || !self.is_mapped() {
            return;
        }
        // A screen reader tells of each move: none between rows while the list fills.
        let row_type = DeviceRow::static_type();
        if focus.is_some_and(|focus| focus.ancestor(row_type).is_some()) {
            return;
        }
        if help {
            self.imp().help.focus_button();
        } else if let Some(row) = self.first_row() {
            row.grab_focus();
        }
    }

    fn first_row(&self) -> Option<DeviceRow> {
        let imp = self.imp();
        let mut rows = imp.network.rows();
        rows.extend(imp.by_address.rows());
        rows.into_iter().next()
    }
}
