// SPDX-License-Identifier: GPL-3.0-or-later
//! What plays and where, as far as the sound of a cast needs to know: applications, their ports, the default output.
//!
//! Plain data, kept up to date by `registry`. Input: properties as the daemon tells them. Output: which ports to link.

use std::collections::BTreeMap;

/// A client of the daemon.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Client {
    pub name: Option<String>,
    pub binary: Option<String>,
    pub pid: Option<u32>,
}

/// A node: a stream of an application, an output, …
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Node {
    pub name: Option<String>,
    pub class: Option<String>,
    pub application: Option<String>,
    pub client: Option<u32>,
}

/// A port of a node; one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Port {
    pub node: u32,
    pub output: bool,
    pub channel: String,
}

/// The daemon's objects by their ids.
#[derive(Debug, Clone, Default)]
pub(super) struct Graph {
    pub clients: BTreeMap<u32, Client>,
    pub nodes: BTreeMap<u32, Node>,
    pub ports: BTreeMap<u32, Port>,
    /// The name of the output that is used by default now.
    pub default_sink: Option<String>,
    /// The name of the output that was chosen to be the default one.
    pub configured_sink: Option<String>,
}

/// The class of nodes by which applications play.
const PLAYBACK: &str = "Stream/Output/Audio";

impl Graph {
    /// Forgets an object.
    pub fn remove(&mut self, id: u32) {
        self.clients.remove(&id);
        self.nodes.remove(&id);
        self.ports.remove(&id);
    }

    /// Whether a node has this name.
    pub fn has_node(&self, name: &str) -> bool {
        self.nodes
            .values()
            .any(|node| node.name.as_deref() == Some(name))
    }

    /// Whether an application of this name is connected, or plays already.
    pub fn has_application(&self, name: &str) -> bool {
        self.clients.values().any(|client| client.is_named(name))
            || self.nodes.values().any(|node| self.belongs_to(node, name))
    }

    /// The names of the applications that play, sorted, each once. Processes for which `is_own` holds are not among them.
    pub fn players(&self, is_own: impl Fn(u32) -> bool) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        let playing = self.nodes.values();
        for node in playing.filter(|node| node.class.as_deref() == Some(PLAYBACK)) {
            let client = node.client.and_then(|id| self.clients.get(&id));
            let own_name = node.application.as_ref();
            let name = own_name.or_else(|| client.and_then(|client| client.name.as_ref()));
            if let Some(name) = name.filter(|name| !name.trim().is_empty())
                && !client.and_then(|client| client.pid).is_some_and(&is_own)
                && !names.iter().any(|known| same(known, name))
            {
                names.push(name.clone());
            }
        }
        names.sort_by_key(|name| name.to_lowercase());
        names
    }

    fn belongs_to(&self, node: &Node, name: &str) -> bool {
        let client = node.client.and_then(|id| self.clients.get(&id));
        let own_name = node.application.as_deref();
        own_name.is_some_and(|own| same(own, name)) || client.is_some_and(|c| c.is_named(name))
    }

    /// The pairs of ports (from, to) that carry the sound of the application `name` to the node `to`. Nodes of processes
    /// for which `is_own` holds are never among them.
    pub fn links(&self, name: &str, to: u32, is_own: impl Fn(u32) -> bool) -> Vec<(u32, u32)> {
        let wanted = |id: &u32| {
            self.nodes.get(id).is_some_and(|node| {
                let client = node.client.and_then(|id| self.clients.get(&id));
                node.class.as_deref() == Some(PLAYBACK)
                    && self.belongs_to(node, name)
                    && !client.and_then(|client| client.pid).is_some_and(&is_own)
            })
        };
        let from = self
            .ports
            .iter()
            .filter(|(_, port)| port.output && wanted(&port.node));
        from.flat_map(|(&from, port)| {
            let inputs = self
                .ports
                .iter()
                .filter(move |(_, input)| input.node == to && !input.output);
            inputs
                .filter(move |(_, input)| carries(&port.channel, &input.channel))
                .map(move |(&input, _)| (from, input))
        })
        .collect()
    }
}

impl Client {
    fn is_named(&self, name: &str) -> bool {
        let names = [&self.name, &self.binary];
        names.into_iter().flatten().any(|own| same(own, name))
    }
}

fn same(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

/// Which channels of an application go into which of ours: surround sound goes to the side that it comes from.
fn carries(from: &str, to: &str) -> bool {
    match from {
        "FL" | "SL" | "RL" | "FLC" => to == "FL",
        "FR" | "SR" | "RR" | "FRC" => to == "FR",
        // Mono, centre, and whatever is not a side.
        _ => true,
    }
}

/// Whether `pid` is `own` or a process that `own` has started, by following `parent_of`.
pub(super) fn descends(pid: u32, own: u32, parent_of: impl Fn(u32) -> Option<u32>) -> bool {
    /// Deeper trees do not exist; circles could, when ids are used again while we look.
    const DEPTH: usize = 64;
    std::iter::successors(Some(pid), |&pid| {
        parent_of(pid).filter(|&parent| parent > 0)
    })
    .take(DEPTH)
    .any(|pid| pid == own)
}

/// The parent of a process, as the kernel tells it.
pub(super) fn parent_of(pid: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    parent_in(&stat)
}

/// The fourth field of `/proc/PID/stat`; the second is a name that may contain anything, also parentheses.
fn parent_in(stat: &str) -> Option<u32> {
    let (_, after_name) = stat.rsplit_once(')')?;
    after_name.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests;
