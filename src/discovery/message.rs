// SPDX-License-Identifier: GPL-3.0-or-later
//! The DNS messages of a one-shot question: the question's bytes out; an answer's bytes in, [`Announcement`]s out.
//!
//! The answer comes from a stranger: every length is checked, names may not loop, and what is kept is bounded.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::announcement::{Announcement, TxtFields};
use super::device::{Endpoint, is_link_local};

/// The labels of [`SERVICE_TYPE`](super::SERVICE_TYPE).
const SERVICE: [&str; 3] = ["_googlecast", "_tcp", "local"];

/// Length of the header.
const HEADER: usize = 12;
/// The flag of a response (QR).
const RESPONSE: u16 = 0x8000;
/// Types of records (RFC 1035, RFC 2782, RFC 3596).
const A: u16 = 1;
const PTR: u16 = 12;
const TXT: u16 = 16;
const AAAA: u16 = 28;
const SRV: u16 = 33;
/// The class IN; the highest bit, "cache flush", means nothing here.
const IN: u16 = 1;
const CLASS: u16 = 0x7fff;

/// Longest name, with the dots (RFC 1035, section 2.3.4).
const MAX_NAME: usize = 255;
/// More pointers in a row than this are a loop.
const MAX_POINTERS: usize = 16;
/// Records of one message that are read; a device sends five or six.
const MAX_RECORDS: usize = 64;

/// The network interface through which an answer came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Via {
    /// Its index.
    pub index: u32,
    /// Its name.
    pub name: String,
}

/// "Which Cast devices are there?", under this number.
pub(super) fn question(id: u16) -> Vec<u8> {
    question_for(&SERVICE, id)
}

/// A question for what the pointers of this name lead to, for example the instances of a service.
pub(super) fn question_for(name: &[&str], id: u16) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(64);
    // No flags, one question, no records.
    for field in [id, 0, 1, 0, 0, 0] {
        bytes.extend_from_slice(&field.to_be_bytes());
    }
    for label in name {
        bytes.push(label.len() as u8);
        bytes.extend_from_slice(label.as_bytes());
    }
    bytes.push(0);
    for field in [PTR, IN] {
        bytes.extend_from_slice(&field.to_be_bytes());
    }
    bytes
}

/// The complete instances in an answer to the question of this number; none when it is something else, or malformed.
pub fn answer(bytes: &[u8], id: u16, via: Option<&Via>) -> Vec<Announcement> {
    read(bytes, id)
        .map(|records| records.announcements(via))
        .unwrap_or_default()
}

/// What the records of a message say.
#[derive(Debug, Default)]
struct Records<'a> {
    instances: Vec<String>,
    /// Instance, port, host.
    services: Vec<(String, u16, String)>,
    texts: Vec<(String, &'a [u8])>,
    addresses: Vec<(String, IpAddr)>,
}

impl Records<'_> {
    fn announcements(&self, via: Option<&Via>) -> Vec<Announcement> {
        let complete = self.instances.iter().filter_map(|instance| {
            let is_it = |name: &str| name.eq_ignore_ascii_case(instance);
            let (_, port, host) = self.services.iter().find(|(name, ..)| is_it(name))?;
            let (_, text) = self.texts.iter().find(|(name, _)| is_it(name))?;
            let of_host = |(name, ip): &(String, IpAddr)| {
                name.eq_ignore_ascii_case(host)
                    .then(|| endpoint(*ip, *port, via))
            };
            Some(Announcement {
                instance: instance.clone(),
                endpoints: self.addresses.iter().filter_map(of_host).collect(),
                txt: Some(TxtFields::from_pairs(pairs(text))?),
            })
        });
        complete.collect()
    }
}

fn endpoint(ip: IpAddr, port: u16, via: Option<&Via>) -> Endpoint {
    let local = matches!(ip, IpAddr::V6(ip) if is_link_local(ip));
    Endpoint {
        ip,
        port,
        scope_id: via.filter(|_| local).map_or(0, |via| via.index),
        interface: via.map(|via| via.name.clone()),
    }
}

/// The pairs of a TXT record: strings with a length before each; one without `=` has no value (RFC 6763, section 6).
fn pairs(mut text: &[u8]) -> Vec<(&str, &[u8])> {
    let mut pairs = Vec::new();
    while let Some((length, rest)) = text.split_first() {
        let Some((string, rest)) = rest.split_at_checked(usize::from(*length)) else {
            break;
        };
        text = rest;
        let mut parts = string.splitn(2, |byte| *byte == b'=');
        if let Some(key) = parts.next().and_then(|key| std::str::from_utf8(key).ok()) {
            pairs.push((key, parts.next().unwrap_or_default()));
        }
    }
    pairs
}

fn read(bytes: &[u8], id: u16) -> Option<Records<'_>> {
    let field = |index: usize| number(bytes, 2 * index);
    if field(0)? != id || field(1)? & RESPONSE == 0 {
        return None;
    }
    let mut at = HEADER;
    for _ in 0..field(2)? {
        let (_, end) = name(bytes, at)?;
        at = end + 4;
    }
    let count: usize = (3..6).filter_map(field).map(usize::from).sum();
    let mut records = Records::default();
    for _ in 0..count.min(MAX_RECORDS) {
        let (owner, end) = name(bytes, at)?;
        let (kind, class) = (number(bytes, end)?, number(bytes, end + 2)?);
        let data_at = end + 10;
        let data_end = data_at + usize::from(number(bytes, end + 8)?);
        let data = bytes.get(data_at..data_end)?;
        at = data_end;
        if class & CLASS != IN {
            continue;
        }
        match kind {
            PTR if owner.eq_ignore_ascii_case(super::SERVICE_TYPE) => {
                let (instance, _) = name(bytes, data_at)?;
                if !records.instances.contains(&instance) {
                    records.instances.push(instance);
                }
            }
            SRV => {
                let port = number(data, 4)?;
                let (host, _) = name(bytes, data_at + 6)?;
                records.services.push((owner, port, host));
            }
            TXT => records.texts.push((owner, data)),
            A => {
                let ip = Ipv4Addr::from(<[u8; 4]>::try_from(data).ok()?);
                records.addresses.push((owner, ip.into()));
            }
            AAAA => {
                let ip = Ipv6Addr::from(<[u8; 16]>::try_from(data).ok()?);
                records.addresses.push((owner, ip.into()));
            }
            _ => {}
        }
    }
    Some(records)
}

fn number(bytes: &[u8], at: usize) -> Option<u16> {
    let [high, low] = bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
    Some(u16::from_be_bytes([high, low]))
}

/// The name that begins at `at`, each label followed by a dot, and where what follows it begins.
fn name(bytes: &[u8], mut at: usize) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut end = None;
    let mut pointers = 0;
    loop {
        let length = usize::from(*bytes.get(at)?);
        match length >> 6 {
            0 if length == 0 => return Some((text, end.unwrap_or(at + 1))),
            0 => {
                let label = bytes.get(at + 1..at + 1 + length)?;
                text.push_str(std::str::from_utf8(label).ok()?);
                text.push('.');
                if text.len() > MAX_NAME {
                    return None;
                }
                at += 1 + length;
            }
            3 => {
                pointers += 1;
                if pointers > MAX_POINTERS {
                    return None;
                }
                end.get_or_insert(at + 2);
                at = usize::from(number(bytes, at)? & 0x3fff);
            }
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests;
