// SPDX-License-Identifier: GPL-3.0-or-later
//! `Device`: one entry of the list, as front ends and sessions see it. Plain data.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::time::Instant;

use super::manual::ManualHost;

/// How the ids of hosts begin that were not announced.
pub(crate) const PROVISIONAL: &str = "manual:";

/// A Cast device, as far as it is known from its announcements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// The device's `id` (lower case, without dashes), or `manual:HOST` for a host of which no announcement was seen.
    pub id: String,
    /// The name its owner gave it; never empty, without control characters, at most [`Device::MAX_NAME`] characters.
    pub name: String,
    /// The model; empty when it was not announced.
    pub model: String,
    /// What to show it as.
    pub kind: DeviceKind,
    /// The announced capability bits.
    pub capabilities: Capabilities,
    /// Where it can be reached, best first. Empty while the name of a manual host is not resolved.
    pub endpoints: Vec<Endpoint>,
    /// What runs on it (the title of a video, say); empty when idle or unknown.
    pub status: String,
    /// Whether it announces that something runs.
    pub busy: bool,
    /// The addresses by which the user entered it; none when it was found by itself alone.
    pub hosts: Vec<ManualHost>,
    /// When it was last announced (or entered).
    pub last_seen: Instant,
}

impl Device {
    /// Longest name, model or status that is kept, in characters. A TXT string has at most 255 bytes anyway.
    pub const MAX_NAME: usize = 200;

    /// One of which nothing was announced, only a name and where it is: a television, until it says otherwise.
    pub fn unannounced(id: String, name: String, endpoints: Vec<Endpoint>, now: Instant) -> Device {
        let capabilities = Capabilities::default();
        Device {
            id,
            name,
            model: String::new(),
            kind: capabilities.kind(""),
            capabilities,
            endpoints,
            status: String::new(),
            busy: false,
            hosts: Vec::new(),
            last_seen: now,
        }
    }

    /// Whether it is a host of which no announcement was seen: nothing is known of it but where it is.
    pub fn is_provisional(&self) -> bool {
        self.id.starts_with(PROVISIONAL)
    }

    /// The best address, if any is known.
    pub fn best(&self) -> Option<&Endpoint> {
        self.endpoints.first()
    }

    /// The TCP port of the best address; 0 while no address is known.
    pub fn port(&self) -> u16 {
        self.best().map_or(0, |endpoint| endpoint.port)
    }
}

/// What a device is to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DeviceKind {
    /// A television, or something that is plugged into one.
    Tv,
    /// A smart display: a picture and ears of its own.
    Display,
    /// Sound only.
    Speaker,
    /// Several speakers that play together.
    Group,
}

impl DeviceKind {
    /// The word of the command line's JSON: `tv`, `display`, `speaker`, `group`.
    pub fn as_str(self) -> &'static str {
        match self {
            DeviceKind::Tv => "tv",
            DeviceKind::Display => "display",
            DeviceKind::Speaker => "speaker",
            DeviceKind::Group => "group",
        }
    }

    /// Whether a picture can be sent to it.
    pub fn has_picture(self) -> bool {
        matches!(self, DeviceKind::Tv | DeviceKind::Display)
    }
}

impl fmt::Display for DeviceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The bit field `ca` of the announcement (Chromium `cast_device_capability.h`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Capabilities(pub u64);

impl Capabilities {
    /// It shows pictures.
    pub const VIDEO_OUT: Capabilities = Capabilities(1);
    /// It has a camera.
    pub const VIDEO_IN: Capabilities = Capabilities(1 << 1);
    /// It plays sound.
    pub const AUDIO_OUT: Capabilities = Capabilities(1 << 2);
    /// It has a microphone.
    pub const AUDIO_IN: Capabilities = Capabilities(1 << 3);
    /// It is a group of speakers.
    pub const GROUP: Capabilities = Capabilities(1 << 5);

    /// Whether all bits of `other` are set.
    pub fn contains(self, other: Capabilities) -> bool {
        self.0 & other.0 == other.0
    }

    /// What a device with these bits is. A picture decides before the group bit, as in Chromium; among devices with a
    /// picture, a camera, a microphone or the model's name tell a smart display from a television.
    ///
    /// Without any bit (a device that announces none, a manual host) a television is assumed: a wrong guess is then
    /// corrected by the device itself, when it refuses the application.
    pub fn kind(self, model: &str) -> DeviceKind {
        let model = model.to_lowercase();
        if self.contains(Self::VIDEO_OUT) {
            let display = self.contains(Self::VIDEO_IN)
                || self.contains(Self::AUDIO_IN)
                || ["nest hub", "home hub", "smart display"]
                    .iter()
                    .any(|word| model.contains(word));
            if display {
                DeviceKind::Display
            } else {
                DeviceKind::Tv
            }
        } else if self.contains(Self::GROUP) {
            DeviceKind::Group
        } else if self.0 == 0 {
            DeviceKind::Tv
        } else {
            DeviceKind::Speaker
        }
    }
}

/// One address of a device.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// The address.
    pub ip: IpAddr,
    /// The TCP port; never 0.
    pub port: u16,
    /// The index of the interface over which it was heard; 0 when unknown. Link-local addresses are useless without it.
    pub scope_id: u32,
    /// The name of that interface, if known.
    pub interface: Option<String>,
}

