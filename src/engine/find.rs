// SPDX-License-Identifier: GPL-3.0-or-later
//! Which device a person means: what was typed in, a [`Device`] out.

use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout};

use super::Reason;
use crate::discovery::{Device, DiscoveryHandle, ManualHost, has_address};

/// How long a typed address may take to turn up in the list; it is there at once.
const RESOLVE: Duration = Duration::from_secs(5);

/// How long the system's resolver may take when it is the only hope, because the network cannot be searched.
const LOOKUP: Duration = Duration::from_secs(3);

/// How long a bare word that is also the name of a host waits for a device of that name: some name servers have an
/// address for every word.
const HEAD_START: Duration = Duration::from_millis(1500);

/// See [`super::Engine::find`].
pub(super) async fn find(
    discovery: &DiscoveryHandle,
    query: &str,
    wait: Duration,
) -> Result<Device, Reason> {
    let wanted = Wanted::of(query);
    let mut list = discovery.watch();
    let mut problem = discovery.problem();
    if let Some(host) = &wanted.host {
        discovery.add_host(host.clone()).await;
    }
    let begun = Instant::now();
    let looking = timeout(wanted.patience(wait), async {
        let lookup = wanted.is_possible();
        tokio::pin!(lookup);
        let mut possible = None;
        loop {
            let elapsed = begun.elapsed();
            let head_start_over = elapsed >= HEAD_START;
            let device = wanted.choose(&list.borrow_and_update(), head_start_over);
            if let Some(device) = device {
                return Some(device);
            }
            if possible == Some(false) && elapsed >= wanted.head_start() {
                return None;
            }
            let searching = problem.borrow_and_update().is_none();
            if !searching && elapsed >= wanted.patience_without_search() {
                return None;
            }
            tokio::select! {
                changed = list.changed() => if changed.is_err() { return None },
                changed = problem.changed() => if changed.is_err() { return None },
                known = &mut lookup, if possible.is_none() => possible = Some(known),
                () = sleep_until(begun + HEAD_START), if !head_start_over => {}
                () = sleep_until(begun + LOOKUP), if !searching && elapsed < LOOKUP => {}
            }
        }
    });
    let found = looking.await.ok().flatten();
    if let Some(host) = wanted.host.clone() {
        discovery.remove_host(host).await;
    }
    found.ok_or_else(|| {
        let problem = problem.borrow().as_ref().map(ToString::to_string);
        wanted.not_found(problem)
    })
}

/// What was typed in.
#[derive(Debug)]
struct Wanted {
    query: String,
    /// The host that it may be.
    host: Option<ManualHost>,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// An IP address: nothing has to be looked up.
    Address,
    /// A name with a dot or a port, which few devices have; also `localhost`.
    Host,
    /// Anything else: a device's name or id first of all.
    Name,
}

impl Wanted {
    fn of(query: &str) -> Wanted {
        let query = query.trim().to_owned();
        let host = query.parse::<ManualHost>().ok();
        let kind = match &host {
            Some(host) if host.ip().is_some() => Kind::Address,
            Some(_) if query.contains(['.', ':']) || query == "localhost" => Kind::Host,
            _ => Kind::Name,
        };
        Wanted { query, host, kind }
    }

    fn patience(&self, wait: Duration) -> Duration {
        match self.kind {
            Kind::Address => RESOLVE,
            Kind::Host | Kind::Name => wait,
        }
    }

    /// Whether it can be anything at all: an address that leads nowhere, or a host without one, is not worth waiting for. A
    /// name may always be a device's.
    async fn is_possible(&self) -> bool {
        match (self.kind, &self.host) {
            (Kind::Address | Kind::Host, Some(host)) => has_address(host).await,
            _ => true,
        }
    }

    /// How long a host without an address may still turn out to be the name of a device.
    fn head_start(&self) -> Duration {
        let may_be_a_name = self.kind == Kind::Host && !self.query.contains(':');
        if may_be_a_name {
            HEAD_START
        } else {
            Duration::ZERO
        }
    }

    /// Without a search there is only the system's resolver to wait for.
    fn patience_without_search(&self) -> Duration {
        match (self.kind, &self.host) {
            (Kind::Address, _) => RESOLVE,
            (_, Some(_)) => LOOKUP,
            (_, None) => Duration::ZERO,
        }
    }

    /// The device that is meant: one of this name or id, else the host of this name. A bare word waits for the former
    /// until `head_start_over`.
    fn choose(&self, devices: &[Device], head_start_over: bool) -> Option<Device> {
        let announced = || match self.kind {
            Kind::Address => None,
            Kind::Host | Kind::Name => pick(devices, &self.query),
        };
        let resolved = || {
            let host = self
                .host
                .as_ref()
                .filter(|_| self.kind != Kind::Name || head_start_over)?;
            let id = host.id();
            devices
                .iter()
                .find(|device| is_host(device, &id, host))
                .cloned()
        };
        announced().or_else(resolved)
    }

