// SPDX-License-Identifier: GPL-3.0-or-later
//! What kind of network leads to the device: a local address in, [`Link`] out. Reads what the kernel shows of its
//! interfaces; never asks the network.

use std::net::IpAddr;
use std::path::Path;

use serde::Serialize;

/// Where the kernel shows its interfaces.
const INTERFACES: &str = "/sys/class/net";

/// `ARPHRD_ETHER` of `linux/if_arp.h`.
const ETHERNET: &str = "1";

/// The first hop to the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Link {
    /// A wireless network card.
    Wifi,
    /// An Ethernet card.
    Cable,
    /// This computer itself, a tunnel, a bridge.
    Other,
}

impl Link {
    /// The link of the interface that has this address; `None` when no interface has it.
    pub(super) fn of(local: IpAddr) -> Option<Link> {
        let interfaces = if_addrs::get_if_addrs().unwrap_or_else(|error| {
            tracing::debug!(%error, "the network interfaces");
            Vec::new()
        });
        let interface = interfaces.into_iter().find(|one| one.ip() == local)?;
        Some(Link::of_interface(Path::new(INTERFACES), &interface.name))
    }

    fn of_interface(interfaces: &Path, name: &str) -> Link {
        let shown = interfaces.join(name);
        let kind = std::fs::read_to_string(shown.join("type")).unwrap_or_default();
        // Without hardware behind it, it is a bridge, a tunnel or a pair of virtual ends.
        if shown.join("phy80211").exists() || shown.join("wireless").exists() {
            Link::Wifi
        } else if kind.trim() == ETHERNET && shown.join("device").exists() {
            Link::Cable
        } else {
            Link::Other
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_loopback_interface_is_neither_wifi_nor_cable() {
        assert_eq!(Link::of("127.0.0.1".parse().unwrap()), Some(Link::Other));
        assert_eq!(Link::of("192.0.2.77".parse().unwrap()), None);
    }

    #[test]
    fn wireless_cards_network_cards_and_bridges_are_told_apart() {
        let root = std::env::temp_dir().join(format!("telecast-link-{}", std::process::id()));
        for (name, kind, parts) in [
            ("wlan0", "1\n", ["device", "phy80211"].as_slice()),
            ("eth0", "1\n", &["device"]),
            ("br0", "1\n", &[]),
            ("tun0", "65534\n", &["device"]),
        ] {
            for part in parts {
                fs::create_dir_all(root.join(name).join(part)).unwrap();
            }
            fs::create_dir_all(root.join(name)).unwrap();
            fs::write(root.join(name).join("type"), kind).unwrap();
        }
        let link = |name| Link::of_interface(&root, name);
        let found = ["wlan0", "eth0", "br0", "tun0", "gone"].map(link);
        fs::remove_dir_all(&root).unwrap();
        let expected = [
            Link::Wifi,
            Link::Cable,
            Link::Other,
            Link::Other,
            Link::Other,
        ];
        assert_eq!(found, expected);
    }
}
