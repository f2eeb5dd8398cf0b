// SPDX-License-Identifier: GPL-3.0-or-later
//! Two hosts with a cable between them (`build-aux/desktop/network`).

use std::process::Command;

use super::script;
use crate::skipping::can_make_namespaces;

/// Side `a` is 10.77.0.1, side `b` is 10.77.0.2.
pub struct Network {
    name: String,
}

impl Network {
    /// Makes both. `loss`: percent of the UDP packets that `b` loses. `None`, on record, when this process may not.
    #[track_caller]
    pub fn up(name: &str, loss: u32) -> Option<Self> {
        if !can_make_namespaces() {
            return None;
        }
        let network = Network {
            name: name.to_owned(),
        };
        let status = Command::new(script("network"))
            .args(["up", name, &loss.to_string()])
            .status()
            .unwrap();
        assert!(status.success(), "network up: {status}");
        Some(network)
    }

    /// Lets no multicast DNS through to and from `b`, as some routers do: nobody finds it by itself.
    pub fn block_discovery(&self) {
        let rules = "add table inet mdns; \
            add chain inet mdns in { type filter hook input priority 0; }; \
            add rule inet mdns in udp dport 5353 drop; \
            add chain inet mdns out { type filter hook output priority 0; }; \
            add rule inet mdns out udp dport 5353 drop";
        let status = Command::new("ip")
            .args(["netns", "exec", &self.b(), "nft", rules])
            .status()
            .unwrap();
        assert!(status.success(), "nft: {status}");
    }

    /// Pulls the cable out at `b`, or plugs it in again.
    pub fn plug(&self, plugged: bool) {
        let state = if plugged { "up" } else { "down" };
        let status = Command::new("ip")
            .args(["-n", &self.b(), "link", "set", "eth0", state])
            .status()
            .unwrap();
        assert!(status.success(), "ip link: {status}");
    }

    /// The namespace of the sender's host.
    pub fn a(&self) -> String {
        format!("{}-a", self.name)
    }

    /// The namespace of the receiver's host.
    pub fn b(&self) -> String {
        format!("{}-b", self.name)
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        match Command::new(script("network"))
            .args(["down", &self.name])
            .status()
        {
            Ok(status) if status.success() => {}
            other => eprintln!("network down {}: {other:?}", self.name),
        }
    }
}
