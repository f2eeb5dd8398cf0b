// SPDX-License-Identifier: GPL-3.0-or-later
//! `Memory`: the devices and the addresses that outlive the program. Bytes of a small file in and out; plain data between.
//! Reads no clock, opens no file.
//!
//! The file is its owner's, but the names in it once came from the network, and anybody may edit it: all is bounded.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::cast::channel::messages::discovery::DeviceInfo;
use crate::discovery::{Capabilities, Device, DeviceKind, ManualHost, clean};

/// Devices that are written down. A home has a handful; an hotel must not fill the list for ever.
pub(super) const MAX_REMEMBERED: usize = 64;
/// Addresses a person may have entered; discovery takes as many.
pub(super) const MAX_HOSTS: usize = 64;
/// Addresses that are kept of one device.
const MAX_ADDRESSES: usize = 8;

/// What is known of a device while it is away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) name: String,
    #[serde(default)]
    pub(super) model: String,
    /// The capability bits.
    #[serde(default)]
    pub(super) capabilities: u64,
    /// Where it was, the newest first.
    #[serde(default)]
    pub(super) addresses: Vec<SocketAddr>,
    /// Seconds since 1970.
    #[serde(default)]
    pub(super) last_seen: u64,
    /// When something was cast to it, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) used: Option<u64>,
}

impl Entry {
    /// What there is to remember of `device`, seen at `now`.
    pub(super) fn of(device: &Device, now: SystemTime) -> Entry {
        let mut entry = Entry {
            name: String::new(),
            model: String::new(),
            capabilities: 0,
            addresses: Vec::new(),
            last_seen: 0,
            used: None,
        };
        entry.see(device, now);
        entry
    }

    /// Takes over what `device` says of itself now.
    pub(super) fn see(&mut self, device: &Device, now: SystemTime) {
        self.name.clone_from(&device.name);
        self.model.clone_from(&device.model);
        self.capabilities = device.capabilities.0;
        self.last_seen = seconds(now);
        let mut present: Vec<SocketAddr> = device
            .endpoints
            .iter()
            .map(crate::discovery::Endpoint::socket_addr)
            .collect();
        // The same one may be heard over several interfaces.
        let mut seen = HashSet::new();
        present.retain(|address| seen.insert(*address));
        self.addresses.retain(|known| !present.contains(known));
        self.addresses.splice(0..0, present);
        self.addresses.truncate(MAX_ADDRESSES);
    }

    /// Whether `other` is worth writing in place of this: anything but the time at which it was seen.
    pub(super) fn differs(&self, other: &Entry) -> bool {
        *self
            != Entry {
                last_seen: self.last_seen,
                ..other.clone()
            }
    }

    /// What it is to people.
    pub(super) fn kind(&self) -> DeviceKind {
        Capabilities(self.capabilities).kind(&self.model)
    }

    fn clean(mut self) -> Option<Entry> {
        let shorten = |text: &str| -> String {
            let kept = text.chars().filter(|c| !c.is_control());
            kept.take(Device::MAX_NAME).collect()
        };
        self.name = shorten(&self.name);
        self.model = shorten(&self.model);
        self.addresses.truncate(MAX_ADDRESSES);
        (!self.name.is_empty()).then_some(self)
    }
}

/// What a device of which nothing was announced says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Introduction {
    pub(super) name: String,
    #[serde(default)]
    pub(super) model: String,
    /// The capability bits.
    #[serde(default)]
    pub(super) capabilities: u64,
}

impl Introduction {
    /// What is fit to be shown of it; `None` without a name.
    pub(super) fn of(info: &DeviceInfo) -> Option<Introduction> {
        let introduction = Introduction {
            name: info.friendly_name.clone(),
            model: info.model.clone(),
            capabilities: info.capabilities,
        };
        introduction.clean()
    }

    /// What it is to people.
    pub(super) fn kind(&self) -> DeviceKind {
        Capabilities(self.capabilities).kind(&self.model)
    }

    fn clean(self) -> Option<Introduction> {
        let shown = |text: &str| clean(text.as_bytes(), Device::MAX_NAME);
        let (name, model) = (shown(&self.name), shown(&self.model));
        (!name.is_empty()).then_some(Introduction {
            name,
            model,
            ..self
        })
    }
}

/// An address that a person entered.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct HostEntry {
    /// The id of the device that it turned out to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) device: Option<String>,
    /// When it answered last, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) last_seen: Option<u64>,
    /// What answered there said of itself, when nothing was announced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) introduced: Option<Introduction>,
}

impl HostEntry {
    fn clean(mut self) -> HostEntry {
        self.introduced = self.introduced.and_then(Introduction::clean);
        self
    }
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Memory {
    /// By id.
    pub(super) devices: BTreeMap<String, Entry>,
    pub(super) hosts: BTreeMap<ManualHost, HostEntry>,
}

/// How it stands in the file.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct File {
    devices: BTreeMap<String, Entry>,
    hosts: BTreeMap<String, HostEntry>,
}

impl Memory {
    /// What the bytes of the file say; nothing when they are spoiled.
    pub(super) fn from_json(bytes: &[u8]) -> Memory {
        let file: File = serde_json::from_slice(bytes).unwrap_or_else(|error| {
            tracing::warn!(%error, "the remembered devices cannot be read");
            File::default()
        });
        let devices = file.devices.into_iter();
        let hosts = file.hosts.into_iter();
        let mut memory = Memory {
            devices: devices
                .filter_map(|(id, entry)| Some((id, entry.clean()?)))
                .collect(),
            hosts: hosts
                .filter_map(|(host, entry)| Some((host.parse().ok()?, entry.clean())))
                .take(MAX_HOSTS)
                .collect(),
        };
        memory.devices = memory.worth_keeping();
        memory
    }

    /// The bytes of the file.
    ///
    /// # Errors
    /// None in practice: there is nothing in it that JSON cannot hold.
    pub(super) fn to_json(&self) -> serde_json::Result<Vec<u8>> {
        let hosts = self.hosts.iter();
        serde_json::to_vec(&File {
            devices: self.worth_keeping(),
            hosts: hosts
                .map(|(host, entry)| (host.to_string(), entry.clone()))
                .collect(),
        })
    }

    /// The addresses that a person entered for this device.
    pub(super) fn hosts_of<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a ManualHost> {
        let of_device = move |(_, entry): &(_, &HostEntry)| entry.device.as_deref() == Some(id);
        self.hosts.iter().filter(of_device).map(|(host, _)| host)
    }

    /// The devices that are written down: those that are used or were entered go first, then those seen last.
    fn worth_keeping(&self) -> BTreeMap<String, Entry> {
        let mut order: Vec<(&String, &Entry)> = self.devices.iter().collect();
        order.sort_by_key(|(id, entry)| {
            let entered = self.hosts_of(id).next().is_some();
            Reverse((entered, entry.used, entry.last_seen))
        });
        let kept = order.into_iter().take(MAX_REMEMBERED);
        kept.map(|(id, entry)| (id.clone(), entry.clone()))
            .collect()
    }
}

/// Seconds since 1970.
pub(super) fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// The time of so many seconds since 1970; `None` beyond what the system can tell.
pub(super) fn time(seconds: u64) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests;
