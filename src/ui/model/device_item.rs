// SPDX-License-Identifier: GPL-3.0-or-later
//! `DeviceItem`: a device of the list, as an object that a row can bind to. Input: [`Device`]; output: properties.

use gtk4::glib;
use gtk4::subclass::prelude::*;

use crate::engine::Device;

glib::wrapper! {
    /// A device. The same object stays in the list while the device does, so that rows do not flicker.
    pub struct DeviceItem(ObjectSubclass<imp::DeviceItem>);
}

impl DeviceItem {
    /// The object for `device`.
    pub fn new(device: Device) -> DeviceItem {
        let item: DeviceItem = glib::Object::new();
        item.update(device);
        item
    }

    /// What is known of the device now; `None` for an object that was not made with [`DeviceItem::new`].
    pub fn device(&self) -> Option<Device> {
        self.imp().device.borrow().clone()
    }

    /// Takes over what is known now; tells of what people can see of it.
    pub fn update(&self, device: Device) {
        let name = device.name.clone();
        let id = device.id.clone();
        self.imp().device.replace(Some(device));
        if self.name() != name {
            self.set_name(name);
        }
        if self.id() != id {
            self.set_id(id);
        }
    }
}

mod imp {
    use std::cell::RefCell;

    use gtk4::glib;
    use gtk4::prelude::*;
    use gtk4::subclass::prelude::*;

    use crate::engine::Device;

    #[derive(Debug, Default, glib::Properties)]
    #[properties(wrapper_type = super::DeviceItem)]
    pub struct DeviceItem {
        /// [`Device::id`].
        #[property(get, set)]
        id: RefCell<String>,
        /// [`Device::name`].
        #[property(get, set)]
        name: RefCell<String>,
        pub(super) device: RefCell<Option<Device>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for DeviceItem {
        const NAME: &'static str = "TelecastDeviceItem";
        type Type = super::DeviceItem;
    }

    #[glib::derived_properties]
    impl ObjectImpl for DeviceItem {}
}
