// SPDX-License-Identifier: GPL-3.0-or-later
//! Apps of ours that casts have left on devices, because they were cut off: what is remembered of them in; a list of those
//! that are still there out, and stopping them when a person wants that.
//!
//! ```text
//! remembered, its cast is over ──found──▶ listed ──stopped, or ended by itself──▶ forgotten
//!                     │  └──not there──▶ forgotten
//!                     └──not reached──▶ sought again when it is announced, or has moved
//! ```
//! What was found is followed over a connection of its own, so that nothing is offered that has ended.

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use super::apps::{Apps, Left};
use super::{CommandError, Device, Endpoint, Reason};
use crate::session::leftover::Remains;

/// After a cast has ended: most often the person casts again, and that stops what was left.
const A_MOMENT: Duration = Duration::from_secs(5);

/// A cast of this computer that was cut off, and that its device still shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftBehind {
    /// [`Device::id`].
    pub device: String,
    /// What it was called when the cast began.
    pub name: String,
}

/// All of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllLeftBehind {
    /// Those that were found, in no particular order.
    pub found: Vec<LeftBehind>,
    /// Whether devices are being asked that have not answered yet.
    pub looking: bool,
}

/// The search. It ends with the engine.
#[derive(Debug)]
pub(super) struct Search {
    shared: Arc<Shared>,
    task: AbortHandle,
}

#[derive(Debug)]
struct Shared {
    apps: Arc<Apps>,
    interface: Option<String>,
    list: watch::Sender<AllLeftBehind>,
    looks: Mutex<Vec<Look>>,
}

/// One that is being looked for, or followed.
#[derive(Debug)]
struct Look {
    left: Left,
    found: bool,
    /// Answered with whether it was stopped.
    stop: mpsc::Sender<oneshot::Sender<bool>>,
    task: AbortHandle,
}

/// Where one was looked for in vain.
#[derive(Debug, PartialEq, Eq)]
struct Tried {
    at: Vec<SocketAddr>,
    announced: bool,
}

impl Search {
    /// Begins it on this runtime, among what `apps` remembers. `devices` tell where they are now.
    pub(super) fn begin(
        runtime: &Handle,
        apps: Arc<Apps>,
        interface: Option<String>,
        devices: watch::Receiver<Arc<[Device]>>,
    ) -> Search {
        let shared = Arc::new(Shared {
            apps,
            interface,
            // Until it is known what is remembered.
            list: watch::Sender::new(AllLeftBehind {
                found: Vec::new(),
                looking: true,
            }),
            looks: Mutex::default(),
        });
        let task = runtime.spawn(search(Arc::clone(&shared), devices));
        Search {
            shared,
            task: task.abort_handle(),
        }
    }

    /// What was found, as it changes.
    pub(super) fn watch(&self) -> watch::Receiver<AllLeftBehind> {
        self.shared.list.subscribe()
    }

    /// Stops what was found on this device. Takes 3 s at most.
    pub(super) fn stop(
        &self,
        device: &str,
    ) -> impl Future<Output = Result<(), CommandError>> + Send + use<> {
        let stop = {
            let looks = self.shared.looks();
            let mut found = looks.iter().filter(|look| look.found);
            let look = found.find(|look| look.left.device == device);
            look.map(|look| look.stop.clone())
        };
        let device = device.to_owned();
        async move {
            let Some(stop) = stop else {
                return Err(CommandError::NotCasting(device));
            };
            let (answer, stopped) = oneshot::channel();
            // It has ended by itself if nobody takes this.
            if stop.send(answer).await.is_err() || stopped.await.unwrap_or(true) {
                return Ok(());
            }
            Err(CommandError::StillThere)
        }
    }

    /// A cast to this device begins, which sees to what was left there.
    pub(super) fn give_up(&self, device: &str, addresses: &[SocketAddr]) {
        self.shared
            .give_up(|left| left.device == device || addresses.contains(&left.address));
    }
}

