// SPDX-License-Identifier: GPL-3.0-or-later
//! `DeviceList`: the devices as a list model. Input: the engine's list; output: a [`gio::ListStore`] of [`DeviceItem`].

use std::sync::Arc;

use gtk4::prelude::*;
use gtk4::{gio, glib};
use tokio::sync::watch;

use super::DeviceItem;
use super::follow::follow;
use crate::engine::Device;

/// The devices in the order in which they are shown.
#[derive(Debug, Clone)]
pub struct DeviceList(gio::ListStore);

impl Default for DeviceList {
    fn default() -> Self {
        DeviceList(gio::ListStore::new::<DeviceItem>())
    }
}

impl DeviceList {
    /// The model for widgets.
    pub fn model(&self) -> &gio::ListStore {
        &self.0
    }

    /// The item of the device with this id.
    pub fn item(&self, id: &str) -> Option<DeviceItem> {
        self.0
            .iter::<DeviceItem>()
            .flatten()
            .find(|item| item.id() == id)
    }

    /// Shows `devices` from now on.
    pub(in super::super) fn follow(&self, devices: watch::Receiver<Arc<[Device]>>) {
        let list = self.clone();
        follow(devices, move |devices| {
            list.update(&devices);
            glib::ControlFlow::Continue
        });
    }

    /// Makes the list hold `devices`; what is in it already stays the same object in the same place.
    fn update(&self, devices: &[Device]) {
        self.0.retain(|object| {
            object
                .downcast_ref::<DeviceItem>()
                .is_some_and(|item| devices.iter().any(|device| device.id == item.id()))
        });
        for device in devices {
            match self.item(&device.id) {
                Some(item) => item.update(device.clone()),
                None => self.0.append(&DeviceItem::new(device.clone())),
            }
        }
    }
}
