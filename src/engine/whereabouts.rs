// SPDX-License-Identifier: GPL-3.0-or-later
//! Where a device is while a cast to it runs: the list of devices in, its addresses as they change out.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::discovery::{Device, Endpoint, PROVISIONAL};
use crate::session::whereabouts::Whereabouts;

/// Follows the device with this id, or that was announced at one of these addresses, for as long as the session asks.
pub(super) fn of(
    runtime: &Handle,
    list: watch::Receiver<Arc<[Device]>>,
    network: watch::Receiver<u64>,
    (id, addresses): (String, Vec<SocketAddr>),
) -> Whereabouts {
    let (tell, told) = watch::channel(Vec::new());
    let mut sought = Sought { id, addresses };
    let mut list = list;
    runtime.spawn(async move {
        loop {
            let now = sought.find(&list.borrow_and_update());
            // A device that is not announced any more is where it was, for all that is known.
            if let Some(now) = now {
                tell.send_if_modified(|before| {
                    let differs = *before != now;
                    *before = now;
                    differs
                });
            }
            tokio::select! {
                changed = list.changed() => if changed.is_err() { return },
                () = tell.closed() => return,
            }
        }
    });
    Whereabouts::new(told, network)
}

/// A device as it is recognised.
#[derive(Debug)]
struct Sought {
    id: String,
    addresses: Vec<SocketAddr>,
}

impl Sought {
    /// Where it is announced. One that was entered by its address is recognised by that, and from then on by its id.
    fn find(&mut self, list: &[Device]) -> Option<Vec<SocketAddr>> {
        let at = |device: &Device| -> Vec<SocketAddr> {
            let endpoints = device.endpoints.iter();
            endpoints.map(Endpoint::socket_addr).collect()
        };
        let announced = || list.iter().filter(|device| !device.is_provisional());
        if self.id.starts_with(PROVISIONAL) {
            let there = announced().find(|device| {
                let at = at(device);
                at.iter().any(|address| self.addresses.contains(address))
            });
            self.id.clone_from(&there?.id);
        }
        let device = announced().find(|device| device.id == self.id)?;
        Some(at(device)).filter(|at| !at.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn device(id: &str, address: &str) -> Device {
        let address: SocketAddr = address.parse().unwrap();
        let now = Instant::now();
        Device::unannounced(id.to_owned(), "TV".to_owned(), vec![address.into()], now)
    }

    #[tokio::test]
    async fn a_device_is_followed_to_its_new_address() {
        let first = device("a", "192.0.2.1:8009");
        let other = device("b", "192.0.2.9:8009");
        let list = watch::Sender::new(Arc::from([first, other.clone()]));
        let (_network, changes) = watch::channel(0);
        let known = vec!["192.0.2.1:8009".parse().unwrap()];
        // By its id, and by the address that somebody entered.
        for id in ["a", "manual:192.0.2.1"] {
            let mut whereabouts = of(
                &Handle::current(),
                list.subscribe(),
                changes.clone(),
                (id.to_owned(), known.clone()),
            );
            let follow = async |whereabouts: &mut Whereabouts, expected: &str| {
                let expected: SocketAddr = expected.parse().unwrap();
                while whereabouts.announced() != [expected] {
                    whereabouts.changed().await;
                }
            };
            let seconds = Duration::from_secs(10);
            let at_first = follow(&mut whereabouts, "192.0.2.1:8009");
            tokio::time::timeout(seconds, at_first).await.expect(id);
            // Nowhere for a moment, as while it restarts, and then elsewhere; the other one has its address now.
            list.send_replace(Arc::from([other.clone()]));
            let moved = device("a", "192.0.2.2:9000");
            let heir = device("b", "192.0.2.1:8009");
            list.send_replace(Arc::from([moved, heir]));
            let then = follow(&mut whereabouts, "192.0.2.2:9000");
            tokio::time::timeout(seconds, then).await.expect(id);
            list.send_replace(Arc::from([device("a", "192.0.2.1:8009")]));
        }
    }
}