impl From<SocketAddr> for Endpoint {
    /// That of an address that was not heard over a named interface.
    fn from(address: SocketAddr) -> Endpoint {
        let scope_id = match address {
            SocketAddr::V6(address) => address.scope_id(),
            SocketAddr::V4(_) => 0,
        };
        Endpoint {
            ip: address.ip().to_canonical(),
            port: address.port(),
            scope_id,
            interface: None,
        }
    }
}

impl Endpoint {
    /// The address to connect to; carries the scope where the address needs one.
    pub fn socket_addr(&self) -> SocketAddr {
        match self.ip {
            IpAddr::V6(ip) if is_link_local(ip) => {
                SocketAddrV6::new(ip, self.port, 0, self.scope_id).into()
            }
            ip => SocketAddr::new(ip, self.port),
        }
    }

    /// How good the address is, smaller is better: routable ones first (IPv4 before IPv6 because each device and each
    /// access point knows it), then private to the link. `None`: nobody can connect to it.
    pub(super) fn rank(&self) -> Option<u8> {
        match self.ip {
            ip if ip.is_unspecified() || ip.is_multicast() => None,
            IpAddr::V4(ip) if ip.is_broadcast() => None,
            IpAddr::V4(ip) if ip.is_loopback() => Some(5),
            IpAddr::V4(ip) if ip.is_link_local() => Some(4),
            IpAddr::V4(_) => Some(0),
            IpAddr::V6(ip) if is_link_local(ip) && self.scope_id == 0 => None,
            IpAddr::V6(ip) if is_link_local(ip) => Some(3),
            IpAddr::V6(ip) if ip.is_loopback() => Some(6),
            // Unique local addresses, fc00::/7, are routable within the site, which is where the device is.
            IpAddr::V6(ip) if ip.segments()[0] & 0xfe00 == 0xfc00 => Some(2),
            IpAddr::V6(_) => Some(1),
        }
    }
}

/// `fe80::/10`.
pub(super) fn is_link_local(ip: Ipv6Addr) -> bool {
    ip.segments()[0] & 0xffc0 == 0xfe80
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.ip, &self.interface) {
            (IpAddr::V6(ip), Some(interface)) if is_link_local(ip) => {
                write!(f, "[{ip}%{interface}]:{}", self.port)
            }
            (IpAddr::V6(ip), _) => write!(f, "[{ip}]:{}", self.port),
            (IpAddr::V4(ip), _) => write!(f, "{ip}:{}", self.port),
        }
    }
}

/// A change of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceEvent {
    /// A device appeared.
    Added(Device),
    /// Something about a device that can be seen changed (not merely the time at which it was seen).
    Changed(Device),
    /// The device with this id is gone.
    Removed(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capability_bits_tell_the_kind() {
        for (bits, model, kind) in [
            (5, "Chromecast", DeviceKind::Tv),
            (4101, "Chromecast HD", DeviceKind::Tv),
            (208_901, "Chromecast Ultra", DeviceKind::Tv),
            (2052, "Chromecast Audio", DeviceKind::Speaker),
            (5, "Google Nest Hub", DeviceKind::Display),
            (1 | 4 | 8, "Some Smart Thing", DeviceKind::Display),
            (4 | 32, "Google Cast Group", DeviceKind::Group),
            (1 | 4 | 32, "Google Cast Group", DeviceKind::Tv),
            (0, "", DeviceKind::Tv),
        ] {
            assert_eq!(Capabilities(bits).kind(model), kind, "{bits} {model}");
        }
    }

    #[test]
    fn a_link_local_address_carries_its_scope() {
        let endpoint = Endpoint {
            ip: "fe80::1".parse().unwrap(),
            port: 8009,
            scope_id: 3,
            interface: Some("wlan0".into()),
        };
        assert_eq!(endpoint.to_string(), "[fe80::1%wlan0]:8009");
        assert_eq!(endpoint.socket_addr().to_string(), "[fe80::1%3]:8009");
    }
}
