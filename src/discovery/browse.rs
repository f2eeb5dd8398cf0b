// SPDX-License-Identifier: GPL-3.0-or-later
//! The running search. Input: mDNS events, interface changes, commands; output: the list and its changes. All decisions
//! are the table's.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use mdns_sd::ServiceEvent;
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};

use super::announcement::Announcement;
use super::device::{Device, DeviceEvent, Endpoint};
use super::handle::{Command, DiscoveryError, DiscoveryOptions};
use super::manual::ManualHost;
use super::mdns::Mdns;
use super::netlink::InterfaceWatch;
use super::records::announcement;
use super::table::Table;
use super::{SERVICE_TYPE, direct, lookup};

/// mDNS events that are taken from the library's channel before the list is made anew.
const BATCH: usize = 256;
/// Answers beside mDNS that may wait; whoever reads them from the network waits, too.
const ANSWERS: usize = 64;
/// How often the library's cache is looked at.
const CHECK: Duration = Duration::from_secs(30);
/// How often the names of manual hosts are looked up anew.
const LOOKUP: Duration = Duration::from_mins(1);
/// How long the search waits before it starts again after it broke off.
pub(super) const RETRY: Duration = Duration::from_secs(1);
/// How long devices stay listed while a new daemon has not heard them yet.
const RESTART_GRACE: Duration = Duration::from_secs(10);
/// When the library's check for vanished interfaces has happened; it comes after one second.
pub(super) const SETTLED: Duration = Duration::from_millis(1500);

/// The state of the search, apart from the sockets.
pub(super) struct Task {
    interface: Option<String>,
    table: Table,
    devices: watch::Sender<Arc<[Device]>>,
    problem: watch::Sender<Option<Arc<DiscoveryError>>>,
    events: broadcast::Sender<DeviceEvent>,
    changes: watch::Sender<u64>,
    lookups: JoinSet<(ManualHost, Vec<Endpoint>)>,
    hosts: Vec<ManualHost>,
    hints: Vec<IpAddr>,
    /// The questions that are asked beside mDNS, and what they bring.
    asking: JoinSet<()>,
    found: mpsc::Sender<Announcement>,
    answers: mpsc::Receiver<Announcement>,
}

/// The part of the search that is made anew when mDNS breaks off.
struct Search {
    mdns: Mdns,
    events: mdns_sd::Receiver<ServiceEvent>,
    /// When the interfaces that have just changed are settled.
    settled: Option<Instant>,
}

impl Search {
    fn start(interface: Option<&str>) -> Result<Search, mdns_sd::Error> {
        let mdns = Mdns::start(interface)?;
        let events = mdns.daemon.browse(SERVICE_TYPE)?;
        Ok(Search {
            mdns,
            events,
            settled: None,
        })
    }

    /// Uses the interfaces as they are now, and asks everybody again.
    fn look_again(&mut self) -> Result<(), mdns_sd::Error> {
        self.mdns.look_again()?;
        self.events = self.mdns.daemon.browse(SERVICE_TYPE)?;
        self.settled = Some(Instant::now() + SETTLED);
        Ok(())
    }
}

impl Task {
    /// A search that has not begun; it publishes through these channels.
    pub(super) fn new(
        options: DiscoveryOptions,
        devices: watch::Sender<Arc<[Device]>>,
        problem: watch::Sender<Option<Arc<DiscoveryError>>>,
        events: broadcast::Sender<DeviceEvent>,
        changes: watch::Sender<u64>,
    ) -> Task {
        let (found, answers) = mpsc::channel(ANSWERS);
        let mut task = Task {
            interface: options.interface,
            table: Table::new(),
            devices,
            problem,
            events,
            changes,
            lookups: JoinSet::new(),
            hosts: Vec::new(),
            hints: options.hints,
            asking: JoinSet::new(),
            found,
            answers,
        };
        for host in options.hosts {
            task.add_host(host);
        }
        task
    }

