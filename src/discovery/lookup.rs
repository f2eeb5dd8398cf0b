// SPDX-License-Identifier: GPL-3.0-or-later
//! Looks up what a person entered: `ManualHost` in, endpoints out. Uses the system's resolver, which knows `.local` names
//! where nss-mdns or systemd-resolved is set up, and asks mDNS itself where it does not.

use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::time::Duration;

use mdns_sd::HostnameResolutionEvent;

use super::device::Endpoint;
use super::manual::ManualHost;
use super::mdns::Mdns;
use super::records::endpoint;

/// How long a name may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The addresses of `host`; empty when there are none at the moment.
pub(super) async fn endpoints(host: ManualHost) -> (ManualHost, Vec<Endpoint>) {
    if let Some(ip) = host.ip() {
        let scope_id = host.zone.as_deref().and_then(interface_index).unwrap_or(0);
        let address = match ip {
            IpAddr::V6(ip) => SocketAddr::V6(SocketAddrV6::new(ip, host.port, 0, scope_id)),
            IpAddr::V4(_) => SocketAddr::new(ip, host.port),
        };
        let endpoint = endpoint(address, host.zone.clone());
        return (host, vec![endpoint]);
    }
    let system = tokio::net::lookup_host((host.host.as_str(), host.port));
    let mut found: Vec<Endpoint> = match tokio::time::timeout(TIMEOUT, system).await {
        Ok(Ok(addresses)) => addresses.map(|address| endpoint(address, None)).collect(),
        Ok(Err(error)) => {
            tracing::debug!(%host, %error, "the system does not know the host");
            Vec::new()
        }
        Err(_) => Vec::new(),
    };
    if found.is_empty()
        && host
            .host
            .trim_end_matches('.')
            .to_lowercase()
            .ends_with(".local")
    {
        found = by_mdns(&host).await.unwrap_or_default();
    }
    (host, found)
}

/// Whether there is any address to which one could connect. Takes as long as the system's resolver, some seconds at most.
pub async fn has_address(host: &ManualHost) -> bool {
    let (_, found) = endpoints(host.clone()).await;
    found.iter().any(|endpoint| endpoint.rank().is_some())
}

/// The number of the interface that is named after `%`.
fn interface_index(zone: &str) -> Option<u32> {
    zone.parse().ok().or_else(|| index_of(zone))
}

/// Whether this computer has a network interface of this name.
pub fn has_interface(name: &str) -> bool {
    index_of(name).is_some()
}

fn index_of(name: &str) -> Option<u32> {
    let socket = rustix::net::socket(
        rustix::net::AddressFamily::INET,
        rustix::net::SocketType::DGRAM,
        None,
    )
    .ok()?;
    rustix::net::netdevice::name_to_index(&socket, name).ok()
}

/// Asks the host itself.
async fn by_mdns(host: &ManualHost) -> Result<Vec<Endpoint>, mdns_sd::Error> {
    let mdns = Mdns::start(None)?;
    let name = format!("{}.", host.host.trim_end_matches('.'));
    let answers = mdns
        .daemon
        .resolve_hostname(&name, Some(TIMEOUT.as_millis() as u64))?;
    let mut found = Vec::new();
    while let Ok(event) = answers.recv_async().await {
        match event {
            HostnameResolutionEvent::AddressesFound(_, addresses) => {
                found.extend(addresses.into_iter().map(|address| {
                    let ip = address.to_ip_addr();
                    let scope_id = match &address {
                        mdns_sd::ScopedIp::V6(ip) => ip.scope_id().index,
                        _ => 0,
                    };
                    Endpoint {
                        ip,
                        port: host.port,
                        scope_id,
                        interface: None,
                    }
                }));
                break;
            }
            HostnameResolutionEvent::SearchTimeout(_)
            | HostnameResolutionEvent::SearchStopped(_) => break,
            _ => {}
        }
    }
    mdns.stop().await;
    Ok(found)
}
