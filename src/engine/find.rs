// SPDX-License-Identifier: GPL-3.0-or-later
//! Which device a person means: what was typed in, a [`Device`] out.

use std::time::Duration;

use tokio::time::timeout;

use super::Reason;
use crate::discovery::{Device, DiscoveryHandle, ManualHost};

/// How long a typed host may take to be resolved.
const RESOLVE: Duration = Duration::from_secs(5);

/// See [`super::Engine::find`].
pub(super) async fn find(
    discovery: &DiscoveryHandle,
    query: &str,
    wait: Duration,
) -> Result<Device, Reason> {
    let host = query.parse::<ManualHost>().ok();
    // An address or a name with a dot or a port cannot wait for an announcement that may never come.
    match host {
        Some(host) if looks_like_host(query, &host) => return resolve(discovery, host).await,
        _ => {}
    }
    let mut list = discovery.watch();
    let found = timeout(wait, async {
        loop {
            let device = pick(&list.borrow_and_update(), query);
            if device.is_some() || list.changed().await.is_err() {
                return device;
            }
        }
    });
    found
        .await
        .ok()
        .flatten()
        .ok_or_else(|| Reason::DeviceNotFound(query.to_owned()))
}

/// The device with this id, else with this name, else the only one whose name begins so.
fn pick(devices: &[Device], query: &str) -> Option<Device> {
    let id = query.to_lowercase().replace('-', "");
    let name = query.to_lowercase();
    let reachable = || devices.iter().filter(|device| !device.endpoints.is_empty());
    let exact = reachable().find(|device| device.id == id || device.name.to_lowercase() == name);
    exact
        .or_else(|| {
            let mut begins =
                reachable().filter(|device| device.name.to_lowercase().starts_with(&name));
            begins
                .next()
                .filter(|_| begins.next().is_none() && !name.is_empty())
        })
        .cloned()
}

fn looks_like_host(query: &str, host: &ManualHost) -> bool {
    let query = query.trim();
    host.ip().is_some()
        || (!query.contains(' ') && (query.contains('.') || query.contains(':')))
        || query == "localhost"
}

async fn resolve(discovery: &DiscoveryHandle, host: ManualHost) -> Result<Device, Reason> {
    let mut list = discovery.watch();
    let (id, name) = (host.id(), host.host.clone());
    discovery.add_host(host.clone()).await;
    let resolved = timeout(RESOLVE, async {
        loop {
            let device = list
                .borrow_and_update()
                .iter()
                .find(|device| is_host(device, &id, &host))
                .cloned();
            if device.is_some() || list.changed().await.is_err() {
                return device;
            }
        }
    });
    resolved
        .await
        .ok()
        .flatten()
        .ok_or(Reason::HostUnknown(name))
}

/// Whether `device` is the typed host with an address: by its provisional id, or merged with an announced device.
fn is_host(device: &Device, id: &str, host: &ManualHost) -> bool {
    let by_address = || {
        host.ip().is_some_and(|ip| {
            device
                .endpoints
                .iter()
                .any(|e| e.ip == ip && e.port == host.port)
        })
    };
    !device.endpoints.is_empty() && (device.id == id || by_address())
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::discovery::{Capabilities, DeviceKind, Endpoint};

    fn device(id: &str, name: &str) -> Device {
        let ip = "192.0.2.1".parse().expect("an address");
        Device {
            id: id.into(),
            name: name.into(),
            model: String::new(),
            kind: DeviceKind::Tv,
            capabilities: Capabilities(5),
            endpoints: vec![Endpoint {
                ip,
                port: 8009,
                scope_id: 0,
                interface: None,
            }],
            status: String::new(),
            busy: false,
            manual: false,
            last_seen: Instant::now(),
        }
    }

    #[test]
    fn a_device_is_meant_by_id_by_name_or_by_the_beginning_of_its_name() {
        let devices = [
            device("abc123", "Living Room TV"),
            device("def456", "Kitchen"),
            device("ffffff", "Kit"),
        ];
        let picked = |query| pick(&devices, query).map(|device| device.id);
        assert_eq!(picked("ABC-123").as_deref(), Some("abc123"));
        assert_eq!(picked("living room tv").as_deref(), Some("abc123"));
        assert_eq!(picked("Living").as_deref(), Some("abc123"));
        assert_eq!(
            picked("kit").as_deref(),
            Some("ffffff"),
            "a whole name goes before a beginning"
        );
        assert_eq!(picked("ki"), None, "two begin so");
        assert_eq!(picked(""), None);
        assert_eq!(picked("bath"), None);
    }

    #[test]
    fn addresses_are_told_from_names() {
        let host = |text: &str| {
            text.parse::<ManualHost>()
                .is_ok_and(|host| looks_like_host(text, &host))
        };
        for text in [
            "192.0.2.7",
            "192.0.2.7:8010",
            "[fe80::1%eth0]:8009",
            "::1",
            "tv.local",
            "tv:8010",
            "localhost",
        ] {
            assert!(host(text), "{text}");
        }
        for text in ["Kitchen", "Living Room TV", "TV no. 2", "abc123"] {
            assert!(!host(text), "{text}");
        }
    }
}
