// SPDX-License-Identifier: GPL-3.0-or-later
//! `Mdns`: the mDNS library's daemon (a thread of its own), set up as both halves of this room need it.

use std::time::Duration;

use mdns_sd::{DaemonStatus, IfKind, ServiceDaemon};

/// Records in the library's cache at which the daemon is replaced: its cache has no bound, and 512 devices with all
/// their records are some 4 000.
const MAX_CACHED: i64 = 20_000;
/// How long the daemon's thread may take to answer or to end.
const ANSWER: Duration = Duration::from_secs(2);

/// A running daemon.
pub(super) struct Mdns {
    pub(super) daemon: ServiceDaemon,
    looked: bool,
}

impl Mdns {
    /// Starts the daemon on all interfaces, or on the one that is named.
    pub(super) fn start(interface: Option<&str>) -> Result<Mdns, mdns_sd::Error> {
        let daemon = ServiceDaemon::new()?;
        // Its own way is to poll every 5 s; netlink tells at once.
        daemon.set_ip_check_interval(0)?;
        if let Some(name) = interface {
            daemon.disable_interface(IfKind::All)?;
            daemon.enable_interface(name)?;
        }
        Ok(Mdns {
            daemon,
            looked: false,
        })
    }

    /// Interfaces have changed: new ones are used from now on. Call [`Mdns::settle`] about 1.5 s later.
    ///
    /// The library has no call for it. Of its options, the one for Apple's peer-to-peer interfaces, which Linux does not
    /// have, reads the list of interfaces at once when it changes, and adds what is new; what is gone is found by the
    /// periodic check, so one is let happen.
    pub(super) fn look_again(&mut self) -> Result<(), mdns_sd::Error> {
        self.looked = !self.looked;
        self.daemon.include_apple_p2p(self.looked)?;
        self.daemon.set_ip_check_interval(1)
    }

    /// Ends what [`Mdns::look_again`] began.
    pub(super) fn settle(&self) -> Result<(), mdns_sd::Error> {
        self.daemon.set_ip_check_interval(0)
    }

    /// Whether strangers have filled the cache so far that the daemon is better replaced.
    pub(super) async fn is_overfull(&self) -> bool {
        let Ok(answer) = self.daemon.get_metrics() else {
            return true;
        };
        match tokio::time::timeout(ANSWER, answer.recv_async()).await {
            Ok(Ok(metrics)) => {
                let cached: i64 = metrics
                    .iter()
                    .filter(|(name, _)| name.starts_with("cached-"))
                    .map(|(_, count)| *count)
                    .sum();
                cached > MAX_CACHED
            }
            _ => true,
        }
    }

    /// Says goodbye for all that is registered, and ends the thread.
    pub(super) async fn stop(self) {
        for _ in 0..10 {
            match self.daemon.shutdown() {
                // The queue of commands is full; the thread is working on it.
                Err(mdns_sd::Error::Again) => tokio::time::sleep(Duration::from_millis(50)).await,
                Err(_) => return,
                Ok(status) => {
                    match tokio::time::timeout(ANSWER, status.recv_async()).await {
                        Ok(Ok(DaemonStatus::Shutdown)) => {}
                        other => tracing::warn!(?other, "the mDNS daemon did not confirm its end"),
                    }
                    return;
                }
            }
        }
    }
}