    fn not_found(&self, problem: Option<String>) -> Reason {
        match (self.kind, &self.host, problem) {
            // Neither needs the search.
            (Kind::Address | Kind::Host, Some(host), _) => Reason::HostUnknown(host.host.clone()),
            (_, _, Some(problem)) => Reason::System(problem),
            (_, _, None) => Reason::DeviceNotFound(self.query.clone()),
        }
    }
}

/// The announced device with this id, else with this name, else the only one whose name begins so.
fn pick(devices: &[Device], query: &str) -> Option<Device> {
    let id = query.to_lowercase().replace('-', "");
    let name = query.to_lowercase();
    let reachable = || {
        devices
            .iter()
            .filter(|device| !device.endpoints.is_empty() && !device.is_provisional())
    };
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

/// Whether `device` is the typed host with an address: by its provisional id, or merged with an announced device.
fn is_host(device: &Device, id: &str, host: &ManualHost) -> bool {
    let merged = || match host.ip() {
        Some(ip) => device
            .endpoints
            .iter()
            .any(|endpoint| endpoint.ip == ip && endpoint.port == host.port),
        None => device.hosts.contains(host) && !device.is_provisional(),
    };
    !device.endpoints.is_empty() && (device.id == id || merged())
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::time::Instant;

    use super::*;

    fn device(id: &str, name: &str) -> Device {
        let address: SocketAddr = "192.0.2.1:8009".parse().expect("an address");
        Device::unannounced(id.into(), name.into(), vec![address.into()], Instant::now())
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
    fn addresses_are_told_from_hosts_and_hosts_from_names() {
        let kind = |text: &str| Wanted::of(text).kind;
        for text in [
            "192.0.2.7",
            "192.0.2.7:8010",
            "[fe80::1%eth0]:8009",
            "::1",
            " 192.0.2.7 ",
        ] {
            assert_eq!(kind(text), Kind::Address, "{text}");
        }
        for text in ["tv.local", "tv:8010", "localhost", "TV-2.0"] {
            assert_eq!(kind(text), Kind::Host, "{text}");
        }
        for text in ["Kitchen", "Living Room TV", "TV no. 2", "abc123"] {
            assert_eq!(kind(text), Kind::Name, "{text}");
        }
        assert!(Wanted::of("chromecast").host.is_some());
        assert!(Wanted::of("Living Room TV").host.is_none());
    }

    #[test]
    fn a_device_goes_before_a_host_of_the_same_name() {
        for query in ["TV-2.0", "kitchen", "kit:8010"] {
            let id = query.parse::<ManualHost>().expect("a host").id();
            let host = device(&id, query);
            let both = [device("abc123", query), host.clone()];
            let chosen = |devices: &[Device], head_start_over| {
                let device = Wanted::of(query).choose(devices, head_start_over);
                device.map(|device| device.id)
            };
            assert_eq!(chosen(&both, true).as_deref(), Some("abc123"), "{query}");
            assert_eq!(chosen(&[host], true), Some(id), "{query}");
            assert_eq!(chosen(&[], true), None);
        }
    }

    #[test]
    fn a_bare_word_waits_for_a_device_before_it_is_a_host() {
        let host = [device("manual:kitchen", "kitchen")];
        assert_eq!(Wanted::of("kitchen").choose(&host, false), None);
        let host = [device("manual:kitchen.lan", "kitchen.lan")];
        assert!(Wanted::of("kitchen.lan").choose(&host, false).is_some());
        let unresolved = Device {
            endpoints: Vec::new(),
            ..device("manual:kitchen.lan", "kitchen.lan")
        };
        assert_eq!(Wanted::of("kitchen.lan").choose(&[unresolved], true), None);
        let merged = Device {
            hosts: vec!["kitchen.lan".parse().expect("a host")],
            ..device("abc123", "TV")
        };
        let devices = [device("def456", "Speaker"), merged];
        let chosen = Wanted::of("kitchen.lan").choose(&devices, true);
        assert_eq!(chosen.map(|device| device.id).as_deref(), Some("abc123"));
    }

    #[test]
    fn what_was_not_found_is_called_what_it_can_only_be() {
        let problem = || Some("no sockets".to_owned());
        let not_found = |query: &str, problem| Wanted::of(query).not_found(problem);
        let unknown = Reason::HostUnknown("tv.lan".into());
        assert_eq!(not_found("tv.lan:8010", None), unknown);
        assert_eq!(not_found("tv.lan:8010", problem()), unknown);
        let missing = |name: &str| Reason::DeviceNotFound(name.into());
        assert_eq!(not_found("chromecast", None), missing("chromecast"));
        assert_eq!(not_found("Living Room", None), missing("Living Room"));
        let system = Reason::System("no sockets".into());
        assert_eq!(not_found("chromecast", problem()), system);
    }
}
