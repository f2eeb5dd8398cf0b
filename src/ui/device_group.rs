// SPDX-License-Identifier: GPL-3.0-or-later
//! `DeviceGroup`: the devices under one heading. Input: those that belong there; output: their rows, in place. A row stays
//! the same widget as long as its device stays, wherever it moves.

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4 as gtk;
use gtk4::glib;
use libadwaita as adw;

use super::device_row::DeviceRow;
use super::model::DeviceItem;
use crate::engine::{CastStatus, SourceKind, TrustedDevices};
use crate::words;

glib::wrapper! {
    /// The rows of some devices, and a heading.
    pub struct DeviceGroup(ObjectSubclass<imp::DeviceGroup>)
        @extends adw::PreferencesGroup, gtk::Widget,
        @implements gtk::Accessible, gtk::Buildable, gtk::ConstraintTarget;
}

impl DeviceGroup {
    /// Shows these devices, each at its place, for casts of `source`.
    pub fn set_devices(&self, items: &[DeviceItem], source: SourceKind) {
        let list = &self.imp().rows;
        for row in self.rows() {
            if !row.item().is_some_and(|item| items.contains(&item)) {
                list.remove(&row);
            }
        }
        let shown: Vec<DeviceItem> = self.rows().iter().filter_map(DeviceRow::item).collect();
        for item in items.iter().filter(|item| !shown.contains(item)) {
            list.append(&DeviceRow::new(item, source));
        }
        // A hidden one would still be the last child, whose border differs.
        let placeholder = self.imp().placeholder.borrow().clone();
        list.set_placeholder(placeholder.filter(|_| items.is_empty()).as_ref());
        list.invalidate_sort();
    }

    /// The rows, from the first to the last.
    pub fn rows(&self) -> Vec<DeviceRow> {
        let children = self.imp().rows.observe_children();
        children
            .iter::<glib::Object>()
            .flatten()
            .filter_map(|child| child.downcast().ok())
            .collect()
    }

    /// What is chosen to be cast.
    pub fn set_source(&self, source: SourceKind) {
        for row in self.rows() {
            row.set_source(source);
        }
    }

    /// What is being cast.
    pub fn set_casts(&self, casts: &[CastStatus]) {
        for row in self.rows() {
            let of_row = |cast: &&CastStatus| row.item().is_some_and(|item| item.is(&cast.device));
            row.set_cast(casts.iter().find(of_row).cloned());
        }
    }

    /// What is remembered of devices.
    pub fn set_trust(&self, known: &TrustedDevices) {
        for row in self.rows() {
            let of_row = row
                .item()
                .and_then(|item| item.listed()?.remembered_in(known).cloned());
            let mark = of_row.and_then(|known| words::trust_mark(&known));
            row.set_trust(mark.as_ref());
        }
    }

    /// What stands in place of the rows while there are none.
    pub fn set_placeholder(&self, placeholder: &impl IsA<gtk::Widget>) {
        self.imp()
            .placeholder
            .replace(Some(placeholder.clone().upcast()));
    }
}

fn by_place(a: &gtk::ListBoxRow, b: &gtk::ListBoxRow) -> gtk::Ordering {
    let place = |row: &gtk::ListBoxRow| {
        let row = row.downcast_ref::<DeviceRow>();
        row.and_then(DeviceRow::item).map(|item| item.place())
    };
    place(a).cmp(&place(b)).into()
}

mod imp {
    use std::cell::RefCell;

    use adw::prelude::*;
    use adw::subclass::prelude::*;
    use gtk4 as gtk;
    use gtk4::glib;
    use libadwaita as adw;

    #[derive(Debug, Default, gtk::CompositeTemplate)]
    #[template(file = "device_group.ui")]
    pub struct DeviceGroup {
        #[template_child]
        pub(super) rows: TemplateChild<gtk::ListBox>,
        pub(super) placeholder: RefCell<Option<gtk::Widget>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for DeviceGroup {
        const NAME: &'static str = "TelecastDeviceGroup";
        type Type = super::DeviceGroup;
        type ParentType = adw::PreferencesGroup;

        fn class_init(class: &mut Self::Class) {
            class.bind_template();
        }

        fn instance_init(object: &glib::subclass::InitializingObject<Self>) {
            object.init_template();
        }
    }

    impl ObjectImpl for DeviceGroup {
        fn constructed(&self) {
            self.parent_constructed();
            self.rows.set_sort_func(super::by_place);
            let group = self.obj();
            group.connect_title_notify(|group| {
                let title = group.title();
                let label = gtk::accessible::Property::Label(&title);
                group.imp().rows.update_property(&[label]);
            });
        }
    }
    impl WidgetImpl for DeviceGroup {}
    impl PreferencesGroupImpl for DeviceGroup {}
}
