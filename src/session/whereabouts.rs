// SPDX-License-Identifier: GPL-3.0-or-later
//! What is learned about the way to the device while a session runs: addresses that are announced, changes of this
//! computer's network. Who learns it is the embedder; a session without such news works by its own clock.

use std::net::SocketAddr;

use tokio::sync::watch;

/// News for one session; the newest counts.
#[derive(Debug, Clone, Default)]
pub struct Whereabouts {
    addresses: Option<watch::Receiver<Vec<SocketAddr>>>,
    network: Option<watch::Receiver<u64>>,
}

impl Whereabouts {
    /// `addresses`: where the device announces its control port now, best first, empty while it announces nothing;
    /// `network`: counts the changes of this computer's interfaces and addresses.
    pub fn new(
        addresses: watch::Receiver<Vec<SocketAddr>>,
        network: watch::Receiver<u64>,
    ) -> Whereabouts {
        Whereabouts {
            addresses: Some(addresses),
            network: Some(network),
        }
    }

    /// Where it is announced now.
    pub fn announced(&self) -> Vec<SocketAddr> {
        let addresses = self.addresses.as_ref();
        addresses.map_or_else(Vec::new, |addresses| addresses.borrow().clone())
    }

    /// Waits for news; for ever when nobody tells any. Safe to be cancelled.
    pub async fn changed(&mut self) {
        let addresses_over = tokio::select! {
            over = changed(&mut self.addresses) => over.then_some(true),
            over = changed(&mut self.network) => over.then_some(false),
        };
        match addresses_over {
            None => {}
            // Whoever told them is gone.
            Some(true) => self.addresses = None,
            Some(false) => self.network = None,
        }
    }
}

/// `true` when there will be no more news.
async fn changed<T>(source: &mut Option<watch::Receiver<T>>) -> bool {
    match source {
        Some(source) => source.changed().await.is_err(),
        None => std::future::pending().await,
    }
}
