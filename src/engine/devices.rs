// SPDX-License-Identifier: GPL-3.0-or-later
//! `Devices`: the list of devices as it is shown, kept up to date. Discovery's list in; a list of [`ListedDevice`] out, and
//! the file in which they are remembered. All decisions are the [`Listing`]'s.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::net::TcpStream;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, timeout};

use super::listing::{ListedDevice, Listing};
use super::remembered::{Introduction, Memory};
use crate::cast::channel::messages::discovery::DeviceInfo;
use crate::discovery::{Device, Endpoint, ManualHost};
use crate::files;

/// The name of the file in the user's state folder.
const FILE: &str = "devices.json";
/// How soon after one writing the next may follow; what a person does is written at once.
const PAUSE: Duration = Duration::from_secs(5);
/// How often it is tried whether hosts are there of which nothing was announced.
const TRY: Duration = Duration::from_mins(1);
/// How long such a host may take to accept a connection.
const PATIENCE: Duration = Duration::from_secs(3);

/// The list. Dropping it ends nothing: the task follows discovery until that ends.
#[derive(Debug, Clone)]
pub(super) struct Devices(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    listing: Mutex<Listing>,
    list: watch::Sender<Arc<[ListedDevice]>>,
    /// A person changed something.
    touched: Notify,
}

/// What is remembered, for a list that is shown before the engine runs. Reads a small file.
pub fn remembered() -> Vec<ListedDevice> {
    Listing::new(read(), std::time::Instant::now()).devices()
}

fn read() -> Memory {
    let file = files::in_state_folder(FILE);
    let bytes = file.and_then(|file| files::read(&file).ok());
    bytes
        .map(|bytes| Memory::from_json(&bytes))
        .unwrap_or_default()
}

impl Devices {
    /// The list of what is remembered. Reads a small file.
    pub(super) fn of_user() -> Devices {
        let listing = Listing::new(read(), std::time::Instant::now());
        let list = watch::Sender::new(listing.devices().into());
        Devices(Arc::new(Shared {
            listing: Mutex::new(listing),
            list,
            touched: Notify::new(),
        }))
    }

    /// The list, in no particular order; the newest state counts.
    pub(super) fn watch(&self) -> watch::Receiver<Arc<[ListedDevice]>> {
        self.0.list.subscribe()
    }

    /// Looks at, or changes, the listing, and shows what became of it.
    pub(super) fn with<T>(&self, change: impl FnOnce(&mut Listing) -> T) -> T {
        let result = change(&mut self.0.lock());
        self.0.publish();
        self.0.touched.notify_one();
        result
    }

    /// Remembers what the device with this id says of itself, should it say something before its session ends.
    pub(super) async fn listen(self, id: String, mut info: watch::Receiver<Option<DeviceInfo>>) {
        let told = info.wait_for(Option::is_some).await;
        let itself = told.ok().and_then(|told| Introduction::of(told.as_ref()?));
        if let Some(itself) = itself {
            self.with(|listing| listing.introduce(&id, itself));
        }
    }

    /// Follows discovery's list until that ends; with `remember`, writes down what is to outlive the program.
    pub(super) async fn follow(self, discovered: watch::Receiver<Arc<[Device]>>, remember: bool) {
        let file = files::in_state_folder(FILE).filter(|_| remember);
        follow(&self.0, discovered, file).await;
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Listing> {
        self.listing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn publish(&self) {
        let devices: Arc<[ListedDevice]> = self.lock().devices().into();
        self.list.send_if_modified(|list| {
            let modified = !same(list, &devices);
            *list = devices;
            modified
        });
    }
}

/// Whether a person would see no difference: devices announce themselves over and over.
fn same(a: &[ListedDevice], b: &[ListedDevice]) -> bool {
    let still = |device: &ListedDevice| ListedDevice {
        last_seen: device.last_seen.filter(|_| device.device.is_none()),
        device: device.device.clone().map(|mut here| {
            // The same instant for all: it is not compared.
            here.last_seen = a_moment();
            here
        }),
        ..device.clone()
    };
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| still(a) == still(b))
}

fn a_moment() -> std::time::Instant {
    static MOMENT: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    *MOMENT.get_or_init(std::time::Instant::now)
}

async fn follow(
    shared: &Arc<Shared>,
    mut discovered: watch::Receiver<Arc<[Device]>>,
    file: Option<PathBuf>,
) {
    let mut tries = JoinSet::new();
    let mut again = tokio::time::interval(TRY);
    again.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut next_write = Instant::now();
    loop {
        let devices = discovered.borrow_and_update().clone();
        let (deadline, waiting, unsaved) = {
            let mut listing = shared.lock();
            let now = std::time::Instant::now();
            listing.update(&devices, now, SystemTime::now());
            listing.tick(now);
            let unsaved = file.is_some() && listing.is_unsaved();
            (listing.deadline(), !listing.to_try().is_empty(), unsaved)
        };
        shared.publish();
        let mut urgent = false;
        tokio::select! {
            changed = discovered.changed() => if changed.is_err() {
                return write(shared, file.as_ref()).await;
            },
            () = shared.touched.notified() => urgent = true,
            () = sleep_until(deadline) => {}
            () = tokio::time::sleep_until(next_write), if unsaved => {}
            _ = again.tick(), if waiting => try_all(shared, &mut tries),
            Some(ended) = tries.join_next() => if let Ok((host, works)) = ended {
                let now = std::time::Instant::now();
                shared.lock().tried(&host, works, now, SystemTime::now());
            },
        }
        if urgent || Instant::now() >= next_write {
            write(shared, file.as_ref()).await;
            next_write = Instant::now() + PAUSE;
        }
    }
}

/// Tries all hosts of which nothing was announced, unless that is being done.
fn try_all(shared: &Shared, tries: &mut JoinSet<(ManualHost, bool)>) {
    if tries.is_empty() {
        for (host, endpoints) in shared.lock().to_try() {
            tries.spawn(async move {
                let works = accepts(&endpoints).await;
                (host, works)
            });
        }
    }
}

/// Whether one of these addresses takes a connection, which is closed at once.
async fn accepts(endpoints: &[Endpoint]) -> bool {
    for endpoint in endpoints {
        let connecting = TcpStream::connect(endpoint.socket_addr());
        if matches!(timeout(PATIENCE, connecting).await, Ok(Ok(_))) {
            return true;
        }
    }
    false
}

async fn write(shared: &Shared, file: Option<&PathBuf>) {
    let (Some(file), Some(memory)) = (file, shared.lock().unsaved()) else {
        return;
    };
    let file = file.clone();
    let written = tokio::task::spawn_blocking(move || {
        let bytes = memory.to_json().map_err(std::io::Error::other)?;
        files::replace(&file, &bytes)
    });
    match written.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "the devices cannot be remembered"),
        Err(error) => tracing::warn!(%error, "the devices were not remembered"),
    }
}

async fn sleep_until(deadline: Option<std::time::Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}
