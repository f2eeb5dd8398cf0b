// SPDX-License-Identifier: GPL-3.0-or-later
//! `DeviceRow`: a device in the list. Input: its [`DeviceItem`]; output: activations of the row.

use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk4 as gtk;
use gtk4::glib;
use libadwaita as adw;

use super::model::DeviceItem;
use crate::engine::DeviceKind;

glib::wrapper! {
    /// A device.
    pub struct DeviceRow(ObjectSubclass<imp::DeviceRow>)
        @extends adw::ActionRow, adw::PreferencesRow, gtk::ListBoxRow, gtk::Widget,
        @implements gtk::Accessible, gtk::Actionable, gtk::Buildable, gtk::ConstraintTarget;
}

impl DeviceRow {
    /// A row for `item`, which it follows.
    pub fn new(item: &DeviceItem) -> DeviceRow {
        let row: DeviceRow = glib::Object::new();
        item.bind_property("name", &row, "title")
            .sync_create()
            .build();
        if let Some(device) = item.device() {
            row.imp().icon.set_icon_name(Some(icon_of(device.kind)));
            row.set_subtitle(&device.model);
        }
        row.imp().item.replace(Some(item.clone()));
        row
    }

    /// The device.
    pub fn item(&self) -> Option<DeviceItem> {
        self.imp().item.borrow().clone()
    }
}

fn icon_of(kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::Tv => "video-display-symbolic",
        DeviceKind::Display => "video-single-display-symbolic",
        DeviceKind::Speaker | DeviceKind::Group => "audio-speakers-symbolic",
    }
}

mod imp {
    use std::cell::RefCell;

    use adw::subclass::prelude::*;
    use gtk4 as gtk;
    use gtk4::glib;
    use libadwaita as adw;

    use super::super::model::DeviceItem;

    #[derive(Debug, Default, gtk::CompositeTemplate)]
    #[template(file = "device_row.ui")]
    pub struct DeviceRow {
        #[template_child]
        pub(super) icon: TemplateChild<gtk::Image>,
        pub(super) item: RefCell<Option<DeviceItem>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for DeviceRow {
        const NAME: &'static str = "TelecastDeviceRow";
        type Type = super::DeviceRow;
        type ParentType = adw::ActionRow;

        fn class_init(class: &mut Self::Class) {
            class.bind_template();
        }

        fn instance_init(object: &glib::subclass::InitializingObject<Self>) {
            object.init_template();
        }
    }

    impl ObjectImpl for DeviceRow {}
    impl WidgetImpl for DeviceRow {}
    impl ListBoxRowImpl for DeviceRow {}
    impl PreferencesRowImpl for DeviceRow {}
    impl ActionRowImpl for DeviceRow {}
}
