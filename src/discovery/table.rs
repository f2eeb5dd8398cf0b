// SPDX-License-Identifier: GPL-3.0-or-later
//! The table of devices, sans-IO. Input: announcements, goodbyes, manual hosts and the time; output: the list and its
//! changes. Opens no socket, reads no clock.
//!
//! Devices are keyed by `id`. Each has a set of sources (SRV records): a group whose leader moves is announced under two
//! names for a while, and stays one device. The source that spoke last comes first.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::announcement::Announcement;
use super::device::{Device, DeviceEvent, Endpoint};
use super::manual::ManualHost;

mod source;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;

use source::Source;

/// Devices that are kept, with the hosts that a person entered. When a flood fills the list, those that are known already
/// stay.
pub const MAX_DEVICES: usize = 512;
/// Instances that are kept: devices have one each, groups two for a moment.
const MAX_SOURCES: usize = 1024;
/// Hosts that a person may enter.
const MAX_MANUAL: usize = 64;
/// How long a device that said goodbye is still shown; one that comes back within it was never away. The mDNS library
/// has already waited one second by then, as RFC 6762 section 10.1 demands.
const GOODBYE_GRACE: Duration = Duration::from_secs(1);

/// The table. After each input, drain [`Table::poll`], and call [`Table::tick`] at [`Table::deadline`].
#[derive(Debug, Default)]
pub struct Table {
    sources: HashMap<String, Source>,
    manual: BTreeMap<ManualHost, Manual>,
    devices: Arc<[Device]>,
    events: VecDeque<DeviceEvent>,
    /// Grows with each announcement: tells which source spoke last.
    clock: u64,
    dirty: bool,
}

/// A host that a person entered.
#[derive(Debug)]
struct Manual {
    endpoints: Vec<Endpoint>,
    since: Instant,
}

impl Table {
    /// An empty table.
    pub fn new() -> Table {
        Table::default()
    }

    /// An instance was heard, or its records changed.
    pub fn announce(&mut self, now: Instant, announcement: Announcement) {
        let key = announcement.instance.to_lowercase();
        self.clock += 1;
        let clock = self.clock;
        if let Some(source) = self.sources.get_mut(&key) {
            source.update(now, clock, announcement);
        } else if self.sources.len() < MAX_SOURCES {
            self.sources
                .insert(key, Source::new(now, clock, announcement));
        }
        self.dirty = true;
    }

    /// An instance was heard of in another way than by mDNS. It counts for so long, unless mDNS announces it by then, and
    /// changes nothing when mDNS has announced it already.
    pub fn hear_of(&mut self, now: Instant, announcement: Announcement, lasts: Duration) {
        let key = announcement.instance.to_lowercase();
        let is_announced = |source: &Source| source.gone_at.is_none();
        if self.sources.get(&key).is_some_and(is_announced) {
            return;
        }
        self.announce(now, announcement);
        if let Some(source) = self.sources.get_mut(&key) {
            source.gone_at = Some(now + lasts);
        }
    }

    /// An instance said goodbye, or its records ran out. It stays for a moment of grace.
    pub fn withdraw(&mut self, now: Instant, instance: &str) {
        if let Some(source) = self.sources.get_mut(&instance.to_lowercase()) {
            source.gone_at.get_or_insert(now + GOODBYE_GRACE);
            // Its addresses now come after those of other sources of the device.
            self.dirty = true;
        }
    }

    /// Nothing that is known is certain any longer (the listener had to be restarted): what is not announced again
    /// within `grace` is dropped.
    pub fn doubt_everything(&mut self, now: Instant, grace: Duration) {
        for source in self.sources.values_mut() {
            source.gone_at.get_or_insert(now + grace);
        }
    }

    /// A person entered a host. Its addresses follow by [`Table::host_resolved`].
    ///
    /// Returns `false` when there are too many already.
    pub fn add_host(&mut self, now: Instant, host: ManualHost) -> bool {
        if self.manual.len() >= MAX_MANUAL && !self.manual.contains_key(&host) {
            return false;
        }
        self.manual.entry(host).or_insert(Manual {
            endpoints: Vec::new(),
            since: now,
        });
        self.dirty = true;
        true
    }

    /// The host that a person entered is to be forgotten.
    pub fn remove_host(&mut self, host: &ManualHost) {
        self.dirty |= self.manual.remove(host).is_some();
    }

    /// The addresses of a manual host, as they are now. An empty list changes nothing: a name that cannot be looked up
    /// at the moment does not invalidate what it meant before.
    pub fn host_resolved(&mut self, host: &ManualHost, mut endpoints: Vec<Endpoint>) {
        endpoints.retain(|endpoint| endpoint.port != 0 && endpoint.rank().is_some());
        endpoints.sort_by_key(Endpoint::rank);
        endpoints.truncate(source::MAX_ADDRESSES);
        if let Some(manual) = self
            .manual
            .get_mut(host)
            .filter(|manual| !endpoints.is_empty() && manual.endpoints != endpoints)
        {
            manual.endpoints = endpoints;
            self.dirty = true;
        }
    }

