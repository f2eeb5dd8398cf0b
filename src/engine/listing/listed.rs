// SPDX-License-Identifier: GPL-3.0-or-later
//! What lists show of a device: `ListedDevice`, made of what is remembered and what is there.

use std::time::SystemTime;

use super::Listing;
use crate::discovery::{Capabilities, Device, DeviceKind, Endpoint, ManualHost, PROVISIONAL};
use crate::engine::remembered::{Entry, HostEntry, Introduction, time};
use crate::engine::{Remembered, TrustedDevices};

/// A device, as lists show it: there, or remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedDevice {
    /// [`Device::id`]. An address that turns out to be a known device takes over that device's.
    pub id: String,
    /// Its name; of an address where nobody has told one yet, the address.
    pub name: String,
    /// Its model; empty when unknown.
    pub model: String,
    /// What to show it as.
    pub kind: DeviceKind,
    /// The announced capability bits.
    pub capabilities: Capabilities,
    /// What can be cast to; `None` while it is away.
    pub device: Option<Device>,
    /// When it was last there; `None` when it never was.
    pub last_seen: Option<SystemTime>,
    /// When something was cast to it.
    pub used: Option<SystemTime>,
    /// Where it is, or was, best first.
    pub addresses: Vec<String>,
    /// The addresses by which a person added it; none when it was found by itself alone.
    pub hosts: Vec<String>,
}

impl ListedDevice {
    /// Whether something can be cast to it now.
    pub fn is_available(&self) -> bool {
        self.device.is_some()
    }

    /// Whether forgetting it changes anything: what announces itself comes back at once.
    pub fn may_be_forgotten(&self) -> bool {
        self.device.is_none() || !self.hosts.is_empty()
    }

    /// Whether a cast to the device with this id is a cast to this one: also one that began when only the address was
    /// known.
    pub fn is(&self, id: &str) -> bool {
        let by_host = |id: &str| {
            id.strip_prefix(PROVISIONAL)
                .is_some_and(|host| self.hosts.iter().any(|known| known == host))
        };
        self.id == id || by_host(id)
    }

    /// What is remembered of its proofs.
    pub fn remembered_in<'a>(&self, known: &'a TrustedDevices) -> Option<&'a Remembered> {
        let by_host = || {
            known
                .iter()
                .find(|(id, _)| self.is(id))
                .map(|(_, known)| known)
        };
        known.get(&self.id).or_else(by_host)
    }
}

impl Listing {
    /// The list, in no particular order.
    pub(in crate::engine) fn devices(&self) -> Vec<ListedDevice> {
        let known = self.memory.devices.iter();
        let unknown = self.memory.hosts.iter().filter(|(_, entry)| {
            let device = entry.device.as_ref();
            device.is_none_or(|id| !self.memory.devices.contains_key(id))
        });
        known
            .map(|(id, entry)| self.known(id, entry))
            .chain(unknown.map(|(host, entry)| self.unknown(host, entry)))
            .collect()
    }

    fn known(&self, id: &str, entry: &Entry) -> ListedDevice {
        let here = self.here(id);
        let present = here.map(|device| in_words(&device.endpoints));
        let before = || entry.addresses.iter().map(ToString::to_string).collect();
        ListedDevice {
            id: id.to_owned(),
            name: entry.name.clone(),
            model: entry.model.clone(),
            kind: entry.kind(),
            capabilities: Capabilities(entry.capabilities),
            device: here.cloned(),
            last_seen: time(entry.last_seen),
            used: entry.used.and_then(time),
            addresses: present.unwrap_or_else(before),
            hosts: self.memory.hosts_of(id).map(ToString::to_string).collect(),
        }
    }

    fn unknown(&self, host: &ManualHost, entry: &HostEntry) -> ListedDevice {
        let id = host.id();
        let device = self.here(&id);
        let addresses = device.map(|device| in_words(&device.endpoints));
        let itself = entry.introduced.clone().unwrap_or_else(|| Introduction {
            name: host.to_string(),
            model: String::new(),
            capabilities: 0,
        });
        ListedDevice {
            kind: itself.kind(),
            capabilities: Capabilities(itself.capabilities),
            name: itself.name,
            model: itself.model,
            device: device.cloned(),
            last_seen: entry.last_seen.and_then(time),
            used: None,
            addresses: addresses.unwrap_or_default(),
            hosts: vec![host.to_string()],
            id,
        }
    }
}

/// Each address once, whichever interface it was heard over.
fn in_words(endpoints: &[Endpoint]) -> Vec<String> {
    let mut addresses: Vec<String> = Vec::new();
    for address in endpoints.iter().map(ToString::to_string) {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    addresses
}
