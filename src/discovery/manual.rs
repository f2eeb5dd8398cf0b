// SPDX-License-Identifier: GPL-3.0-or-later
//! `ManualHost`: an address that a person typed, `HOST` or `HOST:PORT`. Parsing only; looking names up is the shell's.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use super::DEFAULT_PORT;
use super::device::PROVISIONAL;

/// A host that the user named: a name or an IP address (IPv6 with `%zone` where needed), and a port.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ManualHost {
    /// The name or address, without brackets and zone.
    pub host: String,
    /// The interface named after `%` (name or number), for link-local addresses.
    pub zone: Option<String>,
    /// The TCP port.
    pub port: u16,
}

/// The text is not a host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseHostError {
    /// There is no host in it, or it has characters that no host name has.
    #[error("not a host name or address")]
    Host,
    /// What stands after the colon is not 1 to 65535.
    #[error("not a port number")]
    Port,
}

impl ManualHost {
    /// The IP address, if the host is one.
    pub fn ip(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }

    /// The id of the device while nothing better is known.
    pub fn id(&self) -> String {
        format!("{PROVISIONAL}{self}")
    }
}

impl FromStr for ManualHost {
    type Err = ParseHostError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let (host, port) = if let Some(rest) = text.strip_prefix('[') {
            let (host, after) = rest.split_once(']').ok_or(ParseHostError::Host)?;
            match after.strip_prefix(':') {
                Some(port) => (host, Some(port)),
                None if after.is_empty() => (host, None),
                None => return Err(ParseHostError::Host),
            }
        } else if text.matches(':').count() > 1 {
            // A bare IPv6 address; a port can only follow brackets.
            (text, None)
        } else {
            match text.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (text, None),
            }
        };
        let port = match port {
            None => DEFAULT_PORT,
            Some(port) => port
                .parse()
                .ok()
                .filter(|port| *port != 0)
                .ok_or(ParseHostError::Port)?,
        };
        let (host, zone) = match host.split_once('%') {
            Some((host, zone)) if !zone.is_empty() && zone.len() <= 15 => {
                (host, Some(zone.to_owned()))
            }
            Some(_) => return Err(ParseHostError::Host),
            None => (host, None),
        };
        let is_ip = host.parse::<IpAddr>().is_ok();
        let is_name = host.len() <= 253
            && host.trim_end_matches('.').split('.').all(|label| {
                (1..=63).contains(&label.len())
                    && label
                        .chars()
                        .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
            });
        if !is_ip && (!is_name || zone.is_some()) {
            return Err(ParseHostError::Host);
        }
        Ok(ManualHost {
            host: host.to_owned(),
            zone,
            port,
        })
    }
}

impl fmt::Display for ManualHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let zone = self
            .zone
            .as_ref()
            .map(|zone| format!("%{zone}"))
            .unwrap_or_default();
        if self.host.contains(':') {
            write!(f, "[{}{zone}]", self.host)?;
        } else {
            write!(f, "{}{zone}", self.host)?;
        }
        if self.port == DEFAULT_PORT {
            Ok(())
        } else {
            write!(f, ":{}", self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read_as_people_write_them() {
        for (text, host, zone, port, shown) in [
            ("tv", "tv", None, 8009, "tv"),
            (" tv.local:8010 ", "tv.local", None, 8010, "tv.local:8010"),
            ("10.0.0.7", "10.0.0.7", None, 8009, "10.0.0.7"),
            ("10.0.0.7:1", "10.0.0.7", None, 1, "10.0.0.7:1"),
            ("::1", "::1", None, 8009, "[::1]"),
            (
                "[2001:db8::1]:9000",
                "2001:db8::1",
                None,
                9000,
                "[2001:db8::1]:9000",
            ),
            (
                "fe80::1%eth0",
                "fe80::1",
                Some("eth0"),
                8009,
                "[fe80::1%eth0]",
            ),
        ] {
            let parsed: ManualHost = text.parse().unwrap();
            assert_eq!(
                parsed,
                ManualHost {
                    host: host.into(),
                    zone: zone.map(Into::into),
                    port
                },
                "{text}"
            );
            assert_eq!(parsed.to_string(), shown);
            assert_eq!(shown.parse::<ManualHost>().unwrap(), parsed);
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for (text, error) in [
            ("", ParseHostError::Host),
            (":8009", ParseHostError::Host),
            ("a b", ParseHostError::Host),
            ("tv/1", ParseHostError::Host),
            ("tv:0", ParseHostError::Port),
            ("tv:65536", ParseHostError::Port),
            ("tv:", ParseHostError::Port),
            ("[::1", ParseHostError::Host),
            ("[::1]x", ParseHostError::Host),
            ("fe80::1%", ParseHostError::Host),
            ("tv%eth0", ParseHostError::Host),
            ("a..b", ParseHostError::Host),
        ] {
            assert_eq!(text.parse::<ManualHost>(), Err(error), "{text}");
        }
    }
}
