// SPDX-License-Identifier: GPL-3.0-or-later
//! `Source`: one service instance in the table, with every address it ever announced and its age.

use std::cmp::Reverse;
use std::time::{Duration, Instant};

use super::super::announcement::{Announcement, TxtFields};
use super::super::device::{Device, Endpoint};

/// Addresses that are kept of one source. A host with several interfaces has a handful.
pub(super) const MAX_ADDRESSES: usize = 16;
/// How long an address that is no longer announced is still tried, after the others of its kind: after a resume a device
/// announces its addresses one by one, minutes apart.
const ADDRESS_RETENTION: Duration = Duration::from_mins(10);

/// One service instance.
#[derive(Debug)]
pub(super) struct Source {
    /// The newest usable TXT record. `None` until one has come.
    pub(super) txt: Option<TxtFields>,
    /// When it is to be forgotten, if it said goodbye.
    pub(super) gone_at: Option<Instant>,
    /// The order of first announcements.
    pub(super) first_heard: u64,
    addresses: Vec<Address>,
    last_heard: u64,
    last_seen: Instant,
}

/// An address of a source.
#[derive(Debug)]
struct Address {
    endpoint: Endpoint,
    /// `None` while it is announced, else when it was announced last.
    dropped: Option<Instant>,
}

impl Source {
    pub(super) fn new(now: Instant, clock: u64, announcement: Announcement) -> Source {
        let mut source = Source {
            txt: None,
            gone_at: None,
            first_heard: clock,
            addresses: Vec::new(),
            last_heard: clock,
            last_seen: now,
        };
        source.update(now, clock, announcement);
        source
    }

    pub(super) fn update(&mut self, now: Instant, clock: u64, announcement: Announcement) {
        self.gone_at = None;
        self.last_heard = clock;
        self.last_seen = now;
        if announcement.txt.is_some() {
            self.txt = announcement.txt;
        }
        let announced: Vec<Endpoint> = announcement
            .endpoints
            .into_iter()
            .filter(|endpoint| endpoint.port != 0 && endpoint.rank().is_some())
            .collect();
        if let Some(port) = announced.first().map(|endpoint| endpoint.port) {
            // One SRV record, one port: what was known under an older port is of no use.
            self.addresses
                .retain(|address| address.endpoint.port == port);
        }
        for address in &mut self.addresses {
            if !announced.contains(&address.endpoint) {
                address.dropped.get_or_insert(now);
            }
        }
        for endpoint in announced {
            match self
                .addresses
                .iter_mut()
                .find(|address| address.endpoint == endpoint)
            {
                Some(address) => address.dropped = None,
                None => self.addresses.push(Address {
                    endpoint,
                    dropped: None,
                }),
            }
        }
        self.addresses.sort_by_key(Address::order);
        self.addresses.truncate(MAX_ADDRESSES);
    }

    /// Drops addresses that were not announced for long. Says whether there were any.
    pub(super) fn forget_old_addresses(&mut self, now: Instant) -> bool {
        let before = self.addresses.len();
        self.addresses.retain(|address| {
            address
                .dropped
                .is_none_or(|at| now < at + ADDRESS_RETENTION)
        });
        self.addresses.len() != before
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        let address = self
            .addresses
            .iter()
            .filter_map(|address| address.dropped)
            .min()
            .map(|at| at + ADDRESS_RETENTION);
        self.gone_at.into_iter().chain(address).min()
    }
}

impl Address {
    /// Routable before link-local, announced before dropped, then by kind. So a working address is never displaced by a
    /// link-local one only because it was not repeated.
    fn order(&self) -> (bool, bool, u8) {
        let rank = self.endpoint.rank().unwrap_or(u8::MAX);
        (rank >= 3, self.dropped.is_some(), rank)
    }
}

/// The device that these sources announce; the one that spoke last gives name and state. `None` without sources.
pub(super) fn device(mut sources: Vec<&Source>) -> Option<Device> {
    // Those that said goodbye come last, whenever that was.
    sources.sort_by_key(|source| (source.gone_at.is_some(), Reverse(source.last_heard)));
    let newest = sources.first()?;
    let txt = newest.txt.as_ref()?;
    let mut endpoints: Vec<Endpoint> = Vec::new();
    for address in sources.iter().flat_map(|source| &source.addresses) {
        if !endpoints.contains(&address.endpoint) && endpoints.len() < 2 * MAX_ADDRESSES {
            endpoints.push(address.endpoint.clone());
        }
    }
    Some(Device {
        id: txt.id.clone(),
        name: txt.name.clone(),
        model: txt.model.clone(),
        kind: txt.capabilities.kind(&txt.model),
        capabilities: txt.capabilities,
        endpoints,
        status: txt.status.clone(),
        busy: txt.busy,
        hosts: Vec::new(),
        last_seen: newest.last_seen,
    })
}
