// SPDX-License-Identifier: GPL-3.0-or-later
//! Which app session ran last on each device, kept over the end of the process: a cast that was killed leaves its app
//! on the device, and the next one must wait for it to vanish. Addresses and session ids in and out; and what has been
//! left behind, for those who offer to stop it.

mod change;
mod run;

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use tokio::sync::watch;

use self::change::Change;
use self::run::Run;
use super::store;
use crate::files;
use crate::session::leftover::{InMemory, Leftovers, MAX_DEVICES};

/// A session id is a UUID in practice; what is much longer is not one.
const MAX_ID: usize = 256;

/// What ran last on a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct App {
    /// Its session; `None` once it was seen to run no longer.
    session: Option<String>,
    /// The device's id, and what it is called.
    device: String,
    name: String,
    /// The process whose cast it is; `None` once that cast is over.
    run: Option<String>,
}

/// By the address of the device.
type All = BTreeMap<String, App>;

/// An app that no cast cares for any more. It may have ended since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Left {
    pub(super) address: SocketAddr,
    pub(super) session: String,
    pub(super) device: String,
    pub(super) name: String,
}

/// The store of app sessions. Without a file, or with one that cannot be written, it remembers for as long as it lives.
#[derive(Debug)]
pub(super) struct Apps {
    file: Option<PathBuf>,
    runtime: Handle,
    memory: InMemory,
    run: OnceLock<Option<Run>>,
    pending: Arc<Pending>,
    changed: watch::Sender<()>,
}

/// What is not in the file yet. The disk may be slow, and the first pictures do not wait for it.
#[derive(Debug, Default)]
struct Pending {
    changes: Mutex<Vec<Change>>,
    /// One writes at a time, so that the order stays.
    writing: Mutex<()>,
}

impl Apps {
    /// The store in the user's state folder; it writes on this runtime.
    pub(super) fn of_user(runtime: Handle) -> Apps {
        Apps::in_file(files::in_state_folder("apps.json"), runtime)
    }

    /// The store in this file.
    pub(super) fn in_file(file: Option<PathBuf>, runtime: Handle) -> Apps {
        Apps {
            file,
            runtime,
            memory: InMemory::default(),
            run: OnceLock::new(),
            pending: Arc::default(),
            changed: watch::Sender::new(()),
        }
    }

    /// Where we have cast before: the devices may still be there.
    pub(super) fn devices(&self) -> Vec<IpAddr> {
        let kept = self.all();
        let addresses = kept.keys().filter_map(|key| key.parse::<SocketAddr>().ok());
        let mut ips: Vec<IpAddr> = addresses.map(|address| address.ip()).collect();
        ips.sort_unstable();
        ips.dedup();
        ips.truncate(MAX_DEVICES);
        ips
    }

    /// What casts have left behind, of this process and of those that are over. Reads small files.
    pub(super) fn left(&self) -> Vec<Left> {
        let Some(folder) = self.runs() else {
            return Vec::new();
        };
        let ours = self.run.get().and_then(Option::as_ref).map(Run::name);
        let is_over = |run: &str| ours != Some(run) && Run::is_over(&folder, run);
        let left = self.all().into_iter().filter_map(|(address, app)| {
            let over = app.run.as_deref().is_none_or(is_over);
            Some(Left {
                address: address.parse().ok()?,
                session: app.session.filter(|_| over)?,
                device: app.device,
                name: app.name,
            })
        });
        left.collect()
    }

    /// Tells when [`Apps::left`] may have changed through this process.
    pub(super) fn watch(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// This session was seen to run no longer.
    pub(super) fn forget(&self, session: &str) {
        self.memory.forget(session);
        self.change(Change::Forget(session.to_owned()));
    }

    fn all(&self) -> All {
        // Before the file is read: what is written meanwhile is among them, or there.
        let changes = self.pending.changes().clone();
        let mut all = self.file.as_deref().map(store::read).unwrap_or_default();
        for change in changes {
            change.apply(&mut all);
        }
        all
    }

    /// Where processes are marked.
    fn runs(&self) -> Option<PathBuf> {
        Some(self.file.as_ref()?.with_file_name("running"))
    }

    /// The name of this process. Without a mark it is one that is never over.
    fn run(&self) -> String {
        let begin = || {
            let begun = Run::begin(&self.runs()?);
            begun
                .inspect_err(|error| tracing::warn!(%error, "this process cannot be marked"))
                .ok()
        };
        let run = self.run.get_or_init(begin).as_ref();
        run.map(Run::name).unwrap_or_default().to_owned()
    }

    fn change(&self, change: Change) {
        let Some(file) = self.file.clone() else {
            return;
        };
        self.pending.changes().push(change);
        let (pending, changed) = (Arc::clone(&self.pending), self.changed.clone());
        self.runtime.spawn_blocking(move || {
            pending.write(&file);
            changed.send_replace(());
        });
    }
}

impl Pending {
    fn changes(&self) -> MutexGuard<'_, Vec<Change>> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, file: &Path) {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let changes = self.changes().clone();
        if changes.is_empty() {
            return;
        }
        if let Err(error) = write(file, &changes) {
            tracing::warn!(%error, file = %file.display(), "the app on the device cannot be remembered");
        }
        self.changes().drain(..changes.len());
    }
}

fn write(file: &Path, changes: &[Change]) -> io::Result<()> {
    // Other processes do the same.
    let lock = file.with_extension("lock");
    files::make_folder_of(&lock)?;
    let lock = File::create(lock)?;
    lock.lock()?;
    let before: All = store::read(file);
    let mut all = before.clone();
    for change in changes {
        change.apply(&mut all);
    }
    if all == before {
        return Ok(());
    }
    store::replace(file, &all)
}

/// What one cast leaves on its device.
#[derive(Debug)]
pub(super) struct OfCast {
    apps: Arc<Apps>,
    device: String,
    name: String,
    /// Sessions that were not seen to end.
    sessions: Mutex<Vec<String>>,
}

impl OfCast {
    /// Of a cast to the device with this id and name.
    pub(super) fn new(apps: Arc<Apps>, device: String, name: String) -> OfCast {
        OfCast {
            apps,
            device,
            name,
            sessions: Mutex::default(),
        }
    }

    fn sessions(&self) -> MutexGuard<'_, Vec<String>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Leftovers for OfCast {
    fn on(&self, device: SocketAddr) -> Option<String> {
        // The file first: another process may have cast since.
        let kept = self.apps.all().remove(&device.to_string());
        kept.and_then(|app| app.session)
            .or_else(|| self.apps.memory.on(device))
    }

    fn remember(&self, device: SocketAddr, session_id: &str) {
        if session_id.is_empty() || session_id.len() > MAX_ID {
            return;
        }
        self.apps.memory.remember(device, session_id);
        let mut sessions = self.sessions();
        if !sessions.iter().any(|known| known == session_id) {
            sessions.push(session_id.to_owned());
        }
        let app = App {
            session: Some(session_id.to_owned()),
            device: self.device.clone(),
            name: self.name.clone(),
            run: Some(self.apps.run()),
        };
        self.apps.change(Change::Keep(device.to_string(), app));
    }

    fn forget(&self, session_id: &str) {
        self.sessions().retain(|known| known != session_id);
        self.apps.forget(session_id);
    }
}

impl Drop for OfCast {
    /// The cast is over.
    fn drop(&mut self) {
        for session in std::mem::take(&mut *self.sessions()) {
            self.apps.change(Change::Abandon(session));
        }
    }
}

#[cfg(test)]
mod tests;
