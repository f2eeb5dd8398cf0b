// SPDX-License-Identifier: GPL-3.0-or-later
//! Measures [`NetworkFacts`]: the kernel's interfaces, what `NetworkManager` and `firewalld` tell on the system bus, the
//! configuration of `ufw`, and a question to all. Each source may be missing and has little time; none needs a privilege.

mod firewalld;

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::timeout;
use zbus::Connection;
use zbus::zvariant::{OwnedObjectPath, OwnedValue};

use super::{Firewall, Network, NetworkFacts, Vpn};
use crate::discovery::{Link, LinkKind, anybody, links};

/// How long a service on the bus may take to answer all that it is asked.
const PATIENCE: Duration = Duration::from_secs(1);
/// Whether `ufw` is on; everybody may read it.
const UFW: &str = "/etc/ufw/ufw.conf";
/// Connections of `NetworkManager` that are looked at.
const MAX_CONNECTIONS: usize = 16;
/// `NM_ACTIVE_CONNECTION_STATE_ACTIVATED`.
const ACTIVATED: u32 = 2;

/// An active connection of `NetworkManager`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Active {
    name: String,
    is_vpn: bool,
    interfaces: Vec<String>,
}

/// The facts as they are now, within some seconds.
pub(in super::super) async fn measure(
    only: Option<String>,
    problem: Option<String>,
) -> NetworkFacts {
    let all = tokio::task::spawn_blocking(links).await.unwrap_or_default();
    let asked: Vec<Link> = all
        .iter()
        .filter(|link| link.kind != LinkKind::Tunnel)
        .filter(|link| only.as_ref().is_none_or(|only| *only == link.interface))
        .cloned()
        .collect();
    let (answering, (active, firewalld), ufw) =
        tokio::join!(anybody(&asked), ask_system(&asked), is_ufw_on());
    let answering = answering
        .inspect_err(|error| tracing::debug!(%error, "cannot ask the network"))
        .ok();
    let active = active.unwrap_or_default();
    NetworkFacts {
        networks: networks(&all, &active),
        vpns: vpns(&all, &active),
        firewall: firewalld.or(ufw.then_some(Firewall::Ufw)),
        answering: answering.map(|heard| heard.len()),
        problem,
        only,
    }
}

/// The networks; what is inside this computer counts when there is nothing else, as in a container.
fn networks(links: &[Link], active: &[Active]) -> Vec<Network> {
    let of = |wanted: fn(LinkKind) -> bool| -> Vec<Network> {
        let links = links.iter().filter(|link| wanted(link.kind));
        links
            .map(|link| Network {
                interface: link.interface.clone(),
                kind: link.kind,
                name: name_of(active, &link.interface),
            })
            .collect()
    };
    let outside = of(|kind| matches!(kind, LinkKind::Wired | LinkKind::Wifi));
    if outside.is_empty() {
        of(|kind| kind == LinkKind::Inside)
    } else {
        outside
    }
}

fn name_of(active: &[Active], interface: &str) -> Option<String> {
    let mut of_interface = active
        .iter()
        .filter(|one| !one.is_vpn && one.interfaces.iter().any(|name| name == interface));
    of_interface.next().map(|one| one.name.clone())
}

/// The VPNs that `NetworkManager` knows by name, and tunnels that something else made.
fn vpns(links: &[Link], active: &[Active]) -> Vec<Vpn> {
    let named: Vec<&Active> = active.iter().filter(|one| one.is_vpn).collect();
    let tunnels = links.iter().filter(|link| {
        // A named VPN may run over any of the tunnels.
        link.kind == LinkKind::Tunnel && named.is_empty()
    });
    named
        .iter()
        .map(|one| one.name.clone())
        .chain(tunnels.map(|link| {
            let known = active
                .iter()
                .find(|one| one.interfaces.contains(&link.interface));
            known.map_or_else(|| link.interface.clone(), |one| one.name.clone())
        }))
        .map(|name| Vpn { name })
        .collect()
}

async fn is_ufw_on() -> bool {
    let text = tokio::fs::read_to_string(UFW).await.unwrap_or_default();
    says_enabled(&text)
}

fn says_enabled(configuration: &str) -> bool {
    let mut lines = configuration.lines().map(str::trim);
    lines.any(|line| line.eq_ignore_ascii_case("ENABLED=yes"))
}

