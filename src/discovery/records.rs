// SPDX-License-Identifier: GPL-3.0-or-later
//! What the mDNS library and the resolver say, in our words: their types in, announcements and endpoints out.

use std::net::SocketAddr;

use mdns_sd::{ResolvedService, ScopedIp};

use super::announcement::{Announcement, TxtFields};
use super::device::Endpoint;

/// What the library knows of an instance, in our words.
pub(super) fn announcement(service: &ResolvedService) -> Announcement {
    let endpoints = service
        .addresses
        .iter()
        .map(|address| {
            let interface = match address {
                ScopedIp::V4(ip) => ip.interface_ids().first().cloned(),
                ScopedIp::V6(ip) => Some(ip.scope_id().clone()),
                _ => None,
            };
            let (scope_id, interface) = interface.map_or((0, None), |interface| {
                (interface.index, Some(interface.name))
            });
            let interface = interface.filter(|name| !name.is_empty());
            Endpoint {
                ip: address.to_ip_addr(),
                port: service.port,
                scope_id,
                interface,
            }
        })
        .collect();
    let pairs = service
        .txt_properties
        .iter()
        .map(|property| (property.key(), property.val().unwrap_or_default()));
    Announcement {
        instance: service.fullname.clone(),
        endpoints,
        txt: TxtFields::from_pairs(pairs),
    }
}

/// The endpoint of an address that was looked up.
pub(super) fn endpoint(address: SocketAddr, interface: Option<String>) -> Endpoint {
    Endpoint {
        interface,
        ..address.into()
    }
}
