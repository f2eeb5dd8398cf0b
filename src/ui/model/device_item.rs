// SPDX-License-Identifier: GPL-3.0-or-later
//! `DeviceItem`: a device of the list, as an object that rows can follow. Input: [`ListedDevice`]; output: properties and
//! the `changed` signal.

use gtk4::glib;
use gtk4::prelude::*;
use gtk4::subclass::prelude::*;

use crate::engine::{Device, ListedDevice};

glib::wrapper! {
    /// A device, there or remembered. The same object stays in the list while the device does, so that rows do not flicker.
    pub struct DeviceItem(ObjectSubclass<imp::DeviceItem>);
}

impl DeviceItem {
    /// The object for `device`.
    pub fn new(device: ListedDevice) -> DeviceItem {
        let item: DeviceItem = glib::Object::new();
        item.update(device);
        item
    }

    /// What is known of it; `None` for an object that was not made with [`DeviceItem::new`].
    pub fn listed(&self) -> Option<ListedDevice> {
        self.imp().device.borrow().clone()
    }

    /// What can be cast to; `None` while it is away.
    pub fn device(&self) -> Option<Device> {
        let listed = self.imp().device.borrow();
        listed.as_ref().and_then(|listed| listed.device.clone())
    }

    /// Whether a cast to the device with this id is a cast to this one.
    pub fn is(&self, id: &str) -> bool {
        let listed = self.imp().device.borrow();
        listed.as_ref().is_some_and(|listed| listed.is(id))
    }

    /// Whether a person added it by its address.
    pub fn is_by_address(&self) -> bool {
        let listed = self.imp().device.borrow();
        listed
            .as_ref()
            .is_some_and(|listed| !listed.hosts.is_empty())
    }

    /// Takes over what is known now, and tells if that is something else.
    pub fn update(&self, device: ListedDevice) {
        if self.imp().device.borrow().as_ref() == Some(&device) {
            return;
        }
        let (name, id) = (device.name.clone(), device.id.clone());
        self.imp().device.replace(Some(device));
        if self.name() != name {
            self.set_name(name);
        }
        if self.id() != id {
            self.set_id(id);
        }
        self.emit_by_name::<()>("changed", &[]);
    }

    /// Calls `changed` each time that something else is known.
    pub fn connect_changed(
        &self,
        changed: impl Fn(&DeviceItem) + 'static,
    ) -> glib::SignalHandlerId {
        self.connect_local("changed", false, move |values| {
            if let Some(Ok(item)) = values.first().map(glib::Value::get::<DeviceItem>) {
                changed(&item);
            }
            None
        })
    }
}

mod imp {
    use std::cell::{Cell, RefCell};
    use std::sync::OnceLock;

    use gtk4::glib;
    use gtk4::prelude::*;
    use gtk4::subclass::prelude::*;

    use crate::engine::ListedDevice;

    #[derive(Debug, Default, glib::Properties)]
    #[properties(wrapper_type = super::DeviceItem)]
    pub struct DeviceItem {
        /// [`ListedDevice::id`].
        #[property(get, set)]
        id: RefCell<String>,
        /// [`ListedDevice::name`].
        #[property(get, set)]
        name: RefCell<String>,
        /// Its place among the others.
        #[property(get, set)]
        place: Cell<u32>,
        pub(super) device: RefCell<Option<ListedDevice>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for DeviceItem {
        const NAME: &'static str = "TelecastDeviceItem";
        type Type = super::DeviceItem;
    }

    #[glib::derived_properties]
    impl ObjectImpl for DeviceItem {
        fn signals() -> &'static [glib::subclass::Signal] {
            static SIGNALS: OnceLock<Vec<glib::subclass::Signal>> = OnceLock::new();
            SIGNALS.get_or_init(|| vec![glib::subclass::Signal::builder("changed").build()])
        }
    }
}
