// SPDX-License-Identifier: GPL-3.0-or-later
//! `KnownFile`: the senders that the person at this computer always allows to cast to it, in the user's state folder.
//!
//! A sender is known by its address alone: the protocol has nothing better (see [`Visitor`]). So the list keeps strangers
//! from casting by accident, not somebody who is bent on it. What the program called itself is kept for people who read
//! the file; deleting the file, or an entry, forgets.

use std::fs;
use std::io;
use std::net::IpAddr;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::store;
use crate::files;
use crate::receiver::{KnownSenders, Visitor};

/// Senders that are remembered; beyond, the one that was allowed first is forgotten.
pub const MAX_KNOWN: usize = 256;

/// One sender.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownSender {
    /// Where it casts from.
    pub address: IpAddr,
    /// What its program called itself, when it was allowed.
    pub program: Option<String>,
    /// When it was allowed, in seconds since 1970.
    pub allowed: u64,
}

/// The list, in memory and in a file. Cheap to ask: the file is read again only when it has changed.
#[derive(Debug)]
pub struct KnownFile {
    file: Option<PathBuf>,
    list: Mutex<List>,
}

#[derive(Debug, Default)]
struct List {
    /// What is in the file.
    written: Vec<KnownSender>,
    /// What the file was when it was read; `None` when there is none.
    stamp: Option<Stamp>,
    /// What could not be written.
    unwritten: Vec<KnownSender>,
}

/// Tells one content of the file from another: it is always replaced whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    modified: (i64, i64),
    length: u64,
}

impl Stamp {
    fn of(file: &Path) -> Option<Stamp> {
        let found = fs::metadata(file).ok()?;
        Some(Stamp {
            inode: found.ino(),
            modified: (found.mtime(), found.mtime_nsec()),
            length: found.len(),
        })
    }
}

impl KnownFile {
    /// The list of this user. Without a place for it nothing outlives the program.
    pub fn of_user() -> KnownFile {
        KnownFile::at(files::in_state_folder("known-senders.json"))
    }

    /// The list in this file, which need not be there yet.
    pub fn in_file(file: PathBuf) -> KnownFile {
        KnownFile::at(Some(file))
    }

    fn at(file: Option<PathBuf>) -> KnownFile {
        KnownFile {
            file,
            list: Mutex::default(),
        }
    }

    /// All of them, those who were allowed first before the others.
    pub fn all(&self) -> Vec<KnownSender> {
        let list = self.fresh();
        list.written
            .iter()
            .chain(&list.unwritten)
            .cloned()
            .collect()
    }

    /// Forgets a sender; a receiver that runs asks about it again, too. `None` when it was not known.
    pub fn forget(&self, address: IpAddr) -> Option<KnownSender> {
        let mut list = self.fresh();
        let all = list.written.iter().chain(&list.unwritten);
        let mut found = all.filter(|known| known.address == address);
        let found = found.next_back().cloned();
        list.unwritten.retain(|known| known.address != address);
        let left: Vec<KnownSender> = list
            .written
            .iter()
            .filter(|known| known.address != address)
            .cloned()
            .collect();
        if left.len() < list.written.len()
            && let Err(error) = self.write(&mut list, left)
        {
            tracing::warn!(%error, "the sender cannot be forgotten");
            return None;
        }
        found
    }

    /// Takes [`KnownFile::forget`] back.
    pub fn restore(&self, sender: &KnownSender) {
        self.add(sender);
    }

    fn add(&self, entry: &KnownSender) {
        let mut list = self.fresh();
        let wanted = with(list.written.clone(), entry);
        if let Err(error) = self.write(&mut list, wanted) {
            tracing::warn!(%error, "the sender is allowed until this program ends, but not remembered");
            list.unwritten = with(std::mem::take(&mut list.unwritten), entry);
        }
    }

    fn write(&self, list: &mut List, wanted: Vec<KnownSender>) -> io::Result<()> {
        let file = self.file.as_deref().ok_or(io::ErrorKind::NotFound)?;
        store::replace(file, &wanted)?;
        list.written = wanted;
        list.stamp = Stamp::of(file);
        Ok(())
    }

    /// What the file holds now: another receiver of this user may have added to it, or its user taken from it.
    fn fresh(&self) -> MutexGuard<'_, List> {
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = self.file.as_deref().and_then(Stamp::of);
        if stamp != list.stamp {
            list.written = self.file.as_deref().map(read).unwrap_or_default();
            // A spoiled file was set aside.
            list.stamp = self.file.as_deref().and_then(Stamp::of);
        }
        list
    }
}

impl KnownSenders for KnownFile {
    fn knows(&self, address: IpAddr) -> bool {
        let list = self.fresh();
        let mut all = list.written.iter().chain(&list.unwritten);
        all.any(|known| known.address == address)
    }

    fn remember(&self, visitor: &Visitor) {
        let allowed = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        self.add(&KnownSender {
            address: visitor.address,
            program: visitor.user_agent.clone(),
            allowed,
        });
    }
}

/// `list` with `entry` at its end, once.
fn with(mut list: Vec<KnownSender>, entry: &KnownSender) -> Vec<KnownSender> {
    list.retain(|known| known.address != entry.address);
    list.push(entry.clone());
    list.drain(..list.len().saturating_sub(MAX_KNOWN));
    list
}

