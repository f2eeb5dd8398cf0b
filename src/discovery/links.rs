// SPDX-License-Identifier: GPL-3.0-or-later
//! The network interfaces of this computer that have addresses, and what they are: what the kernel tells in
//! `/sys/class/net` in, [`Link`]s out.

use std::fs;
use std::net::IpAddr;
use std::path::Path;

/// Where the kernel describes network interfaces.
const SYS_CLASS_NET: &str = "/sys/class/net";
/// `ARPHRD_PPP` and `ARPHRD_NONE` of `linux/if_arp.h`: what carries packets and no frames is a tunnel.
const TUNNEL_TYPES: [&str; 2] = ["512", "65534"];

/// What a network interface is to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LinkKind {
    /// A cable.
    Wired,
    /// Wi-Fi.
    Wifi,
    /// A VPN, or another tunnel.
    Tunnel,
    /// A bridge, a container's end of a pair, and the like: inside this computer.
    Inside,
}

/// A network interface with at least one address, other than the loopback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its name, `wlan0` for example.
    pub interface: String,
    /// What it is.
    pub kind: LinkKind,
    /// Its addresses; link-local ones as well.
    pub addresses: Vec<IpAddr>,
}

/// The interfaces as they are now. Reads small files of the kernel.
pub fn links() -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    let all = if_addrs::get_if_addrs().unwrap_or_else(|error| {
        tracing::debug!(%error, "cannot list the network interfaces");
        Vec::new()
    });
    for one in all.into_iter().filter(|one| !one.is_loopback()) {
        let ip = one.ip();
        match links.iter_mut().find(|link| link.interface == one.name) {
            Some(link) => link.addresses.push(ip),
            None => links.push(Link {
                kind: kind(Path::new(SYS_CLASS_NET), &one.name),
                interface: one.name,
                addresses: vec![ip],
            }),
        }
    }
    links
}

/// What the kernel says of the interface called `name` in `folder`.
fn kind(folder: &Path, name: &str) -> LinkKind {
    let folder = folder.join(name);
    let has = |file: &str| folder.join(file).exists();
    let text = |file: &str| fs::read_to_string(folder.join(file)).unwrap_or_default();
    let uevent = text("uevent");
    let device_type = uevent
        .lines()
        .find_map(|line| line.strip_prefix("DEVTYPE="))
        .unwrap_or_default();
    if has("wireless") || has("phy80211") || device_type == "wlan" {
        LinkKind::Wifi
    } else if has("tun_flags")
        || device_type == "wireguard"
        || TUNNEL_TYPES.contains(&text("type").trim())
    {
        LinkKind::Tunnel
    } else if has("device") {
        LinkKind::Wired
    } else {
        LinkKind::Inside
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interfaces_are_told_apart_by_what_the_kernel_says() {
        let root = std::env::temp_dir().join(format!("telecast-links-{}", std::process::id()));
        let make = |name: &str, files: &[(&str, &str)]| {
            let folder = root.join(name);
            fs::create_dir_all(&folder).expect("made");
            for (file, text) in files {
                fs::write(folder.join(file), text).expect("written");
            }
        };
        make("eth0", &[("device", ""), ("type", "1\n")]);
        make(
            "wlan0",
            &[
                ("device", ""),
                ("uevent", "DEVTYPE=wlan\nINTERFACE=wlan0\n"),
            ],
        );
        make("wlp2s0", &[("device", ""), ("phy80211", "")]);
        make("tun0", &[("tun_flags", "0x1"), ("type", "65534\n")]);
        make("wg0", &[("uevent", "DEVTYPE=wireguard\n")]);
        make("ppp0", &[("type", "512\n")]);
        make(
            "docker0",
            &[("uevent", "DEVTYPE=bridge\n"), ("type", "1\n")],
        );
        for (name, expected) in [
            ("eth0", LinkKind::Wired),
            ("wlan0", LinkKind::Wifi),
            ("wlp2s0", LinkKind::Wifi),
            ("tun0", LinkKind::Tunnel),
            ("wg0", LinkKind::Tunnel),
            ("ppp0", LinkKind::Tunnel),
            ("docker0", LinkKind::Inside),
            ("gone0", LinkKind::Inside),
        ] {
            assert_eq!(kind(&root, name), expected, "{name}");
        }
        fs::remove_dir_all(&root).expect("removed");
    }
}
