// SPDX-License-Identifier: GPL-3.0-or-later
//! `Announcement`: what one DNS-SD instance says at the moment. Input: TXT pairs of strangers; output: checked fields.

use super::device::{Capabilities, Device, Endpoint};
use super::text::clean;

/// What is known of one service instance, from its SRV, TXT, A and AAAA records. May be incomplete: records arrive in
/// pieces and in any order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// The full name of the instance; names the SRV source.
    pub instance: String,
    /// All addresses with the port of the SRV record. An endpoint with port 0 is ignored.
    pub endpoints: Vec<Endpoint>,
    /// The TXT record, if it was there and usable.
    pub txt: Option<TxtFields>,
}

/// The fields of a TXT record that matter here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TxtFields {
    /// `id`: lower case, without dashes (Chromium makes its sink id the same way).
    pub id: String,
    /// `fn`.
    pub name: String,
    /// `md`.
    pub model: String,
    /// `ca`; empty when missing or unreadable.
    pub capabilities: Capabilities,
    /// `st` is not 0.
    pub busy: bool,
    /// `rs`.
    pub status: String,
}

impl TxtFields {
    /// Longest `id` that is kept, in bytes. Devices use 32.
    const MAX_ID: usize = 64;

    /// Reads the pairs of a TXT record. As lax as Chromium: only `id` and `fn` must be there; keys in any case, the
    /// first of several equal keys counts, everything else is optional and tolerated.
    pub fn from_pairs<'a>(
        pairs: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    ) -> Option<TxtFields> {
        let [
            mut id,
            mut name,
            mut model,
            mut capabilities,
            mut status,
            mut running,
        ] = [None; 6];
        for (key, value) in pairs {
            let slot = match key.to_ascii_lowercase().as_str() {
                "id" => &mut id,
                "fn" => &mut name,
                "md" => &mut model,
                "ca" => &mut capabilities,
                "st" => &mut status,
                "rs" => &mut running,
                _ => continue,
            };
            slot.get_or_insert(value);
        }
        let id = clean(id?, Self::MAX_ID).to_lowercase().replace('-', "");
        let name = clean(name?, Device::MAX_NAME);
        if id.is_empty() || name.is_empty() {
            return None;
        }
        let capabilities = capabilities
            .and_then(|value| std::str::from_utf8(value).ok()?.parse().ok())
            .unwrap_or(0);
        Some(TxtFields {
            id,
            name,
            model: clean(model.unwrap_or_default(), Device::MAX_NAME),
            capabilities: Capabilities(capabilities),
            busy: status.is_some_and(|value| value != b"0"),
            status: clean(running.unwrap_or_default(), Device::MAX_NAME),
        })
    }
}