    /// The time has come to forget what is over.
    pub fn tick(&mut self, now: Instant) {
        let before = self.sources.len();
        self.sources
            .retain(|_, source| source.gone_at.is_none_or(|at| at > now));
        self.dirty |= self.sources.len() != before;
        for source in self.sources.values_mut() {
            self.dirty |= source.forget_old_addresses(now);
        }
    }

    /// When [`Table::tick`] wants to be called next.
    pub fn deadline(&self) -> Option<Instant> {
        self.sources.values().filter_map(Source::deadline).min()
    }

    /// The next change of the list. Brings the list up to date first.
    pub fn poll(&mut self) -> Option<DeviceEvent> {
        if self.dirty {
            self.dirty = false;
            self.publish();
        }
        self.events.pop_front()
    }

    /// The devices, sorted by name, then id. Up to date once [`Table::poll`] has returned `None`.
    pub fn devices(&self) -> Arc<[Device]> {
        self.devices.clone()
    }

    /// Makes the list anew and notes what changed.
    fn publish(&mut self) {
        let mut devices = self.announced();
        self.merge_manual(&mut devices);
        let mut devices: Vec<Device> = devices.into_values().collect();
        devices.sort_by(|a, b| (a.name.to_lowercase(), &a.id).cmp(&(b.name.to_lowercase(), &b.id)));

        let old: HashMap<&str, &Device> = self
            .devices
            .iter()
            .map(|device| (device.id.as_str(), device))
            .collect();
        for device in &devices {
            match old.get(device.id.as_str()) {
                None => self.events.push_back(DeviceEvent::Added(device.clone())),
                Some(old) if looks_different(old, device) => {
                    self.events.push_back(DeviceEvent::Changed(device.clone()));
                }
                Some(_) => {}
            }
        }
        let kept: HashSet<&str> = devices.iter().map(|device| device.id.as_str()).collect();
        for device in self
            .devices
            .iter()
            .filter(|device| !kept.contains(device.id.as_str()))
        {
            self.events
                .push_back(DeviceEvent::Removed(device.id.clone()));
        }
        self.devices = devices.into();
    }

    /// One device for each announced id; what people entered has its place in [`MAX_DEVICES`].
    fn announced(&self) -> BTreeMap<String, Device> {
        let mut by_id: BTreeMap<&str, Vec<&Source>> = BTreeMap::new();
        for source in self.sources.values() {
            if let Some(txt) = &source.txt {
                by_id.entry(&txt.id).or_default().push(source);
            }
        }
        let room = MAX_DEVICES - self.manual.len().min(MAX_MANUAL);
        if by_id.len() > room {
            // Those that are shown already stay; of the others, the ones that were there first.
            let shown: HashSet<&str> = self
                .devices
                .iter()
                .map(|device| device.id.as_str())
                .collect();
            let mut order: Vec<(bool, u64, &str)> = by_id
                .iter()
                .map(|(id, sources)| {
                    let first = sources
                        .iter()
                        .map(|source| source.first_heard)
                        .min()
                        .unwrap_or(u64::MAX);
                    (!shown.contains(id), first, *id)
                })
                .collect();
            order.sort_unstable();
            for (_, _, id) in &order[room..] {
                by_id.remove(id);
            }
        }
        by_id
            .into_iter()
            .filter_map(|(id, sources)| Some((id.to_owned(), source::device(sources)?)))
            .collect()
    }

    /// Adds the hosts that people entered: to the device that they turned out to be, else as devices of their own.
    fn merge_manual(&self, devices: &mut BTreeMap<String, Device>) {
        for (host, manual) in &self.manual {
            let same = |device: &Device| {
                device.endpoints.iter().any(|a| {
                    manual
                        .endpoints
                        .iter()
                        .any(|b| (a.ip, a.port) == (b.ip, b.port))
                })
            };
            if let Some(device) = devices.values_mut().find(|device| same(device)) {
                device.hosts.push(host.clone());
                for endpoint in &manual.endpoints {
                    if !device
                        .endpoints
                        .iter()
                        .any(|a| (a.ip, a.port) == (endpoint.ip, endpoint.port))
                    {
                        device.endpoints.push(endpoint.clone());
                    }
                }
                continue;
            }
            let id = host.id();
            let endpoints = manual.endpoints.clone();
            let unannounced =
                Device::unannounced(id.clone(), host.to_string(), endpoints, manual.since);
            let device = Device {
                hosts: vec![host.clone()],
                ..unannounced
            };
            devices.insert(id, device);
        }
    }
}

/// Whether a person or a session could tell the difference.
fn looks_different(a: &Device, b: &Device) -> bool {
    *a != Device {
        last_seen: a.last_seen,
        ..b.clone()
    }
}
