// SPDX-License-Identifier: GPL-3.0-or-later
//! Devices that are forgotten, and had back.

use std::time::{Instant, SystemTime};

use super::Listing;
use crate::discovery::ManualHost;
use crate::engine::remembered::{Entry, HostEntry, time};

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
    pub(in crate::engine) fn hosts(&self) -> impl Iterator<Item = &ManualHost> {
        self.hosts.iter().map(|(host, _)| host)
    }
}

impl Listing {
    /// Forgets a device that is listed: its addresses, and all that is remembered of it.
    pub(in crate::engine) fn forget(&mut self, id: &str) -> Option<Forgotten> {
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
    pub(in crate::engine) fn restore(&mut self, forgotten: Forgotten, now: Instant) {
        if let Some((id, entry)) = forgotten.device {
            if self.here(&id).is_none() {
                self.away.insert(id.clone(), now);
            }
            self.memory.devices.insert(id, entry);
        }
        self.memory.hosts.extend(forgotten.hosts);
        self.unsaved = true;
    }
}
