// SPDX-License-Identifier: GPL-3.0-or-later
//! `Listing`: the devices that front ends show: those that are there, and those that are remembered. Discovery's list, the
//! [`Memory`] and the time in; [`ListedDevice`]s out. Reads no clock, opens no file, no socket.
//!
//! A device that vanishes stays in the list, as one that is not available. One that was never used leaves it after
//! [`GRACE`]: neighbours' and hotels' devices do not pile up.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::time::{Duration, Instant, SystemTime};

use super::remembered::{Entry, HostEntry, MAX_HOSTS, MAX_REMEMBERED, Memory, seconds, time};
use crate::discovery::{Capabilities, Device, DeviceKind, Endpoint, MAX_DEVICES, ManualHost};
use crate::engine::{Remembered, TrustedDevices};

/// How long a device that was never used stays listed while it is away. Longer than a TV or a router takes to start.
pub const GRACE: Duration = Duration::from_secs(90);
/// Devices that are listed at most, those that are away included.
const MAX_LISTED: usize = MAX_DEVICES + MAX_REMEMBERED;
/// Devices that are asked beside mDNS because they were there before.
const MAX_HINTS: usize = 64;
/// The time at which a device was seen is written down anew when it is this much older than the truth.
const SEEN_AGAIN: u64 = 600;

/// A device, as lists show it: there, or remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedDevice {
    /// [`Device::id`]. An address that turns out to be a known device takes over that device's.
    pub id: String,
    /// Its name; of an address, the address.
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
            id.strip_prefix("manual:")
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

/// What was forgotten, for those who think better of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forgotten {
    /// What it was called.
    pub name: String,
    device: Option<(String, Entry)>,
    hosts: Vec<(ManualHost, HostEntry)>,
}

impl Forgotten {
    /// The addresses that were forgotten with it.
    pub(super) fn hosts(&self) -> impl Iterator<Item = &ManualHost> {
        self.hosts.iter().map(|(host, _)| host)
    }
}

/// The list and what it is made of.
#[derive(Debug)]
pub(super) struct Listing {
    memory: Memory,
    /// What announces itself now, by id.
    announced: BTreeMap<String, Device>,
    /// Hosts that a person entered and of which nothing was announced.
    silent: HashMap<ManualHost, Device>,
    /// Those of them that are there, by the id under which they are listed.
    entered: BTreeMap<String, Device>,
    /// Whether such a host takes connections; none before that is known.
    reached: HashMap<ManualHost, bool>,
    /// Since when remembered devices are awaited.
    away: HashMap<String, Instant>,
    unsaved: bool,
}

impl Listing {
    /// A list in which all that is remembered is away, from `now` on.
    pub(super) fn new(memory: Memory, now: Instant) -> Listing {
        let away = memory.devices.keys().map(|id| (id.clone(), now)).collect();
        Listing {
            memory,
            announced: BTreeMap::new(),
            silent: HashMap::new(),
            entered: BTreeMap::new(),
            reached: HashMap::new(),
            away,
            unsaved: false,
        }
    }

    /// Where devices were before.
    pub(super) fn hints(&self) -> Vec<IpAddr> {
        let known = self.memory.devices.values();
        let addresses =
            known.flat_map(|entry| entry.addresses.iter().map(std::net::SocketAddr::ip));
        let mut hints: Vec<IpAddr> = addresses.filter(|ip| !ip.is_loopback()).collect();
        hints.sort_unstable();
        hints.dedup();
        hints.truncate(MAX_HINTS);
        hints
    }

    /// The addresses that people entered.
    pub(super) fn hosts(&self) -> Vec<ManualHost> {
        self.memory.hosts.keys().cloned().collect()
    }

    /// Whether there is something to write down.
    pub(super) fn is_unsaved(&self) -> bool {
        self.unsaved
    }

    /// What is to be written down, if that has changed since the last call.
    pub(super) fn unsaved(&mut self) -> Option<Memory> {
        std::mem::take(&mut self.unsaved).then(|| self.memory.clone())
    }