    /// Searches until [`Command::Stop`] comes, or `commands` is closed.
    pub(super) async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        let mut interfaces = InterfaceWatch::new()
            .inspect_err(
                |error| tracing::warn!(%error, "changes of the network will not be noticed"),
            )
            .ok();
        let mut search = self.search();
        self.ask();
        let mut check = tokio::time::interval(CHECK);
        check.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut lookup = tokio::time::interval(LOOKUP);
        lookup.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut retry = Instant::now() + RETRY;
        loop {
            self.publish();
            let deadline = self.table.deadline().map(Instant::from_std);
            let settled = search.as_ref().and_then(|search| search.settled);
            let mut broken = false;
            tokio::select! {
                command = commands.recv() => match command {
                    Some(Command::Add(host)) => {
                        self.add_host(host);
                        self.ask();
                    }
                    Some(Command::Remove(host)) => self.remove_host(&host),
                    Some(Command::Stop) | None => break,
                },
                event = next_event(search.as_ref()) => match event {
                    Some(event) => {
                        self.take(event);
                        let waiting = search.as_ref().map(|search| search.events.clone());
                        waiting.iter().flat_map(mdns_sd::Receiver::try_iter).take(BATCH).for_each(|event| self.take(event));
                    }
                    None => broken = true,
                },
                () = changed(interfaces.as_mut()) => {
                    tracing::debug!("the network has changed");
                    self.changes.send_modify(|count| *count += 1);
                    match &mut search {
                        Some(search) => broken = search.look_again().is_err(),
                        None => retry = Instant::now(),
                    }
                    self.look_up_hosts();
                    self.ask();
                }
                Some(answer) = self.answers.recv() => {
                    self.table.hear_of(std::time::Instant::now(), answer, direct::LASTS);
                }
                Some(ended) = self.asking.join_next() => if let Err(error) = ended {
                    tracing::warn!(%error, "a question has ended badly");
                },
                () = at(settled) => if let Some(search) = &mut search {
                    search.settled = None;
                    broken = search.mdns.settle().is_err();
                },
                () = at(deadline) => self.table.tick(std::time::Instant::now()),
                Some(Ok((host, endpoints))) = self.lookups.join_next() => self.table.host_resolved(&host, endpoints),
                _ = lookup.tick() => self.look_up_hosts(),
                _ = check.tick() => if let Some(search) = &search {
                    broken = search.mdns.is_overfull().await;
                },
                () = tokio::time::sleep_until(retry), if search.is_none() => {
                    search = self.search();
                    retry = Instant::now() + RETRY;
                }
            }
            if broken {
                tracing::warn!("the search for devices starts again");
                self.table
                    .doubt_everything(std::time::Instant::now(), RESTART_GRACE);
                if let Some(search) = search.take() {
                    search.mdns.stop().await;
                }
                retry = Instant::now() + RETRY;
            }
        }
        if let Some(search) = search {
            search.mdns.stop().await;
        }
    }

    fn search(&self) -> Option<Search> {
        let started = Search::start(self.interface.as_deref());
        let problem = started
            .as_ref()
            .err()
            .map(|error| Arc::new(DiscoveryError::Mdns(error.clone())));
        self.problem.send_replace(problem);
        started
            .inspect_err(|error| tracing::warn!(%error, "cannot listen to mDNS"))
            .ok()
    }

    /// Asks everybody at once, unless that is being done.
    fn ask(&mut self) {
        if self.asking.is_empty() {
            let (interface, hints) = (self.interface.clone(), self.hints.clone());
            self.asking
                .spawn(direct::ask(interface, hints, self.found.clone()));
        }
    }

    fn remove_host(&mut self, host: &ManualHost) {
        self.hosts.retain(|known| known != host);
        self.table.remove_host(host);
    }

    fn add_host(&mut self, host: ManualHost) {
        if !self.hosts.contains(&host)
            && self.table.add_host(std::time::Instant::now(), host.clone())
        {
            self.lookups.spawn(lookup::endpoints(host.clone()));
            // It may tell its name when it is asked.
            if let Some(ip) = host.ip().filter(|ip| !self.hints.contains(ip)) {
                self.hints.push(ip);
            }
            self.hosts.push(host);
        }
    }

    fn look_up_hosts(&mut self) {
        if self.lookups.is_empty() {
            for host in &self.hosts {
                self.lookups.spawn(lookup::endpoints(host.clone()));
            }
        }
    }

    fn take(&mut self, event: ServiceEvent) {
        let now = std::time::Instant::now();
        match event {
            ServiceEvent::ServiceResolved(service) => {
                self.table.announce(now, announcement(&service));
            }
            ServiceEvent::ServiceRemoved(_, instance) => self.table.withdraw(now, &instance),
            _ => {}
        }
    }

    fn publish(&mut self) {
        while let Some(event) = self.table.poll() {
            tracing::debug!(?event, "devices");
            // Fails only when nobody listens.
            self.events.send(event).ok();
        }
        let devices = self.table.devices();
        self.devices.send_if_modified(|list| {
            let modified = !Arc::ptr_eq(list, &devices);
            *list = devices;
            modified
        });
    }
}

/// The next event of the search; `None` when it broke off; never when there is none.
async fn next_event(search: Option<&Search>) -> Option<ServiceEvent> {
    match search {
        Some(search) => search.events.recv_async().await.ok(),
        None => std::future::pending().await,
    }
}

/// Waits for a change of the interfaces.
pub(super) async fn changed(interfaces: Option<&mut InterfaceWatch>) {
    match interfaces {
        Some(interfaces) => {
            if let Err(error) = interfaces.changed().await {
                tracing::warn!(%error, "cannot read changes of the network");
                tokio::time::sleep(RETRY).await;
            }
        }
        None => std::future::pending().await,
    }
}

/// Waits until `deadline`, or for ever.
pub(super) async fn at(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