/// What the services on the system bus tell; of the firewall, what it does to these links.
async fn ask_system(links: &[Link]) -> (Option<Vec<Active>>, Option<Firewall>) {
    let Ok(Ok(bus)) = timeout(PATIENCE, Connection::system()).await else {
        return (None, None);
    };
    let interfaces: Vec<String> = links
        .iter()
        .filter(|link| link.kind != LinkKind::Inside)
        .map(|link| link.interface.clone())
        .collect();
    let (active, firewall) = tokio::join!(
        timeout(PATIENCE, connections(&bus)),
        timeout(PATIENCE, firewalld::ask(&bus, &interfaces)),
    );
    let told = |error: &zbus::Error| tracing::debug!(%error, "not told by the system");
    let active = active.ok().and_then(|active| active.inspect_err(told).ok());
    let firewall = firewall
        .ok()
        .and_then(|firewall| firewall.inspect_err(told).ok());
    (active, firewall)
}

/// The active connections of `NetworkManager`.
async fn connections(bus: &Connection) -> zbus::Result<Vec<Active>> {
    const NAME: &str = "org.freedesktop.NetworkManager";
    let manager = properties(bus, NAME, "/org/freedesktop/NetworkManager", NAME).await?;
    let paths: Vec<OwnedObjectPath> = value(&manager, "ActiveConnections").unwrap_or_default();
    let mut active = Vec::new();
    for path in paths.iter().take(MAX_CONNECTIONS) {
        let interface = "org.freedesktop.NetworkManager.Connection.Active";
        let connection = properties(bus, NAME, path.as_str(), interface).await?;
        if value::<u32>(&connection, "State") != Some(ACTIVATED) {
            continue;
        }
        let kind: String = value(&connection, "Type").unwrap_or_default();
        let devices: Vec<OwnedObjectPath> = value(&connection, "Devices").unwrap_or_default();
        let mut interfaces = Vec::new();
        for device in devices.iter().take(MAX_CONNECTIONS) {
            let interface = "org.freedesktop.NetworkManager.Device";
            let device = properties(bus, NAME, device.as_str(), interface).await?;
            interfaces.extend(value::<String>(&device, "Interface"));
        }
        active.push(Active {
            name: value(&connection, "Id").unwrap_or_default(),
            is_vpn: value(&connection, "Vpn").unwrap_or(false)
                || matches!(kind.as_str(), "vpn" | "wireguard" | "tun"),
            interfaces,
        });
    }
    Ok(active)
}

async fn properties(
    bus: &Connection,
    name: &str,
    path: &str,
    interface: &str,
) -> zbus::Result<HashMap<String, OwnedValue>> {
    let reply = bus
        .call_method(
            Some(name),
            path,
            Some("org.freedesktop.DBus.Properties"),
            "GetAll",
            &(interface,),
        )
        .await?;
    reply.body().deserialize()
}

fn value<T: TryFrom<OwnedValue>>(
    properties: &HashMap<String, OwnedValue>,
    name: &str,
) -> Option<T> {
    let value = properties.get(name)?.try_clone().ok()?;
    T::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(interface: &str, kind: LinkKind) -> Link {
        Link {
            interface: interface.into(),
            kind,
            addresses: vec![[192, 0, 2, 1].into()],
        }
    }

    fn active(name: &str, is_vpn: bool, interface: &str) -> Active {
        Active {
            name: name.into(),
            is_vpn,
            interfaces: vec![interface.into()],
        }
    }

    #[test]
    fn networks_have_the_names_that_people_gave_them() {
        let links = [
            link("wlan0", LinkKind::Wifi),
            link("docker0", LinkKind::Inside),
            link("tun0", LinkKind::Tunnel),
        ];
        // The VPN of NetworkManager names the device below it, too.
        let active = [
            active("Work", true, "wlan0"),
            active("Maple Street", false, "wlan0"),
        ];
        let networks = networks(&links, &active);
        assert_eq!(networks.len(), 1);
        assert_eq!(networks[0].name.as_deref(), Some("Maple Street"));
        let vpns = vpns(&links, &active);
        assert_eq!(
            vpns,
            [Vpn {
                name: "Work".into()
            }]
        );
    }

    #[test]
    fn a_tunnel_that_nobody_named_is_called_by_its_interface() {
        let links = [link("eth0", LinkKind::Wired), link("wg0", LinkKind::Tunnel)];
        assert_eq!(vpns(&links, &[]), [Vpn { name: "wg0".into() }]);
        assert!(vpns(&links[..1], &[]).is_empty());
    }

    #[test]
    fn in_a_container_its_own_network_counts() {
        let links = [link("eth0", LinkKind::Inside)];
        assert_eq!(networks(&links, &[]).len(), 1);
        assert!(networks(&[link("wg0", LinkKind::Tunnel)], &[]).is_empty());
    }

    #[test]
    fn ufw_says_whether_it_is_on() {
        assert!(says_enabled("# comment\nENABLED=yes\nLOGLEVEL=low\n"));
        assert!(!says_enabled("ENABLED=no\n#ENABLED=yes\n"));
        assert!(!says_enabled(""));
    }
}