    /// Takes over discovery's list.
    pub(super) fn update(&mut self, devices: &[Device], now: Instant, wall: SystemTime) {
        self.announced.clear();
        self.silent.clear();
        for device in devices {
            let provisional = device.hosts.first().filter(|host| host.id() == device.id);
            match provisional {
                None => self.announce(device, wall),
                Some(host) if self.memory.hosts.contains_key(host) => {
                    self.silent.insert(host.clone(), device.clone());
                }
                // Somebody is just looking for it.
                Some(_) => {}
            }
        }
        self.list_silent();
        self.note_away(now, wall);
    }

    fn here(&self, id: &str) -> Option<&Device> {
        self.announced.get(id).or_else(|| self.entered.get(id))
    }

    fn announce(&mut self, device: &Device, wall: SystemTime) {
        if let Some(entry) = self.memory.devices.get_mut(&device.id) {
            let before = entry.clone();
            entry.see(device, wall);
            self.unsaved |= before.differs(entry)
                || entry.last_seen.saturating_sub(before.last_seen) >= SEEN_AGAIN;
        } else if self.has_room() {
            let seen = Entry::of(device, wall);
            self.memory.devices.insert(device.id.clone(), seen);
            self.unsaved = true;
        } else {
            return;
        }
        for host in &device.hosts {
            if let Some(entry) = self.memory.hosts.get_mut(host) {
                self.unsaved |= entry.device.as_ref() != Some(&device.id);
                entry.device = Some(device.id.clone());
                entry.last_seen = Some(seconds(wall));
            }
        }
        self.announced.insert(device.id.clone(), device.clone());
    }

    /// Makes room for one more device, if one that is away may go for it.
    fn has_room(&mut self) -> bool {
        if self.memory.devices.len() < MAX_LISTED {
            return true;
        }
        let strangers = self.memory.devices.iter().filter(|(id, entry)| {
            entry.used.is_none() && self.here(id).is_none() && !self.was_entered(id)
        });
        let oldest = strangers
            .min_by_key(|(_, entry)| entry.last_seen)
            .map(|(id, _)| id.clone());
        let Some(oldest) = oldest else {
            return false;
        };
        self.away.remove(&oldest);
        self.memory.devices.remove(&oldest).is_some()
    }

    fn was_entered(&self, id: &str) -> bool {
        self.memory.hosts_of(id).next().is_some()
    }

    /// Lists the hosts of which nothing was announced, under the device that they were before.
    fn list_silent(&mut self) {
        self.entered.clear();
        for (host, device) in &self.silent {
            let works = self.reached.get(host).copied().unwrap_or(true);
            if !works || device.endpoints.is_empty() {
                continue;
            }
            let known = self.memory.hosts.get(host).and_then(|entry| {
                let id = entry.device.as_ref()?;
                Some((id, self.memory.devices.get(id)?))
            });
            let device = match known {
                Some((id, entry)) => Device {
                    id: id.clone(),
                    name: entry.name.clone(),
                    model: entry.model.clone(),
                    kind: entry.kind(),
                    capabilities: Capabilities(entry.capabilities),
                    ..device.clone()
                },
                None => device.clone(),
            };
            self.entered.insert(device.id.clone(), device);
        }
    }

    fn note_away(&mut self, now: Instant, wall: SystemTime) {
        for (id, entry) in &mut self.memory.devices {
            if self.announced.contains_key(id) || self.entered.contains_key(id) {
                self.away.remove(id);
            } else if !self.away.contains_key(id) {
                self.away.insert(id.clone(), now);
                entry.last_seen = seconds(wall);
                self.unsaved = true;
            }
        }
    }

    /// Hosts of which nothing was announced: whether they are there can only be tried.
    pub(super) fn to_try(&self) -> Vec<(ManualHost, Vec<Endpoint>)> {
        let tried = self.silent.iter();
        tried
            .filter(|(_, device)| !device.endpoints.is_empty())
            .map(|(host, device)| (host.clone(), device.endpoints.clone()))
            .collect()
    }

