// SPDX-License-Identifier: GPL-3.0-or-later
//! What `firewalld` lets through, as far as it tells without anybody being asked for a password. Input: the system bus
//! and the interfaces that are searched; output: a [`Firewall`].

use std::collections::HashMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use zbus::Connection;
use zbus::zvariant::{OwnedValue, Type, Value};

use super::value;
use crate::engine::network::Firewall;

/// Name of the service, and of its own interface.
const NAME: &str = "org.fedoraproject.FirewallD1";
const PATH: &str = "/org/fedoraproject/FirewallD1";
/// The interface for zones.
const ZONES: &str = "org.fedoraproject.FirewallD1.zone";
/// The action of polkit that guards what is allowed in a zone. Some distributions let an administrator's password be asked
/// for it, which must not happen because somebody opened a page.
const TELLS_RULES: &str = "org.fedoraproject.FirewallD1.config.info";
const POLKIT: &str = "org.freedesktop.PolicyKit1";
const POLKIT_PATH: &str = "/org/freedesktop/PolicyKit1/Authority";
const POLKIT_AUTHORITY: &str = "org.freedesktop.PolicyKit1.Authority";
/// Of `CheckAuthorization`: no `AllowUserInteraction`.
const WITHOUT_A_DIALOG: u32 = 0;

/// The service's name for mDNS, and the port.
const SERVICE: &str = "mdns";
const PORT: u16 = 5353;
/// The target of a zone that keeps nothing away.
const ACCEPT: &str = "ACCEPT";

/// The zone of the first interface that has one, else the default zone, and whether devices are heard in it.
pub(super) async fn ask(bus: &Connection, interfaces: &[String]) -> zbus::Result<Firewall> {
    // A call would start the service; one that does not run keeps nothing away.
    let bus_itself = zbus::fdo::DBusProxy::new(bus).await?;
    bus_itself.get_name_owner(NAME.try_into()?).await?;
    let told = |error: &zbus::Error| tracing::debug!(%error, "not told by firewalld");
    let zone = zone(bus, interfaces).await.inspect_err(told).ok();
    let open = match &zone {
        Some(zone) => is_open(bus, zone).await.inspect_err(told).ok().flatten(),
        None => None,
    };
    Ok(Firewall::Firewalld { zone, open })
}

async fn zone(bus: &Connection, interfaces: &[String]) -> zbus::Result<String> {
    for interface in interfaces {
        let zone: String = call(bus, ZONES, "getZoneOfInterface", &(interface,)).await?;
        if !zone.is_empty() {
            return Ok(zone);
        }
    }
    call(bus, NAME, "getDefaultZone", &()).await
}

/// `None` where that cannot be asked in silence.
async fn is_open(bus: &Connection, zone: &str) -> zbus::Result<Option<bool>> {
    if !may_ask(bus).await? {
        return Ok(None);
    }
    let settings = call(bus, ZONES, "getZoneSettings2", &(zone,)).await?;
    Ok(Some(lets_in(&settings)))
}

async fn may_ask(bus: &Connection) -> zbus::Result<bool> {
    let name = bus
        .unique_name()
        .map(ToString::to_string)
        .unwrap_or_default();
    let subject = (
        "system-bus-name",
        HashMap::from([("name", Value::from(name))]),
    );
    let details: HashMap<&str, &str> = HashMap::new();
    let question = (subject, TELLS_RULES, details, WITHOUT_A_DIALOG, "");
    let reply = bus
        .call_method(
            Some(POLKIT),
            POLKIT_PATH,
            Some(POLKIT_AUTHORITY),
            "CheckAuthorization",
            &question,
        )
        .await?;
    let (may, _, _): (bool, bool, HashMap<String, String>) = reply.body().deserialize()?;
    Ok(may)
}

/// Whether what comes to the port of mDNS gets through a zone with these settings.
fn lets_in(settings: &HashMap<String, OwnedValue>) -> bool {
    let services: Vec<String> = value(settings, "services").unwrap_or_default();
    let ports: Vec<(String, String)> = value(settings, "ports").unwrap_or_default();
    value::<String>(settings, "target").is_some_and(|target| target == ACCEPT)
        || services.iter().any(|service| service == SERVICE)
        || ports
            .iter()
            .any(|(ports, protocol)| protocol == "udp" && covers(ports))
}

/// Whether "5353" or "1025-65535" holds the port.
fn covers(ports: &str) -> bool {
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    match (first.trim().parse::<u16>(), last.trim().parse::<u16>()) {
        (Ok(first), Ok(last)) => (first..=last).contains(&PORT),
        _ => false,
    }
}

async fn call<T: DeserializeOwned + Type>(
    bus: &Connection,
    interface: &str,
    method: &str,
    arguments: &(impl Serialize + zbus::zvariant::DynamicType),
) -> zbus::Result<T> {
    let reply = bus
        .call_method(Some(NAME), PATH, Some(interface), method, arguments)
        .await?;
    reply.body().deserialize()
}

#[cfg(test)]
mod tests;