impl Drop for Search {
    fn drop(&mut self) {
        self.task.abort();
        self.shared.give_up(|_| true);
    }
}

impl Shared {
    fn looks(&self) -> MutexGuard<'_, Vec<Look>> {
        self.looks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows what was found.
    fn publish(&self, looks: &[Look]) {
        let found = looks
            .iter()
            .filter(|look| look.found)
            .map(|look| LeftBehind {
                device: look.left.device.clone(),
                name: look.left.name.clone(),
            });
        let now = AllLeftBehind {
            found: found.collect(),
            looking: looks.iter().any(|look| !look.found),
        };
        self.list.send_if_modified(|before| {
            let news = *before != now;
            *before = now;
            news
        });
    }

    fn change(&self, change: impl FnOnce(&mut Vec<Look>)) {
        let mut looks = self.looks();
        change(&mut looks);
        self.publish(&looks);
    }

    fn found(&self, session: &str) {
        self.change(|looks| {
            let mut looks = looks.iter_mut();
            if let Some(look) = looks.find(|look| look.left.session == session) {
                look.found = true;
            }
        });
    }

    fn give_up(&self, which: impl Fn(&Left) -> bool) {
        self.change(|looks| {
            let given_up = looks.extract_if(.., |look| which(&look.left));
            given_up.for_each(|look| look.task.abort());
        });
    }

    /// Looks for those that are remembered, unless that is being done, or was done in vain where they are.
    fn look(
        self: &Arc<Self>,
        left: &[Left],
        devices: &[Device],
        tried: &mut HashMap<String, Tried>,
        tasks: &mut JoinSet<(String, bool)>,
    ) {
        let mut looks = self.looks();
        let mut known: BTreeSet<String> =
            looks.iter().map(|look| look.left.session.clone()).collect();
        tried.retain(|session, _| left.iter().any(|left| left.session == *session));
        // At two addresses there is one session if a device has moved.
        for left in left {
            if !known.insert(left.session.clone()) {
                continue;
            }
            let now = whereabouts(left, devices);
            let before = tried.get(&left.session);
            // One that is not announced any more is no easier to reach.
            let vain = before
                .is_some_and(|before| *before == now || (before.at == now.at && !now.announced));
            let at = now.at.clone();
            tried.insert(left.session.clone(), now);
            if vain {
                continue;
            }
            let (stop, stops) = mpsc::channel(1);
            let attending = attend(Arc::clone(self), left.clone(), at, stops);
            let task = tasks.spawn(attending);
            looks.push(Look {
                left: left.clone(),
                found: false,
                stop,
                task,
            });
        }
        self.publish(&looks);
    }
}

/// Where it is announced, else where it was.
fn whereabouts(left: &Left, devices: &[Device]) -> Tried {
    let device = devices.iter().find(|device| device.id == left.device);
    let endpoints = device.map(|device| device.endpoints.iter().map(Endpoint::socket_addr));
    let announced: Vec<SocketAddr> = endpoints.map(Iterator::collect).unwrap_or_default();
    Tried {
        announced: !announced.is_empty(),
        at: if announced.is_empty() {
            vec![left.address]
        } else {
            announced
        },
    }
}

async fn search(shared: Arc<Shared>, mut devices: watch::Receiver<Arc<[Device]>>) {
    let mut news = shared.apps.watch();
    let mut left = remembered(&shared).await;
    let mut read_again = None;
    let mut tried = HashMap::new();
    let mut tasks = JoinSet::new();
    loop {
        let announced = devices.borrow_and_update().clone();
        shared.look(&left, &announced, &mut tried, &mut tasks);
        tokio::select! {
            changed = devices.changed() => if changed.is_err() { return },
            changed = news.changed() => {
                if changed.is_err() {
                    return;
                }
                read_again.get_or_insert(Instant::now() + A_MOMENT);
            }
            () = sleep_until(read_again) => {
                read_again = None;
                left = remembered(&shared).await;
            }
            Some(ended) = tasks.join_next() => if let Ok((session, true)) = ended {
                left.retain(|left| left.session != session);
            },
        }
    }
}

