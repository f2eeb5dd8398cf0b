// SPDX-License-Identifier: GPL-3.0-or-later
//! `KnownFile`: the senders that the person at this computer always allows to cast to it, in the user's state folder.
//!
//! A sender is known by its address alone: the protocol has nothing better (see [`Visitor`]). So the list keeps strangers
//! from casting by accident, not somebody who is bent on it. What the program called itself is kept for people who read
//! the file; deleting the file, or an entry, forgets.

use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::store;
use crate::files;
use crate::receiver::{KnownSenders, Visitor};

/// Senders that are remembered; beyond, the one that was allowed first is forgotten.
pub const MAX_KNOWN: usize = 256;

/// One sender.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    address: IpAddr,
    /// What its program called itself, when it was allowed.
    program: Option<String>,
    /// When it was allowed, in seconds since 1970.
    allowed: u64,
}

/// The list, in memory and in a file. Cheap to ask; remembering writes the file.
#[derive(Debug)]
pub struct KnownFile {
    file: Option<PathBuf>,
    list: Mutex<Vec<Known>>,
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
        let list = file.as_deref().map(read).unwrap_or_default();
        KnownFile {
            file,
            list: Mutex::new(list),
        }
    }
}

impl KnownSenders for KnownFile {
    fn knows(&self, address: IpAddr) -> bool {
        let list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        list.iter().any(|known| known.address == address)
    }

    fn remember(&self, visitor: &Visitor) {
        let allowed = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        let entry = Known {
            address: visitor.address,
            program: visitor.user_agent.clone(),
            allowed,
        };
        let list = self
            .written(&entry)
            .unwrap_or_else(|| with(self.copy(), &entry));
        *self.list.lock().unwrap_or_else(PoisonError::into_inner) = list;
    }
}

/// `list` with `entry` at its end, once.
fn with(mut list: Vec<Known>, entry: &Known) -> Vec<Known> {
    list.retain(|known| known.address != entry.address);
    list.push(entry.clone());
    list.drain(..list.len().saturating_sub(MAX_KNOWN));
    list
}

impl KnownFile {
    /// What is in the file now, with `entry`. Read anew: another receiver of this user may have added to it meanwhile, or
    /// its user taken from it. `None` when it cannot be written.
    fn written(&self, entry: &Known) -> Option<Vec<Known>> {
        let file = self.file.as_deref()?;
        let list = with(read(file), entry);
        let written = store::replace(file, &list);
        written
            .inspect_err(|error| tracing::warn!(%error, file = %file.display(), "the sender is allowed until this program ends, but not remembered"))
            .ok()
            .map(|()| list)
    }

    fn copy(&self) -> Vec<Known> {
        self.list
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// What the file holds. A spoiled one is set aside: its owner may want to see what was in it.
fn read(file: &Path) -> Vec<Known> {
    let bytes = match files::read(file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            tracing::warn!(%error, file = %file.display(), "the known senders cannot be read");
            return Vec::new();
        }
    };
    match serde_json::from_slice::<Vec<Known>>(&bytes) {
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
        assert_eq!(again.copy().len(), 2, "once each");
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
        assert_eq!(both.copy().len(), 2);
        fs::remove_file(&file).expect("removed");
        other.remember(&visitor("192.0.2.3"));
        assert!(!other.knows(visitor("192.0.2.1").address));
        remove(&file);
    }

    #[test]
    fn the_list_is_bounded_and_the_oldest_leave_it() {
        let file = place("bound");
        fs::create_dir_all(file.parent().expect("a folder")).expect("created");
        let address = |n: u32| IpAddr::from(n.to_be_bytes());
        let many: Vec<Known> = (0..1000)
            .map(|n| Known {
                address: address(n),
                program: None,
                allowed: 0,
            })
            .collect();
        fs::write(&file, serde_json::to_vec(&many).expect("JSON")).expect("written");
        let list = KnownFile::in_file(file.clone());
        assert!(list.knows(address(999)) && !list.knows(address(0)));
        list.remember(&visitor("192.0.2.1"));
        assert_eq!(KnownFile::in_file(file.clone()).copy().len(), MAX_KNOWN);
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
