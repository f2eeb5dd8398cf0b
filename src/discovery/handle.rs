// SPDX-License-Identifier: GPL-3.0-or-later
//! `Discovery::start` and the handle that the engine holds.

use std::net::IpAddr;
use std::sync::Arc;

use tokio::sync::{broadcast, mpsc, watch};

use super::browse::Task;
use super::device::{Device, DeviceEvent};
use super::manual::ManualHost;

/// Commands that wait for the task. They come from people, one at a time.
const COMMANDS: usize = 16;
/// Events that a slow listener may lag behind before it has to look at the list instead.
const EVENTS: usize = 256;

/// What to search for.
#[derive(Debug, Clone, Default)]
pub struct DiscoveryOptions {
    /// Search on this interface only, instead of on all.
    pub interface: Option<String>,
    /// Hosts that the user entered.
    pub hosts: Vec<ManualHost>,
    /// Where devices were before. They are asked whether they are still there; nothing is taken for granted.
    pub hints: Vec<IpAddr>,
}

/// Why nothing can be found by itself. Manual hosts still work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DiscoveryError {
    /// The mDNS sockets could not be opened.
    #[error("cannot listen to mDNS: {0}")]
    Mdns(#[from] mdns_sd::Error),
}

/// Starts searches.
#[derive(Debug)]
pub struct Discovery;

impl Discovery {
    /// Starts to search, on the current tokio runtime.
    ///
    /// It goes on until [`DiscoveryHandle::stop`] or until the handle is dropped. A network that does not allow mDNS is no
    /// error here: the search starts when it can, see [`DiscoveryHandle::problem`].
    pub fn start(options: DiscoveryOptions) -> DiscoveryHandle {
        let (commands, received) = mpsc::channel(COMMANDS);
        let (devices, watch) = watch::channel(Arc::<[Device]>::default());
        let (problem, problems) = watch::channel(None);
        let (events, _) = broadcast::channel(EVENTS);
        let (counter, changes) = watch::channel(0);
        let task = Task::new(options, devices, problem, events.clone(), counter);
        tokio::spawn(task.run(received));
        DiscoveryHandle {
            commands,
            devices: watch,
            problem: problems,
            events,
            changes,
        }
    }
}

/// A running search. Dropping it ends the search without waiting.
#[derive(Debug)]
pub struct DiscoveryHandle {
    commands: mpsc::Sender<Command>,
    devices: watch::Receiver<Arc<[Device]>>,
    problem: watch::Receiver<Option<Arc<DiscoveryError>>>,
    events: broadcast::Sender<DeviceEvent>,
    changes: watch::Receiver<u64>,
}

impl DiscoveryHandle {
    /// The devices known now, sorted by name.
    pub fn devices(&self) -> Arc<[Device]> {
        self.devices.borrow().clone()
    }

    /// The list as it changes (also when only `last_seen` did).
    pub fn watch(&self) -> watch::Receiver<Arc<[Device]>> {
        self.devices.clone()
    }

    /// The changes from now on. A listener that lags by more than 256 gets an error and looks at [`Self::devices`].
    pub fn events(&self) -> broadcast::Receiver<DeviceEvent> {
        self.events.subscribe()
    }

    /// Why mDNS does not work at the moment; `None` when it does.
    pub fn problem(&self) -> watch::Receiver<Option<Arc<DiscoveryError>>> {
        self.problem.clone()
    }

    /// Counts how often the network interfaces or their addresses have changed.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.clone()
    }

    /// Adds a host that the user entered. It is in the list at once, and merged with the announced device when that
    /// turns up under the same address.
    pub async fn add_host(&self, host: ManualHost) {
        self.command(Command::Add(host)).await;
    }

    /// Forgets a host that the user entered.
    pub async fn remove_host(&self, host: ManualHost) {
        self.command(Command::Remove(host)).await;
    }

    /// Ends the search and its thread, and waits for it.
    pub async fn stop(&self) {
        self.command(Command::Stop).await;
        // The task gives up its end last of all.
        self.commands.closed().await;
    }

    async fn command(&self, command: Command) {
        if self.commands.send(command).await.is_err() {
            tracing::debug!("the search for devices has ended");
        }
    }
}

/// What a front end may ask.
#[derive(Debug)]
pub(super) enum Command {
    Add(ManualHost),
    Remove(ManualHost),
    /// End the search.
    Stop,
}
