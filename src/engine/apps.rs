// SPDX-License-Identifier: GPL-3.0-or-later
//! Which app session ran last on each device, kept over the end of the process: a cast that was killed leaves its app
//! on the device, and the next one must wait for it to vanish. Addresses and session ids in and out.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use tokio::runtime::Handle;

use super::store;
use crate::files;
use crate::session::leftover::{InMemory, Leftovers, MAX_DEVICES};

/// A session id is a UUID in practice; what is much longer is not one.
const MAX_ID: usize = 256;

/// The store of app sessions. Without a file, or with one that cannot be written, it remembers for as long as it lives.
#[derive(Debug)]
pub(super) struct Apps {
    file: Option<PathBuf>,
    runtime: Handle,
    memory: InMemory,
}

impl Apps {
    /// The store in the user's state folder; it writes on this runtime.
    pub(super) fn of_user(runtime: Handle) -> Apps {
        Apps::in_file(files::in_state_folder("apps.json"), runtime)
    }

    fn in_file(file: Option<PathBuf>, runtime: Handle) -> Apps {
        Apps {
            file,
            runtime,
            memory: InMemory::default(),
        }
    }

    /// Where we have cast before: the devices may still be there.
    pub(super) fn devices(&self) -> Vec<IpAddr> {
        let kept = self.file.as_deref().map(store::read).unwrap_or_default();
        let addresses = kept.keys().filter_map(|key| key.parse::<SocketAddr>().ok());
        let mut ips: Vec<IpAddr> = addresses.map(|address| address.ip()).collect();
        ips.sort_unstable();
        ips.dedup();
        ips.truncate(MAX_DEVICES);
        ips
    }
}

impl Leftovers for Apps {
    fn on(&self, device: SocketAddr) -> Option<String> {
        let kept = self.file.as_deref().map(store::read).unwrap_or_default();
        // The file first: another process may have cast since.
        let kept = kept.get(&device.to_string()).cloned();
        kept.or_else(|| self.memory.on(device))
    }

    fn remember(&self, device: SocketAddr, session_id: &str) {
        if session_id.is_empty() || session_id.len() > MAX_ID {
            return;
        }
        self.memory.remember(device, session_id);
        if let Some(file) = self.file.clone() {
            let (device, session_id) = (device.to_string(), session_id.to_owned());
            // The disk may be slow, and the first pictures do not wait for it.
            self.runtime
                .spawn_blocking(move || keep(&file, &device, session_id));
        }
    }
}

fn keep(file: &Path, device: &str, session_id: String) {
    let mut all = store::read(file);
    all.insert(device.to_owned(), session_id);
    // Which of the others is forgotten does not matter: most of them have long gone.
    let others = all.keys().filter(|known| *known != device);
    let too_many: Vec<String> = others.skip(MAX_DEVICES - 1).cloned().collect();
    for other in too_many {
        all.remove(&other);
    }
    if let Err(error) = store::replace(file, &all) {
        tracing::warn!(%error, file = %file.display(), "the app on the device cannot be remembered");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], port))
    }

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
    }

    #[test]
    fn another_process_knows_what_was_left() {
        let folder = std::env::temp_dir().join(format!("telecast-apps-{}", std::process::id()));
        let file = folder.join("apps.json");
        let runtime = runtime();
        let store = || Apps::in_file(Some(file.clone()), runtime.handle().clone());
        let first = store();
        first.remember(device(1), "a");
        first.remember(device(1), &"x".repeat(MAX_ID + 1));
        assert_eq!(first.on(device(1)).as_deref(), Some("a"));
        // Ends when what was begun has been written.
        drop(first);
        let waiting = std::time::Instant::now();
        while store().on(device(1)).is_none() {
            assert!(waiting.elapsed() < std::time::Duration::from_secs(10));
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        assert_eq!(store().on(device(1)).as_deref(), Some("a"));
        assert_eq!(store().on(device(2)), None);
        assert_eq!(store().devices(), [device(1).ip()]);
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn the_file_does_not_grow_without_bound_and_keeps_the_newest() {
        let folder = std::env::temp_dir().join(format!("telecast-apps-n-{}", std::process::id()));
        let file = folder.join("apps.json");
        for port in 0..100 {
            let device = device(port).to_string();
            keep(&file, &device, "a".to_owned());
            let all = store::read(&file);
            assert!(all.len() <= MAX_DEVICES && all.contains_key(&device));
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn without_a_file_it_remembers_for_itself() {
        let runtime = runtime();
        let apps = Apps::in_file(None, runtime.handle().clone());
        apps.remember(device(1), "a");
        assert_eq!(apps.on(device(1)).as_deref(), Some("a"));
    }
}
