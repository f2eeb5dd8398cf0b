// SPDX-License-Identifier: GPL-3.0-or-later
//! `Listing`: the devices that front ends show: those that are there, and those that are remembered. Discovery's list, the
//! [`Memory`] and the time in; [`ListedDevice`]s out. Reads no clock, opens no file, no socket.
//!
//! A device that vanishes stays in the list, as one that is not available. One that was never used leaves it after
//! [`GRACE`]: neighbours' and hotels' devices do not pile up.

mod forget;
mod listed;

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::time::{Duration, Instant, SystemTime};

pub use self::forget::Forgotten;
pub use self::listed::ListedDevice;
use super::remembered::{
    Entry, HostEntry, Introduction, MAX_HOSTS, MAX_REMEMBERED, Memory, seconds,
};
use crate::discovery::{Capabilities, Device, Endpoint, MAX_DEVICES, ManualHost};

/// How long a device that was never used stays listed while it is away. Longer than a TV or a router takes to start.
pub const GRACE: Duration = Duration::from_secs(90);
/// Devices that are listed at most, those that are away included.
const MAX_LISTED: usize = MAX_DEVICES + MAX_REMEMBERED;
/// Devices that are asked beside mDNS because they were there before.
const MAX_HINTS: usize = 64;
/// The time at which a device was seen is written down anew when it is this much older than the truth.
const SEEN_AGAIN: u64 = 600;

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
            let entered = self.memory.hosts.get(host);
            let known = entered.and_then(|entry| {
                let id = entry.device.as_ref()?;
                Some((id, self.memory.devices.get(id)?))
            });
            let introduced = entered.and_then(|entry| entry.introduced.as_ref());
            let device = match (known, introduced) {
                (Some((id, entry)), _) => Device {
                    id: id.clone(),
                    name: entry.name.clone(),
                    model: entry.model.clone(),
                    kind: entry.kind(),
                    capabilities: Capabilities(entry.capabilities),
                    ..device.clone()
                },
                (None, Some(itself)) => Device {
                    name: itself.name.clone(),
                    model: itself.model.clone(),
                    kind: itself.kind(),
                    capabilities: Capabilities(itself.capabilities),
                    ..device.clone()
                },
                (None, None) => device.clone(),
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

    /// What was cast to under this id, a person's address, says what it is.
    pub(super) fn introduce(&mut self, id: &str, itself: Introduction) {
        let mut hosts = self.memory.hosts.iter_mut();
        let Some((_, entry)) = hosts.find(|(host, _)| host.id() == id) else {
            return;
        };
        if entry.introduced.as_ref() != Some(&itself) {
            entry.introduced = Some(itself);
            self.unsaved = true;
            self.list_silent();
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
}

#[cfg(test)]
mod tests;