    /// Whether such a host takes connections.
    pub(super) fn tried(&mut self, host: &ManualHost, works: bool, now: Instant, wall: SystemTime) {
        let Some(entry) = self.memory.hosts.get_mut(host) else {
            return;
        };
        if works {
            let before = entry.last_seen.replace(seconds(wall)).unwrap_or(0);
            self.unsaved |= seconds(wall).saturating_sub(before) >= SEEN_AGAIN;
        }
        if self.reached.insert(host.clone(), works) == Some(works) {
            return;
        }
        self.list_silent();
        self.note_away(now, wall);
    }

    /// Forgets what was away for too long and never used.
    pub(super) fn tick(&mut self, now: Instant) {
        for id in self.strangers() {
            if self
                .away
                .get(&id)
                .is_some_and(|since| *since + GRACE <= now)
            {
                self.away.remove(&id);
                self.memory.devices.remove(&id);
                self.unsaved = true;
            }
        }
    }

    /// When [`Listing::tick`] wants to be called next.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let strangers = self.strangers().into_iter();
        strangers
            .filter_map(|id| Some(*self.away.get(&id)? + GRACE))
            .min()
    }

    /// The devices that are away and were never used.
    fn strangers(&self) -> Vec<String> {
        let away = self.away.keys().filter(|id| {
            let entry = self.memory.devices.get(*id);
            entry.is_some_and(|entry| entry.used.is_none()) && !self.was_entered(id)
        });
        away.cloned().collect()
    }

    /// Something is cast to this device.
    pub(super) fn use_device(&mut self, id: &str, wall: SystemTime) {
        if let Some(entry) = self.memory.devices.get_mut(id) {
            entry.used = Some(seconds(wall));
            self.unsaved = true;
        }
    }

    /// A person entered an address. `false` when there are too many already.
    pub(super) fn add_host(&mut self, host: &ManualHost) -> bool {
        if !self.memory.hosts.contains_key(host) {
            if self.memory.hosts.len() >= MAX_HOSTS {
                return false;
            }
            self.memory.hosts.insert(host.clone(), HostEntry::default());
            self.unsaved = true;
        }
        true
    }

    /// Forgets a device that is listed: its addresses, and all that is remembered of it.
    pub(super) fn forget(&mut self, id: &str) -> Option<Forgotten> {
        let listed = self.devices().into_iter().find(|device| device.id == id)?;
        let belongs = |host: &ManualHost, entry: &HostEntry| {
            entry.device.as_deref() == Some(id) || host.id() == id
        };
        let hosts: Vec<(ManualHost, HostEntry)> = self
            .memory
            .hosts
            .extract_if(.., |host, entry| belongs(host, entry))
            .collect();
        for (host, _) in &hosts {
            self.silent.remove(host);
            self.reached.remove(host);
        }
        let device = self.memory.devices.remove_entry(id);
        // What announces itself is listed all the same.
        self.list_silent();
        match self.announced.get(id) {
            Some(here) => {
                let seen = device.as_ref().map_or(0, |(_, entry)| entry.last_seen);
                let now = time(seen).unwrap_or(SystemTime::UNIX_EPOCH);
                self.memory
                    .devices
                    .insert(id.to_owned(), Entry::of(here, now));
            }
            None => {
                self.away.remove(id);
            }
        }
        self.unsaved = true;
        Some(Forgotten {
            name: listed.name,
            device,
            hosts,
        })
    }

    /// Takes back [`Listing::forget`].
    pub(super) fn restore(&mut self, forgotten: Forgotten, now: Instant) {
        if let Some((id, entry)) = forgotten.device {
            if self.here(&id).is_none() {
                self.away.insert(id.clone(), now);
            }
            self.memory.devices.insert(id, entry);
        }
        self.memory.hosts.extend(forgotten.hosts);
        self.unsaved = true;
    }

    /// The list, in no particular order.
    pub(super) fn devices(&self) -> Vec<ListedDevice> {
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
        ListedDevice {
            name: host.to_string(),
            model: String::new(),
            kind: Capabilities::default().kind(""),
            capabilities: Capabilities::default(),
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

#[cfg(test)]
mod tests;
