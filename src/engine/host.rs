// SPDX-License-Identifier: GPL-3.0-or-later
//! What a person types as the address of a device: text in, a host or what is wrong with it out. Looks nothing up.

use crate::discovery::{ManualHost, ParseHostError};

/// Why the text is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// There is nothing yet.
    #[error("nothing was entered")]
    Empty,
    /// It is neither a host name nor an IP address.
    #[error("not a host name or address")]
    Host,
    /// It begins like an IPv4 address and is none.
    #[error("not a complete IPv4 address")]
    Incomplete,
    /// What stands after the colon is not 1 to 65535.
    #[error("not a port number")]
    Port,
    /// A link-local IPv6 address needs the interface: `fe80::1%wlan0`.
    #[error("a link-local address needs its interface")]
    Zone,
    /// No more addresses are remembered.
    #[error("too many addresses")]
    TooMany,
}

/// Whether `text` is an address, while it is typed; the address as it is remembered.
///
/// # Errors
/// What is wrong with it.
pub fn check_host(text: &str) -> Result<String, HostError> {
    parse(text).map(|host| host.to_string())
}

pub(super) fn parse(text: &str) -> Result<ManualHost, HostError> {
    if text.trim().is_empty() {
        return Err(HostError::Empty);
    }
    let host: ManualHost = text.parse().map_err(|error| match error {
        ParseHostError::Port => HostError::Port,
        _ => HostError::Host,
    })?;
    let numbers = |c: char| c.is_ascii_digit() || c == '.';
    match host.ip() {
        // The resolver would take it for an address of the last century's notation, or for a name.
        None if host.host.chars().all(numbers) => Err(HostError::Incomplete),
        Some(std::net::IpAddr::V6(ip)) if ip.is_unicast_link_local() && host.zone.is_none() => {
            Err(HostError::Zone)
        }
        Some(ip) if ip.is_unspecified() || ip.is_multicast() => Err(HostError::Host),
        _ => Ok(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_judged_as_it_stands() {
        for (text, result) in [
            ("", Err(HostError::Empty)),
            ("  ", Err(HostError::Empty)),
            ("192", Err(HostError::Incomplete)),
            ("192.168.1.", Err(HostError::Incomplete)),
            ("192.168.1.300", Err(HostError::Incomplete)),
            ("192.168.1.20", Ok("192.168.1.20")),
            ("192.168.1.20:", Err(HostError::Port)),
            ("192.168.1.20:8010", Ok("192.168.1.20:8010")),
            ("192.168.1.20:80100", Err(HostError::Port)),
            ("tv.local ", Ok("tv.local")),
            ("living room", Err(HostError::Host)),
            ("http://tv", Err(HostError::Port)),
            ("[2001:db8::7", Err(HostError::Host)),
            ("[2001:db8::7]:8009", Ok("[2001:db8::7]")),
            ("2001:db8::7", Ok("[2001:db8::7]")),
            ("fe80::1", Err(HostError::Zone)),
            ("fe80::1%wlan0", Ok("[fe80::1%wlan0]")),
            ("0.0.0.0", Err(HostError::Host)),
            ("224.0.0.251", Err(HostError::Host)),
        ] {
            let expected = result.map(str::to_owned);
            assert_eq!(check_host(text), expected, "{text}");
        }
    }
}