async fn remembered(shared: &Shared) -> Vec<Left> {
    let apps = Arc::clone(&shared.apps);
    let left = tokio::task::spawn_blocking(move || apps.left()).await;
    left.unwrap_or_default()
}

async fn sleep_until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// Looks for one and follows it to its end; its session, and whether that is over.
async fn attend(
    shared: Arc<Shared>,
    left: Left,
    at: Vec<SocketAddr>,
    mut stops: mpsc::Receiver<oneshot::Sender<bool>>,
) -> (String, bool) {
    let Left {
        address,
        session,
        name,
        ..
    } = left;
    let moved = !at.contains(&address);
    let over = match Remains::find(at, shared.interface.clone(), &session).await {
        Ok(None) => true,
        // What casts there is not even running; what it showed is gone.
        Err(Reason::ConnectionRefused) => !moved,
        Err(reason) => {
            tracing::debug!(device = name, %reason, "what was left behind is not found");
            false
        }
        Ok(Some(mut remains)) => {
            tracing::info!(device = name, "a cast was left behind");
            shared.found(&session);
            tokio::select! {
                over = remains.over() => over.is_ok(),
                stop = stops.recv() => {
                    let vanished = remains.stop().await;
                    // Whoever wanted it may be gone.
                    if stop.is_none_or(|stop| stop.send(vanished).is_err()) {
                        tracing::debug!(vanished, "nobody waits for the end");
                    }
                    vanished
                }
            }
        }
    };
    shared.change(|looks| looks.retain(|look| look.left.session != session));
    if over {
        shared.apps.forget(&session);
    }
    (session, over)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discovery::{Capabilities, DeviceKind};

    fn left(session: &str) -> Left {
        Left {
            address: "192.0.2.1:8009".parse().unwrap(),
            session: session.to_owned(),
            device: "a".to_owned(),
            name: "TV".to_owned(),
        }
    }

    fn announced(address: &str) -> Device {
        let address: SocketAddr = address.parse().unwrap();
        Device {
            id: "a".to_owned(),
            name: "TV".to_owned(),
            model: String::new(),
            kind: DeviceKind::Tv,
            capabilities: Capabilities::default(),
            endpoints: vec![Endpoint {
                ip: address.ip(),
                port: address.port(),
                scope_id: 0,
                interface: None,
            }],
            status: String::new(),
            busy: false,
            hosts: Vec::new(),
            last_seen: std::time::Instant::now(),
        }
    }

    #[tokio::test]
    async fn it_is_sought_again_only_where_it_may_be_found_now() {
        let shared = Arc::new(Shared {
            apps: Arc::new(Apps::in_file(None, Handle::current())),
            interface: None,
            list: watch::Sender::default(),
            looks: Mutex::default(),
        });
        let (mut tried, mut tasks) = (HashMap::new(), JoinSet::new());
        let (here, there) = (announced("192.0.2.1:8009"), announced("192.0.2.2:8009"));
        for (devices, looks) in [
            (vec![], 1),
            (vec![], 0),
            (vec![here.clone()], 1),
            (vec![here.clone()], 0),
            (vec![], 0),
            (vec![here], 1),
            (vec![there.clone()], 1),
            (vec![there], 0),
        ] {
            shared.look(&[left("s"), left("s")], &devices, &mut tried, &mut tasks);
            let begun = shared.looks().len();
            assert_eq!(begun, looks, "{devices:?}");
            assert_eq!(shared.list.borrow().looking, looks > 0);
            // It is not found.
            tasks.abort_all();
            shared.give_up(|_| true);
        }
        shared.look(&[], &[], &mut tried, &mut tasks);
        assert!(tried.is_empty(), "what is forgotten is");
    }
}
