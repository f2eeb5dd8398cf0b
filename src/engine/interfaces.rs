// SPDX-License-Identifier: GPL-3.0-or-later
//! The network interfaces among which a person may choose. Output: their names, as the settings keep them.

/// The interfaces that have an address now, without the loopback, sorted by name. Asks the system: not for a thread that
/// must not block.
pub fn interfaces() -> Vec<String> {
    let all = if_addrs::get_if_addrs().unwrap_or_else(|error| {
        tracing::warn!(%error, "the network interfaces cannot be listed");
        Vec::new()
    });
    let mut names: Vec<String> = all
        .into_iter()
        .filter(|interface| !interface.is_loopback())
        .map(|interface| interface.name)
        .collect();
    names.sort();
    names.dedup();
    names
}