/// What the file holds. A spoiled one is set aside: its owner may want to see what was in it.
fn read(file: &Path) -> Vec<KnownSender> {
    let bytes = match files::read(file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            tracing::warn!(%error, file = %file.display(), "the known senders cannot be read");
            return Vec::new();
        }
    };
    match serde_json::from_slice::<Vec<KnownSender>>(&bytes) {
        Ok(mut list) => {
            list.drain(..list.len().saturating_sub(MAX_KNOWN));
            for known in &mut list {
                known.address = known.address.to_canonical();
            }
            list
        }
        Err(error) => {
            let aside = file.with_extension("json.spoiled");
            tracing::warn!(%error, file = %file.display(), aside = %aside.display(), "the list of known senders is spoiled; it is set aside, and senders are asked about again");
            if let Err(error) = fs::rename(file, &aside) {
                tracing::warn!(%error, "it cannot be set aside");
            }
            Vec::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn place(name: &str) -> PathBuf {
        let folder =
            std::env::temp_dir().join(format!("telecast-known-{}-{name}", std::process::id()));
        folder.join("deep/known-senders.json")
    }

    fn remove(file: &Path) {
        let folder = file.parent().and_then(Path::parent).expect("a folder");
        fs::remove_dir_all(folder).expect("removed");
    }

    fn visitor(address: &str) -> Visitor {
        Visitor {
            address: address.parse().expect("an address"),
            user_agent: Some("Telecast/1".to_owned()),
        }
    }

    #[test]
    fn who_is_remembered_is_known_at_the_next_start_and_to_this_user_alone() {
        let file = place("start");
        let list = KnownFile::in_file(file.clone());
        let (a, b) = (visitor("192.0.2.1"), visitor("fe80::7"));
        assert!(!list.knows(a.address));
        list.remember(&a);
        list.remember(&a);
        list.remember(&b);
        let again = KnownFile::in_file(file.clone());
        assert!(again.knows(a.address) && again.knows(b.address));
        assert!(!again.knows(visitor("192.0.2.2").address));
        assert_eq!(again.all().len(), 2, "once each");
        let mode = fs::metadata(&file).expect("the file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let files = fs::read_dir(file.parent().expect("a folder")).expect("it can be listed");
        assert_eq!(files.count(), 1, "nothing is left beside it");
        remove(&file);
    }

    #[test]
    fn two_lists_in_one_file_add_to_each_other_and_what_was_deleted_is_forgotten() {
        let file = place("two");
        let (one, other) = (
            KnownFile::in_file(file.clone()),
            KnownFile::in_file(file.clone()),
        );
        one.remember(&visitor("192.0.2.1"));
        other.remember(&visitor("192.0.2.2"));
        let both = KnownFile::in_file(file.clone());
        assert_eq!(both.all().len(), 2);
        fs::remove_file(&file).expect("removed");
        other.remember(&visitor("192.0.2.3"));
        assert!(!other.knows(visitor("192.0.2.1").address));
        remove(&file);
    }

    #[test]
    fn a_forgotten_sender_is_unknown_to_a_receiver_that_runs_until_that_is_undone() {
        let file = place("forget");
        let running = KnownFile::in_file(file.clone());
        let preferences = KnownFile::in_file(file.clone());
        let [a, b] = ["192.0.2.1", "192.0.2.2"].map(visitor);
        running.remember(&a);
        running.remember(&b);
        let forgotten = preferences.forget(a.address).expect("it was known");
        assert_eq!(forgotten.program, a.user_agent);
        assert!(preferences.forget(a.address).is_none());
        assert!(!running.knows(a.address) && running.knows(b.address));
        preferences.restore(&forgotten);
        assert!(running.knows(a.address));
        remove(&file);
    }

    #[test]
    fn the_list_is_bounded_and_the_oldest_leave_it() {
        let file = place("bound");
        fs::create_dir_all(file.parent().expect("a folder")).expect("created");
        let address = |n: u32| IpAddr::from(n.to_be_bytes());
        let many: Vec<KnownSender> = (0..1000)
            .map(|n| KnownSender {
                address: address(n),
                program: None,
                allowed: 0,
            })
            .collect();
        fs::write(&file, serde_json::to_vec(&many).expect("JSON")).expect("written");
        let list = KnownFile::in_file(file.clone());
        assert!(list.knows(address(999)) && !list.knows(address(0)));
        list.remember(&visitor("192.0.2.1"));
        assert_eq!(KnownFile::in_file(file.clone()).all().len(), MAX_KNOWN);
        assert!(list.knows(visitor("192.0.2.1").address));
        remove(&file);
    }

    #[test]
    fn a_spoiled_list_is_set_aside_and_a_new_one_begun() {
        let file = place("spoiled");
        fs::create_dir_all(file.parent().expect("a folder")).expect("created");
        for text in ["", "[{\"address\": \"nowhere\"}]", "{", "[1, 2"] {
            fs::write(&file, text).expect("written");
            let list = KnownFile::in_file(file.clone());
            assert!(!list.knows(visitor("192.0.2.1").address));
            list.remember(&visitor("192.0.2.1"));
            assert!(KnownFile::in_file(file.clone()).knows(visitor("192.0.2.1").address));
            let aside = file.with_extension("json.spoiled");
            assert_eq!(fs::read_to_string(&aside).expect("it is kept"), text);
        }
        remove(&file);
    }

    #[test]
    fn a_list_that_cannot_be_written_lasts_as_long_as_the_program() {
        let list = KnownFile::in_file(PathBuf::from("/proc/nowhere/known.json"));
        for address in ["192.0.2.1", "192.0.2.2"] {
            list.remember(&visitor(address));
        }
        assert!(list.knows(visitor("192.0.2.1").address));
        assert!(list.knows(visitor("192.0.2.2").address));
    }
}
