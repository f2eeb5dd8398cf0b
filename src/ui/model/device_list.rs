// SPDX-License-Identifier: GPL-3.0-or-later
//! `DeviceList`: the devices as a list model. Input: the engine's list; output: a [`gio::ListStore`] of [`DeviceItem`],
//! each with its place.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use gtk4::prelude::*;
use gtk4::{gio, glib};
use tokio::sync::watch;

use super::DeviceItem;
use super::follow::follow;
use super::places::{Placed, places};
use crate::engine::ListedDevice;

/// The devices; their order in the model means nothing, their [`DeviceItem::place`] does.
#[derive(Debug, Clone)]
pub struct DeviceList(Rc<Inner>);

struct Inner {
    items: gio::ListStore,
    held: Cell<bool>,
    updated: RefCell<Vec<Rc<dyn Fn()>>>,
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceList")
            .field("devices", &self.items.n_items())
            .field("held", &self.held)
            .finish_non_exhaustive()
    }
}

impl Default for DeviceList {
    fn default() -> Self {
        DeviceList(Rc::new(Inner {
            items: gio::ListStore::new::<DeviceItem>(),
            held: Cell::new(false),
            updated: RefCell::default(),
        }))
    }
}

impl DeviceList {
    /// The model for widgets.
    pub fn model(&self) -> &gio::ListStore {
        &self.0.items
    }

    /// The item of the device with this id.
    pub fn item(&self, id: &str) -> Option<DeviceItem> {
        self.items().into_iter().find(|item| item.id() == id)
    }

    /// All devices.
    pub fn items(&self) -> Vec<DeviceItem> {
        self.0.items.iter::<DeviceItem>().flatten().collect()
    }

    /// Whether the places stay as they are, because somebody is about to choose. When that ends, they are put right.
    pub fn set_held(&self, held: bool) {
        if self.0.held.replace(held) && !held {
            self.put_in_place();
            self.tell();
        }
    }

    /// Calls `updated` after each change of the list, of a device in it, or of the places.
    pub fn connect_updated(&self, updated: impl Fn() + 'static) {
        self.0.updated.borrow_mut().push(Rc::new(updated));
    }

    /// Shows `devices` from now on.
    pub(in super::super) fn follow(&self, devices: watch::Receiver<Arc<[ListedDevice]>>) {
        let list = self.clone();
        follow(devices, move |devices| {
            list.update(&devices);
            glib::ControlFlow::Continue
        });
    }

    /// Makes the list hold `devices`; what is in it already stays the same object.
    pub(in super::super) fn update(&self, devices: &[ListedDevice]) {
        let items = &self.0.items;
        items.retain(|object| {
            object
                .downcast_ref::<DeviceItem>()
                .is_some_and(|item| devices.iter().any(|device| device.id == item.id()))
        });
        let mut new = Vec::new();
        for device in devices {
            match self.item(&device.id) {
                Some(item) => item.update(device.clone()),
                None => new.push(DeviceItem::new(device.clone())),
            }
        }
        for item in &new {
            // No place yet: it gets one in a moment.
            item.set_place(u32::MAX);
        }
        items.extend_from_slice(&new);
        self.put_in_place();
        self.tell();
    }

    fn put_in_place(&self) {
        let items = self.items();
        let placed: Vec<Placed> = items.iter().filter_map(placed).collect();
        for (item, place) in items.iter().zip(places(&placed, self.0.held.get())) {
            if item.place() != place {
                item.set_place(place);
            }
        }
    }

    fn tell(&self) {
        // A copy: one that is told may connect another.
        let updated = self.0.updated.borrow().clone();
        for updated in updated {
            updated();
        }
    }
}

fn placed(item: &DeviceItem) -> Option<Placed> {
    let listed = item.listed()?;
    Some(Placed {
        id: listed.id,
        name: listed.name,
        kind: listed.kind,
        place: Some(item.place()).filter(|place| *place != u32::MAX),
    })
}
